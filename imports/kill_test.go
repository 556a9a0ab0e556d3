package imports_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/imports"
	"homeroom.dev/homeroom/jobs"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// Where the process that is killed finds what it works on.
const (
	killedStore = "HOMEROOM_KILLED_STORE"
	killedKeys  = "HOMEROOM_KILLED_KEYS"
	killedAt    = "HOMEROOM_KILLED_ZITADEL"
)

// noMail is a mailer that is not needed.
type noMail struct{}

func (noMail) Ready(context.Context) error               { return nil }
func (noMail) Send(context.Context, identity.Mail) error { return nil }

// newJobs is the queue of a portal, with imports.
func newJobs(t *testing.T, s *store.Store, gateway identity.Gateway, provisioner identity.Provisioner) *jobs.Jobs {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	j, err := jobs.New(t.Context(), s, noMail{}, log)
	if err != nil {
		t.Fatal(err)
	}
	s.UseQueue(j)
	j.HandleLong(store.ImportJob, imports.Within, imports.New(imports.Options{
		Store: s, Gateway: gateway, Provisioner: provisioner, Log: log,
	}).Handle)
	return j
}

// TestTheProcessThatIsKilled is no test but that process.
func TestTheProcessThatIsKilled(t *testing.T) {
	path := os.Getenv(killedStore)
	if path == "" {
		t.Skip("it is started by the test of the killed process")
	}
	var made zitadel.Installation
	if err := json.Unmarshal([]byte(os.Getenv(killedAt)), &made); err != nil {
		t.Fatal(err)
	}
	keys, err := store.ParseKeyRing(os.Getenv(killedKeys))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: path, Keys: keys, Operators: made.Operators})
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := zitadel.NewRuntime(t.Context(), made.RuntimeConfig())
	if err != nil {
		t.Fatal(err)
	}
	provisioner, err := zitadel.NewProvisioner(t.Context(), made.ProvisionerConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := newJobs(t, s, gateway, provisioner).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// begun has an import applied in the background; nothing does so yet.
func (h *house) begun(file roster.File) store.Import {
	h.t.Helper()
	one := h.planned(file)
	newJobs(h.t, h.store, h.gateway, h.provisioner) // whose queue takes the job
	h.check(h.rows().ApplyImport(h.t.Context(), one.ID, 0))
	return one
}

// killed starts a portal in a process of its own, and kills it as soon as it is
// time.
func (h *house) killed(now func() bool) {
	h.t.Helper()
	made, err := json.Marshal(h.made)
	h.check(err)
	child := exec.CommandContext(h.t.Context(), os.Args[0], "-test.run", "^TestTheProcessThatIsKilled$")
	child.Env = append(os.Environ(), killedStore+"="+h.path, killedKeys+"="+h.keys, killedAt+"="+string(made))
	h.check(child.Start())
	h.until(now)
	h.check(child.Process.Kill())
	_ = child.Wait() // it was killed
}

// ended lets the next process go on until an import is in a state.
func (h *house) ended(id store.ImportID, state store.ImportState) store.Import {
	h.t.Helper()
	h.reopen(0)
	ctx, stop := context.WithCancel(h.t.Context())
	ended := make(chan error, 1)
	j := newJobs(h.t, h.store, h.gateway, h.provisioner)
	go func() { ended <- j.Run(ctx) }()
	var one store.Import
	h.until(func() bool {
		var err error
		one, err = h.rows().Import(h.t.Context(), id)
		h.check(err)
		return one.State == state
	})
	stop()
	h.check(<-ended)
	return one
}

// until waits for something to become so.
func (h *house) until(so func() bool) {
	h.t.Helper()
	end := time.After(5 * time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-end:
			h.t.Fatal("it does not happen")
		case <-tick.C:
		}
	}
}

// tally is what an import of people has brought about: counted here, and by the
// rows that Zitadel's events tell of.
type tally struct {
	Receipt                                         store.ImportReceipt
	UndoReceipt                                     store.ImportUndoReceipt
	People, Roles, Classes, Secrets, Numbers, Rooms int
	Records                                         map[string]int // on record: action, outcome, actor
	Twice                                           int            // people on record more than once
}

