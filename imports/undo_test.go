package imports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

const (
	deleteUser   = "/zitadel.user.v2.UserService/DeleteUser"
	deleteRole   = "/zitadel.authorization.v2.AuthorizationService/DeleteAuthorization"
	updateHuman  = "/zitadel.user.v2.UserService/UpdateUser"
	withoutMails = "Given name\tFamily name\tUser name\tID"
)

// undo undoes an import to its end.
func (s *school) undo(o *store.Organization, id store.ImportID) store.Import {
	s.t.Helper()
	s.check(o.UndoImport(s.t.Context(), id))
	s.work()
	return s.imported(o, id)
}

// undoneAs are how rows ended when their import was undone: name, end and reasons.
// Accounts that were deleted took theirs along.
func (s *school) undoneAs(o *store.Organization, id store.ImportID) []string {
	s.t.Helper()
	var all []string
	for _, r := range s.rows(o, id) {
		end := r.Name() + " " + string(r.Undo)
		for _, m := range r.Reasons {
			end += " " + told(m)
		}
		all = append(all, end)
	}
	return all
}

// userNamed is the ID of who has a user name.
func (s *school) userNamed(name string) identity.UserID {
	s.t.Helper()
	var id string
	s.check(s.store.Writer().QueryRowContext(s.t.Context(), "SELECT id FROM users WHERE user_name = ?", name).Scan(&id))
	return identity.UserID(id)
}

func (s *school) exec(statement string, arguments ...any) {
	s.t.Helper()
	_, err := s.store.Writer().ExecContext(s.t.Context(), statement, arguments...)
	s.check(err)
}

// held are the roles of somebody, as "place:roles:state".
func (s *school) held(user identity.UserID) string {
	s.t.Helper()
	rows, err := s.store.Writer().QueryContext(s.t.Context(),
		"SELECT organization_id || ':' || roles || ':' || state FROM role_assignments WHERE user_id = ? ORDER BY 1", string(user))
	s.check(err)
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var one string
		s.check(rows.Scan(&one))
		all = append(all, one)
	}
	s.check(rows.Err())
	return strings.Join(all, " ")
}

