package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"homeroom.dev/homeroom/mail"
)

func TestChoresAreDoneAtTheStartAndAgainAlsoAfterAFailure(t *testing.T) {
	j := newJobs(t, newStore(t), new(mail.Mailbox))
	done := make(chan struct{}, 100)
	j.Every(time.Millisecond, "count", func(context.Context) error {
		select {
		case done <- struct{}{}:
		default:
		}
		return errors.New("not this time")
	})
	run(t, j)
	for i := range 3 {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatalf("the chore was done %d times", i)
		}
	}
}
