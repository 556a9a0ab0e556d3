package roster_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/roster/rostertest"
)

// counter takes records and keeps none.
type counter struct{ terms, classrooms, people, enrolments, problems int }

func (c *counter) Term(roster.Term) error { c.terms++; return nil }

func (c *counter) Classroom(k roster.Classroom) error {
	c.classrooms++
	c.problems += len(k.Problems)
	return nil
}

func (c *counter) Person(p roster.Person) error {
	c.people++
	c.problems += len(p.Problems)
	return nil
}

func (c *counter) Enrolment(e roster.Enrolment) error {
	c.enrolments++
	c.problems += len(e.Problems)
	return nil
}

// refusal recognises and reads a list and answers why it is refused.
func refusal(t testing.TB, file roster.File) string {
	t.Helper()
	reading, _, err := roster.Recognise(file)
	if err == nil {
		_, err = roster.Read(file, reading, &counter{})
	}
	if err == nil {
		return ""
	}
	var ours *identity.Error
	if !errors.As(err, &ours) {
		t.Fatalf("an error nobody may read: %v", err)
	}
	return ours.Message.ID
}

// packed is a ZIP of files, in the order given.
func packed(t *testing.T, files ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i].(string))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1].(string)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsMadeToBreakIsRefused(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	many := packed(t, slices.Collect(func(yield func(any) bool) {
		for i := range 600 {
			if !yield(fmt.Sprintf("f%d.csv", i)) || !yield("a") {
				return
			}
		}
	})...)
	bomb := strings.Repeat("0", 90<<20)
	names := []byte("Name\n")
	names = append(names, bytes.Repeat([]byte("Sam Lee\n"), roster.MaxRows+1)...)
	// The size of the only file is set to one byte in both headers.
	lying := packed(t, "users.csv", strings.Repeat("sourcedId,username\n", 50_000))
	for _, mark := range []string{"PK\x01\x02", "PK\x07\x08"} {
		at := bytes.Index(lying, []byte(mark))
		size := map[string]int{"PK\x01\x02": 24, "PK\x07\x08": 12}[mark]
		copy(lying[at+size:], []byte{1, 0, 0, 0})
	}
	marked := func(at int, with ...byte) []byte { // in the table of contents
		z := packed(t, "users.csv", "sourcedId,username\n")
		copy(z[bytes.Index(z, []byte("PK\x01\x02"))+at:], with)
		return z
	}
	clever := func(schools string) []byte {
		return packed(t, "schools.csv", schools, "students.csv", "a", "sections.csv", "b", "enrollments.csv", "c")
	}
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"a file of a set with nothing in it", packed(t, "users.csv", ""), "list.file-empty"},
		{"a line of a set that does not end", clever("School_id,School_name\n" + long[:300<<10]), "list.file-line-too-long"},
		{"a file of a set with 200,001 rows", clever("School_id,School_name\n" + strings.Repeat("1,a\n", roster.MaxRows+1)), "list.file-rows"},
		{"a ZIP with a password", marked(8, 1), "list.zip-password"},
		{"a ZIP with a file of 128 MB", marked(24, 0, 0, 0, 8), "list.zip-size"},
		{"a packed file", []byte("\x1f\x8b\x08\x00"), "list.packed"},
		{"a picture", []byte("\x89PNG\r\n"), "list.picture"},
		{"numbers alone", []byte("12;34\n56;78\n"), "list.no-names"},
		{"a line of 10 MB", []byte("Name,Class\n" + long), "list.line-too-long"},
		{"a quoted line of 10 MB", []byte("Name,Class\n\"" + long), "list.line-too-long"},
		{"40 columns", []byte("Name" + strings.Repeat(",Note", 39) + "\nSam Lee\n"), ""},
		{"41 columns", []byte("Name" + strings.Repeat(",Note", 40) + "\nSam Lee\n"), "list.columns"},
		{"200,000 rows", names[:len(names)-len("Sam Lee\n")], ""},
		{"200,001 rows", names, "list.rows"},
		{"33 MB", bytes.Repeat([]byte("Sam Lee\n"), 33<<17), "list.too-large"},
		{"600 files", many, "list.zip-entries"},
		{"a file of 90 MB that packs to nothing", packed(t, "users.csv", bomb), "list.zip-ratio"},
		{"a workbook of 90 MB that packs to nothing", packed(t, "xl/workbook.xml", "<x/>", "xl/worksheets/sheet1.xml", bomb), "list.zip-ratio"},
		{"a file longer than it says", lying, "list.zip-broken"},
		{"a ZIP in a ZIP", packed(t, "users.csv", "a", "more.zip", "PK"), "list.zip-nested"},
		{"a path upwards", packed(t, "../users.csv", "a"), "list.zip-path"},
		{"an absolute path", packed(t, "/etc/users.csv", "a"), "list.zip-path"},
		{"a path of Windows", packed(t, `..\users.csv`, "a"), "list.zip-path"},
		{"half a ZIP", many[:len(many)/2], "list.zip-broken"},
		{"a workbook with nothing in it", packed(t, "xl/workbook.xml", "<x/>"), "list.workbook-broken"},
		{"a document", packed(t, "word/document.xml", "<x/>"), "list.document"},
		{"a workbook of another program", packed(t, "content.xml", "<x/>"), "list.other-workbook"},
		{"a PDF", []byte("%PDF-1.7\n"), "list.pdf"},
		{"a program", []byte(strings.Repeat("\x7fELF\x02\x01\x01\x03", 200)), "list.unknown"},
		{"nothing", nil, "list.empty"},
		{"zeros", make([]byte, 3000), "list.empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			if got := refusal(t, rostertest.Bytes(test.name, test.content)); got != test.want {
				t.Errorf("refused with %q, want %q", got, test.want)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// rowsOf yields rows.
func rowsOf(rows ...[]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func TestWhatIsWrittenIsReadBackAndIsNoFormula(t *testing.T) {
	titles := []string{"Given name", "Family name", "Class"}
	rows := [][]string{{"=cmd|' /C calc'!A", "Öz", "7b"}, {"+Sam", "Lee; Kim", "=7b"}, {"Zoë \x01", "O\"Neil", ""}, {"عمر", "Ott", "1-2"}}
	want := [][]string{{"=cmd|' /C calc'!A", "Öz", "7b"}, {"+Sam", "Lee; Kim", "=7b"}, {"Zoë", "O\"Neil", ""}, {"عمر", "Ott", "1-2"}}
	read := func(t *testing.T, file roster.File, sheet string) {
		t.Helper()
		h := hear(t, file)
		if h.Refused != nil || h.Reading.Sheet != sheet || h.Reading.Header != 1 {
			t.Fatalf("read as %+v, refused %v", h.Reading, h.Refused)
		}
		var got [][]string
		for _, p := range h.People {
			class := ""
			if len(p.Classrooms) > 0 {
				class = p.Classrooms[0]
			}
			got = append(got, []string{p.GivenName, p.FamilyName, class})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, delimiter := range []string{"", ";", "\t"} {
		var b bytes.Buffer
		if err := roster.WriteCSV(&b, delimiter, titles, rowsOf(rows...)); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(b.Bytes(), []byte("\xef\xbb\xbf")) || !strings.Contains(b.String(), "'=cmd") || !strings.Contains(b.String(), "\r\n'+Sam") {
			t.Errorf("written %q", b.String())
		}
		read(t, rostertest.Bytes("list.csv", b.Bytes()), "")
	}
	var b bytes.Buffer
	if err := roster.WriteXLSX(&b, "7b: [Biology]", titles, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if formula, err := book.GetCellFormula("7b Biology", "A2"); formula != "" || err != nil {
		t.Errorf("formula %q, %v", formula, err)
	}
	if value, err := book.GetCellValue("7b Biology", "A2"); value != "'=cmd|' /C calc'!A" || err != nil {
		t.Errorf("cell %q, %v", value, err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	read(t, rostertest.Bytes("list.xlsx", b.Bytes()), "7b Biology")
	broken := errors.New("the database is away")
	failing := func(yield func([]string, error) bool) { yield(nil, broken) }
	if err := roster.WriteXLSX(io.Discard, "", titles, failing); !errors.Is(err, broken) {
		t.Errorf("rows that fail: %v", err)
	}
	if err := roster.WriteCSV(io.Discard, "", titles, failing); !errors.Is(err, broken) {
		t.Errorf("rows that fail: %v", err)
	}
}

func TestAPersonCorrectsAReading(t *testing.T) {
	latin := rostertest.Bytes("polish.csv", []byte("Nazwisko;Imi\xea\nD\xb9browska;Zuzanna\n"))
	for _, test := range []struct {
		name          string
		file          roster.File
		wish          roster.Reading
		given, family string
		header        int
	}{
		{"another encoding", latin, roster.Reading{Encoding: roster.Windows1250}, "Zuzanna", "Dąbrowska", 1},
		{"no titles", roster.Pasted("Name\tClass\nSam Lee\t7b"), roster.Reading{Header: -1}, "Name", "", 0},
		{"titles further down", roster.Pasted("Mine\tYours\nA\tB\nFirst name\tLast name\nSam\tLee"), roster.Reading{Header: 3}, "Sam", "Lee", 3},
		{"another delimiter", roster.Pasted("First name#Last name\nSam#Lee"), roster.Reading{Delimiter: "#"}, "Sam", "Lee", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			reading, sample, err := roster.RecogniseAs(test.file, test.wish)
			if err != nil {
				t.Fatal(err)
			}
			h := &heard{}
			if _, err := roster.Read(test.file, reading, h); err != nil {
				t.Fatalf("%v (%+v, %+v)", err, reading, sample)
			}
			p := h.People[0]
			if p.GivenName != test.given || p.FamilyName != test.family || reading.Header != test.header {
				t.Errorf("read %q %q, titles in line %d; want %q %q, %d", p.GivenName, p.FamilyName, reading.Header, test.given, test.family, test.header)
			}
		})
	}
}

// What a form may send and nobody can read is refused with its reason, and what
// nobody types is a problem of its row.
func TestWhatNobodyCanReadIsSaid(t *testing.T) {
	book, err := os.ReadFile("testdata/lists/19-excel-en.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	text := roster.Pasted("Name;Note\nSam Lee;" + strings.Repeat("x", 2_001) + "\n")
	columns := []roster.Meaning{roster.MeansFullName}
	for _, test := range []struct {
		name    string
		file    roster.File
		reading roster.Reading
		want    string
	}{
		{"a sheet that is not there", rostertest.Bytes("list.xlsx", book), roster.Reading{Sheet: "No"}, "list.sheet"},
		{"a mark between columns", text, roster.Reading{Delimiter: `"`}, "list.delimiter"},
		{"an encoding of nobody's", text, roster.Reading{Delimiter: ";", Encoding: "rot13"}, "list.encoding"},
		{"a long cell", text, roster.Reading{Delimiter: ";", Header: 1}, "list.cell-long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.reading.Format, test.reading.Columns = roster.FormatTable, columns
			h := &heard{}
			_, err := roster.Read(test.file, test.reading, h)
			var ours *identity.Error
			got := ""
			switch {
			case errors.As(err, &ours):
				got = ours.Message.ID
			case err == nil && len(h.People) == 1 && len(h.People[0].Problems) == 1:
				got = h.People[0].Problems[0].Message.ID
			}
			if got != test.want {
				t.Errorf("said %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestOneSchoolOfADistrictIsRead(t *testing.T) {
	content, err := rostertest.Zip("testdata/sets/oneroster-1.2-district")
	if err != nil {
		t.Fatal(err)
	}
	file := rostertest.Bytes("district.zip", content)
	for _, test := range []struct {
		school                         string
		classrooms, people, enrolments int
	}{{"", 3, 5, 2}, {"s1", 2, 4, 2}, {"s2", 1, 0, 0}} {
		reading, _, err := roster.Recognise(file)
		if err != nil {
			t.Fatal(err)
		}
		reading.School = test.school
		c := &counter{}
		if _, err := roster.Read(file, reading, c); err != nil {
			t.Fatal(err)
		}
		if c.classrooms != test.classrooms || c.people != test.people || c.enrolments != test.enrolments {
			t.Errorf("school %q: %+v, want %+v", test.school, *c, test)
		}
	}
}

func TestGeneratedListsAreWhole(t *testing.T) {
	var table, set bytes.Buffer
	if err := errors.Join(rostertest.CSV(&table, 1000), rostertest.OneRoster(&set, 1000)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		content []byte
		want    counter
	}{
		{"list.csv", table.Bytes(), counter{people: 1000}},
		{"set.zip", set.Bytes(), counter{terms: 1, classrooms: 80, people: 1040, enrolments: 2080}},
	} {
		c := counter{}
		file := rostertest.Bytes(test.name, test.content)
		reading, _, err := roster.Recognise(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := roster.Read(file, reading, &c); err != nil {
			t.Fatal(err)
		}
		if c != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, c, test.want)
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	var content bytes.Buffer
	if err := rostertest.CSV(&content, roster.MaxRows); err != nil {
		b.Fatal(err)
	}
	benchmark(b, rostertest.Bytes("list.csv", content.Bytes()))
}

func BenchmarkReadOneRoster(b *testing.B) {
	var content bytes.Buffer
	if err := rostertest.OneRoster(&content, 10_000); err != nil {
		b.Fatal(err)
	}
	benchmark(b, rostertest.Bytes("set.zip", content.Bytes()))
}

func benchmark(b *testing.B, file roster.File) {
	b.ReportAllocs()
	for b.Loop() {
		if got := refusal(b, file); got != "" {
			b.Fatal(got)
		}
	}
}

// Whatever is read: no panic, no error nobody may read, no person with something
// in the name that deceives, as many records as the summary says.
func FuzzRecogniseAndRead(f *testing.F) {
	corpus, err := rostertest.Corpus("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, list := range corpus {
		content := make([]byte, list.Size)
		if _, err := list.ReadAt(content, 0); err != nil && err != io.EOF {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) { try(t, content) })
}

func try(t *testing.T, content []byte) {
	h := hear(t, rostertest.Bytes("fuzz", content))
	for _, p := range h.People {
		if p.GivenName != identity.CleanName(p.GivenName) || p.FamilyName != identity.CleanName(p.FamilyName) {
			t.Errorf("name %q %q", p.GivenName, p.FamilyName)
		}
		if p.GivenName == "" && p.FamilyName == "" && p.Address == "" && len(p.Problems) == 0 && !p.Gone && !h.Reading.Delta {
			t.Errorf("nobody: %+v", p)
		}
		if p.Place.Line < 1 || strings.Count(p.Address, "@") > 1 {
			t.Errorf("place and address: %+v", p)
		}
	}
	for _, e := range h.Enrolments {
		if len(e.Problems) == 0 && !slices.Contains(identity.RolesIn(identity.KindClassroom), e.Role) {
			t.Errorf("a role that no class has: %+v", e)
		}
	}
}

// FuzzSet puts text into a file of a set.
func FuzzSet(f *testing.F) {
	f.Add("users.csv", "sourcedId,username,givenName\n1,a,b", "roles.csv", "userSourcedId,orgSourcedId,role\n1,1,student", "orgs.csv", "sourcedId,name,type\n1,a,school")
	f.Add("manifest.csv", "propertyName,value\noneroster.version,1.1\nfile.users,bulk", "users.csv", "sourcedId,enabledUser,role,username,givenName,familyName\n1,true,student,a,b,c", "x.csv", "")
	f.Add("students.csv", "School_id,Student_id,Last_name,First_name\n1,1,a,b", "sections.csv", "School_id,Section_id,Teacher_id\n1,1,1", "enrollments.csv", "School_id,Section_id,Student_id\n1,1,1")
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g string) {
		try(t, packed(t, a, b, c, d, e, g))
	})
}

// FuzzReading reads a text as any reading says that a form may send.
func FuzzReading(f *testing.F) {
	f.Add("Name;Klasse\nSam Lee;7b", ";", "utf-8", 1, "full-name,classroom")
	f.Add("a\tb", "\t", "utf-16le", 0, "given-name,guardian-address,guardian-name")
	f.Add("\"a", ",", "ibm850", 7, ",,,,,,address")
	f.Fuzz(func(t *testing.T, text, delimiter, encoding string, header int, columns string) {
		r := roster.Reading{Format: roster.FormatTable, Delimiter: delimiter, Encoding: roster.Encoding(encoding), Header: header}
		for c := range strings.SplitSeq(columns, ",") {
			r.Columns = append(r.Columns, roster.Meaning(c))
		}
		var ours *identity.Error
		if _, err := roster.Read(roster.Pasted(text), r, &counter{}); err != nil && !errors.As(err, &ours) {
			t.Errorf("an error nobody may read: %v", err)
		}
		if _, _, err := roster.RecogniseAs(roster.Pasted(text), r); err != nil && !errors.As(err, &ours) {
			t.Errorf("an error nobody may read: %v", err)
		}
	})
}
