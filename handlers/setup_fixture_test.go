package handlers

import (
	"context"
	"regexp"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// it is the address of the IT person of Linden, who has no account.
const it = "it@linden.example"

// setupLink makes a set-up link as an admin of the school would, and returns it
// with the token it is opened by.
func (p *portal) setupLink(school, maker string, intents ...identity.SetupIntent) (identity.SetupLink, string) {
	p.t.Helper()
	org := p.in(school, maker)
	token, err := org.MakeLink(p.ctx, identity.SetupLink{
		Intents: intents, Name: "Ingrid Tech", Address: it, Language: "en", Steps: len(identity.SetupSteps(intents...)),
		ExpiresAt: p.now.Now().AddDate(0, 0, identity.SetupLinkDays),
	}, nil)
	p.check(err)
	links, err := org.Links(p.ctx)
	p.check(err)
	return links[0], token
}

// lastMail is the mail that was queued last.
func (p *portal) lastMail() identity.Mail {
	p.t.Helper()
	p.queue.mu.Lock()
	if len(p.queue.mails) == 0 {
		p.queue.mu.Unlock()
		p.t.Fatal("no mail was queued")
	}
	id := p.queue.mails[len(p.queue.mails)-1]
	p.queue.mu.Unlock()
	mail, err := p.store.OutboxMail(p.ctx, id)
	p.check(err)
	return mail
}

// mailed counts the mails.
func (p *portal) mailed() int {
	p.queue.mu.Lock()
	defer p.queue.mu.Unlock()
	return len(p.queue.mails)
}

var eightDigits = regexp.MustCompile(`\b\d{8}\b`)

// code has a code sent and reads it in the mail.
func (b *browser) code(token string) string {
	b.p.t.Helper()
	if seen := b.post(views.SetupTokenPath(token)); !strings.Contains(seen.text(), "8 digits") {
		b.p.t.Fatalf("no code was asked for: %d\n%s", seen.Status, seen.text())
	}
	mail := b.p.lastMail()
	code := eightDigits.FindString(mail.Text)
	if mail.To != it || code == "" {
		b.p.t.Fatalf("mail to %s: %s", mail.To, mail.Text)
	}
	return code
}

// through opens a set-up link in a new browser and confirms its code.
func (p *portal) throughLink(token string) *browser {
	p.t.Helper()
	b := p.browser()
	code := b.code(token)
	if seen := b.post(views.SetupTokenPath(token), "code", code); !strings.HasPrefix(seen.URL.Path, "/setup/") || seen.Status != 200 {
		p.t.Fatalf("after the code: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	return b
}

// signInRows are a school's own connection, domain and attempt, for paths.
type signInRows struct {
	connection identity.ConnectionID
	domain     string
	attempt    identity.AttemptID
	link       identity.SetupLinkID
	token      string // that opens the link
}

// signInRows gives a school a domain, a connection with its identity provider
// at Zitadel, an attempt and a set-up link.
func (p *portal) signInRows(school, admin, domain string) signInRows {
	p.t.Helper()
	org, remote := p.in(school, admin), p.gateway.In(p.opened(school, admin))
	p.check(remote.AddDomain(p.ctx, domain))
	p.check(org.ChangeDomain(p.ctx, identity.Change{Action: identity.ActionDomainAdded, TargetName: domain},
		identity.Domain{Name: domain, Verified: true, VerifiedAt: p.now.Now(), Join: identity.AutoJoinOff}, nothingDomain))
	idp, err := testidp.New(testidp.Options{})
	p.check(err)
	p.check(idp.Listen(p.ctx, "127.0.0.1:0"))
	p.t.Cleanup(func() { _ = idp.Close() })
	app, err := idp.CreateApp(testidp.AppOptions{Name: school, Vendor: identity.VendorShibboleth, Protocol: identity.ProtocolSAML})
	p.check(err)
	metadata, err := app.Metadata()
	p.check(err)
	c := identity.Connection{
		ID: identity.ConnectionID(identity.NewSubmission()), Vendor: identity.VendorShibboleth, Protocol: identity.ProtocolSAML, Name: school + " SSO",
		State: identity.ConnectionDraft, Metadata: string(metadata), EntityID: app.EntityID(),
		Rules: identity.JoiningRules{Joining: identity.JoinLink, Role: identity.RoleStudent}, Domains: []string{domain},
	}
	c.Provider, err = remote.CreateProvider(p.ctx, identity.Provider{
		Vendor: c.Vendor, Protocol: c.Protocol, Name: c.Name, Metadata: c.Metadata,
	})
	p.check(err)
	p.check(org.ChangeConnection(p.ctx, identity.Change{Action: identity.ActionConnectionMade, TargetName: c.Name}, c, nothingConnection))
	p.check(org.ProposeMetadata(p.ctx, c.ID, c.Metadata+"\n", nil))
	a := identity.Attempt{
		ID: identity.NewAttemptID(), Connection: c.ID, Kind: identity.AttemptTest, State: identity.AttemptBegun,
		StartedAt: p.now.Now().Add(-time.Minute),
	}
	p.check(org.BeginAttempt(p.ctx, a, store.AttemptWay{Browser: "b", Return: "/home"}))
	a.State, a.FinishedAt = identity.AttemptFailed, p.now.Now()
	a.Findings = []identity.Finding{{Code: "audience", Level: identity.LevelBad, Expected: "x", Received: "y"}}
	p.check(org.FinishAttempt(p.ctx, a))
	link, token := p.setupLink(school, admin, identity.IntentDomains, identity.IntentSSO)
	return signInRows{connection: c.ID, domain: domain, attempt: a.ID, link: link.ID, token: token}
}

// in puts the rows in place of a route's parameters.
func (rows signInRows) in(route string) string {
	return strings.NewReplacer(
		"{connection}", string(rows.connection), "{domain}", rows.domain, "{attempt}", string(rows.attempt),
		"{link}", string(rows.link), "{file}", "attribute-filter.xml",
	).Replace(route)
}

// activate makes the connection an active one that had a passed test, past
// Zitadel: pages ask the rows.
func (p *portal) activate(school, admin string, rows signInRows) {
	p.t.Helper()
	org := p.in(school, admin)
	a := identity.Attempt{
		ID: identity.NewAttemptID(), Connection: rows.connection, Kind: identity.AttemptTest, State: identity.AttemptBegun,
		StartedAt: p.now.Now(),
	}
	p.check(org.BeginAttempt(p.ctx, a, store.AttemptWay{Browser: "b", Return: "/home"}))
	a.State, a.FinishedAt = identity.AttemptPassed, p.now.Now()
	p.check(org.FinishAttempt(p.ctx, a))
	c, err := org.Connection(p.ctx, rows.connection)
	p.check(err)
	c.State = identity.ConnectionActive
	p.check(org.ChangeConnection(p.ctx, identity.Change{Action: identity.ActionConnectionActivated}, c, nothingConnection))
}

func nothingDomain(context.Context, *identity.Domain) error { return nil }

func nothingConnection(context.Context, *identity.Connection) error { return nil }
