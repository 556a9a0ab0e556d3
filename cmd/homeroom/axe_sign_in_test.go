package main

import (
	"context"
	"net/url"
	"regexp"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// signInPlaces are what the parameters of the pages of school sign-in may stand
// for.
type signInPlaces struct {
	school               *store.Organization
	id                   identity.OrganizationID
	admin                identity.UserID
	connections, domains []string
	attempts             map[identity.ConnectionID][]string
	tested               identity.ConnectionID // one of the connections
	links, tokens        []string              // of set-up links
	link                 string                // the ID of the first token's
}

// axeIT is the address of who has a set-up link.
const axeIT = "axe@linden.example"

// signIns gives a school connections, domains, attempts, requests and links in
// every state that has a page of its own.
func (d *demo) signIns(t *testing.T, school, admin string) *signInPlaces {
	t.Helper()
	ctx := t.Context()
	one := func(query string, args ...any) (value string) {
		t.Helper()
		if err := d.store.Writer().QueryRowContext(ctx, query, args...).Scan(&value); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return value
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p := &signInPlaces{
		attempts: make(map[identity.ConnectionID][]string),
		id:       identity.OrganizationID(one("SELECT id FROM organizations WHERE name = ?", school)),
		admin:    identity.UserID(one("SELECT id FROM users WHERE user_name = ?", admin)),
	}
	opened, err := d.store.OpenFor(ctx, identity.Actor{User: p.admin, Name: "Priya Nair"}, p.id)
	check(err)
	p.school = d.store.In(opened)
	now := time.Now()

	for _, domain := range []identity.Domain{
		{Name: "axe.example", Verified: true, VerifiedAt: now, Join: identity.AutoJoinAsk, Role: identity.RoleStudent},
		{Name: "new.example", Join: identity.AutoJoinOff, Challenge: identity.DomainChallenge{
			Proof: identity.ProofDNS, Token: "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789", Place: "_zitadel-challenge.new.example",
		}},
		{Name: "file.example", Join: identity.AutoJoinOff, Challenge: identity.DomainChallenge{
			Proof: identity.ProofHTTP, Token: "aBcDeFg", Place: "https://file.example/.well-known/zitadel-challenge/aBcDeFg.txt",
		}},
	} {
		check(p.school.ChangeDomain(ctx, identity.Change{Action: identity.ActionDomainAdded, TargetName: domain.Name}, domain,
			func(context.Context, *identity.Domain) error { return nil }))
		p.domains = append(p.domains, domain.Name)
	}
	check(p.school.AskToJoin(ctx, identity.JoinRequest{
		User: p.admin, Name: "Anna Axe", Address: "anna@axe.example", Domain: "axe.example", Role: identity.RoleStudent, AskedAt: now,
	}))

	app, err := d.school.idp.CreateApp(testidp.AppOptions{Name: "axe", Vendor: identity.VendorShibboleth, Protocol: identity.ProtocolSAML})
	check(err)
	metadata, err := app.Metadata()
	check(err)
	for i, c := range []identity.Connection{
		{Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Name: "Draft"},
		{Vendor: identity.VendorShibboleth, Protocol: identity.ProtocolSAML, Name: "Shibboleth", Metadata: string(metadata), EntityID: app.EntityID(), Domains: []string{"axe.example"}},
		{Vendor: identity.VendorOIDC, Protocol: identity.ProtocolOIDC, Name: "OpenID", Issuer: app.Issuer(), ClientID: "homeroom"},
	} {
		c.ID, c.State, c.Provider = identity.ConnectionID(identity.NewSubmission()), identity.ConnectionDraft, identity.ProviderID(string(rune('1'+i)))
		c.Rules = identity.JoiningRules{Joining: identity.JoinLink, Role: identity.RoleStudent}
		check(p.school.ChangeConnection(ctx, identity.Change{Action: identity.ActionConnectionMade, TargetName: c.Name}, c,
			func(context.Context, *identity.Connection) error { return nil }))
		p.connections = append(p.connections, string(c.ID))
		p.try(t, c.ID, identity.AttemptFailed)
		if c.Metadata != "" {
			check(p.school.ProposeMetadata(ctx, c.ID, c.Metadata+"\n", nil))
			p.try(t, c.ID, identity.AttemptPassed)
			p.tested = c.ID
		}
	}

	for _, state := range []string{"opened", "expired", "revoked", "finished"} {
		token, err := p.school.MakeLink(ctx, identity.SetupLink{
			Intents: []identity.SetupIntent{identity.IntentSSO, identity.IntentDomains}, Name: "Ingrid Tech", Address: axeIT,
			Language: "en", Steps: 5,
		}, nil)
		check(err)
		p.tokens = append(p.tokens, token)
		links, err := p.school.Links(ctx)
		check(err)
		p.links = append(p.links, string(links[0].ID))
		if state == "opened" {
			p.link = string(links[0].ID)
			continue
		}
		set := "UPDATE setup_links SET state = '" + state + "' WHERE id = ?"
		if state == "expired" {
			set = "UPDATE setup_links SET expires_us = created_us WHERE id = ?"
		}
		if _, err := d.store.Writer().ExecContext(ctx, set, string(links[0].ID)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// try records a test of a connection with a finding of every level.
func (p *signInPlaces) try(t *testing.T, c identity.ConnectionID, state identity.AttemptState) {
	t.Helper()
	a := identity.Attempt{ID: identity.NewAttemptID(), Connection: c, Kind: identity.AttemptTest, State: identity.AttemptBegun, StartedAt: time.Now()}
	if err := p.school.BeginAttempt(t.Context(), a, store.AttemptWay{Browser: "axe", Return: "/home"}); err != nil {
		t.Fatal(err)
	}
	a.State, a.FinishedAt = state, time.Now()
	a.Findings = []identity.Finding{
		{Code: "signature", Level: identity.LevelGood},
		{Code: "digest-algorithm", Level: identity.LevelWarning, Expected: "SHA-256", Received: "SHA-1"},
	}
	if state == identity.AttemptFailed {
		a.Findings = append(a.Findings, identity.Finding{
			Code: "audience", Level: identity.LevelBad,
			Expected: "https://zitadel.example/idps/1/saml/metadata", Received: "https://sp.example/a/very/long/path/without/any/break",
		})
	}
	a.Received = []identity.Received{{Name: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", Values: []string{"anna@axe.example"}, Use: "address"}}
	if err := p.school.FinishAttempt(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	p.attempts[c] = append(p.attempts[c], string(a.ID))
}

// activate lets people in through the connection that was tested.
func (p *signInPlaces) activate(t *testing.T) {
	t.Helper()
	c, err := p.school.Connection(t.Context(), p.tested)
	if err == nil {
		c.State = identity.ConnectionActive
		err = p.school.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionActivated}, c,
			func(context.Context, *identity.Connection) error { return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fill is what the parameters stand for, by name.
func (p *signInPlaces) fill() map[string][]string {
	return map[string][]string{
		"{connection}": p.connections, "{domain}": p.domains, "{attempt}": p.attempts[p.tested], "{link}": p.links,
		"{school}": {string(p.id)},
	}
}

// confirm opens the set-up link in a window.
func (p *signInPlaces) confirm(d *demo, w *window) {
	w.open(d.urls.portal + views.SetupTokenPath(p.tokens[0]))
	w.press("Send the code")
	w.sees("Enter the code")
	code := ""
	w.soon(func() bool {
		mail, sent := d.mailbox.To(axeIT)
		code = regexp.MustCompile(`\b\d{8}\b`).FindString(mail.Text)
		return sent && code != ""
	})
	w.fill("Code", code)
	w.press("Continue")
	w.sees("What is to do")
}

// soon waits until something is so.
func (w *window) soon(so func() bool) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if so() {
			return
		}
	}
	w.t.Fatal("it did not come to be so")
}

// forms are the pages that answer an admin's forms.
func (p *signInPlaces) forms(e *examiner) {
	only := views.InPortal(p.id).Enforcement
	e.send(views.SetupLinksPath(p.id), url.Values{})
	e.send(views.SetupLinksPath(p.id), url.Values{"name": {"Ingrid"}, "address": {"made@axe.example"}, "intent": {"sso"}, "days": {"3"}})
	e.send(only("people"), url.Values{"why": {"unverified"}})
	e.send(only("admins"), url.Values{})
	e.send(only("check"), url.Values{})
	e.send(only("check"), url.Values{"admin": {string(p.admin)}, "all-without-address": {"on"}})
}

// enforce makes school sign-in the only way in, and examines what is shown
// then.
func (p *signInPlaces) enforce(t *testing.T, e *examiner) {
	t.Helper()
	token, err := p.school.SetEnforcement(t.Context(), identity.Change{Action: identity.ActionEnforced}, identity.Enforcement{
		On: true, Exceptions: []identity.EnforcementException{{User: p.admin, Name: "Priya Nair", BreakGlass: true}},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	e.visit(views.InPortal(p.id).Enforcement())
	e.visit(views.InPortal(p.id).Overview())
	e.visit(views.RecoveryPath(token))
	e.send(views.InPortal(p.id).Enforcement("recovery"), url.Values{})
	token, err = p.school.RenewRecovery(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e.send(views.RecoveryPath(token), url.Values{})
}
