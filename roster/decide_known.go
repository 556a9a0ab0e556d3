package roster

import (
	"cmp"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// known is a row about somebody who is known.
func (d Decidable) known(k Known) Decided {
	out := Decided{User: k.User}
	gained, lost, refused := d.places(k)
	if refused.ID != "" {
		return Decided{Kind: KindConflict, User: k.User, Reasons: []identity.Message{refused}}
	}
	fields, before, notes := d.fields(k)
	out.Reasons = notes
	if !fields.Empty() {
		out.Steps = append(out.Steps, Step{Kind: StepUpdate, Before: &before, After: &fields})
	}
	out.Steps = append(append(out.Steps, gained...), lost...)
	identifies := d.Person.ExternalID != "" && d.Person.ExternalID != k.ExternalID && !d.Person.Gone
	if identifies {
		out.Steps = append(out.Steps, Step{Kind: StepIdentify, Number: k.ExternalID})
	}
	out.Leaves = len(lost) > 0 && len(gained) == 0
	switch {
	case k.Self && len(gained)+len(lost) > 0:
		return Decided{Kind: KindConflict, User: k.User, Reasons: []identity.Message{identity.Say("import.own-row")}}
	case k.Higher && len(gained)+len(lost) > 0:
		return Decided{Kind: KindConflict, User: k.User, Reasons: []identity.Message{identity.Say("import.higher-role")}}
	case d.Person.Gone && len(lost) > 0:
		out.Kind = KindRemove
	case len(gained)+len(lost) > 0:
		out.Kind = KindMove
	case !fields.Empty() || identifies:
		out.Kind = KindUpdate
	default:
		out.Kind = KindUnchanged
	}
	return out
}

// places are the roles the person gets and loses.
func (d Decidable) places(k Known) (gained, lost []Step, refused identity.Message) {
	role := d.role()
	stands := make(map[identity.OrganizationID]Standing, len(k.Standings))
	for _, s := range k.Standings {
		stands[s.Place] = s
	}
	teaches := k.Teaches()
	if d.Rules.Classroom == "" && role != identity.RoleStudent && !d.Person.Gone {
		switch _, there := stands[d.Rules.School]; {
		case !there && !teaches && studies(k):
			return nil, nil, identity.Say("import.student-elsewhere")
		case !there && role == identity.RoleTeacher:
			gained = append(gained, d.staff())
		}
	}
	named := map[identity.OrganizationID]bool{}
	for _, w := range d.Wanted {
		gone := w.Gone || d.Person.Gone
		s, there := stands[w.Place]
		held := identity.Highest(s.Roles)
		if !gone {
			named[w.Place] = true
		}
		switch {
		case gone && !there:
		case gone && held != identity.RoleStudent:
			return nil, nil, identity.Say("import.teacher-stays", "Classroom", s.Name)
		case gone:
			lost = append(lost, leave(s))
		case w.Role == "": // as they are there, if they are
		case !there && w.Role == identity.RoleStudent && teaches && role == identity.RoleStudent:
			return nil, nil, identity.Say("import.teaches-in-school")
		case !there && w.Role != identity.RoleStudent && role == identity.RoleStudent && !teaches:
			return nil, nil, identity.Say("import.student-elsewhere")
		case !there:
			gained = append(gained, Step{Kind: StepAssign, Place: w.Place, Class: w.Class, Name: w.Name, Role: w.Role})
		case held == w.Role, held == identity.RoleTeacher && w.Role == identity.RoleCoTeacher, held == identity.RoleCoTeacher && w.Role == identity.RoleTeacher:
		case w.Role == identity.RoleStudent:
			return nil, nil, identity.Say("import.teaches-here", "Classroom", s.Name)
		default:
			return nil, nil, identity.Say("import.studies-here", "Classroom", s.Name)
		}
	}
	for _, s := range k.Standings {
		leaves := d.Person.Gone || d.Rules.Whole && s.Concerned && !named[s.Place]
		if d.Rules.Classroom != "" && s.Place != d.Rules.Classroom {
			leaves = false // a class's list speaks for no other
		}
		if !leaves || s.Kind != identity.KindClassroom || slices.ContainsFunc(lost, func(l Step) bool { return l.Place == s.Place }) {
			continue
		}
		if identity.Highest(s.Roles) != identity.RoleStudent {
			if d.Person.Gone || role == identity.RoleStudent {
				return nil, nil, identity.Say("import.teacher-stays", "Classroom", s.Name)
			}
			continue // who teaches is never removed by a list
		}
		lost = append(lost, leave(s))
	}
	byName := func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Class, b.Class))
	}
	slices.SortStableFunc(gained, byName)
	slices.SortStableFunc(lost, byName)
	return gained, lost, identity.Message{}
}

