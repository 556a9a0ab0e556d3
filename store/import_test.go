package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// planned is an import of people, read and planned.
func (w *world) planned(o *Organization, id ImportID, options ImportOptions, people ...roster.Person) Import {
	w.t.Helper()
	ctx := w.t.Context()
	_, err := o.BeginImport(ctx, NewImport{
		Submission: string(id), File: []byte("list"), Reading: roster.Reading{Format: roster.FormatTable}, Options: options,
	})
	w.must(err)
	stage, err := o.StageImport(ctx, id, 0)
	w.must(err)
	for n, p := range people {
		p.Place.Line = n + 2
		w.must(stage.Person(p))
	}
	w.must(stage.Close(roster.Summary{}))
	for after := int64(0); ; {
		after, err = o.PlanImport(ctx, id, after)
		w.must(err)
		if after == 0 {
			break
		}
	}
	i, err := o.Import(ctx, id)
	w.must(err)
	return i
}

// rowsTold is what becomes of each row: its kind, who it is, and the first reason.
func (w *world) rowsTold(o *Organization, id ImportID) []string {
	w.t.Helper()
	page, err := o.ImportRows(w.t.Context(), id, ImportRowQuery{})
	w.must(err)
	var all []string
	for _, r := range page.Rows {
		reason := ""
		if len(r.Reasons) > 0 {
			reason = r.Reasons[0].ID
		}
		all = append(all, fmt.Sprintf("%s|%s|%s|%s", r.Name(), r.Kind, r.User, reason))
	}
	return all
}

func named(given, family string) roster.Person {
	return roster.Person{GivenName: given, FamilyName: family}
}

func TestAClassroomsListIsPlanned(t *testing.T) {
	w := newWorld(t)
	w.apply(userFacts("linden", "kim", "Kim", "Elsewhere")...)
	o := w.as("linden-tom", "linden-7b")
	address := named("Samuel", "Smith")
	address.Address = "SAM@linden.example"
	sibling := named("Berta", "Smith")
	sibling.Address = "ann@linden.example"
	teacher := named("New", "Teacher")
	teacher.Role = identity.RoleTeacher
	const id ImportID = "abcdefghijklmnopqrstuvwxyz"
	i := w.planned(o, id, ImportOptions{},
		named("zoe", "Nunez"), address, sibling, named("Kim", "Elsewhere"), named("Nora", "New"), named("Nora", "New"),
		named("Tom", "Tanner"), named("", ""), teacher,
	)
	want := []string{
		"zoe Nunez|update|linden-zoe|", "Samuel Smith|update|linden-sam|", "Berta Smith|duplicate||import.other-name",
		"Kim Elsewhere|duplicate||import.same-name", "Nora New|create||", "Nora New|duplicate||import.same-name-in-list",
		"Tom Tanner|conflict|linden-tom|import.teaches-here", "|error||import.name-missing", "New Teacher|conflict||import.students-only",
	}
	if diff := cmp.Diff(want, w.rowsTold(o, id)); diff != "" {
		t.Error(diff)
	}
	if i.State != ImportPlanned || i.Undecided() != 3 || i.Rows() != 9 || i.NeedsNumber() != 0 {
		t.Errorf("import = %+v", i)
	}
	refused(t, o.ApplyImport(t.Context(), id, 0), identity.KindConflict, "import.undecided")
	w.must(o.DecideImport(t.Context(), id, 4, roster.DecisionMerge, "linden-kim", 0))
	w.must(o.DecideImport(t.Context(), id, 6, roster.DecisionMerge, "", 5))
	w.must(o.DecideImport(t.Context(), id, 3, roster.DecisionSkip, "", 0))
	want[2], want[3], want[5] = "Berta Smith|skipped||", "Kim Elsewhere|move|linden-kim|", "Nora New|unchanged||import.repeats"
	if diff := cmp.Diff(want, w.rowsTold(o, id)); diff != "" {
		t.Error(diff)
	}
}

