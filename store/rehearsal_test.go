package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// rehearsed is a world in which somebody of Linden is locked out for every
// reason there is, and some are not.
func rehearsed(t *testing.T) (*world, *Organization) {
	t.Helper()
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c", "linden.example")
	off := w.connect(o, "off", "off.example")
	off.State = identity.ConnectionOff
	add := func(id, family, address string, verified bool, state identity.UserState) {
		w.apply(identity.UserCreated{At: noon, User: identity.User{
			ID: identity.UserID("linden-" + id), Home: "linden", UserName: id, GivenName: id, FamilyName: family,
			Address: address, AddressVerified: verified, State: state,
		}})
	}
	add("eva", "B", "", false, identity.UserActive)
	add("eli", "C", "eli@elsewhere.example", true, identity.UserActive)
	add("eno", "D", "eno@off.example", true, identity.UserActive)
	add("una", "E", "una@linden.example", false, identity.UserActive)
	add("ina", "F", "ina@elsewhere.example", true, identity.UserInactive)
	add("ona", "G", "", false, identity.UserActive)
	add("oto", "H", "", false, identity.UserActive)
	for _, user := range []identity.UserID{"linden-sam", "linden-ona"} {
		w.must(o.SignedInThrough(t.Context(), "c", user, "x"))
	}
	w.must(o.SignedInThrough(t.Context(), "off", "linden-oto", "x"))
	w.save(o, off)
	w.must(func() error {
		_, err := o.SetEnforcement(t.Context(), identity.Change{Action: identity.ActionEnforced}, enforced(o), false)
		return err
	}())
	return w, o
}

