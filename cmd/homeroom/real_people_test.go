package main

import (
	"slices"
	"strings"
	"testing"

	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// A student without e-mail signs in with what the slip says, and again with
// what a second one says.
func TestRealZitadelTakesStudentsWithoutAddress(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)
	desk := b.enters(c.realSite, c.maria)
	desk.open(c.url + views.NewStudentPath(c.class.ID))
	desk.types("input[name=given-name]", "Noor")
	desk.types("input[name=family-name]", "Haddad")
	desk.sends(views.NewStudentPath(c.class.ID))
	noor := desk.slip(somebody{given: "Noor", family: "Haddad"})

	place := b.enters(c.realSite, noor)
	place.sees(c.class.Name)
	if roles := c.service().roles(place, noor); len(roles) != 1 || !slices.Equal(roles["student"], []string{string(c.class.ID)}) {
		t.Errorf("roles in the token: %v, want student in %s alone", roles, c.class.ID)
	}
	before := place.visitor(c.site)

	desk.open(c.url + views.ResetPath(c.class.ID, identity.UserID(c.userID(noor.name))))
	desk.sends(views.ResetPath(c.class.ID, identity.UserID(c.userID(noor.name))))
	again := desk.slip(noor)
	if again.password == noor.password || again.name != noor.name {
		t.Errorf("the second slip is for %s and gives the same password: %t", again.name, again.password == noor.password)
	}
	c.eventually("the session goes on after a reset", func() bool { return !before.signedIn() })
	b.enters(c.realSite, again).sees(c.class.Name)
}

// slip reads user name and first password from the page that shows them once.
func (w *window) slip(who somebody) somebody {
	w.t.Helper()
	w.until(`document.querySelectorAll(".slip code").length === 2`, "sees no slip")
	who.name = w.text(`document.querySelectorAll(".slip code")[0].innerText`)
	who.password = w.text(`document.querySelectorAll(".slip code")[1].innerText`)
	return who
}

// A reset takes a student with an address to a new password.
func TestRealZitadelTakesANewPassword(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)
	desk := b.enters(c.realSite, c.maria)
	phone := b.enters(c.realSite, c.alma)
	before := phone.visitor(c.site)
	reset := views.ResetPath(c.class.ID, identity.UserID(c.userID(c.alma.name)))
	desk.open(c.url + reset)
	desk.sends(reset)
	desk.until(`document.querySelector("input[readonly]")`, "is shown no link")
	link := desk.holds("input[readonly]")
	c.eventually("the session goes on after a reset", func() bool { return !before.signedIn() })

	c.alma.password = "Red-Window-73!"
	phone = b.window("Alma again")
	phone.open(link)
	phone.throughZitadel(c.realSite, c.alma)
	phone.sees(c.class.Name)
}

// Somebody who registers is at home with the individuals, may open a class,
// and is invited to another school's class as a guest.
func TestRealZitadelTakesPeopleWhoRegister(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)
	c.zitadelMails()
	ruth := somebody{given: "Ruth", family: "Adler", name: c.called("ruth.adler@example.com"), password: "Gold-Window-51!"}
	home := b.window(ruth.given)
	home.open(c.url)
	home.clicks(`a[href="` + views.SignUpPath + `"]`)
	home.throughZitadel(c.realSite, ruth)
	home.isAt(views.HomePath)
	id := c.userID(ruth.name)
	answer, err := c.owner.UserServiceV2().GetUserByID(t.Context(), &userpb.GetUserByIDRequest{UserId: id})
	c.check(err)
	if at := answer.GetUser().GetDetails().GetResourceOwner(); at != string(c.made.Individuals) {
		t.Errorf("somebody who registers is at home in %s, want %s", at, c.made.Individuals)
	}

	home.open(c.url + views.NewClassroomPath)
	home.types("input[name=name]", c.called("Chess club"))
	home.sends(views.NewClassroomPath)
	home.sees("is open")
	club := home.organization(c.realSite)

	// She is invited where she has an account, which the page does not tell.
	desk := b.enters(c.realSite, c.maria)
	desk.open(c.url + views.NewInvitationPath(c.class.ID))
	desk.types("textarea[name=addresses]", ruth.name)
	desk.press("Send invitations")
	desk.sees("One person is invited")
	var link string
	c.eventually("no invitation to "+ruth.name, func() bool {
		for _, d := range c.mail.mailsTo(ruth.name) {
			if strings.Contains(d.text, "homeroom@example.org") { // the others are Zitadel's
				link = d.link(t)
			}
		}
		return link != ""
	})
	if answer.GetUser().GetHuman().GetEmail().GetIsVerified() {
		// Somebody who comes with nothing but the link signs in on the way.
		other := b.window("Ruth elsewhere")
		other.open(link)
		other.press("Sign in to join")
		other.throughZitadel(c.realSite, ruth)
		other.isAt(strings.TrimPrefix(link, c.url))
		other.press("Join " + c.class.Name)
		other.isAt(views.OrganizationPath(c.class.ID))
	} else {
		// Login V2 may be set to verify no address: the portal asks first.
		t.Log("the address is not verified")
		home.open(link)
		home.press("Join " + c.class.Name + " as Ruth Adler")
		home.isAt(views.OrganizationPath(c.class.ID))
	}
	home.open(c.url + views.OrganizationPath(c.class.ID))
	home.sees(c.class.Name)
	roles := c.service().roles(home, ruth)
	if len(roles) != 2 || !slices.Equal(roles["student"], []string{string(c.class.ID)}) || !slices.Equal(roles["teacher"], []string{string(club)}) {
		t.Errorf("roles in the token: %v, want student in %s and teacher in %s", roles, c.class.ID, club)
	}
}

