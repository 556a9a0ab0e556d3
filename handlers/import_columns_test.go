package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// chosen is the value of a select of the page.
func (s page) chosen(name string) string {
	if e := find(s.doc, "select", "name", name); e != nil {
		for _, option := range findAll(e, "option") {
			if hasAttribute(option, "selected") {
				return attribute(option, "value")
			}
		}
	}
	return ""
}

// columnsForm is the form of the columns as it stands on the page.
func (s page) columnsForm() url.Values {
	for _, f := range findAll(s.doc, "form") {
		if attribute(f, "method") != "post" || !strings.HasSuffix(attribute(f, "action"), "/columns") {
			continue
		}
		values := url.Values{}
		for _, input := range findAll(f, "input") {
			values.Set(attribute(input, "name"), attribute(input, "value"))
		}
		for _, list := range findAll(f, "select") {
			values.Set(attribute(list, "name"), s.chosen(attribute(list, "name")))
		}
		return values
	}
	return nil
}

func hasAttribute(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func TestColumnsAreAskedForWhereTheyAreNotSure(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	asked := b.pasted(biology, "7\tblue\t12\n8\tred\t13\n9\tgreen\t14\n")
	if asked.Status != http.StatusOK || !strings.HasSuffix(asked.URL.Path, "/columns") {
		t.Fatalf("brought: %d at %s\n%s", asked.Status, asked.URL, asked.text())
	}
	at := strings.TrimSuffix(asked.URL.Path, "/columns")
	for _, says := range []string{"What is in each column?", "Column 1", "blue", "Nothing is changed yet.", "The first 3 rows of the list."} {
		if !strings.Contains(asked.text(), says) {
			t.Errorf("it does not say %q:\n%s", says, asked.text())
		}
	}
	if again := b.get(at); !strings.HasSuffix(again.URL.Path, "/columns") {
		t.Errorf("who comes back is at %s", again.URL)
	}
	form := asked.columnsForm()
	form.Set("column-0", "external-id")
	form.Set("column-1", "")
	got := b.do(http.MethodPost, at+"/columns", form)
	if got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.text(), "Say which column has the names") ||
		got.chosen("column-0") != "external-id" {
		t.Errorf("without a name = %d, column 1 is %q\n%s", got.Status, got.chosen("column-0"), got.text())
	}
	form.Set("column-1", "given-name")
	form.Set("column-2", "nonsense")
	if got = b.do(http.MethodPost, at+"/columns", form); got.Status != http.StatusOK || !strings.Contains(got.text(), "Add 3 students") {
		t.Errorf("with a name = %d at %s\n%s", got.Status, got.URL, got.text())
	}
	// What was said is there when somebody looks again.
	back := b.get(at + "/columns")
	if back.chosen("column-0") != "external-id" || back.chosen("column-1") != "given-name" || back.chosen("column-2") != "" {
		t.Errorf("the columns are %q, %q, %q", back.chosen("column-0"), back.chosen("column-1"), back.chosen("column-2"))
	}
}

func TestRowsAreReadInAnotherWay(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	// Windows-1252, and a line above the titles.
	list := "Klasse 7B;;\nVorname;Nachname;Bemerkung\nJ\xfcrgen;M\xfcller;x\nAnna;Gro\xdf;\n"
	brought := b.bring(views.ImportsPath(p.id(biology)), "submission", "", identity.NewSubmission(), "file", "klasse.csv", list)
	if !strings.Contains(brought.text(), "Jürgen Müller") {
		t.Fatalf("brought: %d at %s\n%s", brought.Status, brought.URL, brought.text())
	}
	at := strings.TrimSuffix(brought.URL.Path, "/columns")
	shown := b.get(at + "/columns")
	if shown.chosen("header") != "2" || shown.chosen("encoding") != "windows-1252" || shown.chosen("delimiter") != ";" {
		t.Errorf("read as %q, %q, %q", shown.chosen("header"), shown.chosen("encoding"), shown.chosen("delimiter"))
	}
	other := b.get(at + "/columns?header=2&encoding=ibm850&delimiter=%3B")
	if strings.Contains(other.text(), "Jürgen") || other.chosen("encoding") != "ibm850" {
		t.Errorf("read as %q\n%s", other.chosen("encoding"), other.text())
	}
	if none := b.get(at + "/columns?header=0&encoding=windows-1252&delimiter=%3B"); none.chosen("header") != "0" ||
		!strings.Contains(none.text(), "Vorname") {
		t.Errorf("without titles: %q\n%s", none.chosen("header"), none.text())
	}
	// What no form of ours would say is left as it was.
	if odd := b.get(at + "/columns?header=-9&encoding=klingon&delimiter=ab&sheet=x"); odd.Status != http.StatusOK ||
		odd.chosen("header") != "2" || odd.chosen("encoding") != "windows-1252" {
		t.Errorf("odd: %d, %q, %q", odd.Status, odd.chosen("header"), odd.chosen("encoding"))
	}
	form := other.columnsForm()
	got := b.do(http.MethodPost, at+"/columns", form)
	if got.Status != http.StatusOK || strings.Contains(got.text(), "Jürgen Müller") || !strings.Contains(got.text(), "Check what will happen") {
		t.Errorf("planned in the other way: %d\n%s", got.Status, got.text())
	}
}

