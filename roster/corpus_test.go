package roster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/roster/rostertest"
)

var update = flag.Bool("update", false, "write the expected readings anew; look at each of them afterwards")

// heard is everything that reading a list says.
type heard struct {
	Refused    *identity.Message
	Reading    roster.Reading
	Warnings   []identity.Message
	Schools    []roster.SampleSchool
	Sheets     []string
	Terms      []roster.Term
	Classrooms []roster.Classroom
	People     []roster.Person
	Enrolments []roster.Enrolment
	Skipped    []roster.Skipped
	records    int
}

func (h *heard) took() error {
	h.records++
	return nil
}

func (h *heard) Term(t roster.Term) error { h.Terms = append(h.Terms, t); return h.took() }

func (h *heard) Classroom(c roster.Classroom) error {
	h.Classrooms = append(h.Classrooms, c)
	return h.took()
}

func (h *heard) Person(p roster.Person) error { h.People = append(h.People, p); return h.took() }

func (h *heard) Enrolment(e roster.Enrolment) error {
	h.Enrolments = append(h.Enrolments, e)
	return h.took()
}

// hear recognises and reads a list.
func hear(t *testing.T, file roster.File) *heard {
	t.Helper()
	h := &heard{}
	refuse := func(err error) *heard {
		var ours *identity.Error
		if !errors.As(err, &ours) {
			t.Fatalf("an error nobody may read: %v", err)
		}
		h.Refused = &ours.Message
		return h
	}
	reading, sample, err := roster.Recognise(file)
	if err != nil {
		return refuse(err)
	}
	h.Reading, h.Warnings, h.Schools, h.Sheets = reading, sample.Warnings, sample.Schools, sample.Sheets
	summary, err := roster.Read(file, reading, h)
	h.Skipped = summary.Skipped
	h.Warnings = append(h.Warnings, summary.Warnings...)
	if err != nil {
		return refuse(err)
	}
	if summary.Rows != h.records {
		t.Errorf("summary says %d records, %d came", summary.Rows, h.records)
	}
	return h
}

// Every list of the corpus is read as somebody looked at it once and said.
func TestListsOfSchoolsAreReadAsExpected(t *testing.T) {
	corpus, err := rostertest.Corpus("testdata")
	if err != nil {
		t.Fatal(err)
	}
	if len(corpus) < 60 {
		t.Errorf("corpus of %d lists", len(corpus))
	}
	for _, list := range corpus {
		t.Run(list.Name, func(t *testing.T) {
			got := golden(t, hear(t, list.File))
			path := filepath.Join("testdata", list.Name+".read.json")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// golden is what was heard as JSON without what is empty, so that it can be
// looked through.
func golden(t *testing.T, h *heard) []byte {
	t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	b.WriteString("{")
	object := value.(map[string]any)
	first := true
	for _, key := range []string{
		"Refused", "Reading", "Warnings", "Schools", "Sheets", "Terms", "Classrooms", "People", "Enrolments", "Skipped",
	} {
		content := sparse(object[key])
		if content == nil {
			continue
		}
		if !first {
			b.WriteString(",")
		}
		first = false
		b.WriteString("\n\"" + key + "\": ")
		rows, several := content.([]any)
		if !several {
			if err := encoder.Encode(content); err != nil {
				t.Fatal(err)
			}
			b.Truncate(b.Len() - 1)
			continue
		}
		b.WriteString("[")
		for i, row := range rows {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString("\n  ")
			if err := encoder.Encode(row); err != nil {
				t.Fatal(err)
			}
			b.Truncate(b.Len() - 1)
		}
		b.WriteString("\n]")
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

// sparse leaves out what is empty.
func sparse(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inside := range v {
			if kept := sparse(inside); kept == nil {
				delete(v, key)
			} else {
				v[key] = kept
			}
		}
		delete(v, "Cells") // in the file itself
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			if kept := sparse(v[i]); kept != nil {
				v[i] = kept
			} else {
				v[i] = ""
			}
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case nil:
		return nil
	}
	return value
}
