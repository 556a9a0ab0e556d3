package handlers

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel"
)

// connected is a school's own identity provider, connected and switched on.
type connected struct {
	p          *portal
	school     string
	idp        *testidp.Server
	app        *testidp.App
	connection identity.Connection
}

// The people of Linden's identity provider who are not at Zitadel yet.
const (
	nia = "nia@linden.example"
	tom = "tom@linden.example"
)

// entra is a SAML connection of Linden, for linden.example, that makes students
// of Biology.
func (p *portal) entra(change ...func(*identity.Connection)) *connected {
	p.t.Helper()
	return p.connect(linden, append([]func(*identity.Connection){func(c *identity.Connection) {
		c.Vendor, c.Protocol, c.Name = identity.VendorEntra, identity.ProtocolSAML, "Linden Entra"
		c.Domains = []string{"linden.example"}
		c.Rules = identity.JoiningRules{
			Joining: identity.JoinCreate, Role: identity.RoleStudent, Classroom: p.id(biology),
		}
	}}, change...)...)
}

// connect makes a connection as a school's IT does, tests it and switches it on.
func (p *portal) connect(school string, change ...func(*identity.Connection)) *connected {
	p.t.Helper()
	c := p.draft(school, change)
	c.listen()
	remote := p.gateway.In(p.founded(school))
	provider := identity.Provider{
		Vendor: c.connection.Vendor, Protocol: c.connection.Protocol, Name: c.connection.Name,
	}
	if c.connection.Protocol == identity.ProtocolSAML {
		metadata, err := c.app.Metadata()
		p.check(err)
		c.connection.Metadata, c.connection.EntityID = string(metadata), c.app.EntityID()
		provider.Metadata = string(metadata)
	} else {
		c.connection.Issuer, c.connection.ClientID = c.app.Issuer(), c.app.Options().ClientID
		provider.Issuer, provider.ClientID, provider.ClientSecret = c.app.Issuer(), c.connection.ClientID, c.app.Options().ClientSecret
	}
	var err error
	c.connection.Provider, err = remote.CreateProvider(p.ctx, provider)
	p.check(err)
	p.check(c.app.Connect(identity.ServiceProviderAt(p.zitadel.Issuer(), c.connection.Provider)))
	c.activate()
	return c
}

// clever is a registration at Clever that serves every school, and the
// connections of two schools by it.
func (p *portal) clever() (ofLinden, ofBirch *connected) {
	p.t.Helper()
	by := func(school, domain, district string) *connected {
		return p.draft(school, []func(*identity.Connection){func(c *identity.Connection) {
			c.Vendor, c.Protocol, c.Name = identity.VendorClever, identity.ProtocolOIDC, school+" at Clever"
			c.Domains, c.District = []string{domain}, district
			c.Rules = identity.JoiningRules{Joining: identity.JoinCreate}
		}})
	}
	ofLinden = by(linden, "linden.example", testidp.LindenDistrict)
	ofBirch = by(birch, "birch.example", "birch-district")
	ofLinden.listen()
	ofBirch.idp, ofBirch.app = ofLinden.idp, ofLinden.app
	made, err := zitadel.Bootstrap(p.ctx, zitadel.BootstrapOptions{
		Issuer: p.zitadel.Issuer(), OwnerKey: p.zitadel.OwnerKey(), PortalURL: p.url, Previous: p.made,
		Clever: zitadel.Registration{
			Issuer: ofLinden.app.Issuer(), ClientID: ofLinden.app.Options().ClientID, ClientSecret: ofLinden.app.Options().ClientSecret,
		},
	}, func(string, bool) {})
	p.check(err)
	p.gateway, err = zitadel.NewRuntime(p.ctx, made.RuntimeConfig())
	p.check(err)
	p.t.Cleanup(func() { _ = p.gateway.Close() })
	p.inside.gateway = p.gateway
	for _, c := range []*connected{ofLinden, ofBirch} {
		c.connection.Provider, err = p.gateway.In(p.founded(c.school)).CreateProvider(p.ctx, identity.Provider{
			Vendor: identity.VendorClever, Protocol: identity.ProtocolOIDC, Name: c.connection.Name,
		})
		p.check(err)
		c.activate()
	}
	p.check(ofLinden.app.Connect(identity.ServiceProviderAt(p.zitadel.Issuer(), ofLinden.connection.Provider)))
	return ofLinden, ofBirch
}

// draft is a connection of a school whose domains are proven.
func (p *portal) draft(school string, change []func(*identity.Connection)) *connected {
	p.t.Helper()
	c := &connected{p: p, school: school, connection: identity.Connection{
		ID: identity.ConnectionID(identity.NewSubmission()), State: identity.ConnectionDraft,
	}}
	for _, f := range change {
		f(&c.connection)
	}
	for _, domain := range c.connection.Domains {
		p.check(p.store.In(p.founded(school)).ChangeDomain(p.ctx, identity.Change{Action: identity.ActionDomainVerified},
			identity.Domain{Name: domain, Verified: true}, func(context.Context, *identity.Domain) error { return nil }))
	}
	return c
}