// What has happened since an import is not undone with it: accounts that were used,
// or that somebody counts on, stay, and changes made since are kept and named.
func TestUndoingKeepsWhatHasHappenedSince(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o := s.as("tim", "7b")
	list := pasted(withoutMails,
		"Una\tUnused\tuna.u\t1", "Ugo\tUsed\tugo.u\t2", "Max\tMoved\tmax.m\t3", "Pia\tPromoted\tpia.p\t4",
		"Lena\tVogtländer\tlena.v-7b\t5", "Mila\tArnoldi\tmila.a-7b\t6", "Olivia\tBaker\tolivia.b-8a\t7",
	)
	one := s.applied(o, s.planned(o, list, store.ImportOptions{}).ID, 0)
	if want := (store.ImportReceipt{Created: 4, Verified: 4, Updated: 2, Moved: 1}); one.Receipt != want {
		t.Fatalf("applied: %+v %v", one.Receipt, s.ends(o, one.ID))
	}
	ugo, max, pia := s.userNamed("ugo.u"), s.userNamed("max.m"), s.userNamed("pia.p")
	s.exec("UPDATE users SET last_seen_us = 1 WHERE id = ?", string(ugo))
	_, err := s.at(s.places["8a"]).CreateRoleAssignment(t.Context(), max, []identity.Role{identity.RoleStudent})
	s.check(err)
	_, err = s.at(s.places["7b"]).UpdateRoleAssignment(t.Context(), pia, []identity.Role{identity.RoleCoTeacher})
	s.check(err)
	family := "Vogt-Meier"
	_, err = s.at(s.places["school"]).UpdateUser(t.Context(), "u-lena", identity.UserUpdate{FamilyName: &family})
	s.check(err)
	s.sync()

	one = s.undo(o, one.ID)
	if want := (store.ImportUndoReceipt{Deleted: 1, Kept: 3, Back: 2, Refused: 1}); one.UndoReceipt != want || one.State != store.ImportUndone {
		t.Errorf("undone: %s, %+v", one.State, one.UndoReceipt)
	}
	want := []string{
		"Ugo Used kept import.kept", "Max Moved kept import.kept",
		`Pia Promoted kept import.kept import.role-changed-since {"Classroom":"7B"}`,
		"Lena Vogtländer refused import.account-changed-since", "Mila Arnoldi back", "Olivia Baker back",
	}
	if diff := cmp.Diff(want, s.undoneAs(o, one.ID)); diff != "" {
		t.Errorf("rows, -want +got:\n%s", diff)
	}
	for user, want := range map[identity.UserID]string{
		ugo: "", max: "o-8a:student:active", pia: "o-7b:co_teacher:active", "u-lena": "o-7b:student:active",
		"u-mila": "o-7b:student:active", "u-olivia": "o-8a:student:active",
	} {
		if got := s.held(user); got != want {
			t.Errorf("%s holds %q, want %q", user, got, want)
		}
	}
	page, err := o.ImportRows(t.Context(), one.ID, store.ImportRowQuery{Undo: store.UndoKept})
	s.check(err)
	if len(page.Rows) != 3 {
		t.Errorf("%d are named as kept", len(page.Rows))
	}
	var numbers int
	s.check(s.store.Writer().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM external_ids WHERE source = 'list' AND external_id IN ('1','2','3','4','5','6','7')").Scan(&numbers))
	if numbers != 0 {
		t.Errorf("%d numbers of the list are left", numbers)
	}
	s.rebuilt()
	// On record: that it was undone, and what became of each, closed.
	records, err := o.Audit(t.Context(), store.AuditQuery{Limit: 500})
	s.check(err)
	told := map[string]int{}
	for _, r := range records.Records {
		if r.Action == identity.ActionImportBack || r.Action == identity.ActionImportUndone {
			told[string(r.Action)+" "+string(r.Outcome)]++
		}
	}
	if diff := cmp.Diff(map[string]int{"import.put-back done": 6, "import.put-back failed": 1, "import.undone done": 1}, told); diff != "" {
		t.Errorf("on record, -want +got:\n%s", diff)
	}
}

// Undoing that is cut off, at any write, is gone on with, and ends as if nothing had
// been; so does what was stopped halfway.
func TestUndoingIsGoneOnWith(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.engine.Hurried().Batches(3)
	o := s.as("priya", "school")
	before := s.snapshot()
	list := pasted(withoutMails+"\tClass",
		"A\tNew\ta.new\t1\t7B", "B\tNew\tb.new\t2\tNew class", "C\tNew\tc.new\t3\t8A", "D\tNew\td.new\t4\t7B",
		"Lena\tVogtländer\tlena.v-7b\t5\t8A", "Mila\tArnoldi\tmila.a-7b\t6\t7B",
	)
	for method, after := range map[string]int{deleteUser: 1, deleteRole: 0, updateHuman: 1, createRole: 1} {
		one := s.planned(o, list, store.ImportOptions{Whole: true})
		one = s.applied(o, one.ID, one.NeedsNumber())
		if one.State != store.ImportDone || one.Receipt.Refused > 0 {
			t.Fatalf("applied: %s %+v", one.State, one.Receipt)
		}
		s.check(o.UndoImport(t.Context(), one.ID))
		s.zitadel.Faults().Unavailable(method, after, -1)
		job, _ := s.queue.next()
		if err := s.engine.Handle(t.Context(), job, false); err == nil {
			t.Errorf("%s away, and nothing was said", method)
		}
		if one = s.imported(o, one.ID); one.State != store.ImportUndoing || one.Trouble.ID == "" {
			t.Errorf("%s away: %s %v", method, one.State, one.Trouble)
		}
		s.zitadel.Faults().Heal()
		s.sync() // the events of what was done come first
		one = s.undo(o, one.ID)
		if one.State != store.ImportUndone || one.UndoReceipt.Deleted != 4 || one.UndoReceipt.Refused+one.UndoReceipt.Kept+one.UndoReceipt.Stayed > 0 {
			t.Errorf("%s back: %s, %+v: %v", method, one.State, one.UndoReceipt, s.undoneAs(o, one.ID))
		}
		if diff := cmp.Diff(before, s.snapshot()); diff != "" {
			t.Errorf("%s back, -want +got:\n%s", method, diff)
		}
	}
	// Stopped halfway, and thrown away: what was done is undone.
	one := s.planned(o, list, store.ImportOptions{})
	s.check(o.ApplyImport(t.Context(), one.ID, 0))
	s.zitadel.Faults().Unavailable(createUser, 2, -1)
	job, _ := s.queue.next()
	if err := s.engine.Handle(t.Context(), job, false); err == nil {
		t.Error("Zitadel is away, and nothing was said")
	}
	s.zitadel.Faults().Heal()
	s.check(o.CancelImport(t.Context(), one.ID))
	s.work()
	one = s.undo(o, one.ID)
	if one.State != store.ImportUndone || one.UndoReceipt.Deleted == 0 {
		t.Errorf("stopped and undone: %s %+v of %+v", one.State, one.UndoReceipt, one.Receipt)
	}
	if diff := cmp.Diff(before, s.snapshot()); diff != "" {
		t.Errorf("stopped and undone, -want +got:\n%s", diff)
	}
}

// A class that an import opened stays when somebody else is in it by now, and goes
// when those have left it whom it still has here; after a day nothing is undone.
func TestClassesThatAreInUseStay(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	ctx := t.Context()
	o := s.as("priya", "school")
	list := pasted("Given name\tFamily name\tUser name\tClass", "A\tNew\ta.new\tUsed class", "B\tNew\tb.new\tEmpty class", "Mila\tArnold\tmila.a-7b\tEmpty class")
	one := s.applied(o, s.planned(o, list, store.ImportOptions{}).ID, 0)
	classes, err := o.ImportClassrooms(ctx, one.ID, "")
	s.check(err)
	used := classes.Classrooms[0].Classroom
	s.places["used"] = identity.Organization{
		ID: used, Kind: identity.KindClassroom, Name: "Used class", School: "o-school", State: identity.OrganizationActive,
	}
	_, err = s.at(s.places["used"]).CreateRoleAssignment(ctx, "u-mei", []identity.Role{identity.RoleStudent})
	s.check(err)
	s.sync()
	empty := classes.Classrooms[1]
	_, err = s.at(identity.Organization{ // and nobody has heard of it yet
		ID: empty.Classroom, Kind: identity.KindClassroom, Name: empty.Name, School: "o-school", State: identity.OrganizationActive,
	}).DeleteRoleAssignment(ctx, "u-mila")
	s.check(err)
	one = s.undo(o, one.ID)
	if want := (store.ImportUndoReceipt{Deleted: 2, Back: 1, Classrooms: 1, Stayed: 1}); one.UndoReceipt != want {
		t.Errorf("undone: %+v", one.UndoReceipt)
	}
	classes, err = o.ImportClassrooms(ctx, one.ID, "")
	s.check(err)
	if got := classes.Classrooms[0]; got.Undo != store.UndoRefused || got.Reason.ID != "import.class-in-use" {
		t.Errorf("the class in use: %+v", got)
	}
	if got := s.held("u-mei"); got != "o-8a:student:active "+string(used)+":student:active" && got != string(used)+":student:active o-8a:student:active" {
		t.Errorf("Mei holds %q", got)
	}
	again := s.applied(o, s.planned(o, list, store.ImportOptions{}).ID, 0)
	s.clock = s.clock.Add(25 * time.Hour)
	if err := o.UndoImport(ctx, again.ID); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("undone after a day: %v", err)
	}
}

