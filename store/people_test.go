package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// names are the people of a page, by name, with what a list says of them.
func names(page PeoplePage) []string {
	var all []string
	for _, p := range page.Rows {
		says := []string{string(p.User.ID), string(p.Role()), fmt.Sprint(p.Classrooms), string(p.State)}
		if p.Guest {
			says = append(says, "guest")
		}
		for _, c := range p.Credentials {
			says = append(says, string(c))
		}
		all = append(all, strings.Join(says, " "))
	}
	return all
}

func TestPeopleAreFoundAndFiltered(t *testing.T) {
	w := newWorld(t)
	inactive := identity.UserInactive
	w.apply(userFacts("linden", "nora", "Nora", "None")...) // without a role
	w.apply(
		identity.CredentialAdded{User: "linden-tom", Kind: identity.CredentialPassword, At: noon.Add(1)},
		identity.CredentialAdded{User: "linden-tom", Kind: identity.CredentialTOTP, At: noon.Add(2)},
		identity.CredentialAdded{User: "linden-cleo", Kind: identity.CredentialProvider, ID: "idp", At: noon.Add(2)},
		identity.UserSignedIn{User: "linden-tom", At: noon.Add(3)},
		identity.UserChanged{User: "linden-ann", State: &inactive, At: noon.Add(3)},
		identity.RoleAssignmentStateChanged{ID: "linden-7b/linden-zoe", State: identity.AssignmentSuspended, At: noon.Add(3)},
	)
	const (
		ada   = "linden-ada school_admin 0 active"
		cleo  = "linden-cleo co_teacher 1 active provider"
		nora  = "linden-nora  0 active"
		zoe   = "linden-zoe student 1 suspended"
		ann   = "linden-ann student 1 inactive"
		guest = "birch-sam student 1 active guest"
		sam   = "linden-sam student 1 active"
		tom   = "linden-tom teacher 1 active password totp"
	)
	all := []string{ada, cleo, nora, zoe, ann, guest, sam, tom}
	for _, tt := range []struct {
		name  string
		query PeopleQuery
		want  []string
	}{
		{"everybody", PeopleQuery{}, all},
		{"from the end", PeopleQuery{Reversed: true}, []string{tom, sam, guest, ann, zoe, nora, cleo, ada}},
		{"by name", PeopleQuery{Search: "smi"}, []string{ann, guest, sam}},
		{"without accents", PeopleQuery{Search: "zoe nunez"}, []string{zoe}},
		{"students", PeopleQuery{Role: identity.RoleStudent}, []string{zoe, ann, guest, sam}},
		{"teachers", PeopleQuery{Role: identity.RoleTeacher}, []string{tom}},
		{"without a role", PeopleQuery{NoRole: true}, []string{nora}},
		{"active", PeopleQuery{State: identity.PersonActive}, []string{ada, cleo, nora, guest, sam, tom}},
		{"suspended", PeopleQuery{State: identity.PersonSuspended}, []string{zoe}},
		{"inactive", PeopleQuery{State: identity.PersonInactive}, []string{ann}},
		{"locked", PeopleQuery{State: identity.PersonLocked}, nil},
		{"never seen", PeopleQuery{NeverSeen: true}, []string{ada, cleo, nora, zoe, ann, guest, sam}},
		{"without a second factor", PeopleQuery{NoFactor: true}, []string{ada, cleo, nora, zoe, ann, guest, sam}},
		{"staff without one", PeopleQuery{Staff: true, NoFactor: true}, []string{ada, cleo}},
		{"through the school", PeopleQuery{Through: identity.CredentialProvider}, []string{cleo}},
		{"in a classroom", PeopleQuery{Classroom: "linden-7b"}, []string{cleo, zoe, ann, guest, sam, tom}},
		{"students in a classroom, from the end", PeopleQuery{Classroom: "linden-7b", Role: identity.RoleStudent, Reversed: true}, []string{sam, guest, ann, zoe}},
		{"in another school's classroom", PeopleQuery{Classroom: "birch-7b"}, nil},
		{"by name and role in a classroom", PeopleQuery{Search: "sam", Classroom: "linden-7b", Role: identity.RoleStudent}, []string{guest, sam}},
		{"nobody", PeopleQuery{Search: "nobody"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, err := w.as("linden-ada", "linden").People(t.Context(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, names(page)); diff != "" {
				t.Error(diff)
			}
			if page.Total != len(tt.want) || page.More {
				t.Errorf("total = %d, more %v", page.Total, page.More)
			}
			// The same, one by one, there and back.
			q := tt.query
			q.Limit = 1
			var walked, back []string
			for {
				page, err := w.as("linden-ada", "linden").People(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if walked = append(walked, names(page)...); page.Next == "" {
					break
				}
				q.After = page.Next
			}
			for q.After != "" {
				page, err := w.as("linden-ada", "linden").People(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if back = append(back, names(page)...); page.Previous == "" {
					break
				}
				q.Before = page.Previous
			}
			if diff := cmp.Diff(tt.want, walked); diff != "" {
				t.Errorf("one by one: %s", diff)
			}
			slices.Reverse(back)
			if len(tt.want) > 1 && !slices.Equal(back, tt.want) {
				t.Errorf("one by one back: %v", back)
			}
		})
	}
	counts, err := w.as("linden-ada", "linden").PeopleCounts(t.Context())
	want := PeopleCounts{
		People: 8, Guests: 1, NeverSeen: 7, Suspended: 1, NoFactor: 7, StaffNoFactor: 2,
		Roles: map[identity.Role]int{
			"": 1, identity.RoleStudent: 4, identity.RoleCoTeacher: 1, identity.RoleTeacher: 1, identity.RoleSchoolAdmin: 1,
		},
	}
	if diff := cmp.Diff(want, counts); err != nil || diff != "" {
		t.Errorf("counts: %v\n%s", err, diff)
	}
}

// Whatever happens, in whatever order, people are what their roles make them.
func TestPeopleAreWhatTheirRolesMakeThem(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(7, 1))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	exec := func(statement string, args ...any) {
		if _, err := w.writer.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err, statement)
		}
	}
	for i := range 1500 {
		home := pick("s1", "s2", "s1", "c1", "c3", "alone")
		user, room := pick("u1", "u2", "u3", "u4"), pick("s1", "s2", "c1", "c2", "c3", "alone")
		switch r.IntN(9) {
		case 0:
			exec(`INSERT INTO users (organization_id, id, sort_name, search_words) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
				organization_id = excluded.organization_id, sort_name = excluded.sort_name, search_words = excluded.search_words`,
				home, user, pick("a", "b"), pick("sam", "zoe"))
		case 1:
			exec(`UPDATE users SET state = ?, last_seen_us = ?, credentials = ? WHERE id = ?`,
				pick("active", "inactive", "locked"), r.IntN(2), r.IntN(4), user)
		case 2:
			exec(`DELETE FROM users WHERE id = ?`, user)
		case 3, 4:
			role := pick("student", "co_teacher", "teacher", "school_admin")
			exec(`INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET role = excluded.role, roles = excluded.roles, state = excluded.state`,
				room, user, room+user, role, role, pick("active", "suspended"))
		case 5:
			exec(`DELETE FROM role_assignments WHERE id = ?`, room+user)
		case 6:
			kind := map[bool]string{true: "school", false: "classroom"}[room[0] == 's']
			school := map[bool]string{true: "", false: pick("s1", "s2", "s1", "")}[room[0] == 's' || room == "alone"]
			exec(`INSERT INTO organizations (id, kind, name, school_id, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
				kind = excluded.kind, school_id = excluded.school_id, state = excluded.state`,
				room, pick(kind, kind, kind, ""), room, school, pick("active", "active", "inactive"))
		case 7:
			if r.IntN(3) == 0 {
				exec(`DELETE FROM organizations WHERE id = ?`, room)
			}
		case 8:
			exec(`UPDATE users SET search_words = ? WHERE id = ?`, pick("sam", "zoe", "li"), user)
		}
		if i%10 == 0 {
			if got, want := w.peopleRows(), w.peopleByHand(); !maps.Equal(got, want) {
				t.Fatalf("after %d changes: %s", i+1, cmp.Diff(want, got))
			}
		}
	}
	if len(w.peopleRows()) < 4 {
		t.Errorf("only %v is left to compare", w.peopleRows())
	}
	for _, wrong := range []string{
		`SELECT COUNT(*) FROM (SELECT organization_id, facets, COUNT(*) AS n FROM people GROUP BY 1, 2) p
			FULL JOIN (SELECT * FROM people_counts WHERE people <> 0) c USING (organization_id, facets) WHERE p.n IS NOT c.people`,
		`SELECT COUNT(*) FROM people p LEFT JOIN users u ON u.id = p.user_id WHERE p.organization_id IN ('s1', 's2')
			AND COALESCE(u.search_words, '') <> '' AND p.row_id NOT IN (
			SELECT f.rowid FROM people_search f JOIN search_codes c ON c.organization_id = p.organization_id
			WHERE people_search MATCH printf('"%06x%s"', c.code, u.search_words))`,
	} {
		var n int
		if err := w.reader.QueryRowContext(t.Context(), wrong).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are wrong, %v: %s", n, err, wrong)
		}
	}
}

