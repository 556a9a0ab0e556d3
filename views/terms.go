package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// TermsPath lists the terms of a school, its rollovers, and when it takes no lists.
func TermsPath(school identity.OrganizationID) string { return in(school, "terms") }

// NewTermPath is the form that adds a term, TermPath the one that changes it, and
// DeleteTermPath deletes it.
func NewTermPath(school identity.OrganizationID) string { return in(school, "terms", "new") }

// TermPath is the form that changes a term.
func TermPath(school identity.OrganizationID, term string) string { return in(school, "terms", term) }

// DeleteTermPath deletes a term.
func DeleteTermPath(school identity.OrganizationID, term string) string {
	return in(school, "terms", term, "delete")
}

// NewPausePath is the form that sets a pause of imports, and where it is sent.
func NewPausePath(school identity.OrganizationID) string { return in(school, "import-pauses", "new") }

// EndPausePath ends a pause of imports.
func EndPausePath(school identity.OrganizationID, pause string) string {
	return in(school, "import-pauses", pause, "end")
}

// TermLine is a term in the list.
type TermLine struct {
	ID         string
	Name       string
	First, End time.Time // End is the first moment after it
	Classrooms int
	Runs, Over bool
}

// PauseLine is a pause of imports in the list.
type PauseLine struct {
	ID          string
	From, Until time.Time // Until is the first moment after it
	Reason, By  string
	Runs        bool
}

// TermsView is what the page of terms shows.
type TermsView struct {
	Terms     []TermLine
	Pauses    []PauseLine
	Rollovers []RolloverLine
}

// days says from when until when, by the first and the last day.
func days(ctx context.Context, first, end time.Time) string {
	return text(ctx, "term.days", "First", ExactDay(ctx, first), "Last", ExactDay(ctx, end.Add(-time.Second)))
}

// TermForm is the form that adds or changes a term, or sets a pause.
type TermForm struct {
	ID          string // of the term that is changed; empty: a new one
	Submission  string
	Name        string // of a pause: the reason
	First, Last string // days as browsers write them, 2006-01-02
	Deletable   bool
	Problems    identity.Problems
}

func (l TermLine) tag(ctx context.Context) (TagKind, string) {
	switch {
	case l.Runs:
		return TagGood, text(ctx, "term.runs")
	case l.Over:
		return TagOff, text(ctx, "term.over")
	}
	return TagWaiting, text(ctx, "term.to-come")
}
