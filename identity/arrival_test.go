package identity_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// entra is an active connection that makes accounts and puts students into
// Biology.
func entra(change ...func(*identity.Connection)) identity.Connection {
	c := identity.Connection{
		ID: "entra", Provider: "idp", Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML,
		Name: "Linden Entra", State: identity.ConnectionActive, Domains: []string{"linden.example", "new.example"},
		Rules: identity.JoiningRules{Joining: identity.JoinCreate, Role: identity.RoleStudent, Classroom: biologyClass},
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func joining(j identity.Joining) func(*identity.Connection) {
	return func(c *identity.Connection) { c.Rules.Joining = j }
}

func placing(role identity.Role, classroom identity.OrganizationID) func(*identity.Connection) {
	return func(c *identity.Connection) { c.Rules.Role, c.Rules.Classroom = role, classroom }
}

func clever(c *identity.Connection) { c.Vendor, c.District = identity.VendorClever, "d1" }

func arriving(address string) identity.Arriving {
	return identity.Arriving{ExternalID: "x-" + address, Address: address, GivenName: "Given", FamilyName: "Family"}
}

func TestWhoIsLetIn(t *testing.T) {
	for _, c := range []struct {
		name       string
		connection identity.Connection
		person     identity.Arriving
		prepare    func(*arrivalWorld)
		user       identity.UserID // "made": a new one; empty: refused
		message    string          // for the person
		finding    string          // for IT
		roles      string          // in Biology, afterwards
		records    []string
	}{
		{
			"somebody new", entra(), arriving("nia@linden.example"), nil,
			"made", "", "", "[student] active",
			[]string{"arrival.created linden done", "role.assigned biology done"},
		},
		{
			"by address", entra(), arriving("Lea@Linden.example"), nil,
			"lea", "", "", "[student] active",
			[]string{"arrival.linked linden done", "role.assigned biology done"},
		},
		{
			"by address, only linking", entra(joining(identity.JoinLink)), arriving("lea@linden.example"), nil,
			"lea", "", "", "[student] active",
			[]string{"arrival.linked linden done", "role.assigned biology done"},
		},
		{
			"on the roster", entra(joining(identity.JoinRoster), placing(identity.RoleTeacher, biologyClass)),
			arriving("sam@linden.example"), nil, "sam", "", "", "[student] active",
			[]string{"arrival.linked linden done"},
		},
		{
			"linked already, other names", entra(),
			identity.Arriving{ExternalID: "x", Address: "sam@linden.example", GivenName: "Sammy", Linked: "sam"},
			nil,
			"sam", "", "", "[student] active",
			[]string{"user.changed linden done"},
		},
		{
			"linked already, no address arrives", entra(),
			identity.Arriving{ExternalID: "x", Linked: "sam"},
			nil,
			"sam", "", "", "[student] active", nil,
		},
		{
			"suspended", entra(), arriving("sam@linden.example"), func(w *arrivalWorld) {
				a := w.roles["biology/sam"]
				a.State = identity.AssignmentSuspended
				w.roles["biology/sam"] = a
			}, "sam", "", "", "[student] suspended", []string{"arrival.linked linden done"},
		},
		{
			"a higher role than the rule's", entra(), arriving("sam@linden.example"), func(w *arrivalWorld) {
				a := w.roles["biology/sam"]
				a.Roles = []identity.Role{identity.RoleTeacher}
				w.roles["biology/sam"] = a
			}, "sam", "", "", "[teacher] active", []string{"arrival.linked linden done"},
		},
		{
			"not proven, somebody new", entra(), arriving("nia@new.example"), nil,
			"made", "", "", "[student] active",
			[]string{"arrival.created linden done", "role.assigned biology done"},
		},
		{
			"a rule that would make school IT", entra(placing(identity.RoleSchoolAdmin, "")), arriving("lea@linden.example"), nil,
			"lea", "", "", "",
			[]string{"arrival.linked linden done"},
		},
		{
			"a student without a classroom", entra(placing(identity.RoleStudent, "")), arriving("lea@linden.example"), nil,
			"lea", "", "", "",
			[]string{"arrival.linked linden done"},
		},
		{
			"a teacher without a classroom", entra(placing(identity.RoleTeacher, "")), arriving("lea@linden.example"), nil,
			"lea", "", "", "",
			[]string{"arrival.linked linden done", "role.assigned linden done"},
		},
		{
			"the district's own", entra(clever),
			identity.Arriving{ExternalID: "x", Address: "sam@linden.example", District: "d1"},
			nil,
			"sam", "", "", "[student] active",
			[]string{"arrival.linked linden done"},
		},

		{
			"switched off", entra(func(c *identity.Connection) { c.State = identity.ConnectionOff }), arriving("lea@linden.example"), nil,
			"", "arrive.refused.off", "connection-off", "", nil,
		},
		{
			"another district", entra(clever),
			identity.Arriving{ExternalID: "x", Address: "sam@linden.example", District: "d2", Linked: "sam"},
			nil,
			"", "arrive.refused.district", "district", "[student] active", nil,
		},
		{
			"no district at all", entra(clever, func(c *identity.Connection) { c.District = "" }), arriving("sam@linden.example"), nil,
			"", "arrive.refused.district", "district", "[student] active", nil,
		},
		{
			"no address", entra(),
			identity.Arriving{ExternalID: "x"},
			nil,
			"", "arrive.refused.address", "address", "", nil,
		},
		{
			"an address of two", entra(), arriving("a@evil.example@linden.example"), nil,
			"", "arrive.refused.address", "address", "", nil,
		},
		{
			"a domain that looks alike", entra(), arriving("sam@\u0131inden.example"), nil,
			"", "arrive.refused.address", "address", "[student] active", nil,
		},
		{
			"another domain", entra(), arriving("eve@evil.example"), nil,
			"", "arrive.refused.domain", "domain", "", nil,
		},
		{
			"another domain, linked already", entra(),
			identity.Arriving{ExternalID: "x", Address: "sam@evil.example", Linked: "sam"},
			nil,
			"", "arrive.refused.domain", "domain", "[student] active", nil,
		},
		{
			"an address that the provider doubts", entra(),
			identity.Arriving{ExternalID: "x", Address: "lea@linden.example", AddressDoubted: true},
			nil,
			"", "arrive.refused.doubted", "address", "", nil,
		},
		{
			"an account whose address nobody confirmed", entra(), arriving("ann@linden.example"), nil,
			"", "arrive.refused.unverified", "account-unverified", "", nil,
		},
		{
			"a domain that the school has not proven", entra(), arriving("new@new.example"), nil,
			"", "arrive.refused.unverified", "account-unverified", "", nil,
		},
		{
			"two accounts", entra(), arriving("sam@linden.example"),
			func(w *arrivalWorld) { w.person("sam2", "SAM@linden.example", true) },
			"", "arrive.refused.several", "account-several", "[student] active", nil,
		},
		{
			"an operator by address", entra(), arriving("olu@linden.example"), nil,
			"", "arrive.refused.operator", "account-operator", "", nil,
		},
		{
			"an operator, linked before", entra(),
			identity.Arriving{ExternalID: "x", Address: "olu@linden.example", Linked: "olu"},
			nil,
			"", "arrive.refused.operator", "account-operator", "", nil,
		},
		{
			"linked at another school", entra(),
			identity.Arriving{ExternalID: "x", Address: "sam@linden.example", Linked: "bob"},
			func(w *arrivalWorld) {
				w.users["bob"] = identity.User{ID: "bob", Home: "birch", State: identity.UserActive}
			}, "", "arrive.refused.elsewhere", "account-elsewhere", "[student] active", nil,
		},
		{
			"linked to nobody any more", entra(),
			identity.Arriving{ExternalID: "x", Address: "sam@linden.example", Linked: "gone"},
			nil,
			"", "arrive.refused.elsewhere", "account-elsewhere", "[student] active", nil,
		},
		{
			"locked", entra(), arriving("lea@linden.example"), func(w *arrivalWorld) {
				u := w.users["lea"]
				u.State = identity.UserLocked
				w.users["lea"] = u
			}, "", "arrive.refused.inactive", "account-off", "", nil,
		},
		{
			"deactivated, linked", entra(),
			identity.Arriving{ExternalID: "x", Address: "lea@linden.example", Linked: "lea"},
			func(w *arrivalWorld) {
				u := w.users["lea"]
				u.State = identity.UserInactive
				w.users["lea"] = u
			}, "", "arrive.refused.inactive", "account-off", "", nil,
		},
		{
			"nobody yet, only linking", entra(joining(identity.JoinLink)), arriving("nia@linden.example"), nil,
			"", "arrive.refused.no-account", "joining", "", nil,
		},
		{
			"no role yet, only the roster", entra(joining(identity.JoinRoster)), arriving("lea@linden.example"), nil,
			"", "arrive.refused.no-role", "joining", "", nil,
		},
		{
			"a rule that nobody knows", entra(joining("")), arriving("lea@linden.example"), nil,
			"", "arrive.refused.no-role", "joining", "", nil,
		},
		{
			"a user name that somebody elsewhere has", entra(), arriving("taken@linden.example"), nil,
			"", "arrive.refused.taken", "taken", "",
			[]string{"arrival.created linden failed"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newArrivalWorld()
			if c.prepare != nil {
				c.prepare(w)
			}
			before := len(w.users)
			arrived, err := w.arrive(t, c.connection, c.person)
			var refusal *identity.Refusal
			message, finding := "", ""
			if errors.As(err, &refusal) {
				message, finding = refusal.Because.Message.ID, refusal.Finding.Code
			} else if err != nil {
				t.Fatal(err)
			}
			if message != c.message || finding != c.finding {
				t.Errorf("refused by %q (%q), want %q (%q)", message, finding, c.message, c.finding)
			}
			user, want := arrived.User.ID, c.user
			if want == "made" {
				if len(w.users) != before+1 {
					t.Errorf("%d accounts were made, want 1", len(w.users)-before)
				}
				want = w.links[c.person.ExternalID]
				if proven := strings.HasSuffix(c.person.Address, "@linden.example"); w.users[user].AddressVerified != proven {
					t.Errorf("the new address counts as verified: %v, want %v", w.users[user].AddressVerified, proven)
				}
			} else if len(w.users) != before {
				t.Error("an account was made")
			}
			if user != want {
				t.Errorf("%q signs in, want %q", user, want)
			}
			who := user
			if who == "" {
				who = identity.UserID(strings.ToLower(strings.Split(c.person.Address, "@")[0]))
			}
			roles := ""
			if a, ok := w.roles["biology/"+string(who)]; ok {
				roles = fmt.Sprint(a.Roles, " ", a.State)
			}
			if strings.Contains(c.person.Address, "inden") && roles != c.roles {
				t.Errorf("in Biology they are %q, want %q", roles, c.roles)
			}
			if !slices.Equal(w.records, c.records) {
				t.Errorf("recorded %q, want %q", w.records, c.records)
			}
			if _, came := w.came[user]; came != (c.user != "") {
				t.Errorf("remembered as come through: %v", came)
			}
		})
	}
}

func TestNamesAreTakenOver(t *testing.T) {
	for _, c := range []struct {
		name, given, family string
		want                string
	}{
		{"both", "Samuel", "Kimball", "Samuel Kimball"},
		{"one", "Samuel", "", "Samuel Family"},
		{"none", "", "", "Given Family"},
		{"with what deceives", "Sam\u202euel", " Kim ", "Samuel Kim"},
		{"too long", strings.Repeat("x", 300), "Kim", strings.Repeat("x", 100) + " Kim"},
	} {
		w := newArrivalWorld()
		arrived, err := w.arrive(t, entra(), identity.Arriving{
			ExternalID: "x", Address: "sam@linden.example", GivenName: c.given, FamilyName: c.family, Linked: "sam",
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.users["sam"].DisplayName(); got != c.want || arrived.User.DisplayName() != c.want {
			t.Errorf("%s: %q and %q, want %q", c.name, got, arrived.User.DisplayName(), c.want)
		}
	}
}

func TestSomebodyWithoutANameIsNamedAfterTheirAddress(t *testing.T) {
	w := newArrivalWorld()
	arrived, err := w.arrive(t, entra(), identity.Arriving{ExternalID: "x", Address: "nia@linden.example"})
	if err != nil || arrived.User.GivenName != "nia" {
		t.Errorf("named %q, %v, want nia", arrived.User.GivenName, err)
	}
}

func TestDomainsLetPeopleJoin(t *testing.T) {
	for _, c := range []struct {
		name    string
		join    identity.AutoJoin
		role    identity.Role
		address string
		asked   bool
		roles   string // in Biology
	}{
		{"off", identity.AutoJoinOff, identity.RoleStudent, "lea@linden.example", false, ""},
		{"ask", identity.AutoJoinAsk, identity.RoleStudent, "lea@linden.example", true, ""},
		{"on", identity.AutoJoinOn, identity.RoleStudent, "lea@linden.example", false, "[student]"},
		{"on, as a teacher", identity.AutoJoinOn, identity.RoleTeacher, "nia@linden.example", false, "[teacher]"},
		{"on, for who holds a role", identity.AutoJoinOn, identity.RoleTeacher, "sam@linden.example", false, "[student]"},
		{"ask, for who holds a role", identity.AutoJoinAsk, identity.RoleTeacher, "sam@linden.example", false, "[student]"},
		{"on, for school IT", identity.AutoJoinOn, identity.RoleSchoolAdmin, "lea@linden.example", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newArrivalWorld()
			w.domains[0].Join, w.domains[0].Role, w.domains[0].Classroom = c.join, c.role, biologyClass
			arrived, err := w.arrive(t, entra(placing(identity.RoleStudent, "")), arriving(c.address))
			if err != nil {
				t.Fatal(err)
			}
			request, asked := w.asked[arrived.User.ID]
			if asked != c.asked || arrived.Asked != c.asked {
				t.Errorf("asked: %v, told so: %v, want %v", asked, arrived.Asked, c.asked)
			}
			want := identity.JoinRequest{
				User: "lea", Name: "Given Family", Address: c.address, Domain: "linden.example",
				Role: c.role, Classroom: biologyClass,
			}
			if asked && request != want {
				t.Errorf("asked %+v, want %+v", request, want)
			}
			roles := ""
			if a, ok := w.roles["biology/"+string(arrived.User.ID)]; ok {
				roles = fmt.Sprint(a.Roles)
			}
			if roles != c.roles {
				t.Errorf("in Biology they are %q, want %q", roles, c.roles)
			}
		})
	}
}

// A teacher's decision holds: what the rules gave the first time does not come
// back with every sign-in.
func TestARoleThatWasTakenAwayDoesNotComeBack(t *testing.T) {
	w := newArrivalWorld()
	for i, want := range []string{"[student]", ""} {
		arrived, err := w.arrive(t, entra(), arriving("lea@linden.example"))
		if err != nil {
			t.Fatal(err)
		}
		if arrived.First != (i == 0) {
			t.Errorf("arrival %d is the first: %v", i+1, arrived.First)
		}
		got := ""
		if a, ok := w.roles["biology/lea"]; ok {
			got = fmt.Sprint(a.Roles)
		}
		if got != want {
			t.Errorf("after arrival %d: %q, want %q", i+1, got, want)
		}
		delete(w.roles, "biology/lea")
	}
}

func TestAClassroomThatIsGoneKeepsNobodyOut(t *testing.T) {
	for name, classroom := range map[string]identity.Organization{
		"deleted":           {},
		"archived":          {ID: biologyClass, Kind: identity.KindClassroom, School: lindenSchool, State: identity.OrganizationInactive},
		"of another school": {ID: biologyClass, Kind: identity.KindClassroom, School: "birch", State: identity.OrganizationActive},
		"no classroom":      {ID: biologyClass, Kind: identity.KindSchool, School: lindenSchool, State: identity.OrganizationActive},
	} {
		w := newArrivalWorld()
		w.classrooms = []identity.Organization{classroom}
		arrived, err := w.arrive(t, entra(), arriving("lea@linden.example"))
		if err != nil {
			t.Fatal(err)
		}
		if _, assigned := w.roles["biology/lea"]; assigned {
			t.Errorf("%s: a role was assigned there", name)
		}
		want := []identity.Finding{{Code: "classroom-gone", Level: identity.LevelWarning}}
		if !slices.Equal(arrived.Findings, want) {
			t.Errorf("%s: found %v, want %v", name, arrived.Findings, want)
		}
	}
}

// An arrival may be cut off at each call, before or after it had its effect; the
// next one completes it, and nothing is there twice.
func TestAnArrivalThatWasCutOffIsCompletedByTheNext(t *testing.T) {
	for _, address := range []string{"nia@linden.example", "lea@linden.example", "sam@linden.example"} {
		play := func(w *arrivalWorld) {
			w.domains[0].Join, w.domains[0].Role = identity.AutoJoinAsk, identity.RoleTeacher
			person := arriving(address)
			person.GivenName = "Other"
			_, _ = w.arrive(t, entra(), person)
			if w.cutAt != 0 {
				_, _ = w.arrive(t, entra(), person)
			}
		}
		whole := newArrivalWorld()
		play(whole)
		for cut := 1; cut <= whole.calls; cut++ {
			for _, after := range []bool{false, true} {
				w := newArrivalWorld()
				w.cutAt, w.after = cut, after
				play(w)
				if got, want := w.state(), whole.state(); got != want {
					t.Errorf("%s cut at call %d (after its effect: %v) ends as\n%s\nwant\n%s", address, cut, after, got, want)
				}
			}
		}
	}
}

func TestWhoArrivesTwiceAtOnceIsThereOnce(t *testing.T) {
	w := newArrivalWorld()
	before := len(w.users)
	var wait sync.WaitGroup
	var mu sync.Mutex
	seen := map[identity.UserID]bool{}
	for range 16 {
		wait.Go(func() {
			arrived, err := w.arrive(t, entra(), arriving("nia@linden.example"))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[arrived.User.ID] = true
		})
	}
	wait.Wait()
	if len(seen) != 1 || len(w.users) != before+1 {
		t.Errorf("%d people signed in, %d accounts were made, want 1 of each", len(seen), len(w.users)-before)
	}
	created := 0
	for _, record := range w.records {
		if record == "arrival.created linden done" {
			created++
		}
	}
	if created != 1 {
		t.Errorf("made %d times, want 1", created)
	}
	if !w.actors["Linden Entra"] || len(w.actors) != 1 {
		t.Errorf("acted %v, want the connection", w.actors)
	}
}

func TestOnlyWhoComesBackFromAnAttemptArrives(t *testing.T) {
	linden := identity.Organization{ID: lindenSchool, Kind: identity.KindSchool, State: identity.OrganizationActive}
	admin, err := identity.Open(linden, identity.Actor{User: "priya"}, identity.Held{Here: []identity.Role{identity.RoleSchoolAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	w := newArrivalWorld()
	if _, err := identity.Arrive(t.Context(), admin, w, entra(), arriving("lea@linden.example")); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("an admin's own opening lets people arrive: %v", err)
	}
	if _, err := w.arrive(t, entra(), identity.Arriving{Address: "lea@linden.example"}); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("somebody whom the provider does not name arrives: %v", err)
	}
	classroom := identity.Organization{
		ID: biologyClass, Kind: identity.KindClassroom, School: lindenSchool, State: identity.OrganizationActive,
	}
	if _, err := identity.OpenForArrival(admin, classroom); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("an admin's own opening opens a classroom as an arrival: %v", err)
	}
	arrived, err := identity.OpenArriving(linden, "attempt")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := identity.OpenForArrival(arrived, classroom)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range identity.Permissions {
		if opened.Permits(p) || arrived.Permits(p) {
			t.Errorf("an arrival carries the permission %s", p)
		}
	}
}

func TestAddressesHaveOneDomain(t *testing.T) {
	for address, want := range map[string]string{
		"sam@linden.example":         "linden.example",
		"Sam@LINDEN.example":         "linden.example",
		"sam":                        "",
		"@linden.example":            "",
		"sam@":                       "",
		"sam@a.example@b.example":    "",
		"sam kim@linden.example":     "",
		"\"sam@x\"@linden.example":   "",
		"sam@linden.example\n":       "",
		"sam@\u212ainden.example":    "", // the Kelvin sign becomes a k
		"sam@xn--linden-o4a.example": "xn--linden-o4a.example",
	} {
		if got := identity.AddressDomain(address); got != want {
			t.Errorf("AddressDomain(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestAttemptsHaveACodeToReadOut(t *testing.T) {
	if got := identity.AttemptID("k7qd2mxaabcdefghijklmnopqr").Code(); got != "K7QD-2MXA" {
		t.Errorf("code %q, want K7QD-2MXA", got)
	}
	if got := identity.AttemptID("short").Code(); got != "SHORT" {
		t.Errorf("code %q, want SHORT", got)
	}
}