// Somebody of another school joins with their account and stays a guest. On a
// computer where somebody else is signed in, the invitation asks first, and
// its owner comes in after them.
func TestRealZitadelTakesGuests(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)
	lea := somebody{given: "Lea", family: "Novak", name: c.called("lea.novak@birch.example"), password: "Brown-Shelf-64!"}
	omar := somebody{given: "Omar", family: "Said", name: c.called("omar.said@linden.example"), password: "White-Spoon-85!"}
	birch := c.opens(identity.NewOrganization{Kind: identity.KindSchool, Name: c.called("Birch Academy")})
	c.person(birch.ID, lea)
	desk := b.enters(c.realSite, c.maria)
	desk.open(c.url + views.NewInvitationPath(c.class.ID))
	desk.types("textarea[name=addresses]", lea.name+", "+omar.name)
	desk.press("Send invitations")
	desk.sees("2 people are invited")
	join := views.OrganizationPath(c.class.ID)

	shared := b.enters(c.realSite, lea)
	link := c.mailTo(omar.name).link(t)
	shared.open(link)
	shared.sees("You are signed in as Lea Novak.")
	shared.press("Sign out and use the other account")
	shared.isAt(strings.TrimPrefix(link, c.url))
	shared.types("input[name=given-name]", omar.given)
	shared.types("input[name=family-name]", omar.family)
	shared.sends(strings.TrimPrefix(link, c.url))
	shared.throughZitadel(c.realSite, omar)
	shared.isAt(join)
	shared.sees("Omar Said")

	phone := b.window("Lea's phone")
	phone.open(c.mailTo(lea.name).link(t))
	phone.press("Sign in to join")
	phone.throughZitadel(c.realSite, lea)
	phone.press("Join " + c.class.Name)
	phone.isAt(join)
	if roles := c.service().roles(phone, lea); len(roles) != 1 || !slices.Equal(roles["student"], []string{string(c.class.ID)}) {
		t.Errorf("roles in the token: %v, want student in %s alone", roles, c.class.ID)
	}
	desk.open(c.url + views.RosterPath(c.class.ID) + "?q=lea")
	desk.sees("Guest")
}

// Whoever would rather have a passkey than a password sets one on the way, and
// signs in with it.
func TestRealZitadelTakesPasskeys(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)
	if pages, err := c.gateway.LoginPages(t.Context()); err != nil || pages.Version == 1 {
		t.Skip("Login V1 asks those who were invited for a password")
	}
	cleo := somebody{given: "Cleo", family: "Marsh", name: c.called("cleo.marsh@linden.example"), passkey: true}
	desk := b.enters(c.realSite, c.maria)
	desk.open(c.url + views.NewInvitationPath(c.class.ID))
	desk.types("textarea[name=addresses]", cleo.name)
	desk.press("Send invitations")
	desk.sees("One person is invited")
	phone := b.joins(c.realSite, c.mailTo(cleo.name).link(t), cleo)
	phone.isAt(views.OrganizationPath(c.class.ID))

	phone.sends(views.SignOutPath)
	phone.isAt(views.SignedOutPath)
	phone.open(c.url + views.SignInPath)
	phone.throughZitadel(c.realSite, cleo)
	phone.isAt(views.HomePath)
	phone.sees(c.class.Name)
}
