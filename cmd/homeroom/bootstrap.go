package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel"
)

type bootstrapCommand struct {
	Issuer          string   `help:"Zitadel's URL, as it stands in tokens." placeholder:"URL" required:""`
	Key             string   `help:"File with the key of a service account that is IAM_OWNER. It is used now and not kept." placeholder:"FILE" required:""`
	PublicURL       string   `name:"public-url" help:"URL under which people will reach the portal." default:"http://localhost:8080" placeholder:"URL"`
	Out             string   `help:"Configuration file to write. One that is there keeps its other settings, and its keys while they are good." default:"homeroom.yaml" placeholder:"FILE"`
	Operator        []string `help:"User ID or login name of somebody who becomes an operator. May be repeated." placeholder:"USER"`
	ProvisionerRole string   `help:"Administrator role of homeroom-provisioner, where the installation has a narrower one." default:"IAM_ORG_MANAGER"`
	EventsRole      string   `help:"Administrator role of homeroom-events, where the installation has a narrower one." default:"IAM_OWNER_VIEWER"`

	Clever    registration `embed:"" prefix:"clever-" group:"Clever"`
	ClassLink registration `embed:"" prefix:"classlink-" group:"ClassLink"`
}

// registration is what a vendor gave who registered the installation there.
type registration struct {
	ClientID     string `name:"client-id" help:"Client ID the vendor gave this installation. Without one schools are not offered it." placeholder:"ID"`
	ClientSecret string `name:"client-secret" help:"Client secret that belongs to it. It is kept at Zitadel." placeholder:"SECRET"`
	Issuer       string `name:"issuer" help:"The vendor's issuer, if it is not the usual one." placeholder:"URL"`
}

func (r registration) of() zitadel.Registration {
	return zitadel.Registration{Issuer: r.Issuer, ClientID: r.ClientID, ClientSecret: r.ClientSecret}
}

// Run prepares Zitadel and writes the configuration file. What is there already
// stays as it is.
func (b *bootstrapCommand) Run(ctx context.Context, c console) error {
	if err := (listen{PublicURL: b.PublicURL}).check(); err != nil {
		return err
	}
	owner, err := os.ReadFile(b.Key)
	if err != nil {
		return fmt.Errorf("read the owner's key: %w", err)
	}
	file, err := openConfigurationFile(b.Out)
	if err != nil {
		return err
	}
	previous, err := file.installation()
	if err != nil {
		return err
	}
	var changes int
	made, err := zitadel.Bootstrap(ctx, zitadel.BootstrapOptions{
		Issuer: b.Issuer, OwnerKey: owner, PortalURL: b.PublicURL, Previous: previous,
		Operators: b.Operator, ProvisionerRole: b.ProvisionerRole, EventsRole: b.EventsRole,
		Clever: b.Clever.of(), ClassLink: b.ClassLink.of(),
	}, func(step string, changed bool) {
		word := "as it should be"
		if changed {
			word = "changed"
			changes++
		}
		fmt.Fprintf(c.Out, "%-16s %s\n", word, step)
	})
	if err != nil {
		return err
	}
	written, err := file.write(made)
	if err != nil {
		return err
	}
	if changes == 0 && !written {
		fmt.Fprintf(c.Out, "\nNothing to change: %s and %s are ready.\n", made.Issuer, b.Out)
		return nil
	}
	fmt.Fprintf(c.Out, "\nReady. Next: homeroom serve --config %s\n", b.Out)
	return nil
}

// configurationFile is the YAML file with one key per flag. Keys and comments
// that are not ours stay.
type configurationFile struct {
	path     string
	document yaml.Node
}

func openConfigurationFile(path string) (*configurationFile, error) {
	f := &configurationFile{path: path}
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	if err := yaml.Unmarshal(content, &f.document); err != nil {
		return nil, fmt.Errorf("read the configuration file %s: %w", path, err)
	}
	if f.document.Kind == 0 {
		f.document = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	if f.settings().Kind != yaml.MappingNode {
		return nil, fmt.Errorf("the configuration file %s is not a list of settings", path)
	}
	return f, nil
}

func (f *configurationFile) settings() *yaml.Node { return f.document.Content[0] }

func (f *configurationFile) get(name string) string {
	pairs := f.settings().Content
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i].Value == name {
			return pairs[i+1].Value
		}
	}
	return ""
}

// set writes a setting and reports whether that changed the file.
func (f *configurationFile) set(name, value string) bool {
	pairs := f.settings().Content
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i].Value == name {
			changed := pairs[i+1].Value != value
			pairs[i+1].SetString(value)
			return changed
		}
	}
	var key, text yaml.Node
	key.SetString(name)
	text.SetString(value)
	f.settings().Content = append(pairs, &key, &text)
	return true
}

// installation is what an earlier run wrote; empty if there was none.
func (f *configurationFile) installation() (zitadel.Installation, error) {
	i := installation{
		Issuer: f.get("issuer"), Project: f.get("project"), Application: f.get("application"), ClientID: f.get("client-id"),
		Operators: f.get("operators"), Individuals: f.get("individuals"),
		RuntimeKey: f.get("runtime-key"), ProvisionerKey: f.get("provisioner-key"), EventsKey: f.get("events-key"),
		CleverProvider: f.get("clever-provider"), CleverMark: f.get("clever-mark"),
		ClasslinkProvider: f.get("classlink-provider"), ClasslinkMark: f.get("classlink-mark"),
	}
	if i.check() != nil {
		return zitadel.Installation{}, nil // incomplete: made anew
	}
	return i.at(f.get("public-url"))
}

// write brings the file to what made says and reports whether that changed it.
// The file holds keys, so it is readable for its owner alone, and it is never
// there in half.
func (f *configurationFile) write(made zitadel.Installation) (changed bool, err error) {
	for _, s := range []struct{ name, value string }{
		{"issuer", made.Issuer},
		{"public-url", made.PortalURL},
		{"project", made.Project},
		{"application", made.Application},
		{"client-id", made.ClientID},
		{"operators", string(made.Operators)},
		{"individuals", string(made.Individuals)},
		{"runtime-key", made.Runtime.Key},
		{"provisioner-key", made.Provisioner.Key},
		{"events-key", made.Events.Key},
		{"clever-provider", string(made.Clever.Provider)},
		{"clever-mark", made.Clever.Mark},
		{"classlink-provider", string(made.ClassLink.Provider)},
		{"classlink-mark", made.ClassLink.Mark},
	} {
		if s.value == "" && f.get(s.name) == "" {
			continue
		}
		changed = f.set(s.name, s.value) || changed
	}
	if f.get("seal-keys") == "" {
		changed = f.set("seal-keys", store.NewKey()) || changed
	}
	if !changed {
		return false, nil
	}
	var content bytes.Buffer
	encoder := yaml.NewEncoder(&content)
	encoder.SetIndent(2)
	if err := encoder.Encode(&f.document); err != nil {
		return false, fmt.Errorf("write the configuration: %w", err)
	}
	draft, err := os.CreateTemp(filepath.Dir(f.path), ".homeroom-*") // 0600
	if err != nil {
		return false, fmt.Errorf("write the configuration file: %w", err)
	}
	defer os.Remove(draft.Name()) //nolint:errcheck // gone already if all went well
	_, err = draft.Write(content.Bytes())
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return false, fmt.Errorf("write the configuration file: %w", err)
	}
	if err := os.Rename(draft.Name(), f.path); err != nil {
		return false, fmt.Errorf("write the configuration file: %w", err)
	}
	return true, nil
}
