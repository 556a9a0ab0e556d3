package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// ready is a connection with its settings, which can be tested.
func (f *federated) ready(d door, vendor identity.Vendor, protocol identity.Protocol) (identity.Connection, *testidp.App) {
	f.t.Helper()
	c := f.make(d, vendor, protocol)
	app := f.app(c)
	f.settle(d, c, app)
	if c = f.connection(); !c.Complete() {
		f.t.Fatalf("settled was %+v", c)
	}
	return c, app
}

// A test that fails says what was expected, what arrived and where to change
// it, behind both doors, and passes once it is mended.
func TestATestThatFailsSaysWhatToMend(t *testing.T) {
	f := newFederated(t)
	for name, d := range map[string]door{"in the portal": f.inPortal(), "by link": f.byLink()} {
		t.Run(name, func(t *testing.T) {
			c, app := f.ready(d, identity.VendorEntra, identity.ProtocolSAML)
			f.check(app.SetMisbehaviour(testidp.WrongAudience))
			seen := f.test(d, c, sam)
			seen.says(t, "The test failed", "Expected", "Received", "Basic SAML Configuration", "Has to be mended",
				"the response was refused before it was read", "Check a SAMLResponse",
				identity.ServiceProviderAt(f.zitadel.Issuer(), c.Provider).EntityID)
			if got := f.connection(); got.State != identity.ConnectionDraft || !got.TestedAt.IsZero() {
				t.Errorf("a failed test left %s, tested %s", got.State, got.TestedAt)
			}
			d.get(d.at.Connection(c.ID, "activate")).says(t, "A test has to pass first.")
			if refused := d.post(d.at.Connection(c.ID, "activate")); refused.Status != http.StatusUnprocessableEntity {
				t.Errorf("activating without a test = %d", refused.Status)
			}

			failed := f.attempts(c)[0]
			text := d.get(d.at.Attempt(c.ID, failed.ID) + "/text")
			if text.Status != http.StatusOK || text.Header.Get("Content-Type") != "text/plain; charset=utf-8" ||
				!strings.Contains(text.Body, failed.ID.Code()) || !strings.Contains(text.Body, "Basic SAML Configuration") {
				t.Errorf("as text it is %d %v:\n%s", text.Status, text.Header, text.Body)
			}
			d.get(d.at.Connection(c.ID, "test")).says(t, "Last test", failed.ID.Code())

			f.check(app.SetMisbehaviour(testidp.Behaves))
			f.test(d, c, sam).says(t, "The test passed")
			if got := f.connection(); got.State != identity.ConnectionTested {
				t.Errorf("a test that passed left %s", got.State)
			}
			f.check(f.in(linden, priya).DeleteConnection(f.ctx, changed(identity.ActionConnectionDeleted, c), c.ID, nothing))
		})
	}
}

// Somebody who never comes back leaves an attempt that says so.
func TestATestThatNeverCameBackSaysSo(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c, _ := f.ready(d, identity.VendorOkta, identity.ProtocolSAML)
	d.staying().post(d.at.Connection(c.ID, "test"))
	begun := f.attempts(c)[0]
	d.get(d.at.Attempt(c.ID, begun.ID)).says(t, "The test is under way")
	d.get(d.at.Connection(c.ID, "attempts")).says(t, "Under way")
	f.now.advance(views.AttemptLifetime + time.Minute)
	d.get(d.at.Attempt(c.ID, begun.ID)).says(t, "Nobody came back", "not assigned to the application in Okta", "Test again")
	d.get(d.at.Connection(c.ID, "attempts")).says(t, "Never came back")
}

