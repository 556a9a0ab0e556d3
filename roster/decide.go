package roster

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
)

// maxPersonNumber is how long a list's number of a person may be.
const maxPersonNumber = 200

// Decide says what becomes of a row. It is a pure function of what is known.
func Decide(d Decidable) Decided {
	d.Wanted = settled(d.Wanted)
	out := d.decide()
	switch out.Kind {
	case KindCreate, KindUpdate, KindMove, KindUnchanged:
		for _, note := range d.Person.Notes { // what is left out of it all the same
			out.Reasons = append(out.Reasons, note.Message)
		}
	}
	return out
}

// settled is what a row says about each class, once: that somebody is in it
// outweighs that they have left, since one enrolment may take the place of
// another, and the higher role the lower one.
func settled(wanted []Wanted) []Wanted {
	var once []Wanted
	for _, w := range wanted {
		at := slices.IndexFunc(once, func(o Wanted) bool { return o.Place == w.Place && o.Class == w.Class })
		switch {
		case at < 0:
			once = append(once, w)
		case once[at].Gone && !w.Gone, once[at].Gone == w.Gone && w.Role.Rank() > once[at].Role.Rank():
			once[at] = w
		}
	}
	return once
}

func (d Decidable) decide() Decided {
	if reasons := d.mistakes(); len(reasons) > 0 {
		return Decided{Kind: KindError, Reasons: reasons}
	}
	if why := d.forbidden(); why.ID != "" {
		return Decided{Kind: KindConflict, Reasons: []identity.Message{why}}
	}
	if d.elsewhere() {
		return Decided{Kind: KindConflict, Reasons: []identity.Message{
			identity.Say("import.other-class", "Classroom", d.Rules.ClassroomName),
		}}
	}
	if joins, out := d.twins(); out.Kind != "" {
		return out
	} else if joins != 0 {
		return Decided{Kind: KindUnchanged, Joins: joins, Reasons: []identity.Message{identity.Say("import.repeats", "Line", d.line(joins))}}
	}
	if d.Decision == DecisionSkip {
		return Decided{Kind: KindSkipped}
	}
	known, out := d.who()
	if out.Kind != "" {
		return out
	}
	if known == nil {
		return d.newcomer()
	}
	return d.known(*known)
}

// mistakes are what keeps a row from being imported at all.
func (d Decidable) mistakes() []identity.Message {
	var reasons []identity.Message
	for _, p := range d.Person.Problems {
		reasons = append(reasons, p.Message)
	}
	p := d.Person
	switch {
	case len(reasons) > 0: // what is wrong is said with its column
	case p.GivenName == "" && p.FamilyName == "" && p.ExternalID == "" && p.Address == "" && p.UserName == "":
		reasons = append(reasons, identity.Say("import.name-missing"))
	case utf8.RuneCountInString(p.GivenName) > longestName || utf8.RuneCountInString(p.FamilyName) > longestName:
		reasons = append(reasons, identity.Say("import.name-too-long", "Max", longestName))
	case len(p.ExternalID) > maxPersonNumber:
		reasons = append(reasons, identity.Say("import.external-id-too-long", "Max", maxPersonNumber))
	}
	return reasons
}

// forbidden says why the row's role is none that a list may give.
func (d Decidable) forbidden() identity.Message {
	role := d.role()
	switch {
	case role == identity.RoleStudent:
		return identity.Message{}
	case role != identity.RoleTeacher && role != identity.RoleCoTeacher, d.Rules.Classroom == "" && !d.Rules.MayTeach:
		return identity.Say("import.role-not-by-list")
	case d.Rules.Classroom != "":
		return identity.Say("import.students-only")
	}
	return identity.Message{}
}

// elsewhere reports whether a row of a class's list says that its person is in
// other classes, where the list speaks of this one too.
func (d Decidable) elsewhere() bool {
	return d.Rules.Classroom != "" && len(d.Wanted) == 0 && !d.Person.Gone && !d.Missing && d.Decision != DecisionMerge
}

// role is what the row says its person is. A list of changes may say it by the
// roles in classes alone.
func (d Decidable) role() identity.Role {
	if d.Person.Role != "" {
		return d.Person.Role
	}
	role := identity.RoleStudent
	for _, w := range d.Wanted {
		if !w.Gone && w.Role.Rank() > role.Rank() {
			role = w.Role
		}
	}
	return role
}

func (d Decidable) line(row int64) int {
	for _, t := range d.Twins {
		if t.Row == row {
			return t.Line
		}
	}
	return 0
}

// twice says that two rows share what belongs to one person.
var twice = map[By]string{
	ByExternalID: "import.twice-external-id", ByAddress: "import.twice-address", ByUserName: "import.twice-user-name",
}

// twins says what other rows of the list mean for this one: the row it is part
// of, or what becomes of it because two rows contradict each other.
func (d Decidable) twins() (joins int64, out Decided) {
	for _, t := range d.Twins {
		if t.By.strong() && !t.Same {
			return 0, Decided{Kind: KindError, Reasons: []identity.Message{
				identity.Say(twice[t.By], "Line", t.Line, "Name", t.Name),
			}}
		}
	}
	for _, t := range d.Twins {
		switch {
		case t.By.strong() && t.Row != 0:
			return t.Row, Decided{}
		case t.By != ByRow || t.Row == 0:
		case d.Decision == DecisionMerge && d.WithRow == t.Row:
			return t.Row, Decided{}
		case d.Decision == Undecided && !d.sure():
			return 0, d.ask("import.same-name-in-list")
		}
	}
	return 0, Decided{}
}

