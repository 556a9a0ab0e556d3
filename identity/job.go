package identity

import "time"

// JobState is where background work stands.
type JobState string

// The states of a job. One that is to be tried again waits.
const (
	JobWaiting JobState = "waiting"
	JobRunning JobState = "running"
	JobDone    JobState = "done"
	JobFailed  JobState = "failed" // there is no further try
)

// JobStates lists them in the order in which an operator looks at them.
var JobStates = []JobState{JobFailed, JobRunning, JobWaiting, JobDone}

// Job is a piece of background work, as operators see it: what kind and how it
// goes, and nothing of what it is about.
type Job struct {
	ID        int64
	Name      string // "mail", …: the catalogue's "job.<name>"
	State     JobState
	Tries     int
	MaxTries  int
	CreatedAt time.Time
	TriedAt   time.Time // the last try; zero before the first
	NextAt    time.Time // the next one while it waits
	Failure   Message   // why the last try failed; zero if it did not
	// Spent says that a further try after the last one would do nothing.
	Spent bool
}

// Retryable reports whether trying the job again now is of use: it failed for
// good, or waits after a try that failed.
func (j Job) Retryable() bool {
	return j.State == JobFailed && !j.Spent || j.State == JobWaiting && j.Tries > 0
}

// JobQuery selects jobs.
type JobQuery struct {
	State JobState
	After string // a page's Next
	Limit int    // 50 if 0
}

// JobPage is a page of jobs, the newest first.
type JobPage struct {
	Rows []Job
	Next string // empty on the last page
}