// An import is undone by the rights of who undoes it, when who began it has none
// any more; and by nobody without them.
func TestAnImportIsUndoneByOthers(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	ctx := t.Context()
	before := s.snapshot()
	list := pasted("Given name\tFamily name\tUser name\tClass", "A\tNew\ta.new\t7B", "Mila\tArnold\tmila.a-7b\t8A")
	one := s.applied(s.as("priya", "school"), s.planned(s.as("priya", "school"), list, store.ImportOptions{}).ID, 0)
	_, err := s.at(s.places["school"]).DeleteRoleAssignment(ctx, "u-priya")
	s.check(err)
	s.sync()
	before = strings.Replace(before, "u-priya|o-school|school_admin|active\n", "", 1)
	o := s.as("robin", "school")
	if one = s.undo(o, one.ID); one.State != store.ImportUndone || one.UndoReceipt.Deleted != 1 || one.UndoReceipt.Refused > 0 {
		t.Errorf("undone: %s %+v %+v", one.State, one.UndoReceipt, one.Trouble)
	}
	if diff := cmp.Diff(before, s.snapshot()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	records, err := o.Audit(ctx, store.AuditQuery{Limit: 500})
	s.check(err)
	for _, r := range records.Records {
		if r.Action == identity.ActionImportBack && (r.Actor.User != "u-robin" || r.Actor.Name != "Robin Stone") {
			t.Errorf("put back on record by %+v", r.Actor)
		}
	}
	// Whoever loses the right meanwhile puts nothing more back.
	one = s.applied(o, s.planned(o, list, store.ImportOptions{}).ID, 0)
	s.check(o.UndoImport(ctx, one.ID))
	_, err = s.at(s.places["school"]).DeleteRoleAssignment(ctx, "u-robin")
	s.check(err)
	s.sync()
	s.work()
	if got := s.held(s.userNamed("a.new")); got != "o-7b:student:active" {
		t.Errorf("undone without the right: %q", got)
	}
}
