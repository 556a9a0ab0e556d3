// Package crowd fills a database with people, for benchmarks alone: 20 schools
// whose people are in classrooms of 30, with one classroom of 5,000 people and,
// among a million, one of 50,000 that nobody has in practice.
//
// Start reading at [File]. It writes rows directly, which takes seconds where
// events would take hours, and so it knows the tables; it imports nothing of
// ours.
package crowd

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Teacher is the user who teaches in each of [Rooms].
const Teacher = "bench-teacher"

// Rooms are the classrooms to read. They are named after their size.
func Rooms(people int) []string {
	rooms := []string{"room-30", "room-5000", "room-50000"}
	if people <= 5_000 {
		return rooms[:2]
	}
	return rooms
}

// File is a database with so many people in it. It is made the first time and
// kept in the directory for temporary files; its name carries the schema, so a
// changed one is filled anew. open makes and migrates an empty database and
// returns its writing connection and what closes it.
func File(people int, open func(path string) (*sql.DB, func() error, error)) (_ string, err error) {
	folder, err := os.MkdirTemp("", "homeroom-crowd-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	fresh := filepath.Join(folder, "homeroom.sqlite")
	db, done, err := open(fresh)
	if err != nil {
		return "", err
	}
	version, err := schema(db)
	if err != nil {
		return "", errors.Join(err, done())
	}
	path := filepath.Join(os.TempDir(), fmt.Sprintf("homeroom-crowd-%s-%d.sqlite", version, people))
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, errors.Join(err, done())
	}
	if err := errors.Join(fill(db, people), done()); err != nil {
		return "", err
	}
	return path, os.Rename(fresh, path)
}

// schema names the tables as they are.
func schema(db *sql.DB) (string, error) {
	rows, err := db.Query(`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name`)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	all := sha256.New()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return "", err
		}
		all.Write([]byte(text))
	}
	return fmt.Sprintf("%x", all.Sum(nil)[:6]), rows.Err()
}