func studies(k Known) bool {
	return slices.ContainsFunc(k.Standings, func(s Standing) bool { return identity.Highest(s.Roles) == identity.RoleStudent })
}

// leave ends a role.
func leave(s Standing) Step {
	return Step{
		Kind: StepUnassign, Place: s.Place, Name: s.Name, Role: identity.Highest(s.Roles),
		Held: &identity.Position{Roles: s.Roles, State: s.State},
	}
}

// fields are what changes about an account. What the list leaves empty stays as
// it is, in every format: a list without a column is no wish to delete.
func (d Decidable) fields(k Known) (after, before Fields, notes []identity.Message) {
	p := d.Person
	if p.Gone {
		return Fields{}, Fields{}, nil
	}
	differs := func(wanted, is string) bool { return wanted != "" && wanted != is && !shouted(wanted, is) }
	address := p.Address != "" && !identity.SameAddress(p.Address, k.Address)
	userName := p.UserName
	if k.Address != "" && identity.SameAddress(k.UserName, k.Address) {
		userName = "" // who signs in by their address goes on to
	}
	changes := differs(p.GivenName, k.GivenName) || p.GivenName != "" && differs(p.FamilyName, k.FamilyName) ||
		address || differs(strings.ToLower(userName), strings.ToLower(k.UserName))
	if !changes {
		return Fields{}, Fields{}, nil
	}
	switch {
	case k.Guest:
		return Fields{}, Fields{}, []identity.Message{identity.Say("import.guest-not-changed")}
	case k.Self:
		return Fields{}, Fields{}, []identity.Message{identity.Say("import.self-not-changed")}
	case k.Higher || k.Teaches():
		return Fields{}, Fields{}, []identity.Message{identity.Say("import.teacher-not-changed")}
	}
	set := func(wanted, is string, a, b **string) {
		if differs(wanted, is) {
			*a, *b = &wanted, &is
		}
	}
	set(p.GivenName, k.GivenName, &after.GivenName, &before.GivenName)
	set(p.FamilyName, k.FamilyName, &after.FamilyName, &before.FamilyName)
	if address {
		if k.Protected {
			notes = append(notes, identity.Say("import.address-protected"))
		} else {
			set(p.Address, k.Address, &after.Address, &before.Address)
			if k.Address != "" && identity.SameAddress(k.UserName, k.Address) {
				userName = p.Address
			}
		}
	}
	if userName != "" && !strings.EqualFold(userName, k.UserName) && !k.Protected {
		set(userName, k.UserName, &after.UserName, &before.UserName)
	}
	return after, before, notes
}

// shouted reports whether a list writes a name in capitals that is known better.
func shouted(wanted, is string) bool {
	return wanted == strings.ToUpper(wanted) && is != strings.ToUpper(is) && strings.EqualFold(wanted, is)
}

// Teaches reports whether somebody is more than a student somewhere in the school.
func (k Known) Teaches() bool {
	return slices.ContainsFunc(k.Standings, func(s Standing) bool {
		return identity.Highest(s.Roles).Rank() > identity.RoleStudent.Rank()
	})
}
