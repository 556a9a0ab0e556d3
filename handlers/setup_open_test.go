package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// Mail programs and scanners follow links before anybody reads the mail.
func TestLookingAtASetupLinkChangesNothing(t *testing.T) {
	p := newPortal(t)
	link, token := p.setupLink(linden, priya, identity.IntentSSO, identity.IntentDomains)
	recorded := len(p.audited(linden))
	for range 20 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if seen := p.browser().do(method, views.SetupTokenPath(token), nil); seen.Status != http.StatusOK {
				t.Fatalf("%s: %d", method, seen.Status)
			}
		}
	}
	now, err := p.in(linden, priya).Link(p.ctx, link.ID)
	p.check(err)
	if now.State != identity.SetupSent || !now.OpenedAt.IsZero() || !now.SeenAt.IsZero() || p.mailed() != 0 || len(p.audited(linden)) != recorded {
		t.Errorf("looking left %+v, %d mails", now, p.mailed())
	}
	seen := p.browser().get(views.SetupTokenPath(token))
	for _, want := range []string{
		"Set up sign-in for Linden School", "Priya Nair of Linden School asks Ingrid Tech", "Prove the school's e-mail domains",
		"Connect the school's identity provider", "i…@linden.example",
	} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the page does not say %q\n%s", want, seen.text())
		}
	}
	if strings.Contains(seen.Body, it) || strings.Contains(seen.Body, `href="/home"`) {
		t.Error("the page shows the address, or leads into the portal")
	}
}

func TestTheCodeOpensTheDoorOnThisDeviceAlone(t *testing.T) {
	p := newPortal(t)
	link, token := p.setupLink(linden, priya, identity.IntentSSO)
	door := views.ByLink(link.ID)
	b := p.browser()
	code := b.code(token)
	before := b.cookie("homeroom-session")

	other := p.browser()
	if seen := other.get(door.Overview()); seen.Status != http.StatusNotFound || !strings.Contains(seen.text(), "Open the link from the mail again.") {
		t.Errorf("without a code: %d\n%s", seen.Status, seen.text())
	}
	seen := b.post(views.SetupTokenPath(token), "code", " "+code[:4]+" "+code[4:])
	if seen.URL.Path != door.Overview() || !strings.Contains(seen.text(), "How the people of Linden School sign in") {
		t.Fatalf("%d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	if after := b.cookie("homeroom-session"); after == "" || after == before {
		t.Errorf("the session's token is %q, was %q", after, before)
	}
	if seen := b.get(views.SetupTokenPath(token)); seen.URL.Path != door.Overview() {
		t.Errorf("opening it again leads to %s", seen.URL)
	}
	if seen := other.post(views.SetupTokenPath(token), "code", code); seen.Status != http.StatusUnprocessableEntity {
		t.Errorf("the same code on another device: %d", seen.Status)
	}
	if seen := other.get(door.Overview()); seen.Status != http.StatusNotFound {
		t.Errorf("the other device: %d", seen.Status)
	}
	// It is not the door of any other link.
	second, _ := p.setupLink(linden, priya, identity.IntentSSO)
	theirs, _ := p.setupLink(birch, bob, identity.IntentSSO)
	for _, id := range []identity.SetupLinkID{second.ID, theirs.ID, "unknown", ""} {
		if seen := b.get(views.ByLink(id).Overview()); seen.Status != http.StatusNotFound {
			t.Errorf("link %q: %d", id, seen.Status)
		}
	}
	if seen := b.post(door.Leave()); !strings.Contains(seen.text(), "You have left the set-up") {
		t.Errorf("%d\n%s", seen.Status, seen.text())
	}
	if seen := b.get(door.Overview()); seen.Status != http.StatusNotFound {
		t.Errorf("after leaving: %d", seen.Status)
	}
}

func TestWhatIsWrongWithACodeIsSaid(t *testing.T) {
	p := newPortal(t)
	_, token := p.setupLink(linden, priya, identity.IntentSSO)
	b, path := p.browser(), views.SetupTokenPath(token)
	says := func(what, code, want string) {
		t.Helper()
		if seen := b.post(path, "code", code); seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), want) {
			t.Errorf("%s: %d\n%s", what, seen.Status, seen.text())
		}
	}
	says("before any was sent", "12345678", "This is not the code of the latest mail.")
	first := b.code(token)
	says("nothing typed", " ", "Enter the 8 digits from the mail.")
	second := b.code(token)
	if first != second {
		says("the one before", first, "Only the newest code counts.")
	}
	p.now.advance(16 * time.Minute)
	says("too old", second, "This code is older than 15 minutes.")
	third := b.code(token)
	wrong := "00000000"
	if third == wrong {
		wrong = "00000001"
	}
	for range 5 {
		says("wrong", wrong, "This is not the code of the latest mail.")
	}
	says("right, after five wrong ones", third, "entered wrongly 5 times")
	b.code(token)
	b.code(token)
	if seen := b.post(path); seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), "5 codes were sent within an hour") {
		t.Errorf("the sixth code: %d\n%s", seen.Status, seen.text())
	}
	if p.mailed() != 5 {
		t.Errorf("%d mails, want 5", p.mailed())
	}
}

