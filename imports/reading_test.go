package imports_test

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/roster/rostertest"
	"homeroom.dev/homeroom/store"
)

// tableOf is a table of so many students.
func (s *school) tableOf(rows int) roster.File {
	s.t.Helper()
	var b bytes.Buffer
	s.check(rostertest.CSV(&b, rows))
	return rostertest.Bytes("students.csv", b.Bytes())
}

// begun keeps a list without planning it.
func (s *school) begun(o *store.Organization, file roster.File) store.ImportID {
	s.t.Helper()
	reading, _, err := roster.Recognise(file)
	s.check(err)
	id, err := o.BeginImport(s.t.Context(), store.NewImport{Submission: identity.NewSubmission(), File: contentOf(s.t, file), Reading: reading})
	s.check(err)
	return id
}

// A list of up to a thousand is planned while somebody waits, a longer one by a
// job, and one of which a process had read a part that is no more, anew: nothing is
// doubled.
func TestALongListIsReadByAJob(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	ctx, o := t.Context(), s.as("priya", "school")
	for _, test := range []struct {
		rows    int
		at      store.ImportState // when the request is answered
		started int               // rows that were read before
	}{{1_000, store.ImportPlanned, 0}, {1_001, store.ImportReading, 0}, {700, store.ImportPlanned, 600}, {1_200, store.ImportReading, 600}} {
		id := s.begun(o, s.tableOf(test.rows))
		if test.started > 0 { // and the process was killed
			stage, err := o.StageImport(ctx, id, 0)
			s.check(err)
			for n := range test.started {
				s.check(stage.Person(roster.Person{GivenName: "Given", FamilyName: strconv.Itoa(n)}))
			}
		}
		s.check(s.engine.Plan(ctx, o, id))
		if got := s.imported(o, id); got.State != test.at || got.Trouble.ID != "" {
			t.Errorf("%d rows: %s, want %s", test.rows, got.State, test.at)
		}
		s.work()
		got := s.imported(o, id)
		if got.State != store.ImportPlanned || got.Rows() != test.rows || got.Read != test.rows || got.Planned != test.rows {
			t.Errorf("%d rows: %s, %d planned of %d, counts %v", test.rows, got.State, got.Planned, got.Read, got.Counts)
		}
		s.check(o.CancelImport(ctx, id))
		s.work()
		if left := len(s.rows(o, id)); left > 0 {
			t.Errorf("%d rows are left of a list that was thrown away", left)
		}
	}
	// A list that turns out not to be one says so, by either way.
	for _, kill := range []bool{false, true} {
		id := s.begun(o, s.tableOf(5))
		reading := roster.Reading{Format: roster.FormatTable, Encoding: roster.UTF8, Delimiter: ",", Columns: []roster.Meaning{roster.MeansYear}}
		s.check(o.SetImportReading(ctx, id, reading, store.ImportOptions{}))
		if kill {
			s.check(o.QueueImport(ctx, id))
		} else {
			s.check(s.engine.Plan(ctx, o, id))
		}
		s.work()
		if got := s.imported(o, id); got.State != store.ImportFailed || got.Trouble.ID != "list.no-names" {
			t.Errorf("a list of nobody: %s, %v", got.State, got.Trouble)
		}
	}
}

// How long a list of so many takes, and what it holds in memory: run with
// HOMEROOM_PLAN_ROWS=200000.
func TestALongListIsPlannedInTime(t *testing.T) {
	rows, err := strconv.Atoi(os.Getenv("HOMEROOM_PLAN_ROWS"))
	if err != nil {
		t.Skip("HOMEROOM_PLAN_ROWS says how many")
	}
	s := newSchool(t)
	o := s.as("priya", "school")
	file := s.tableOf(rows)
	id := s.begun(o, file)
	runtime.GC()
	begun := time.Now()
	most, done := uint64(0), make(chan struct{})
	go func() {
		var m runtime.MemStats
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	s.check(s.engine.Plan(t.Context(), o, id))
	s.work()
	close(done)
	one := s.imported(o, id)
	t.Logf("%d rows of %d bytes in %s, %d MB of heap at most: %v", one.Rows(), file.Size, time.Since(begun), most>>20, one.Counts)
}