func TestAListThatIsEverybodyAsksBeforeManyLeave(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	const id ImportID = "abcdefghijklmnopqrstuvwxyz"
	i := w.planned(o, id, ImportOptions{Whole: true}, named("Zoë", "Núñez"))
	if i.Counts[roster.KindRemove] != 3 || i.Counts[roster.KindUnchanged] != 1 || i.NeedsNumber() != 3 {
		t.Errorf("counts %v, number %d, told %v", i.Counts, i.NeedsNumber(), w.rowsTold(o, id))
	}
	refused(t, o.ApplyImport(t.Context(), id, 2), identity.KindConflict, "import.number")
	w.must(o.ApplyImport(t.Context(), id, 3))
	if n := w.queue.named(ImportJob); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

// Rows are begun with their records, applied and closed in one transaction each,
// and a row whose world has changed is left out.
func TestRowsOfAnImportAreBegunAndClosed(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	const id ImportID = "abcdefghijklmnopqrstuvwxyz"
	w.planned(o, id, ImportOptions{}, named("Nora", "New"), named("Zoe", "Nunez"))
	w.must(o.ApplyImport(t.Context(), id, 0))
	accented := "Zoe"
	w.apply(identity.UserChanged{User: "linden-zoe", GivenName: &accented, At: noon.Add(time.Minute)})
	rows, _, err := o.BeginImportRows(t.Context(), id, 0, 100, func(r *ImportRow, _ UserNameTaken) error {
		if r.Kind == roster.KindCreate {
			r.User, r.UserName, r.Secret = "linden-nora", "nora.n-2a", "sun-tree"
		}
		return nil
	})
	w.must(err)
	if len(rows) != 1 || rows[0].User != "linden-nora" || rows[0].State != ImportRowBegun {
		t.Fatalf("begun %+v", rows)
	}
	begun, err := o.BegunImportRows(t.Context(), id, 0, 5)
	w.must(err)
	if len(begun) != 1 || begun[0].Secret != "sun-tree" || strings.Contains(w.dump("SELECT * FROM import_rows"), "sun-tree") {
		t.Errorf("begun, for the next process: %+v", begun)
	}
	rows[0].Secret = "moon-lake"
	w.must(o.KeepImportSecret(t.Context(), id, rows[0]))
	if begun, err = o.BegunImportRows(t.Context(), id, 0, 5); err != nil || len(begun) != 1 || begun[0].Secret != "moon-lake" {
		t.Errorf("with another password: %+v, %v", begun, err)
	}
	facts := append(userFacts("linden", "nora", "Nora", "New"), assigned("linden-7b", "linden-nora", identity.RoleStudent))
	for range 2 { // the same again changes nothing
		w.must(o.CloseImportRows(t.Context(), id, []ImportedRow{{Row: rows[0], Outcome: OutcomeVerified, Facts: facts}}))
	}
	if secret, err := o.FirstSecret(t.Context(), "linden-nora", "linden"); err != nil || secret != "moon-lake" {
		t.Errorf("the first secret is %q, %v", secret, err)
	}
	if left := w.dump("SELECT sealed FROM import_rows WHERE sealed <> ''"); left != "" {
		t.Errorf("rows that are closed keep %s", left)
	}
	w.must(o.EndImport(t.Context(), id, ImportDone, identity.Message{}))
	i, err := o.Import(t.Context(), id)
	w.must(err)
	if want := (ImportReceipt{Created: 1, Verified: 1, Changed: 1}); i.Receipt != want || i.State != ImportDone {
		t.Errorf("receipt %+v, state %s", i.Receipt, i.State)
	}
	again := w.planned(o, "zyxwvutsrqponmlkjihgfedcba", ImportOptions{}, named("Nora", "New"))
	if !again.Empty() || again.Undecided() != 0 {
		t.Errorf("the same list again: %v", again.Counts)
	}
	for _, user := range []identity.UserID{"linden-nora", "linden-zoe"} {
		w.apply(identity.UserRemoved{User: user, At: noon.Add(time.Hour)})
		for _, rows := range []string{"import_rows WHERE import_id = '" + string(id) + "' AND", "import_candidates WHERE", "external_ids WHERE"} {
			if left := w.dump("SELECT * FROM " + rows + " user_id = '" + string(user) + "'"); left != "" {
				t.Errorf("%s keeps %s", rows, left)
			}
		}
	}
}

// Rows are known again by what they say, in whatever order they come: those of one
// name in two classes, and each of several that say exactly the same.
func TestRowsAreKnownAgainInAnyOrder(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	in := func(class string) roster.Person {
		p := named("Sam", "Lee")
		p.Classrooms = []string{class}
		return p
	}
	prints := func(id ImportID, people ...roster.Person) []string {
		w.planned(o, id, ImportOptions{}, people...)
		page, err := o.ImportRows(t.Context(), id, ImportRowQuery{})
		w.must(err)
		var all []string
		for _, r := range page.Rows {
			all = append(all, r.Person.Classrooms[0]+" "+r.print)
		}
		slices.Sort(all)
		return all
	}
	got := prints("abcdefghijklmnopqrstuvwxyz", in("7A"), in("8B"), in("8B"), in("8B"))
	if diff := cmp.Diff(got, prints("zyxwvutsrqponmlkjihgfedcba", in("8B"), in("8B"), in("7A"), in("8B"))); diff != "" {
		t.Error(diff)
	}
	if len(slices.Compact(got)) != 4 {
		t.Errorf("prints are shared: %v", got)
	}
}

// Rows go when they have had their time: those of an import that is done after 90
// days, those of a plan that nobody went on with after seven. Counts stay.
func TestOldImportsAreForgotten(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	const applied, left, reread ImportID = "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	w.planned(o, applied, ImportOptions{}, named("Zoe", "Nunez"), named("Nora", "New"))
	w.must(o.ApplyImport(t.Context(), applied, 0))
	w.must(o.EndImport(t.Context(), applied, ImportDone, identity.Message{}))
	w.planned(o, left, ImportOptions{}, named("Nora", "New"))
	kept := func(when string, want string) {
		t.Helper()
		w.must(w.ForgetImports(t.Context()))
		if got := w.dump("SELECT import_id, COUNT(*) FROM import_rows GROUP BY import_id ORDER BY import_id"); strings.TrimSpace(got) != want {
			t.Errorf("%s: rows are %q, want %q", when, got, want)
		}
	}
	both := string(applied) + " 2\n" + string(left) + " 1"
	kept("at once", both)
	w.after(leftImportsKept - time.Hour)
	kept("within a week", both)
	// One that could not be read is read in another way, and waits as any other.
	_, err := o.BeginImport(t.Context(), NewImport{Submission: string(reread), File: []byte("list"), Reading: roster.Reading{Format: roster.FormatTable}})
	w.must(err)
	w.must(o.EndImport(t.Context(), reread, ImportFailed, identity.Message{}))
	w.must(o.SetImportReading(t.Context(), reread, roster.Reading{Format: roster.FormatTable}, ImportOptions{}))
	w.after(2 * time.Hour)
	kept("after a week", string(applied)+" 2")
	if i, err := o.Import(t.Context(), left); err != nil || i.State != ImportCancelled || i.Counts[roster.KindCreate] != 1 {
		t.Errorf("what nobody went on with is %s, %v, %v", i.State, i.Counts, err)
	}
	if i, err := o.Import(t.Context(), reread); err != nil || i.State != ImportReading || i.Finished() {
		t.Errorf("what is read again is %s, %v", i.State, err)
	}
	w.after(importRowsKept)
	kept("after 90 days", "")
	if i, err := o.Import(t.Context(), applied); err != nil || i.State != ImportDone || i.Rows() != 2 {
		t.Errorf("what was done is %s, %v, %v", i.State, i.Counts, err)
	}
}

// Contacts that a list changes are on record under their own names, and nothing of
// them in it; a list that says what is known leaves none.
func TestContactsThatAListChangesAreOnRecord(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	for n, tt := range []struct {
		phone string
		kind  roster.Kind
		want  string // records so far
	}{
		{"030 1", roster.KindUpdate, "guardian.added"},
		{"030 1", roster.KindUnchanged, "guardian.added"},
		{"030 2", roster.KindUpdate, "guardian.added guardian.changed"},
	} {
		id := ImportID(strings.Repeat(string(rune('a'+n)), 26))
		zoe := named("Zoë", "Núñez")
		zoe.Guardians = []roster.Guardian{{Name: "Ida Núñez", Phone: tt.phone}}
		if i := w.planned(o, id, ImportOptions{}, zoe); i.Counts[tt.kind] != 1 {
			t.Fatalf("%s: %v, want it %s", tt.phone, i.Counts, tt.kind)
		}
		w.must(o.ApplyImport(t.Context(), id, 0))
		rows, _, err := o.BeginImportRows(t.Context(), id, 0, 10, func(*ImportRow, UserNameTaken) error { return nil })
		w.must(err)
		for _, row := range rows {
			w.must(o.CloseImportRows(t.Context(), id, []ImportedRow{{Row: row, Outcome: OutcomeChanged}}))
		}
		w.must(o.EndImport(t.Context(), id, ImportDone, identity.Message{}))
		records := w.dump("SELECT action FROM audit_records WHERE action LIKE 'guardian.%' AND target = 'linden-zoe' ORDER BY row_id")
		if got := strings.Join(strings.Fields(records), " "); got != tt.want {
			t.Errorf("%s: records are %q, want %q", tt.phone, got, tt.want)
		}
		w.after(time.Hour)
	}
	if told := w.dump("SELECT * FROM audit_records WHERE before_values || after_values LIKE '%Ida%' OR after_values LIKE '%030%'"); told != "" {
		t.Errorf("records tell of contacts: %s", told)
	}
}

// An import whose rights are lost ends, on record; one that is being undone waits
// and says why.
func TestAnImportIsAbandoned(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(*Organization, ImportID) error
		want   ImportState
		told   string // of its end, on record
	}{
		{"a plan", func(*Organization, ImportID) error { return nil }, ImportFailed, ""},
		{"one that is applied", func(o *Organization, id ImportID) error { return o.ApplyImport(context.Background(), id, 0) }, ImportCancelled, `import.finished {"left-out":"1"}`},
		{"one that is undone", func(o *Organization, id ImportID) error {
			ctx := context.Background()
			if err := o.ApplyImport(ctx, id, 0); err != nil {
				return err
			}
			rows, _, err := o.BeginImportRows(ctx, id, 0, 10, func(r *ImportRow, _ UserNameTaken) error {
				r.User = "linden-nora"
				return nil
			})
			if err != nil {
				return err
			}
			return errors.Join(
				o.CloseImportRows(ctx, id, []ImportedRow{{Row: rows[0], Outcome: OutcomeVerified}}),
				o.EndImport(ctx, id, ImportDone, identity.Message{}), o.UndoImport(ctx, id),
			)
		}, ImportUndoing, `import.finished {"created":"1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			o := w.as("linden-tom", "linden-7b")
			const id ImportID = "abcdefghijklmnopqrstuvwxyz"
			w.planned(o, id, ImportOptions{}, named("Nora", "New"))
			w.must(tt.before(o, id))
			for range 2 {
				w.must(w.AbandonImport(t.Context(), ImportPayload{Organization: "linden-7b", Import: id}, identity.Say("import.rights-lost")))
			}
			i, err := o.Import(t.Context(), id)
			if err != nil || i.State != tt.want || i.Trouble.ID != "import.rights-lost" {
				t.Errorf("it is %s because of %q, %v", i.State, i.Trouble.ID, err)
			}
			told := w.dump("SELECT action, after_values FROM audit_records WHERE action = 'import.finished'")
			if strings.TrimSpace(told) != tt.told {
				t.Errorf("on record is %q, want %q", told, tt.told)
			}
		})
	}
}
