package roster

import (
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Present is somebody as they are when an import is undone.
type Present struct {
	Gone       bool // there is no such account
	Used       bool // they have signed in
	GivenName  string
	FamilyName string
	UserName   string
	Address    string
	Held       map[identity.OrganizationID]identity.Position // everywhere
}

// Back is what undoing a row does.
type Back struct {
	Delete bool   // the account: the import made it, and nobody has used it
	Kept   bool   // the account stays, although the import made it
	Fields Fields // what the account says again
	// Steps end roles ([StepUnassign]), give them again as they were held
	// ([StepAssign]) and withdraw invitations ([StepInvite]).
	Steps []Step
	// Reasons say what stays because it has changed since.
	Reasons []identity.Message
}

// Undo says how the steps of a row that were done are put back, as things are now.
// What is so already is left alone, so that a plan that was cut off may be made and
// done again. It is a pure function of what is known.
func Undo(steps []Step, now Present) Back {
	made := slices.ContainsFunc(steps, func(s Step) bool { return s.Kind == StepCreate })
	switch {
	case made && (now.Gone || !now.Used && !now.changedRoles(steps)):
		return Back{Delete: true}
	case now.Gone && !slices.ContainsFunc(steps, func(s Step) bool { return s.Kind == StepInvite }):
		return Back{Reasons: []identity.Message{identity.Say("import.account-gone")}}
	}
	back := Back{Kept: made}
	if made {
		back.Reasons = append(back.Reasons, identity.Say("import.kept"))
	}
	for _, s := range steps {
		switch s.Kind {
		case StepUpdate:
			back.fields(s, now)
		case StepAssign:
			back.end(s, now)
		case StepUnassign:
			back.give(s, now)
		case StepInvite:
			if s.Invitation != "" {
				back.Steps = append(back.Steps, s)
			}
		}
	}
	return back
}

// changedRoles reports whether an account that an import made has other roles by
// now than it was given: somebody counts on it.
func (p Present) changedRoles(steps []Step) bool {
	given := map[identity.OrganizationID]identity.Role{}
	for _, s := range steps {
		if s.Kind == StepAssign {
			given[s.Place] = s.Role
		}
	}
	for place, held := range p.Held {
		if !slices.Equal(held.Roles, []identity.Role{given[place]}) {
			return true
		}
	}
	return false
}

// teaches reports whether they hold more than a student's role anywhere: no list
// changes what their account says.
func (p Present) teaches() bool {
	for _, held := range p.Held {
		if identity.Highest(held.Roles).Rank() > identity.RoleStudent.Rank() {
			return true
		}
	}
	return false
}

// end takes a role that the import gave.
func (b *Back) end(s Step, now Present) {
	held, there := now.Held[s.Place]
	switch {
	case !there:
	case slices.Equal(held.Roles, []identity.Role{s.Role}):
		b.Steps = append(b.Steps, Step{Kind: StepUnassign, Place: s.Place, Class: s.Class, Name: s.Name, Role: s.Role})
	default:
		b.Reasons = append(b.Reasons, identity.Say("import.role-changed-since", "Classroom", s.Name))
	}
}

// give gives a role again that the import took.
func (b *Back) give(s Step, now Present) {
	if s.Held == nil || len(s.Held.Roles) == 0 {
		return
	}
	held, there := now.Held[s.Place]
	switch {
	case !there:
		b.Steps = append(b.Steps, Step{Kind: StepAssign, Place: s.Place, Name: s.Name, Role: s.Role, Held: s.Held})
	case slices.Equal(held.Roles, s.Held.Roles) && held.State != s.Held.State:
		// Cut off between the two, or done by somebody else: as it was.
		b.Steps = append(b.Steps, Step{Kind: StepAssign, Place: s.Place, Name: s.Name, Role: s.Role, Held: s.Held})
	case !slices.Equal(held.Roles, s.Held.Roles):
		b.Reasons = append(b.Reasons, identity.Say("import.role-changed-since", "Classroom", s.Name))
	}
}

// fields puts back what an account said before, unless it says something else by
// now than the import made it say.
func (b *Back) fields(s Step, now Present) {
	if s.Before == nil || s.After == nil {
		return
	}
	teaches, changed := now.teaches(), false
	put := func(before, after *string, is string, same func(a, b string) bool, to **string) {
		switch {
		case before == nil || after == nil || is == *before || same(is, *before):
		case same(is, *after) && !teaches:
			*to = before
		default:
			changed = true
		}
	}
	exact := func(a, b string) bool { return a == b }
	put(s.Before.GivenName, s.After.GivenName, now.GivenName, exact, &b.Fields.GivenName)
	put(s.Before.FamilyName, s.After.FamilyName, now.FamilyName, exact, &b.Fields.FamilyName)
	put(s.Before.UserName, s.After.UserName, now.UserName, strings.EqualFold, &b.Fields.UserName)
	put(s.Before.Address, s.After.Address, now.Address, identity.SameAddress, &b.Fields.Address)
	if changed {
		b.Reasons = append(b.Reasons, identity.Say("import.account-changed-since"))
	}
}
