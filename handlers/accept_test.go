package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel/standin"
)

func TestTheLinkSaysWhoInvitesToWhat(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleCoTeacher)
	seen := p.browser().get("/i/" + token)
	if seen.Status != http.StatusOK {
		t.Fatalf("%d, want 200\n%s", seen.Status, seen.text())
	}
	for _, want := range []string{"Maria Lee invites you to Biology 7B", "Co-teacher", linden, "I have an account", "I am new here"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the page does not say %q:\n%s", want, seen.text())
		}
	}
	if strings.Contains(seen.Body, "new@linden.example") {
		t.Error("the page tells the address to whoever holds the link")
	}
	if state := p.invitation(token).State; state != identity.InvitationOpened {
		t.Errorf("the invitation is %s, want opened", state)
	}
}

func TestThePageIsTheSameWhetherTheAddressHasAnAccount(t *testing.T) {
	p := newPortal(t)
	known := p.browser().get("/i/" + p.invite(history, priya, lea, identity.RoleStudent))
	unknown := p.browser().get("/i/" + p.invite(history, priya, "nobody@linden.example", identity.RoleStudent))
	if known.Status != unknown.Status || known.text() != unknown.text() {
		t.Errorf("pages differ:\n%s\n%s", known.text(), unknown.text())
	}
}

func TestLinksThatDoNotWorkAreToldApart(t *testing.T) {
	p := newPortal(t)
	accepted := p.invite(biology, lee, lea, identity.RoleStudent)
	p.signIn(lea).join(accepted)
	expired := p.invite(biology, lee, "late@linden.example", identity.RoleStudent)
	revoked := p.invite(biology, lee, "unwanted@linden.example", identity.RoleStudent)
	p.check(p.in(biology, lee).RevokeInvitation(p.ctx, p.invitation(revoked).ID))
	p.now.advance(15 * 24 * time.Hour)
	for _, c := range []struct {
		name, token string
		status      int
		says        string
	}{
		{"wrong", "0123456789abcdef", http.StatusNotFound, "The link of the invitation is not complete or is wrong"},
		{"accepted", accepted, http.StatusGone, "This invitation was accepted already"},
		{"expired", expired, http.StatusGone, "This invitation has run out"},
		{"revoked", revoked, http.StatusGone, "This invitation was taken back"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			b := p.browser()
			seen := b.do(method, "/i/"+c.token, map[string][]string{"as": {"new"}, "given-name": {"X"}})
			if seen.Status != c.status || !strings.Contains(seen.text(), c.says) {
				t.Errorf("%s, %s: %d, want %d and %q\n%s", c.name, method, seen.Status, c.status, c.says, seen.text())
			}
		}
	}
}

func TestSomebodyWithAnAccountJoinsWithTwoClicks(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, lea, identity.RoleStudent)
	b := p.browser()
	seen := b.signInAt("/sign-in?next=/i/"+token, lea, secret)
	if seen.URL.Path != "/i/"+token || !strings.Contains(seen.text(), "Join Biology 7B") {
		t.Fatalf("after sign-in: %s\n%s", seen.URL, seen.text())
	}
	seen = b.join(token)
	if seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, "/o/"+string(p.id(biology))) {
		t.Errorf("joining ends with %d at %s, want the classroom\n%s", seen.Status, seen.URL, seen.text())
	}
	member, err := p.in(biology, lee).Member(p.ctx, p.people[lea].ID)
	p.check(err)
	if got := member.Assignment.Role(); got != identity.RoleStudent {
		t.Errorf("role %s, want student", got)
	}
	// Again: nothing doubles, and the link leads there.
	if seen = b.get("/i/" + token); !strings.HasPrefix(seen.URL.Path, "/o/"+string(p.id(biology))) {
		t.Errorf("the link again leads to %s, want the classroom", seen.URL)
	}
	if seen = b.join(token); !strings.HasPrefix(seen.URL.Path, "/o/"+string(p.id(biology))) {
		t.Errorf("the form again leads to %s, want the classroom", seen.URL)
	}
}

func TestAGuestStaysAGuest(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, mallory, identity.RoleCoTeacher)
	p.signIn(mallory).join(token)
	member, err := p.in(biology, lee).Member(p.ctx, p.people[mallory].ID)
	p.check(err)
	if member.User.Home != p.id(birch) || member.Assignment.Role() != identity.RoleCoTeacher {
		t.Errorf("home %s and role %s, want Birch and co_teacher", member.User.Home, member.Assignment.Role())
	}
	if seen := p.signIn(mallory).get("/o/" + string(p.id(linden))); seen.Status != http.StatusNotFound {
		t.Errorf("the guest sees the school: %d, want 404", seen.Status)
	}
}

