package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// The benchmarks read from a store of 20 schools whose people are in classrooms
// of 30, with one classroom of 5,000 people and one of 50,000 that nobody has
// in practice. The larger store, of 1,000,000 people, is filled only when
// benchmarks are asked for, and kept in the directory for temporary files.
//
//	go test ./store -bench . -run '^$'

func BenchmarkRosterPage(b *testing.B) {
	forEachStore(b, func(b *testing.B, s *Store) {
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
	forEachStore(b, func(b *testing.B, s *Store) {
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
	forEachStore(b, func(b *testing.B, s *Store) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.OpenFor(b.Context(), identity.Actor{User: "bench-teacher"}, "room-30"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkMember(b *testing.B) {
	forEachStore(b, func(b *testing.B, s *Store) {
		o := benchRoom(b, s, "room-30")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := o.Member(b.Context(), "bench-teacher"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// rooms are the classrooms that are read. A store of 5,000 has no larger one.
var rooms = []string{"room-30", "room-5000", "room-50000"}

func forEachStore(b *testing.B, f func(*testing.B, *Store)) {
	for _, people := range []int{5_000, 1_000_000} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) { f(b, benchStore(b, people)) })
	}
}

func benchRoom(b *testing.B, s *Store, room string) *Organization {
	b.Helper()
	opened, err := s.OpenFor(b.Context(), identity.Actor{User: "bench-teacher"}, identity.OrganizationID(room))
	if identity.IsKind(err, identity.KindNotFound) {
		b.Skip("this store has no such classroom")
	}
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

// benchStore opens the store with so many people in it, and fills it the first
// time. The file's name carries the migrations: a changed schema fills anew.
func benchStore(b *testing.B, people int) *Store {
	b.Helper()
	path := filepath.Join(os.TempDir(), fmt.Sprintf("homeroom-bench-%s-%d.sqlite", schemaVersion(b), people))
	if _, err := os.Stat(path); err != nil {
		begun := time.Now()
		fill(b, path+".filling", people)
		if err := os.Rename(path+".filling", path); err != nil {
			b.Fatal(err)
		}
		b.Logf("filled with %d people in %s", people, time.Since(begun).Round(time.Second))
	}
	s, err := Open(b.Context(), Options{Path: path, Keys: newKeys(b), Operators: operators})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func schemaVersion(b *testing.B) string {
	b.Helper()
	files, err := filepath.Glob("migrations/sqlite/*.sql")
	if err != nil {
		b.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		all.Write(text)
	}
	return hashToken(all.String())[:12]
}

var (
	givenNames = strings.Fields(`Ada Ahmed Aiko Alma Amara Ana Andrés Anna Anton Aoife Arjun Aya Ben Bo Carla Chen Chloé Clara
		Daan Dalia David Diego Ella Elif Emil Emma Eva Fatima Felix Femi Finn Freya Greta Hana Hugo Ida Ines Isla Ivan Jakub
		Jamal Jan João Jonas Josefa José Julia Kai Karim Kofi Lara Lea Leo Li Lina Linh Liam Luca Lucía Luis Maja Malik Mara
		Maria Marta Mateo Max Mei Mia Mila Miguel Milan Mina Nadia Nils Nina Noah Noor Nora Olga Oliver Omar Oscar Paula Pia
		Priya Rafael Rosa Ruth Sam Samantha Samira Sara Sofía Soren Stella Tariq Theo Thomas Tim Tomás Uma Vera Victor Wei Yara
		Yusuf Zara Zoë`)
	familyNames = strings.Fields(`Adeyemi Ahmadi Almeida Andersen Baker Becker Bianchi Brown Castro Chen Clark Costa Cruz Dahl Diaz
		Dubois Eriksen Evans Ferrari Fischer Flores Garcia Gómez Green Haas Hansen Hernández Hoang Huang Ibrahim Ivanov Jackson
		Jansen Johansson Jones Kaya Keller Khan Kim Kowalski Kumar Larsen Lee Lewis Li López Martin Martínez Meyer Miller Moreau
		Müller Nakamura Nguyen Novak Núñez Okafor Okoye Oliveira Olsen Öztürk Park Patel Pérez Petrov Popov Ramírez Rossi Ruiz
		Santos Sato Schmidt Schneider Silva Singh Smith Sokolov Suzuki Takahashi Tanaka Taylor Thomas Torres Tran Vargas Vega
		Virtanen Wagner Walker Wang Weber White Williams Wilson Wolf Wright Yamamoto Yang Yilmaz Young Zhang Zimmermann`)
)

// fill makes a store of people and their role assignments. Triggers and indexes
// of the searched tables are made at the end, which takes a fraction of the time.
func fill(b *testing.B, path string, people int) {
	b.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + suffix)
	}
	s, err := Open(b.Context(), Options{Path: path, Keys: newKeys(b), Operators: operators})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.writer.ExecContext(b.Context(), `PRAGMA synchronous = OFF; PRAGMA cache_size = -200000`); err != nil {
		b.Fatal(err)
	}
	again := withoutTriggersAndIndexes(b, s)
	random := rand.New(rand.NewPCG(1, 2))
	room := benchRooms(people)
	const batch = 20_000
	for from := 0; from < people; from += batch {
		err := s.write(b.Context(), func(tx *transaction) error {
			user, err := tx.tx.Prepare(`INSERT INTO users (organization_id, id, user_name, given_name, family_name, sort_name,
				search_words, address, address_verified, last_seen_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, TRUE, ?)`)
			if err != nil {
				return err
			}
			assignment, err := tx.tx.Prepare(`INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state,
				sort_name, last_seen_us) VALUES (?, ?, ?, ?, ?, 'active', ?, ?)`)
			if err != nil {
				return err
			}
			organization, err := tx.tx.Prepare(`INSERT INTO organizations (id, kind, name, sort_name, school_id)
				VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`)
			if err != nil {
				return err
			}
			assign := func(in, id string, role identity.Role, name string, seen int64) error {
				_, err := assignment.Exec(in, id, in+"/"+id, string(role), string(role), name, seen)
				return err
			}
			if from == 0 {
				if _, err := user.Exec("school-0", "bench-teacher", "bench", "Bench", "Teacher", "teacher\tbench", "bench teacher", "", 0); err != nil {
					return err
				}
				for _, in := range rooms[:2+people/1_000_000] {
					if err := assign(in, "bench-teacher", identity.RoleTeacher, "teacher\tbench", 0); err != nil {
						return err
					}
				}
			}
			for i := from; i < min(from+batch, people); i++ {
				school := fmt.Sprintf("school-%d", i*20/people)
				in := room(i)
				u := identity.User{
					ID:        identity.UserID(fmt.Sprintf("4005%014d", i)),
					GivenName: givenNames[random.IntN(len(givenNames))], FamilyName: familyNames[random.IntN(len(familyNames))],
				}
				u.UserName = fmt.Sprintf("%s.%s%d", words(u.GivenName)[0], words(u.FamilyName)[0], i)
				u.Address = u.UserName + "@" + school + ".example"
				if _, err := organization.Exec(in, "classroom", in, in, school); err != nil {
					return err
				}
				seen := random.Int64N(1e15)
				if _, err := user.Exec(school, string(u.ID), u.UserName, u.GivenName, u.FamilyName, sortName(u), searchWords(u),
					u.Address, seen); err != nil {
					return err
				}
				role := identity.RoleStudent
				if i%30 == 0 {
					role = identity.RoleTeacher
				}
				if err := assign(in, string(u.ID), role, sortName(u), seen); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	again()
	if _, err := s.writer.ExecContext(b.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		b.Fatal(err)
	}
}

// withoutTriggersAndIndexes drops them, and returns what makes them again with
// all that the triggers would have written.
func withoutTriggersAndIndexes(b *testing.B, s *Store) func() {
	b.Helper()
	rows, err := s.writer.QueryContext(b.Context(), `SELECT type, name, sql FROM sqlite_schema
		WHERE type IN ('trigger', 'index') AND tbl_name IN ('users', 'role_assignments') AND sql IS NOT NULL`)
	if err != nil {
		b.Fatal(err)
	}
	var drop, make []string
	for rows.Next() {
		var kind, name, statement string
		if err := rows.Scan(&kind, &name, &statement); err != nil {
			b.Fatal(err)
		}
		drop, make = append(drop, "DROP "+kind+" "+name), append(make, statement)
	}
	_ = rows.Close()
	run := func(statements []string) {
		for _, statement := range statements {
			if _, err := s.writer.ExecContext(b.Context(), statement); err != nil {
				b.Fatalf("%v\n%s", err, statement)
			}
		}
	}
	run(drop)
	return func() {
		run([]string{
			`INSERT INTO search_codes (organization_id) SELECT DISTINCT organization_id FROM role_assignments`,
			`INSERT INTO roster_search (rowid, marks, words) SELECT row_id, marks, words FROM roster_search_rows ORDER BY row_id`,
			`INSERT INTO roster_counts SELECT organization_id, role, state, COUNT(*) FROM role_assignments GROUP BY 1, 2, 3`,
		})
		run(make)
	}
}

// benchRooms says in which classroom a person is.
func benchRooms(people int) func(i int) string {
	large := map[string]int{"room-5000": 5_000, "room-50000": 50_000}
	if people <= large["room-5000"] {
		return func(i int) string {
			if i < 30 {
				return "room-30"
			}
			return "room-5000"
		}
	}
	return func(i int) string {
		// Spread over the store, as people who join over the years are.
		switch {
		case i%20 == 7:
			return "room-50000"
		case i%200 == 11:
			return "room-5000"
		case i < 32:
			return "room-30"
		}
		return fmt.Sprintf("room-%d", 100_000+i/30)
	}
}