// A test needs settings; without them nothing begins.
func TestATestNeedsSettings(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	for _, tt := range []struct {
		vendor   identity.Vendor
		protocol identity.Protocol
		says     string
	}{
		{identity.VendorOkta, identity.ProtocolSAML, "The metadata of your identity provider is not there yet."},
		{identity.VendorOkta, identity.ProtocolOIDC, "The issuer and the client are not there yet."},
	} {
		c := f.make(d, tt.vendor, tt.protocol)
		d.get(d.at.Connection(c.ID, "test")).says(t, tt.says)
		seen := d.post(d.at.Connection(c.ID, "test"))
		if seen.says(t, tt.says); seen.Status != http.StatusUnprocessableEntity || len(f.attempts(c)) != 0 {
			t.Errorf("%s: %d, %d attempts", tt.protocol, seen.Status, len(f.attempts(c)))
		}
		f.check(f.in(linden, priya).DeleteConnection(f.ctx, changed(identity.ActionConnectionDeleted, c), c.ID, nothing))
	}
}

// response is what the identity provider would post to Zitadel for person.
func (f *federated) response(d door, c identity.Connection, person string) string {
	f.t.Helper()
	target := strings.TrimPrefix(d.staying().post(d.at.Connection(c.ID, "test")).Header.Get("Refresh"), "0; url=")
	seen := d.get(target)
	if response := seen.field("SAMLResponse"); response != "" {
		return response // signed in there from before
	}
	form := find(seen.doc, "form", "", "")
	if form == nil {
		f.t.Fatalf("no form at %s\n%s", seen.URL, seen.Body)
	}
	fields := url.Values{"address": {person}}
	for _, input := range findAll(form, "input") {
		if attribute(input, "type") == "hidden" {
			fields.Set(attribute(input, "name"), attribute(input, "value"))
		}
	}
	action, err := seen.URL.Parse(attribute(form, "action"))
	f.check(err)
	return d.do(http.MethodPost, action.String(), fields).field("SAMLResponse")
}

func TestAPastedResponseIsChecked(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c, app := f.ready(d, identity.VendorEntra, identity.ProtocolSAML)
	good := f.response(d, c, sam)
	seen := d.post(d.at.Connection(c.ID, "pasted"), "response", good)
	seen.says(t, "This response would be accepted", sam, "Pasted SAMLResponse", "a test has to pass")
	f.check(app.SetMisbehaviour(testidp.WrongAudience))
	bad := f.response(d, c, sam)
	seen = d.post(d.at.Connection(c.ID, "pasted"), "response", bad)
	seen.says(t, "has to be mended", "Expected", "Received")
	if seen.Status != http.StatusOK {
		t.Errorf("status %d", seen.Status)
	}
	if got := f.connection(); got.State != identity.ConnectionDraft {
		t.Errorf("a pasted response made the connection %s", got.State)
	}
	pasted, err := f.in(linden, priya).Attempts(f.ctx, store.AttemptQuery{Connection: c.ID, Kind: identity.AttemptPasted})
	f.check(err)
	if len(pasted.Attempts) != 2 || pasted.Attempts[0].State != identity.AttemptFailed || pasted.Attempts[1].State != identity.AttemptPassed {
		t.Errorf("kept were %+v", pasted.Attempts)
	}

	// OpenID Connect has no such thing.
	f.check(f.in(linden, priya).DeleteConnection(f.ctx, changed(identity.ActionConnectionDeleted, c), c.ID, nothing))
	oidc := f.make(d, identity.VendorOIDC, identity.ProtocolOIDC)
	for _, seen := range []page{d.get(d.at.Connection(oidc.ID, "pasted")), d.post(d.at.Connection(oidc.ID, "pasted"), "response", good)} {
		if seen.Status != http.StatusNotFound {
			t.Errorf("%d at %s", seen.Status, seen.URL)
		}
	}
}