func TestSomebodyElseIsAskedFirst(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "other@linden.example", identity.RoleStudent)
	b := p.signIn(lea)
	seen := b.get("/i/" + token)
	for _, want := range []string{"You are signed in as Lea Novak", "o…@linden.example", "Sign out and use the other account", "Join Biology 7B as Lea Novak"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the page does not say %q:\n%s", want, seen.text())
		}
	}
	for name, fields := range map[string][]string{
		"as a newcomer":    {"as", "new", "given-name", "X"},
		"as nobody":        {"as", "me"},
		"as somebody else": {"as", "me", "user", string(p.people[sam].ID)},
	} {
		if seen := b.post("/i/"+token, fields...); seen.Status != http.StatusConflict {
			t.Errorf("%s: %d, want 409 and the question again", name, seen.Status)
		}
	}
	if state := p.invitation(token).State; state != identity.InvitationOpened {
		t.Errorf("the invitation is %s before anybody agreed, want opened", state)
	}
	if seen := b.join(token); seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, "/o/") {
		t.Errorf("agreeing ends with %d at %s, want the classroom", seen.Status, seen.URL)
	}
}

func TestANewcomerSetsAPasswordAndLandsInTheClassroom(t *testing.T) {
	for name, version := range map[string]int{"Login V1": 1, "Login V2": 2} {
		t.Run(name, func(t *testing.T) { newcomer(t, newPortalOn(t, standin.Options{LoginVersion: version})) })
	}
}

func newcomer(t *testing.T, p *portal) {
	t.Helper()
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	b := p.browser()
	if seen := b.post("/i/"+token, "as", "new", "given-name", "  "); seen.Status != http.StatusUnprocessableEntity ||
		!strings.Contains(seen.text(), "Type your given name") {
		t.Errorf("no name: %d, want 422\n%s", seen.Status, seen.text())
	}
	seen := b.post("/i/"+token, "as", "new", "given-name", "Nora", "family-name", "Lind")
	if "http://"+seen.URL.Host != p.zitadel.Issuer() {
		t.Fatalf("accepting leads to %s, want Zitadel's login\n%s", seen.URL, seen.text())
	}
	const password = "A-new-password-1"
	seen = b.through(seen, "new@linden.example", password)
	if seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, "/o/"+string(p.id(biology))) {
		t.Fatalf("setting a password ends with %d at %s, want the classroom\n%s", seen.Status, seen.URL, seen.text())
	}
	invitation := p.invitation(token)
	member, err := p.in(biology, lee).Member(p.ctx, invitation.AcceptedBy)
	p.check(err)
	if u := member.User; u.DisplayName() != "Nora Lind" || u.Address != "new@linden.example" || !u.AddressVerified || u.Home != p.id(linden) {
		t.Errorf("the account is %+v", u)
	}
	if seen := p.browser().get("/i/" + token); seen.Status != http.StatusGone {
		t.Errorf("the link again: %d, want 410", seen.Status)
	}
	// The link does not reset a password that was set.
	if seen := p.browser().post("/i/"+token, "as", "new"); seen.Status != http.StatusConflict {
		t.Errorf("setting a password again: %d, want 409\n%s", seen.Status, seen.text())
	}
}

func TestANewcomerWhoStoppedCanGoOn(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	p.browser().post("/i/"+token, "as", "new", "given-name", "Nora") // and closes the browser
	b := p.browser()
	if seen := b.get("/i/" + token); seen.Status != http.StatusGone || !strings.Contains(seen.text(), "Set a password or a passkey") {
		t.Errorf("the link again: %d\n%s", seen.Status, seen.text())
	}
	seen := b.through(b.post("/i/"+token, "as", "new"), "new@linden.example", "A-new-password-1")
	if seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, "/o/") {
		t.Errorf("going on ends with %d at %s, want the classroom\n%s", seen.Status, seen.URL, seen.text())
	}
}

func TestAnAddressWithAnAccountIsToldToSignIn(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, lea, identity.RoleStudent)
	seen := p.browser().post("/i/"+token, "as", "new", "given-name", "Lea")
	if seen.Status != http.StatusConflict || !strings.Contains(seen.text(), "Sign in to join") {
		t.Errorf("%d, want 409 and the way to sign in\n%s", seen.Status, seen.text())
	}
	if seen := p.signIn(lea).join(token); !strings.HasPrefix(seen.URL.Path, "/o/") || seen.Status != http.StatusOK {
		t.Errorf("signing in then ends with %d at %s, want the classroom", seen.Status, seen.URL)
	}
}

