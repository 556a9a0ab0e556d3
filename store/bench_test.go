package store

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/crowd"
)

// The benchmarks read from stores that package crowd filled. The larger one is
// filled only when benchmarks are asked for.
//
//	go test ./store -bench . -run '^$'

func BenchmarkRosterPage(b *testing.B) {
	forEachStore(b, func(b *testing.B, s *Store, rooms []string) {
		for _, room := range rooms {
			for _, sort := range []RosterSort{SortName, SortSeenReversed} {
				b.Run(room+"/by="+string(sort), func(b *testing.B) {
					measure(b, s, room, func(int) RosterQuery { return RosterQuery{Sort: sort} })
				})
			}
		}
	})
}

func BenchmarkRosterSearch(b *testing.B) {
	searches := map[string][]string{
		"name":   {"samantha", "zoe nunez", "okafor", "li wei", "muller"}, // what people type
		"letter": {"s", "a", "m", "jo", "an"},                             // on the way there
	}
	forEachStore(b, func(b *testing.B, s *Store, rooms []string) {
		for _, room := range rooms {
			for _, typed := range []string{"name", "letter"} {
				b.Run(room+"/"+typed, func(b *testing.B) {
					measure(b, s, room, func(i int) RosterQuery {
						return RosterQuery{Search: searches[typed][i%len(searches[typed])]}
					})
				})
			}
		}
	})
}

func BenchmarkOpenFor(b *testing.B) {
	forEachStore(b, func(b *testing.B, s *Store, _ []string) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.OpenFor(b.Context(), identity.Actor{User: crowd.Teacher}, "room-30"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkMember(b *testing.B) {
	forEachStore(b, func(b *testing.B, s *Store, _ []string) {
		o := benchRoom(b, s, "room-30")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := o.Member(b.Context(), crowd.Teacher); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRehearsal is of a school of 50,000, in whose connection everybody or
// nobody has come.
func BenchmarkRehearsal(b *testing.B) {
	w := newWorld(b)
	w.connect(w.school("linden"), "c", "linden.example")
	for _, statement := range []string{
		`INSERT INTO users (organization_id, id, user_name, sort_name, address, address_domain, address_verified)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
			SELECT 'linden', printf('p%06d', i), 'p' || i, printf('%06x', i * 7919 % 50000), 'p' || i || '@linden.example', 'linden.example', TRUE FROM n`,
		`INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state)
			SELECT 'linden-7b', id, 'a' || id, 'student', 'student', 'active' FROM users WHERE id LIKE 'p0%'`,
	} {
		if _, err := w.writer.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	o := w.school("linden")
	last, err := o.sealCursor(rehearsalOrder, rosterKey{Name: "00c000", User: "p"})
	if err != nil {
		b.Fatal(err)
	}
	for _, came := range []string{"nobody", "everybody"} {
		if came == "everybody" {
			if _, err := w.writer.ExecContext(b.Context(), `INSERT INTO connected_people
				SELECT 'linden', id, 'c', id, 1, 1 FROM users WHERE id LIKE 'p0%'`); err != nil {
				b.Fatal(err)
			}
		}
		for name, q := range map[string]RehearsalQuery{
			"first": {}, "last": {After: last}, "domain": {Why: identity.LockedOutDomain},
		} {
			b.Run(came+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if _, err := o.Rehearse(b.Context(), q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func forEachStore(b *testing.B, f func(b *testing.B, s *Store, rooms []string)) {
	for _, people := range []int{5_000, 1_000_000} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) { f(b, benchStore(b, people), crowd.Rooms(people)) })
	}
}

func benchRoom(b *testing.B, s *Store, room string) *Organization {
	b.Helper()
	opened, err := s.OpenFor(b.Context(), identity.Actor{User: crowd.Teacher}, identity.OrganizationID(room))
	if err != nil {
		b.Fatal(err)
	}
	return s.In(opened)
}

// measure asks for pages and reports the slowest of a hundred beside the mean.
func measure(b *testing.B, s *Store, room string, query func(i int) RosterQuery) {
	o := benchRoom(b, s, room)
	var took []time.Duration
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		begun := time.Now()
		if _, err := o.Roster(b.Context(), query(i)); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// benchStore opens the store with so many people in it.
func benchStore(b *testing.B, people int) *Store {
	b.Helper()
	keys := newKeys(b)
	open := func(path string) (*Store, error) {
		return Open(b.Context(), Options{Path: path, Keys: keys, Operators: operators})
	}
	path, err := crowd.File(people, func(path string) (*sql.DB, func() error, error) {
		s, err := open(path)
		if err != nil {
			return nil, nil, err
		}
		return s.writer, s.Close, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	s, err := open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}
