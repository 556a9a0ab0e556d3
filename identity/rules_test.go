package identity_test

import (
	"errors"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// What each actor may do to each kind of member. A cell is the message of the
// refusal, or empty where it is allowed.
func TestRulesNoRouteMayBend(t *testing.T) {
	type roles = []identity.Role
	school := identity.Organization{ID: "linden", Kind: identity.KindSchool}
	class := identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden"}
	const (
		own, higher, above   = "rule.own-role", "rule.higher-role", "role.above-yours"
		last, lastAdmin      = "rule.last-teacher", "rule.last-school-admin"
		nothing              = "rule.nothing-to-leave"
		elsewhere            = "rule.higher-role-elsewhere"
		guest, notHere, none = "rule.guest-sign-in", "role.not-here", "member.not-found"
	)
	held := map[identity.Role]identity.Held{
		"student":      {Here: roles{"student"}},
		"co_teacher":   {Here: roles{"co_teacher"}},
		"teacher":      {Here: roles{"teacher"}},
		"school_admin": {School: roles{"school_admin"}},
		"operator":     {Platform: roles{"operator"}},
	}
	member := func(role identity.Role, peers int) identity.Member {
		return identity.Member{
			User:       identity.User{ID: "sam", Home: "linden"},
			Assignment: identity.RoleAssignment{User: "sam", Roles: roles{role}, State: identity.AssignmentActive},
			Held:       identity.Held{Here: roles{role}},
			Peers:      peers,
		}
	}
	suspended := func(m identity.Member) identity.Member {
		m.Assignment.State, m.Held.Here = identity.AssignmentSuspended, nil
		return m
	}
	as := func(user identity.UserID, m identity.Member) identity.Member { m.User.ID = user; return m }
	from := func(home identity.OrganizationID, m identity.Member) identity.Member { m.User.Home = home; return m }
	anywhere := func(role identity.Role, m identity.Member) identity.Member { m.HeldAnywhere = role; return m }
	also := func(h identity.Held, m identity.Member) identity.Member {
		m.Held.School, m.Held.Platform = h.School, h.Platform
		return m
	}

	for _, test := range []struct {
		name         string
		organization identity.Organization
		actor        identity.Held
		member       identity.Member
		remove       string
		suspend      string
		reset        string
		toStudent    string
		toCoTeacher  string
		toTeacher    string
		toAdmin      string
		leave        string
	}{
		{"student on student", class, held["student"], member("student", 1), above, above, above, above, above, above, above, none},
		{"student on teacher", class, held["student"], member("teacher", 1), higher, higher, higher, higher, higher, higher, higher, none},
		{"co_teacher on student", class, held["co_teacher"], member("student", 0), "", "", "", "", above, above, notHere, none},
		{"co_teacher on co_teacher", class, held["co_teacher"], member("co_teacher", 1), above, above, above, above, above, above, above, none},
		{"co_teacher on teacher", class, held["co_teacher"], member("teacher", 1), higher, higher, higher, higher, higher, higher, higher, none},
		{"teacher on student", class, held["teacher"], member("student", 0), "", "", "", "", "", "", notHere, none},
		{"teacher on co_teacher", class, held["teacher"], member("co_teacher", 0), "", "", "", "", "", "", notHere, none},
		{"teacher on another teacher", class, held["teacher"], member("teacher", 1), "", "", "", "", "", "", notHere, none},
		{"school_admin on student", class, held["school_admin"], member("student", 0), "", "", "", "", "", "", notHere, none},
		{"school_admin on the last teacher", class, held["school_admin"], member("teacher", 0), last, last, "", last, last, "", notHere, none},
		{"operator on the last teacher", class, held["operator"], member("teacher", 0), last, last, "", last, last, "", notHere, none},
		{"a suspended teacher is nobody's last", class, held["school_admin"], suspended(member("teacher", 0)), "", "", "", "", "", "", notHere, none},
		{"teacher on a teacher who is school_admin", class, held["teacher"], also(held["school_admin"], member("teacher", 1)), higher, higher, higher, higher, higher, higher, higher, none},
		{"teacher on a student who is operator", class, held["teacher"], also(held["operator"], member("student", 1)), higher, higher, higher, higher, higher, higher, higher, none},
		{"school_admin on a student who is school_admin", class, held["school_admin"], also(held["school_admin"], member("student", 1)), "", "", "", "", "", "", notHere, none},
		{"teacher on a guest", class, held["teacher"], from("birch", member("student", 0)), "", "", guest, "", "", "", notHere, none},
		{"operator on a guest", class, held["operator"], from("birch", member("student", 0)), "", "", guest, "", "", "", notHere, none},
		{"teacher on a student who teaches elsewhere", class, held["teacher"], anywhere("teacher", member("student", 0)), "", "", "", "", "", "", notHere, none},
		{"co_teacher on a student who teaches elsewhere", class, held["co_teacher"], anywhere("teacher", member("student", 0)), "", "", elsewhere, "", above, above, notHere, none},
		{"teacher on a student who is school_admin elsewhere", class, held["teacher"], anywhere("school_admin", member("student", 0)), "", "", elsewhere, "", "", "", notHere, none},
		{"a student on themselves", class, held["student"], as("lee", member("student", 1)), own, own, own, own, own, own, own, ""},
		{"a teacher on themselves", class, held["teacher"], as("lee", member("teacher", 1)), own, own, own, own, own, own, own, ""},
		{"the last teacher on themselves", class, held["teacher"], as("lee", member("teacher", 0)), own, own, own, own, own, own, own, last},
		{"school_admin in a classroom holds nothing to leave", class, held["school_admin"], as("lee", member("teacher", 1)), own, own, own, own, own, own, own, nothing},

		{"school_admin on a teacher of the school", school, identity.Held{Here: roles{"school_admin"}}, member("teacher", 0), "", "", "", notHere, notHere, "", "", none},
		{"school_admin on another", school, identity.Held{Here: roles{"school_admin"}}, member("school_admin", 1), "", "", "", notHere, notHere, "", "", none},
		{"operator on the last school_admin", school, held["operator"], member("school_admin", 0), lastAdmin, lastAdmin, "", notHere, notHere, lastAdmin, "", none},
		{"the last school_admin on themselves", school, identity.Held{Here: roles{"school_admin"}}, as("lee", member("school_admin", 0)), own, own, own, own, own, own, own, lastAdmin},
		{"teacher of a school on another", school, identity.Held{Here: roles{"teacher"}}, member("teacher", 1), above, above, above, above, above, above, above, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			opened, err := identity.Open(test.organization, identity.Actor{User: "lee"}, test.actor)
			if err != nil {
				t.Fatal(err)
			}
			for _, decision := range []struct {
				name string
				err  error
				want string
			}{
				{"remove", opened.MayRemove(test.member), test.remove},
				{"suspend", opened.MaySuspend(test.member), test.suspend},
				{"reset the sign-in of", opened.MayResetSignIn(test.member), test.reset},
				{"make student", opened.MayChangeRole(test.member, "student"), test.toStudent},
				{"make co_teacher", opened.MayChangeRole(test.member, "co_teacher"), test.toCoTeacher},
				{"make teacher", opened.MayChangeRole(test.member, "teacher"), test.toTeacher},
				{"make school_admin", opened.MayChangeRole(test.member, "school_admin"), test.toAdmin},
				{"leave as", opened.MayLeave(test.member), test.leave},
			} {
				if got := refusal(decision.err); got != decision.want {
					t.Errorf("%s = %q, want %q", decision.name, got, decision.want)
				}
			}
		})
	}
}

