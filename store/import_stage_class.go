package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// hereKey stands for the classroom of a classroom's import, and elsewhereKey for
// all other classes of its list.
const (
	hereKey      = "here"
	elsewhereKey = "elsewhere"
)

// into reports whether the import is into one classroom.
func (s *ImportStage) into() bool { return s.o.opened.Organization().Kind == identity.KindClassroom }

// Classroom takes a class of a set.
func (s *ImportStage) Classroom(c roster.Classroom) error {
	if s.into() {
		if s.classes++; c.ExternalID != "" && s.means(c.Name) {
			s.mine[c.ExternalID] = true
		}
		return nil
	}
	return s.class(classKeyOf(c.ExternalID, c.Name), c)
}

// means reports whether a list that says a class can mean the one of the import:
// it has that name, or all words of it in its own, as "7b" and "Biology 7B".
func (s *ImportStage) means(class string) bool {
	said, ours := strings.Fields(nameKey(class)), strings.Fields(nameKey(s.o.opened.Organization().Name))
	if len(said) == 0 {
		return false
	}
	for _, word := range said {
		if !slices.Contains(ours, word) {
			return false
		}
	}
	return true
}

// hereOrElsewhere is what a row of a table says about the classroom of the import.
func (s *ImportStage) hereOrElsewhere(p roster.Person) string {
	switch {
	case s.set:
		return elsewhereKey // its enrolments say
	case len(p.Classrooms) == 0:
		return hereKey
	case slices.ContainsFunc(p.Classrooms, s.means):
		s.met = true
		return hereKey
	}
	return elsewhereKey
}

func (s *ImportStage) class(key string, c roster.Classroom) error {
	s.classes++
	position := s.classes
	kind, reason := "", ""
	if len(c.Problems) > 0 {
		kind, reason = string(roster.KindError), messageText(c.Problems[0].Message)
		key = fmt.Sprintf("e:%d", position) // in nobody's place
	}
	return s.add(func(tx *transaction) error {
		_, err := tx.InsertImportClassroom(s.ctx, query.InsertImportClassroomParams{
			OrganizationID: s.o.id, ImportID: string(s.id), Position: position, Line: int64(c.Place.Line), ClassKey: key,
			ExternalID: c.ExternalID, Name: identity.CleanName(c.Name), Gone: c.Gone, Kind: kind, Reason: reason,
		})
		return err
	})
}

func classKeyOf(externalID, name string) string {
	if externalID != "" {
		return "x:" + externalID
	}
	return "n:" + nameKey(name)
}

// Enrolment takes a role of a person in a class of a set. One that cannot be used
// is a row of its own, with what to change; who it speaks of stays as they are.
func (s *ImportStage) Enrolment(e roster.Enrolment) error {
	class := "x:" + e.Classroom
	if s.into() {
		if !s.mine[e.Classroom] {
			return nil
		}
		class, s.met = hereKey, true
	}
	if len(e.Problems) > 0 {
		if err := s.mistake(e); err != nil || s.into() {
			return err
		}
		e.Role, e.Gone = "", false
	}
	return s.add(func(tx *transaction) error {
		if s.delta && !s.into() && e.Role != "" {
			if err := s.spokenOf(tx, e); err != nil {
				return err
			}
		}
		return tx.InsertImportEnrolment(s.ctx, query.InsertImportEnrolmentParams{
			OrganizationID: s.o.id, ImportID: string(s.id), PersonKey: "x:" + e.Person, ClassKey: class,
			Role: string(e.Role), Gone: e.Gone,
		})
	})
}

// mistake takes an enrolment with problems as a row.
func (s *ImportStage) mistake(e roster.Enrolment) error {
	position, err := s.position()
	if err != nil {
		return err
	}
	text, err := json.Marshal(roster.Person{Place: e.Place, ExternalID: e.Person, Problems: e.Problems})
	if err != nil {
		return err
	}
	return s.add(func(tx *transaction) error {
		return tx.InsertImportRow(s.ctx, query.InsertImportRowParams{
			OrganizationID: s.o.id, ImportID: string(s.id), Position: position, Line: int64(e.Place.Line), Person: string(text),
			ExternalID: e.Person, PersonKey: fmt.Sprintf("e:%d", position), Kind: string(roster.KindError),
		})
	})
}

// spokenOf makes a class and a row of those that a list of changes only speaks of
// in an enrolment: they are as they were.
func (s *ImportStage) spokenOf(tx *transaction, e roster.Enrolment) error {
	s.classes++
	if _, err := tx.InsertImportClassroom(s.ctx, query.InsertImportClassroomParams{
		OrganizationID: s.o.id, ImportID: string(s.id), Position: s.classes, Line: int64(e.Place.Line),
		ClassKey: classKeyOf(e.Classroom, ""), ExternalID: e.Classroom,
	}); err != nil {
		return err
	}
	there, err := tx.ImportHasExternalID(s.ctx, query.ImportHasExternalIDParams{
		OrganizationID: s.o.id, ImportID: string(s.id), ExternalID: e.Person,
	})
	if err != nil || there > 0 {
		return err
	}
	text, err := json.Marshal(roster.Person{Place: e.Place, ExternalID: e.Person})
	if err != nil {
		return err
	}
	s.people++
	return tx.InsertImportRow(s.ctx, query.InsertImportRowParams{
		OrganizationID: s.o.id, ImportID: string(s.id), Position: s.people, Line: int64(e.Place.Line), Person: string(text),
		ExternalID: e.Person, PersonKey: "x:" + e.Person,
	})
}