// fill writes people and their role assignments. Triggers and indexes of the
// searched tables are made at the end, which takes a fraction of the time.
func fill(db *sql.DB, people int) error {
	if _, err := db.Exec(`PRAGMA synchronous = OFF; PRAGMA cache_size = -200000`); err != nil {
		return err
	}
	again, err := withoutTriggersAndIndexes(db)
	if err != nil {
		return err
	}
	w := &writer{random: rand.New(rand.NewPCG(1, 2)), people: people}
	for from := 0; from < people; from += batch {
		if err := w.write(db, from); err != nil {
			return err
		}
	}
	if err := again(); err != nil {
		return err
	}
	_, err = db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// batch is how many people one transaction writes.
const batch = 20_000

type writer struct {
	random                         *rand.Rand
	people                         int
	user, assignment, organization *sql.Stmt // of the transaction
}

func (w *writer) write(db *sql.DB, from int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing to undo
	for _, statement := range []struct {
		into **sql.Stmt
		text string
	}{
		{&w.user, `INSERT INTO users (organization_id, id, user_name, given_name, family_name, sort_name,
			search_words, address, address_domain, address_verified, state, last_seen_us, credentials) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, TRUE, 'active', ?, ?)`},
		{&w.assignment, `INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state,
			sort_name, last_seen_us) VALUES (?, ?, ?, ?, ?, 'active', ?, ?)`},
		{&w.organization, `INSERT INTO organizations (id, kind, name, sort_name, school_id, state)
			VALUES (?, ?, ?, ?, ?, 'active') ON CONFLICT (id) DO NOTHING`},
	} {
		if *statement.into, err = tx.Prepare(statement.text); err != nil {
			return err
		}
	}
	if from == 0 {
		if err := w.teacher(); err != nil {
			return err
		}
	}
	for i := from; i < min(from+batch, w.people); i++ {
		if err := w.person(i); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// teacher teaches in every one of the rooms.
func (w *writer) teacher() error {
	if err := w.somebody("school-0", Teacher, "Bench", "Teacher", 0); err != nil {
		return err
	}
	for _, room := range Rooms(w.people) {
		if err := w.assign(room, Teacher, "teacher", "Bench", "Teacher", 0); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) person(i int) error {
	school, room := fmt.Sprintf("school-%d", i*20/w.people), w.room(i)
	given, family := givenNames[w.random.IntN(len(givenNames))], familyNames[w.random.IntN(len(familyNames))]
	if _, err := w.organization.Exec(school, "school", school, school, ""); err != nil {
		return err
	}
	if _, err := w.organization.Exec(room, "classroom", room, room, school); err != nil {
		return err
	}
	id, seen := fmt.Sprintf("4005%014d", i), w.random.Int64N(1e15)
	if i%50 == 0 {
		seen = 0 // never came
	}
	if err := w.somebody(school, id, given, family, seen); err != nil {
		return err
	}
	role := "student"
	if i%30 == 0 {
		role = "teacher"
	}
	return w.assign(room, id, role, given, family, seen)
}

func (w *writer) somebody(home, id, given, family string, seen int64) error {
	userName := folded(given) + "." + folded(family) + strings.TrimLeft(strings.TrimPrefix(id, "4005"), "0")
	words := strings.Join(strings.FieldsFunc(folded(given)+" "+folded(family)+" "+userName+" "+home+" example", func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
	credentials := 1 // a password
	if len(words)%3 == 0 {
		credentials |= 8 // and an authenticator app
	}
	_, err := w.user.Exec(home, id, userName, given, family, sortName(given, family), words, userName+"@"+home+".example", home+".example", seen, credentials)
	return err
}

func (w *writer) assign(in, id, role, given, family string, seen int64) error {
	_, err := w.assignment.Exec(in, id, in+"/"+id, role, role, sortName(given, family), seen)
	return err
}

// room is the classroom of person i. The large ones are spread over the
// database, as people who join over the years are.
func (w *writer) room(i int) string {
	switch {
	case w.people <= 5_000 && i < 30, w.people > 5_000 && i < 32 && i%20 != 7 && i%200 != 11:
		return "room-30"
	case w.people <= 5_000, i%200 == 11:
		return "room-5000"
	case i%20 == 7:
		return "room-50000"
	}
	return fmt.Sprintf("room-%d", 100_000+i/30)
}

// sortName and folded are enough for the names of this package.
func sortName(given, family string) string { return folded(family) + "\t" + folded(given) }

func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
}

// withoutTriggersAndIndexes drops them, and returns what makes them again with
// all that the triggers would have written.
func withoutTriggersAndIndexes(db *sql.DB) (func() error, error) {
	rows, err := db.Query(`SELECT type, name, sql FROM sqlite_schema
		WHERE type IN ('trigger', 'index') AND tbl_name IN ('users', 'role_assignments', 'organizations', 'people') AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var drop, again []string
	for rows.Next() {
		var kind, name, statement string
		if err := rows.Scan(&kind, &name, &statement); err != nil {
			return nil, err
		}
		drop, again = append(drop, "DROP "+kind+" "+name), append(again, statement)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	_ = rows.Close() // the only connection is needed now
	run := func(statements []string) error {
		for _, statement := range statements {
			if _, err := db.Exec(statement); err != nil {
				return fmt.Errorf("%w\n%s", err, statement)
			}
		}
		return nil
	}
	if err := run(drop); err != nil {
		return nil, err
	}
	return func() error {
		return run(append([]string{
			`INSERT INTO search_codes (organization_id) SELECT DISTINCT organization_id FROM role_assignments`,
			`INSERT INTO roster_search (rowid, marks, words) SELECT row_id, marks, words FROM roster_search_rows ORDER BY row_id`,
			`INSERT INTO roster_counts SELECT organization_id, role, state, COUNT(*) FROM role_assignments GROUP BY 1, 2, 3`,
			// Everybody has one role and is at home in the school, but the teacher of
			// the benchmarks.
			`INSERT INTO people (organization_id, user_id, sort_name, facets, classrooms)
				SELECT u.organization_id, u.id, u.sort_name, CASE MIN(a.role_order) WHEN 2 THEN 2 ELSE 8 END + 32 * (u.last_seen_us > 0)
					+ (u.credentials << 10), COUNT(*)
				FROM users u JOIN role_assignments a ON a.user_id = u.id GROUP BY u.id`,
			`INSERT INTO search_codes (organization_id) SELECT DISTINCT organization_id FROM people WHERE TRUE
				ON CONFLICT (organization_id) DO NOTHING`,
			`INSERT INTO people_search (rowid, words) SELECT row_id, words FROM people_search_rows ORDER BY row_id`,
			`INSERT INTO people_counts SELECT organization_id, facets, COUNT(*) FROM people GROUP BY 1, 2`,
		}, again...))
	}, nil
}
