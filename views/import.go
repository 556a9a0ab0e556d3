package views

import (
	"cmp"
	"context"
	"strconv"
	"strings"
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
	ID       string
	FileName string // empty: pasted
	By       string
	At       time.Time
	State    ImportState
	Trouble  bool // it waits for something
	Undecid  int  // rows to decide
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

func importSection(org identity.Opened) Section {
	if isSchool(org) {
		return SectionPeople
	}
	return SectionRoster
}

// importFront is where who does not import goes back to.
func importFront(org identity.Opened) string {
	if isSchool(org) {
		return PeoplePath(org.ID())
	}
	return RosterPath(org.ID())
}

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
		if i.Undecid > 0 {
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

// does is what the plan's button says: everything that would happen.
func (i ImportOf) does(ctx context.Context, org identity.Opened) string {
	school := isSchool(org)
	var parts []string
	add := func(n int, class, whole, after string) {
		switch {
		case n == 0:
		case len(parts) > 0:
			parts = append(parts, text(ctx, after, "Count", n))
		case school:
			parts = append(parts, text(ctx, whole, "Count", n))
		default:
			parts = append(parts, text(ctx, class, "Count", n))
		}
	}
	for _, kind := range []roster.Kind{roster.KindCreate, roster.KindMove, roster.KindUpdate, roster.KindRemove} {
		class, whole, after := importDoing(kind)
		if kind == roster.KindMove && !school {
			after = "import.do.join.after"
		}
		add(i.Counts[kind], class, whole, after)
	}
	add(i.Classrooms.Create, "import.do.classes", "import.do.classes", "import.do.classes.after")
	add(i.Classrooms.Rename, "import.do.rename", "import.do.rename", "import.do.rename.after")
	return strings.Join(parts, ", ")
}

// leftOut is how many rows nothing is done with.
func (i ImportOf) leftOut() int {
	return i.Counts[roster.KindError] + i.Counts[roster.KindConflict] + i.Counts[roster.KindSkipped]
}

// changes is how many rows change something.
func (i ImportOf) changes() int {
	return i.Counts[roster.KindCreate] + i.Counts[roster.KindUpdate] + i.Counts[roster.KindMove] + i.Counts[roster.KindRemove] +
		i.Classrooms.Create + i.Classrooms.Rename
}

// importDoing is how a button says what is done with so many rows: as the first
// thing it says, in a class and for a school, and after others.
func importDoing(kind roster.Kind) (class, school, after string) {
	switch kind {
	case roster.KindCreate:
		return "import.do.create", "import.do.create.school", "import.do.create.after"
	case roster.KindUpdate:
		return "import.do.update", "import.do.update.school", "import.do.update.after"
	case roster.KindMove:
		return "import.do.join", "import.do.move.school", "import.do.move.after"
	default:
		return "import.do.remove", "import.do.remove.school", "import.do.remove.after"
	}
}

// ImportKindName is what a tab and a tag call a kind of rows. In a class, who moves
// is somebody with an account who joins it.
func ImportKindName(ctx context.Context, org identity.Opened, kind roster.Kind) string {
	switch kind {
	case roster.KindCreate:
		return text(ctx, "import.kind.create")
	case roster.KindUpdate:
		return text(ctx, "import.kind.update")
	case roster.KindUnchanged:
		return text(ctx, "import.kind.unchanged")
	case roster.KindMove:
		if !isSchool(org) {
			return text(ctx, "import.kind.join")
		}
		return text(ctx, "import.kind.move")
	case roster.KindRemove:
		return text(ctx, "import.kind.remove")
	case roster.KindDuplicate:
		return text(ctx, "import.kind.duplicate")
	case roster.KindConflict:
		return text(ctx, "import.kind.conflict")
	case roster.KindError:
		return text(ctx, "import.kind.error")
	case roster.KindSkipped:
		return text(ctx, "import.kind.skipped")
	}
	return text(ctx, "import.kind.all")
}

// tag is what a row's state looks like.
func (r ImportRow) tag(ctx context.Context, org identity.Opened) (TagKind, string) {
	if r.Refused {
		return TagBad, text(ctx, "import.row.refused")
	}
	label := ImportKindName(ctx, org, r.Kind)
	switch r.Kind {
	case roster.KindCreate:
		return TagGood, label
	case roster.KindUpdate, roster.KindMove:
		return TagSeen, label
	case roster.KindDuplicate, roster.KindRemove:
		return TagWarning, label
	case roster.KindConflict, roster.KindError:
		return TagBad, label
	}
	return TagOff, label
}

// tabs are the kinds there are rows of.
func (p ImportPlan) tabs(ctx context.Context, org identity.Opened) []Tab {
	total := 0
	var kinds []Tab
	for _, kind := range roster.Kinds {
		n := p.Import.Counts[kind]
		if total += n; n == 0 && kind != p.Kind {
			continue
		}
		kinds = append(kinds, Tab{
			Label: ImportKindName(ctx, org, kind), Href: p.Import.pathOf(org.ID(), kind), Current: kind == p.Kind,
			Count: Number(ctx, n), ID: "kind-" + string(kind),
		})
	}
	all := Tab{
		Label: ImportKindName(ctx, org, ""), Href: p.Import.pathOf(org.ID(), ""), Current: p.Kind == "",
		Count: Number(ctx, total), ID: "kind-all",
	}
	return append([]Tab{all}, kinds...)
}

// pathOf is the page of the import with rows of a kind.
func (i ImportOf) pathOf(org identity.OrganizationID, kind roster.Kind) string {
	return WithQuery(ImportPath(org, i.ID), Param{"show", string(kind)})
}

func (p ImportPlan) next(org identity.OrganizationID) string {
	if p.Next == "" {
		return ""
	}
	return WithQuery(ImportPath(org, p.Import.ID), Param{"show", string(p.Kind)}, Param{"after", p.Next})
}

// where says where in the list a row stands.
func (r ImportRow) where(ctx context.Context) string {
	switch place := r.Person.Place; {
	case place.Line == 0:
		return ""
	case place.File != "":
		return text(ctx, "import.row.line-of", "File", place.File, "Line", strconv.Itoa(place.Line))
	default:
		return text(ctx, "import.row.line", "Line", strconv.Itoa(place.Line))
	}
}

// classTag is what becomes of a class of the list.
func (c ImportClassroom) tag(ctx context.Context) (TagKind, string) {
	switch c.Kind {
	case roster.KindCreate:
		return TagGood, text(ctx, "import.class.create")
	case roster.KindUpdate:
		return TagSeen, text(ctx, "import.class.rename")
	case roster.KindUnchanged:
		return TagOff, text(ctx, "import.class.unchanged")
	}
	return TagBad, text(ctx, "import.class.conflict")
}

// cells are the row as it stands in the list, for one that has no name.
func (r ImportRow) cells() string {
	var filled []string
	for _, cell := range r.Person.Cells {
		if cell != "" {
			filled = append(filled, cell)
		}
	}
	return shortened(strings.Join(filled, " · "), 120)
}

// shortened is a text of at most n characters.
func shortened(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// line counts the classes of a list in words.
func (c ImportClassroomCounts) line(ctx context.Context) string {
	var parts []string
	for _, p := range []struct {
		n  int
		id string
	}{
		{c.Create, "import.classes.create"},
		{c.Rename, "import.classes.rename"},
		{c.Unchanged, "import.classes.unchanged"},
		{c.Conflict, "import.classes.conflict"},
	} {
		if p.n > 0 {
			parts = append(parts, text(ctx, p.id, "Count", p.n))
		}
	}
	return strings.Join(parts, " · ")
}

// placing heads the column that says where people of a whole school's list belong:
// to which classes, or, where another file of the list says that, as what.
func (i ImportOf) placing(ctx context.Context) string {
	if i.Set {
		return text(ctx, "import.means.role")
	}
	return text(ctx, "import.row.classes")
}

func importMail(i ImportOf) string {
	if i.Invite {
		return "invite"
	}
	return "accounts"
}

// name is whom a row is about, as far as it says.
func (r ImportRow) name() string {
	return strings.TrimSpace(r.Person.GivenName + " " + r.Person.FamilyName)
}

// login is how somebody of the list signs in.
func (r ImportRow) login() string {
	return cmp.Or(r.UserName, r.Person.Address, r.Person.UserName)
}

// classes are the classes of a row.
func (r ImportRow) classes() string { return strings.Join(r.Person.Classrooms, ", ") }

// does says what is done for a row, in words.
func (r ImportRow) does(ctx context.Context, org identity.Opened) []string {
	var said []string
	for _, step := range r.Steps {
		switch step.Kind {
		case roster.StepCreate:
			said = append(said, text(ctx, "import.step.create"))
		case roster.StepUpdate:
			said = append(said, fieldChanges(ctx, step)...)
		case roster.StepAssign:
			if r.Kind != roster.KindCreate || step.Place != org.ID() {
				said = append(said, text(ctx, "import.step.assign", "Place", step.Name, "Role", step.Role))
			}
		case roster.StepUnassign:
			said = append(said, text(ctx, "import.step.unassign", "Place", step.Name))
		case roster.StepInvite:
			said = append(said, text(ctx, "import.step.invite", "Address", r.Person.Address))
		}
	}
	return said
}

// fieldChanges are what a step changes about an account.
func fieldChanges(ctx context.Context, step roster.Step) []string {
	before, after := roster.Fields{}, roster.Fields{}
	if step.Before != nil {
		before = *step.Before
	}
	if step.After != nil {
		after = *step.After
	}
	var said []string
	for _, field := range []struct {
		id            string
		before, after *string
	}{
		{"import.field.given-name", before.GivenName, after.GivenName},
		{"import.field.family-name", before.FamilyName, after.FamilyName},
		{"import.field.user-name", before.UserName, after.UserName},
		{"import.field.address", before.Address, after.Address},
	} {
		switch {
		case field.after == nil:
		case field.before == nil || *field.before == "":
			said = append(said, text(ctx, "import.field.new", "Field", text(ctx, field.id), "After", *field.after))
		case *field.after == "":
			said = append(said, text(ctx, "import.field.gone", "Field", text(ctx, field.id), "Before", *field.before))
		default:
			said = append(said, text(ctx, "import.field.changed", "Field", text(ctx, field.id), "Before", *field.before, "After", *field.after))
		}
	}
	return said
}

// same is what a candidate and a row have in common.
func same(ctx context.Context, by []roster.By) string {
	var said []string
	for _, b := range by {
		switch b {
		case roster.ByExternalID:
			said = append(said, text(ctx, "import.by.external-id"))
		case roster.ByAddress:
			said = append(said, text(ctx, "import.by.address"))
		case roster.ByUserName:
			said = append(said, text(ctx, "import.by.user-name"))
		case roster.ByName, roster.ByNameInClass:
			said = append(said, text(ctx, "import.by.name"))
		case roster.ByRow:
			said = append(said, text(ctx, "import.by.row"))
		}
	}
	return strings.Join(said, ", ")
}

// ImportUserName is the user name of the person of a row: of who was made, or as
// the list says.
func ImportUserName(r ImportRow) string { return cmp.Or(r.UserName, r.Person.UserName) }

// ImportSaid is what is said about a row: why, and what is done.
func ImportSaid(ctx context.Context, org identity.Opened, r ImportRow) []string {
	var said []string
	for _, reason := range r.Reasons {
		said = append(said, Text(ctx, reason))
	}
	return append(said, r.does(ctx, org)...)
}

// explained reports whether there is anything to say about a row.
func (r ImportRow) explained(ctx context.Context, org identity.Opened) bool {
	return r.Kind == roster.KindDuplicate || r.Decision != roster.Undecided || len(ImportSaid(ctx, org, r)) > 0
}