func (h *house) tally(one store.Import) tally {
	h.t.Helper()
	h.sync()
	ctx := h.t.Context()
	count := func(query string, args ...any) (n int) {
		h.t.Helper()
		h.check(h.store.Writer().QueryRowContext(ctx, query, args...).Scan(&n))
		return n
	}
	home := string(h.school.ID)
	got := tally{
		Receipt: one.Receipt, UndoReceipt: one.UndoReceipt, Records: map[string]int{},
		People:  count("SELECT COUNT(*) FROM users WHERE organization_id = $1", home),
		Roles:   count("SELECT COUNT(*) FROM role_assignments a JOIN users u ON u.id = a.user_id WHERE u.organization_id = $1 AND a.state = 'active'", home),
		Classes: count("SELECT COUNT(*) FROM organizations WHERE school_id = $1", home),
		Secrets: count("SELECT COUNT(*) FROM first_secrets WHERE organization_id = $1", home),
		Numbers: count("SELECT COUNT(*) FROM external_ids WHERE organization_id = $1", home),
		Rooms:   count("SELECT COUNT(*) FROM external_classrooms WHERE organization_id = $1", home),
	}
	told := map[string]int{}
	for after := ""; ; {
		page, err := h.rows().Audit(ctx, store.AuditQuery{Limit: 500, After: after})
		h.check(err)
		for _, r := range page.Records {
			if strings.HasPrefix(string(r.Action), "import.") {
				got.Records[fmt.Sprintf("%s %s %s", r.Action, r.Outcome, r.Actor.Name)]++
				told[r.Target]++
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	for target, times := range told {
		if times > 1 && target != string(one.ID) {
			got.Twice++
		}
	}
	return got
}

// A process is killed in the middle of an import, or of undoing it, and the one
// after it too. The next one goes on where they were: all is as if nobody had been
// killed, to the number of events at Zitadel.
func TestKilledInAnImportNothingIsLostOrDoubled(t *testing.T) {
	const students = 130
	place := func(t *testing.T) (*house, *standin.Server) {
		server, err := standin.New(standin.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		return newSite(t, server.Issuer(), server.OwnerKey()).newHouse(0), server
	}
	h, server := place(t)
	one := h.begun(h.set(students, true))
	before := server.EventCount()
	want := h.tally(h.ended(one.ID, store.ImportDone))
	events := server.EventCount() - before
	if want.Receipt != (store.ImportReceipt{Created: 135, Verified: 135, Classrooms: 10}) || want.People != 136 || want.Twice != 0 {
		t.Fatalf("nobody was killed, and %+v", want)
	}
	before = server.EventCount()
	h.check(h.rows().UndoImport(t.Context(), one.ID))
	wantUndone := h.tally(h.ended(one.ID, store.ImportUndone))
	undoing := server.EventCount() - before
	if n := wantUndone; n.UndoReceipt != (store.ImportUndoReceipt{Deleted: 135, Classrooms: 10}) || n.People+n.Roles != 2 || n.Classes+n.Secrets+n.Numbers+n.Rooms != 0 {
		t.Fatalf("nobody was killed, and %+v is left", wantUndone)
	}
	for _, share := range []float64{0, 0.3, 0.6, 0.99} {
		t.Run(fmt.Sprintf("after %g of all events", share), func(t *testing.T) {
			t.Parallel()
			h, server := place(t)
			killed := func(of int) {
				before, after := server.EventCount(), int(share*float64(of))
				h.killed(func() bool { return server.EventCount()-before > after })
				h.killed(func() bool { return server.EventCount()-before > after+(of-after)/2 })
			}
			one := h.begun(h.set(students, true))
			before := server.EventCount()
			killed(events)
			got := h.tally(h.ended(one.ID, store.ImportDone))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-undisturbed +killed:\n%s", diff)
			}
			if n := server.EventCount() - before; n != events {
				t.Errorf("%d events were written, want %d", n, events)
			}
			before = server.EventCount()
			h.check(h.rows().UndoImport(t.Context(), one.ID))
			killed(undoing)
			if diff := cmp.Diff(wantUndone, h.tally(h.ended(one.ID, store.ImportUndone))); diff != "" {
				t.Errorf("undone, -undisturbed +killed:\n%s", diff)
			}
			if n := server.EventCount() - before; n != undoing {
				t.Errorf("%d events were written to undo it, want %d", n, undoing)
			}
		})
	}
}

// The same with as many students as HOMEROOM_IMPORT_LOAD says, on a real Zitadel if
// HOMEROOM_CONTRACT_* name one.
func TestKilledInALongImport(t *testing.T) {
	students, err := strconv.Atoi(os.Getenv(loadStudents))
	if err != nil {
		t.Skip(loadStudents + " says how many students there are")
	}
	s := realSite(t)
	if s == nil {
		s = standinApart(t)
	}
	undisturbed := s.newHouse(0)
	want := undisturbed.tally(undisturbed.ended(undisturbed.begun(undisturbed.set(students, true)).ID, store.ImportDone))
	h := s.newHouse(0)
	one := h.begun(h.set(students, true))
	killed := func(so func(store.Import) int) {
		for _, share := range []int{20, 60} {
			h.killed(func() bool {
				now, err := h.rows().Import(t.Context(), one.ID)
				h.check(err)
				return so(now)*100 > share*students
			})
		}
	}
	killed(func(i store.Import) int { return i.Receipt.Created })
	got := h.tally(h.ended(one.ID, store.ImportDone))
	t.Logf("undisturbed %+v", want)
	t.Logf("killed      %+v", got)
	for _, r := range []*store.ImportReceipt{&want.Receipt, &got.Receipt} { // how many Zitadel loses is chance
		r.Verified, r.Repaired = r.Verified+r.Repaired, 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-undisturbed +killed:\n%s", diff)
	}
	h.check(h.rows().UndoImport(t.Context(), one.ID))
	killed(func(i store.Import) int { return i.UndoReceipt.Done() })
	got = h.tally(h.ended(one.ID, store.ImportUndone))
	t.Logf("undone      %+v", got)
	if got.UndoReceipt.Deleted != got.Receipt.Created || got.UndoReceipt.Classrooms != got.Receipt.Classrooms ||
		got.People+got.Roles != 2 || got.Classes+got.Secrets+got.Numbers+got.Rooms != 0 {
		t.Error("that is not as before")
	}
}
