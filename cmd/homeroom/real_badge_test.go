package main

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// A pupil without e-mail comes in by the picture on a card, through Zitadel's pages
// of either generation, and other services take the session as any other. A void
// badge ends it.
func TestRealZitadelTakesACard(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)
	priya := somebody{given: "Priya", family: "Nair", name: c.called("priya.nair@linden.example"), password: "Quiet-Lamp-17!"}
	c.assign(c.school.ID, c.person(c.school.ID, priya), identity.RoleSchoolAdmin)
	c.eventually("the portal does not see the school's admin", func() bool {
		return c.count("SELECT COUNT(*) FROM role_assignments WHERE organization_id = ?", string(c.school.ID)) == 1
	})
	office := b.enters(c.realSite, priya)
	office.open(c.url + views.BadgesPath(c.school.ID))
	office.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("[name=weekdays]").forEach(e => e.checked = false);
		document.querySelectorAll("[name=from], [name=until]").forEach(e => e.value = ""); void 0`))
	office.press("Turn badges on")
	office.sees("Badges are on, with these limits.")

	desk := b.enters(c.realSite, c.maria)
	desk.open(c.url + views.NewStudentPath(c.class.ID))
	desk.types("input[name=given-name]", "Noor")
	desk.types("input[name=family-name]", "Haddad")
	desk.sends(views.NewStudentPath(c.class.ID))
	noor := desk.slip(somebody{given: "Noor", family: "Haddad"})
	desk.open(c.url + views.CardsPath(c.class.ID))
	desk.press("Make the cards")
	desk.sees("1 login card")
	scanned := desk.scans("Noor Haddad")

	phone := b.window("pupil's phone")
	phone.size(390, 844, "light")
	phone.open(scanned)
	phone.sees("Sign in as Noor H.?")
	began := time.Now()
	phone.press("Yes, I am Noor H.")
	phone.isAt(views.HomePath)
	t.Logf("from the button to the pupil's page in %s", time.Since(began).Round(10*time.Millisecond))
	phone.sees(c.class.Name)
	if roles := c.service().roles(phone, noor); len(roles) != 1 || !slices.Equal(roles["student"], []string{string(c.class.ID)}) {
		t.Errorf("roles in the token: %v, want student in %s alone", roles, c.class.ID)
	}

	held := phone.visitor(c.site)
	desk.open(c.url + views.BadgesPath(c.class.ID))
	desk.sees("used 1 time")
	desk.press("Void Noor Haddad")
	desk.sees("The badge of Noor Haddad is void.")
	c.eventually("the session goes on without the badge", func() bool { return !held.signedIn() })
	phone.open(scanned)
	phone.sees("This card no longer works")
}
