package views

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// ImportEndView is the end of an import, with those who have to be named.
type ImportEndView struct {
	Import    ImportOf
	Hidden    []ImportRow
	Refused   []ImportRow
	Kept      []ImportRow // accounts that an undo kept
	NotUndone []ImportRow
	Badges    bool // the school uses badges
}

// Fact is a line of a receipt.
type Fact struct{ Name, Value string }

func (r ImportReceipt) any() bool {
	return r.Created+r.Updated+r.Moved+r.Removed+r.Invited+r.Classrooms+r.Renamed > 0
}

func importFrontName(ctx context.Context, org identity.Opened) string {
	if isSchool(org) {
		return text(ctx, "import.front.school")
	}
	return text(ctx, "import.front")
}

// title says what an import is doing, or did.
func (i ImportOf) title(ctx context.Context) string {
	switch i.State {
	case ImportReading:
		return text(ctx, "import.title.reading")
	case ImportApplying:
		return text(ctx, "import.title.applying", "Count", i.ToApply)
	case ImportPaused:
		return text(ctx, "import.title.paused")
	case ImportDone:
		return text(ctx, "import.title.done")
	case ImportCancelled:
		return text(ctx, "import.title.cancelled")
	case ImportUndoing:
		return text(ctx, "import.title.undoing")
	case ImportUndone:
		return text(ctx, "import.title.undone")
	}
	return text(ctx, "import.plan")
}

// cards is what the button says that makes login cards. A school's list has people
// who get none.
func (i ImportOf) cards(ctx context.Context, org identity.Opened) string {
	if isSchool(org) {
		return text(ctx, "import.cards.button.school")
	}
	return text(ctx, "import.cards.button", "Count", i.Receipt.Created)
}

// counted is a number of a receipt with the text that says it.
type counted struct {
	n  int
	id string
}

func sayCounts(ctx context.Context, counts []counted) []string {
	var said []string
	for _, c := range counts {
		if c.n > 0 {
			said = append(said, text(ctx, c.id, "Count", c.n))
		}
	}
	return said
}

// soFar is what has been done, in words.
func (i ImportOf) soFar(ctx context.Context, org identity.Opened) []string {
	r := i.Receipt
	created, moved := "import.far.created", "import.far.joined"
	if isSchool(org) {
		created, moved = "import.far.created.school", "import.far.moved"
	}
	return sayCounts(ctx, []counted{
		{r.Classrooms, "import.far.classes"},
		{r.Created, created},
		{r.Invited, "import.far.invited"},
		{r.Updated, "import.far.updated"},
		{r.Moved, moved},
		{r.Removed, "import.far.removed"},
		{r.Refused, "import.far.refused"},
	})
}

// facts are the numbers of the receipt. Those that say that all is well are left
// out where nothing was done.
func (i ImportOf) facts(ctx context.Context, org identity.Opened) []Fact {
	r, moved := i.Receipt, text(ctx, "import.receipt.joined")
	if isSchool(org) {
		moved = text(ctx, "import.receipt.moved")
	}
	var facts []Fact
	for _, c := range []struct {
		n     int
		label string
		shown bool
	}{
		{r.Created, text(ctx, "import.receipt.created"), true},
		{r.Verified, text(ctx, "import.receipt.verified"), r.Created > 0},
		{r.Repaired, text(ctx, "import.receipt.repaired"), r.Repaired > 0},
		{r.Hidden, text(ctx, "import.receipt.hidden"), r.Hidden > 0},
		{r.Invited, text(ctx, "import.receipt.invited"), r.Invited > 0},
		{r.Updated, text(ctx, "import.receipt.updated"), true},
		{r.Moved, moved, isSchool(org) || r.Moved > 0},
		{r.Removed, text(ctx, "import.receipt.removed"), i.Whole || r.Removed > 0},
		{r.Classrooms, text(ctx, "import.receipt.classes"), isSchool(org)},
		{r.Renamed, text(ctx, "import.receipt.renamed"), r.Renamed > 0},
		{r.Unchanged, text(ctx, "import.receipt.unchanged"), r.Unchanged > 0},
		{r.Changed, text(ctx, "import.receipt.changed"), r.Changed > 0},
		{r.LeftOut, text(ctx, "import.receipt.left-out"), r.LeftOut > 0},
		{r.Refused, text(ctx, "import.receipt.refused"), r.Refused > 0},
	} {
		if c.shown {
			facts = append(facts, Fact{c.label, Number(ctx, c.n)})
		}
	}
	return facts
}

// wouldUndo is what undoing would do.
func (i ImportOf) wouldUndo(ctx context.Context, org identity.Opened) []string {
	r, moved := i.Receipt, "import.undo.joined"
	if isSchool(org) {
		moved = "import.undo.moved"
	}
	said := sayCounts(ctx, []counted{
		{r.Created, "import.undo.created"},
		{r.Invited, "import.undo.invited"},
		{r.Updated, "import.undo.updated"},
		{r.Moved, moved},
		{r.Removed, "import.undo.removed"},
	})
	if r.Created > 0 {
		said = append(said, text(ctx, "import.undo.signed-in"))
	}
	if r.Classrooms > 0 && isSchool(org) {
		said = append(said, text(ctx, "import.undo.classes", "Count", r.Classrooms))
	}
	return append(said, text(ctx, "import.undo.else"))
}

// undoNotice is what an undone import looks like: a warning, if something was left.
func (i ImportOf) undoNotice() NoticeKind {
	if i.Undo.Refused > 0 {
		return NoticeWarning
	}
	return NoticeInfo
}

// undone is what undoing did.
func (i ImportOf) undone(ctx context.Context) []string {
	u := i.Undo
	return sayCounts(ctx, []counted{
		{u.Deleted, "import.undone.deleted"},
		{u.Kept, "import.undone.kept"},
		{u.Back, "import.undone.put-back"},
		{u.Classrooms, "import.undone.classes"},
		{u.Stayed, "import.undone.stayed"},
		{u.Refused, "import.undone.refused"},
	})
}
