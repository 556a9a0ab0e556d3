package jobs

import (
	"context"
	"time"
)

// chore is what is done again and again, whoever asks.
type chore struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

// Every registers what is done at the start and then each time so much time has
// passed. It is not kept over a restart and must cost nothing if there is
// nothing to do. It is called before [Jobs.Run].
func (j *Jobs) Every(every time.Duration, name string, do func(context.Context) error) {
	j.chores = append(j.chores, chore{name: name, every: every, do: do})
}

// repeat does a chore until ctx ends.
func (j *Jobs) repeat(ctx context.Context, c chore) {
	ticker := time.NewTicker(c.every)
	defer ticker.Stop()
	for {
		if err := c.do(ctx); err != nil && ctx.Err() == nil {
			j.log.WarnContext(ctx, "chore did not succeed", "name", c.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
