package store

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Every table that is the school's is in its archive, and no column that opens
// anything.
func TestAnArchiveNamesEveryOwnTableAndNoSecret(t *testing.T) {
	w := newWorld(t)
	var tables []string
	for row, err := range w.as("linden-ada", "linden").OwnRows(t.Context()) {
		w.must(err)
		if !slices.Contains(tables, row.Table) {
			tables = append(tables, row.Table)
		}
	}
	if !slices.Equal(tables, ownTables) {
		t.Errorf("tables are %v, want %v", tables, ownTables)
	}
	opens := regexp.MustCompile(`hash|sealed|secret|token|password|private|cipher`)
	harmless := []string{"token"} // of a domain: it stands in the DNS for everybody to read
	for _, table := range ownTables {
		rows, err := w.reader.QueryContext(t.Context(), "SELECT name FROM pragma_table_info($1)", table)
		w.must(err)
		for rows.Next() {
			var column string
			w.must(rows.Scan(&column))
			if opens.MatchString(column) && !slices.Contains(secretColumns, column) && !slices.Contains(harmless, column) {
				t.Errorf("%s.%s looks like a secret and would be exported", table, column)
			}
		}
		w.must(rows.Close())
	}
}

func TestTheLedgerKeepsTheLastBasis(t *testing.T) {
	w := newWorld(t)
	school := w.as("linden-ada", "linden")
	record := func(basis identity.Basis, age identity.AgeBand) {
		w.must(school.RecordBasis(t.Context(), identity.AccountBasis{User: "linden-zoe", Basis: basis, AgeBand: age}))
	}
	records := func() int {
		page, err := school.Audit(t.Context(), AuditQuery{Action: identity.ActionBasisRecorded})
		w.must(err)
		return len(page.Records)
	}
	record(identity.BasisSchool, identity.Age10To12)
	record(identity.BasisSchool, identity.Age10To12) // the same is not recorded again
	if n := records(); n != 1 {
		t.Errorf("%d records", n)
	}
	record(identity.BasisParent, "")
	got, err := school.Basis(t.Context(), "linden-zoe")
	w.must(err)
	if got.Basis != identity.BasisParent || got.AgeBand != "" || got.Recorder.User != "linden-ada" || !got.RecordedAt.Equal(noon) || records() != 2 {
		t.Errorf("the basis is %+v, with %d records", got, records())
	}
	counts, err := school.BasisCounts(t.Context())
	w.must(err)
	if counts[identity.BasisParent] != 1 || counts[identity.BasisSchool] != 0 {
		t.Errorf("counts are %v", counts)
	}
	err = school.RecordBasis(t.Context(), identity.AccountBasis{User: "birch-zoe", Basis: identity.BasisSchool})
	refused(t, err, identity.KindNotFound, "person.not-found")
}

func TestUnusedAccountsAreThoseOfStudentsPastTheRetention(t *testing.T) {
	w := newWorld(t)
	school := w.as("linden-ada", "linden")
	w.clock = noon.AddDate(0, 13, 0)
	unused := func() (names []string, total int) {
		for after := ""; ; {
			page, err := school.Unused(t.Context(), after, 1)
			w.must(err)
			for _, row := range page.Rows {
				names = append(names, string(row.User))
			}
			if total = page.Total; page.Next == "" {
				return names, total
			}
			after = page.Next
		}
	}
	if names, _ := unused(); names != nil {
		t.Errorf("kept for good: %v", names)
	}
	w.must(school.SetRetention(t.Context(), identity.Retention{Inactive: 12}))
	w.apply(identity.UserSignedIn{User: "linden-ann", At: noon.AddDate(0, 6, 0)})
	if names, total := unused(); !slices.Equal(names, []string{"linden-zoe", "linden-sam"}) && !slices.Equal(names, []string{"linden-sam", "linden-zoe"}) || total != 2 {
		t.Errorf("unused are %v of %d", names, total)
	}
}

func TestOldInvitationsAreDeletedWhereTheSchoolSaysSo(t *testing.T) {
	w := newWorld(t)
	for _, school := range []string{"linden", "birch"} {
		w.invite(w.as(school+"-ada", school+"-7b"), "new@"+school+".example")
	}
	w.must(w.as("linden-ada", "linden").SetRetention(t.Context(), identity.Retention{Invitations: 3}))
	for _, step := range []struct {
		after         time.Duration
		linden, birch int
	}{{30 * 24 * time.Hour, 1, 1}, {200 * 24 * time.Hour, 0, 1}} {
		w.clock = noon.Add(step.after)
		w.must(w.PruneInvitations(t.Context()))
		for school, want := range map[string]int{"linden-7b": step.linden, "birch-7b": step.birch} {
			var n int
			w.must(w.reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM invitations WHERE organization_id = $1", school).Scan(&n))
			if n != want {
				t.Errorf("after %s %s has %d invitations, want %d", step.after, school, n, want)
			}
		}
	}
}

func TestAnExportGoesFromWaitingToOver(t *testing.T) {
	w := newWorld(t)
	school := w.as("linden-ada", "linden")
	id, err := school.BeginExport(t.Context())
	w.must(err)
	_, err = school.BeginExport(t.Context())
	refused(t, err, identity.KindConflict, "export.under-way")
	state := func() identity.ExportState {
		e, err := school.Export(t.Context(), id)
		w.must(err)
		return e.State
	}
	if state() != identity.ExportWaiting {
		t.Errorf("the export is %s", state())
	}
	w.must(school.CloseExport(t.Context(), identity.SchoolExport{ID: id, State: identity.ExportReady, Bytes: 7, SHA256: "ab", Rows: 3}))
	w.must(school.CloseExport(t.Context(), identity.SchoolExport{ID: id, State: identity.ExportFailed})) // closed is closed
	e, err := school.Export(t.Context(), id)
	w.must(err)
	if e.State != identity.ExportReady || e.Bytes != 7 || e.SHA256 != "ab" || e.Rows != 3 || !e.ExpiresAt.Equal(noon.Add(identity.ExportKept)) {
		t.Errorf("the export is %+v", e)
	}
	var removed []identity.ExportID
	remove := func(_ identity.OrganizationID, id identity.ExportID) error { removed = append(removed, id); return nil }
	w.must(w.EndOldExports(t.Context(), remove))
	w.clock = noon.Add(identity.ExportKept + time.Second)
	stuck := errors.New("the file cannot be deleted")
	refuse := func(_ identity.OrganizationID, _ identity.ExportID) error { return stuck }
	if err := w.EndOldExports(t.Context(), refuse); !errors.Is(err, stuck) || state() != identity.ExportReady {
		t.Errorf("a file that stays: %v; the export is %s", err, state())
	}
	w.must(w.EndOldExports(t.Context(), remove))
	if !slices.Equal(removed, []identity.ExportID{id}) || state() != identity.ExportOver {
		t.Errorf("removed %v; it is %s", removed, state())
	}
}