// peopleRows are the people of the schools s1 and s2 as they are kept.
func (w *world) peopleRows() map[string]string {
	return w.pairs(`SELECT organization_id || '/' || user_id, sort_name || ' ' || facets || ' ' || classrooms
		FROM people WHERE organization_id IN ('s1', 's2')`)
}

func (w *world) pairs(statement string) map[string]string {
	w.t.Helper()
	rows, err := w.reader.QueryContext(w.t.Context(), statement)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			w.t.Fatal(err)
		}
		found[key] = value
	}
	return found
}

// peopleByHand are what they are to be, counted in Go from what they are made
// of.
func (w *world) peopleByHand() map[string]string {
	organizations := w.pairs(`SELECT id, kind || ' ' || school_id || ' ' || state FROM organizations WHERE kind <> ''`)
	users := w.pairs(`SELECT id, organization_id || ' ' || sort_name || ' ' || state || ' ' || last_seen_us || ' ' || credentials FROM users`)
	assignments := w.pairs(`SELECT organization_id || ' ' || user_id, role || ' ' || state FROM role_assignments`)
	people := map[string]string{}
	for _, school := range []string{"s1", "s2"} {
		for _, user := range []string{"u1", "u2", "u3", "u4"} {
			var of facets
			var live, suspended, classrooms int
			there := false
			for key, value := range assignments {
				in, who, _ := strings.Cut(key, " ")
				o := strings.Split(organizations[in], " ")
				if who != user || !(o[0] == "school" && in == school || o[0] == "classroom" && o[1] == school) {
					continue
				}
				there = true
				if o[0] == "classroom" && o[2] != "active" {
					continue
				}
				role, state, _ := strings.Cut(value, " ")
				of |= roleFacets[identity.Role(role)]
				live++
				if state == "suspended" {
					suspended++
				}
				if o[0] == "classroom" {
					classrooms++
				}
			}
			u := strings.Split(users[user], " ")
			sort := ""
			if len(u) > 1 {
				home := strings.Split(organizations[u[0]], " ")
				there = there || u[0] == school && home[0] == "school"
				if u[0] != school && !(home[0] == "classroom" && home[1] == school) {
					of |= facetGuest
				}
				if u[3] != "0" {
					of |= facetSeen
				}
				of |= stateFacets[identity.PersonState(u[2])]
				var bits facets
				_, _ = fmt.Sscan(u[4], &bits)
				of |= bits * facetCredentials
				sort = u[1]
			}
			if live > 0 && live == suspended && of&facetStates == 0 {
				of |= facetSuspended
			}
			if there {
				people[school+"/"+user] = fmt.Sprintf("%s %d %d", sort, of, classrooms)
			}
		}
	}
	return people
}

