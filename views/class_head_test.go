package views

import (
	"slices"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// The head of a class leads only where its reader may go, and says who waits.
func TestTheHeadOfAClassLeadsOnlyWhereOneMayGo(t *testing.T) {
	adding := []string{"/o/42/import", "/o/42/code", "/o/42/invitations/new", "/o/42/students/new"}
	for _, tt := range []struct {
		role         identity.Role
		school       identity.OrganizationID
		state        identity.OrganizationState
		more, adding []string
		cards        int
	}{
		{identity.RoleStudent, "7", identity.OrganizationActive, nil, nil, 0},
		{identity.RoleCoTeacher, "7", identity.OrganizationActive, []string{"/o/42/students/reset", "/o/42/badges", "/o/42/requests"}, adding, 1},
		{identity.RoleTeacher, "7", identity.OrganizationActive, []string{"/o/42/students/reset", "/o/42/badges", "/o/42/requests", "/o/42/substitutes"}, adding, 1},
		{identity.RoleTeacher, "", identity.OrganizationActive, []string{"/o/42/students/reset", "/o/42/requests", "/o/42/substitutes"}, adding, 1},
		{identity.RoleTeacher, "7", identity.OrganizationInactive, nil, nil, 0},
	} {
		org, err := identity.Open(identity.Organization{ID: "42", Kind: identity.KindClassroom, Name: "Biology", School: tt.school, State: tt.state},
			reader.Actor, identity.Held{Here: []identity.Role{tt.role}})
		if err != nil {
			t.Fatal(err)
		}
		page := draw(t, ClassHead(org, RosterView{Requests: 2}))
		hrefs := func(selector string) (found []string) {
			for _, a := range find(t, page, selector) {
				for _, attribute := range a.Attr {
					if attribute.Key == "href" {
						found = append(found, attribute.Val)
					}
				}
			}
			return found
		}
		all := hrefs(".deeds a")
		if want := slices.Concat(tt.more, tt.adding); !slices.Equal(all, want) {
			t.Errorf("%s (%s, %q): %v, want %v", tt.role, tt.state, tt.school, all, want)
		}
		if n := len(hrefs(`a[href="/o/42/cards"]`)); n != tt.cards {
			t.Errorf("%s (%s): %d ways to the cards", tt.role, tt.state, n)
		}
		has(t, page, `.notice a[href="/o/42/requests"]`, "2 people ask to join")
	}
}

// A class without students says how they come in; a search that finds nobody
// does not, and neither does it to students.
func TestAClassWithoutStudentsSaysHowTheyComeIn(t *testing.T) {
	biology := identity.Organization{ID: "42", Kind: identity.KindClassroom, Name: "Biology", State: identity.OrganizationActive}
	teachers := RosterCounts{Roles: map[identity.Role]int{identity.RoleTeacher: 1}}
	students := RosterCounts{Roles: map[identity.Role]int{identity.RoleTeacher: 1, identity.RoleStudent: 1}}
	for _, tt := range []struct {
		name string
		role identity.Role
		v    RosterView
		want int
	}{
		{"nobody but the teacher", identity.RoleTeacher, RosterView{Counts: teachers}, 4},
		{"a student", identity.RoleTeacher, RosterView{Counts: students}, 0},
		{"nobody found", identity.RoleTeacher, RosterView{Counts: teachers, Query: RosterQuery{Search: "x"}}, 0},
		{"a student looks", identity.RoleStudent, RosterView{Counts: teachers}, 0},
	} {
		org, err := identity.Open(biology, reader.Actor, identity.Held{Here: []identity.Role{tt.role}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(find(t, draw(t, Roster(reader, org, tt.v)), ".start a")); got != tt.want {
			t.Errorf("%s: %d ways in, want %d", tt.name, got, tt.want)
		}
	}
}
