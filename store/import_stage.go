package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// stageAtOnce is how many records one transaction takes.
const stageAtOnce = 500

// twinsTold is how many rows that say exactly the same as another one are told
// apart when their list is brought again.
const twinsTold = 4

// removedRows is where the rows of people begin who are not on the list.
const removedRows = int64(1) << 40

// ImportStage takes the records of a list into the rows of an import. It is a
// [roster.Sink]; memory does not grow with the list.
type ImportStage struct {
	o       *Organization
	ctx     context.Context
	id      ImportID
	most    int // zero: as many as there are
	delta   bool
	set     bool
	mine    map[string]bool // numbers of classes of a set that are the classroom of the import
	met     bool            // the list speaks of that classroom
	people  int64
	classes int64
	waiting []func(*transaction) error
}

// ErrImportLong is what a stage answers to a list that is longer than it was told
// to take.
var ErrImportLong = errors.New("the list is longer")

// StageImport empties an import and takes the records of its list, at most so
// many people; zero is all.
func (o *Organization) StageImport(ctx context.Context, id ImportID, most int) (*ImportStage, error) {
	s := &ImportStage{o: o, ctx: ctx, id: id, most: most}
	err := o.store.write(ctx, func(tx *transaction) error {
		i, err := o.importIn(ctx, tx, id, ImportReading)
		if err != nil {
			return err
		}
		s.delta, s.set, s.mine = i.Reading.Delta, i.Reading.Set(), map[string]bool{}
		if err := tx.emptyImport(ctx, o.id, id); err != nil {
			return err
		}
		if room := o.opened.Organization(); room.Kind == identity.KindClassroom {
			s.classes = 1
			numbers, err := tx.ImportNumbersOfClassroom(ctx, query.ImportNumbersOfClassroomParams{
				OrganizationID: string(room.Home()), ClassroomID: o.id, Source: i.Source,
			})
			if err != nil {
				return err
			}
			for _, number := range numbers {
				s.mine[number] = true
			}
			_, err = tx.InsertImportClassroom(ctx, query.InsertImportClassroomParams{
				OrganizationID: o.id, ImportID: string(id), Position: 1, ClassKey: hereKey, Name: room.Name,
			})
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take a list: %w", err)
	}
	return s, nil
}

// Term takes nothing: terms are the school's own.
func (s *ImportStage) Term(roster.Term) error { return nil }

// Person takes a person.
func (s *ImportStage) Person(p roster.Person) error {
	position, err := s.position()
	if err != nil {
		return err
	}
	p.GivenName, p.FamilyName = identity.CleanName(p.GivenName), identity.CleanName(p.FamilyName)
	p.Address, p.UserName, p.ExternalID = strings.TrimSpace(p.Address), strings.TrimSpace(p.UserName), strings.TrimSpace(p.ExternalID)
	userName := addressKey(p.UserName)
	usableUserName(&p)
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	row := query.InsertImportRowParams{
		OrganizationID: s.o.id, ImportID: string(s.id), Position: position, Line: int64(p.Place.Line), Person: string(text),
		ExternalID: p.ExternalID, AddressKey: addressKey(p.Address), UserNameKey: userName,
	}
	if len(p.Problems) > 0 {
		row.Kind = string(roster.KindError) // no other row is part of it
	}
	if p.GivenName != "" || p.FamilyName != "" {
		row.NameKey = sortName(identity.User{GivenName: p.GivenName, FamilyName: p.FamilyName})
	}
	row.PersonKey = fmt.Sprintf("r:%d", position)
	switch { // the strongest that there is
	case p.ExternalID != "":
		row.PersonKey = "x:" + p.ExternalID
	case p.Address != "":
		row.PersonKey = "a:" + row.AddressKey + "\t" + row.NameKey
	case row.UserNameKey != "":
		row.PersonKey = "u:" + row.UserNameKey + "\t" + row.NameKey
	}
	names := p.Classrooms
	if s.into() {
		names = nil
	}
	if p.ExternalID == "" {
		row.Print = printOf(s.o.id, row, names)
	}
	enrolments := make([]query.InsertImportEnrolmentParams, 0, len(names)+1)
	role := string(cmp.Or(p.Role, identity.RoleStudent))
	if s.into() {
		enrolments = append(enrolments, query.InsertImportEnrolmentParams{
			ClassKey: s.hereOrElsewhere(p), Role: string(identity.RoleStudent), Gone: p.Gone,
		})
	}
	for _, name := range names {
		if name = identity.CleanName(name); name == "" {
			continue
		}
		key := classKeyOf("", name)
		if err := s.class(key, roster.Classroom{Place: p.Place, Name: name}); err != nil {
			return err
		}
		enrolments = append(enrolments, query.InsertImportEnrolmentParams{ClassKey: key, Role: role, Gone: p.Gone})
	}
	return s.add(func(tx *transaction) error {
		if err := tx.InsertImportRow(s.ctx, row); err != nil {
			return err
		}
		for _, e := range enrolments {
			e.OrganizationID, e.ImportID, e.PersonKey = s.o.id, string(s.id), row.PersonKey
			if err := tx.InsertImportEnrolment(s.ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// usableUserName takes a user name out of a row that nobody could be given here.
// Whoever has it already is found by it all the same.
func usableUserName(p *roster.Person) {
	name := strings.ToLower(p.UserName)
	if name != "" && (identity.NewStudent{GivenName: "x", UserName: name}).Check() != nil {
		p.Notes.Add("", "import.user-name-left-out", "Text", p.UserName)
		name = ""
	}
	p.UserName = name
}

// printOf is what is left of a row by which it is known again: of all that it
// says about who somebody is, and where they belong.
func printOf(organization string, row query.InsertImportRowParams, classes []string) string {
	if row.NameKey == "" {
		return ""
	}
	parts := []string{organization, row.NameKey, row.AddressKey, row.UserNameKey}
	for _, name := range classes {
		parts = append(parts, nameKey(name))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// position is where the next row stands.
func (s *ImportStage) position() (int64, error) {
	if s.people++; s.most > 0 && s.people > int64(s.most) {
		return 0, ErrImportLong
	}
	return s.people, nil
}

// add keeps a record until there are enough for a transaction.
func (s *ImportStage) add(put func(*transaction) error) error {
	s.waiting = append(s.waiting, put)
	if len(s.waiting) < stageAtOnce {
		return nil
	}
	return s.flush()
}

func (s *ImportStage) flush() error {
	err := s.o.store.write(s.ctx, func(tx *transaction) error {
		if _, err := s.o.importIn(s.ctx, tx, s.id, ImportReading); err != nil {
			return err // thrown away meanwhile
		}
		tx, free := tx.prepare()
		defer free()
		for _, put := range s.waiting {
			if err := put(tx); err != nil {
				return err
			}
		}
		return tx.SetImportProgress(s.ctx, query.SetImportProgressParams{
			OrganizationID: s.o.id, ID: string(s.id), ReadRows: s.people,
		})
	})
	clear(s.waiting)
	s.waiting = s.waiting[:0]
	return err
}

// Close takes what is left, with what reading the list came to, and finds the rows
// that share something.
func (s *ImportStage) Close(read roster.Summary) error {
	if err := s.flush(); err != nil {
		return fmt.Errorf("take a list: %w", err)
	}
	err := s.o.store.write(s.ctx, func(tx *transaction) error {
		organization, id := s.o.id, string(s.id)
		if s.into() && !s.met && (!s.set || s.classes <= 2) {
			if err := tx.BringImportElsewhereHere(s.ctx, query.BringImportElsewhereHereParams{OrganizationID: organization, ImportID: id}); err != nil {
				return err
			}
		}
		if err := tx.MakeImportKeysByExternalID(s.ctx, query.MakeImportKeysByExternalIDParams{OrganizationID: organization, ImportID: id}); err != nil {
			return err
		}
		if err := tx.MakeImportKeysByAddress(s.ctx, query.MakeImportKeysByAddressParams{OrganizationID: organization, ImportID: id}); err != nil {
			return err
		}
		if err := tx.MakeImportKeysByUserName(s.ctx, query.MakeImportKeysByUserNameParams{OrganizationID: organization, ImportID: id}); err != nil {
			return err
		}
		for range twinsTold {
			told, err := tx.TellImportPrintsApart(s.ctx, query.TellImportPrintsApartParams{OrganizationID: organization, ImportID: id})
			if err != nil {
				return err
			}
			if told == 0 {
				break
			}
		}
		if err := tx.MakeImportKeysByName(s.ctx, query.MakeImportKeysByNameParams{OrganizationID: organization, ImportID: id}); err != nil {
			return err
		}
		aside := ImportAside{Skips: read.Skips, Warnings: read.Warnings}
		for _, line := range read.Skipped {
			line.Text = "" // it may name somebody, and nothing would erase it
			aside.Skipped = append(aside.Skipped, line)
		}
		text, err := json.Marshal(importCounts{Aside: aside})
		if err != nil {
			return err
		}
		return tx.SetImportCounts(s.ctx, query.SetImportCountsParams{OrganizationID: organization, ID: id, Counts: string(text)})
	})
	if err != nil {
		return fmt.Errorf("compare the rows of a list: %w", err)
	}
	return nil
}
