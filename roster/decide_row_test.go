package roster_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// decided is what becomes of a row, as text.
type decided struct {
	kind       roster.Kind
	user       identity.UserID
	steps      string // parted by "; "
	reasons    string // IDs, parted by spaces
	candidates string // by whom they are, parted by "; "
	leaves     bool
	joins      int64
}

func decide(d roster.Decidable) decided {
	got := roster.Decide(d)
	var steps, reasons, candidates []string
	for _, s := range got.Steps {
		steps = append(steps, stepText(s))
	}
	for _, m := range got.Reasons {
		reasons = append(reasons, m.ID)
	}
	for _, c := range got.Candidates {
		who := string(c.User)
		if c.Row != 0 {
			who = fmt.Sprintf("row %d", c.Row)
		}
		candidates = append(candidates, fmt.Sprintf("%s by %v in %v", who, c.By, c.Places))
	}
	return decided{
		kind: got.Kind, user: got.User, steps: strings.Join(steps, "; "), reasons: strings.Join(reasons, " "),
		candidates: strings.Join(candidates, "; "), leaves: got.Leaves, joins: got.Joins,
	}
}

func stepText(s roster.Step) string {
	switch s.Kind {
	case roster.StepUpdate:
		return fmt.Sprintf("update %s to %s", fieldsText(s.Before), fieldsText(s.After))
	case roster.StepIdentify:
		return strings.TrimSpace("identify " + s.Number)
	case roster.StepCreate:
		return "create"
	}
	place := string(s.Place)
	if s.Class != 0 {
		place = fmt.Sprintf("class %d", s.Class)
	}
	text := fmt.Sprintf("%s %s %s", s.Kind, s.Role, place)
	if s.Held != nil && s.Held.State != identity.AssignmentActive {
		text += " " + string(s.Held.State)
	}
	return text
}

func fieldsText(f *roster.Fields) string {
	text, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer("{", "", "}", "", `"`, "").Replace(string(text))
}

// Of class, and of school: the rules of a teacher's list, and of a school's.
var (
	ofClass  = roster.Rules{Classroom: "7b", ClassroomName: "7B"}
	ofSchool = roster.Rules{School: "linden", SchoolName: "Linden", MayTeach: true}
	here     = []roster.Wanted{{Place: "7b", Name: "7B", Role: identity.RoleStudent}}
)

func with(r roster.Rules, change func(*roster.Rules)) roster.Rules {
	change(&r)
	return r
}

func invited(r *roster.Rules) { r.Invite = true }
func whole(r *roster.Rules)   { r.Whole = true }

// sam is a row, and knownSam who it is about by what is given.
func sam(change ...func(*roster.Person)) roster.Person {
	p := roster.Person{GivenName: "Sam", FamilyName: "Lee"}
	for _, c := range change {
		c(&p)
	}
	return p
}

func address(a string) func(*roster.Person) { return func(p *roster.Person) { p.Address = a } }

func userName(n string) func(*roster.Person) { return func(p *roster.Person) { p.UserName = n } }

func number(n string) func(*roster.Person)      { return func(p *roster.Person) { p.ExternalID = n } }
func role(r identity.Role) func(*roster.Person) { return func(p *roster.Person) { p.Role = r } }
func named(given, fam string) func(*roster.Person) {
	return func(p *roster.Person) { p.GivenName, p.FamilyName = given, fam }
}
func gone(p *roster.Person) { p.Gone = true }

func known(id identity.UserID, by roster.By, change ...func(*roster.Known)) roster.Known {
	k := roster.Known{
		User: id, GivenName: "Sam", FamilyName: "Lee", UserName: "sam.l", By: []roster.By{by},
		Standings: []roster.Standing{in("7b", identity.RoleStudent)},
	}
	for _, c := range change {
		c(&k)
	}
	return k
}

func in(place identity.OrganizationID, r identity.Role) roster.Standing {
	kind := identity.KindClassroom
	if place == "linden" {
		kind = identity.KindSchool
	}
	return roster.Standing{
		Place: place, Name: strings.ToUpper(string(place)), Kind: kind, Roles: []identity.Role{r}, State: identity.AssignmentActive, Concerned: true,
	}
}

func stands(standings ...roster.Standing) func(*roster.Known) {
	return func(k *roster.Known) { k.Standings = standings }
}

func has(given, family, user, address, number string) func(*roster.Known) {
	return func(k *roster.Known) {
		k.GivenName, k.FamilyName, k.UserName, k.Address, k.ExternalID = given, family, user, address, number
	}
}
