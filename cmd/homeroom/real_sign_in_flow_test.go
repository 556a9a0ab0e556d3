package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/views"
)

// A school connects its identity provider, and its people come in: those whom
// nobody has seen yet, with their names, their address and the class they belong
// to; those on the roster, as who they are; and nobody else.
func TestRealZitadelSignsASchoolIn(t *testing.T) {
	for _, protocol := range []identity.Protocol{identity.ProtocolSAML, identity.ProtocolOIDC} {
		t.Run(string(protocol), func(t *testing.T) {
			r := newRealSchools(t).school("Linden")
			c := r.connect(identity.VendorEntra, protocol, identity.JoinCreate)
			c.takesSomebodyNew()
			c.takesTheRoster()
			c.takesNobodyElse()
		})
	}
}

func (c *realConnection) takesSomebodyNew() {
	t := c.t
	t.Helper()
	nia := c.knows("nia", "Nia", "Winter")
	phone := c.browser.window("Nia")
	asked := phone.comesByAddress(c.realSchools, nia)
	switch t.Logf("the identity provider asked %d times", asked); {
	case asked == 1:
	case c.version() == 2 && c.app.Options().Protocol == identity.ProtocolOIDC: // Login V2 wants it to ask, and has no hint for it
	default:
		t.Errorf("the identity provider asked %d times who signs in", asked)
	}
	phone.isAt(views.OrganizationPath(c.class.ID))
	phone.sees(c.class.Name)
	var id string
	c.eventually("Zitadel does not show "+nia, func() bool {
		if user := c.atZitadel(nia); user != nil {
			id = user.GetUserId()
		}
		return id != ""
	})
	user := c.atZitadel(nia)
	human := user.GetHuman()
	got := []any{
		user.GetDetails().GetResourceOwner(), human.GetProfile().GetGivenName(), human.GetProfile().GetFamilyName(),
		human.GetEmail().GetEmail(), human.GetEmail().GetIsVerified(), len(c.links(id)), c.links(id)[c.provider] != "",
	}
	if diff := cmp.Diff([]any{string(c.school.ID), "Nia", "Winter", nia, true, 1, true}, got); diff != "" {
		t.Errorf("who came in differs (-want +got):\n%s", diff)
	}
	c.authorization(c.class.ID, id) // one, in the class
	roles := c.service().roles(phone, somebody{name: nia})
	if diff := cmp.Diff(map[string][]string{"student": {string(c.class.ID)}}, roles); diff != "" {
		t.Errorf("roles in the token differ (-want +got):\n%s", diff)
	}

	// Signing out, and in again by the tile, with another name.
	phone.open(c.url + views.HomePath)
	phone.sends(views.SignOutPath)
	phone.isAt(views.SignedOutPath)
	if phone.visitor(c.site).signedIn() {
		t.Error("signed in after signing out")
	}
	c.knows("nia", "Nia", "Summer")
	phone.open(c.url + views.SchoolStartPath(c.school.ID))
	phone.throughSchool(c.realSchools, nia)
	phone.isAt(views.OrganizationPath(c.class.ID))
	profile := c.atZitadel(nia).GetHuman().GetProfile()
	if profile.GetGivenName() != "Nia" || profile.GetFamilyName() != "Summer" {
		t.Errorf("after another name came she is %s %s", profile.GetGivenName(), profile.GetFamilyName())
	}
	if again := c.userID(nia); again != id {
		t.Errorf("the second sign-in is %s, the first was %s", again, id)
	}

	// The tile takes somebody new as well.
	tom := c.knows("tom", "Tom", "Field")
	tablet := c.browser.window("Tom")
	tablet.open(c.url + views.SchoolStartPath(c.school.ID))
	tablet.throughSchool(c.realSchools, tom)
	tablet.isAt(views.OrganizationPath(c.class.ID))
	c.authorization(c.class.ID, c.userID(tom))
}

