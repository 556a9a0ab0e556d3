package roster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClassroomsAreReadAsPeoplePasteThem(t *testing.T) {
	type read struct{ Name, Address, Problem string }
	for _, tt := range []struct {
		name   string
		pasted string
		want   []read
	}{
		{"nothing", " \n\n", nil},
		{"a name in each line", "Biology 7B\r\nHistory 8A\n", []read{{Name: "Biology 7B"}, {Name: "History 8A"}}},
		{"a column of a spreadsheet", "Biology 7B\tlee@linden.example\nHistory 8A\t\n", []read{
			{Name: "Biology 7B", Address: "lee@linden.example"}, {Name: "History 8A"},
		}},
		{"a comma", "Biology 7B, lee@linden.example", []read{{Name: "Biology 7B", Address: "lee@linden.example"}}},
		{"a semicolon", "Biology 7B;lee@linden.example;", []read{{Name: "Biology 7B", Address: "lee@linden.example"}}},
		{"a comma in the name", "Biology, advanced", []read{{Name: "Biology, advanced"}}},
		{"a comma in the name and an address", "Biology, advanced, lee@linden.example", []read{{Name: "Biology, advanced", Address: "lee@linden.example"}}},
		{"a name in quotation marks", `"Biology, advanced";"lee@linden.example"`, []read{{Name: "Biology, advanced", Address: "lee@linden.example"}}},
		{"a teacher with a name", "Biology 7B\tMaria Lee <lee@linden.example>", []read{{Name: "Biology 7B", Address: "lee@linden.example"}}},
		{"titles of columns", "Class,Teacher\nBiology 7B,lee@linden.example", []read{{Name: "Biology 7B", Address: "lee@linden.example"}}},
		{"titles in Spanish", "Clase;Docente\nBiología 7B", []read{{Name: "Biología 7B"}}},
		{"a title further down is a name", "Biology 7B\nClass", []read{{Name: "Biology 7B"}, {Name: "Class"}}},
		{"spaces within", "  Biology   7B  ", []read{{Name: "Biology 7B"}}},
		{"the same name twice", "Biology 7B\nbiology 7b", []read{{Name: "Biology 7B"}, {Name: "biology 7b", Problem: "opening.twice"}}},
		{"no name", "\tlee@linden.example", []read{{Address: "lee@linden.example", Problem: "organization.name.missing"}}},
		{"a name that is too long", strings.Repeat("x", 121), []read{{Name: strings.Repeat("x", 121), Problem: "organization.name.too-long"}}},
		{"no address", "Biology 7B\tMaria Lee", []read{{Name: "Biology 7B", Problem: "address.no-at"}}},
		{"half an address", "Biology 7B\tlee@linden", []read{{Name: "Biology 7B", Problem: "address.no-dot"}}},
		{"two teachers", "Biology 7B\tlee@linden.example jon@linden.example", []read{{Name: "Biology 7B", Problem: "opening.teachers"}}},
		{"nothing between name and address", "Biology 7B lee@linden.example", []read{{Name: "Biology 7B lee@linden.example", Problem: "opening.unparted"}}},
		{"an empty row", "Biology 7B\n,;\nHistory 8A,", []read{{Name: "Biology 7B"}, {Name: "History 8A"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []read
			for _, e := range ParseClassrooms(tt.pasted) {
				got = append(got, read{e.Name, e.Address, e.Problem.ID})
				if e.Good() != (e.Problem.ID == "") || e.Line == 0 || e.Text == "" {
					t.Errorf("entry %+v", e)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLinesOfClassroomsAreCountedAsTheyWerePasted(t *testing.T) {
	entries := ParseClassrooms("Class\n\nBiology 7B\n\nHistory 8A")
	if len(entries) != 2 || entries[0].Line != 3 || entries[1].Line != 5 {
		t.Errorf("entries = %+v", entries)
	}
}

func FuzzParseClassrooms(f *testing.F) {
	for _, seed := range []string{"Biology 7B\tlee@linden.example", "a,b;c@d.example", "\"x\"\"y\",@", "Class\n\t\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pasted string) {
		for _, e := range ParseClassrooms(pasted) {
			if e.Good() && e.Name == "" || e.Line < 1 || strings.ContainsAny(e.Name, "\n\t") {
				t.Errorf("entry %+v of %q", e, pasted)
			}
		}
	})
}