// The history has a page of each attempt and leads on. Who came by a set-up
// link sees tests and nobody's sign-in.
func TestTheHistoryTellsTestsAndSignInsApart(t *testing.T) {
	f := newFederated(t)
	admin, it := f.inPortal(), f.byLink()
	c, _ := f.ready(admin, identity.VendorOkta, identity.ProtocolSAML)
	admin.get(admin.at.Connection(c.ID, "attempts")).says(t, "Nothing yet")
	school := f.in(linden, priya)
	record := func(kind identity.AttemptKind, findings ...identity.Finding) identity.Attempt {
		a := identity.Attempt{
			ID: identity.NewAttemptID(), Connection: c.ID, Kind: kind, State: identity.AttemptBegun, StartedAt: f.now.Now(),
		}
		f.check(school.BeginAttempt(f.ctx, a, store.AttemptWay{Browser: "b"}))
		a.State, a.Findings, a.FinishedAt = identity.AttemptPassed, findings, f.now.Now()
		if len(findings) > 0 {
			a.State = identity.AttemptFailed
		} else {
			a.User = f.people[sam].ID
		}
		f.check(school.FinishAttempt(f.ctx, a))
		f.now.advance(time.Second)
		return a
	}
	refused := record(identity.AttemptSignIn, identity.Finding{Code: "domain", Level: identity.LevelBad, Expected: ownDomain, Received: "birch.example"})
	went := record(identity.AttemptSignIn)
	var tests []identity.Attempt
	for range 60 {
		tests = append(tests, record(identity.AttemptTest))
	}

	admin.get(admin.at.Attempt(c.ID, refused.ID)).says(t, "A sign-in that was refused", "birch.example", refused.ID.Code())
	admin.get(admin.at.Attempt(c.ID, went.ID)).says(t, "A sign-in that went well", "Sam Kim")
	admin.get(admin.at.Connection(c.ID, "attempts")+"?state=failed").says(t, refused.ID.Code(), "does not serve")
	admin.get(admin.at.Connection(c.ID, "attempts")+"?kind=sign-in").says(t, refused.ID.Code(), went.ID.Code())
	first := admin.get(admin.at.Connection(c.ID, "attempts"))
	first.says(t, tests[59].ID.Code(), "Older")
	if strings.Contains(first.text(), tests[0].ID.Code()) {
		t.Error("one page holds everything")
	}
	older := find(first.doc, "a", "id", "pager-next")
	if older == nil {
		t.Fatal("nothing leads on")
	}
	admin.get(attribute(older, "href")).says(t, tests[0].ID.Code(), went.ID.Code(), refused.ID.Code(), "Newest")
	if seen := admin.get(admin.at.Connection(c.ID, "attempts") + "?after=nonsense"); seen.Status >= http.StatusInternalServerError {
		t.Errorf("a cursor of nonsense = %d", seen.Status)
	}

	for _, query := range []string{"", "?kind=sign-in", "?state=failed", "?kind=sign-in&state=failed"} {
		seen := it.get(it.at.Connection(c.ID, "attempts") + query)
		for _, a := range []identity.Attempt{refused, went} {
			if strings.Contains(seen.text(), a.ID.Code()) || seen.Status != http.StatusOK {
				t.Errorf("%q by link = %d and shows a sign-in\n%s", query, seen.Status, seen.text())
			}
		}
	}
	for _, path := range []string{it.at.Attempt(c.ID, refused.ID), it.at.Attempt(c.ID, refused.ID) + "/text", it.at.Attempt(c.ID, went.ID)} {
		if seen := it.get(path); seen.Status != http.StatusNotFound {
			t.Errorf("%s by link = %d\n%s", path, seen.Status, seen.text())
		}
	}
	if seen := it.get(it.at.Attempt(c.ID, tests[0].ID)); seen.Status != http.StatusOK {
		t.Errorf("a test by link = %d", seen.Status)
	}
	other := identity.AttemptID(fmt.Sprint(refused.ID, "x"))
	if seen := admin.get(admin.at.Attempt(c.ID, other)); seen.Status != http.StatusNotFound {
		t.Errorf("an attempt that is not there = %d", seen.Status)
	}
}
