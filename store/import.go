package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// ImportJob is the name of the jobs that read, plan, apply and undo imports, and
// ImportPayload what they are about.
const ImportJob = "import"

// ImportPayload names an import, and who asked for the work: an import is undone
// by the rights of who undoes it.
type ImportPayload struct {
	Organization identity.OrganizationID `json:"organization"`
	Import       ImportID                `json:"import"`
	Actor        identity.UserID         `json:"actor,omitempty"`
}

// ImportID is the ID of an import: the submission of the form that began it.
type ImportID string

// ImportState is how far an import has come.
type ImportState string

// The states of an import.
const (
	ImportReading   ImportState = "reading" // the list is being read and planned
	ImportPlanned   ImportState = "planned"
	ImportApplying  ImportState = "applying"
	ImportPaused    ImportState = "paused"
	ImportDone      ImportState = "done"
	ImportCancelled ImportState = "cancelled"
	ImportUndoing   ImportState = "undoing"
	ImportUndone    ImportState = "undone"
	ImportFailed    ImportState = "failed" // the list cannot be read; Trouble says why
)

// ImportUndoFor is how long after its end an import can be undone, and its file
// is kept.
const ImportUndoFor = 24 * time.Hour

// ImportOptions say what a list is to mean.
type ImportOptions struct {
	// Source is the system the list's own numbers come from; empty: as the format
	// says.
	Source string `json:"source,omitempty"`
	// Invite sends people with an address an invitation instead of making them
	// accounts.
	Invite bool `json:"invite,omitempty"`
	// Whole says that the list is everybody: who is missing leaves.
	Whole bool `json:"whole,omitempty"`
	// MustChange asks for another password at the first sign-in.
	MustChange bool   `json:"must_change,omitempty"`
	Language   string `json:"language,omitempty"`
}

// Import is a list of people that was brought, with what it is to do and what
// became of it.
type Import struct {
	ID       ImportID
	Home     identity.OrganizationID // where people who are made are at home
	FileName string                  // empty: it was pasted
	Size     int64
	Format   roster.Format
	Reading  roster.Reading
	Options  ImportOptions
	Source   string
	State    ImportState
	Actor    identity.Actor
	Request  identity.Request // that began it
	Read     int              // rows read so far
	Planned  int              // rows planned so far
	// Concerned is how many people a list that is everybody speaks about.
	Concerned   int
	Counts      map[roster.Kind]int
	Classes     map[roster.Kind]int // create, update (renamed), unchanged, conflict, error
	Leaving     int                 // who would lose a class and enter none
	Aside       ImportAside
	Receipt     ImportReceipt
	UndoReceipt ImportUndoReceipt
	Trouble     identity.Message // why it waits, or has failed
	BegunAt     time.Time
	PlannedAt   time.Time
	AppliedAt   time.Time // when applying began
	FinishedAt  time.Time
	PausedAt    time.Time
	CancelledAt time.Time
	UndoneAt    time.Time
}

// ImportAside is what was noticed in the list and is nobody's row.
type ImportAside struct {
	Skips    int                `json:"skips,omitempty"`   // lines that are no people
	Skipped  []roster.Skipped   `json:"skipped,omitempty"` // the first of them, without their text
	Warnings []identity.Message `json:"warnings,omitempty"`
}

// ImportReceipt counts what became of the rows of an import.
type ImportReceipt struct {
	Created    int `json:"created,omitempty"`  // accounts
	Verified   int `json:"verified,omitempty"` // of those: read back at once
	Repaired   int `json:"repaired,omitempty"` // of those: read back after a repair
	Hidden     int `json:"hidden,omitempty"`   // of those: not visible at Zitadel
	Updated    int `json:"updated,omitempty"`
	Moved      int `json:"moved,omitempty"`
	Removed    int `json:"removed,omitempty"`
	Invited    int `json:"invited,omitempty"`
	Refused    int `json:"refused,omitempty"`  // could not be done
	Changed    int `json:"changed,omitempty"`  // others by then than planned: left out
	LeftOut    int `json:"left_out,omitempty"` // errors, conflicts, skipped
	Unchanged  int `json:"unchanged,omitempty"`
	Classrooms int `json:"classrooms,omitempty"` // opened
	Renamed    int `json:"renamed,omitempty"`
}

// Done is how many rows were worked on.
func (r ImportReceipt) Done() int {
	return r.Created + r.Updated + r.Moved + r.Removed + r.Invited + r.Refused + r.Changed
}

// ImportUndoReceipt counts what became of them when the import was undone.
type ImportUndoReceipt struct {
	Deleted    int `json:"deleted,omitempty"` // accounts that nobody had used
	Kept       int `json:"kept,omitempty"`    // accounts that were used: out of the classes alone
	Back       int `json:"back,omitempty"`    // put back as they were
	Refused    int `json:"refused,omitempty"`
	Classrooms int `json:"classrooms,omitempty"` // deleted again
	Stayed     int `json:"stayed,omitempty"`     // classrooms that are in use
}

