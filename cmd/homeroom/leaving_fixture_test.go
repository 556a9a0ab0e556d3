package main

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel/standin"
)

// leaver is an installation whose Linden School leaves. Whatever is Linden's has
// "linden" in its name, whoever is at home there in their name, user name and
// address, so that what is left of it can be found in any column.
type leaver struct {
	*site
	school, birch seededSchool
	admin         string // of Linden
	guest         string // at home in Birch, teacher in Linden
	abroad        string // at home in Linden, student in Birch
	operator      string
	people        []string // at home in Linden
}

const lindenName = "Linden School"

func newLeaver(t *testing.T, students int) *leaver {
	t.Helper()
	l := &leaver{site: newSite(t)}
	d := &demoSeed{Seed: l.zitadel.Seed().As(string(l.made.Provisioner.User)), made: l.made}
	school := func(name string, classrooms ...string) (s seededSchool) {
		id, err := d.organization(identity.KindSchool, name, "")
		l.check(err)
		s.id = id
		for _, c := range classrooms {
			id, err := d.organization(identity.KindClassroom, c, s.id)
			l.check(err)
			s.classrooms = append(s.classrooms, id)
		}
		return s
	}
	l.school = school(lindenName, "Lindenroom 7B", "Lindenroom 8A")
	l.birch = school("Birch Academy", "Maths 5A")
	person := func(home, given, family, userName, in string, role identity.Role) string {
		user := d.user(home, given, family, userName, strings.Contains(userName, "@"))
		user.Password = demoPassword
		_, err := d.User(user)
		l.check(err)
		_, err = d.Authorize(user.ID, l.made.Project, in, string(role))
		l.check(err)
		if home == l.school.id {
			l.people = append(l.people, user.ID)
		}
		return user.ID
	}
	l.admin = person(l.school.id, "Ada", "Lindenwood", "ada@linden.example", l.school.id, identity.RoleSchoolAdmin)
	person(l.school.id, "Tom", "Lindenhill", "tom@linden.example", l.school.classrooms[0], identity.RoleTeacher)
	for i := range students {
		name := fmt.Sprintf("student-%d@linden.example", i)
		if i%3 == 0 {
			name = fmt.Sprintf("linden.%d", i) // without an address
		}
		person(l.school.id, "Sam", fmt.Sprint("Lindenfield", i), name, l.school.classrooms[i%2], identity.RoleStudent)
	}
	l.abroad = l.people[2]
	_, err := d.Authorize(l.abroad, l.made.Project, l.birch.classrooms[0], string(identity.RoleStudent))
	l.check(err)
	l.guest = person(l.birch.id, "Bea", "Birchley", "bea@birch.example", l.school.classrooms[0], identity.RoleTeacher)
	person(l.birch.id, "Bob", "Birchwood", "bob@birch.example", l.birch.id, identity.RoleSchoolAdmin)
	l.operator = person(string(l.made.Operators), "Olu", "Adeyemi", "olu@operators.example", string(l.made.Operators), identity.RoleOperator)
	for _, user := range append(slices.Clone(l.people[:3]), l.guest, l.operator) {
		l.check(d.SignIn(standin.SeedSignIn{User: user, Client: l.made.ClientID, Address: "198.51.100.7", Device: "Mozilla/5.0"}))
	}
	l.command("sync")
	return l
}

// organizations are the IDs of Linden School and its classrooms.
func (l *leaver) organizations() []string {
	return append(slices.Clone(l.school.classrooms), l.school.id)
}

// use makes rows as people make them.
func (l *leaver) use(p *portal) {
	l.t.Helper()
	ctx := l.t.Context()
	in := func(user, organization string) identity.Opened {
		opened, err := p.store.OpenFor(ctx, identity.Actor{User: identity.UserID(user), Name: "Ada Lindenwood"}, identity.OrganizationID(organization))
		l.check(err)
		return opened
	}
	school := p.store.In(in(l.admin, l.school.id))
	for i, basis := range identity.Bases {
		l.check(school.RecordBasis(ctx, identity.AccountBasis{User: identity.UserID(l.people[2+i]), Basis: basis, AgeBand: identity.Age10To12}))
	}
	l.check(school.SetRetention(ctx, identity.Retention{Inactive: 12, Invitations: 6, Audit: 24}))
	room := p.store.In(in(l.admin, l.school.classrooms[0]))
	_, err := room.Invite(ctx, []identity.Invitation{{Address: "new@linden.example", Role: identity.RoleStudent, Language: "en"}}, identity.NewSubmission(),
		func(i identity.Invitation, token string) (identity.Mail, error) {
			return identity.Mail{To: i.Address, Subject: "Lindenroom", Text: token}, nil
		})
	l.check(err)
}