// The first page of whatever is asked for reads no school from end to end.
func TestPeopleQueriesUseIndexes(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-ada", "linden")
	plans := 0
	for _, q := range []PeopleQuery{
		{},
		{Reversed: true},
		{Role: identity.RoleTeacher},
		{State: identity.PersonActive},
		{Staff: true, NoFactor: true},
		{Classroom: "linden-7b"},
		{Search: "sa"},
		{Search: "sa", NoFactor: true},
		{Search: "sa", Classroom: "linden-7b"},
		{Search: "sa", Role: identity.RoleTeacher},
	} {
		for _, many := range []int{3, 50_000} {
			for _, after := range []*rosterKey{nil, {Name: "n", User: "u"}} {
				p, err := o.planPeople(q)
				if err != nil {
					t.Fatal(err)
				}
				p.after, p.found, p.filtered, p.combined, p.matching = after, many, many, []int64{1, 2}, `words : "000001sa" *`
				statement, args := p.statement()
				plan := w.explain(statement, args...)
				plans++
				if strings.Contains(plan, "SCAN p\n") || strings.Contains(plan, "SCAN u\n") || strings.Contains(plan, "SCAN a\n") {
					t.Errorf("%+v reads a whole table:\n%s", q, plan)
				}
				if strings.Contains(plan, "TEMP B-TREE") && many > fewMatches && !p.thin() {
					t.Errorf("%+v sorts many:\n%s", q, plan)
				}
			}
		}
	}
	if plans != 40 {
		t.Errorf("%d plans were read", plans)
	}
}

