package store

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/crowd"
	"homeroom.dev/homeroom/store/query"
)

// The benchmarks of the audit log read a database of 5,000,000 records: two
// years of a hundred schools, one of which has two million. It is filled the
// first time, which takes some minutes, and kept.
//
//	go test ./store -bench Audit -run '^$'

// auditRecords is how many there are; fewer for a try with HOMEROOM_AUDIT_RECORDS.
func auditRecords() int {
	if n, err := strconv.Atoi(os.Getenv("HOMEROOM_AUDIT_RECORDS")); err == nil {
		return n
	}
	return 5_000_000
}

var (
	auditFrom = time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
	auditSpan = 2 * 365 * 24 * time.Hour
)

func BenchmarkAuditPage(b *testing.B) {
	s := auditStore(b)
	march := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	pages := []struct {
		name  string
		query AuditQuery
	}{
		{"first", AuditQuery{}},
		{"middle", AuditQuery{Before: auditCursor(micros(march) * rowsPerMicrosecond)}},
		{"newer", AuditQuery{After: auditCursor(micros(march) * rowsPerMicrosecond)}},
		{"without-sign-ins", AuditQuery{Except: []identity.Action{identity.ActionSignedIn, identity.ActionSignInFailed, identity.ActionSignedOut}}},
		{"person", AuditQuery{Person: "big-person-1234"}},
		{"action-common", AuditQuery{Action: identity.ActionSignedIn}},
		{"action-rare", AuditQuery{Action: identity.ActionPoliciesChanged}},
		{"person-removed-in-march", AuditQuery{
			Person: "big-person-1234", Action: identity.ActionRoleRemoved, Since: march, Until: march.AddDate(0, 1, 0),
		}},
		{"outcome-failed", AuditQuery{Outcome: identity.OutcomeFailed}},
		{"source-portal", AuditQuery{Source: identity.SourcePortal}},
		{"text-name", AuditQuery{Text: "samantha zhang"}},
		{"text-beginning", AuditQuery{Text: "sam"}},
		{"text-removed-sam", AuditQuery{Text: "removed sam 7b"}},
		{"text-in-march", AuditQuery{Text: "removed sam", Since: march, Until: march.AddDate(0, 1, 0)}},
		{"text-address", AuditQuery{Text: "198.51.100.77"}},
		{"text-nothing", AuditQuery{Text: "samantha nobody"}},
		{"text-common", AuditQuery{Text: "sign"}},
		{"text-two-common", AuditQuery{Text: "session settings"}},
	}
	for _, in := range []struct {
		id   string
		kind identity.Kind
	}{{"big", identity.KindSchool}, {"big-7b", identity.KindClassroom}} {
		log := auditLogOf(b, s, in.id, in.kind)
		for _, page := range pages {
			b.Run(in.id+"/"+page.name, func(b *testing.B) {
				var took []time.Duration
				records := 0
				for b.Loop() {
					begun := time.Now()
					found, err := log.Page(b.Context(), page.query)
					if err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begun))
					records = len(found.Records)
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
				b.ReportMetric(float64(records), "records")
			})
		}
	}
}

