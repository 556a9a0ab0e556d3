package handlers

import (
	"encoding/base64"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// Where the portal runs without https, whoever holds another port of the host
// can set its cookies.
func TestNoticesAreThePortalsOwnWords(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	for _, planted := range []string{
		`{"ID":"Your account is locked. Call 555-0100."}`,
		`{"ID":"accept.welcome","Args":{"Organization":"evil.example"}}`,
		`{"ID":"invitation.sent","Args":{"Count":{"a":[1]}}}`,
		`{"ID":7}`,
		strings.Repeat("x", 100),
		"",
	} {
		for _, value := range []string{base64.RawURLEncoding.EncodeToString([]byte(planted)), planted} {
			b.setCookie("homeroom-notice", strings.NewReplacer(`"`, "", ",", "", " ", "").Replace(value))
			if seen := b.get("/home"); seen.Status != 200 || find(seen.doc, "main", "", "") == nil ||
				strings.Contains(seen.text(), "555-0100") || strings.Contains(seen.text(), "evil.example") {
				t.Errorf("%s: %d\n%s", planted, seen.Status, seen.text())
			}
		}
	}
	// The control: one of its own is shown, once, and what it names is no markup.
	name := `<img src=x onerror=alert(1)>&"`
	p.open(name, identity.KindClassroom, linden)
	token := p.inviteTo(name, lee)
	seen := b.join(token)
	if !strings.Contains(seen.text(), "You joined "+name) || find(seen.doc, "img", "src", "x") != nil {
		t.Errorf("the notice is not shown as text:\n%s", seen.Body)
	}
	if again := b.get("/home"); strings.Contains(again.text(), "You joined") {
		t.Error("the notice is shown twice")
	}
}

// inviteTo makes an invitation of an address into an organization that has
// nobody yet.
func (p *portal) inviteTo(organization, address string) string {
	p.t.Helper()
	p.settled()
	return p.invite(organization, priya, address, identity.RoleStudent)
}
