package identity

import (
	"slices"
	"time"
)

// BulkAction is what is done to many at once.
type BulkAction string

// What can be done to many: to people of a school, to those on a class's list,
// and, where the classroom is archived or restored, to its students and to
// itself.
const (
	BulkSuspend          BulkAction = "suspend"
	BulkRestore          BulkAction = "restore"
	BulkMove             BulkAction = "move"
	BulkRemove           BulkAction = "remove"
	BulkEndSessions      BulkAction = "end-sessions"
	BulkCopy             BulkAction = "copy"
	BulkRole             BulkAction = "role"
	BulkArchive          BulkAction = "archive"
	BulkRestoreClassroom BulkAction = "restore-classroom"
)

// BulkActions lists what can be done to people of a school.
var BulkActions = []BulkAction{BulkSuspend, BulkRestore, BulkMove, BulkEndSessions, BulkRemove}

// ListActions lists what can be done to those on a class's list.
var ListActions = []BulkAction{BulkCopy, BulkMove, BulkRole, BulkRemove}

// Known reports whether a is one of the above.
func (a BulkAction) Known() bool {
	return slices.Contains(BulkActions, a) || slices.Contains(ListActions, a) || a.ToClassroom()
}

// Elsewhere reports whether the action leads into another class.
func (a BulkAction) Elsewhere() bool { return a == BulkCopy || a == BulkMove }

// ToClassroom reports whether the action is about one classroom, whose own run
// it is.
func (a BulkAction) ToClassroom() bool { return a == BulkArchive || a == BulkRestoreClassroom }

// Undoes reports whether what the action did can be put back.
func (a BulkAction) Undoes() bool {
	return slices.Contains([]BulkAction{BulkSuspend, BulkRestore, BulkMove, BulkRemove, BulkCopy, BulkRole}, a)
}

// BulkUndoFor is how long after its end a run can be undone.
const BulkUndoFor = 10 * time.Minute

// MaxBulk is how many people one run may be about.
const MaxBulk = 50_000

// BulkParameters say more about an action.
type BulkParameters struct {
	// Classroom is where people are moved to, From where they leave, and All that
	// they leave every other one. Names are as they were then.
	Classroom     OrganizationID `json:"classroom,omitempty"`
	ClassroomName string         `json:"classroom_name,omitempty"`
	From          OrganizationID `json:"from,omitempty"`
	FromName      string         `json:"from_name,omitempty"`
	All           bool           `json:"all,omitempty"`
	// Role is the one that people of a class are given.
	Role Role `json:"role,omitempty"`
}

// BulkRunID is the ID of a run: the submission of the form that began it, so
// that sending it twice begins one.
type BulkRunID string

// BulkRun is an action on many, under way or done.
type BulkRun struct {
	ID         BulkRunID
	Action     BulkAction
	Parameters BulkParameters
	UndoOf     BulkRunID // the run that this one undoes
	UndoneBy   BulkRunID
	Actor      Actor
	Request    Request // that began it
	Total      int
	Changed    int
	Unchanged  int // were so already
	Refused    int
	Trouble    Message // why it waits; empty while it goes on
	BegunAt    time.Time
	FinishedAt time.Time // zero while it is under way
}

// Done is how many were looked at.
func (r BulkRun) Done() int { return r.Changed + r.Unchanged + r.Refused }

// Finished reports whether nothing is left to do.
func (r BulkRun) Finished() bool { return !r.FinishedAt.IsZero() }

// UndoableUntil is until when the run can be undone; zero if it cannot.
func (r BulkRun) UndoableUntil() time.Time {
	if !r.Finished() || !r.Action.Undoes() || r.UndoOf != "" || r.UndoneBy != "" || r.Changed == 0 {
		return time.Time{}
	}
	return r.FinishedAt.Add(BulkUndoFor)
}

// BulkItemState is what became of one of many.
type BulkItemState string

// States of an item. One that is begun was being changed when the program was
// cut off, or is right now.
const (
	ItemWaiting   BulkItemState = "waiting"
	ItemBegun     BulkItemState = "begun"
	ItemChanged   BulkItemState = "changed"
	ItemUnchanged BulkItemState = "unchanged"
	ItemRefused   BulkItemState = "refused"
)

// BulkItem is one of the many: a user, or the classroom itself.
type BulkItem struct {
	Position int64
	Target   string
	Name     string // as it was then
	State    BulkItemState
	Reason   Message // why it was refused
	Place    string  // the classroom that the reason is about, if any
	Effects  []Effect
}

// Effect is what a change does to one role assignment of a person.
type Effect struct {
	Place     OrganizationID `json:"place"`
	PlaceName string         `json:"name"`
	Before    Position       `json:"before"`
	After     Position       `json:"after"`
}

// Position is a role assignment as it was, or is to be; without roles there is
// none.
type Position struct {
	Roles []Role              `json:"roles,omitempty"`
	State RoleAssignmentState `json:"state,omitempty"`
}

func (p Position) equal(other Position) bool {
	return p.State == other.State && slices.Equal(p.Roles, other.Roles)
}

func positionOf(a RoleAssignment) Position { return Position{Roles: a.Roles, State: a.State} }

// Reversed are the effects that put back what effects did.
func Reversed(effects []Effect) []Effect {
	reversed := make([]Effect, len(effects))
	for i, e := range effects {
		e.Before, e.After = e.After, e.Before
		reversed[len(effects)-1-i] = e
	}
	return reversed
}

// RefusedIn is a refusal that one classroom causes.
type RefusedIn struct {
	Place string
	Err   error
}

func (r *RefusedIn) Error() string { return "in " + r.Place + ": " + r.Err.Error() }

func (r *RefusedIn) Unwrap() error { return r.Err }