// notOwn are tables that are not the portal's own: the projection's, the log's and
// the search's.
var notOwn = []string{
	"audit_records", "audit_head_of", "audit_retention", "sign_in_days", "sign_in_people", "users", "role_assignments",
	"roster_counts", "grants", "people", "people_counts", "search_codes", "drift",
}

// session gives somebody of the school a session, and another school's note about
// the account of somebody who is a guest there.
func (l *leaver) session(db *sql.DB) {
	l.t.Helper()
	for _, statement := range []string{
		"INSERT INTO sessions (token_hash, user_id, sealed, expires_us, device, address) VALUES ('linden', ?, 'linden', 9999999999999999, 'linden', 'linden')",
		"INSERT INTO stashes (token_hash, user_id, sealed, expires_us) VALUES ('linden', ?, 'linden', 9999999999999999)",
		"INSERT INTO bases (organization_id, user_id, basis, recorder_id, recorder_name, recorded_us) VALUES ('" + l.birch.id + "', ?, 'school', 'x', 'x', 1)",
	} {
		_, err := db.Exec(statement, l.abroad)
		l.check(err)
	}
}

const secretMark = "SECRET-OF-THE-TEST"

// fill gives every own table a row of the school and one of its first classroom
// where it has none, whatever the table is for: a table that is new is covered
// the day it is made. It answers the tables.
func (l *leaver) fill(db *sql.DB) (tables []string) {
	l.t.Helper()
	for _, table := range l.strings(db, `SELECT name FROM sqlite_schema s WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
		AND EXISTS (SELECT 1 FROM pragma_table_info(s.name) c WHERE c.name = 'organization_id') ORDER BY name`) {
		if slices.Contains(notOwn, table) {
			continue
		}
		tables = append(tables, table)
		for _, organization := range []string{l.school.id, l.school.classrooms[0]} {
			if l.number(db, "SELECT COUNT(*) FROM "+table+" WHERE organization_id = ?", organization) > 0 {
				continue
			}
			var names, values []string
			rows, err := db.Query("SELECT name, type FROM pragma_table_info(?)", table)
			l.check(err)
			for rows.Next() {
				var name, kind string
				l.check(rows.Scan(&name, &kind))
				value := fmt.Sprintf("'linden %s %s %s'", table, name, organization)
				switch {
				case name == "organization_id":
					value = "'" + organization + "'"
				case name == "user_id":
					value = "'" + l.people[3] + "'"
				case kind == "BLOB":
					value = "X'" + strings.Repeat("00", 4) + "'"
				case kind != "TEXT":
					value = "1"
				case strings.Contains(name, "hash") || strings.Contains(name, "sealed") || name == "secret":
					value = "'" + secretMark + name + organization + "'"
				}
				if kind == "INTEGER" && name == "row_id" {
					continue
				}
				names, values = append(names, name), append(values, value)
			}
			l.check(rows.Close())
			_, err = db.Exec("INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")")
			if err != nil {
				l.t.Fatalf("fill %s: %v", table, err)
			}
		}
	}
	return tables
}

