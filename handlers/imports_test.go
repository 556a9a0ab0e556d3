package handlers

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// list brings a list and has it planned, as a submission of a form would.
func (p *portal) list(organization, who, submission, text string) {
	p.t.Helper()
	reading, _, err := roster.Recognise(roster.Pasted(text))
	p.check(err)
	rows := p.in(organization, who)
	id, err := rows.BeginImport(p.ctx, store.NewImport{Submission: submission, File: []byte(text), Reading: reading})
	p.check(err)
	p.check(p.imports.Plan(p.ctx, rows, id))
}

// bring sends a list as the box does: parts are triples of name, file name and
// content.
func (b *browser) bring(path string, parts ...string) page {
	b.p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+2 < len(parts); i += 3 {
		var part io.Writer
		var err error
		if name, file := parts[i], parts[i+1]; file == "" {
			part, err = form.CreateFormField(name)
		} else {
			part, err = form.CreateFormFile(name, file)
		}
		b.p.check(err)
		_, err = io.WriteString(part, parts[i+2])
		b.p.check(err)
	}
	b.p.check(form.Close())
	return b.send(path, form.FormDataContentType(), &body)
}

func (b *browser) send(path, kind string, body io.Reader) page {
	b.p.t.Helper()
	request, err := http.NewRequestWithContext(b.p.ctx, http.MethodPost, b.p.url+path, body)
	b.p.check(err)
	request.Header = b.header.Clone()
	request.Header.Set("Content-Type", kind)
	response, err := b.client.Do(request)
	b.p.check(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	doc, err := html.Parse(bytes.NewReader(text))
	b.p.check(err)
	return page{Status: response.StatusCode, URL: response.Request.URL, Header: response.Header, Body: string(text), doc: doc}
}

// pasted brings a pasted list to a class or a school.
func (b *browser) pasted(organization, list string) page {
	b.p.t.Helper()
	return b.bring(views.ImportsPath(b.p.id(organization)), "submission", "", identity.NewSubmission(), "list", "", list)
}

// applies presses the button of the plan at path as it is shown now.
func (b *browser) applies(path string, fields ...string) page {
	b.p.t.Helper()
	form := b.get(path).form("/apply")
	return b.post(path+"/apply", append(fields, "plan", form.Get("plan"))...)
}

// classList is a list of a class: a student who is there, a name that is twice in
// the school, a row without a name, and new ones.
const classList = "Name\tE-Mail\n" +
	"Kim, Sam\tsam@linden.example\n" +
	"Novak, Lea\t\n" +
	"\tnobody\n" +
	"Ruiz, Ana\t\n" +
	"Okafor, Ben\tben@linden.example\n"

func TestAListIsPlannedBeforeAnythingIsWritten(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	var seen page
	p.unchanged(func() { seen = b.pasted(biology, classList+"Total\t5\n") })
	if seen.Status != http.StatusOK || !strings.Contains(seen.URL.Path, "/import/") {
		t.Fatalf("brought: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	for _, says := range []string{
		"Check what will happen", "Pasted list", "Decide about 1 person", "Lea Novak", "Same name", "This is the same person",
		"1 row has a mistake", "Line 4", "Columns are not right?", "1 to decide first", "Throw this list away",
		"1 line of the list is no person", "Line 7 is a total.", "Sam Kim", "Same as now", "Ana Ruiz", "Gets an account", "Is invited: ben@linden.example",
	} {
		if !strings.Contains(seen.text(), says) {
			t.Errorf("the plan does not say %q:\n%s", says, seen.text())
		}
	}
	if strings.Contains(seen.text(), "Add 2 students") {
		t.Error("it can be applied although something is to be decided")
	}
	if refused := b.post(seen.URL.Path + "/apply"); refused.Status != http.StatusConflict {
		t.Errorf("applied although something is to be decided: %d\n%s", refused.Status, refused.text())
	}
}

func TestDuplicatesAreDecidedAndDecidedAgain(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(jon) // a co-teacher may
	seen := b.pasted(biology, classList)
	at := seen.URL.Path
	form := seen.form("/decide")
	if form == nil {
		t.Fatalf("no form to decide:\n%s", seen.text())
	}
	row := form.Get("row")
	merge := find(seen.doc, "button", "name", "merge")
	if merge == nil {
		t.Fatalf("no button to merge:\n%s", seen.text())
	}
	for _, c := range []struct {
		name, field, value string
		status             int
		says               string
	}{
		{"nothing", "decision", "perhaps", 400, ""},
		{"nobody like that", "merge", string(p.people[noor].ID), 400, ""},
		{"no row like that", "merge-row", "7", 400, ""},
		{"no row at all", "merge-row", "", 400, ""},
		{"skip", "decision", "skip", 200, "Add 2 students"},
		{"again", "decision", "undecided", 200, "Decide about 1 person"},
		{"keep", "decision", "keep", 200, "Add 3 students"},
		{"again", "decision", "undecided", 200, "Decide about 1 person"},
		{"merge", "merge", attribute(merge, "value"), 200, "Add 2 students"},
	} {
		got := b.post(at+"/decide", "row", row, c.field, c.value)
		if got.Status != c.status || !strings.Contains(got.text(), c.says) {
			t.Errorf("%s = %d, want %d and %q\n%s", c.name, got.Status, c.status, c.says, got.text())
		}
	}
	if got := b.post(at+"/decide", "row", "99", "decision", "skip"); got.Status != http.StatusNotFound {
		t.Errorf("a row that is not there: %d", got.Status)
	}
	b.post(at+"/decide", "row", row, "decision", "undecided")
	if got := b.post(at+"/decide-all", "decision", "perhaps"); got.Status != http.StatusBadRequest {
		t.Errorf("all perhaps: %d", got.Status)
	}
	if got := b.post(at+"/decide-all", "decision", "keep"); !strings.Contains(got.text(), "Add 3 students") {
		t.Errorf("all kept: %d\n%s", got.Status, got.text())
	}
}

func TestListsThatCannotBeTakenSaySoBesideTheField(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	path := views.ImportsPath(p.id(biology))
	sub := identity.NewSubmission()
	large := strings.Repeat("a", roster.MaxFile+1)
	for _, c := range []struct {
		name   string
		parts  []string
		status int
		field  string
		says   string
		kept   string
	}{
		{"nothing", []string{"submission", "", sub}, 422, "list", "Paste a list or choose a file.", ""},
		{"white space", []string{"submission", "", sub, "list", "", " \n\t\n"}, 422, "list", "Paste a list or choose a file.", ""},
		{"an empty file", []string{"submission", "", sub, "file", "a.csv", ""}, 422, "list", "Paste a list or choose a file.", ""},
		{"both", []string{"submission", "", sub, "list", "", "Ana\nBen", "file", "a.csv", "Ana\nBen"}, 422, "file", "Keep one of them.", "Ana"},
		{"a file that is none", []string{"submission", "", sub, "file", "a.pdf", "%PDF-1.7\x00\x01\x02\x03"}, 422, "file", "", ""},
		{"no submission", []string{"list", "", "Ana Ruiz\nBen Okafor"}, 422, "list", "", "Ana Ruiz"},
		{"too large a file", []string{"submission", "", sub, "file", "a.csv", large}, 413, "file", "larger than 32 MB", ""},
		{"far too large a file", []string{"submission", "", sub, "file", "a.csv", large + large}, 413, "file", "larger than 32 MB", ""},
		{"too large a list", []string{"submission", "", sub, "list", "", large}, 413, "list", "larger than 32 MB", "aaa"},
	} {
		got := b.bring(path, c.parts...)
		if got.Status != c.status || !strings.Contains(got.text(), c.says) {
			t.Errorf("%s = %d, want %d and %q\n%.2000s", c.name, got.Status, c.status, c.says, got.text())
			continue
		}
		if e := find(got.doc, "div", "id", "f-"+c.field+"-error"); e == nil {
			t.Errorf("%s: nothing is said beside %s", c.name, c.field)
		}
		if area := find(got.doc, "textarea", "name", "list"); area == nil || c.kept != "" && !strings.Contains(got.Body, c.kept) {
			t.Errorf("%s: what was typed is gone", c.name)
		}
	}
	// Other forms are as small as ever.
	if got := b.bring(path+"/x/options", "whole", "", strings.Repeat("a", maxBody)); got.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("another form took more than 1 MB: %d", got.Status)
	}
}

func TestALargeListIsReadFromADisk(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	var list strings.Builder
	list.WriteString("Given name;Family name;Remark\n")
	for i := range 400 {
		fmt.Fprintf(&list, "Ana;Ruiz %c%c;%s\n", 'A'+i%26, 'a'+i/26, strings.Repeat("x", 1500/3*6))
	}
	if list.Len() <= maxSpool {
		t.Fatal("it is too short for a disk")
	}
	got := b.bring(views.ImportsPath(p.id(biology)), "submission", "", identity.NewSubmission(), "file", `C:\lists\class.csv`, list.String())
	if got.Status != http.StatusOK || !strings.Contains(got.text(), "class.csv") {
		t.Errorf("brought: %d at %s\n%.2000s", got.Status, got.URL, got.text())
	}
}

// Nothing of a list is read before it is known who sends it.
func TestWhoMayNotSendsNothing(t *testing.T) {
	p := newPortal(t)
	path := views.ImportsPath(p.id(biology))
	for who, want := range map[string]int{sam: 403, mallory: 404, jon: 200, lee: 200, priya: 200} {
		if got := p.signIn(who).pasted(biology, "Ana Ruiz\nBen Okafor\nCem Demir"); got.Status != want {
			t.Errorf("%s = %d, want %d\n%s", who, got.Status, want, got.text())
		}
	}
	// A co-teacher of a class is nobody in the school; a teacher is not its manager.
	for who, want := range map[string]int{jon: 404, lee: 404, priya: 200} {
		if got := p.signIn(who).get(views.ImportsPath(p.id(linden))); got.Status != want {
			t.Errorf("the school's box for %s = %d, want %d", who, got.Status, want)
		}
	}
	nobody := p.browser().staying()
	sent := &counting{Reader: strings.NewReader(strings.Repeat("a", 8<<20))}
	got := nobody.send(path, "multipart/form-data; boundary=x", sent)
	if got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/sign-in") {
		t.Errorf("nobody in particular = %d to %s", got.Status, got.Header.Get("Location"))
	}
	if got := p.signIn(lee).with("Sec-Fetch-Site", "cross-site").pasted(biology, "Ana Ruiz"); got.Status != http.StatusForbidden {
		t.Errorf("from another site = %d", got.Status)
	}
}

