package identity

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestNetworksAreReadAsPeopleWriteThem(t *testing.T) {
	networks, wrong := ReadNetworks("10.1.2.3/16, 192.0.2.7;2001:db8::5/32\n10.1.0.0/16 ten.example 10.1.0.0/40 fe80::1%eth0 ::ffff:10.0.0.1/128")
	var got []string
	for _, n := range networks {
		got = append(got, n.String())
	}
	if want := []string{"10.1.0.0/16", "192.0.2.7/32", "2001:db8::/32"}; !slices.Equal(got, want) {
		t.Errorf("networks = %v, want %v", got, want)
	}
	if want := []string{"ten.example", "10.1.0.0/40", "fe80::1%eth0", "::ffff:10.0.0.1/128"}; !slices.Equal(wrong, want) {
		t.Errorf("wrong = %v, want %v", wrong, want)
	}
}

func TestBadgeRulesAreChecked(t *testing.T) {
	good := DefaultBadgeRules
	for _, test := range []struct {
		name   string
		change func(*BadgeRules)
		field  string // with the problem; empty: none
	}{
		{"the default", func(*BadgeRules) {}, ""},
		{"at any time, every day, everywhere, once", func(r *BadgeRules) { r.Kind, r.Weekdays, r.From, r.Until = BadgeOnce, nil, 0, 0 }, ""},
		{"to midnight", func(r *BadgeRules) { r.From, r.Until = 0, 24*60 }, ""},
		{"no kind", func(r *BadgeRules) { r.Kind = "" }, "kind"},
		{"an eighth day", func(r *BadgeRules) { r.Weekdays = append(slices.Clone(r.Weekdays), 7) }, "weekdays"},
		{"hours that end before they begin", func(r *BadgeRules) { r.From, r.Until = 17*60, 7*60 }, "until"},
		{"past midnight", func(r *BadgeRules) { r.Until = 25 * 60 }, "until"},
		{"no zone", func(r *BadgeRules) { r.Zone = "" }, "zone"},
		{"the server's zone", func(r *BadgeRules) { r.Zone = "Local" }, "zone"},
		{"a zone that is none", func(r *BadgeRules) { r.Zone = "Europe/Atlantis" }, "zone"},
		{"a path for a zone", func(r *BadgeRules) { r.Zone = "../../etc/passwd" }, "zone"},
		{"too many networks", func(r *BadgeRules) { r.Networks = make([]netip.Prefix, MaxBadgeNetworks+1) }, "networks"},
		{"fewer uses than none", func(r *BadgeRules) { r.Uses = -1 }, "uses"},
		{"more uses than can be counted", func(r *BadgeRules) { r.Uses = MaxBadgeUses + 1 }, "uses"},
		{"no days", func(r *BadgeRules) { r.Days = 0 }, "days"},
		{"for ever", func(r *BadgeRules) { r.Days = MaxBadgeDays + 1 }, "days"},
	} {
		rules := good
		test.change(&rules)
		problems := rules.Check()
		var fields []string
		for _, p := range problems {
			fields = append(fields, p.Field)
		}
		var want []string
		if test.field != "" {
			want = []string{test.field}
		}
		if !slices.Equal(fields, want) {
			t.Errorf("%s: problems with %v, want %v", test.name, fields, want)
		}
	}
}

func TestWhoMayHoldABadge(t *testing.T) {
	for _, test := range []struct {
		name          string
		state         UserState
		staff, learns bool
		want          BadgeRefusal
	}{
		{"a student", UserActive, false, true, ""},
		{"a student who teaches elsewhere", UserActive, true, true, BadgeStaff},
		{"staff alone", UserActive, true, false, BadgeStaff},
		{"nobody's student", UserActive, false, false, BadgeNoStudent},
		{"deactivated", UserInactive, false, true, BadgeNoStudent},
		{"locked", UserLocked, false, true, BadgeLocked},
		{"locked, and nobody's student", UserLocked, false, false, BadgeNoStudent},
		{"locked staff", UserLocked, true, true, BadgeStaff},
		{"a state nobody knows", "", false, true, BadgeNoStudent},
	} {
		if got := MayHoldBadge(test.state, test.staff, test.learns); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTheDoorOfBadgesCarriesNoPermission(t *testing.T) {
	school := Organization{ID: "s", Kind: KindSchool, State: OrganizationActive, Name: "Linden"}
	student := User{ID: "u", Home: "s"}
	opened, err := OpenByBadge(school, "b", student)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Permissions {
		if opened.Permits(p) {
			t.Errorf("a badge permits %s", p)
		}
	}
	suspended, classroom := school, school
	suspended.State, classroom.Kind = OrganizationInactive, KindClassroom
	for name, open := range map[string]func() (Opened, error){
		"suspended":         func() (Opened, error) { return OpenByBadge(suspended, "b", student) },
		"a classroom":       func() (Opened, error) { return OpenByBadge(classroom, "b", student) },
		"no badge":          func() (Opened, error) { return OpenByBadge(school, "", student) },
		"at home elsewhere": func() (Opened, error) { return OpenByBadge(school, "b", User{ID: "u", Home: "other"}) },
	} {
		if _, err := open(); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	class := Organization{ID: "c", Kind: KindClassroom, School: "s", State: OrganizationActive}
	for _, test := range []struct {
		name   string
		role   Role
		school Organization
		opens  bool
	}{
		{"a teacher", RoleTeacher, school, true},
		{"a co-teacher", RoleCoTeacher, school, true},
		{"a student", RoleStudent, school, false},
		{"a teacher at another school", RoleTeacher, Organization{ID: "x", Kind: KindSchool, State: OrganizationActive}, false},
		{"a teacher of a suspended school", RoleTeacher, suspended, false},
	} {
		from, err := Open(class, Actor{User: "t"}, Held{Here: []Role{test.role}})
		if err != nil {
			t.Fatal(err)
		}
		opened, err := OpenForBadges(from, test.school)
		if (err == nil) != test.opens {
			t.Errorf("%s: %v", test.name, err)
		}
		for _, p := range Permissions {
			if opened.Permits(p) {
				t.Errorf("%s: permits %s in the school", test.name, p)
			}
		}
	}
}

func TestWeekdaysAreReadAsTheyWereWritten(t *testing.T) {
	text := WeekdaysText([]time.Weekday{time.Friday, time.Sunday, time.Friday})
	if text != "05" {
		t.Errorf("text = %q", text)
	}
	if days := ReadWeekdays("05x9"); !slices.Equal(days, []time.Weekday{time.Sunday, time.Friday}) {
		t.Errorf("days = %v", days)
	}
}
