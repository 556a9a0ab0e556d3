package views

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

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
		case roster.StepGuardians:
			said = append(said, text(ctx, "import.step.guardians"))
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

// mergeWith is what the button of a candidate says: who it is, or which row.
func mergeWith(c roster.Candidate) (name, value string) {
	if c.User == "" {
		return "merge-row", strconv.FormatInt(c.Row, 10)
	}
	return "merge", string(c.User)
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
