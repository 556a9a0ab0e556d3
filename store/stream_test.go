package store

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// records puts n closed records on the log of an organization and answers their
// targets.
func (w *world) records(o *Organization, n int) []string {
	w.t.Helper()
	targets := make([]string, n)
	for i := range targets {
		targets[i] = fmt.Sprintf("%s-target-%d", o.id, i)
		err := o.store.write(w.t.Context(), func(tx *transaction) error {
			return o.record(w.t.Context(), tx, identity.Change{Action: identity.ActionSettingsChanged, Target: targets[i]})
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return targets
}

func targetsOf(records []identity.AuditRecord) []string {
	var targets []string
	for _, r := range records {
		targets = append(targets, r.Target)
	}
	return targets
}

// due is the one target that is due.
func (w *world) due() DueStream {
	w.t.Helper()
	due, err := w.DueStreams(w.t.Context())
	if err != nil || len(due) != 1 {
		w.t.Fatalf("due are %+v, %v, want one", due, err)
	}
	return due[0]
}

func TestAStreamIsSentTheLogOfItsSchoolAndClassroomsInOrder(t *testing.T) {
	w := newWorld(t)
	linden, room, birch := w.school("linden"), w.as("linden-tom", "linden-7b"), w.school("birch")
	w.records(linden, 2) // from before
	w.must(linden.Streams().Add(t.Context(), webhookTarget("s1"), "", false))
	if due, err := w.DueStreams(t.Context()); err != nil || len(due) != 1 {
		t.Fatalf("due are %+v, %v", due, err) // with the record of its own adding
	}
	w.records(birch, 3)
	want := slices.Concat([]string{"s1"}, w.records(linden, 2), w.records(room, 2), w.records(linden, 1))

	var got []string
	for range 3 {
		d := w.due()
		batch, err := w.NextStreamBatch(t.Context(), d, 2)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, targetsOf(batch.Records)...)
		if d, err = w.StreamTook(t.Context(), d, batch); err != nil {
			t.Fatal(err)
		}
		if d.Position != batch.Through {
			t.Errorf("the cursor is at %d, want %d", d.Position, batch.Through)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	if due, err := w.DueStreams(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("due are %+v, %v, want none", due, err)
	}
	target, err := linden.Streams().Target(t.Context(), "s1")
	if err != nil || target.Waiting != 0 || target.Delivered != 6 || !target.SucceededAt.Equal(noon) {
		t.Errorf("the target is %+v, %v", target, err)
	}
}

// What was on its way when the process died is sent again as the same batch, even
// where more has been recorded since.
func TestABatchThatWasCutOffIsTheSameAgain(t *testing.T) {
	w := newWorld(t)
	linden := w.school("linden")
	w.must(linden.Streams().Add(t.Context(), webhookTarget("s1"), "", true))
	want := append([]string{"s1"}, w.records(linden, 2)...)
	first, err := w.NextStreamBatch(t.Context(), w.due(), 500)
	if err != nil {
		t.Fatal(err)
	}
	later := w.records(linden, 2)
	again, err := w.NextStreamBatch(t.Context(), w.due(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(targetsOf(again.Records), want) || again.After != first.After || again.Through != first.Through {
		t.Errorf("again %v (%d to %d), want %v (%d to %d)", targetsOf(again.Records), again.After, again.Through, want, first.After, first.Through)
	}
	for i, r := range again.Records {
		if r.ID != first.Records[i].ID {
			t.Errorf("record %d has another ID", i)
		}
	}
	took, err := w.StreamTook(t.Context(), w.due(), again)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := w.NextStreamBatch(t.Context(), took, 500)
	if err != nil || !slices.Equal(targetsOf(rest.Records), later) {
		t.Errorf("then %v, %v, want %v", targetsOf(rest.Records), err, later)
	}
	// Whoever still holds the batch from before moves nothing.
	if _, err := w.StreamTook(t.Context(), DueStream{StreamTarget: again2(took, first.After), home: "linden"}, first); err != nil {
		t.Fatal(err)
	}
	if now := w.due(); now.Position != first.Through {
		t.Errorf("the cursor is at %d, want %d", now.Position, first.Through)
	}
}

func again2(d DueStream, position int64) identity.StreamTarget {
	t := d.StreamTarget
	t.Position = position
	return t
}

func TestAStreamThatFailsWaits(t *testing.T) {
	w := newWorld(t)
	linden := w.school("linden")
	w.must(linden.Streams().Add(t.Context(), webhookTarget("s1"), "", true))
	w.clock = noon.Add(time.Minute)
	w.records(linden, 3)
	trouble := identity.Say("stream.refused", "Host", "siem.example", "Status", "503")
	for range 2 {
		w.must(w.StreamFailed(t.Context(), w.due(), trouble, w.clock.Add(-time.Second)))
	}
	w.must(w.StreamFailed(t.Context(), w.due(), trouble, w.clock.Add(time.Minute)))
	if due, err := w.DueStreams(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("due are %+v, %v, want none before its time", due, err)
	}
	target, err := linden.Streams().Target(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	if target.Failures != 3 || target.Trouble.ID != "stream.refused" || target.Waiting != 4 ||
		!target.WaitingSince.Equal(noon) || !target.FailedAt.Equal(w.clock) || !target.NextAt.Equal(w.clock.Add(time.Minute)) {
		t.Errorf("the target is %+v", target)
	}
	w.clock = w.clock.Add(time.Minute)
	d := w.due()
	batch, err := w.NextStreamBatch(t.Context(), d, 500)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.StreamTook(t.Context(), d, batch); err != nil {
		t.Fatal(err)
	}
	if target, err = linden.Streams().Target(t.Context(), "s1"); err != nil || target.Failures != 0 || target.Trouble.ID != "" ||
		!target.NextAt.IsZero() || target.Delivered != 4 {
		t.Errorf("after a success it is %+v, %v", target, err)
	}
}

func TestAPausedStreamIsSentNothing(t *testing.T) {
	w := newWorld(t)
	linden := w.school("linden")
	w.must(linden.Streams().Add(t.Context(), webhookTarget("s1"), "", true))
	held := w.due()
	for range 2 {
		w.must(linden.Streams().SetPaused(t.Context(), "s1", true))
	}
	if _, err := w.NextStreamBatch(t.Context(), held, 500); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("a batch begins although it was paused since: %v", err)
	}
	if due, err := w.DueStreams(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("due are %+v, %v, want none", due, err)
	}
	w.must(linden.Streams().SetPaused(t.Context(), "s1", false))
	batch, err := w.NextStreamBatch(t.Context(), w.due(), 500)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range batch.Records {
		said = append(said, string(r.Action)+" "+r.After[identity.AuditState])
	}
	want := []string{"stream.added ", "stream.changed paused", "stream.changed active"}
	if !slices.Equal(said, want) {
		t.Errorf("on record is %v, want %v", said, want)
	}
}

func TestThePlatformsStreamIsSentAllLogs(t *testing.T) {
	w := newWorld(t)
	linden, birch, platform := w.school("linden"), w.school("birch"), w.operating("operators-olga")
	target := identity.StreamTarget{ID: "p1", Kind: identity.StreamDirectory, Name: "Archive", Address: "audit"}
	w.must(platform.Streams().Add(t.Context(), target, "", false))
	want := slices.Concat([]string{"p1"}, w.records(linden, 1), w.records(birch, 2), w.records(linden, 1))
	d := w.due()
	if !d.Platform {
		t.Error("it is not the platform's")
	}
	batch, err := w.NextStreamBatch(t.Context(), d, 500)
	if err != nil || !slices.Equal(targetsOf(batch.Records), want) {
		t.Errorf("sent %v, %v, want %v", targetsOf(batch.Records), err, want)
	}
	list, err := platform.Streams().List(t.Context())
	if err != nil || len(list) != 1 || list[0].Waiting != 5 {
		t.Errorf("the platform has %+v, %v", list, err)
	}
	above, err := linden.Streams().Above(t.Context())
	if err != nil || len(above) != 1 || !reflect.DeepEqual(above[0], identity.StreamTarget{Kind: identity.StreamDirectory, Name: "Archive"}) {
		t.Errorf("a school is told of %+v, %v", above, err)
	}
	if above, err := platform.Streams().Above(t.Context()); err != nil || above != nil {
		t.Errorf("above the platform is %+v, %v", above, err)
	}
}

func TestSecretsOfStreamsAreSealed(t *testing.T) {
	w := newWorld(t)
	streams := w.school("linden").Streams()
	bucket := identity.StreamTarget{ID: "b1", Kind: identity.StreamBucket, Name: "Archive", Address: "https://s3.example", Bucket: "b", AccessKey: "AK"}
	w.must(streams.Add(t.Context(), bucket, "very-secret-key", true))
	w.must(streams.Add(t.Context(), webhookTarget("s1"), "", true))
	secret, err := streams.Secret(t.Context(), "s1")
	if err != nil || !strings.HasPrefix(secret, "whsec_") || len(secret) != len("whsec_")+44 {
		t.Errorf("the secret is %q, %v", secret, err)
	}
	if _, err := streams.Secret(t.Context(), "b1"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("a bucket's key is shown: %v", err)
	}
	d, err := streams.ForTest(t.Context(), "b1")
	if err != nil {
		t.Fatal(err)
	}
	if key, err := d.Secret(); err != nil || key != "very-secret-key" {
		t.Errorf("it opens to %q, %v", key, err)
	}
	all := w.dump("SELECT * FROM streams") + w.dump("SELECT * FROM audit_records")
	for _, clear := range []string{"very-secret-key", secret, strings.TrimPrefix(secret, "whsec_")} {
		if strings.Contains(all, clear) {
			t.Errorf("%q lies in the database in clear", clear)
		}
	}
	moved := DueStream{StreamTarget: identity.StreamTarget{ID: "s1"}, sealed: d.sealed, keys: w.keys}
	if _, err := moved.Secret(); err == nil {
		t.Error("a secret opens in another row")
	}
}

func TestALogHasSoManyStreamsAndEachOnce(t *testing.T) {
	w := newWorld(t)
	streams := w.school("linden").Streams()
	for i := range identity.MaxStreams {
		for range 2 { // the same form again
			w.must(streams.Add(t.Context(), webhookTarget(fmt.Sprint("s", i)), "", true))
		}
	}
	if err := streams.Add(t.Context(), webhookTarget("more"), "", true); !identity.IsKind(err, identity.KindConflict) {
		t.Errorf("one more: %v, want a conflict", err)
	}
	list, err := streams.List(t.Context())
	if err != nil || len(list) != identity.MaxStreams {
		t.Fatalf("there are %d, %v", len(list), err)
	}
	for range 2 {
		err = streams.Delete(t.Context(), "s0")
	}
	if !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestAnExportIsOnRecordWithItsFilterAndCount(t *testing.T) {
	w := newWorld(t)
	linden := w.school("linden")
	w.records(linden, 3)
	export := func(write func(identity.AuditRecord) error) error {
		return linden.ExportAudit(t.Context(), AuditQuery{Action: identity.ActionSettingsChanged}, map[string]string{"what": "rules"}, write)
	}
	var got []string
	w.must(export(func(r identity.AuditRecord) error { got = append(got, r.Target); return nil }))
	if want := []string{"linden-target-2", "linden-target-1", "linden-target-0"}; !slices.Equal(got, want) {
		t.Errorf("exported %v, want %v", got, want)
	}
	if err := export(func(identity.AuditRecord) error { return errBoom }); err == nil {
		t.Error("a broken export ends well")
	}
	gone, cancel := context.WithCancel(t.Context())
	err := linden.ExportAudit(gone, AuditQuery{Action: identity.ActionSettingsChanged}, nil, func(identity.AuditRecord) error {
		cancel()
		return gone.Err()
	})
	if err == nil {
		t.Error("an export that nobody waits for ends well")
	}
	page, err := linden.Audit(t.Context(), AuditQuery{Action: identity.ActionAuditExported})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range page.Records {
		said = append(said, fmt.Sprint(r.Outcome, r.Before["what"], r.After["records"], r.Hash != ""))
	}
	if want := []string{"failed0true", "failedrules0true", "donerules3true"}; !slices.Equal(said, want) {
		t.Errorf("on record is %v, want %v", said, want)
	}
}