func TestTwoClicksMakeOnePerson(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	const create = "/zitadel.user.v2.UserService/CreateUser"
	before := p.zitadel.Calls()[create]
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() { p.browser().post("/i/"+token, "as", "new", "given-name", "Nora") })
	}
	wait.Wait()
	p.settled()
	if n := p.zitadel.Calls()[create] - before; n != 1 {
		t.Errorf("%d accounts were asked for, want 1", n)
	}
}

func TestAClassAcceptsAtOnceBehindOneAddress(t *testing.T) {
	const class = 35
	p := newPortal(t)
	tokens := make([]string, class)
	for i := range tokens {
		tokens[i] = p.invite(history, priya, fmt.Sprintf("pupil-%d@linden.example", i), identity.RoleStudent)
	}
	p.zitadel.Faults().Slow("/zitadel.user.v2.UserService/CreateUser", 50*time.Millisecond)
	began := time.Now()
	var wait sync.WaitGroup
	for i, token := range tokens {
		wait.Go(func() {
			address := fmt.Sprintf("pupil-%d@linden.example", i)
			b := p.browser()
			b.get("/i/" + token)
			seen := b.through(b.post("/i/"+token, "as", "new", "given-name", "Pupil"), address, "A-new-password-1")
			if seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, "/o/") {
				t.Errorf("%s ends with %d at %s", address, seen.Status, seen.URL)
			}
		})
	}
	wait.Wait()
	t.Logf("a class of %d accepted in %v", class, time.Since(began))
	page, err := p.in(history, priya).Roster(p.ctx, store.RosterQuery{Limit: 50})
	p.check(err)
	if len(page.Rows) != class {
		t.Errorf("%d are on the roster, want %d", len(page.Rows), class)
	}
}

func TestZitadelAwayLosesNothing(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	for _, method := range []string{
		"/zitadel.user.v2.UserService/CreateUser",
		"/zitadel.authorization.v2.AuthorizationService/CreateAuthorization",
		"/zitadel.user.v2.UserService/CreateInviteCode",
	} {
		p.zitadel.Faults().Unavailable(method, 0, 100)
		b := p.browser()
		seen := b.post("/i/"+token, "as", "new", "given-name", "Nora", "family-name", "Lind")
		if seen.Status != http.StatusServiceUnavailable {
			t.Errorf("%s away: %d, want 503\n%s", method, seen.Status, seen.text())
		}
		if method != "/zitadel.user.v2.UserService/CreateInviteCode" && seen.field("given-name") != "Nora" {
			t.Errorf("%s away: the name typed is lost", method)
		}
		p.zitadel.Faults().Heal()
	}
	b := p.browser()
	seen := b.through(b.post("/i/"+token, "as", "new", "given-name", "Nora", "family-name", "Lind"), "new@linden.example", "A-new-password-1")
	if seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, "/o/") {
		t.Errorf("at last: %d at %s, want the classroom\n%s", seen.Status, seen.URL, seen.text())
	}
}

func TestAnInvitationIsNoWayAroundASuspension(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, lea, identity.RoleStudent)
	p.assign(biology, lea, identity.RoleStudent)
	_, err := p.gateway.In(p.founded(biology)).SuspendRoleAssignment(p.ctx, p.people[lea].ID)
	p.check(err)
	p.settled()
	if seen := p.signIn(lea).join(token); seen.Status != http.StatusForbidden {
		t.Errorf("%d, want 403\n%s", seen.Status, seen.text())
	}
}

func TestAnInvitationLowersNobody(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, lea, identity.RoleStudent)
	p.assign(biology, lea, identity.RoleCoTeacher)
	p.settled()
	p.signIn(lea).join(token)
	p.settled()
	member, err := p.in(biology, lee).Member(p.ctx, p.people[lea].ID)
	p.check(err)
	if got := member.Assignment.Role(); got != identity.RoleCoTeacher {
		t.Errorf("role %s, want co_teacher still", got)
	}
}

// join sends the form of the invitation's page that accepts as who is signed
// in.
func (b *browser) join(token string) page {
	b.p.t.Helper()
	seen := b.get("/i/" + token)
	return b.post("/i/"+token, "as", "me", "user", seen.field("user"))
}

// invitation is the invitation of a token as it stands.
func (p *portal) invitation(token string) identity.Invitation {
	p.t.Helper()
	_, invitation, err := p.store.OpenInvited(p.ctx, identity.Actor{}, token)
	p.check(err)
	return invitation
}