// listen starts the identity provider.
func (c *connected) listen() {
	c.p.t.Helper()
	var err error
	c.idp, err = testidp.New(testidp.Options{People: []testidp.Person{}})
	c.p.check(err)
	c.p.check(c.idp.Listen(c.p.ctx, "127.0.0.1:0"))
	c.p.t.Cleanup(func() { _ = c.idp.Close() })
	for name, given := range map[string]string{nia: "Nia", tom: "Tom", sam: "Sam", lea: "Lea", lee: "Maria", priya: "Priya", olu: "Olu"} {
		c.person(name, name, given)
	}
	c.app, err = c.idp.CreateApp(testidp.AppOptions{
		Name: c.connection.Name, Vendor: c.connection.Vendor, Protocol: c.connection.Protocol,
	})
	c.p.check(err)
}

// activate saves the connection, lets a test of it pass and switches it on.
func (c *connected) activate() {
	c.p.t.Helper()
	c.save(identity.ActionConnectionMade)
	rows, remote := c.p.store.In(c.p.founded(c.school)), c.p.gateway.In(c.p.founded(c.school))
	tested := identity.Attempt{ID: identity.NewAttemptID(), Connection: c.connection.ID, Kind: identity.AttemptTest}
	c.p.check(rows.BeginAttempt(c.p.ctx, tested, store.AttemptWay{}))
	tested.State = identity.AttemptPassed
	c.p.check(rows.FinishAttempt(c.p.ctx, tested))
	c.p.check(remote.AttachProvider(c.p.ctx, c.connection.Provider))
	c.connection.State = identity.ConnectionActive
	c.save(identity.ActionConnectionActivated)
}

func (c *connected) save(action identity.Action) {
	c.p.t.Helper()
	c.p.check(c.p.store.In(c.p.founded(c.school)).ChangeConnection(c.p.ctx, identity.Change{Action: action},
		c.connection, func(context.Context, *identity.Connection) error { return nil }))
}

// person adds somebody to the identity provider.
func (c *connected) person(userName, address, given string) {
	c.idp.AddPerson(testidp.Person{
		ID: "idp-" + userName, UserName: userName, Address: address, GivenName: given, FamilyName: "Arrived",
		District: testidp.LindenDistrict,
	})
}

// attempts are those of the school, newest first, without the test of connect.
func (c *connected) attempts() []identity.Attempt {
	c.p.t.Helper()
	page, err := c.p.store.In(c.p.founded(c.school)).Attempts(c.p.ctx, store.AttemptQuery{Kind: identity.AttemptSignIn, Limit: 50})
	c.p.check(err)
	return page.Attempts
}

// enforce makes the school's own sign-in the only way in, with priya excepted.
func (c *connected) enforce() {
	c.p.t.Helper()
	rows := c.p.store.In(c.p.founded(c.school))
	_, err := rows.SetEnforcement(c.p.ctx, identity.Change{Action: identity.ActionEnforced}, identity.Enforcement{
		On:         true,
		Exceptions: []identity.EnforcementException{{User: c.p.people[priya].ID, Name: "Priya", BreakGlass: true}},
	}, false)
	c.p.check(err)
}

// visit opens a path of the portal, or a full URL, and signs in as somebody
// wherever the identity provider asks.
func (b *browser) visit(path, person string) page {
	b.p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.p.url + path
	}
	response, err := testidp.Visit(b.p.ctx, b.client, path, person)
	b.p.check(err)
	return b.read(response)
}

// read is the page of an answer.
func (b *browser) read(response *http.Response) page {
	b.p.t.Helper()
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	doc, err := html.Parse(bytes.NewReader(text))
	b.p.check(err)
	return page{Status: response.StatusCode, URL: response.Request.URL, Header: response.Header, Body: string(text), doc: doc}
}

// byAddress types an address on the sign-in page, and goes where that leads.
func (b *browser) byAddress(address, person string, fields ...string) page {
	b.p.t.Helper()
	seen := b.staying().post("/sign-in", append([]string{"address", address}, fields...)...)
	target, ok := strings.CutPrefix(seen.Header.Get("Refresh"), "0; url=")
	if !ok {
		return seen
	}
	return b.visit(target, person)
}

// heldAt stops where the identity provider would send the browser back to the
// portal, and answers that URL.
func (b *browser) heldAt(path, person string) string {
	b.p.t.Helper()
	held := ""
	client := *b.client
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), b.p.url+"/arrive/") {
			held = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	stopped := &browser{p: b.p, client: &client, header: b.header}
	stopped.visit(path, person)
	if held == "" {
		b.p.t.Fatalf("%s did not lead back to the portal", path)
	}
	return held
}

// forgets ends the browser's session at the identity provider.
func (b *browser) forgets(c *connected) { b.get(c.idp.URL() + "/sign-out") }
