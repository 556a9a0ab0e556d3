package doctor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Options are what the doctor looks at. Store and Zitadel are needed.
type Options struct {
	Store   *store.Store
	Zitadel identity.Inspector
	// PublicURL and Issuer are the URLs people reach the portal and Zitadel at.
	PublicURL, Issuer string
	// Paths are those of the portal that Zitadel leads browsers to.
	Paths Paths
	// Operators is the operators' organization.
	Operators identity.OrganizationID
	// MailServer is empty where none is configured, and MailReady reports whether
	// it can be talked to.
	MailServer string
	MailReady  func(context.Context) error
	// Projection tells how far the projection is.
	Projection func(context.Context) Projection
	// Accounts sign in with the key of a service account, by its name.
	Accounts map[string]func(context.Context) error
	// FailedJobs counts the jobs that have failed for good.
	FailedJobs func(context.Context) (int, error)
	// Client asks whether the portal answers at its public URL; nil is one that
	// gives up after five seconds.
	Client *http.Client
	// Resolve looks a host up; nil asks as this machine does.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Now     func() time.Time
	Log     *slog.Logger
}

// Paths of the portal, as they are registered at Zitadel.
type Paths struct{ Welcome, Callback, SignedOut, BackChannelLogout, Health string }

// Projection is how far the projection is.
type Projection struct {
	HeardAt time.Time // Zitadel's last answer; zero: never
	Built   bool
	Err     error
}

// Doctor looks at an installation.
type Doctor struct{ o Options }

// New is a doctor for the installation.
func New(o Options) *Doctor {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: askLasts}
	}
	if o.Resolve == nil {
		o.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.PublicURL, o.Issuer = strings.TrimSuffix(o.PublicURL, "/"), strings.TrimSuffix(o.Issuer, "/")
	return &Doctor{o: o}
}

// askLasts bounds one question.
const askLasts = 5 * time.Second

// examination collects what is found in one look.
type examination struct {
	Options
	ctx   context.Context
	found []identity.Ailment
}

// Look looks at everything, and never fails as a whole: what cannot be asked is
// a finding of its own.
func (d *Doctor) Look(ctx context.Context) identity.Checkup {
	began := d.o.Now()
	e := &examination{Options: d.o, ctx: ctx}
	for _, part := range []func(){
		e.urls, e.mail, e.database, e.jobs,
		e.server, e.instance, e.accounts, e.project,
		e.projection, e.drift, e.audit, e.operators, e.badges,
	} {
		part()
	}
	return identity.Checkup{At: began, Took: d.o.Now().Sub(began), Ailments: e.found}
}

// Run looks and keeps what was found. It is the job of [store.CheckupJob], and a
// chore.
func (d *Doctor) Run(ctx context.Context) error {
	found := d.Look(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // what was cut off says nothing
	}
	for _, a := range found.Ailments {
		if a.Level == identity.LevelBad {
			d.o.Log.WarnContext(ctx, "the doctor found something", "code", a.Code)
		}
	}
	if err := d.o.Store.SaveCheckup(ctx, found); err != nil {
		return fmt.Errorf("keep what the doctor found: %w", err)
	}
	return nil
}

// say notes a finding. args are pairs of name and value.
func (e *examination) say(level identity.Level, code string, args ...any) {
	a := identity.Ailment{Code: code, Level: level}
	for i := 0; i+1 < len(args); i += 2 {
		if a.Args == nil {
			a.Args = make(map[string]any, len(args)/2)
		}
		a.Args[args[i].(string)] = args[i+1]
	}
	e.found = append(e.found, a)
}

// check notes that something is good, or how bad it is.
func (e *examination) check(good bool, otherwise identity.Level, code string, args ...any) {
	level := otherwise
	if good {
		level = identity.LevelGood
	}
	e.say(level, code, args...)
}

// unread notes that something could not be asked of Zitadel.
func (e *examination) unread(what string, err error) {
	e.Log.WarnContext(e.ctx, "the doctor cannot see everything", "part", what, "error", err)
	e.say(identity.LevelBad, "unread-"+what, "Error", plainly(err))
}

// plainly is the text of an error that is about no person: the message's ID of
// one that pages show, or what the network says.
func plainly(err error) string {
	var known *identity.Error
	if errors.As(err, &known) && known.Err != nil {
		err = known.Err
	}
	text := err.Error()
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	return text
}
