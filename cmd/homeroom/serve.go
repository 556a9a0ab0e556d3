package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/mail"
)

// running are the settings of the commands that work on an installation.
type running struct {
	Config       kong.ConfigFlag `help:"Configuration file that bootstrap wrote." placeholder:"FILE"`
	Installation installation    `embed:"" group:"Zitadel"`
	Storage      storage         `embed:"" group:"Data"`
	SMTP         smtp            `embed:"" prefix:"smtp-" group:"Mail"`
	Listen       listen          `embed:"" group:"Portal"`
	Fetching     fetching        `embed:"" group:"School sign-in"`

	StandaloneClassrooms bool   `help:"Let people open classrooms that belong to no school." default:"true" negatable:"" group:"Portal"`
	StreamDirectory      string `help:"Directory below which operators may have audit logs written into files. Without one they may not." placeholder:"DIRECTORY" group:"Portal"`
	ImportWriters        int    `help:"How many people of lists are written to Zitadel at once." default:"4" group:"Portal"`
	LogFormat            string `help:"json for machines, text for people." enum:"json,text" default:"json" group:"Portal"`
}

// maxImportWriters is more than a Zitadel takes any faster.
const maxImportWriters = 64

// portal builds the portal these settings describe.
func (r running) portal(ctx context.Context, c console) (*portal, error) {
	if err := r.Installation.check(); err != nil {
		return nil, err
	}
	if err := r.Listen.check(); err != nil {
		return nil, err
	}
	if r.ImportWriters < 1 || r.ImportWriters > maxImportWriters {
		return nil, fmt.Errorf("--import-writers: %d is not from 1 to %d", r.ImportWriters, maxImportWriters)
	}
	fetch, err := r.Fetching.client()
	if err != nil {
		return nil, err
	}
	made, err := r.Installation.at(r.Listen.PublicURL)
	if err != nil {
		return nil, err
	}
	mailer, err := r.SMTP.mailer()
	if err != nil {
		return nil, err
	}
	return newPortal(ctx, settings{
		made: made, storage: r.Storage, mailer: mailer, mailServer: r.SMTP.Host, publicURL: r.Listen.PublicURL,
		trustedProxies: r.Listen.TrustedProxies, standaloneClassrooms: r.StandaloneClassrooms, fetch: fetch,
		streamDirectory: r.StreamDirectory, importWriters: r.ImportWriters, log: newLog(c.Err, r.LogFormat),
	})
}

// mailer is how mail leaves. Without a server every mail waits.
func (s smtp) mailer() (identity.Mailer, error) {
	return mail.NewSMTP(mail.SMTPOptions{
		Host: s.Host, Port: s.Port, TLS: s.TLS, UserName: s.Username, Password: s.Password, From: s.From,
	})
}

type serveCommand struct {
	running
}

// Run answers until it is told to stop.
func (s *serveCommand) Run(ctx context.Context, c console) error {
	p, err := s.portal(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		if err := p.close(); err != nil {
			p.log.Warn("close", "error", err)
		}
	}()
	listener, err := listenOn("addr", s.Listen.Addr)
	if err != nil {
		return err
	}
	p.log.Info("homeroom answers", "addr", listener.Addr().String(), "url", s.Listen.PublicURL, "version", version())
	return p.run(ctx, listener)
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(c console) error {
	_, err := fmt.Fprintln(c.Out, "homeroom", version())
	return err
}

// version is the module's, or the commit the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return "devel"
}