func (l *leaver) open() *sql.DB {
	l.t.Helper()
	db, err := sql.Open("sqlite", "file:"+l.database+"?_pragma=busy_timeout(10000)")
	l.check(err)
	db.SetMaxOpenConns(1) // so that temporary tables are there
	l.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (l *leaver) strings(db *sql.DB, query string, arguments ...any) (all []string) {
	l.t.Helper()
	rows, err := db.Query(query, arguments...)
	l.check(err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one string
		l.check(rows.Scan(&one))
		all = append(all, one)
	}
	l.check(rows.Err())
	return all
}

func (l *leaver) number(db *sql.DB, query string, arguments ...any) (n int) {
	l.t.Helper()
	l.check(db.QueryRow(query, arguments...).Scan(&n))
	return n
}

// allowed are the rows that stay although they name the school or an ID of it, and
// why.
func (l *leaver) allowed(table string, row map[string]string, found string) bool {
	names := strings.Contains(found, "linden")
	switch table {
	case "audit_records": // the platform's log: receipts, and what operators did
		return row["home_id"] == string(l.made.Operators)
	case "audit_words": // by which the platform's log is searched
		return row["home_id"] == string(l.made.Operators)
	case "audit_checkpoints": // signed heads of chains, by their IDs
		return !names
	case "removed": // so that a late event brings nothing back
		return !names
	case "events_seen": // events that were read lately, by the ID of what they are about
		return !names
	case "river_job": // what is done is kept for an hour, by IDs
		return !names
	}
	return false
}

// nothingLeft complains about every value of the database that names the school,
// its classrooms or its people, and of every word of them in an index.
func (l *leaver) nothingLeft(when string) {
	l.t.Helper()
	db := l.open()
	defer func() { l.check(db.Close()) }()
	needles := append(append([]string{"linden"}, l.organizations()...), l.people...)
	for _, table := range l.strings(db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE '%search_%'
		OR name = 'search_codes'`) {
		rows, err := db.Query("SELECT * FROM " + table)
		l.check(err)
		columns, err := rows.Columns()
		l.check(err)
		for rows.Next() {
			cells := make([]sql.NullString, len(columns))
			into := make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			l.check(rows.Scan(into...))
			row := map[string]string{}
			for i, c := range columns {
				row[c] = cells[i].String
			}
			for column, value := range row {
				value = strings.ToLower(value)
				if i := slices.IndexFunc(needles, func(n string) bool { return strings.Contains(value, n) }); i >= 0 && !l.allowed(table, row, value) {
					l.t.Errorf("%s: %s.%s is %.120q", when, table, column, value)
				}
			}
		}
		l.check(rows.Err())
	}
	for _, index := range []string{"roster_search", "people_search", "audit_search"} {
		_, err := db.Exec("CREATE VIRTUAL TABLE temp." + index + "_words USING fts5vocab(main, " + index + ", 'row')")
		l.check(err)
		for _, term := range l.strings(db, "SELECT term FROM temp."+index+"_words") {
			if index == "audit_search" && strings.HasPrefix(term, l.code(db)) {
				continue // the platform's log
			}
			if slices.ContainsFunc(needles, func(n string) bool { return strings.Contains(term, n) }) {
				l.t.Errorf("%s: %s finds %q", when, index, term)
			}
		}
	}
}

// code is what the platform's words stand behind in an index.
func (l *leaver) code(db *sql.DB) string {
	return fmt.Sprintf("%06x", l.number(db, "SELECT code FROM search_codes WHERE organization_id = ?", string(l.made.Operators)))
}

// taken is an archive, unpacked.
type taken struct {
	files    map[string][]byte
	manifest export.Manifest
}

func (l *leaver) unpack(archive []byte) taken {
	l.t.Helper()
	t := taken{files: map[string][]byte{}}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	l.check(err)
	for _, f := range r.File {
		file, err := f.Open()
		l.check(err)
		t.files[f.Name], err = io.ReadAll(file)
		l.check(err)
	}
	l.check(json.Unmarshal(t.files["manifest.json"], &t.manifest))
	return t
}

// rows is how many rows a file has by the manifest, which must be right.
func (t taken) rows(l *leaver, name string) int {
	l.t.Helper()
	i := slices.IndexFunc(t.manifest.Files, func(f export.File) bool { return f.Name == name })
	if i < 0 {
		l.t.Fatalf("the archive has no %s", name)
	}
	n := bytes.Count(t.files[name], []byte("\n"))
	if strings.HasSuffix(name, ".csv") {
		lines, err := csv.NewReader(bytes.NewReader(t.files[name])).ReadAll()
		l.check(err)
		n = len(lines) - 1
	}
	if n != t.manifest.Files[i].Rows {
		l.t.Errorf("%s has %d rows, and %d by the manifest", name, n, t.manifest.Files[i].Rows)
	}
	return n
}
