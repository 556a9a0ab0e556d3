package roster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// Every rule by which it is decided what becomes of a row.
func TestWhatBecomesOfARow(t *testing.T) {
	student, coTeacher, teacher := identity.RoleStudent, identity.RoleCoTeacher, identity.RoleTeacher
	room := func(place identity.OrganizationID, r identity.Role) []roster.Wanted {
		return []roster.Wanted{{Place: place, Name: strings.ToUpper(string(place)), Role: r}}
	}
	for _, test := range []struct {
		name string
		row  roster.Decidable
		want decided
	}{
		// Rows that cannot be used.
		{
			"a problem",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(func(p *roster.Person) { p.Problems.Add("E-Mail", "address.no-at") })},
			decided{kind: roster.KindError, reasons: "address.no-at"},
		},
		{"nobody", roster.Decidable{Rules: ofClass, Wanted: here}, decided{kind: roster.KindError, reasons: "import.name-missing"}},
		{
			"a long name",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(named(strings.Repeat("é", 101), "Lee"))},
			decided{kind: roster.KindError, reasons: "import.name-too-long"},
		},
		{
			"a name as long as may be",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(named(strings.Repeat("é", 100), "Lee"))},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b"},
		},
		{
			"a long number",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number(strings.Repeat("1", 201)))},
			decided{kind: roster.KindError, reasons: "import.external-id-too-long"},
		},
		{
			"an address of nobody known",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: roster.Person{Address: "x@y.example"}},
			decided{kind: roster.KindError, reasons: "import.name-missing"},
		},
		{
			"a change to nobody known",
			roster.Decidable{Rules: with(ofSchool, func(r *roster.Rules) { r.Delta = true }), Wanted: room("7b", student), Person: roster.Person{ExternalID: "9"}},
			decided{kind: roster.KindError, reasons: "import.changes-unknown"},
		},
		{
			"a number of nobody known, without a name",
			roster.Decidable{Rules: ofSchool, Wanted: room("7b", student), Person: roster.Person{ExternalID: "9"}},
			decided{kind: roster.KindError, reasons: "import.name-missing"},
		},
		// Roles.
		{
			"a teacher in a class's list",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(role(teacher))},
			decided{kind: roster.KindConflict, reasons: "import.students-only"},
		},
		{
			"a school admin",
			roster.Decidable{Rules: ofSchool, Person: sam(role(identity.RoleSchoolAdmin))},
			decided{kind: roster.KindConflict, reasons: "import.role-not-by-list"},
		},
		{
			"a teacher by who may not make one",
			roster.Decidable{Rules: with(ofSchool, func(r *roster.Rules) { r.MayTeach = false }), Person: sam(role(teacher))},
			decided{kind: roster.KindConflict, reasons: "import.role-not-by-list"},
		},
		{
			"a new teacher",
			roster.Decidable{Rules: ofSchool, Wanted: room("7b", teacher), Person: sam(role(teacher), address("s@l.example"))},
			decided{kind: roster.KindCreate, steps: "create; assign teacher linden; assign teacher 7b"},
		},
		{
			"a new student who teaches a class",
			roster.Decidable{Rules: ofSchool, Wanted: room("7b", teacher), Person: sam(role(student))},
			decided{kind: roster.KindConflict, reasons: "import.student-elsewhere"},
		},
		{
			"whom a list of changes makes a teacher by a class",
			roster.Decidable{Rules: with(ofSchool, func(r *roster.Rules) { r.Delta = true }), Wanted: room("7b", teacher), Person: sam(number("9"))},
			decided{kind: roster.KindCreate, steps: "create; assign teacher linden; assign teacher 7b; identify"},
		},
		{
			"who assists in a class is no teacher of the school",
			roster.Decidable{Rules: ofSchool, Wanted: room("7b", coTeacher), Person: sam(role(coTeacher), address("s@l.example"))},
			decided{kind: roster.KindCreate, steps: "create; assign co_teacher 7b"},
		},
		{
			"a change to somebody unknown of whom nothing says what they are",
			roster.Decidable{Rules: with(ofSchool, func(r *roster.Rules) { r.Delta = true }), Person: sam(number("9"))},
			decided{kind: roster.KindError, reasons: "import.changes-unknown"},
		},
		// New people.
		{"new, into a class", roster.Decidable{Rules: ofClass, Wanted: here, Person: sam()}, decided{kind: roster.KindCreate, steps: "create; assign student 7b"}},
		{
			"new, with a number",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9"))},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b; identify"},
		},
		{
			"new, into a class that is opened",
			roster.Decidable{Rules: ofSchool, Wanted: []roster.Wanted{{Class: 3, Name: "8C", Role: student}}, Person: sam()},
			decided{kind: roster.KindCreate, steps: "create; assign student class 3"},
		},
		{"new, into no class of a school", roster.Decidable{Rules: ofSchool, Person: sam()}, decided{kind: roster.KindCreate, steps: "create"}},
		{"in another class than this one", roster.Decidable{Rules: ofClass, Person: sam()}, decided{kind: roster.KindConflict, reasons: "import.other-class"}},
		{
			"invited",
			roster.Decidable{Rules: with(ofClass, invited), Wanted: here, Person: sam(address("s@l.example"))},
			decided{kind: roster.KindCreate, steps: "invite student 7b"},
		},
		{
			"invited without a name",
			roster.Decidable{Rules: with(ofClass, invited), Wanted: here, Person: roster.Person{Address: "s@l.example"}},
			decided{kind: roster.KindCreate, steps: "invite student 7b"},
		},
		{
			"not invited without an address",
			roster.Decidable{Rules: with(ofClass, invited), Wanted: here, Person: sam()},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b"},
		},
		{
			"invited already",
			roster.Decidable{Rules: with(ofClass, invited), Wanted: here, Person: sam(address("s@l.example")), Invited: []identity.OrganizationID{"7b"}},
			decided{kind: roster.KindUnchanged, reasons: "import.invited-already"},
		},
		{
			"invited to nothing",
			roster.Decidable{Rules: with(ofSchool, invited), Person: sam(address("s@l.example"))},
			decided{kind: roster.KindConflict, reasons: "import.no-class-to-invite"},
		},
		{"gone and not known", roster.Decidable{Rules: ofSchool, Person: sam(number("9"), gone)}, decided{kind: roster.KindUnchanged, reasons: "import.gone-unknown"}},
		// Other rows of the list.
		{
			"another has the address",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(address("s@l.example")), Twins: []roster.Twin{{Row: 1, Line: 2, By: roster.ByAddress}}},
			decided{kind: roster.KindError, reasons: "import.twice-address"},
		},
		{
			"another below has the number",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9")), Twins: []roster.Twin{{Line: 7, By: roster.ByExternalID}}},
			decided{kind: roster.KindError, reasons: "import.twice-external-id"},
		},
		{
			"another has the user name",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(userName("sam")), Twins: []roster.Twin{{Row: 1, Line: 2, By: roster.ByUserName}}},
			decided{kind: roster.KindError, reasons: "import.twice-user-name"},
		},
		{
			"the same once more",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9")), Twins: []roster.Twin{{Row: 1, Line: 2, By: roster.ByExternalID, Same: true}}},
			decided{kind: roster.KindUnchanged, reasons: "import.repeats", joins: 1},
		},
		{
			"the same once more below",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9")), Twins: []roster.Twin{{Line: 7, By: roster.ByExternalID, Same: true}}},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b; identify"},
		},
		{
			"the same name twice",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(), Twins: []roster.Twin{{Row: 1, Line: 2, By: roster.ByRow, Same: true}}},
			decided{kind: roster.KindDuplicate, reasons: "import.same-name-in-list", candidates: "row 1 by [row] in []"},
		},
		{
			"the same name twice, one person",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(), Decision: roster.DecisionMerge, WithRow: 1, Twins: []roster.Twin{{Row: 1, Line: 2, By: roster.ByRow, Same: true}}},
			decided{kind: roster.KindUnchanged, reasons: "import.repeats", joins: 1},
		},
		{
			"the same name twice, two people",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(), Decision: roster.DecisionKeep, Twins: []roster.Twin{{Row: 1, Line: 2, By: roster.ByRow, Same: true}}},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b"},
		},
		// Who it is.
		{
			"by number, whatever the name",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9"), named("Alex", "Gray")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"))}},
			decided{kind: roster.KindUpdate, user: "u", steps: "update given_name:Sam,family_name:Lee to given_name:Alex,family_name:Gray"},
		},
		{
			"by address",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(address("S@L.example")), Known: []roster.Known{known("u", roster.ByAddress, has("Sam", "Lee", "s@l.example", "s@l.example", ""))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"by address without a name",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: roster.Person{Address: "s@l.example"}, Known: []roster.Known{known("u", roster.ByAddress, has("Sam", "Lee", "s@l.example", "s@l.example", ""))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"by the address of a sister",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(address("s@l.example")), Known: []roster.Known{known("u", roster.ByAddress, has("Mia", "Lee", "s@l.example", "s@l.example", ""))}},
			decided{kind: roster.KindDuplicate, reasons: "import.other-name", candidates: "u by [address] in [7B]"},
		},
		{
			"by the address of a sister, kept",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionKeep, Person: sam(address("s@l.example")), Known: []roster.Known{known("u", roster.ByAddress, has("Mia", "Lee", "s@l.example", "s@l.example", ""))}},
			decided{kind: roster.KindConflict, reasons: "import.key-taken"},
		},
		{
			"by the address of a sister, merged",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionMerge, With: "u", Person: sam(address("s@l.example")), Known: []roster.Known{known("u", roster.ByAddress, has("Mia", "Lee", "s@l.example", "s@l.example", ""))}},
			decided{kind: roster.KindUpdate, user: "u", steps: "update given_name:Mia to given_name:Sam"},
		},
		{
			"a second given name",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(address("s@l.example"), named("Sam Max", "Lee")), Known: []roster.Known{known("u", roster.ByAddress, has("Sam", "Lee", "s@l.example", "s@l.example", ""))}},
			decided{kind: roster.KindUpdate, user: "u", steps: "update given_name:Sam to given_name:Sam Max"},
		},
		{
			"another number than the address says",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(address("s@l.example"), number("9")), Known: []roster.Known{known("u", roster.ByAddress, has("Sam", "Lee", "s@l.example", "s@l.example", "8"))}},
			decided{kind: roster.KindDuplicate, reasons: "import.other-name", candidates: "u by [address] in [7B]"},
		},
		{
			"two keys of two people",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(address("s@l.example"), number("9")), Known: []roster.Known{known("v", roster.ByAddress), known("u", roster.ByExternalID)}},
			decided{kind: roster.KindDuplicate, reasons: "import.two-keys", candidates: "u by [external-id] in [7B]; v by [address] in [7B]"},
		},
		{
			"two keys of two people, kept",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionKeep, Person: sam(address("s@l.example"), number("9")), Known: []roster.Known{known("v", roster.ByAddress), known("u", roster.ByExternalID)}},
			decided{kind: roster.KindConflict, reasons: "import.key-taken"},
		},
		{
			"by name in the class",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(), Known: []roster.Known{known("u", roster.ByNameInClass)}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"by name, two in the class",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(), Known: []roster.Known{known("u", roster.ByNameInClass), known("v", roster.ByNameInClass)}},
			decided{kind: roster.KindDuplicate, reasons: "import.same-name-in-class", candidates: "u by [name-in-class] in [7B]; v by [name-in-class] in [7B]"},
		},
		{
			"by name elsewhere",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(), Known: []roster.Known{known("u", roster.ByName, stands(in("8a", student)))}},
			decided{kind: roster.KindDuplicate, reasons: "import.same-name", candidates: "u by [name] in [8A]"},
		},
		{
			"by name elsewhere, merged",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionMerge, With: "u", Person: sam(), Known: []roster.Known{known("u", roster.ByName, stands(in("8a", student)))}},
			decided{kind: roster.KindMove, user: "u", steps: "assign student 7b"},
		},
		{
			"by name elsewhere, kept",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionKeep, Person: sam(), Known: []roster.Known{known("u", roster.ByName, stands(in("8a", student)))}},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b"},
		},
		{
			"by name elsewhere, skipped",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionSkip, Person: sam(), Known: []roster.Known{known("u", roster.ByName, stands(in("8a", student)))}},
			decided{kind: roster.KindSkipped},
		},
		{
			"merged with who is no longer meant",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionMerge, With: "w", Person: sam()},
			decided{kind: roster.KindConflict, reasons: "import.changed-since"},
		},
		{
			"by name, told apart by numbers",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByName, has("Sam", "Lee", "sam.l", "", "8"))}},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b; identify"},
		},
		{
			"as the same row was last time",
			roster.Decidable{Rules: ofSchool, Person: sam(), Known: []roster.Known{known("u", roster.ByName, func(k *roster.Known) { k.By = []roster.By{roster.ByName, roster.ByPrint} }), known("v", roster.ByName)}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		// What changes about who is known.
		{
			"names, address and user name",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9"), named("Sam", "Gray"), address("n@l.example"), userName("sam.g")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"))}},
			decided{kind: roster.KindUpdate, user: "u", steps: "update family_name:Lee,user_name:sam.l,address: to family_name:Gray,user_name:sam.g,address:n@l.example"},
		},
		{
			"who signs in by their address goes on to",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9"), address("n@l.example"), userName("sam.g")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "o@l.example", "o@l.example", "9"))}},
			decided{kind: roster.KindUpdate, user: "u", steps: "update user_name:o@l.example,address:o@l.example to user_name:n@l.example,address:n@l.example"},
		},
		{
			"a user name beside the address is nothing new",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(address("o@l.example"), userName("sam.g")), Known: []roster.Known{known("u", roster.ByAddress, has("Sam", "Lee", "o@l.example", "o@l.example", ""))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"capitals are nothing new",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(named("Chloé", "LEFÈVRE")), Known: []roster.Known{known("u", roster.ByNameInClass, has("Chloé", "Lefèvre", "c.l", "", ""))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"nor is what the list leaves empty",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: roster.Person{GivenName: "Sam", ExternalID: "9"}, Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "s@l.example", "9"))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"another number",
			roster.Decidable{Rules: ofClass, Wanted: here, Decision: roster.DecisionMerge, With: "u", Person: sam(address("s@l.example"), number("9")), Known: []roster.Known{known("u", roster.ByAddress, has("Sam", "Lee", "s@l.example", "s@l.example", "8"))}},
			decided{kind: roster.KindUpdate, user: "u", steps: "identify 8"},
		},
		{
			"a guest's account is theirs",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(named("Samuel", "Lee")), Known: []roster.Known{known("u", roster.ByNameInClass, func(k *roster.Known) { k.Guest, k.Protected = true, true })}},
			decided{kind: roster.KindUnchanged, user: "u", reasons: "import.guest-not-changed"},
		},
		{
			"an address that is not the importer's to change",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9"), named("Samuel", "Lee"), address("n@l.example")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "o@l.example", "9"), func(k *roster.Known) { k.Protected = true })}},
			decided{kind: roster.KindUpdate, user: "u", steps: "update given_name:Sam to given_name:Samuel", reasons: "import.address-protected"},
		},
		{
			"a teacher's account stays",
			roster.Decidable{Rules: ofSchool, Wanted: room("7b", teacher), Person: sam(role(teacher), number("9"), named("Samuel", "Lee")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("linden", teacher), in("7b", teacher)))}},
			decided{kind: roster.KindUnchanged, user: "u", reasons: "import.teacher-not-changed"},
		},
		{
			"one's own account stays",
			roster.Decidable{Rules: ofSchool, Person: sam(role(teacher), named("Samuel", "Lee"), number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("linden", teacher)), func(k *roster.Known) { k.Self, k.Protected = true, true })}},
			decided{kind: roster.KindUnchanged, user: "u", reasons: "import.self-not-changed"},
		},
		// Roles of who is known.
		{
			"into another class",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", student), Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"))}},
			decided{kind: roster.KindMove, user: "u", steps: "assign student 8a"},
		},
		{
			"from class to class, where the list is everybody",
			roster.Decidable{Rules: with(ofSchool, whole), Wanted: room("8a", student), Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"))}},
			decided{kind: roster.KindMove, user: "u", steps: "assign student 8a; unassign student 7b"},
		},
		{
			"out of a class that the list speaks for",
			roster.Decidable{Rules: with(ofSchool, whole), Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"))}},
			decided{kind: roster.KindMove, user: "u", steps: "unassign student 7b", leaves: true},
		},
		{
			"not out of one that it does not speak for",
			roster.Decidable{Rules: with(ofSchool, whole), Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(roster.Standing{Place: "7b", Name: "7B", Kind: identity.KindClassroom, Roles: []identity.Role{student}, State: identity.AssignmentActive}))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"whom the list does not name",
			roster.Decidable{Rules: with(ofClass, whole), Missing: true, Person: sam(), Known: []roster.Known{known("u", roster.ByExternalID, stands(in("7b", student), in("8a", student)))}},
			decided{kind: roster.KindMove, user: "u", steps: "unassign student 7b", leaves: true},
		},
		{
			"whom the list does not name, suspended",
			roster.Decidable{Rules: with(ofClass, whole), Missing: true, Person: sam(), Known: []roster.Known{known("u", roster.ByExternalID, func(k *roster.Known) { k.Standings[0].State = identity.AssignmentSuspended })}},
			decided{kind: roster.KindMove, user: "u", steps: "unassign student 7b suspended", leaves: true},
		},
		{
			"gone",
			roster.Decidable{Rules: ofSchool, Person: sam(number("9"), gone), Known: []roster.Known{known("u", roster.ByExternalID, stands(in("7b", student), in("8a", student)))}},
			decided{kind: roster.KindRemove, user: "u", steps: "unassign student 7b; unassign student 8a", leaves: true},
		},
		{
			"gone, in a class's list",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(number("9"), gone), Known: []roster.Known{known("u", roster.ByExternalID, stands(in("7b", student), in("8a", student)))}},
			decided{kind: roster.KindRemove, user: "u", steps: "unassign student 7b", leaves: true},
		},
		{
			"gone from a class",
			roster.Decidable{Rules: ofSchool, Wanted: []roster.Wanted{{Place: "7b", Name: "7B", Role: student, Gone: true}}, Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("7b", student), in("8a", student)))}},
			decided{kind: roster.KindMove, user: "u", steps: "unassign student 7b", leaves: true},
		},
		{
			"gone, and teaching",
			roster.Decidable{Rules: ofSchool, Person: sam(number("9"), gone), Known: []roster.Known{known("u", roster.ByExternalID, stands(in("7b", teacher)))}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.teacher-stays"},
		},
		{
			"who teaches is never removed",
			roster.Decidable{Rules: with(ofSchool, whole), Person: sam(role(teacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("linden", teacher), in("7b", teacher)))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"who teaches here becomes no student",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(), Known: []roster.Known{known("u", roster.ByNameInClass, stands(in("7b", teacher)))}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.teaches-here"},
		},
		{
			"who teaches elsewhere becomes no student",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", student), Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("7b", teacher)))}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.teaches-in-school"},
		},
		{
			"a student becomes no teacher",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", teacher), Person: sam(role(teacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID)}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.student-elsewhere"},
		},
		{
			"a student becomes no teacher by a class",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", teacher), Person: sam(role(student), number("9")), Known: []roster.Known{known("u", roster.ByExternalID)}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.student-elsewhere"},
		},
		{
			"a teacher of the school gets a class",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", teacher), Person: sam(role(teacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("linden", teacher)))}},
			decided{kind: roster.KindMove, user: "u", steps: "assign teacher 8a"},
		},
		{
			"co-teacher and teacher are alike",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", teacher), Person: sam(role(teacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("linden", teacher), in("8a", coTeacher)))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"who assists in a class goes on to",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", coTeacher), Person: sam(role(coTeacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"), stands(in("8a", coTeacher)))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"a student becomes no assistant",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", coTeacher), Person: sam(role(coTeacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID)}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.student-elsewhere"},
		},
		{
			"two roles in one class are the higher one",
			roster.Decidable{Rules: ofSchool, Wanted: append(room("8a", coTeacher), room("8a", teacher)...), Person: sam(role(teacher))},
			decided{kind: roster.KindCreate, steps: "create; assign teacher linden; assign teacher 8a"},
		},
		{
			"out of a class and in again",
			roster.Decidable{
				Rules: ofSchool, Wanted: []roster.Wanted{{Place: "7b", Role: student, Gone: true}, {Place: "7b", Role: student}},
				Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"))},
			},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"in a class as something that cannot be read",
			roster.Decidable{Rules: with(ofSchool, whole), Wanted: room("7b", ""), Person: sam(number("9")), Known: []roster.Known{known("u", roster.ByExternalID, has("Sam", "Lee", "sam.l", "", "9"))}},
			decided{kind: roster.KindUnchanged, user: "u"},
		},
		{
			"new in a class as something that cannot be read",
			roster.Decidable{Rules: ofSchool, Wanted: room("7b", ""), Person: sam()},
			decided{kind: roster.KindCreate, steps: "create"},
		},
		{
			"what is left out of a row is said",
			roster.Decidable{Rules: ofClass, Wanted: here, Person: sam(func(p *roster.Person) { p.Notes.Add("Mother", "address.no-at") })},
			decided{kind: roster.KindCreate, steps: "create; assign student 7b", reasons: "address.no-at"},
		},
		{
			"oneself",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", teacher), Person: sam(role(teacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID, stands(in("linden", teacher)), func(k *roster.Known) { k.Self = true })}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.own-row"},
		},
		{
			"somebody higher",
			roster.Decidable{Rules: ofSchool, Wanted: room("8a", teacher), Person: sam(role(teacher), number("9")), Known: []roster.Known{known("u", roster.ByExternalID, stands(in("linden", identity.RoleSchoolAdmin)), func(k *roster.Known) { k.Higher = true })}},
			decided{kind: roster.KindConflict, user: "u", reasons: "import.higher-role"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, decide(test.row), cmp.AllowUnexported(decided{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
