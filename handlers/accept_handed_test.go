package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// handed is the token of the link that a teacher copies.
func (p *portal) handed(organization, teacher, token string) string {
	p.t.Helper()
	handed, err := p.in(organization, teacher).InvitationToken(p.ctx, p.invitation(token).ID)
	p.check(err)
	return handed
}

// A copied link may be used by who copied it. It must not make an account that
// counts as the owner of an address.
func TestACopiedLinkMakesNoAccount(t *testing.T) {
	p := newPortal(t)
	// Another school waits for the same person.
	p.invite(maths, mallory, "new@linden.example", identity.RoleTeacher)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	link := "/i/" + p.handed(biology, lee, token)
	before := p.calls()

	b := p.browser()
	seen := b.get(link)
	if seen.Status != http.StatusOK || !strings.Contains(seen.text(), "n…@linden.example") || seen.field("given-name") != "" ||
		strings.Contains(seen.Body, "new@linden.example") || strings.Contains(seen.Body, `name="given-name"`) {
		t.Errorf("the page: %d\n%s", seen.Status, seen.text())
	}
	var said []string
	for _, wait := range []time.Duration{0, time.Minute, 10 * time.Minute} {
		p.now.advance(wait)
		seen = b.post(link, "as", "new", "given-name", "Nora")
		if seen.Status != http.StatusOK || !strings.Contains(seen.text(), "We sent a mail to n…@linden.example") {
			t.Errorf("%d, want the page that a mail was sent\n%s", seen.Status, seen.text())
		}
		said = append(said, seen.text())
		p.check(p.store.MailSent(p.ctx, p.queue.mail(len(p.queue.mails)-1)))
	}
	if said = slices.Compact(said); len(said) != 1 {
		t.Errorf("the answers differ: %q", said)
	}
	if n := len(p.queue.mails); n != 3 {
		t.Errorf("%d mails are queued, want the two of the invitations and one more", n)
	}
	if hint := b.staying().get("/sign-in?next=" + link).Header.Get("Location"); strings.Contains(hint, "new%40linden") {
		t.Errorf("sign-in tells the address: %s", hint)
	}
	const create = "/zitadel.user.v2.UserService/CreateUser"
	if after := p.calls(); after[create] != before[create] {
		t.Error("an account was made")
	}
	if got := p.invitation(token); got.AcceptedBy != "" {
		t.Errorf("the invitation was taken up by %s", got.AcceptedBy)
	}

	// With the mailed link it goes on, and from then on the copied one is no way
	// to set the first password.
	p.browser().post("/i/"+token, "as", "new", "given-name", "Nora")
	if seen = p.browser().post(link, "as", "new"); seen.Status != http.StatusGone || strings.Contains(seen.text(), "Set a password") {
		t.Errorf("the copied link after the account was made: %d\n%s", seen.Status, seen.text())
	}
	if seen = p.browser().get(link); seen.Status != http.StatusGone || strings.Contains(seen.text(), "Set a password") {
		t.Errorf("the copied link's page after the account was made: %d\n%s", seen.Status, seen.text())
	}
}

func TestACopiedLinkSaysTheSameOfAnAddressWithAnAccount(t *testing.T) {
	p := newPortal(t)
	pages := map[string]string{}
	for _, address := range []string{lea, "lia@linden.example"} {
		link := "/i/" + p.handed(history, priya, p.invite(history, priya, address, identity.RoleStudent))
		b := p.browser()
		pages[address] = b.get(link).text() + b.post(link, "as", "new").text()
	}
	if pages[lea] != pages["lia@linden.example"] {
		t.Errorf("pages differ:\n%s\n%s", pages[lea], pages["lia@linden.example"])
	}
}

func TestWhoIsSignedInJoinsByACopiedLink(t *testing.T) {
	for name, address := range map[string]string{"the one invited": lea, "somebody else, who is asked": "other@linden.example"} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t)
			handed := p.handed(biology, lee, p.invite(biology, lee, address, identity.RoleStudent))
			b := p.signIn(lea)
			if asked := strings.Contains(b.get("/i/"+handed).text(), "Join Biology 7B as Lea Novak"); asked != (address != lea) {
				t.Errorf("asked: %v", asked)
			}
			if seen := b.join(handed); seen.Status != http.StatusOK || !strings.HasPrefix(seen.URL.Path, "/o/"+string(p.id(biology))) {
				t.Errorf("joining ends with %d at %s, want the classroom\n%s", seen.Status, seen.URL, seen.text())
			}
		})
	}
}
