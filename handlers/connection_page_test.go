package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// Both doors lead through the same pages, from the choice of a vendor to a
// connection that is on.
func TestAConnectionIsMadeTestedAndSwitchedOn(t *testing.T) {
	for _, tt := range []struct {
		name     string
		vendor   identity.Vendor
		protocol identity.Protocol
		link     bool
	}{
		{"SAML in the portal", identity.VendorEntra, identity.ProtocolSAML, false},
		{"SAML by a set-up link", identity.VendorOkta, identity.ProtocolSAML, true},
		{"OIDC in the portal", identity.VendorOIDC, identity.ProtocolOIDC, false},
		{"OIDC by a set-up link", identity.VendorEntra, identity.ProtocolOIDC, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFederated(t)
			d := f.inPortal()
			if tt.link {
				d = f.byLink()
			}
			before := len(f.audited(linden))
			c := f.make(d, tt.vendor, tt.protocol)
			if c.State != identity.ConnectionDraft || c.Provider == "" || !slices.Equal(c.Domains, []string{ownDomain}) {
				t.Fatalf("made was %+v", c)
			}
			sp := identity.ServiceProviderAt(f.zitadel.Issuer(), c.Provider)
			value := sp.ACS
			if tt.protocol == identity.ProtocolOIDC {
				value = sp.RedirectURI
			}
			if guide := d.get(d.at.Connection(c.ID, "guide")); !strings.Contains(guide.Body, value) {
				t.Errorf("the steps lack %s:\n%s", value, guide.text())
			}

			app := f.app(c)
			people := f.settle(d, c, app)
			if people.Status != http.StatusOK || people.URL.Path != d.at.Connection(c.ID, "people") {
				t.Fatalf("settings led to %d at %s\n%s", people.Status, people.URL, people.text())
			}
			if c = f.connection(); !c.Complete() {
				t.Fatalf("settled was %+v", c)
			}
			test := d.post(d.at.Connection(c.ID, "people"), "domain", ownDomain, "joining", "create", "role", "student",
				"classroom", string(f.id(biology)))
			if test.Status != http.StatusOK || test.URL.Path != d.at.Connection(c.ID, "test") {
				t.Fatalf("the rules led to %d at %s\n%s", test.Status, test.URL, test.text())
			}
			d.get(d.at.Connection(c.ID, "activate")).says(t, "A test has to pass first.")

			result := f.test(d, c, sam)
			result.says(t, "The test passed", "What arrived", sam)
			c = f.connection()
			if c.State != identity.ConnectionTested || c.TestedAt.IsZero() {
				t.Fatalf("tested was %+v\n%s", c, result.text())
			}
			d.get(d.at.Connection(c.ID, "attempts")).says(t, "Test", "Passed")
			d.get(d.at.Connection(c.ID, "activate")).says(t, "Check your answers", ownDomain, biology)

			receipt := d.post(d.at.Connection(c.ID, "activate"))
			receipt.says(t, "Linden School is on", "Start URL")
			if !strings.Contains(receipt.Body, f.url+"/s/"+string(f.id(linden))) {
				t.Errorf("the receipt lacks the start URL:\n%s", receipt.Body)
			}
			if c = f.connection(); c.State != identity.ConnectionActive {
				t.Errorf("switched on was %+v", c)
			}
			again := d.get(d.at.Connection(c.ID))
			if tt.link {
				receipt.says(t, "The set-up is finished")
				if again.Status != http.StatusGone {
					t.Errorf("the link still opens: %d", again.Status)
				}
			} else {
				again.says(t, "On", "Last 7 days", "Switch off or delete")
			}
			want := []identity.Action{
				identity.ActionConnectionMade, identity.ActionConnectionChanged, identity.ActionConnectionChanged,
				identity.ActionConnectionTested, identity.ActionConnectionActivated,
			}
			got := slices.DeleteFunc(f.audited(linden)[before:], func(a identity.Action) bool { return !strings.HasPrefix(string(a), "connection.") })
			if !slices.Equal(got, want) {
				t.Errorf("recorded %v, want %v", got, want)
			}
		})
	}
}