// Done is how many rows were worked on.
func (r ImportUndoReceipt) Done() int { return r.Deleted + r.Kept + r.Back + r.Refused }

// Undecided is how many rows wait for a decision.
func (i Import) Undecided() int { return i.Counts[roster.KindDuplicate] }

// Rows is how many rows there are, with those of people who are to be removed.
func (i Import) Rows() int {
	n := 0
	for _, count := range i.Counts {
		n += count
	}
	return n
}

// Changing is how many rows do something when the import is applied.
func (i Import) Changing() int {
	n := 0
	for kind, count := range i.Counts {
		if kind.Changes() {
			n += count
		}
	}
	return n
}

// Empty reports whether applying would change nothing, classes included.
func (i Import) Empty() bool {
	return i.Changing() == 0 && i.Classes[roster.KindCreate] == 0 && i.Classes[roster.KindUpdate] == 0
}

const (
	// removeMost and removeShare are how many people may leave by a list before
	// their number has to be typed.
	removeMost  = 25
	removeShare = 10 // percent
)

// NeedsNumber is the number that has to be typed before the import is applied,
// because so many people would leave; zero if none has to be.
func (i Import) NeedsNumber() int {
	if i.Leaving > removeMost || i.Leaving*100 > i.Concerned*removeShare && i.Leaving > 0 && i.Concerned > 0 {
		return i.Leaving
	}
	return 0
}

// Mark tells this plan from any other of the same list, so that nothing is applied
// but what somebody was shown.
func (i Import) Mark() string {
	text, err := json.Marshal([]any{i.PlannedAt, i.Counts, i.Classes, i.Leaving})
	if err != nil {
		panic(err) // times and numbers alone
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Finished reports whether applying has ended, one way or the other.
func (i Import) Finished() bool { return !i.FinishedAt.IsZero() }

// UndoableUntil is until when the import can be undone; zero if it cannot.
func (i Import) UndoableUntil() time.Time {
	if i.State != ImportDone && i.State != ImportCancelled || i.AppliedAt.IsZero() {
		return time.Time{}
	}
	if r := i.Receipt; r.Done()-r.Refused-r.Changed == 0 && r.Classrooms+r.Renamed == 0 {
		return time.Time{}
	}
	return i.FinishedAt.Add(ImportUndoFor)
}

func errNoImport() *identity.Error { return identity.NotFound("import.not-found") }

// Import is one of the organization's imports; not found ("import.not-found") for
// any other.
func (o *Organization) Import(ctx context.Context, id ImportID) (Import, error) {
	row, err := o.store.read().ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return Import{}, fmt.Errorf("load an import: %w", orNotFound(err, errNoImport()))
	}
	return importOf(row)
}

// importCounts are kept together, as they are counted.
type importCounts struct {
	Rows    map[roster.Kind]int `json:"rows,omitempty"`
	Classes map[roster.Kind]int `json:"classes,omitempty"`
	Leaving int                 `json:"leaving,omitempty"`
	Aside   ImportAside         `json:"aside,omitzero"`
}

func importOf(row query.Import) (Import, error) {
	i := Import{
		ID: ImportID(row.ID), Home: identity.OrganizationID(row.HomeID), FileName: row.FileName, Size: row.Bytes,
		Format: roster.Format(row.Format), Source: row.Source, State: ImportState(row.State),
		Actor:   identity.Actor{User: identity.UserID(row.ActorID), Name: row.ActorName},
		Request: identity.Request{ID: row.RequestID, Address: row.ClientAddress, Device: row.Device},
		Read:    int(row.ReadRows), Planned: int(row.PlannedRows), Concerned: int(row.Concerned), Trouble: parseMessage(row.Trouble),
		BegunAt: moment(row.BegunUs), PlannedAt: moment(row.PlannedUs), AppliedAt: moment(row.AppliedUs),
		FinishedAt: moment(row.FinishedUs), PausedAt: moment(row.PausedUs), CancelledAt: moment(row.CancelledUs),
		UndoneAt: moment(row.UndoneUs),
	}
	var counts importCounts
	for _, part := range []struct {
		text string
		into any
	}{
		{row.Reading, &i.Reading},
		{row.Options, &i.Options},
		{row.Counts, &counts},
		{row.Receipt, &i.Receipt},
		{row.UndoReceipt, &i.UndoReceipt},
	} {
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return Import{}, fmt.Errorf("read import %s: %w", row.ID, err)
		}
	}
	i.Counts, i.Classes, i.Leaving, i.Aside = counts.Rows, counts.Classes, counts.Leaving, counts.Aside
	return i, nil
}