// Each way of reading finds the same.
func TestEveryWayOfReadingFindsTheSamePeople(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-ada", "linden")
	for _, q := range []PeopleQuery{
		{Search: "sam", Role: identity.RoleStudent},
		{Search: "smith s", NoFactor: true},
		{Search: "a", State: identity.PersonActive},
	} {
		var all [][]string
		for _, way := range []struct{ found, filtered int }{{1, 1}, {50_000, 50_000}, {50_000, 1}, {50_000, 2500}, {1, 50_000}} {
			tx, err := w.reader.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := o.planPeople(q)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := p.find(t.Context(), tx); err != nil {
				t.Fatal(err)
			}
			p.found, p.filtered = way.found, way.filtered
			rows, err := p.rows(t.Context(), tx)
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, row := range rows {
				found = append(found, string(row.person.User.ID))
			}
			all = append(all, found)
			_ = tx.Rollback()
		}
		for i := range all {
			if len(all[0]) == 0 || !slices.Equal(all[0], all[i]) {
				t.Errorf("%+v: way %d finds %v, the first %v", q, i, all[i], all[0])
			}
		}
	}
}

// Credentials come in any order, twice, and with gaps.
func TestCredentialsAreWhatTheLogSays(t *testing.T) {
	log := []identity.Event{
		{Fact: userFacts("linden", "kim", "Kim", "K")[0]},
		{Fact: identity.CredentialAdded{User: "linden-kim", Kind: identity.CredentialPassword}},
		{Fact: identity.CredentialAdded{User: "linden-kim", Kind: identity.CredentialPasskey, ID: "one"}},
		{Fact: identity.CredentialAdded{User: "linden-kim", Kind: identity.CredentialPasskey, ID: "two"}},
		{Fact: identity.CredentialRemoved{User: "linden-kim", Kind: identity.CredentialPasskey, ID: "one"}},
		{Fact: identity.CredentialAdded{User: "linden-kim", Kind: identity.CredentialTOTP}},
		{Fact: identity.CredentialRemoved{User: "linden-kim", Kind: identity.CredentialTOTP}},
		{Fact: identity.CredentialAdded{User: "linden-kim", Kind: identity.CredentialPassword}}, // changed
	}
	for i := range log {
		log[i].Aggregate, log[i].Sequence, log[i].Organization = "linden-kim", uint64(i+1), "linden"
		log[i].At = noon.Add(time.Duration(i+1) * time.Second)
		log[i].Fact = at(log[i].Fact, log[i].At)
	}
	want := []CredentialRow{
		{Kind: identity.CredentialPassword, AddedAt: log[1].At},
		{Kind: identity.CredentialPasskey, ID: "two", AddedAt: log[3].At},
	}
	for seed := range uint64(20) {
		w := newWorld(t)
		events := slices.Concat(log, log[2:5])
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for len(events) > 0 {
			n := min(int(seed%3)+1, len(events))
			if err := w.ApplyEvents(t.Context(), EventBatch{Events: events[:n]}); err != nil {
				t.Fatal(err)
			}
			events = events[n:]
		}
		stale, err := w.StaleAggregates(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		for _, aggregate := range stale {
			if err := w.Refold(t.Context(), aggregate, log); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.as("linden-ada", "linden").CredentialsOf(t.Context(), "linden-kim")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("order %d: %v\n%s", seed, err, diff)
		}
		p, err := w.as("linden-ada", "linden").SchoolPerson(t.Context(), "linden-kim")
		if err != nil || !slices.Equal(p.Credentials, []identity.Credential{identity.CredentialPassword, identity.CredentialPasskey}) {
			t.Fatalf("order %d: %v, %v", seed, p.Credentials, err)
		}
	}
}

// at dates a fact.
func at(fact identity.Fact, moment time.Time) identity.Fact {
	switch f := fact.(type) {
	case identity.UserCreated:
		f.At = moment
		return f
	case identity.CredentialAdded:
		f.At = moment
		return f
	case identity.CredentialRemoved:
		f.At = moment
		return f
	}
	return fact
}
