package handlers

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel"
)

// federated is a portal whose school Linden has an identity provider and a
// proven domain.
type federated struct {
	*portal
	idp *testidp.Server
}

// ownDomain is the one that is proven to be Linden's.
const ownDomain = "linden.example"

func newFederated(t *testing.T, change ...func(*Options)) *federated {
	t.Helper()
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	p := newPortal(t, append([]func(*Options){func(o *Options) {
		o.Fetch = outbound.New(outbound.Options{Allowed: loopback})
	}}, change...)...)
	events, err := zitadel.NewEvents(p.ctx, p.made.EventsConfig())
	p.check(err)
	t.Cleanup(func() { _ = events.Close() })
	p.inside.intents = events
	f := &federated{portal: p}
	f.idp, err = testidp.New(testidp.Options{})
	p.check(err)
	p.check(f.idp.Listen(p.ctx, "127.0.0.1:0"))
	t.Cleanup(func() { _ = f.idp.Close() })
	f.proven(linden, ownDomain)
	return f
}

// proven makes a domain one of the school's, without asking Zitadel.
func (f *federated) proven(school, name string) {
	f.t.Helper()
	f.check(f.store.In(f.founded(school)).ChangeDomain(f.ctx, identity.Change{Action: identity.ActionDomainVerified, TargetName: name},
		identity.Domain{Name: name, Verified: true, Join: identity.AutoJoinOff, VerifiedAt: f.now.Now()},
		func(context.Context, *identity.Domain) error { return nil }))
}

// door is somebody at work behind one of the two doors.
type door struct {
	*browser
	at views.SignInDoor
}

// inPortal is the school's admin.
func (f *federated) inPortal() door {
	f.t.Helper()
	return door{f.signIn(priya), views.InPortal(f.id(linden))}
}

// inBirch is the admin of the other school.
func (f *federated) inBirch() door {
	f.t.Helper()
	return door{f.signIn(bob), views.InPortal(f.id(birch))}
}

// byLink is the school's IT, without an account.
func (f *federated) byLink(intents ...identity.SetupIntent) door {
	f.t.Helper()
	return f.byLinkOf(linden, priya, intents...)
}

