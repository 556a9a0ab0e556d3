package handlers

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// people reads what was exported by the portal's own reader.
func (s page) people(t *testing.T) []roster.Person {
	t.Helper()
	file := roster.File{ReaderAt: strings.NewReader(s.Body), Size: int64(len(s.Body)), Name: s.fileName()}
	reading, sample, err := roster.Recognise(file)
	if err != nil {
		t.Fatalf("%v\n%.300s", err, s.Body)
	}
	for i, title := range sample.Titles {
		if reading.Format == roster.FormatTable && i < 2 && reading.Columns[i] == roster.MeansNothing {
			t.Errorf("the column %q is not read", title)
		}
	}
	var sink readBack
	if _, err := roster.Read(file, reading, &sink); err != nil {
		t.Fatal(err)
	}
	return sink.people
}

func (s page) fileName() string {
	_, name, _ := strings.Cut(s.Header.Get("Content-Disposition"), "filename=")
	return strings.Trim(name, `"`)
}

// readBack takes the people of a list.
type readBack struct{ people []roster.Person }

func (*readBack) Term(roster.Term) error           { return nil }
func (*readBack) Classroom(roster.Classroom) error { return nil }
func (*readBack) Enrolment(roster.Enrolment) error { return nil }

func (e *readBack) Person(p roster.Person) error {
	e.people = append(e.people, p)
	return nil
}