func TestARehearsalTellsWhoIsLockedOutAndWhy(t *testing.T) {
	_, o := rehearsed(t)
	got, err := o.Rehearse(t.Context(), RehearsalQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range got.Rows {
		lines = append(lines, fmt.Sprint(r.User.DisplayName(), ", ", r.Role, ", ", r.Why, ", ", r.Excepted))
	}
	want := []string{
		"Ada Adler, school_admin, never-tested, true",
		"eva B, , no-address, false",
		"eli C, , domain, false",
		"Cleo Clark, co_teacher, never-tested, false",
		"eno D, , domain, false",
		"una E, , unverified, false",
		"oto H, , no-address, false",
		"Zoë Núñez, student, never-tested, false",
		"Ann Smith, student, never-tested, false",
		"Tom Tanner, teacher, never-tested, false",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	got.Rows = nil
	if diff := cmp.Diff(Rehearsal{
		People: 12, Fine: 2, Excepted: 1,
		Counts: map[identity.LockedOutWhy]int{
			identity.LockedOutNoAddress: 2, identity.LockedOutDomain: 2, identity.LockedOutUnverified: 1,
			identity.LockedOutNeverTested: 5, identity.LockedOutGuest: 1,
		},
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestARehearsalIsReadPageByPage(t *testing.T) {
	w, o := rehearsed(t)
	for why, want := range map[identity.LockedOutWhy]string{
		"":                            "linden-ada linden-eva linden-eli linden-cleo linden-eno linden-una linden-oto linden-zoe linden-ann linden-tom ",
		identity.LockedOutNoAddress:   "linden-eva linden-oto ",
		identity.LockedOutDomain:      "linden-eli linden-eno ",
		identity.LockedOutUnverified:  "linden-una ",
		identity.LockedOutNeverTested: "linden-ada linden-cleo linden-zoe linden-ann linden-tom ",
	} {
		for _, limit := range []int{1, 3, 10, 50} {
			var got, after string
			for {
				page, err := o.Rehearse(t.Context(), RehearsalQuery{Why: why, After: after, Limit: limit})
				w.must(err)
				for _, r := range page.Rows {
					got += string(r.User.ID) + " "
				}
				if after = page.Next; after == "" {
					break
				}
			}
			if got != want {
				t.Errorf("%q by %d: %q, want %q", why, limit, got, want)
			}
		}
	}
	page, err := o.Rehearse(t.Context(), RehearsalQuery{Limit: 1})
	w.must(err)
	birch := w.school("birch")
	for name, q := range map[string]RehearsalQuery{
		"nonsense": {After: "nonsense"}, "guests": {Why: identity.LockedOutGuest},
	} {
		if _, err := o.Rehearse(t.Context(), q); !identity.IsKind(err, identity.KindInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := birch.Rehearse(t.Context(), RehearsalQuery{After: page.Next}); !identity.IsKind(err, identity.KindInvalid) {
		t.Errorf("another school's place: %v", err)
	}
}

func TestASchoolWithoutConnectionsLocksEverybodyOut(t *testing.T) {
	w := newWorld(t)
	got, err := w.school("linden").Rehearse(t.Context(), RehearsalQuery{Limit: 1})
	if err != nil || got.People != 6 || got.Fine != 0 || got.Counts[identity.LockedOutDomain] != 6 || got.Next == "" {
		t.Errorf("rehearsal = %+v, %v", got, err)
	}
}

func TestWhatIsExpiredGoes(t *testing.T) {
	w := mixed(t)
	o := w.school("linden")
	w.must(o.DecideJoin(t.Context(), identity.Change{Action: identity.ActionJoinDeclined}, "linden-sam", false, nil))
	tables := []string{
		"attempts", "connection_days", "setup_codes", "setup_links", "join_requests", "connection_certificates",
		"connections", "domains", "connected_people", "enforcements",
	}
	count := func() map[string]int {
		counts := map[string]int{}
		for _, table := range tables {
			var n int
			w.must(w.reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE organization_id = 'linden'").Scan(&n))
			counts[table] = n
		}
		return counts
	}
	want := count()
	step := func(d time.Duration, left map[string]int) {
		t.Helper()
		w.clock = noon.Add(d)
		w.must(w.DeleteExpired(t.Context()))
		for table, n := range left {
			want[table] = n
		}
		if diff := cmp.Diff(want, count()); diff != "" {
			t.Errorf("after %v: %s", d, diff)
		}
	}
	if want["attempts"] != 3 || want["connection_certificates"] != 2 {
		t.Fatalf("at first: %v", want)
	}
	step(time.Hour, nil)
	step(codesKept, map[string]int{"setup_codes": 0})
	step(attemptsKept-time.Second, nil)
	if _, _, err := o.Proposal(t.Context(), "linden-okta"); err != nil {
		t.Errorf("the proposal is gone: %v", err)
	}
	step(attemptsKept, map[string]int{"attempts": 0, "connection_certificates": 1})
	_, _, err := o.Proposal(t.Context(), "linden-okta")
	refused(t, err, identity.KindNotFound, "connection.no-proposal")
	step(attemptsKept+day, map[string]int{"connection_days": 0})
	step(decisionsKept, map[string]int{"join_requests": 0})
	step(linksKept+identity.SetupLinkDays*day, map[string]int{"setup_links": 0})
}

// A rebuild of the projection leaves alone what Zitadel does not know, and the
// new columns of its own tables follow the rows.
func TestARebuildLeavesSchoolSignInAlone(t *testing.T) {
	w := mixed(t)
	shadow, err := w.Shadow(t.Context())
	w.must(err)
	t.Cleanup(func() { _ = shadow.Close() })
	// The shadow's log knows Linden, its connection's domain and one new person.
	facts := append(organizationFacts("linden", identity.KindSchool, ""), identity.UserCreated{At: noon, User: identity.User{
		ID: "eve", Home: "birch", UserName: "eve@linden.example", State: identity.UserActive,
	}})
	facts = append(facts, organizationFacts("birch", identity.KindSchool, "")...)
	w.must(shadow.write(t.Context(), func(tx *transaction) error { return tx.applyFacts(t.Context(), facts) }))
	w.must(shadow.ProjectionHeard(t.Context(), noon.Add(time.Hour)))
	before := map[string]string{}
	own := []string{
		"connections", "connection_metadata", "connection_certificates", "connection_domains", "connected_people", "attempts",
		"connection_days", "domains", "join_requests", "enforcements", "enforcement_exceptions", "setup_links", "setup_codes",
	}
	for _, table := range own {
		if before[table] = w.dump("SELECT * FROM " + table); before[table] == "" {
			t.Errorf("%s is empty", table)
		}
	}
	_, err = w.Replace(t.Context(), shadow, func(bool, int, int) {})
	w.must(err)
	for _, table := range own {
		if diff := cmp.Diff(before[table], w.dump("SELECT * FROM "+table)); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
	}
	renamed := w.dump("SELECT id FROM users WHERE user_name_domain = 'linden.example'")
	if renamed != "eve\n" {
		t.Errorf("renamed after the rebuild: %q", renamed)
	}
}
