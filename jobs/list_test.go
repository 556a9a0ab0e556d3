package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/mail"
	"homeroom.dev/homeroom/store"
)

// await waits until there are as many jobs in a state.
func await(t *testing.T, j *Jobs, state identity.JobState, n int) []identity.Job {
	t.Helper()
	end := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		page, err := j.List(t.Context(), identity.JobQuery{State: state})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Rows) == n {
			return page.Rows
		}
		select {
		case <-end:
			t.Fatalf("%d jobs are %s, want %d", len(page.Rows), state, n)
		case <-tick.C:
		}
	}
}

// What operators read of a failure is a sentence of ours. Nothing of the error
// itself is kept in the queue: it may be about somebody.
func TestOperatorsReadWhyAJobFailedAndNothingAboutPeople(t *testing.T) {
	const private = "sam@linden.example"
	for name, tt := range map[string]struct {
		err  error
		want identity.Message
	}{
		"refused with a figure": {identity.Invalid("mail.refused-address", "Code", 550).Because(errors.New(private)), identity.Say("mail.refused-address", "Code", 550)},
		"refused with a name":   {identity.Conflict("organization.taken", "Name", private), identity.Say("job.failure.refused")},
		"away":                  {identity.Unavailable("remote.unavailable", "Name", private), identity.Say("job.failure.away")},
		"too slow":              {fmt.Errorf("ask about %s: %w", private, context.DeadlineExceeded), identity.Say("job.failure.away")},
		"ours":                  {errors.New(private), identity.Say("job.failure.ours")},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			j := newJobs(t, s, new(mail.Mailbox))
			j.Handle("fail", func(context.Context, json.RawMessage, bool) error { return Final(tt.err) })
			j.Handle("again", func(context.Context, json.RawMessage, bool) error { return tt.err })
			enqueue(t, s, j, "fail", "x", true)
			enqueue(t, s, j, "again", "x", true)
			run(t, j)
			failed := await(t, j, identity.JobFailed, 1)[0]
			if failed.Name != "fail" || failed.Tries != 1 || failed.TriedAt.IsZero() || failed.CreatedAt.IsZero() || !failed.Retryable() {
				t.Errorf("failed = %+v", failed)
			}
			if diff := cmp.Diff(tt.want, failed.Failure); diff != "" {
				t.Error(diff)
			}
			waits := await(t, j, identity.JobWaiting, 1)[0]
			if diff := cmp.Diff(tt.want, waits.Failure); diff != "" || waits.Name != "again" || !waits.NextAt.After(waits.TriedAt) || !waits.Retryable() {
				t.Error(diff, waits)
			}
			var kept string
			if err := s.Writer().QueryRowContext(t.Context(), "SELECT group_concat(json(errors)) FROM river_job").Scan(&kept); err != nil {
				t.Fatal(err)
			}
			if kept == "" || strings.Contains(kept, "sam@") {
				t.Errorf("kept: %s", kept)
			}
		})
	}
}

func TestAJobThatFailedIsTriedAgainWhenAskedTo(t *testing.T) {
	s := newStore(t)
	j := newJobs(t, s, new(mail.Mailbox))
	mended := make(chan struct{})
	j.Handle("echo", func(context.Context, json.RawMessage, bool) error {
		select {
		case <-mended:
			return nil
		default:
			return Final(errors.New("not yet"))
		}
	})
	enqueue(t, s, j, "echo", "x", true)
	run(t, j)
	failed := await(t, j, identity.JobFailed, 1)[0]
	counts, err := j.Counts(t.Context())
	if err != nil || counts[identity.JobFailed] != 1 || counts[identity.JobDone] != 0 {
		t.Errorf("counts = %v, %v", counts, err)
	}
	close(mended)
	if _, err := j.Retry(t.Context(), failed.ID); err != nil {
		t.Fatal(err)
	}
	done := await(t, j, identity.JobDone, 1)[0]
	if done.Failure.ID != "" || done.Retryable() {
		t.Errorf("done = %+v", done)
	}
	if _, err := j.Retry(t.Context(), done.ID); !identity.IsKind(err, identity.KindConflict) {
		t.Errorf("what is done is done again: %v", err)
	}
	if _, err := j.Retry(t.Context(), 12345); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("an unknown job: %v", err)
	}
	if waits, err := j.Waits(t.Context(), "echo"); waits || err != nil {
		t.Errorf("it still waits: %v, %v", waits, err)
	}
}

func TestJobsAreListedByPages(t *testing.T) {
	s := newStore(t)
	j := newJobs(t, s, new(mail.Mailbox))
	for range 5 {
		enqueue(t, s, j, "echo", "x", true)
	}
	if waits, err := j.Waits(t.Context(), "echo"); !waits || err != nil {
		t.Errorf("none waits: %v, %v", waits, err)
	}
	var seen []int64
	for after := ""; ; {
		page, err := j.List(t.Context(), identity.JobQuery{State: identity.JobWaiting, After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range page.Rows {
			seen = append(seen, job.ID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	sorted := slices.Clone(seen)
	slices.Sort(sorted)
	slices.Reverse(sorted)
	if len(seen) != 5 || !slices.Equal(seen, sorted) || len(slices.Compact(sorted)) != 5 {
		t.Errorf("pages = %v", seen)
	}
	for _, q := range []identity.JobQuery{{State: "other"}, {State: identity.JobDone, After: "x"}} {
		if _, err := j.List(t.Context(), q); !identity.IsKind(err, identity.KindInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// The text of a mail that failed is gone, so that its job does nothing any more.
func TestAMailThatFailedIsNotTriedAgain(t *testing.T) {
	s := newStore(t)
	box := new(mail.Mailbox)
	box.Refuse(func(identity.Mail) error { return identity.Invalid("mail.refused-address", "Code", 550) })
	j := newJobs(t, s, box)
	_, payload := invite(t, s)
	s.UseQueue(j)
	enqueue(t, s, j, store.MailJob, payload, true)
	run(t, j)
	failed := await(t, j, identity.JobFailed, 1)[0]
	if failed.Retryable() || !failed.Spent || failed.Name != store.MailJob {
		t.Errorf("failed = %+v", failed)
	}
	if _, err := j.Retry(t.Context(), failed.ID); !identity.IsKind(err, identity.KindConflict) {
		t.Errorf("retry = %v", err)
	}
}