// A class's list is taken out as it is shown, in each form, and is read back by
// our own reader.
func TestAListIsExportedAsItIsShown(t *testing.T) {
	p := newPortal(t)
	evil := p.person(linden, "evil.7b", "=cmd()", "Zed")
	p.assign(biology, evil.UserName, identity.RoleStudent)
	p.settled()
	p.check(p.in(biology, lee).AddGuardian(p.ctx, p.people[noor].ID, identity.Guardian{
		ID: "g1", Name: "Rana Haddad", Relation: "mother", Phone: "+49 30 1234", Address: "rana@example.com", Language: "es",
	}))
	b := p.signIn(lee)
	list := p.fill("/o/{biology}/roster")
	for _, tt := range []struct {
		name, query, format, kind, ending string
		names                             string
	}{
		{"all as a table", "", "csv", "text/csv; charset=utf-8", ".csv", "Sofia Berg|Noor Haddad|Sam Kim|Maria Lee|Jon Okafor|=cmd() Zed"},
		{"all as a workbook", "", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", "Sofia Berg|Noor Haddad|Sam Kim|Maria Lee|Jon Okafor|=cmd() Zed"},
		{"students backwards", "role=student&sort=-name", "csv", "text/csv; charset=utf-8", ".csv", "=cmd() Zed|Sam Kim|Noor Haddad"},
		{"who is searched for", "q=noor", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", "Noor Haddad"},
		{"nobody", "q=nobodylikethat", "csv", "text/csv; charset=utf-8", ".csv", ""},
		{"as OneRoster", "role=student", "oneroster", "application/zip", ".zip", "Noor Haddad|Sam Kim|=cmd() Zed"},
		{"with guardians", "", "guardians", "text/csv; charset=utf-8", ".csv", "Noor Haddad|Sam Kim|=cmd() Zed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form, err := url.ParseQuery(tt.query)
			p.check(err)
			form.Set("format", tt.format)
			recorded := len(p.audited(biology))
			file := b.do(http.MethodPost, list+"/export", form)
			if file.Status != http.StatusOK || file.Header.Get("Content-Type") != tt.kind ||
				!strings.HasPrefix(file.fileName(), "Biology 7B 20") || !strings.HasSuffix(file.fileName(), tt.ending) {
				t.Fatalf("answers %d, %s, %s", file.Status, file.Header.Get("Content-Type"), file.Header.Get("Content-Disposition"))
			}
			if got := p.audited(biology)[recorded:]; !slices.Equal(got, []identity.Action{identity.ActionListExported}) {
				t.Errorf("on record: %v", got)
			}
			if tt.names == "" {
				if strings.Count(file.Body, "\n") != 1 {
					t.Errorf("the list of nobody is %q", file.Body)
				}
				return
			}
			if strings.HasSuffix(tt.ending, "csv") {
				for cell := range strings.FieldsFuncSeq(file.Body, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
					if strings.ContainsRune("=+-@", rune(cell[0])) {
						t.Errorf("a formula: %q", cell)
					}
				}
			}
			var names []string
			for _, person := range file.people(t) {
				names = append(names, strings.TrimSpace(person.GivenName+" "+person.FamilyName))
				if len(person.Problems) > 0 {
					t.Errorf("%s has problems %v", names[len(names)-1], person.Problems)
				}
				if person.UserName == noor && tt.format == "guardians" &&
					!slices.Equal(person.Guardians, []roster.Guardian{{Name: "Rana Haddad", Relation: "mother", Address: "rana@example.com", Phone: "+49 30 1234", Language: "es"}}) {
					t.Errorf("guardians are %+v", person.Guardians)
				}
			}
			if got := strings.Join(names, "|"); got != tt.names {
				t.Errorf("exported are %s, want %s", got, tt.names)
			}
		})
	}
	p.run(biology, []scenario{
		{
			name: "the page asks for a form", who: lee, method: "GET", path: "/o/{biology}/roster/export?role=student", status: 200,
			text: []string{"Export the list", "3 people", "Spreadsheet (XLSX)", "OneRoster 1.2", "With guardians"},
		},
		{
			name: "no form", who: jon, method: "POST", path: "/o/{biology}/roster/export", form: url.Values{"format": {"pdf"}}, status: 422,
			text: []string{"Choose a form."},
		},
		{
			name: "not by students", who: sam, method: "POST", path: "/o/{biology}/roster/export", form: url.Values{"format": {"csv"}}, status: 403,
			absent: []string{"Noor"},
		},
	})
}

func TestTheListOfASchoolIsExportedAsItIsShown(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	list := p.fill("/o/{linden}/people")
	csv := b.do(http.MethodPost, list+"/export", url.Values{"format": {"csv"}, "role": {"staff"}, "sort": {"-name"}})
	var names []string
	for _, person := range csv.people(t) {
		names = append(names, person.GivenName+" "+string(person.Role))
	}
	if got := strings.Join(names, "|"); got != "Jon co_teacher|Priya school_admin|Maria teacher|Sofia teacher" {
		t.Errorf("exported are %s\n%s", got, csv.Body)
	}
	zipped := b.do(http.MethodPost, list+"/export", url.Values{"format": {"oneroster"}, "q": {"kim"}})
	archive, err := zip.NewReader(bytes.NewReader([]byte(zipped.Body)), int64(len(zipped.Body)))
	p.check(err)
	for name, want := range map[string]int{"users.csv": 1, "roles.csv": 1, "enrollments.csv": 1, "classes.csv": 2, "orgs.csv": 1} {
		f, err := archive.Open(name)
		p.check(err)
		text, err := io.ReadAll(f)
		p.check(err)
		if got := strings.Count(string(text), "\n") - 1; got != want {
			t.Errorf("%s has %d rows, want %d:\n%s", name, got, want, text)
		}
	}
	if got := p.audited(linden); got[len(got)-1] != identity.ActionListExported {
		t.Errorf("on record: %v", got)
	}
	if page := b.get(list + "/export?role=staff"); !strings.Contains(page.text(), "4 people") {
		t.Errorf("the page says\n%s", page.text())
	}
	// A sign-in of a while ago is asked for again.
	p.now.advance(freshFor * 2)
	if asked := b.staying().do(http.MethodPost, list+"/export", url.Values{"format": {"csv"}}); !strings.Contains(asked.text(), "The sign-in service opens by itself.") {
		t.Errorf("an old sign-in is given the file: %d\n%s", asked.Status, asked.text())
	}
}

// What is taken out changes no student when it is brought again; OneRoster's
// numbers are noted the first time. Who teaches is no matter of a class's list, and
// in a school's they become teachers of the school.
func TestAnExportedListBroughtAgainChangesNothing(t *testing.T) {
	p := newPortal(t)
	evil := p.person(linden, "evil.7b", "=cmd()", "Zed")
	p.assign(biology, evil.UserName, identity.RoleStudent)
	p.settled()
	p.check(p.in(biology, lee).AddGuardian(p.ctx, p.people[noor].ID, identity.Guardian{
		ID: "g1", Name: "Rana Haddad", Relation: "mother", Phone: "+49 30 1234", Address: "rana@example.com", Language: "es",
	}))
	for _, place := range []struct{ id, who, list string }{
		{biology, lee, "/o/{biology}/roster"}, {linden, priya, "/o/{linden}/people"},
	} {
		for _, format := range []string{"csv", "xlsx", "oneroster", "guardians"} {
			t.Run(place.id+" as "+format, func(t *testing.T) {
				b := p.signIn(place.who)
				file := b.do(http.MethodPost, p.fill(place.list)+"/export", url.Values{"format": {format}})
				planned := b.bring(views.ImportsPath(p.id(place.id)),
					"submission", "", identity.NewSubmission(), "file", file.fileName(), file.Body)
				id := store.ImportID(path.Base(planned.URL.Path))
				rows, err := p.in(place.id, place.who).ImportRows(p.ctx, id, store.ImportRowQuery{})
				if err != nil || len(rows.Rows) == 0 {
					t.Fatalf("%d rows, %v at %s\n%s", len(rows.Rows), err, planned.URL, planned.text())
				}
				students := 0
				for _, row := range rows.Rows {
					want, noted := roster.KindUnchanged, 0
					switch {
					case row.Person.Role != "" && row.Person.Role != identity.RoleStudent, len(row.Person.Problems) > 0:
						if place.id == biology && row.Kind != roster.KindConflict {
							t.Errorf("%s %s is %s", row.Person.GivenName, row.Person.Role, row.Kind)
						}
						continue
					case format == "oneroster":
						want, noted = roster.KindUpdate, 1
					}
					if row.Kind != want || len(row.Steps) != noted || noted == 1 && row.Steps[0].Kind != roster.StepIdentify {
						t.Errorf("%s is %s: %v %+v", row.Person.GivenName, row.Kind, row.Reasons, row.Steps)
					}
					students++
				}
				if students < 3 {
					t.Errorf("only %d students are on the list", students)
				}
			})
		}
	}
}
