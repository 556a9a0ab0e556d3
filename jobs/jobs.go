package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

const (
	// runTimeout ends a try of a job that hangs.
	runTimeout = time.Minute
	// rescueAfter is when a job counts as cut off and is tried again while the
	// program runs. It must be longer than any try.
	rescueAfter = runTimeout + 15*time.Second
	// workers is how many jobs run at once: mail servers like few connections.
	workers = 4
	// poll is how soon a new job is seen, and between how soon the next one of
	// many is: an invited school does not wait for us.
	poll    = 250 * time.Millisecond
	between = 20 * time.Millisecond
	// finish is how long running jobs may take once the program is to stop.
	finish = 10 * time.Second
)

// pauses are the times between the tries of a job, a little over a day in all.
// After the last one it has failed for good.
var pauses = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute,
	30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour,
}

// Handler does a job. It may run twice with the same payload, so it must be
// able to see that its work is done. Last says that there is no further try.
// An error from [Final] ends the tries at once.
type Handler func(ctx context.Context, payload json.RawMessage, last bool) error

// Jobs runs background work on a store's database. It is a [store.Queue].
type Jobs struct {
	client   *river.Client[*sql.Tx]
	writer   *sql.DB
	handlers map[string]Handler
	within   map[string]time.Duration // of those that take long
	chores   []chore
	log      *slog.Logger
}

var _ store.Queue = (*Jobs)(nil)

// task is the one kind of River job there is: which of ours, and about what.
type task struct {
	Name    string          `json:"name"`
	Payload json.RawMessage `json:"payload"`
}

// Kind is the name River keeps the job under.
func (task) Kind() string { return "homeroom" }

// New prepares the queue in s's database, with the job that sends mail by
// mailer. Nothing runs before [Jobs.Run].
func New(ctx context.Context, s *store.Store, mailer identity.Mailer, log *slog.Logger) (*Jobs, error) {
	j := &Jobs{writer: s.Writer(), handlers: map[string]Handler{}, within: map[string]time.Duration{}, log: log}
	driver := riversqlite.New(j.writer)
	quiet := slog.New(levels{log.Handler()})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	registered := river.NewWorkers()
	river.AddWorker(registered, &worker{jobs: j})
	j.client, err = river.NewClient(driver, &river.Config{
		Workers:              registered,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		FetchCooldown:        between,
		FetchPollInterval:    poll,
		PollOnly:             true,
		JobTimeout:           runTimeout,
		RescueStuckJobsAfter: rescueAfter,
		MaxAttempts:          len(pauses) + 1,
		RetryPolicy:          retries{},
		Logger:               quiet,
		// A mail that is sent is a row of the outbox; its job is of no more use.
		CompletedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	j.Handle(store.MailJob, sendMail(s, mailer))
	j.Every(time.Hour, "delete what is expired", s.DeleteExpired)
	j.Every(time.Hour, "forget old imports", s.ForgetImports)
	return j, nil
}

// Handle registers what does jobs of name. It is called before [Jobs.Run].
func (j *Jobs) Handle(name string, h Handler) { j.handlers[name] = h }

// HandleLong is [Jobs.Handle] for jobs each try of which may take longer than
// others do.
func (j *Jobs) HandleLong(name string, within time.Duration, h Handler) {
	j.Handle(name, h)
	j.within[name] = within
}

// Enqueue adds a job in tx: it is there if and only if tx commits. The payload
// is kept as JSON for everyone who reads the database, so it holds IDs and
// nothing personal.
func (j *Jobs) Enqueue(ctx context.Context, tx *sql.Tx, name string, payload any) error {
	encoded, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", name, err)
	}
	if _, err := j.client.InsertTx(ctx, tx, task{Name: name, Payload: encoded}, nil); err != nil {
		return fmt.Errorf("enqueue %s: %w", name, err)
	}
	return nil
}

// Run does jobs until ctx ends, and lets those that run finish. What a killed
// process was at comes first. Only one process at a time may run the jobs of a
// database.
func (j *Jobs) Run(ctx context.Context) error {
	if err := j.takeUp(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("take up the jobs that were cut off: %w", err)
	}
	var chores sync.WaitGroup
	defer chores.Wait()
	for _, c := range j.chores {
		chores.Go(func() { j.repeat(ctx, c) })
	}
	if err := j.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	<-ctx.Done()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	if err := j.client.Stop(late); err != nil {
		// A job that does not end is cut off, and tried again after the next start.
		if err := j.client.StopAndCancel(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("stop the job queue: %w", err)
		}
	}
	return nil
}

// takeUp makes the jobs that a killed process left running wait again. Nobody
// else can be at them, and waiting for [rescueAfter] would delay their mails.
func (j *Jobs) takeUp(ctx context.Context) error {
	result, err := j.writer.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'")
	if err != nil {
		return err
	}
	if cut, err := result.RowsAffected(); err == nil && cut > 0 {
		j.log.InfoContext(ctx, "jobs that were cut off are taken up again", "jobs", cut)
	}
	return nil
}

// Final marks an error that no further try will mend.
func Final(err error) error { return river.JobCancel(err) }

// worker hands River's jobs to our handlers.
type worker struct {
	river.WorkerDefaults[task]
	jobs *Jobs
}

// Timeout is how long a try of the job may take; 0 is what every other one may.
func (w *worker) Timeout(job *river.Job[task]) time.Duration { return w.jobs.within[job.Args.Name] }

// Work does one try of one job.
func (w *worker) Work(ctx context.Context, job *river.Job[task]) error {
	handle, known := w.jobs.handlers[job.Args.Name]
	if !known {
		w.jobs.log.ErrorContext(ctx, "job that nothing here does", "job", job.ID, "name", job.Args.Name)
		return told(Final(errUnknown))
	}
	err := handle(ctx, job.Args.Payload, job.Attempt >= job.MaxAttempts)
	if err != nil {
		w.jobs.log.WarnContext(ctx, "job did not succeed", "job", job.ID, "name", job.Args.Name, "try", job.Attempt, "error", err)
	}
	return told(err)
}

// retries is how long River waits after a failed try.
type retries struct{}

// NextRetry is the time of the next try.
func (retries) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(pauses[min(max(job.Attempt, 1), len(pauses))-1])
}

// levels keeps River's own chatter out of the log: what becomes of a job is
// logged by us.
type levels struct{ slog.Handler }

// Enabled lets errors pass.
func (l levels) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && l.Handler.Enabled(ctx, level)
}
