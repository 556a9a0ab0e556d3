package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// coded gives a classroom a join code through its page.
func (p *portal) coded(b *browser, organization string, fields ...string) identity.JoinCode {
	p.t.Helper()
	fields = append([]string{"expires", p.now.Now().Add(48 * time.Hour).Format(dateForm)}, fields...)
	if seen := b.post(views.CodePath(p.id(organization)), fields...); seen.Status != http.StatusOK || !strings.Contains(seen.text(), "The code is there.") {
		p.t.Fatalf("make a code: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	code, err := p.store.In(p.founded(organization)).JoinCode(p.ctx)
	p.check(err)
	return code
}

// asksToJoin asks to join, or joins, as the page of the code has it.
func (b *browser) asksToJoin(code identity.JoinCode) page {
	b.p.t.Helper()
	path := views.JoinCodePath(code.Code)
	return b.post(path, "how", "join", "user", b.get(path).field("user"))
}

// The whole way: a teacher makes a code, somebody types it, asks, waits, and is
// let in. Each page says where they are.
func TestSomebodyTypesACodeAndIsLetIn(t *testing.T) {
	p := newPortal(t)
	teacher, student := p.signIn(lee), p.signIn(lea)
	before := len(p.audited(biology))
	code := p.coded(teacher, biology, "seats", "40", "approval", "on")
	shown := teacher.get(views.CodePath(p.id(biology)))
	shown.says(t, code.Spelled(), "0 of 40 places taken.")
	if link := p.url + "/j/" + code.Spelled(); !strings.Contains(shown.Body, link) {
		t.Errorf("the link %s is not shown", link)
	}
	projected := teacher.get(views.ProjectorPath(p.id(biology)))
	projected.says(t, "Join "+biology, code.Spelled(), strings.TrimPrefix(p.url, "http://")+"/join", "0 are in")
	if strings.Count(projected.Body, `class="qr"`) != 1 || !strings.Contains(projected.Body, `sse-connect="`+views.CodeLivePath(p.id(biology))) {
		t.Error("the projector shows no picture, or does not follow what happens")
	}

	seen := student.post("/join", "code", strings.ToLower(code.Code[:5])+" "+code.Code[5:])
	seen.says(t, "Join "+biology, linden, "You are signed in as Lea Novak", "lets you in")
	asked := student.asksToJoin(code)
	asked.says(t, "Your teacher has been asked.", "Your teacher sees your name")
	if asked = student.asksToJoin(code); !strings.Contains(asked.text(), "Your teacher has been asked.") {
		t.Errorf("asked again: %s", asked.text())
	}
	student.get("/home").says(t, "Waiting to be let in", biology)
	teacher.get("/home").says(t, "1 asks to join")
	teacher.get(views.RosterPath(p.id(biology))).says(t, "1 person asks to join")

	requests := teacher.get(views.RequestsPath(p.id(biology)))
	requests.says(t, "Lea Novak", lea, "This school")
	in := teacher.post(views.RequestsPath(p.id(biology)), "do", "ticked", "user", string(p.people[lea].ID))
	in.says(t, "1 person was let in.", "Nobody is waiting")
	if seen := student.get(views.JoinCodePath(code.Code)); !strings.HasPrefix(seen.URL.Path, "/o/"+string(p.id(biology))) || seen.Status != http.StatusOK {
		t.Errorf("in the class: %d at %s", seen.Status, seen.URL)
	}
	teacher.get(views.CodePath(p.id(biology))).says(t, "1 of 40 places taken.")
	want := "[join-code.made join.asked join.approved]"
	if got := fmt.Sprint(p.audited(biology)[before:]); got != want {
		t.Errorf("recorded %s, want %s", got, want)
	}
	// Answered, by another tab.
	if seen := teacher.post(views.RequestsPath(p.id(biology)), "let-in", string(p.people[lea].ID)); seen.Status != http.StatusNotFound {
		t.Errorf("let in twice: %d", seen.Status)
	}
}

// Without an account they register, and the code survives the way through
// Zitadel, both in the address to come back to and in the session.
func TestSomebodyNewRegistersWithACode(t *testing.T) {
	p := newPortal(t)
	code := p.coded(p.signIn(lee), biology, "seats", "2", "approval", "on")
	b := p.browser()
	b.get(views.JoinCodePath(code.Code)).says(t, "Join "+biology, "I have no account yet")
	location := b.staying().post(views.JoinCodePath(code.Code), "how", "register").Header.Get("Refresh")
	if in := "urn%3Azitadel%3Aiam%3Aorg%3Aid%3A" + string(p.made.Individuals); !strings.Contains(location, "prompt=create") || !strings.Contains(location, in) {
		t.Errorf("registering leads to %q", location)
	}
	seen := b.through(b.post(views.JoinCodePath(code.Code), "how", "register"), "fresh@example.org", secret)
	seen.says(t, "Join "+biology, "You are signed in as")
	if seen.URL.Path != views.JoinCodePath(code.Code) {
		t.Errorf("came back to %s", seen.URL)
	}
	// Whoever confirmed their address in another tab comes by /welcome.
	if seen := b.get("/welcome"); seen.URL.Path != views.JoinCodePath(code.Code) {
		t.Errorf("/welcome leads to %s", seen.URL)
	}
	b.asksToJoin(code).says(t, "Your teacher has been asked.")
	if seen := b.get("/welcome"); seen.URL.Path != "/home" {
		t.Errorf("then /welcome leads to %s", seen.URL)
	}
	p.signIn(lee).get(views.RequestsPath(p.id(biology))).says(t, "Own account", "fresh@example.org")
	// Signing in goes the usual way.
	b = p.browser()
	seen = b.through(b.post(views.JoinCodePath(code.Code), "how", "sign-in"), lea, secret)
	seen.says(t, "You are signed in as Lea Novak")
}

// A code without questions lets people in at once, until it is full; but not those
// who were taken out or suspended.
func TestACodeThatAsksNobody(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	code := p.coded(teacher, biology, "seats", "1")
	student := p.signIn(lea)
	student.get(views.JoinCodePath(code.Code)).says(t, "Join "+biology)
	if seen := student.asksToJoin(code); seen.URL.Path != views.OrganizationPath(p.id(biology)) || seen.Status != http.StatusOK {
		t.Fatalf("joining = %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	p.signIn(mallory).get(views.JoinCodePath(code.Code)).says(t, "All places of this code are taken.")
	p.browser().get(views.JoinCodePath(code.Code)).says(t, "All places of this code are taken.")

	code = p.coded(teacher, biology, "seats", "9")
	teacher.post(views.RemovePath(p.id(biology), p.people[lea].ID))
	student = p.signIn(lea)
	student.get(views.JoinCodePath(code.Code)).says(t, "lets you in")
	student.asksToJoin(code).says(t, "Your teacher has been asked.")
	teacher.post(views.SuspendPath(p.id(biology), p.people[sam].ID))
	suspended := p.signIn(sam)
	suspended.asksToJoin(code).says(t, "Your teacher has been asked.")
	requests := teacher.get(views.RequestsPath(p.id(biology)))
	requests.says(t, "Suspended in this class.")
	teacher.post(views.RequestsPath(p.id(biology)), "let-in", string(p.people[sam].ID)).says(t, "1 person was let in.")
	if m, err := p.in(biology, lee).Member(p.ctx, p.people[sam].ID); err != nil || m.Assignment.State != identity.AssignmentActive {
		t.Errorf("suspended still: %+v, %v", m.Assignment, err)
	}
	// Who teaches is led to the class.
	if seen := teacher.get(views.JoinCodePath(code.Code)); !strings.HasPrefix(seen.URL.Path, views.OrganizationPath(p.id(biology))) {
		t.Errorf("a teacher is led to %s", seen.URL)
	}
	// Who was blocked reads what who was declined reads.
	teacher.post(views.RequestsPath(p.id(biology)), "block", string(p.people[lea].ID)).says(t, "cannot ask again", "Blocked")
	student.get(views.JoinCodePath(code.Code)).says(t, "Your teacher has not let you into "+biology)
	student.asksToJoin(code).says(t, "Your teacher has not let you into "+biology)
	teacher.post(views.RequestsPath(p.id(biology)), "unblock", string(p.people[lea].ID)).says(t, "They can ask again.")
	student.asksToJoin(code).says(t, "Your teacher has been asked.")
}

// Unknown, replaced, stopped and over is all the same to whoever types it.
func TestDeadCodesAreAlike(t *testing.T) {
	p := newPortal(t)
	teacher, b := p.signIn(lee), p.browser()
	replaced := p.coded(teacher, biology, "seats", "9")
	teacher.post(views.CodePath(p.id(biology)), "as", "before").says(t, "There is a new code.")
	stopped, err := p.in(biology, lee).JoinCode(p.ctx)
	p.check(err)
	b.get(views.JoinCodePath(stopped.Code)).says(t, "Join "+biology)
	teacher.post(views.StopCodePath(p.id(biology))).says(t, "The code is stopped.")
	over := p.coded(teacher, biology, "seats", "9")
	p.now.advance(73 * time.Hour)
	var first string
	for _, typed := range []string{"CCCC-CCCC", replaced.Code, stopped.Code, over.Code, "nonsense", ""} {
		for _, seen := range []page{b.post("/join", "code", typed), b.get("/j/" + strings.ReplaceAll(typed+"x", " ", ""))} {
			if typed != "" && seen.Status != http.StatusNotFound {
				t.Errorf("%q = %d", typed, seen.Status)
			}
		}
		said := b.post("/join", "code", typed).text()
		if first == "" {
			first = said
		}
		if said != first || !strings.Contains(said, "This code does not open a class.") {
			t.Errorf("%q says\n%s\nwant\n%s", typed, said, first)
		}
	}
}

// Whoever tries code after code from one address has to sign in, and then has few
// tries; a right code does nothing for them either.
func TestGuessingCodesComesToAnEnd(t *testing.T) {
	p := newPortal(t)
	code := p.coded(p.signIn(lee), biology, "seats", "9")
	b := p.browser()
	wrong := func(b *browser, n int) int {
		for i := range n {
			typed := fmt.Sprintf("CCCC%s", strings.Repeat(string("CDFGHJKMNPQRTVWX3479"[i%20]), 4))
			if seen := b.post("/join", "code", typed); seen.Status == http.StatusTooManyRequests {
				return i
			} else if seen.Status != http.StatusNotFound {
				t.Fatalf("%s = %d", typed, seen.Status)
			}
		}
		return n
	}
	if n := wrong(b, 2*wrongPerAddress); n > wrongPerAddress+1 || n < wrongPerAddress-1 {
		t.Errorf("%d wrong codes were looked at, want about %d", n, wrongPerAddress)
	}
	b.get(views.JoinCodePath(code.Code)).says(t, "Sign in and type the code again.")
	if seen := b.get(views.JoinCodePath(code.Code)); strings.Contains(seen.Body, biology) {
		t.Error("a right code is told from a wrong one")
	}
	signedIn := p.signIn(mallory) // behind the same address
	signedIn.get(views.JoinCodePath(code.Code)).says(t, "Join "+biology)
	if n := wrong(signedIn, 2*wrongPerPerson); n > wrongPerPerson+1 || n < wrongPerPerson-1 {
		t.Errorf("%d wrong codes of one person were looked at, want about %d", n, wrongPerPerson)
	}
	if seen := signedIn.get(views.JoinCodePath(code.Code)); seen.Status != http.StatusTooManyRequests {
		t.Errorf("a right code after them = %d", seen.Status)
	}
	p.signIn(lea).get(views.JoinCodePath(code.Code)).says(t, "Join "+biology)
}

// What a stranger is called does nothing to the teacher's page.
func TestAHostileNameAsksToJoin(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	p.person(birch, "evil@birch.example", "<script>alert(1)</script>\u202e"+strings.Repeat("é", 150), "\"><img src=x onerror=alert(1)>")
	p.settled()
	code := p.coded(teacher, biology, "seats", "9", "approval", "on")
	p.signIn("evil@birch.example").asksToJoin(code).says(t, "Your teacher has been asked.")
	seen := teacher.get(views.RequestsPath(p.id(biology)))
	if strings.Contains(seen.Body, "<script>alert") || strings.Contains(seen.Body, "<img src=x") || strings.Contains(seen.Body, "\u202e") {
		t.Error("a name is read as markup")
	}
	seen.says(t, "<script>alert(1)</script>", birch)
	row, err := p.in(biology, lee).ClassRequests(p.ctx)
	p.check(err)
	if n := len([]rune(row.Rows[0].Name)); n > 100 {
		t.Errorf("the name has %d characters", n)
	}
}

// The form of a code's settings says what is wrong and keeps what was typed.
func TestWrongSettingsOfACode(t *testing.T) {
	p := newPortal(t)
	today := p.now.Now().Format(dateForm)
	form := func(pairs ...string) map[string][]string {
		values := map[string][]string{}
		for i := 0; i < len(pairs); i += 2 {
			values[pairs[i]] = []string{pairs[i+1]}
		}
		return values
	}
	p.run(biology, []scenario{
		{"no page in a school", priya, "GET", "/o/{linden}/code", nil, "", 404, nil, []string{"Join code"}, "", nil},
		{"a student has none", sam, "GET", "/o/{biology}/code", nil, "", 403, nil, []string{"Make a code"}, "", nil},
		{"none yet", lee, "GET", "/o/{biology}/code", nil, "", 200, []string{"Make a code"}, []string{"Stop the code"}, "", nil},
		{"no projector without one", lee, "GET", "/o/{biology}/code/projector", nil, "", 303, nil, nil, "/o/{biology}/code", nil},
		{"none to change", lee, "POST", "/o/{biology}/code/settings", form("expires", today, "seats", "9"), "", 404, []string{"There is no join code."}, nil, "", nil},
		{
			"all wrong", lee, "POST", "/o/{biology}/code", form("expires", "2001-01-01", "seats", "many", "domains", "linden"), "", 422,
			[]string{"Choose a day from today on", "Enter a number from 1 to 500.", "linden is no domain."},
			[]string{"Stop the code"},
			"", nil,
		},
		{
			"a co-teacher makes one", jon, "POST", "/o/{biology}/code", form("expires", today, "seats", "9", "domains", "linden.example"), "", 303,
			nil, nil, "/o/{biology}/code",
			[]identity.Action{identity.ActionJoinCodeMade},
		},
		{"it is there", lee, "GET", "/o/{biology}/code", nil, "", 200, []string{"Stop the code", "0 of 9 places taken."}, []string{"Make a code"}, "", nil},
		{
			"and changed", lee, "POST", "/o/{biology}/code/settings", form("expires", today, "seats", "10", "approval", "on"), "", 303,
			nil, nil, "/o/{biology}/code",
			[]identity.Action{identity.ActionJoinCodeChanged},
		},
		{"nobody ticked", lee, "POST", "/o/{biology}/requests", form("do", "ticked"), "", 400, []string{"Tick somebody first."}, nil, "", nil},
		{"a stranger's request", lee, "POST", "/o/{biology}/requests", form("let-in", "u-mallory-birch-example"), "", 404, nil, nil, "", nil},
	})
}
