package handlers

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
)

// active is a connection that is on.
func (f *federated) active(d door) identity.Connection {
	f.t.Helper()
	c, _ := f.ready(d, identity.VendorEntra, identity.ProtocolSAML)
	d.post(d.at.Connection(c.ID, "people"), "domain", ownDomain, "joining", "link", "role", "teacher")
	f.test(d, c, sam)
	d.post(d.at.Connection(c.ID, "activate"))
	if c = f.connection(); c.State != identity.ConnectionActive {
		f.t.Fatalf("switched on was %+v\n%s", c, f.log)
	}
	return c
}

// A change of what is on asks first, counts at once, keeps it on and wants
// another test.
func TestAChangeOfAnActiveConnectionWarnsAndWantsATest(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c := f.active(d)
	path := d.at.Connection(c.ID, "provider")
	other := f.app(c)
	d.get(path).says(t, "is on. A change counts at once")
	shown := d.upload(path, nil, "way", "url", "url", other.MetadataURL())
	shown.says(t, "is on. A change counts at once", "What changes", "Save and change the sign-in that is on")
	if got := f.connection(); got.Metadata != c.Metadata || got.TestedAt.IsZero() {
		t.Errorf("looking changed it: %+v", got)
	}
	saved := d.upload(path, nil, "way", "checked", "url", shown.field("url"), "document", shown.field("document"))
	if saved.URL.Path != d.at.Connection(c.ID, "test") {
		t.Errorf("saving led to %s\n%s", saved.URL, saved.text())
	}
	changed := f.connection()
	if changed.State != identity.ConnectionActive || !changed.TestedAt.IsZero() || changed.MetadataURL != other.MetadataURL() {
		t.Errorf("changed was %+v", changed)
	}
	d.get(d.at.Connection(c.ID)).says(t, "On, changed since the last test", "no test has passed since")
	f.now.advance(time.Second)
	f.test(d, c, sam).says(t, "The test passed")
	if got := f.connection(); got.State != identity.ConnectionActive || got.TestedAt.IsZero() {
		t.Errorf("tested again was %+v", got)
	}

	// What says the same warns of nothing.
	again := d.upload(path, nil, "way", "url", "url", other.MetadataURL())
	again.says(t, "It says the same as what is saved already.")

	// Rules and names need no test.
	d.post(d.at.Connection(c.ID, "people"), "domain", ownDomain, "joining", "roster", "role", "student")
	d.post(d.at.Connection(c.ID, "name"), "name", " Linden  staff ")
	got := f.connection()
	if got.Name != "Linden staff" || got.Rules != (identity.JoiningRules{Joining: identity.JoinRoster, Role: identity.RoleStudent}) ||
		got.TestedAt.IsZero() || got.State != identity.ConnectionActive {
		t.Errorf("rules and name: %+v", got)
	}
	if seen := d.post(d.at.Connection(c.ID, "people"), "joining", "roster", "role", "student"); seen.Status != http.StatusUnprocessableEntity {
		t.Errorf("an active connection without a domain = %d", seen.Status)
	}
}

func TestAConnectionIsSwitchedOffOnAndDeleted(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c := f.active(d)
	before := len(f.audited(linden))
	d.get(d.at.Connection(c.ID, "off")).says(t, "Nobody can sign in through it any more", "everybody’s accounts stay")
	for range 2 {
		if seen := d.post(d.at.Connection(c.ID, "off")); seen.URL.Path != d.at.Connection(c.ID) || f.connection().State != identity.ConnectionOff {
			t.Errorf("off led to %s, %s\n%s", seen.URL, f.connection().State, seen.text())
		}
	}
	d.get(d.at.Connection(c.ID, "activate")).says(t, "Switch on Linden School")
	d.post(d.at.Connection(c.ID, "activate")).says(t, "Linden School is on")
	if seen := d.post(d.at.Connection(c.ID, "activate")); seen.Status != http.StatusUnprocessableEntity {
		t.Errorf("on twice = %d", seen.Status)
	}
	d.get(d.at.Connection(c.ID, "delete")).says(t, "This connection is on", "People, their roles and what they made stay")
	gone := d.post(d.at.Connection(c.ID, "delete"))
	if gone.URL.Path != d.at.Overview() || gone.Status != http.StatusOK {
		t.Errorf("deleting led to %d at %s\n%s", gone.Status, gone.URL, gone.text())
	}
	if seen := d.get(d.at.Connection(c.ID)); seen.Status != http.StatusNotFound {
		t.Errorf("what was deleted = %d", seen.Status)
	}
	want := []identity.Action{identity.ActionConnectionOff, identity.ActionConnectionActivated, identity.ActionConnectionDeleted}
	if got := f.audited(linden)[before:]; !slices.Equal(got, want) {
		t.Errorf("recorded %v, want %v", got, want)
	}
	if _, err := f.gateway.In(f.founded(linden)).StartIntent(f.ctx, c.Provider, f.url, f.url); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("the provider is still there: %v", err)
	}
}

