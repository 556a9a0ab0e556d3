package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// pageSize is how many jobs a page has if nobody says otherwise.
const pageSize = 50

// rivers are River's states of ours.
var rivers = map[identity.JobState][]rivertype.JobState{
	identity.JobFailed:  {rivertype.JobStateDiscarded, rivertype.JobStateCancelled},
	identity.JobRunning: {rivertype.JobStateRunning},
	identity.JobWaiting: {
		rivertype.JobStateAvailable, rivertype.JobStateRetryable, rivertype.JobStateScheduled, rivertype.JobStatePending,
	},
	identity.JobDone: {rivertype.JobStateCompleted},
}

// stateOf is our state of one of River's.
func stateOf(state rivertype.JobState) identity.JobState {
	for ours, theirs := range rivers {
		for _, s := range theirs {
			if s == state {
				return ours
			}
		}
	}
	return identity.JobWaiting
}

// List lists the jobs in a state. What is done is kept for an hour, what failed
// for a week.
func (j *Jobs) List(ctx context.Context, q identity.JobQuery) (identity.JobPage, error) {
	states, known := rivers[q.State]
	if !known {
		return identity.JobPage{}, identity.Invalid("page.cursor")
	}
	limit := q.Limit
	if limit <= 0 {
		limit = pageSize
	}
	params := river.NewJobListParams().States(states...).OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(limit + 1)
	if q.After != "" {
		id, err := strconv.ParseInt(q.After, 10, 64)
		if err != nil {
			return identity.JobPage{}, identity.Invalid("page.cursor")
		}
		params = params.After(river.JobListCursorFromJob(&rivertype.JobRow{ID: id}))
	}
	found, err := j.client.JobList(ctx, params)
	if err != nil {
		return identity.JobPage{}, fmt.Errorf("list jobs: %w", err)
	}
	var page identity.JobPage
	for i, row := range found.Jobs {
		if i == limit {
			page.Next = strconv.FormatInt(found.Jobs[i-1].ID, 10)
			break
		}
		page.Rows = append(page.Rows, jobOf(row))
	}
	return page, nil
}

// Counts is how many jobs there are in each state.
func (j *Jobs) Counts(ctx context.Context) (map[identity.JobState]int, error) {
	rows, err := j.writer.QueryContext(ctx, "SELECT state, COUNT(*) FROM river_job GROUP BY state")
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	counts := map[identity.JobState]int{}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count jobs: %w", err)
		}
		counts[stateOf(rivertype.JobState(state))] += n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	return counts, nil
}

// Waits reports whether a job of name waits or runs.
func (j *Jobs) Waits(ctx context.Context, name string) (bool, error) {
	var found bool
	err := j.writer.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM river_job
		WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'pending') AND json_extract(args, '$.name') = ?)`,
		name).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for a job: %w", err)
	}
	return found, nil
}

// Retry has a job tried again at once that failed for good, or that waits for
// its next try. What runs or is done is a conflict ("platform.jobs.not-now"), and
// an unknown one not found ("platform.jobs.not-found").
func (j *Jobs) Retry(ctx context.Context, id int64) (identity.Job, error) {
	missing := identity.NotFound("platform.jobs.not-found")
	row, err := j.client.JobGet(ctx, id)
	switch {
	case errors.Is(err, river.ErrNotFound):
		return identity.Job{}, missing
	case err != nil:
		return identity.Job{}, fmt.Errorf("look up job: %w", err)
	}
	job := jobOf(row)
	if !job.Retryable() {
		return job, identity.Conflict("platform.jobs.not-now")
	}
	// A try that begins meanwhile does the job by itself: River leaves it alone.
	row, err = j.client.JobRetry(ctx, id)
	switch {
	case errors.Is(err, river.ErrNotFound):
		return identity.Job{}, missing
	case err != nil:
		return identity.Job{}, fmt.Errorf("retry job: %w", err)
	}
	return jobOf(row), nil
}

// jobOf is a job as operators see it.
func jobOf(row *rivertype.JobRow) identity.Job {
	var t task
	_ = json.Unmarshal(row.EncodedArgs, &t) // a job of another make has no name
	job := identity.Job{
		ID: row.ID, Name: t.Name, State: stateOf(row.State), Tries: row.Attempt, MaxTries: row.MaxAttempts,
		CreatedAt: row.CreatedAt,
		// The text of a mail that failed is gone: whoever wrote it sends it again.
		Spent: t.Name == store.MailJob,
	}
	if row.AttemptedAt != nil {
		job.TriedAt = *row.AttemptedAt
	}
	if job.State == identity.JobWaiting {
		job.NextAt = row.ScheduledAt
	}
	if n := len(row.Errors); n > 0 && job.State != identity.JobDone {
		job.Failure = toldBy(row.Errors[n-1].Error)
	}
	return job
}
