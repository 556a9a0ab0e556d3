package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// OpeningLine is one classroom of a list, before it is opened and after.
type OpeningLine struct {
	Line    int
	Text    string // as pasted
	Name    string
	Teacher string // the name of somebody of the school who is to teach it
	Address string // to be invited
	Problem identity.Message

	There  identity.OrganizationID // a classroom of that name in use; empty: none
	Second bool                    // it is opened all the same

	State     OpeningState
	Classroom identity.OrganizationID // once it is open
}

// OpeningState is how far a classroom of a list has come.
type OpeningState string

// The states of a line.
const (
	OpeningWaits  OpeningState = "waiting"
	OpeningDone   OpeningState = "done"
	OpeningFailed OpeningState = "failed"
	OpeningLeft   OpeningState = "left"
)

// OpenManyForm is a list of classrooms to open.
type OpenManyForm struct {
	Submission string
	List       string // as pasted
	Most       int    // how many classrooms a list may have
	Problems   identity.Problems

	// What the list was read as, once it was sent.
	Checked bool
	Good    []OpeningLine // are opened
	There   []OpeningLine // have the name of a classroom that is there
	Bad     []OpeningLine // cannot be opened as they stand
}

// OpeningRunView is a list of classrooms on its way, and then its receipt.
type OpeningRunView struct {
	ID        string
	By        string
	At        time.Time
	Finished  bool
	Trouble   identity.Message
	Lines     []OpeningLine
	Done      int
	Failed    int
	Left      int
	Invited   int
	Assigned  int
	Teachable int // open and without a teacher yet
}

func (v OpeningRunView) title(ctx context.Context) string {
	if v.Finished {
		return text(ctx, "opening.run.done", "Count", v.Done)
	}
	return text(ctx, "opening.run.title", "Count", len(v.Lines))
}

func (l OpeningLine) tag(ctx context.Context) (TagKind, string) {
	switch l.State {
	case OpeningDone:
		return TagGood, text(ctx, "opening.state.done")
	case OpeningFailed:
		return TagBad, text(ctx, "opening.state.failed")
	case OpeningLeft:
		return TagOff, text(ctx, "opening.state.left")
	}
	return TagWaiting, text(ctx, "opening.state.waiting")
}

// UnfinishedOpening is a classroom whose opening was cut off.
type UnfinishedOpening struct {
	Name string
	By   string
	At   time.Time
}
