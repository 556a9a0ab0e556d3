package store

import (
	"cmp"
	"encoding/json"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// ImportRowState is what became of a row when the import was applied.
type ImportRowState string

// States of a row. One that is begun was being worked on when the program was cut
// off, or is right now.
const (
	ImportRowWaiting ImportRowState = "waiting"
	ImportRowBegun   ImportRowState = "begun"
	ImportRowDone    ImportRowState = "done"
	ImportRowLeft    ImportRowState = "left"
)

// ImportOutcome is how a row ended that was worked on.
type ImportOutcome string

// The outcomes. An account that is hidden is made, and Zitadel does not show it.
const (
	OutcomeVerified ImportOutcome = "verified"
	OutcomeRepaired ImportOutcome = "repaired"
	OutcomeHidden   ImportOutcome = "hidden"
	OutcomeChanged  ImportOutcome = "changed" // updated, moved or removed
	OutcomeInvited  ImportOutcome = "invited"
	OutcomeRefused  ImportOutcome = "refused"
)

// ImportUndo is what became of a row when the import was undone.
type ImportUndo string

// What can become of it.
const (
	UndoBegun   ImportUndo = "begun"
	UndoDeleted ImportUndo = "deleted"
	UndoKept    ImportUndo = "kept"
	UndoBack    ImportUndo = "back"
	UndoRefused ImportUndo = "refused"
)

// ImportRow is one row of a list: a person, and what is to become of them.
type ImportRow struct {
	Position   int64
	Person     roster.Person
	Kind       roster.Kind
	State      ImportRowState
	Outcome    ImportOutcome
	User       identity.UserID // who it is, or was made
	UserName   string          // of who was made
	Secret     string          // their first password, while the row is begun
	Steps      []roster.Step
	Reasons    []identity.Message
	Candidates []roster.Candidate
	Decision   roster.Decision
	With       identity.UserID // of a merge: the person, or the row
	WithRow    int64
	Leaves     bool
	Undo       ImportUndo

	key   string // by which rows are one person
	print string
}

// Name is the person's name, as the list says it.
func (r ImportRow) Name() string {
	return identity.User{
		GivenName: r.Person.GivenName, FamilyName: r.Person.FamilyName,
		UserName: cmp.Or(r.Person.UserName, r.Person.Address, r.Person.ExternalID),
	}.DisplayName()
}

// ImportClassroom is a class of a list: what is to become of it, as the kind of a
// row. Update is a new name.
type ImportClassroom struct {
	Position   int64
	Line       int
	ExternalID string
	Name       string
	Kind       roster.Kind
	Classroom  identity.OrganizationID // once it is known, or open
	Before     string                  // its name so far
	State      ImportRowState
	Reason     identity.Message
	Undo       ImportUndo

	key string
}

func importRowOf(row query.ImportRow) (ImportRow, error) {
	r := ImportRow{
		Position: row.Position, Kind: roster.Kind(row.Kind), State: ImportRowState(row.State), Outcome: ImportOutcome(row.Outcome),
		User: identity.UserID(row.UserID), UserName: row.UserName, Decision: roster.Decision(row.Decision),
		With: identity.UserID(row.WithUser), WithRow: row.WithRow, Leaves: row.Leaves, Undo: ImportUndo(row.Undo),
		key: row.PersonKey, print: row.Print,
	}
	for _, part := range []struct {
		text string
		into any
	}{{row.Person, &r.Person}, {row.Steps, &r.Steps}, {row.Reasons, &r.Reasons}, {row.Candidates, &r.Candidates}} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return ImportRow{}, fmt.Errorf("read a row of an import: %w", err)
		}
	}
	return r, nil
}

func importRowsOf(rows []query.ImportRow) ([]ImportRow, error) {
	read := make([]ImportRow, len(rows))
	for i, row := range rows {
		var err error
		if read[i], err = importRowOf(row); err != nil {
			return nil, err
		}
	}
	return read, nil
}

func importClassroomOf(row query.ImportClassroom) ImportClassroom {
	return ImportClassroom{
		Position: row.Position, Line: int(row.Line), ExternalID: row.ExternalID, Name: row.Name, Kind: roster.Kind(row.Kind),
		Classroom: identity.OrganizationID(row.ClassroomID), Before: row.BeforeName, State: ImportRowState(row.State),
		Reason: parseMessage(row.Reason), Undo: ImportUndo(row.Undo), key: row.ClassKey,
	}
}

// jsonText is a list as it is kept; one without anything is an empty text.
func jsonText[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	text, err := json.Marshal(list)
	return string(text), err
}