func TestOptionsPlanTheListAnew(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	seen := b.pasted(biology, "Name\tE-mail\nRuiz, Ana\tana@linden.example\nKim, Sam\tsam@linden.example\n")
	if !strings.Contains(seen.text(), "Is invited: ana@linden.example") {
		t.Fatalf("the plan says\n%s", seen.text())
	}
	at := seen.URL.Path
	got := b.post(at+"/options", "mail", "accounts", "whole", "on")
	for _, says := range []string{"Gets an account", "Noor Haddad", "Leaves", "Type 1 to go on", "Add 1 student, take 1 out"} {
		if !strings.Contains(got.text(), says) {
			t.Errorf("the plan of everybody does not say %q\n%s", says, got.text())
		}
	}
	// Whoever still sees the plan as it was is shown this one first.
	p.unchanged(func() {
		other := b.do(http.MethodPost, at+"/apply", seen.form("/apply"))
		if other.Status != http.StatusConflict || !strings.Contains(other.text(), "The plan is another one by now.") ||
			!strings.Contains(other.text(), "Type 1 to go on") {
			t.Errorf("the plan of before = %d\n%s", other.Status, other.text())
		}
	})
	for _, typed := range []string{"", "one", "2"} {
		p.unchanged(func() {
			stopped := b.applies(at, "number", typed)
			if stopped.Status != http.StatusUnprocessableEntity || !strings.Contains(stopped.text(), "Type 1, if so many are to leave.") ||
				stopped.field("number") != typed {
				t.Errorf("typed %q = %d\n%s", typed, stopped.Status, stopped.text())
			}
		})
	}
	one, err := p.in(biology, lee).Import(p.ctx, store.ImportID(at[strings.LastIndexByte(at, '/')+1:]))
	p.check(err)
	if one.State != store.ImportPlanned || !one.Options.Whole || one.Options.Invite || one.Options.MustChange {
		t.Errorf("the import is %s with %+v", one.State, one.Options)
	}
	if got := b.applies(at, "number", "1"); got.Status != http.StatusOK || !strings.Contains(got.text(), "The list is being applied") {
		t.Errorf("with the number = %d\n%s", got.Status, got.text())
	}
}

func TestTabsShowAKindOfRows(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	at := b.pasted(biology, classList).URL.Path
	for show, c := range map[string]struct{ says, not string }{
		"":          {"Sam Kim", ""},
		"create":    {"Ana Ruiz", "Sam Kim"},
		"unchanged": {"Sam Kim", "Ana Ruiz"},
		"duplicate": {"This is the same person", "Ana Ruiz"},
		"error":     {"nobody", "Ana Ruiz"},
		"remove":    {"No such rows", "Ana Ruiz"},
		"nonsense":  {"Sam Kim", ""},
	} {
		got := b.get(at + "?show=" + show)
		if got.Status != http.StatusOK || !strings.Contains(got.text(), c.says) || c.not != "" && strings.Contains(got.text(), c.not) {
			t.Errorf("%q = %d\n%s", show, got.Status, got.text())
		}
	}
	if got := b.get(at + "?after=!"); got.Status != http.StatusBadRequest {
		t.Errorf("an odd page = %d", got.Status)
	}
}

func TestRowsWithMistakesAreDownloaded(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	at := b.pasted(biology, "Name\tE-mail\n\t=cmd()\nRuiz, Ana\t\n").URL.Path
	file := b.get(at + "/mistakes.csv")
	lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(file.Body, "\ufeff")), "\r\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "Name\tE-mail\tWhat to change") || !strings.Contains(lines[1], "'=cmd()") {
		t.Errorf("the file is %d:\n%s", file.Status, file.Body)
	}
	if kind := file.Header.Get("Content-Disposition"); !strings.Contains(kind, "attachment") || !strings.Contains(kind, "Biology 7B") {
		t.Errorf("Content-Disposition: %s", kind)
	}
}

func TestAPlanIsThrownAway(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	at := b.pasted(biology, classList).URL.Path
	got := b.post(at + "/cancel")
	if !strings.Contains(got.text(), "The list is thrown away.") || !strings.Contains(got.text(), "Earlier lists") || !strings.Contains(got.text(), "Cancelled") {
		t.Errorf("thrown away: %d at %s\n%s", got.Status, got.URL, got.text())
	}
	for _, stale := range []string{"apply", "decide-all", "options", "columns"} {
		if got := b.post(at+"/"+stale, "decision", "skip", "column-0", "full-name"); got.Status != http.StatusConflict {
			t.Errorf("%s = %d\n%s", stale, got.Status, got.text())
		}
	}
	if got := b.get(at); !strings.Contains(got.text(), "stopped before anything was changed") {
		t.Errorf("its page says\n%s", got.text())
	}
}
