package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// Whatever a school's identity provider calls names and addresses when nobody
// has changed its settings, they arrive at Zitadel.
func TestRealZitadelGetsEveryVendorsNames(t *testing.T) {
	r := newRealSchools(t).school("Linden")
	for _, vendor := range identity.Vendors {
		for _, protocol := range vendor.Protocols() {
			if vendor.InstanceWide() {
				continue // one app for all schools; the contract suite has it
			}
			t.Run(what(vendor, protocol), func(t *testing.T) {
				if r.version() == 1 && vendor == identity.VendorGoogle && protocol == identity.ProtocolSAML {
					// Login V1 has an ACS of its own, and Google takes only one.
					c := r.draft(vendor, protocol, identity.JoinCreate)
					c.test(r.knows("tester", "Tessa", "Ester"))
					r.desk.post(r.door.Connection(c.id, "activate")).says(t, "it is switched on", http.StatusUnprocessableEntity)
					return
				}
				c := r.connect(vendor, protocol, identity.JoinCreate)
				local := "zoe-" + string(vendor) + "-" + string(protocol)
				zoe := c.knows(local, "Zoë", "Grün")
				v := c.visitor()
				seen := v.visits(v.leads(views.SignInPath, "address", zoe, "connection", string(c.id)), zoe)
				user := c.atZitadel(zoe)
				if user == nil {
					t.Fatalf("no account: %d at %s\n%.900s", seen.status, seen.url, seen.text())
				}
				human := user.GetHuman()
				got := []any{
					human.GetProfile().GetGivenName(), human.GetProfile().GetFamilyName(), human.GetEmail().GetEmail(), human.GetEmail().GetIsVerified(),
					user.GetDetails().GetResourceOwner(), c.links(user.GetUserId())[c.provider] != "",
				}
				if diff := cmp.Diff([]any{"Zoë", "Grün", zoe, true, string(c.school.ID), true}, got); diff != "" {
					t.Errorf("what arrived differs (-want +got):\n%s", diff)
				}
				landed := seen.url.Path == views.OrganizationPath(c.class.ID)
				t.Logf("%-22s %s %s <%s> verified %v, link %q; then %d at %s", what(vendor, protocol), got[0], got[1], got[2], got[3],
					c.links(user.GetUserId())[c.provider], seen.status, strings.SplitN(seen.url.String(), "?", 2)[0])
				if c.version() == 1 && !landed {
					t.Errorf("is not signed in: %d at %s\n%.900s", seen.status, seen.url, seen.text())
				}
				c.desk.post(c.door.Connection(c.id, "off"))
			})
		}
	}
}
