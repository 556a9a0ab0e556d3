package roster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// Every rule by which a row is put back.
func TestHowARowIsPutBack(t *testing.T) {
	type back struct {
		deleted, kept          bool
		fields, steps, reasons string
	}
	text := func(s string) *string { return &s }
	held := func(places ...string) map[identity.OrganizationID]identity.Position {
		all := map[identity.OrganizationID]identity.Position{}
		for _, p := range places {
			place, role, _ := strings.Cut(p, ":")
			role, suspended := strings.CutSuffix(role, "-")
			state := identity.AssignmentActive
			if suspended {
				state = identity.AssignmentSuspended
			}
			all[identity.OrganizationID(place)] = identity.Position{Roles: []identity.Role{identity.Role(role)}, State: state}
		}
		return all
	}
	assign := roster.Step{Kind: roster.StepAssign, Place: "7b", Name: "7B", Role: identity.RoleStudent}
	created := []roster.Step{{Kind: roster.StepCreate}, assign, {Kind: roster.StepIdentify}}
	active, suspended := held("7b:student")["7b"], held("7b:student-")["7b"]
	removed := func(p identity.Position) []roster.Step {
		return []roster.Step{{Kind: roster.StepUnassign, Place: "7b", Name: "7B", Role: identity.RoleStudent, Held: &p}}
	}
	updated := []roster.Step{{
		Kind:   roster.StepUpdate,
		Before: &roster.Fields{GivenName: text("Sam"), UserName: text("sam.l"), Address: text("")},
		After:  &roster.Fields{GivenName: text("Samuel"), UserName: text("samuel.l"), Address: text("s@l.example")},
	}}
	for _, test := range []struct {
		name  string
		steps []roster.Step
		now   roster.Present
		want  back
	}{
		{"made and not used", created, roster.Present{Held: held("7b:student")}, back{deleted: true}},
		{"made and suspended since", created, roster.Present{Held: held("7b:student-")}, back{deleted: true}},
		{"made, and out of the class since", created, roster.Present{}, back{deleted: true}},
		{"made and deleted since", created, roster.Present{Gone: true}, back{deleted: true}},
		{"made and used", created, roster.Present{Used: true, Held: held("7b:student")}, back{kept: true, steps: "unassign student 7b", reasons: "import.kept"}},
		{"made and used, out of the class", created, roster.Present{Used: true}, back{kept: true, reasons: "import.kept"}},
		{"made, and in another class since", created, roster.Present{Held: held("7b:student", "8a:student")}, back{kept: true, steps: "unassign student 7b", reasons: "import.kept"}},
		{"made, and more than a student since", created, roster.Present{Held: held("7b:co_teacher")}, back{kept: true, reasons: "import.kept import.role-changed-since"}},
		{"put into a class", []roster.Step{assign}, roster.Present{Held: held("7b:student", "8a:student")}, back{steps: "unassign student 7b"}},
		{"put into a class, out of it since", []roster.Step{assign}, roster.Present{Held: held("8a:student")}, back{}},
		{"put into a class, more by now", []roster.Step{assign}, roster.Present{Held: held("7b:teacher")}, back{reasons: "import.role-changed-since"}},
		{"taken out", removed(active), roster.Present{Held: held("8a:student")}, back{steps: "assign student 7b"}},
		{"taken out, suspended", removed(suspended), roster.Present{}, back{steps: "assign student 7b suspended"}},
		{"taken out, in again", removed(active), roster.Present{Held: held("7b:student")}, back{}},
		{"taken out, in again but for the suspension", removed(suspended), roster.Present{Held: held("7b:student")}, back{steps: "assign student 7b suspended"}},
		{"taken out, in again as more", removed(active), roster.Present{Held: held("7b:teacher")}, back{reasons: "import.role-changed-since"}},
		{"taken out and deleted since", removed(active), roster.Present{Gone: true}, back{reasons: "import.account-gone"}},
		{"changed", updated, roster.Present{GivenName: "Samuel", UserName: "SAMUEL.L", Address: "S@l.example"}, back{fields: "given_name:Sam,user_name:sam.l,address:"}},
		{"changed back already", updated, roster.Present{GivenName: "Sam", UserName: "sam.l"}, back{fields: ""}},
		{"changed back halfway", updated, roster.Present{GivenName: "Sam", UserName: "samuel.l", Address: "s@l.example"}, back{fields: "user_name:sam.l,address:"}},
		{"changed again by somebody", updated, roster.Present{GivenName: "Sammy", UserName: "samuel.l", Address: "s@l.example"}, back{fields: "user_name:sam.l,address:", reasons: "import.account-changed-since"}},
		{"changed, and teaching since", updated, roster.Present{GivenName: "Samuel", UserName: "samuel.l", Address: "s@l.example", Held: held("7b:teacher")}, back{reasons: "import.account-changed-since"}},
		{"invited", []roster.Step{{Kind: roster.StepInvite, Place: "7b", Role: identity.RoleStudent, Invitation: "i"}}, roster.Present{Gone: true}, back{steps: "invite student 7b"}},
		{"a number alone", []roster.Step{{Kind: roster.StepIdentify}}, roster.Present{}, back{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := roster.Undo(test.steps, test.now)
			told := back{deleted: got.Delete, kept: got.Kept, fields: fieldsText(&got.Fields)}
			var steps, reasons []string
			for _, s := range got.Steps {
				steps = append(steps, stepText(s))
			}
			for _, m := range got.Reasons {
				reasons = append(reasons, m.ID)
			}
			told.steps, told.reasons = strings.Join(steps, "; "), strings.Join(reasons, " ")
			if diff := cmp.Diff(test.want, told, cmp.AllowUnexported(back{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