// byLinkOf is the IT of a school, by a link that maker made.
func (f *federated) byLinkOf(name, maker string, intents ...identity.SetupIntent) door {
	f.t.Helper()
	if intents == nil {
		intents = []identity.SetupIntent{identity.IntentSSO, identity.IntentDomains}
	}
	school := f.in(name, maker)
	token, err := school.MakeLink(f.ctx, identity.SetupLink{
		Intents: intents, Name: "Ida Thorne", Address: "ida@it.example", Language: "en", Steps: len(identity.SetupSteps(intents...)),
	}, nil)
	f.check(err)
	links, err := school.Links(f.ctx)
	f.check(err)
	var code string
	f.check(f.store.SendSetupCode(f.ctx, links[0].ID, func(_ identity.SetupLink, c string) (identity.Mail, error) {
		code = c
		return identity.Mail{To: "ida@it.example", Subject: "code", Text: c}, nil
	}))
	b := f.browser()
	seen := b.post(views.SetupTokenPath(token), "code", code)
	if at := views.ByLink(links[0].ID); seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, at.Overview()) {
		f.t.Fatalf("the code led to %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	return door{b, views.ByLink(links[0].ID)}
}

// connection is the only connection of the school.
func (f *federated) connection() identity.Connection {
	f.t.Helper()
	all, err := f.store.In(f.founded(linden)).Connections(f.ctx)
	f.check(err)
	if len(all) != 1 {
		f.t.Fatalf("the school has %d connections, want one", len(all))
	}
	return all[0]
}

// make chooses the vendor and makes a connection, as the pages lead.
func (f *federated) make(d door, vendor identity.Vendor, protocol identity.Protocol) identity.Connection {
	f.t.Helper()
	asked := d.get(d.at.NewConnection() + "?vendor=" + string(vendor))
	seen := d.post(d.at.NewConnection(), "submission", asked.field("submission"), "vendor", string(vendor),
		"protocol", string(protocol), "name", "Linden School")
	c := f.connection()
	if seen.Status != http.StatusOK || seen.URL.Path != d.at.Connection(c.ID, "guide") {
		f.t.Fatalf("make a connection = %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	return c
}

// app is the connection as the school's identity provider knows it, with the
// values that the wizard shows.
func (f *federated) app(c identity.Connection) *testidp.App {
	f.t.Helper()
	app, err := f.idp.CreateApp(testidp.AppOptions{Name: "Homeroom", Vendor: c.Vendor, Protocol: c.Protocol})
	f.check(err)
	f.check(app.Connect(identity.ServiceProviderAt(f.zitadel.Issuer(), c.Provider)))
	return app
}

// settle gives the connection its settings: read, shown and saved.
func (f *federated) settle(d door, c identity.Connection, app *testidp.App) page {
	f.t.Helper()
	path := d.at.Connection(c.ID, "provider")
	if c.Protocol == identity.ProtocolOIDC {
		shown := d.post(path, "way", "issuer", "issuer", app.Issuer())
		o := app.Options()
		return d.post(path, "way", "client", "issuer", shown.field("issuer"), "client-id", o.ClientID, "client-secret", o.ClientSecret)
	}
	shown := d.upload(path, nil, "way", "url", "url", app.MetadataURL())
	return d.upload(path, nil, "way", "checked", "url", shown.field("url"), "document", shown.field("document"))
}

// upload sends a form with a file called metadata.
func (b *browser) upload(path string, file []byte, fields ...string) page {
	b.p.t.Helper()
	return b.uploadAs("metadata", path, file, fields...)
}

// uploadAs sends a form with a file in a field.
func (b *browser) uploadAs(field, path string, file []byte, fields ...string) page {
	b.p.t.Helper()
	var body strings.Builder
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		b.p.check(form.WriteField(fields[i], fields[i+1]))
	}
	if file != nil {
		part, err := form.CreateFormFile(field, field+".file")
		b.p.check(err)
		_, err = part.Write(file)
		b.p.check(err)
	}
	b.p.check(form.Close())
	request, err := http.NewRequestWithContext(b.p.ctx, http.MethodPost, b.p.url+path, strings.NewReader(body.String()))
	b.p.check(err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	response, err := b.client.Do(request)
	b.p.check(err)
	return b.seen(response)
}

// seen reads an answer to its end.
func (b *browser) seen(response *http.Response) page {
	b.p.t.Helper()
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	doc, err := html.Parse(strings.NewReader(string(text)))
	b.p.check(err)
	return page{Status: response.StatusCode, URL: response.Request.URL, Header: response.Header, Body: string(text), doc: doc}
}

// test begins a test and signs in at the identity provider as person.
func (f *federated) test(d door, c identity.Connection, person string) page {
	f.t.Helper()
	begun := d.staying().post(d.at.Connection(c.ID, "test"))
	target, ok := strings.CutPrefix(begun.Header.Get("Refresh"), "0; url=")
	if !ok {
		f.t.Fatalf("the test led nowhere: %d\n%s\n%s", begun.Status, begun.text(), f.log)
	}
	response, err := testidp.Visit(f.ctx, d.client, target, person)
	f.check(err)
	return d.seen(response)
}

// attempts are those of the connection, newest first.
func (f *federated) attempts(c identity.Connection) []identity.Attempt {
	f.t.Helper()
	found, err := f.store.In(f.founded(linden)).Attempts(f.ctx, store.AttemptQuery{Connection: c.ID})
	f.check(err)
	return found.Attempts
}

// says fails for each text that the page lacks.
func (s page) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(s.text(), want) {
			t.Errorf("%s (%d) does not say %q:\n%s", s.URL, s.Status, want, s.text())
		}
	}
}

// nothing is a call to Zitadel that need not be made.
func nothing(context.Context) error { return nil }
