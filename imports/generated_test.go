package imports_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// generated is a table that a number says: of people of the school and of others,
// with names, addresses, user names, numbers and classes that meet in many ways.
func generated(seed uint64, rows int) roster.File {
	r := rand.New(rand.NewPCG(seed, 1))
	one := func(words ...string) string { return words[r.IntN(len(words))] }
	columns := []string{"Given name", "Family name"}
	var optional []string
	for _, c := range []string{"E-mail", "User name", "Student ID", "Class"} {
		if r.IntN(2) == 0 {
			optional = append(optional, c)
		}
	}
	var b strings.Builder
	b.WriteString(strings.Join(append(columns, optional...), "\t") + "\n")
	for n := range rows {
		given, family := one("Ana", "Ben", "Cleo", "Dan", "Eva"), one("Adler", "Berg", "Çelik", "Dörr", "Evans")
		address, userName := fmt.Sprintf("p%d@new.example", r.IntN(3*rows)), fmt.Sprintf("user.%d", r.IntN(3*rows))
		if r.IntN(3) == 0 { // somebody who is known, or who seems to be
			p := people[5+r.IntN(len(people)-5)]
			given, family = p.given, p.family
			if r.IntN(4) == 0 {
				family += "-New"
			}
			address, userName = p.address, p.userName
		}
		cells := []string{given, family}
		for _, c := range optional {
			switch {
			case r.IntN(4) == 0:
				cells = append(cells, "")
			case c == "E-mail":
				cells = append(cells, address)
			case c == "User name":
				cells = append(cells, userName)
			case c == "Student ID":
				cells = append(cells, fmt.Sprintf("S%d", n+r.IntN(2)))
			default:
				cells = append(cells, one("7B", "8A", "9C", "New"))
			}
		}
		b.WriteString(strings.Join(cells, "\t") + "\n")
	}
	return roster.Pasted(b.String())
}

// What holds for the lists of the corpus holds for lists that nobody has thought
// of.
func TestGeneratedListsChangeNothingAgainAndAreUndone(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	ways := waysFor(false, false)
	for seed := range uint64(12) {
		w := ways[seed%uint64(len(ways))]
		t.Run(fmt.Sprintf("%d, %s", seed, w.name), func(t *testing.T) {
			s.t = t
			s.appliedAndUndone(generated(seed, 8), w)
		})
	}
}

// records are a list as it was read.
type records struct {
	classes    []roster.Classroom
	people     []roster.Person
	enrolments []roster.Enrolment
}

func (r *records) Term(roster.Term) error             { return nil }
func (r *records) Classroom(c roster.Classroom) error { r.classes = append(r.classes, c); return nil }
func (r *records) Person(p roster.Person) error       { r.people = append(r.people, p); return nil }
func (r *records) Enrolment(e roster.Enrolment) error {
	r.enrolments = append(r.enrolments, e)
	return nil
}

// In which order people, classes and enrolments stand in a list does not matter:
// each row becomes the same. But for rows that are about one person, of which the
// first one counts.
func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	for n, list := range theCorpus(t) {
		reading, _, err := roster.Recognise(list.File)
		var known *identity.Error
		if errors.As(err, &known) {
			continue
		}
		s.check(err)
		var r records
		_, err = roster.Read(list.File, reading, &r)
		s.check(err)
		ways := waysFor(reading.Set(), reading.Delta)
		w := ways[n%len(ways)]
		t.Run(list.Name+", "+w.name, func(t *testing.T) {
			s.t = t
			o := s.as(w.who, w.place)
			want := s.plannedRecords(o, reading, w.options, r)
			random := rand.New(rand.NewPCG(uint64(n), 2))
			for range 2 {
				random.Shuffle(len(r.classes), func(i, j int) { r.classes[i], r.classes[j] = r.classes[j], r.classes[i] })
				random.Shuffle(len(r.people), func(i, j int) { r.people[i], r.people[j] = r.people[j], r.people[i] })
				random.Shuffle(len(r.enrolments), func(i, j int) { r.enrolments[i], r.enrolments[j] = r.enrolments[j], r.enrolments[i] })
				if diff := cmp.Diff(want, s.plannedRecords(o, reading, w.options, r)); diff != "" {
					t.Errorf("in another order, -want +got:\n%s", diff)
				}
			}
		})
	}
}

// plannedRecords is what becomes of the rows of a list, each in a line, sorted.
func (s *school) plannedRecords(o *store.Organization, reading roster.Reading, options store.ImportOptions, r records) []string {
	s.t.Helper()
	id := s.stagedRecords(o, reading, options, r)
	var lines []string
	for _, row := range s.rows(o, id) {
		var b bytes.Buffer
		fmt.Fprintf(&b, "%s %d %s %s %s %v", row.Person.Place.File, row.Person.Place.Line, row.Name(), row.Kind, row.User, row.Leaves)
		for _, step := range row.Steps {
			b.WriteString(" | " + stepTold(step, row.Person))
		}
		for _, m := range row.Reasons {
			b.WriteString(" ? " + told(m))
		}
		lines = append(lines, b.String())
	}
	slices.Sort(lines)
	return lines
}

// stagedRecords is an import of a list that was read already, planned.
func (s *school) stagedRecords(o *store.Organization, reading roster.Reading, options store.ImportOptions, r records) store.ImportID {
	s.t.Helper()
	ctx := s.t.Context()
	id, err := o.BeginImport(ctx, store.NewImport{Submission: identity.NewSubmission(), File: []byte("x"), Reading: reading, Options: options})
	s.check(err)
	stage, err := o.StageImport(ctx, id, 0)
	s.check(err)
	for _, c := range r.classes {
		s.check(stage.Classroom(c))
	}
	for _, p := range r.people {
		s.check(stage.Person(p))
	}
	for _, e := range r.enrolments {
		s.check(stage.Enrolment(e))
	}
	s.check(stage.Close(roster.Summary{}))
	for after := int64(0); ; {
		if after, err = o.PlanImport(ctx, id, after); err != nil || after == 0 {
			break
		}
	}
	s.check(err)
	return id
}
