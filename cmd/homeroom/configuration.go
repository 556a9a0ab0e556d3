package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel"
)

// installation is what bootstrap made at Zitadel, and how to reach it.
type installation struct {
	Issuer         string `help:"Zitadel's URL, as it stands in tokens." placeholder:"URL"`
	Project        string `help:"ID of the platform project." placeholder:"ID"`
	Application    string `help:"ID of the portal's web application." placeholder:"ID"`
	ClientID       string `name:"client-id" help:"Client ID of the portal's web application." placeholder:"ID"`
	Operators      string `help:"ID of the operators' organization." placeholder:"ID"`
	Individuals    string `help:"ID of the organization of people who register themselves." placeholder:"ID"`
	RuntimeKey     string `help:"Key of the service account homeroom-runtime: JSON, or the path of a file with it." placeholder:"KEY"`
	ProvisionerKey string `help:"Key of the service account homeroom-provisioner: JSON, or a path." placeholder:"KEY"`
	EventsKey      string `help:"Key of the service account homeroom-events: JSON, or a path." placeholder:"KEY"`

	CleverProvider    string `help:"ID of the identity provider for Clever, if schools are offered it." placeholder:"ID"`
	CleverMark        string `help:"What bootstrap remembers of the client secret at Clever, to see that it changed." placeholder:"MARK"`
	ClasslinkProvider string `help:"ID of the identity provider for ClassLink, if schools are offered it." placeholder:"ID"`
	ClasslinkMark     string `help:"The same for the client secret at ClassLink." placeholder:"MARK"`
}

// check names every missing value at once.
func (i installation) check() error {
	var missing []string
	for _, setting := range []struct{ flag, value string }{
		{"issuer", i.Issuer},
		{"project", i.Project},
		{"client-id", i.ClientID},
		{"operators", i.Operators},
		{"individuals", i.Individuals},
		{"runtime-key", i.RuntimeKey},
		{"provisioner-key", i.ProvisionerKey},
		{"events-key", i.EventsKey},
	} {
		if setting.value == "" {
			missing = append(missing, "--"+setting.flag)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not set: %s; homeroom bootstrap writes them into the file for --config", strings.Join(missing, ", "))
	}
	return nil
}

// at is the installation in the gateway's words, for the portal at publicURL.
func (i installation) at(publicURL string) (zitadel.Installation, error) {
	made := zitadel.Installation{
		Issuer: i.Issuer, PortalURL: strings.TrimSuffix(publicURL, "/"), Project: i.Project,
		Application: i.Application, ClientID: i.ClientID,
		Operators: identity.OrganizationID(i.Operators), Individuals: identity.OrganizationID(i.Individuals),
		Clever:    zitadel.Offer{Provider: identity.ProviderID(i.CleverProvider), Mark: i.CleverMark},
		ClassLink: zitadel.Offer{Provider: identity.ProviderID(i.ClasslinkProvider), Mark: i.ClasslinkMark},
	}
	for _, account := range []struct {
		setting string
		made    *zitadel.ServiceAccount
	}{{i.RuntimeKey, &made.Runtime}, {i.ProvisionerKey, &made.Provisioner}, {i.EventsKey, &made.Events}} {
		var err error
		if *account.made, err = serviceAccount(account.setting); err != nil {
			return zitadel.Installation{}, err
		}
	}
	return made, nil
}

// serviceAccount reads a key, given as itself or as the path of a file. The key
// names its owner.
func serviceAccount(setting string) (zitadel.ServiceAccount, error) {
	content := []byte(setting)
	if !strings.HasPrefix(strings.TrimSpace(setting), "{") {
		var err error
		if content, err = os.ReadFile(setting); err != nil {
			return zitadel.ServiceAccount{}, fmt.Errorf("read a service account's key: %w", err)
		}
	}
	var owner struct {
		UserID identity.UserID `json:"userId"`
	}
	if err := json.Unmarshal(content, &owner); err != nil || owner.UserID == "" {
		return zitadel.ServiceAccount{}, errors.New("a service account's key is not the JSON document that Zitadel hands out")
	}
	return zitadel.ServiceAccount{User: owner.UserID, Key: string(content)}, nil
}

// storage is where the portal keeps its rows, and the keys that seal them.
type storage struct {
	Database string `help:"Path of the SQLite database." default:"data/homeroom.sqlite" placeholder:"FILE"`
	SealKeys string `help:"Keys that seal secrets at rest, as id:base64 of 32 bytes, separated by commas. The first one seals, all of them open: put a new one in front to rotate." placeholder:"KEYS"`
}

// check says what keeps the database from being opened.
func (s storage) check() error {
	if s.SealKeys == "" {
		return errors.New("not set: --seal-keys; homeroom bootstrap writes them into the file for --config")
	}
	if _, err := store.ParseKeyRing(s.SealKeys); err != nil {
		return fmt.Errorf("--seal-keys: %w", err)
	}
	if _, err := os.Stat(s.Database); err != nil {
		return fmt.Errorf("--database: %w; homeroom serve makes it at its first start", err)
	}
	return nil
}

// smtp is how mail leaves.
type smtp struct {
	Host     string `name:"host" help:"Mail server. Without one mail waits in the queue." placeholder:"HOST"`
	Port     int    `name:"port" help:"Port of the mail server." default:"587"`
	TLS      string `name:"tls" help:"starttls refuses servers without it, implicit is TLS from the first byte, none is for a relay on the same machine." enum:"starttls,implicit,none" default:"starttls"`
	Username string `name:"username" help:"User name at the mail server." placeholder:"NAME"`
	Password string `name:"password" help:"Password at the mail server." placeholder:"SECRET"`
	From     string `name:"from" help:"Address mail comes from. The school's name is put in front of it." placeholder:"ADDRESS"`
}

// fetching is how the portal asks for what a school's IT names: its metadata,
// its discovery document, the records that prove a domain.
type fetching struct {
	DNSServer  string   `name:"dns-server" help:"Address and port of the DNS server to ask instead of the system's." placeholder:"ADDRESS:PORT"`
	FetchAllow []string `name:"fetch-allow" help:"Networks that are not public and may be fetched from all the same, such as 10.20.0.0/16 with a school's AD FS." placeholder:"CIDR"`
}

// client fetches from public addresses and from the networks named.
func (f fetching) client() (*outbound.Client, error) {
	options := outbound.Options{DNS: f.DNSServer}
	if f.DNSServer != "" {
		if _, err := netip.ParseAddrPort(f.DNSServer); err != nil {
			return nil, fmt.Errorf("--dns-server: %q is no address with a port such as 10.0.0.53:53", f.DNSServer)
		}
	}
	for _, network := range f.FetchAllow {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			return nil, fmt.Errorf("--fetch-allow: %q is no network such as 10.20.0.0/16", network)
		}
		options.Allowed = append(options.Allowed, prefix)
	}
	return outbound.New(options), nil
}