// The last connection of a school stays on while it is the only way in.
func TestTheOnlyWayInIsNotSwitchedOff(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c := f.active(d)
	_, err := f.in(linden, priya).SetEnforcement(f.ctx, identity.Change{Action: identity.ActionEnforced}, identity.Enforcement{
		On: true, Exceptions: []identity.EnforcementException{{User: f.people[priya].ID, BreakGlass: true}},
	}, false)
	f.check(err)
	for _, part := range []string{"off", "delete"} {
		seen := d.post(d.at.Connection(c.ID, part))
		if seen.Status != http.StatusUnprocessableEntity || find(seen.doc, "div", "role", "alert") == nil {
			t.Errorf("%s = %d\n%s", part, seen.Status, seen.text())
		}
	}
	if got := f.connection(); got.State != identity.ConnectionActive {
		t.Errorf("it is %s", got.State)
	}
}

// Metadata that a refetch brought stands beside what is in use until somebody
// accepts it.
func TestNewMetadataIsComparedAndAccepted(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c, app := f.ready(d, identity.VendorEntra, identity.ProtocolSAML)
	if seen := d.get(d.at.Connection(c.ID, "certificate")); seen.Status != http.StatusNotFound {
		t.Errorf("nothing to accept = %d", seen.Status)
	}
	f.check(app.Rotate())
	document, err := app.Metadata()
	f.check(err)
	m, problems := sso.ParseMetadata(document, f.now.Now())
	if problems != nil {
		t.Fatal(problems)
	}
	school := f.in(linden, priya)
	f.check(school.ProposeMetadata(f.ctx, c.ID, string(document), m.Certificates))
	d.get(d.at.Connection(c.ID)).says(t, "metadata has changed", "Compare and accept")
	seen := d.get(d.at.Connection(c.ID, "certificate"))
	seen.says(t, "In use", "New", "What changes", "Compare the fingerprint")
	before := len(f.audited(linden))
	accepted := d.post(d.at.Connection(c.ID, "certificate"))
	if accepted.URL.Path != d.at.Connection(c.ID, "test") {
		t.Errorf("accepting led to %s\n%s", accepted.URL, accepted.text())
	}
	if got := f.connection(); got.Metadata != string(document) {
		t.Error("the new metadata is not in use")
	}
	if got := f.audited(linden)[before:]; !slices.Equal(got, []identity.Action{identity.ActionCertificateAccepted}) {
		t.Errorf("recorded %v", got)
	}
	certificates, err := school.Certificates(f.ctx)
	f.check(err)
	if len(certificates) != len(m.Certificates) || slices.ContainsFunc(certificates, func(c identity.Certificate) bool { return c.Proposed }) {
		t.Errorf("certificates are %+v", certificates)
	}
	if seen := d.post(d.at.Connection(c.ID, "certificate")); seen.Status != http.StatusNotFound {
		t.Errorf("accepting twice = %d", seen.Status)
	}
}

// connectionPages are all pages of a connection.
func (f *federated) connectionPages(d door, c identity.Connection, attempt identity.AttemptID) []string {
	pages := []string{d.at.Connection(c.ID), d.at.Attempt(c.ID, attempt), d.at.Attempt(c.ID, attempt) + "/text"}
	for _, part := range []string{"name", "guide", "provider", "people", "test", "pasted", "attempts", "activate", "certificate", "off", "delete"} {
		pages = append(pages, d.at.Connection(c.ID, part))
	}
	return pages
}

// Another school's admin and another school's link find nothing of a
// connection, and change nothing, by whatever path.
func TestNobodyElseFindsAConnection(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c := f.active(d)
	f.check(f.in(linden, priya).ProposeMetadata(f.ctx, c.ID, c.Metadata+" ", nil))
	attempt := f.attempts(c)[0].ID
	strangers := map[string]door{}
	for _, who := range []string{bob, mallory, lee, sam} {
		strangers[who] = door{f.signIn(who), d.at}
	}
	strangers["bob in his school"] = f.inBirch()
	strangers["a link of another school"] = f.byLinkOf(birch, bob)
	strangers["a link for domains"] = f.byLink(identity.IntentDomains)
	strangers["nobody"] = door{f.browser(), f.byLink().at}
	events, calls, recorded := f.zitadel.EventCount(), f.calls(), len(f.audited(linden))
	for name, stranger := range strangers {
		for _, path := range f.connectionPages(stranger, c, attempt) {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				seen := stranger.staying().do(method, path, url.Values{
					"name": {"Mine"}, "way": {"url"}, "url": {"https://evil.example"}, "domain": {ownDomain}, "joining": {"create"}, "role": {"teacher"}, "response": {"x"},
				})
				if seen.Status < 300 || seen.Status >= 500 || strings.Contains(seen.Body, c.EntityID) {
					t.Errorf("%s: %s %s = %d\n%s", name, method, path, seen.Status, seen.text())
				}
			}
		}
	}
	if after := f.zitadel.EventCount(); after != events || !maps.Equal(f.calls(), calls) {
		t.Errorf("strangers asked Zitadel: %v, before %v", f.calls(), calls)
	}
	if after := f.audited(linden); len(after) != recorded {
		t.Errorf("strangers left records: %v", after[recorded:])
	}

	// The control: Priya finds every page but the pasted one of nothing.
	for _, path := range f.connectionPages(d, c, attempt) {
		if seen := d.get(path); seen.Status != http.StatusOK {
			t.Errorf("%s = %d for Priya\n%s", path, seen.Status, seen.text())
		}
	}
	if !maps.Equal(f.calls(), calls) {
		t.Errorf("reading pages asked Zitadel: %v, before %v", f.calls(), calls)
	}
}

