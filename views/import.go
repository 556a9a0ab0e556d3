package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// ImportState is how far an import has come.
type ImportState string

// The states of an import.
const (
	ImportReading   ImportState = "reading" // being read and compared
	ImportPlanned   ImportState = "planned"
	ImportApplying  ImportState = "applying"
	ImportPaused    ImportState = "paused"
	ImportDone      ImportState = "done"
	ImportCancelled ImportState = "cancelled"
	ImportUndoing   ImportState = "undoing"
	ImportUndone    ImportState = "undone"
	ImportFailed    ImportState = "failed"
)

// ImportForm is the page on which a list is brought.
type ImportForm struct {
	Submission   string
	List         string // as pasted
	MaxMegabytes int
	Problems     identity.Problems
	Earlier      []EarlierImport
	Next         string
	Paged        bool
	PausedUntil  time.Time // lists of the school are not applied before; zero: they are
}

// EarlierImport is a list that was brought before.
type EarlierImport struct {
	ID        string
	FileName  string // empty: pasted
	By        string
	At        time.Time
	State     ImportState
	Trouble   bool // it waits for something
	Undecided int  // rows to decide
}

// ImportOf is an import, as its pages show it.
type ImportOf struct {
	ID         string
	FileName   string // empty: pasted
	Table      bool   // its columns can be corrected
	Set        bool   // of several files, from a school's system
	State      ImportState
	By         string
	At         time.Time
	Trouble    identity.Message
	Rows       int // in the list
	Read       int // so far, while it is read
	Counts     map[roster.Kind]int
	Classrooms ImportClassroomCounts
	Whole      bool
	Invite     bool
	MustChange bool
	Number     int // to be typed before so many leave; 0: need not
	Concerned  int // of how many
	Applied    int // progress
	ToApply    int
	Undone     int
	ToUndo     int
	FinishedAt time.Time
	UndoUntil  time.Time // zero: it cannot be undone
	Receipt    ImportReceipt
	Undo       ImportUndoReceipt
	Skips      int              // lines of the list that are no people
	Skipped    []roster.Skipped // the first of them
	Warnings   []identity.Message
}

// ImportClassroomCounts are what becomes of the classes of a whole school's list.
type ImportClassroomCounts struct {
	Create, Rename, Unchanged, Conflict int
}

// Any reports whether the list says anything about classes.
func (c ImportClassroomCounts) Any() bool { return c != ImportClassroomCounts{} }

// ImportReceipt is what came of an import.
type ImportReceipt struct {
	Created, Verified, Repaired, Hidden, Updated, Moved, Removed, Unchanged, Invited, LeftOut, Refused, Changed, Classrooms, Renamed int
}

// ImportUndoReceipt is what came of undoing it.
type ImportUndoReceipt struct {
	Deleted, Kept, Back, Refused, Classrooms, Stayed int
}

// ImportRow is one row of a list and what becomes of it.
type ImportRow struct {
	Position   string
	Person     roster.Person
	Kind       roster.Kind
	Steps      []roster.Step
	Reasons    []identity.Message
	Candidates []roster.Candidate
	Decision   roster.Decision
	User       identity.UserID // who it is or was made
	UserName   string          // that was made
	Refused    bool            // it could not be done
	Hidden     bool            // it was, and Zitadel does not show it
}

// ImportClassroom is a class of a whole school's list.
type ImportClassroom struct {
	Name, Before string
	Kind         roster.Kind // update is renamed
	Reason       identity.Message
}

// ImportPlan is what would be done, and at whom one looks.
type ImportPlan struct {
	Import    ImportOf
	Mark      string      // of the plan that is shown
	Kind      roster.Kind // the filter
	Page      []ImportRow
	Next      string
	First     bool        // the first page
	Undecided []ImportRow // some of them, above the page
	Mistakes  []ImportRow
	Classes   []ImportClassroom
	MoreClass string
	Typed     string // in the field for the number
	Problems  identity.Problems

	PausedUntil time.Time // it would wait; zero: it would not
}

func isSchool(org identity.Opened) bool { return org.Organization().Kind == identity.KindSchool }

func importTitle(ctx context.Context, org identity.Opened) string {
	if isSchool(org) {
		return text(ctx, "import.title.school")
	}
	return text(ctx, "import.title")
}

func importLead(ctx context.Context, org identity.Opened) string {
	if isSchool(org) {
		return text(ctx, "import.lead.school", "Place", org.Organization().Name)
	}
	return text(ctx, "import.lead", "Place", org.Organization().Name)
}

func importPasteHint(ctx context.Context, org identity.Opened) string {
	if isSchool(org) {
		return text(ctx, "import.paste.hint.school")
	}
	return text(ctx, "import.paste.hint")
}

// importName is what a list is called: its file, or that it was pasted.
func importName(ctx context.Context, file string) string {
	if file == "" {
		return text(ctx, "import.pasted")
	}
	return file
}

func importTag(ctx context.Context, i EarlierImport) (TagKind, string) {
	switch i.State {
	case ImportReading:
		return TagWaiting, text(ctx, "import.state.reading")
	case ImportPlanned:
		if i.Undecided > 0 {
			return TagWarning, text(ctx, "import.state.decide")
		}
		return TagSeen, text(ctx, "import.state.planned")
	case ImportApplying:
		if i.Trouble {
			return TagWarning, text(ctx, "import.state.waits")
		}
		return TagWaiting, text(ctx, "import.state.applying")
	case ImportPaused:
		return TagWarning, text(ctx, "import.state.paused")
	case ImportDone:
		return TagGood, text(ctx, "import.state.done")
	case ImportCancelled:
		return TagOff, text(ctx, "import.state.cancelled")
	case ImportUndoing:
		return TagWaiting, text(ctx, "import.state.undoing")
	case ImportUndone:
		return TagOff, text(ctx, "import.state.undone")
	}
	return TagBad, text(ctx, "import.state.failed")
}
