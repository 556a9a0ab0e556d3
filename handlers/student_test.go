package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestAStudentWithoutMailGetsAUserNameAndASecretOnce(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(jon)
	form := teacher.get(p.fill("/o/{biology}/students/new"))
	key := form.field("submission")
	if form.Status != http.StatusOK || key == "" {
		t.Fatalf("form = %d, submission %q", form.Status, key)
	}
	send := func() page {
		return teacher.post(p.fill("/o/{biology}/students/new"),
			"submission", key, "given-name", " Zoë ", "family-name", "Åberg", "user-name", "")
	}
	first := send()
	if first.Status != http.StatusOK || !strings.Contains(first.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("created = %d, Cache-Control %q\n%s", first.Status, first.Header.Get("Cache-Control"), first.text())
	}
	codes := findAll(first.doc, "code")
	if len(codes) != 2 {
		t.Fatalf("no slip:\n%s", first.text())
	}
	userName, password := codes[0].FirstChild.Data, codes[1].FirstChild.Data
	if !strings.HasPrefix(userName, "zoe.a-") {
		t.Errorf("user name = %q, want zoe.a-…", userName)
	}

	// A second click, or loading the answer again.
	again := send()
	if codes := findAll(again.doc, "code"); len(codes) != 2 || codes[0].FirstChild.Data != userName || codes[1].FirstChild.Data != password {
		t.Errorf("the form sent again shows something else:\n%s", again.text())
	}
	roster := teacher.get(p.fill("/o/{biology}/roster?q=zoe"))
	if !strings.Contains(roster.text(), "Zoë Åberg") || !strings.Contains(roster.text(), "1 person found") {
		t.Errorf("the roster after it:\n%s", roster.text())
	}
	// The form again, from the browser's history, for the next student.
	next := teacher.post(p.fill("/o/{biology}/students/new"), "submission", key, "given-name", "Ada", "family-name", "", "user-name", "")
	if codes := findAll(next.doc, "code"); len(codes) != 2 || codes[0].FirstChild.Data == userName || codes[1].FirstChild.Data == password {
		t.Errorf("another student got the first one's slip:\n%s", next.text())
	}

	seen := p.browser().signInAt("/home", userName, password)
	if seen.Status != http.StatusOK || seen.URL.Path != "/home" || !strings.Contains(seen.text(), biology) {
		t.Errorf("the student signs in: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	if strings.Contains(p.log.String(), password) {
		t.Error("the secret is in the log")
	}
	for _, record := range p.audited(biology) {
		if record != identity.ActionStudentCreated {
			t.Errorf("audit has %s", record)
		}
	}
}

func TestAFormForAStudentKeepsWhatWasTyped(t *testing.T) {
	p := newPortal(t)
	key := identity.NewSubmission()
	fields := func(given, userName string) url.Values {
		return url.Values{"submission": {key}, "given-name": {given}, "family-name": {"Kowalski"}, "user-name": {userName}}
	}
	p.run(biology, []scenario{
		{name: "no name", who: lee, method: "POST", path: "/o/{biology}/students/new", form: fields("", ""), status: 422, text: []string{"There is one thing to correct", "Enter the given name."}},
		{name: "a user name with spaces", who: lee, method: "POST", path: "/o/{biology}/students/new", form: fields("Sam", "sam k"), status: 422, text: []string{"Use only the letters a to z"}},
		{
			name: "a taken user name", who: lee, method: "POST", path: "/o/{biology}/students/new", form: fields("Sam", noor), status: 422,
			text: []string{"This user name is taken"}, audit: []identity.Action{identity.ActionStudentCreated}, // closed as failed
		},
		{name: "a form without its key", who: lee, method: "POST", path: "/o/{biology}/students/new", form: url.Values{"given-name": {"Sam"}}, status: 400, text: []string{"open for too long"}},
		{name: "a school has no students", who: priya, method: "GET", path: "/o/{linden}/students/new", status: 400},
		{name: "nor takes any", who: priya, method: "POST", path: "/o/{linden}/students/new", form: fields("Sam", ""), status: 400},
		{name: "a student adds nobody", who: sam, method: "POST", path: "/o/{biology}/students/new", form: fields("Sam", ""), status: 403},
	})
	seen := p.signIn(lee).post(p.fill("/o/{biology}/students/new"), "submission", key, "given-name", "Sam", "family-name", "Kowalski", "user-name", noor)
	for name, want := range map[string]string{"submission": key, "given-name": "Sam", "family-name": "Kowalski", "user-name": noor} {
		if got := seen.field(name); got != want {
			t.Errorf("after a refusal %s = %q, want %q", name, got, want)
		}
	}
}
