package identity

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAnInvitationOffersOnlyWhatItsSenderMayGive(t *testing.T) {
	school := Organization{ID: "s", Kind: KindSchool}
	classroom := Organization{ID: "c", Kind: KindClassroom, School: "s"}
	good := InvitationDraft{Role: RoleStudent, Language: "en", Days: 14}
	with := func(change func(*InvitationDraft)) InvitationDraft {
		d := good
		change(&d)
		return d
	}
	for _, test := range []struct {
		name  string
		org   Organization
		held  Held
		draft InvitationDraft
		want  Problems
	}{
		{"a co-teacher invites students", classroom, Held{Here: []Role{RoleCoTeacher}}, good, nil},
		{
			"a co-teacher invites no co-teacher", classroom,
			Held{Here: []Role{RoleCoTeacher}},
			with(func(d *InvitationDraft) { d.Role = RoleCoTeacher }),
			Problems{{"role", Say("role.above-yours")}},
		},
		{
			"a teacher invites teachers", classroom,
			Held{Here: []Role{RoleTeacher}},
			with(func(d *InvitationDraft) { d.Role = RoleTeacher }), nil,
		},
		{
			"nobody is school admin of a classroom", classroom,
			Held{School: []Role{RoleSchoolAdmin}},
			with(func(d *InvitationDraft) { d.Role = RoleSchoolAdmin }),
			Problems{{"role", Say("role.not-here")}},
		},
		{
			"a school admin invites their like", school,
			Held{Here: []Role{RoleSchoolAdmin}},
			with(func(d *InvitationDraft) { d.Role = RoleSchoolAdmin }), nil,
		},
		{
			"a school has no students", school,
			Held{Here: []Role{RoleSchoolAdmin}},
			good,
			Problems{{"role", Say("role.not-here")}},
		},
		{
			"no role", classroom,
			Held{Here: []Role{RoleTeacher}},
			with(func(d *InvitationDraft) { d.Role = "" }),
			Problems{{"role", Say("role.not-here")}},
		},
		{
			"a message of exactly the limit", classroom,
			Held{Here: []Role{RoleTeacher}},
			with(func(d *InvitationDraft) { d.Message = strings.Repeat("é", MaxInvitationMessage) }), nil,
		},
		{
			"a message beyond the limit", classroom,
			Held{Here: []Role{RoleTeacher}},
			with(func(d *InvitationDraft) { d.Message = strings.Repeat("é", MaxInvitationMessage+3) }),
			Problems{{"message", Say("invitation.message.too-long", "Max", 1000, "Count", 3)}},
		},
		{
			"no time at all", classroom,
			Held{Here: []Role{RoleTeacher}},
			with(func(d *InvitationDraft) { d.Days = 0 }),
			Problems{{"days", Say("invitation.days.out-of-range", "Max", 90)}},
		},
		{
			"the longest time", classroom,
			Held{Here: []Role{RoleTeacher}},
			with(func(d *InvitationDraft) { d.Days = 90 }), nil,
		},
		{
			"too long a time", classroom,
			Held{Here: []Role{RoleTeacher}},
			with(func(d *InvitationDraft) { d.Days = 91 }),
			Problems{{"days", Say("invitation.days.out-of-range", "Max", 90)}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			opened, err := Open(test.org, Actor{User: "u", Name: "Ada"}, test.held)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, test.draft.Check(opened)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestADraftBecomesOneInvitationForEachPerson(t *testing.T) {
	opened, err := Open(Organization{ID: "c", Kind: KindClassroom}, Actor{User: "u", Name: "Ada"}, Held{Here: []Role{RoleTeacher}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	got := InvitationDraft{Role: RoleStudent, Message: "Hi", Language: "es", Days: 7}.
		For(opened, now, "sam@x.org", " Sam\n", "Lee")
	want := Invitation{
		Organization: "c", Address: "sam@x.org", GivenName: "Sam", FamilyName: "Lee",
		Role: RoleStudent, Message: "Hi", Language: "es", Inviter: Actor{User: "u", Name: "Ada"},
		State: InvitationPending, Mail: MailQueued,
		CreatedAt: now, ExpiresAt: now.AddDate(0, 0, 7),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMessagesKeepTheirLinesAndNothingInvisible(t *testing.T) {
	for _, test := range []struct{ name, typed, want string }{
		{"lines of a Windows browser", "Hello\r\nSam\r\n", "Hello\nSam"},
		{"controls and overrides", "a\x00b\u202ec\td", "abc d"},
		{"only space", " \n\t ", ""},
		{"joined emoji stay", "👩‍🏫", "👩‍🏫"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := CleanMessage(test.typed); got != test.want {
				t.Errorf("CleanMessage(%q) = %q, want %q", test.typed, got, test.want)
			}
		})
	}
}
