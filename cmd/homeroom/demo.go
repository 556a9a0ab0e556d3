package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"homeroom.dev/homeroom/mail"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

type demoCommand struct {
	Addr         string `help:"Address of the portal." default:"127.0.0.1:8080"`
	ZitadelAddr  string `help:"Address of the stand-in for Zitadel." default:"127.0.0.1:8081"`
	MailboxAddr  string `help:"Address of the mailbox, which shows outgoing mail." default:"127.0.0.1:8082"`
	IDPAddr      string `name:"idp-addr" help:"Address of a school's identity provider, which has people of Linden School and a console." default:"127.0.0.1:8083"`
	Data         string `help:"Folder for the demo's database, to look into while it runs and afterwards. Each start begins anew. Without it the database goes away at the end." placeholder:"DIR"`
	LoginVersion int    `help:"Which of Zitadel's login pages the stand-in shows." enum:"1,2" default:"1"`
	LogFormat    string `help:"json for machines, text for people." enum:"json,text" default:"text"`
}

// Run shows the portal with people in it until it is told to stop. It is the
// portal that serve runs; only Zitadel is replaced, at its wire, and mail ends
// in the mailbox.
func (d *demoCommand) Run(ctx context.Context, c console) (err error) {
	data, cleanUp, err := d.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanUp()) }()

	running, err := d.start(ctx, c, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.close()) }()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return running.run(ctx) })
	group.Go(func() error {
		if err := running.projection.Sync(ctx, nil); err != nil && ctx.Err() == nil {
			return fmt.Errorf("read the rosters: %w", err)
		}
		running.welcome(c.Out)
		return nil
	})
	return group.Wait()
}

// folder is where the database goes, and what removes it at the end.
func (d *demoCommand) folder() (string, func() error, error) {
	if d.Data == "" {
		folder, err := os.MkdirTemp("", "homeroom-demo-")
		if err != nil {
			return "", nil, fmt.Errorf("make a folder for the demo: %w", err)
		}
		return folder, func() error { return os.RemoveAll(folder) }, nil
	}
	// The stand-in keeps nothing, so rows of an earlier run would be about people
	// who are gone.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(d.Data, demoDatabase+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", nil, fmt.Errorf("begin the demo anew: %w", err)
		}
	}
	return d.Data, func() error { return nil }, nil
}

const demoDatabase = "demo.sqlite"

// demo is everything that runs in the demo.
type demo struct {
	*portal
	standin *standin.Server
	made    zitadel.Installation
	mailbox *mail.Mailbox
	school  *schoolSide
	urls    demoURLs
	run     func(context.Context) error
}

// demoURLs are how a browser reaches the parts.
type demoURLs struct{ portal, mailbox, idp string }

// demoPorts are where the parts answer, except the stand-in, which opens its own.
type demoPorts struct{ portal, mailbox, idp net.Listener }

// listen opens all of them or none.
func (d *demoCommand) listen() (ports demoPorts, err error) {
	for _, port := range []struct {
		flag, address string
		listener      *net.Listener
	}{{"addr", d.Addr, &ports.portal}, {"mailbox-addr", d.MailboxAddr, &ports.mailbox}, {"idp-addr", d.IDPAddr, &ports.idp}} {
		if *port.listener, err = listenOn(port.flag, port.address); err != nil {
			return demoPorts{}, errors.Join(err, ports.close())
		}
	}
	return ports, nil
}

func (p demoPorts) close() error {
	var all []error
	for _, listener := range []net.Listener{p.portal, p.mailbox, p.idp} {
		if listener != nil {
			all = append(all, listener.Close())
		}
	}
	return errors.Join(all...)
}

// start brings up the stand-in with people in it, prepares it as bootstrap does
// a real Zitadel, and wires the portal to it. The rosters are read once it runs,
// as those of a real Zitadel are.
func (d *demoCommand) start(ctx context.Context, c console, data string) (_ *demo, err error) {
	ports, err := d.listen()
	if err != nil {
		return nil, err
	}
	started := &demo{
		mailbox: new(mail.Mailbox),
		urls:    demoURLs{portal: localURL(ports.portal), mailbox: localURL(ports.mailbox), idp: localURL(ports.idp)},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ports.close(), started.close())
		}
	}()
	log := newLog(c.Err, d.LogFormat)
	if started.school, err = newSchoolSide(started.urls.idp); err != nil {
		return nil, err
	}
	started.standin, err = standin.New(standin.Options{
		LoginVersion: d.LoginVersion, Logger: log, Resolver: started.school.names.Resolver(), Since: time.Now().Add(-demoAge),
	})
	if err != nil {
		return nil, err
	}
	if err := started.standin.Start(ctx, d.ZitadelAddr); err != nil {
		return nil, fmt.Errorf("%s cannot be listened on (choose another with --zitadel-addr): %w", d.ZitadelAddr, err)
	}
	options := zitadel.BootstrapOptions{
		Issuer: started.standin.Issuer(), OwnerKey: started.standin.OwnerKey(), PortalURL: started.urls.portal,
	}
	if err := started.school.register(options.Issuer, &options); err != nil {
		return nil, err
	}
	if started.made, err = zitadel.Bootstrap(ctx, options, func(string, bool) {}); err != nil {
		return nil, err
	}
	seed := newDemoSeed(started.standin, started.made)
	if err := seed.people(); err != nil {
		return nil, fmt.Errorf("fill the demo: %w", err)
	}
	if err := seed.life(started.standin, time.Now()); err != nil {
		return nil, fmt.Errorf("fill the demo: %w", err)
	}
	started.portal, err = newPortal(ctx, settings{
		made:    started.made,
		storage: storage{Database: filepath.Join(data, demoDatabase), SealKeys: store.NewKey()},
		mailer:  started.mailbox, mailServer: "the demo's mailbox", publicURL: started.urls.portal,
		standaloneClassrooms: true, demo: true, fetch: started.school.fetch(), log: log,
	})
	if err != nil {
		return nil, err
	}
	started.run = func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return started.portal.run(ctx, ports.portal) })
		group.Go(func() error { return serveHTTP(ctx, ports.mailbox, started.mailbox) })
		group.Go(func() error { return serveHTTP(ctx, ports.idp, started.school.idp) })
		return group.Wait()
	}
	return started, nil
}

// close releases what start took.
func (d *demo) close() error {
	var all []error
	if d.portal != nil {
		all = append(all, d.portal.close())
	}
	if d.standin != nil {
		all = append(all, d.standin.Close())
	}
	if d.school != nil {
		all = append(all, d.school.names.Close())
	}
	return errors.Join(all...)
}

// welcome says where everything is and whom to sign in as.
func (d *demo) welcome(w io.Writer) {
	fmt.Fprintf(w, "\nHomeroom   %s\nMailbox    %s\nSchool     %s, its identity provider; its DNS is at %[3]s/dns\nPassword   %s, for everyone below\n\n",
		d.urls.portal, d.urls.mailbox, d.urls.idp, demoPassword)
	table := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	for _, a := range demoAccounts {
		fmt.Fprintf(table, "%s\t%s %s\t%s\n", a.userName, a.given, a.family, a.is)
	}
	_ = table.Flush() // as with every print to the terminal
	fmt.Fprintln(w, "\nCtrl-C ends it.")
}
