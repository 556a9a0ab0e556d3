package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// noon is when the tests take place.
var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// world is a store with two schools in it that are alike: Linden and Birch. Each
// has a school_admin, a teacher, a classroom "7B" with a teacher, a co-teacher
// and students, and a guest from the other school. IDs start with the school's
// name, so that what leaks can be seen.
type world struct {
	*Store
	t     testing.TB
	clock time.Time
	queue *heldQueue
	path  string
}

const operators identity.OrganizationID = "operators"

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: noon, queue: &heldQueue{}, path: filepath.Join(t.TempDir(), "homeroom.sqlite")}
	if err := os.WriteFile(w.path, firstWorld(t), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Store = w.reopen(newKeys(t))
	return w
}

// first is the file of a world as it begins. It is made once: migrating takes
// longer than most tests.
var first struct {
	once sync.Once
	file []byte
}

func firstWorld(t testing.TB) []byte {
	t.Helper()
	first.once.Do(func() {
		w := &world{t: t, clock: noon, queue: &heldQueue{}, path: filepath.Join(t.TempDir(), "first.sqlite")}
		w.Store = w.reopen(newKeys(t))
		w.settle()
		err := w.Close()
		if err == nil {
			first.file, err = os.ReadFile(w.path)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	return first.file
}

// settle brings everybody into a world.
func (w *world) settle() {
	w.t.Helper()
	w.apply(organizationFacts("operators", "", "")...)
	w.apply(userFacts("operators", "olga", "Olga", "Ortiz")...)
	w.apply(assigned("operators", "operators-olga", identity.RoleOperator))
	for _, school := range []string{"linden", "birch"} {
		w.apply(organizationFacts(school, identity.KindSchool, "")...)
		w.apply(organizationFacts(school+"-7b", identity.KindClassroom, school)...)
		for _, p := range []struct {
			name, given, family string
			role                identity.Role
			in                  string
		}{
			{"ada", "Ada", "Adler", identity.RoleSchoolAdmin, school},
			{"tom", "Tom", "Tanner", identity.RoleTeacher, school},
			{"tom", "Tom", "Tanner", identity.RoleTeacher, school + "-7b"},
			{"cleo", "Cleo", "Clark", identity.RoleCoTeacher, school + "-7b"},
			{"zoe", "Zoë", "Núñez", identity.RoleStudent, school + "-7b"},
			{"sam", "Sam", "Smith", identity.RoleStudent, school + "-7b"},
			{"ann", "Ann", "Smith", identity.RoleStudent, school + "-7b"},
		} {
			w.apply(userFacts(school, p.name, p.given, p.family)...)
			w.apply(assigned(p.in, school+"-"+p.name, p.role))
		}
	}
	w.apply(assigned("linden-7b", "birch-sam", identity.RoleStudent))
	w.apply(assigned("birch-7b", "linden-sam", identity.RoleStudent))
}

// written is how many rows the store has written since it was connected.
func (w *world) written() (rows int) {
	w.t.Helper()
	w.must(w.writer.QueryRowContext(w.t.Context(), "SELECT total_changes()").Scan(&rows))
	return rows
}

// frozen keeps a world as it is now, and answers what makes it so again: handles
// that were opened before go on in it.
func (w *world) frozen() (again func()) {
	w.t.Helper()
	w.exec("PRAGMA wal_checkpoint(TRUNCATE)")
	file, err := os.ReadFile(w.path)
	w.must(err)
	clock := w.clock
	return func() {
		w.t.Helper()
		w.must(w.Close()) // which leaves nothing beside the file
		w.must(os.WriteFile(w.path, file, 0o600))
		w.must(w.Store.connect())
		w.clock = clock
	}
}

// reopen opens the world's file with keys.
func (w *world) reopen(keys *KeyRing) *Store {
	w.t.Helper()
	s, err := Open(w.t.Context(), Options{
		Path: w.path, Keys: keys, Operators: operators, Now: func() time.Time { return w.clock },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	s.UseQueue(w.queue)
	w.t.Cleanup(func() { _ = s.Close() })
	return s
}

func organizationFacts(id string, kind identity.Kind, school string) []identity.Fact {
	organization := identity.OrganizationID(id)
	facts := []identity.Fact{identity.OrganizationCreated{Organization: organization, RemoteName: id + "-x1", At: noon}}
	set := func(key, value string) {
		if value != "" {
			facts = append(facts, identity.OrganizationMetadataSet{Organization: organization, Key: key, Value: value, At: noon})
		}
	}
	set(identity.MetadataKind, string(kind))
	set(identity.MetadataName, strings.ToUpper(id[:1])+id[1:])
	set(identity.MetadataSchool, school)
	return facts
}

func userFacts(home, name, given, family string) []identity.Fact {
	return []identity.Fact{identity.UserCreated{At: noon, User: identity.User{
		ID: identity.UserID(home + "-" + name), Home: identity.OrganizationID(home), UserName: name + "." + home,
		GivenName: given, FamilyName: family, Address: name + "@" + home + ".example", AddressVerified: true,
		State: identity.UserActive,
	}}}
}

func assigned(in, user string, role identity.Role) identity.Fact {
	return identity.RoleAssignmentCreated{At: noon, Assignment: identity.RoleAssignment{
		ID: identity.RoleAssignmentID(in + "/" + user), User: identity.UserID(user),
		Organization: identity.OrganizationID(in), Roles: []identity.Role{role}, State: identity.AssignmentActive,
		CreatedAt: noon,
	}}
}

// apply makes facts known, as the answers to the portal's own writes do.
func (w *world) apply(facts ...identity.Fact) {
	w.t.Helper()
	err := w.write(w.t.Context(), func(tx *transaction) error { return tx.applyFacts(w.t.Context(), facts) })
	if err != nil {
		w.t.Fatal(err)
	}
}

// as opens an organization for a user.
func (w *world) as(user, organization string) *Organization {
	w.t.Helper()
	opened, err := w.OpenFor(w.t.Context(), identity.Actor{User: identity.UserID(user), Name: user},
		identity.OrganizationID(organization))
	if err != nil {
		w.t.Fatalf("open %s as %s: %v", organization, user, err)
	}
	return w.In(opened)
}

// invite sends an invitation to one address and answers it with its token.
func (w *world) invite(o *Organization, address string) (identity.Invitation, string) {
	w.t.Helper()
	var token string
	result, err := o.Invite(w.t.Context(), []identity.Invitation{{Address: address, Role: identity.RoleStudent}},
		"form-"+o.id+address, func(i identity.Invitation, secret string) (identity.Mail, error) {
			token = secret
			return composed(i, secret)
		})
	if err != nil || len(result.Invited) != 1 {
		w.t.Fatalf("invite %s: %v, %+v", address, err, result)
	}
	return result.Invited[0], token
}

// invited opens the organization of an invitation.
func (w *world) invited(token string) *Organization {
	w.t.Helper()
	opened, _, err := w.OpenInvited(w.t.Context(), identity.Actor{User: "new", Name: "New"}, token)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.In(opened)
}

func composed(i identity.Invitation, token string) (identity.Mail, error) {
	return identity.Mail{
		To: i.Address, FromName: string(i.Organization), Subject: "Come in", Text: "https://homeroom.example/i/" + token,
	}, nil
}

// heldQueue keeps what is enqueued, or refuses it.
type heldQueue struct {
	mu      sync.Mutex
	refused error
	mails   []string // IDs, in the order in which they were enqueued
	others  map[string]int
}

// named is how many jobs of a name were enqueued.
func (q *heldQueue) named(kind string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.others[kind]
}

func (q *heldQueue) Enqueue(_ context.Context, _ *sql.Tx, kind string, payload any) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refused != nil {
		return q.refused
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	if kind == OpeningJob || kind == BulkJob || kind == ImportJob || kind == ExportJob || kind == EraseJob || kind == RolloverJob {
		if q.others == nil {
			q.others = map[string]int{}
		}
		q.others[kind]++
		return nil
	}
	var mail MailPayload
	if err := json.Unmarshal(text, &mail); err != nil || kind != MailJob {
		return fmt.Errorf("unexpected job %s %s", kind, text)
	}
	q.mails = append(q.mails, mail.Mail)
	return nil
}

// rowsOf is everything the database holds of the organizations whose ID starts
// with prefix, table by table.
func (w *world) rowsOf(prefix string) map[string]string {
	w.t.Helper()
	all := make(map[string]string)
	for _, table := range w.tables("organization_id") {
		all[table] = w.dump(fmt.Sprintf("SELECT * FROM %s WHERE organization_id LIKE '%s%%' ORDER BY 1, 2", table, prefix))
	}
	all["organizations"] = w.dump(fmt.Sprintf("SELECT * FROM organizations WHERE id LIKE '%s%%' ORDER BY id", prefix))
	return all
}

// tables lists the tables that have a column.
func (w *world) tables(column string) []string {
	w.t.Helper()
	rows, err := w.reader.QueryContext(w.t.Context(), `SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name = ? ORDER BY m.name`, column)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			w.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	return tables
}

func (w *world) dump(statement string) string {
	w.t.Helper()
	rows, err := w.reader.QueryContext(w.t.Context(), statement)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	var text strings.Builder
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintln(&text, values...)
	}
	return text.String()
}
