package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// people are the user IDs of a page.
func people(page RosterPage) []string {
	var ids []string
	for _, row := range page.Rows {
		ids = append(ids, string(row.User.ID))
	}
	return ids
}

func TestARosterShowsWhoIsAskedFor(t *testing.T) {
	w := newWorld(t)
	w.apply(identity.RoleAssignmentStateChanged{
		ID: "linden-7b/linden-ann", State: identity.AssignmentSuspended, At: noon.Add(1),
	})
	w.apply(identity.UserSignedIn{User: "linden-zoe", At: noon.Add(1)}, identity.UserSignedIn{User: "linden-tom", At: noon.Add(2)})
	o := w.as("linden-tom", "linden-7b")
	for _, tt := range []struct {
		name  string
		query RosterQuery
		want  string // user IDs without "linden-"
		total int
	}{
		{"everybody by family name", RosterQuery{}, "cleo zoe ann birch-sam sam tom", 6},
		{"the other way round", RosterQuery{Sort: SortNameReversed}, "tom sam birch-sam ann zoe cleo", 6},
		{"the highest role first", RosterQuery{Sort: SortRole}, "tom cleo zoe ann birch-sam sam", 6},
		{"seen last first", RosterQuery{Sort: SortSeenReversed}, "tom zoe sam birch-sam ann cleo", 6},
		{"never seen first", RosterQuery{Sort: SortSeen}, "cleo ann birch-sam sam zoe tom", 6},
		{"students", RosterQuery{Role: identity.RoleStudent}, "zoe ann birch-sam sam", 4},
		{"students by when seen", RosterQuery{Role: identity.RoleStudent, Sort: SortSeenReversed}, "zoe sam birch-sam ann", 4},
		{"the suspended", RosterQuery{State: identity.AssignmentSuspended}, "ann", 1},
		{"the suspended by role", RosterQuery{State: identity.AssignmentSuspended, Sort: SortRole}, "ann", 1},
		{"suspended teachers", RosterQuery{State: identity.AssignmentSuspended, Role: identity.RoleTeacher}, "", 0},
		{"active students", RosterQuery{State: identity.AssignmentActive, Role: identity.RoleStudent}, "zoe birch-sam sam", 3},
		{"a given name", RosterQuery{Search: "zoe"}, "zoe", 1},
		{"beginnings of words, without accents", RosterQuery{Search: "NUÑ z"}, "zoe", 1},
		{"a family name, by seen", RosterQuery{Search: "smith", Sort: SortSeen}, "ann birch-sam sam", 3},
		{"a user name", RosterQuery{Search: "sam.linden"}, "sam", 1},
		{"an address", RosterQuery{Search: "sam@birch.ex"}, "birch-sam", 1},
		{"not the middle of a word", RosterQuery{Search: "mith"}, "", 0},
		{"not the school's domain as a name", RosterQuery{Search: "example"}, "", 0},
		{"a name among students", RosterQuery{Search: "t", Role: identity.RoleStudent}, "", 0},
		{"a name among the suspended", RosterQuery{Search: "smith", State: identity.AssignmentSuspended}, "ann", 1},
		{"signs alone ask for everybody", RosterQuery{Search: ` "*) - `}, "cleo zoe ann birch-sam sam tom", 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, err := o.Roster(t.Context(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(strings.Join(people(page), " "), "linden-", ""); got != tt.want {
				t.Errorf("people = %q, want %q", got, tt.want)
			}
			if page.Total != tt.total {
				t.Errorf("total = %d, want %d", page.Total, tt.total)
			}
			want := RosterCounts{Suspended: 1, Roles: map[identity.Role]int{
				identity.RoleTeacher: 1, identity.RoleCoTeacher: 1, identity.RoleStudent: 4,
			}}
			if diff := cmp.Diff(want, page.Counts); diff != "" {
				t.Errorf("counts: %s", diff)
			}
		})
	}
}

func TestARosterRowIsWhole(t *testing.T) {
	w := newWorld(t)
	page, err := w.as("linden-tom", "linden-7b").Roster(t.Context(), RosterQuery{Search: "sam@birch"})
	if err != nil {
		t.Fatal(err)
	}
	want := []RosterRow{{
		Guest: true,
		User: identity.User{
			ID: "birch-sam", Home: "birch", UserName: "sam.birch", GivenName: "Sam", FamilyName: "Smith",
			Address: "sam@birch.example", AddressVerified: true, State: identity.UserActive, CreatedAt: noon,
		},
		Assignment: identity.RoleAssignment{
			ID: "linden-7b/birch-sam", User: "birch-sam", Organization: "linden-7b",
			Roles: []identity.Role{identity.RoleStudent}, State: identity.AssignmentActive, CreatedAt: noon, ChangedAt: noon,
		},
	}}
	if diff := cmp.Diff(want, page.Rows); diff != "" {
		t.Error(diff)
	}
}

func TestARosterFollowsItsPeople(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	find := func(search string) string {
		t.Helper()
		page, err := o.Roster(t.Context(), RosterQuery{Search: search})
		if err != nil || page.Total != len(page.Rows) {
			t.Fatalf("search %q: %+v, %v", search, page, err)
		}
		return strings.Join(people(page), " ")
	}
	// A role assignment may be known before its user.
	w.apply(assigned("linden-7b", "linden-kim", identity.RoleStudent))
	if page, err := o.Roster(t.Context(), RosterQuery{}); err != nil || page.Rows[0].User.DisplayName() != "linden-kim" {
		t.Errorf("first = %+v, %v; want the one without a name", page.Rows, err)
	}
	w.apply(userFacts("linden", "kim", "Kim", "Kaya")...)
	if got := find("kaya"); got != "linden-kim" {
		t.Errorf("after the user came to be known = %q", got)
	}
	family := "Öztürk"
	w.apply(identity.UserChanged{User: "linden-kim", FamilyName: &family, At: noon.Add(1)})
	if got := find("kaya"); got != "" {
		t.Errorf("the old name still finds %q", got)
	}
	if got := find("ozt"); got != "linden-kim" {
		t.Errorf("the new name finds %q", got)
	}
	w.apply(identity.RoleAssignmentRemoved{ID: "linden-7b/linden-kim", At: noon.Add(2)})
	if got := find("ozt"); got != "" {
		t.Errorf("after the removal still finds %q", got)
	}
	w.apply(identity.RoleAssignmentChanged{ID: "linden-7b/linden-sam", Roles: []identity.Role{identity.RoleTeacher}, At: noon.Add(1)})
	page, err := o.Roster(t.Context(), RosterQuery{Search: "smith", Role: identity.RoleTeacher})
	if err != nil || len(page.Rows) != 1 || page.Counts.Roles[identity.RoleTeacher] != 2 || page.Counts.Roles[identity.RoleStudent] != 3 {
		t.Errorf("after the change of role = %+v, %v", page, err)
	}
}

// Every order, forwards to the end and backwards to the beginning, shows
// everybody once and in the order of the whole.
func TestPagesOfARosterFollowEachOther(t *testing.T) {
	w := newWorld(t)
	for i := range 40 {
		name := fmt.Sprintf("kid%02d", i)
		w.apply(userFacts("linden", name, "Kid", fmt.Sprintf("Same%d", i%7))...)
		w.apply(assigned("linden-7b", "linden-"+name, identity.RoleStudent))
		if i%3 == 0 {
			w.apply(identity.UserSignedIn{User: identity.UserID("linden-" + name), At: noon.Add(1)})
		}
	}
	o := w.as("linden-tom", "linden-7b")
	for _, sort := range []RosterSort{SortName, SortNameReversed, SortSeen, SortSeenReversed, SortRole} {
		for _, search := range []string{"", "kid"} {
			t.Run(string(sort)+search, func(t *testing.T) {
				whole, err := o.Roster(t.Context(), RosterQuery{Sort: sort, Search: search, Limit: 100})
				if err != nil || whole.Next != "" || whole.Previous != "" {
					t.Fatalf("whole: %+v, %v", whole, err)
				}
				var there, back []string
				page, err := o.Roster(t.Context(), RosterQuery{Sort: sort, Search: search, Limit: 7})
				for {
					if err != nil {
						t.Fatal(err)
					}
					there = append(there, people(page)...)
					if page.Next == "" {
						break
					}
					page, err = o.Roster(t.Context(), RosterQuery{Sort: sort, Search: search, Limit: 7, After: page.Next})
				}
				last := people(page)
				for page.Previous != "" {
					page, err = o.Roster(t.Context(), RosterQuery{Sort: sort, Search: search, Limit: 7, Before: page.Previous})
					if err != nil {
						t.Fatal(err)
					}
					if page.Next == "" {
						t.Error("a page before another has no next one")
					}
					back = append(people(page), back...)
				}
				if !slices.Equal(there, people(whole)) {
					t.Errorf("forwards = %v\nwhole = %v", there, people(whole))
				}
				if back = append(back, last...); !slices.Equal(back, people(whole)) {
					t.Errorf("backwards = %v\nwhole = %v", back, people(whole))
				}
			})
		}
	}
}

func TestWhatNoPageOfOursAsksForIsInvalid(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	page, err := o.Roster(t.Context(), RosterQuery{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := w.as("birch-tom", "birch-7b").Roster(t.Context(), RosterQuery{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]RosterQuery{
		"a cursor of nobody":               {After: "x"},
		"a cursor of another order":        {After: page.Next, Sort: SortSeen},
		"a cursor of another organization": {After: theirs.Next},
		"a cursor that was changed":        {Before: page.Next[:len(page.Next)-2] + "xx"},
		"an order":                         {Sort: "address; DROP TABLE users"},
		"a role":                           {Role: "janitor"},
		"a state":                          {State: "active' OR '1'='1"},
	} {
		if _, err := o.Roster(t.Context(), q); !identity.IsKind(err, identity.KindInvalid) {
			t.Errorf("%s: error = %v, want invalid", name, err)
		}
	}
	if strings.Contains(page.Next, "smith") || strings.Contains(page.Next, "linden") {
		t.Errorf("the cursor tells names: %s", page.Next)
	}
}

// No query of a roster reads a whole table, and none sorts a whole roster for
// its order by name, role or time: where sorting shows, few people are sorted.
func TestRosterQueriesUseIndexes(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	key := &rosterKey{Order: 1, Name: "n", User: "u"}
	plans := 0
	for _, sort := range []RosterSort{SortName, SortNameReversed, SortSeen, SortSeenReversed, SortRole} {
		for _, role := range []identity.Role{"", identity.RoleStudent} {
			for _, state := range []identity.RoleAssignmentState{"", identity.AssignmentActive, identity.AssignmentSuspended} {
				for _, search := range []string{"", "sa"} {
					for _, after := range []*rosterKey{nil, key} {
						for _, total := range []int{3, 50_000} {
							p, err := o.planRoster(RosterQuery{Sort: sort, Role: role, State: state, Search: search})
							if err != nil {
								t.Fatal(err)
							}
							p.after, p.backwards = after, after != nil
							p.matching = p.match("000001")
							statement, args := p.statement(total, 100_000)
							plan := w.explain(statement, args...)
							plans++
							name := fmt.Sprintf("%s/%s/%s/%q/%v/%d", sort, role, state, search, after != nil, total)
							if strings.Contains(plan, "SCAN a") || strings.Contains(plan, "SCAN u") {
								t.Errorf("%s reads a whole table:\n%s", name, plan)
							}
							few := total == 3
							if strings.Contains(plan, "TEMP B-TREE") && !few {
								t.Errorf("%s sorts:\n%s", name, plan)
							}
							byName := (sort == SortName || sort == SortNameReversed) && search == ""
							if byName && strings.Contains(plan, "TEMP B-TREE") {
								t.Errorf("%s sorts by name:\n%s", name, plan)
							}
						}
					}
				}
			}
		}
	}
	if plans != 240 {
		t.Errorf("%d plans were read", plans)
	}
}

// explain is the query plan of a statement.
func (w *world) explain(statement string, args ...any) string {
	w.t.Helper()
	rows, err := w.reader.QueryContext(w.t.Context(), "EXPLAIN QUERY PLAN "+statement, args...)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, statement)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintln(&plan, detail)
	}
	return plan.String()
}

// FuzzRosterSearch: whatever is typed, the query is one that FTS5 takes, finds
// nobody of another organization, and costs no more than a few words.
func FuzzRosterSearch(f *testing.F) {
	for _, seed := range []string{
		"sam", `"`, `sam" OR words:"x`, "NEAR(a b)", "a AND NOT b", "*", "-sam", "zoë núñez", "李 小龙", "sam@birch.example",
		"\x00", "o'neil", "a\u0301", strings.Repeat("long ", 100), strings.Repeat("x", 10_000), "ﬁ", "İ", "𝒜da", "٣", "\xff\xfe",
	} {
		f.Add(seed)
	}
	w := newWorld(f)
	o := w.as("linden-tom", "linden-7b")
	f.Fuzz(func(t *testing.T, typed string) {
		page, err := o.Roster(t.Context(), RosterQuery{Search: typed})
		if err != nil {
			t.Fatalf("search %q: %v", typed, err)
		}
		for _, row := range page.Rows {
			if row.Assignment.Organization != "linden-7b" {
				t.Errorf("search %q finds %s", typed, row.Assignment.ID)
			}
		}
		if page.Total != len(page.Rows) {
			t.Errorf("search %q: %d of %d", typed, len(page.Rows), page.Total)
		}
	})
}

// FuzzRosterCursor: whatever stands in an address, a cursor that is not ours is
// invalid.
func FuzzRosterCursor(f *testing.F) {
	f.Add("", "")
	f.Add("k1.AAAA", "name")
	w := newWorld(f)
	o := w.as("linden-tom", "linden-7b")
	page, err := o.Roster(f.Context(), RosterQuery{Limit: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(page.Next, "name")
	f.Fuzz(func(t *testing.T, cursor, sort string) {
		for _, q := range []RosterQuery{{After: cursor, Sort: RosterSort(sort)}, {Before: cursor, Sort: RosterSort(sort)}} {
			if _, err := o.Roster(t.Context(), q); err != nil && !identity.IsKind(err, identity.KindInvalid) {
				t.Fatalf("cursor %q: %v", cursor, err)
			}
		}
	})
}
