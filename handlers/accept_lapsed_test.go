package handlers

import (
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// A teacher who was removed must not come back by an invitation to a second
// address of theirs.
func TestARemovedTeacherDoesNotComeBackByAnInvitation(t *testing.T) {
	p := newPortal(t)
	newcomer := p.invite(biology, second, "sofia@home.example", identity.RoleTeacher)
	known := p.invite(biology, second, lea, identity.RoleTeacher)
	copied := p.handed(biology, second, newcomer)
	students := p.invite(biology, lee, "pupil@linden.example", identity.RoleStudent)
	own := p.signIn(lea)
	if seen := own.get("/home"); !strings.Contains(seen.Body, "/i/"+known) {
		t.Fatalf("the invitation is not offered at home:\n%s", seen.text())
	}
	if seen := p.signIn(lee).post("/o/" + string(p.id(biology)) + "/people/" + string(p.people[second].ID) + "/remove"); seen.Status != http.StatusOK {
		t.Fatalf("removing answers %d\n%s", seen.Status, seen.text())
	}
	before := p.calls()
	mails := len(p.queue.mails)
	asked := own.get("/i/" + known)
	for name, seen := range map[string]page{
		"the link":                   p.browser().get("/i/" + newcomer),
		"a newcomer":                 p.browser().post("/i/"+newcomer, "as", "new", "given-name", "Sofia"),
		"a copied link":              p.browser().post("/i/"+copied, "as", "new"),
		"somebody who is signed in":  asked,
		"somebody with the old page": own.post("/i/"+known, "as", "me", "user", string(p.people[lea].ID)),
	} {
		if seen.Status != http.StatusGone || !strings.Contains(seen.text(), "does not hold any more") || !strings.Contains(seen.text(), "ask your teacher or school") {
			t.Errorf("%s: %d, want 410 and whom to ask\n%s", name, seen.Status, seen.text())
		}
	}
	if seen := own.get("/home"); strings.Contains(seen.Body, "/i/"+known) {
		t.Error("it is still offered at home")
	}
	after := p.calls()
	for _, method := range []string{"/zitadel.user.v2.UserService/CreateUser", "/zitadel.authorization.v2.AuthorizationService/CreateAuthorization"} {
		if after[method] != before[method] {
			t.Errorf("%s was called", method)
		}
	}
	if len(p.queue.mails) != mails {
		t.Error("a mail was sent")
	}
	if seen := p.browser().get("/i/" + students); seen.Status != http.StatusOK {
		t.Errorf("the other teacher's invitation: %d, want 200", seen.Status)
	}
	list := p.signIn(lee).get("/o/" + string(p.id(biology)) + "/invitations")
	if !strings.Contains(list.text(), "Sender gone") || !strings.Contains(list.text(), "Sofia Berg may not invite to this any more.") {
		t.Errorf("the list does not tell it:\n%s", list.text())
	}
}
