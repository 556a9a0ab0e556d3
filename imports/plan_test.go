package imports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/roster/rostertest"
	"homeroom.dev/homeroom/store"
)

var update = flag.Bool("update", false, "write the expected plans anew; look at each of them afterwards")

const testdata = "../roster/testdata"

// theCorpus are the lists of the corpus that can be read.
func theCorpus(t *testing.T) []rostertest.List {
	t.Helper()
	corpus, err := rostertest.Corpus(testdata)
	if err != nil {
		t.Fatal(err)
	}
	return corpus
}

// Every list of the corpus becomes the plan that somebody looked at once and said
// is right: against a class and a school that have some people already.
func TestListsOfSchoolsArePlannedAsExpected(t *testing.T) {
	s := newSchool(t)
	for _, list := range theCorpus(t) {
		t.Run(list.Name, func(t *testing.T) {
			s.t = t
			got := s.goldenPlan(list)
			path := filepath.Join(testdata, list.Name+".plan.json")
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

// view is a plan as it is kept beside a list of the corpus.
type view struct {
	Refused string            `json:",omitempty"`
	Counts  map[string]int    `json:",omitempty"`
	Leaving int               `json:",omitempty"`
	Number  int               `json:",omitempty"` // to be typed
	Aside   []json.RawMessage `json:",omitempty"` // lines that are no people
	Classes []json.RawMessage `json:",omitempty"`
	Rows    []json.RawMessage `json:",omitempty"`
}

// rowView is a row of it.
type rowView struct {
	Line       int      `json:",omitempty"`
	Name       string   `json:",omitempty"`
	Kind       string   `json:",omitempty"`
	User       string   `json:",omitempty"`
	Class      string   `json:",omitempty"`
	Steps      []string `json:",omitempty"`
	Reasons    []string `json:",omitempty"`
	Candidates []string `json:",omitempty"`
	Leaves     bool     `json:",omitempty"`
}

// goldenPlan is what a list becomes: a table brought by a teacher into 7B, a set
// into Biology 7B, and every list brought by the school, sets also as everybody.
func (s *school) goldenPlan(list rostertest.List) []byte {
	s.t.Helper()
	reading, _, err := roster.Recognise(list.File)
	var known *identity.Error
	if errors.As(err, &known) {
		return s.written([]string{"refused"}, map[string]view{"refused": {Refused: told(known.Message)}})
	}
	s.check(err)
	views, order := map[string]view{}, []string{}
	add := func(name, who, place string, options store.ImportOptions) {
		order = append(order, name)
		views[name] = s.viewOf(s.as(who, place), list.File, options)
	}
	if !reading.Set() {
		add("class", "tim", "7b", store.ImportOptions{})
		add("class, with invitations", "tim", "7b", store.ImportOptions{Invite: true})
	}
	if reading.Set() {
		add("class", "priya", "biology", store.ImportOptions{})
	}
	add("school", "priya", "school", store.ImportOptions{})
	if reading.Set() && !reading.Delta {
		add("school, everybody", "priya", "school", store.ImportOptions{Whole: true})
	}
	return s.written(order, views)
}

func (s *school) viewOf(o *store.Organization, file roster.File, options store.ImportOptions) view {
	s.t.Helper()
	one := s.planned(o, file, options)
	if one.State != store.ImportPlanned {
		return view{Refused: string(one.State) + " " + told(one.Trouble)}
	}
	v := view{Counts: map[string]int{}, Leaving: one.Leaving, Number: one.NeedsNumber()}
	for kind, n := range one.Counts {
		v.Counts[string(kind)] = n
	}
	for _, line := range one.Aside.Skipped {
		v.Aside = append(v.Aside, s.line(rowView{Line: line.Place.Line, Reasons: []string{told(line.Why)}}))
	}
	classes, err := o.ImportClassrooms(s.t.Context(), one.ID, "")
	s.check(err)
	names := map[int64]string{}
	for _, c := range classes.Classrooms {
		names[c.Position] = c.Name
		if one.Classes == nil {
			continue
		}
		row := rowView{Line: c.Line, Name: c.Name, Kind: string(c.Kind), Class: string(c.Classroom)}
		if c.Kind == roster.KindUpdate {
			row.Steps = []string{"from " + c.Before}
		}
		if c.Reason.ID != "" {
			row.Reasons = []string{told(c.Reason)}
		}
		v.Classes = append(v.Classes, s.line(row))
	}
	for _, r := range s.rows(o, one.ID) {
		row := rowView{
			Line: r.Person.Place.Line, Name: shorter(r.Name()), Kind: string(r.Kind), User: string(r.User), Leaves: r.Leaves,
		}
		for _, step := range r.Steps {
			row.Steps = append(row.Steps, stepTold(step, r.Person))
		}
		for _, m := range r.Reasons {
			row.Reasons = append(row.Reasons, shorter(told(m)))
		}
		for _, c := range r.Candidates {
			row.Candidates = append(row.Candidates, candidateTold(c))
		}
		v.Rows = append(v.Rows, s.line(row))
	}
	return v
}

// stepTold is a step in a line.
func stepTold(s roster.Step, p roster.Person) string {
	switch s.Kind {
	case roster.StepCreate:
		return strings.TrimSpace("create " + p.Address + " " + p.UserName)
	case roster.StepIdentify:
		return strings.TrimSpace(fmt.Sprintf("identify %s %s", p.ExternalID, s.Number))
	case roster.StepUpdate:
		return "update " + fieldsTold(*s.Before) + " to " + fieldsTold(*s.After)
	}
	text := fmt.Sprintf("%s %s %s", s.Kind, s.Role, s.Name)
	if s.Class != 0 {
		text += " (new)"
	}
	if s.Held != nil && s.Held.State != identity.AssignmentActive {
		text += " (" + string(s.Held.State) + ")"
	}
	return text
}

func fieldsTold(f roster.Fields) string {
	var parts []string
	for _, field := range []struct {
		name  string
		value *string
	}{{"given name", f.GivenName}, {"family name", f.FamilyName}, {"user name", f.UserName}, {"address", f.Address}} {
		if field.value != nil {
			parts = append(parts, fmt.Sprintf("%s %q", field.name, *field.value))
		}
	}
	return strings.Join(parts, ", ")
}

func candidateTold(c roster.Candidate) string {
	who := string(c.User)
	if c.Row != 0 {
		who = fmt.Sprintf("line %d", c.Line)
	}
	return fmt.Sprintf("%s %s by %v in %v", who, c.Name, c.By, c.Places)
}

// shorter keeps what is very long readable.
func shorter(text string) string {
	if runes := []rune(text); len(runes) > 120 {
		return string(runes[:120]) + "…"
	}
	return text
}

func (s *school) line(value any) json.RawMessage {
	s.t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	s.check(encoder.Encode(value))
	return bytes.TrimSpace(b.Bytes())
}

// written is views as JSON with a row a line.
func (s *school) written(order []string, views map[string]view) []byte {
	s.t.Helper()
	var b bytes.Buffer
	b.WriteString("{")
	for i, name := range order {
		v := views[name]
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n%s: {", s.line(name))
		first := true
		part := func(name string, value []byte) {
			if !first {
				b.WriteString(",")
			}
			first = false
			fmt.Fprintf(&b, "\n  %q: %s", name, value)
		}
		if v.Refused != "" {
			part("Refused", s.line(v.Refused))
		}
		if len(v.Counts) > 0 {
			part("Counts", s.line(v.Counts))
		}
		if v.Leaving > 0 {
			part("Leaving", s.line(v.Leaving))
		}
		if v.Number > 0 {
			part("Number", s.line(v.Number))
		}
		for _, list := range []struct {
			name  string
			lines []json.RawMessage
		}{{"Aside", v.Aside}, {"Classes", v.Classes}, {"Rows", v.Rows}} {
			if len(list.lines) > 0 {
				part(list.name, append(append([]byte("[\n    "), bytes.Join(rawLines(list.lines), []byte(",\n    "))...), "\n  ]"...))
			}
		}
		b.WriteString("\n}")
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

func rawLines(lines []json.RawMessage) [][]byte {
	all := make([][]byte, len(lines))
	for i, line := range lines {
		all[i] = line
	}
	return all
}