// sure reports whether something stronger than a name says who the row is about.
func (d Decidable) sure() bool {
	return slices.ContainsFunc(d.Known, func(k Known) bool {
		return slices.ContainsFunc(k.By, By.strong) || slices.Contains(k.By, ByPrint)
	})
}

// ask leaves a row to somebody's decision.
func (d Decidable) ask(why string, args ...any) Decided {
	out := Decided{Kind: KindDuplicate, Reasons: []identity.Message{identity.Say(why, args...)}}
	for _, k := range d.Known {
		c := Candidate{
			User: k.User, Name: k.name(), UserName: k.UserName, Address: k.Address, ExternalID: k.ExternalID, By: k.By,
		}
		for _, s := range k.Standings {
			if s.Kind == identity.KindClassroom {
				c.Places = append(c.Places, s.Name)
			}
		}
		slices.Sort(c.Places)
		out.Candidates = append(out.Candidates, c)
	}
	for _, t := range d.Twins {
		if t.By == ByRow && t.Row != 0 {
			out.Candidates = append(out.Candidates, Candidate{Row: t.Row, Line: t.Line, Name: t.Name, By: []By{ByRow}})
		}
	}
	slices.SortStableFunc(out.Candidates, func(a, b Candidate) int {
		return cmp.Or(rank(a.By)-rank(b.By), cmp.Compare(a.User, b.User), cmp.Compare(a.Row, b.Row))
	})
	return out
}

var strength = []By{ByExternalID, ByAddress, ByUserName, ByNameInClass, ByPrint, ByName, ByRow}

func rank(by []By) int {
	least := len(strength)
	for _, b := range by {
		least = min(least, slices.Index(strength, b))
	}
	return least
}

func (k Known) name() string {
	return identity.User{GivenName: k.GivenName, FamilyName: k.FamilyName, UserName: k.UserName}.DisplayName()
}

// newcomer is a row about nobody known.
func (d Decidable) newcomer() Decided {
	p := d.Person
	if p.Gone {
		return Decided{Kind: KindUnchanged, Reasons: []identity.Message{identity.Say("import.gone-unknown")}}
	}
	invite := d.Rules.Invite && p.Address != ""
	switch {
	case p.GivenName != "", p.FamilyName != "" && p.Address != "":
	case d.Rules.Delta && p.ExternalID != "" && p.FamilyName == "":
		return Decided{Kind: KindError, Reasons: []identity.Message{identity.Say("import.changes-unknown")}}
	case !invite:
		return Decided{Kind: KindError, Reasons: []identity.Message{identity.Say("import.name-missing")}}
	}
	if d.Rules.Delta && p.Role == "" && len(d.Wanted) == 0 {
		// Nothing says what they are: a guardian, say, of whom the telephone has changed.
		return Decided{Kind: KindError, Reasons: []identity.Message{identity.Say("import.changes-unknown")}}
	}
	if d.role() == identity.RoleStudent && slices.ContainsFunc(d.Wanted, func(w Wanted) bool {
		return !w.Gone && w.Role.Rank() > identity.RoleStudent.Rank()
	}) {
		return Decided{Kind: KindConflict, Reasons: []identity.Message{identity.Say("import.student-elsewhere")}}
	}
	var steps []Step
	waits := 0
	if !invite {
		steps = append(steps, Step{Kind: StepCreate})
		if d.Rules.Classroom == "" && d.role() == identity.RoleTeacher {
			steps = append(steps, d.staff())
		}
	}
	for _, w := range d.Wanted {
		switch {
		case w.Gone, w.Role == "":
		case !invite:
			steps = append(steps, Step{Kind: StepAssign, Place: w.Place, Class: w.Class, Name: w.Name, Role: w.Role})
		case w.Place != "" && slices.Contains(d.Invited, w.Place):
			waits++
		default:
			steps = append(steps, Step{Kind: StepInvite, Place: w.Place, Class: w.Class, Name: w.Name, Role: w.Role})
		}
	}
	switch {
	case len(steps) > 0:
		if !invite && p.ExternalID != "" {
			steps = append(steps, Step{Kind: StepIdentify})
		}
		return Decided{Kind: KindCreate, Steps: steps}
	case waits > 0:
		return Decided{Kind: KindUnchanged, Reasons: []identity.Message{identity.Say("import.invited-already")}}
	}
	return Decided{Kind: KindConflict, Reasons: []identity.Message{identity.Say("import.no-class-to-invite")}}
}

// staff makes somebody one of the school's teachers, who may open classes there
// if the school lets them. Who only assists in classes is none of them.
func (d Decidable) staff() Step {
	return Step{Kind: StepAssign, Place: d.Rules.School, Name: d.Rules.SchoolName, Role: identity.RoleTeacher}
}