func BenchmarkAuditRecord(b *testing.B) {
	log := auditLogOf(b, auditStore(b), "big", identity.KindSchool)
	page, err := log.Page(b.Context(), AuditQuery{Before: auditCursor(micros(auditFrom.Add(auditSpan/2)) * rowsPerMicrosecond)})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := log.Record(b.Context(), page.Records[0].ID); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuditExport goes through a year of a school's log.
func BenchmarkAuditExport(b *testing.B) {
	log := auditLogOf(b, auditStore(b), "school-7", identity.KindSchool)
	read := 0
	for b.Loop() {
		n := 0
		for _, err := range log.All(b.Context(), AuditQuery{Since: auditFrom.AddDate(1, 0, 0)}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		read += n
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkAuditStream reads what a target of the school takes at a time.
func BenchmarkAuditStream(b *testing.B) {
	s := auditStore(b)
	after := int64(0)
	for b.Loop() {
		rows, err := s.read().AuditOfHomeAfter(b.Context(), query.AuditOfHomeAfterParams{OrganizationID: "big", After: after, Most: 500})
		if err != nil || len(rows) != 500 {
			b.Fatal(len(rows), err)
		}
		after = (after + 7919) % int64(auditRecords()/5)
	}
}

// BenchmarkAuditVerify verifies the log of a school of some 30,000 records.
func BenchmarkAuditVerify(b *testing.B) {
	s := auditStore(b)
	read := int64(0)
	for b.Loop() {
		report, err := s.VerifyAudit(b.Context(), AuditVerification{Home: "school-7"})
		if err != nil || report.Found > 0 || report.Records == 0 {
			b.Fatalf("%+v, %v", report, err)
		}
		read += report.Records
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkAuditWrite writes a record, chained and findable, and undoes it.
func BenchmarkAuditWrite(b *testing.B) {
	s := auditStore(b)
	undone := errors.New("undone")
	for b.Loop() {
		err := s.write(b.Context(), func(tx *transaction) error {
			r := auditRecordOfBench(rand.New(rand.NewPCG(1, 2)), "big", 0, time.Time{})
			r.ID = ""
			return errors.Join(tx.audit(b.Context(), &r), undone)
		})
		if !errors.Is(err, undone) || err.Error() != undone.Error() {
			b.Fatal(err)
		}
	}
}

func auditLogOf(b *testing.B, s *Store, id string, kind identity.Kind) *AuditLog {
	b.Helper()
	organization := identity.Organization{ID: identity.OrganizationID(id), Kind: kind, State: identity.OrganizationActive}
	if kind == identity.KindClassroom {
		organization.School = "big"
	}
	opened, err := identity.OpenFounded(organization, identity.Actor{User: "bench"}, identity.RolesIn(kind)[0])
	if err != nil {
		b.Fatal(err)
	}
	return s.In(opened).AuditLog()
}

// auditStore opens the store with so many records in it.
func auditStore(b *testing.B) *Store {
	b.Helper()
	records := auditRecords()
	folder := b.TempDir()
	open := func(path string) *Store {
		s, err := Open(b.Context(), Options{Path: path, Keys: newKeys(b), Operators: operators})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	fresh := filepath.Join(folder, "homeroom.sqlite")
	s := open(fresh)
	tables := sha256.New()
	rows, err := s.reader.Query(`SELECT sql FROM sqlite_schema WHERE sql LIKE '%audit%' ORDER BY name`)
	if err != nil {
		b.Fatal(err)
	}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			b.Fatal(err)
		}
		tables.Write([]byte(text))
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(os.TempDir(), fmt.Sprintf("homeroom-audit-%x-%d.sqlite", tables.Sum(nil)[:6], records))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := errors.Join(fillAudit(s.writer, records), s.Close(), os.Rename(fresh, path)); err != nil {
			b.Fatal(err)
		}
	} else if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	s = open(path)
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// auditRecordOfBench is record i of a school.
func auditRecordOfBench(random *rand.Rand, home string, i int, at time.Time) identity.AuditRecord {
	people := 300
	if home == "big" {
		people = 5_000
	}
	somebody := func() (identity.UserID, string) {
		n := random.IntN(people)
		given, family := crowd.Name(n * 7)
		return identity.UserID(fmt.Sprintf("%s-person-%d", home, n)), given + " " + family
	}
	user, name := somebody()
	r := identity.AuditRecord{
		Organization: identity.OrganizationID(home), Home: identity.OrganizationID(home), At: at, ClosedAt: at,
		Actor: identity.Actor{User: user, Name: name}, Target: string(user), TargetName: name,
		Address: fmt.Sprintf("198.51.%d.%d", 100+random.IntN(4), random.IntN(256)),
		Device:  "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		Source:  identity.SourceZitadel, Outcome: identity.OutcomeDone, ID: fmt.Sprintf("zitadel-%018d-%d", random.Int64N(1e18), i),
		Event: identity.AuditEvent{Type: "session.user.checked", Aggregate: fmt.Sprint(400_000_000_000_000_000 + i), Sequence: 3},
	}
	switch kind := random.IntN(1000); {
	case kind < 700:
		r.Action = identity.ActionSignedIn
	case kind < 750:
		r.Action, r.Event.Type = identity.ActionSignInFailed, "user.human.password.check.failed"
	case kind < 850:
		r.Action, r.Event.Type = identity.ActionSignedOut, "user.human.signed.out"
	default:
		actions := []identity.Action{
			identity.ActionRoleRemoved, identity.ActionRoleAssigned, identity.ActionInvited, identity.ActionInvitationAccepted,
			identity.ActionSignInReset, identity.ActionSettingsChanged,
		}
		r.Action, r.Source, r.Event = actions[kind%len(actions)], identity.SourcePortal, identity.AuditEvent{}
		if kind == 999 {
			r.Action = identity.ActionPoliciesChanged
		}
		target, called := somebody()
		r.Target, r.TargetName, r.ActorRole = string(target), called, identity.RoleTeacher
		r.RequestID = fmt.Sprintf("Q%026d", i)
		r.After = map[string]string{"role": "student"}
		if i%100 == 0 {
			r.Outcome = identity.OutcomeFailed
		}
		r.Organization = identity.OrganizationID(fmt.Sprint(home, "-", random.IntN(10), "b"))
	}
	return r
}

// fillAudit writes the records as the store would, only more at a time. Indexes
// are made at the end.
func fillAudit(db *sql.DB, records int) error {
	if _, err := db.Exec(`PRAGMA synchronous = OFF; PRAGMA cache_size = -400000`); err != nil {
		return err
	}
	again, err := withoutAuditIndexes(db)
	if err != nil {
		return err
	}
	homes := []string{"big"}
	for i := range 99 {
		homes = append(homes, fmt.Sprint("school-", i))
	}
	for _, home := range homes {
		for _, id := range append([]string{home}, classroomsOf(home)...) {
			if _, err := db.Exec(`INSERT INTO search_codes (organization_id) VALUES (?)`, id); err != nil {
				return err
			}
		}
	}
	f := auditFilling{random: rand.New(rand.NewPCG(3, 4)), homes: homes, heads: map[string]audit.Head{}, words: map[[2]string]bool{}, records: records}
	for from := 0; from < records; from += 50_000 {
		if err := f.write(db, from, min(from+50_000, records)); err != nil {
			return err
		}
	}
	for home, head := range f.heads {
		if _, err := db.Exec(`INSERT INTO audit_heads (home_id, position, number, hash) VALUES (?, ?, ?, ?)`,
			home, head.Position, head.Number, head.Hash); err != nil {
			return err
		}
	}
	_, err = db.Exec(`INSERT INTO audit_heads (home_id, position) VALUES ('', ?)`, records)
	return errors.Join(err, again())
}

func classroomsOf(home string) (all []string) {
	for i := range 10 {
		all = append(all, fmt.Sprint(home, "-", i, "b"))
	}
	return all
}

type auditFilling struct {
	random  *rand.Rand
	homes   []string
	heads   map[string]audit.Head
	words   map[[2]string]bool
	records int
}

func (f *auditFilling) write(db *sql.DB, from, to int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing to undo
	insert, err := tx.Prepare(`INSERT INTO audit_records (row_id, organization_id, home_id, id, at_us, actor_id, actor_name,
		actor_role, action, target, target_name, before_values, after_values, request_id, client_address, device, source,
		outcome, closed_us, event_type, event_aggregate, event_sequence, position, number, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	find, err := tx.Prepare(`INSERT INTO audit_search (rowid, tokens) VALUES (?, ?)`)
	if err != nil {
		return err
	}
	codes := map[string]string{}
	code := func(id string) (c string, err error) {
		if codes[id] == "" {
			err = tx.QueryRow(`SELECT printf('%06x', code) FROM search_codes WHERE organization_id = ?`, id).Scan(&c)
			codes[id] = c
		}
		return codes[id], err
	}
	for i := from; i < to; i++ {
		home := f.homes[0]
		if f.random.IntN(5) > 1 {
			home = f.homes[1+f.random.IntN(len(f.homes)-1)]
		}
		r := auditRecordOfBench(f.random, home, i, auditFrom.Add(auditSpan/time.Duration(f.records)*time.Duration(i)).Truncate(time.Microsecond))
		head := f.heads[home]
		head.Home = r.Home
		f.heads[home] = head.Next(int64(i+1), &r)
		row := micros(r.At) * rowsPerMicrosecond
		if _, err := insert.Exec(row, r.Organization, r.Home, r.ID, micros(r.At), r.Actor.User, r.Actor.Name, r.ActorRole,
			r.Action, r.Target, r.TargetName, auditValues(r.After), r.RequestID, r.Address, r.Device, r.Source, r.Outcome,
			micros(r.ClosedAt), r.Event.Type, r.Event.Aggregate, r.Event.Sequence, r.Position, r.Number, r.Hash); err != nil {
			return err
		}
		homeCode, err := code(home)
		if err != nil {
			return err
		}
		organizationCode, err := code(string(r.Organization))
		if err != nil {
			return err
		}
		tokens, found := auditTokens(homeCode, organizationCode, r, "Class "+string(r.Organization))
		if _, err := find.Exec(row, tokens); err != nil {
			return err
		}
		for _, word := range found {
			if f.words[[2]string{home, word}] {
				continue
			}
			f.words[[2]string{home, word}] = true
			if _, err := tx.Exec(`INSERT INTO audit_words (home_id, word) VALUES (?, ?)`, home, word); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

// withoutAuditIndexes drops the indexes and triggers of the records, and returns
// what makes them again.
func withoutAuditIndexes(db *sql.DB) (again func() error, err error) {
	rows, err := db.Query(`SELECT type, name, sql FROM sqlite_schema
		WHERE type IN ('trigger', 'index') AND tbl_name = 'audit_records' AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var drop, create []string
	for rows.Next() {
		var kind, name, statement string
		if err := rows.Scan(&kind, &name, &statement); err != nil {
			return nil, err
		}
		drop, create = append(drop, "DROP "+kind+" "+name), append(create, statement)
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
	return func() error { return run(create) }, errors.Join(rows.Err(), run(drop))
}