func TestTriesOfALinkAreLimited(t *testing.T) {
	p := newPortal(t)
	_, token := p.setupLink(linden, priya, identity.IntentSSO)
	b := p.browser()
	var seen page
	for range triesPerSetup + 1 {
		seen = b.post(views.SetupTokenPath(token), "code", "12345678")
	}
	if seen.Status != http.StatusTooManyRequests {
		t.Errorf("%d, want 429", seen.Status)
	}
}

func TestALinkOpensOnlyWhatItIsFor(t *testing.T) {
	p := newPortal(t)
	for _, tt := range []struct {
		name    string
		intents []identity.SetupIntent
		may     map[string]int
	}{
		{"sign-in alone", []identity.SetupIntent{identity.IntentSSO}, map[string]int{"": 200, "/connections/new": 200, "/domains": 404}},
		{"domains alone", []identity.SetupIntent{identity.IntentDomains}, map[string]int{"": 200, "/connections/new": 404, "/domains": 200}},
		{"both", []identity.SetupIntent{identity.IntentDomains, identity.IntentSSO}, map[string]int{"": 200, "/connections/new": 200, "/domains": 200}},
	} {
		link, token := p.setupLink(linden, priya, tt.intents...)
		b := p.throughLink(token)
		tt.may["/links"], tt.may["/enforcement"], tt.may["/requests"] = 404, 404, 404
		for path, want := range tt.may {
			if seen := b.get(views.ByLink(link.ID).Overview() + path); seen.Status != want {
				t.Errorf("%s: %q is %d, want %d\n%s", tt.name, path, seen.Status, want, seen.text())
			}
		}
		for _, path := range []string{"/home", "/o/" + string(p.id(linden)), views.InPortal(p.id(linden)).Overview()} {
			if seen := b.staying().get(path); seen.Status != http.StatusSeeOther {
				t.Errorf("%s: %s is %d, want the way to sign-in", tt.name, path, seen.Status)
			}
		}
	}
}

// The frame is a calm one: the school, the steps, the language, the way out.
func TestTheFrameBehindALink(t *testing.T) {
	p := newPortal(t)
	link, token := p.setupLink(linden, priya, identity.IntentSSO, identity.IntentDomains)
	b := p.throughLink(token)
	door := views.ByLink(link.ID)
	seen := b.get(door.Overview())
	for _, want := range []string{linden, "Leave", "Español", "Identity provider", "Activate"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the frame does not say %q\n%s", want, seen.text())
		}
	}
	for _, banned := range []string{"Class list", "Set-up links", "Sign out", "Only school sign-in", "/o/"} {
		if strings.Contains(seen.Body, banned) {
			t.Errorf("the frame holds %q", banned)
		}
	}
	if seen := b.post("/language", "language", "es", "next", seen.field("next")); seen.URL.Path != door.Overview() || !strings.Contains(seen.text(), "Proveedor de identidad") {
		t.Errorf("the other language is at %s\n%s", seen.URL, seen.text())
	}
}
