package views

import (
	"context"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

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