func (c *realConnection) takesTheRoster() {
	t := c.t
	t.Helper()
	alma := c.rosterPerson("alma", "Alma", "Brandt", true)
	c.assign(c.class.ID, identity.UserID(c.userID(alma.name)), identity.RoleCoTeacher)
	c.knows("alma", "Alma", "Brandt")
	c.eventually("the portal does not see a role", func() bool {
		return c.count("SELECT COUNT(*) FROM role_assignments WHERE organization_id = ? AND user_id = ?", string(c.class.ID), c.userID(alma.name)) == 1
	})
	phone := c.browser.window("Alma")
	phone.comesByAddress(c.realSchools, alma.name)
	phone.isAt(views.RosterPath(c.class.ID)) // still a co-teacher
	if links := c.links(c.userID(alma.name)); len(links) != 1 || links[c.provider] == "" {
		t.Errorf("links of who was on the roster: %v", links)
	}
	phone.sends(views.SignOutPath)
	phone.isAt(views.SignedOutPath)
}

func (c *realConnection) takesNobodyElse() {
	t := c.t
	t.Helper()
	unverified := c.rosterPerson("una", "Una", "Proven", false)
	c.knows("una", "Una", "Proven")
	elsewhere := "casey@maple" + c.run + ".example"
	c.idp.AddPerson(testidp.Person{UserName: elsewhere, Address: elsewhere, GivenName: "Casey", FamilyName: "Moss"})
	for _, test := range []struct {
		who, types string
		joining    identity.Joining
		says       string
	}{
		{unverified.name, unverified.name, identity.JoinCreate, "nobody has confirmed the address yet"},
		{elsewhere, "somebody@" + c.domain, identity.JoinCreate, "does not sign in people with such an address"},
		{c.knows("ned", "Ned", "Stranger"), "ned@" + c.domain, identity.JoinRoster, "You do not have an account at"},
		{c.knows("ned", "Ned", "Stranger"), "ned@" + c.domain, identity.JoinLink, "You do not have an account at"},
	} {
		c.lets(test.joining)
		v := c.visitor()
		seen := v.visits(v.leads(views.SignInPath, "address", test.types), test.who)
		if seen.status != http.StatusForbidden || !strings.Contains(seen.text(), test.says) {
			t.Errorf("%s, rule %s: %d at %s\n%.600s", test.who, test.joining, seen.status, seen.url, seen.text())
		}
		if v.signedIn() {
			t.Errorf("%s is signed in", test.who)
		}
		if user := c.atZitadel(test.who); user != nil && len(c.links(user.GetUserId())) != 0 {
			t.Errorf("%s was linked: %v", test.who, c.links(user.GetUserId()))
		}
	}
	for _, name := range []string{elsewhere, "ned@" + c.domain} {
		if c.atZitadel(name) != nil {
			t.Errorf("%s was given an account", name)
		}
	}

	// On no roster, though the account is verified.
	alone := c.rosterPerson("olu", "Olu", "Alone", true)
	c.knows("olu", "Olu", "Alone")
	c.lets(identity.JoinRoster)
	v := c.visitor()
	seen := v.visits(v.leads(views.SignInPath, "address", alone.name), alone.name)
	if seen.status != http.StatusForbidden || !strings.Contains(seen.text(), "You are not in a class of") {
		t.Errorf("who is on no roster: %d at %s\n%.600s", seen.status, seen.url, seen.text())
	}
	if links := c.links(c.userID(alone.name)); len(links) != 0 {
		t.Errorf("who is on no roster is linked: %v", links)
	}
	// What was refused is in the history, with its reason.
	history := c.desk.get(c.door.Connection(c.id, "attempts") + "?kind=sign-in&state=failed")
	if failed := c.count("SELECT COUNT(*) FROM attempts WHERE connection_id = ? AND kind = 'sign-in' AND state = 'failed'", string(c.id)); failed != 5 {
		t.Errorf("%d failed sign-ins are on record, want 5\n%s", failed, history.text())
	}
}