// counting hides how long it is.
type counting struct{ io.Reader }

func TestAnImportIsOfItsClassAlone(t *testing.T) {
	p := newPortal(t)
	p.assign(history, lee, identity.RoleTeacher)
	p.settled()
	b := p.signIn(lee)
	id := b.pasted(biology, "Ana Ruiz\nBen Okafor\nCem Demir").URL.Path
	id = id[strings.LastIndexByte(id, '/')+1:]
	for _, page := range []string{"", "/columns", "/undo", "/mistakes.csv", "/receipt.csv"} {
		if got := b.get(views.ImportPath(p.id(biology), id) + page); got.Status != http.StatusOK {
			t.Errorf("%s in its own class: %d\n%s", page, got.Status, got.text())
		}
		if got := b.get(views.ImportPath(p.id(history), id) + page); got.Status != http.StatusNotFound {
			t.Errorf("%s in another class: %d", page, got.Status)
		}
	}
	for _, action := range []string{"columns", "options", "decide", "decide-all", "apply", "pause", "continue", "cancel", "undo"} {
		got := b.post(views.ImportStepPath(p.id(history), id, action), "row", "1", "decision", "skip", "column-0", "full-name")
		if got.Status != http.StatusNotFound {
			t.Errorf("%s in another class: %d\n%s", action, got.Status, got.text())
		}
	}
}