// listen is where and as what the portal answers.
type listen struct {
	Addr           string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	PublicURL      string   `name:"public-url" help:"URL under which people reach the portal." placeholder:"URL"`
	TrustedProxies []string `help:"Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8." placeholder:"CIDR"`
}

func (l listen) check() error {
	u, err := url.Parse(l.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("--public-url: %q is no URL such as https://homeroom.example.org", l.PublicURL)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("--public-url: people's cookies need https; http is for this machine alone")
	}
	for _, network := range l.TrustedProxies {
		if _, err := netip.ParsePrefix(network); err != nil {
			return fmt.Errorf("--trusted-proxies: %q is no network such as 10.0.0.0/8", network)
		}
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// readConfiguration reads the file for --config: YAML, one key per flag.
func readConfiguration(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	return configuration(values), nil
}

// configuration answers kong's questions for flags that neither the command
// line nor the environment sets.
type configuration map[string]any

// Validate refuses keys that are no flag of any command, so that a misspelt
// one does not go unnoticed.
func (c configuration) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var collect func(*kong.Node)
	collect = func(n *kong.Node) {
		for _, f := range n.Flags {
			known[f.Name] = true
		}
		for _, child := range n.Children {
			collect(child)
		}
	}
	collect(app.Node)
	for name := range c {
		if !known[name] {
			return fmt.Errorf("configuration file: %q is no setting; homeroom serve --help lists them", name)
		}
	}
	return nil
}

// Resolve is the value of a flag in the file, or nil. Kong takes what is in the
// environment for a default, which a file would overrule; here it is the other
// way round.
func (c configuration) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	return c[flag.Name], nil
}

// newLog writes one JSON object per line for machines, or text for people.
func newLog(w io.Writer, format string) *slog.Logger {
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}