// A set-up link sets up: what ends sign-in for people is not behind it.
func TestALinkEndsNothing(t *testing.T) {
	f := newFederated(t)
	c := f.active(f.inPortal())
	it := f.byLink()
	for _, part := range []string{"off", "delete"} {
		for _, seen := range []page{it.get(it.at.Connection(c.ID, part)), it.post(it.at.Connection(c.ID, part))} {
			if seen.Status != http.StatusNotFound {
				t.Errorf("%s = %d\n%s", part, seen.Status, seen.text())
			}
		}
	}
	if seen := it.get(it.at.Connection(c.ID)); strings.Contains(seen.text(), "Switch off") || seen.Status != http.StatusOK {
		t.Errorf("the page offers what a link may not: %d\n%s", seen.Status, seen.text())
	}
	if got := f.connection(); got.State != identity.ConnectionActive {
		t.Errorf("it is %s", got.State)
	}
}

// A school with a district needs nothing else of Clever: the registration is
// the installation's.
func TestADistrictIsGiven(t *testing.T) {
	f := newFederated(t, func(o *Options) { o.Offered = []identity.Vendor{identity.VendorClever} })
	d := f.inPortal()
	offered := d.get(d.at.NewConnection())
	offered.says(t, "Clever", "only your district is asked for")
	if strings.Contains(offered.text(), "ClassLink") {
		t.Error("what the installation does not have is offered")
	}
	c := identity.Connection{
		ID: identity.ConnectionID(identity.NewSubmission()), Provider: "400", Vendor: identity.VendorClever, Protocol: identity.ProtocolOIDC,
		Name: "Clever", State: identity.ConnectionDraft, Rules: identity.JoiningRules{Joining: identity.JoinLink, Role: identity.RoleStudent},
	}
	f.check(f.in(linden, priya).ChangeConnection(f.ctx, changed(identity.ActionConnectionMade, c), c,
		func(context.Context, *identity.Connection) error { return nil }))
	path := d.at.Connection(c.ID, "provider")
	d.get(d.at.Connection(c.ID, "test")).says(t, "The district is not there yet.")
	for _, tt := range []struct{ typed, says string }{
		{" ", "Enter the ID of your district."},
		{"4fd43cc56d11340000000005/../x", "letters, digits, hyphens"},
	} {
		seen := d.post(path, "district", tt.typed)
		if seen.says(t, tt.says); seen.Status != http.StatusUnprocessableEntity || seen.field("district") != strings.TrimSpace(tt.typed) {
			t.Errorf("%q = %d, and %q is kept", tt.typed, seen.Status, seen.field("district"))
		}
	}
	if seen := d.post(path, "district", " 4fd43cc56d11340000000005 "); seen.URL.Path != d.at.Connection(c.ID, "people") {
		t.Errorf("the district led to %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	if got := f.connection(); got.District != "4fd43cc56d11340000000005" || !got.Complete() {
		t.Errorf("saved was %+v", got)
	}
	d.get(d.at.Connection(c.ID)).says(t, "District ID", "4fd43cc56d11340000000005")
}

// Google takes one ACS. Where Login V1 needs a second one a test passes and
// nobody could sign in.
func TestGoogleBySAMLIsNotSwitchedOnUnderLoginV1(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c, _ := f.ready(d, identity.VendorGoogle, identity.ProtocolSAML)
	d.post(d.at.Connection(c.ID, "people"), "domain", ownDomain, "joining", "link", "role", "teacher")
	f.test(d, c, sam).says(t, "The test passed")
	seen := d.post(d.at.Connection(c.ID, "activate"))
	if seen.Status != http.StatusUnprocessableEntity || f.connection().State != identity.ConnectionTested {
		t.Errorf("switching on = %d, %s", seen.Status, f.connection().State)
	}
	seen.says(t, "Google takes one ACS URL only")
}