// refusal is the message of an error a user may read, or empty.
func refusal(err error) string {
	var e *identity.Error
	if errors.As(err, &e) {
		return e.Message.ID
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestNobodyGivesARoleAboveTheirOwn(t *testing.T) {
	type roles = []identity.Role
	school := identity.Organization{ID: "linden", Kind: identity.KindSchool}
	class := identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden"}
	for _, test := range []struct {
		name         string
		organization identity.Organization
		held         identity.Held
		want         roles
	}{
		{"student", class, identity.Held{Here: roles{"student"}}, nil},
		{"co_teacher", class, identity.Held{Here: roles{"co_teacher"}}, roles{"student"}},
		{"teacher", class, identity.Held{Here: roles{"teacher"}}, roles{"student", "co_teacher", "teacher"}},
		{"school_admin in a classroom", class, identity.Held{School: roles{"school_admin"}}, roles{"student", "co_teacher", "teacher"}},
		{"operator in a classroom", class, identity.Held{Platform: roles{"operator"}}, roles{"student", "co_teacher", "teacher"}},
		{"teacher of a school", school, identity.Held{Here: roles{"teacher"}}, nil},
		{"school_admin", school, identity.Held{Here: roles{"school_admin"}}, roles{"teacher", "school_admin"}},
		{"operator in a school", school, identity.Held{Platform: roles{"operator"}}, roles{"teacher", "school_admin"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			opened, err := identity.Open(test.organization, identity.Actor{User: "lee"}, test.held)
			if err != nil {
				t.Fatal(err)
			}
			got := opened.Assignable()
			if len(got) != len(test.want) {
				t.Fatalf("assignable = %v, want %v", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Errorf("assignable = %v, want %v", got, test.want)
				}
			}
			for _, role := range identity.Roles {
				allowed := opened.MayInvite(role) == nil
				listed := false
				for _, r := range test.want {
					listed = listed || r == role
				}
				if allowed != listed {
					t.Errorf("may invite %s = %t, want %t", role, allowed, listed)
				}
			}
		})
	}
}
