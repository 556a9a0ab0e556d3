package views

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
)

// HealthView is what the doctor found last.
type HealthView struct {
	Checkup identity.Checkup // zero: it has not looked yet
	Waiting bool             // a check was asked for and is not done
	Key     string           // public half of the key that signs checkpoints of the audit log; empty: not known
	Point   time.Time        // the last checkpoint
}

// ailments are what is wrong, the worst first, or what is not.
func (v HealthView) ailments(good bool) []identity.Ailment {
	var some []identity.Ailment
	for _, a := range v.Checkup.Ailments {
		if (a.Level == identity.LevelGood) == good {
			some = append(some, a)
		}
	}
	weight := map[identity.Level]int{identity.LevelBad: 0, identity.LevelWarning: 1, identity.LevelGood: 2}
	slices.SortStableFunc(some, func(a, b identity.Ailment) int { return cmp.Compare(weight[a.Level], weight[b.Level]) })
	return some
}

// ProjectionView is how far the projection is, and where it differs from what
// Zitadel answers.
type ProjectionView struct {
	HeardAt   time.Time // Zitadel's last answer; zero: never
	LastEvent time.Time
	Behind    time.Duration // while there is more to read
	Built     bool
	Stale     bool
	Trouble   bool // the last attempt to read failed
	Rereading int  // things of which an event came late
	Since     time.Time

	ComparedAt time.Time // zero: never
	Compared   int
	Differing  int
	Drift      []DriftRow // at most a few hundred of them
	Waiting    bool       // a comparison was asked for and is not done
}

func (v ProjectionView) stale() bool { return v.Stale || !v.Built || v.Trouble }

// lag is how far behind the projection is, in words.
func (v ProjectionView) lag(ctx context.Context) string {
	switch {
	case v.HeardAt.IsZero():
		return text(ctx, "platform.projection.never")
	case v.Behind > 0:
		return text(ctx, "platform.projection.catching-up", "Seconds", int(v.Behind.Seconds()))
	}
	return text(ctx, "platform.projection.none-behind")
}

// DriftRow is one row that differs from what Zitadel answers.
type DriftRow struct {
	Kind         string // organization, user, role-assignment
	ID           string
	Name         string
	Organization identity.OrganizationID
	What         string // lost-at-zitadel, missing-here, differs
}

func (d DriftRow) kind(ctx context.Context) string {
	switch d.Kind {
	case "organization":
		return text(ctx, "platform.drift.organization")
	case "user":
		return text(ctx, "platform.drift.user")
	}
	return text(ctx, "platform.drift.role-assignment")
}

func (d DriftRow) what(ctx context.Context) string {
	switch d.What {
	case "lost-at-zitadel":
		return text(ctx, "platform.drift.lost")
	case "missing-here":
		return text(ctx, "platform.drift.missing")
	}
	return text(ctx, "platform.drift.differs")
}

// JobsView is a list of jobs.
type JobsView struct {
	State  identity.JobState
	Counts JobCounts
	Rows   []identity.Job
	After  string // of the page before; empty on the first
	Next   string
}

func (v JobsView) path(state identity.JobState, after string) string {
	return WithQuery(PlatformJobsPath, Param{"state", string(state)}, Param{"after", after})
}

func (v JobsView) start() string {
	if v.After == "" {
		return ""
	}
	return v.path(v.State, "")
}

func (v JobsView) next() string {
	if v.Next == "" {
		return ""
	}
	return v.path(v.State, v.Next)
}

func (v JobsView) tabs(ctx context.Context) []Tab {
	var tabs []Tab
	for _, state := range identity.JobStates {
		tabs = append(tabs, Tab{
			Label: jobState(ctx, state), Href: v.path(state, ""), Current: state == v.State,
			Count: Number(ctx, v.Counts[state]), ID: "jobs-" + string(state),
		})
	}
	return tabs
}

func jobState(ctx context.Context, state identity.JobState) string {
	switch state {
	case identity.JobFailed:
		return text(ctx, "platform.jobs.failed")
	case identity.JobRunning:
		return text(ctx, "platform.jobs.running")
	case identity.JobDone:
		return text(ctx, "platform.jobs.done")
	}
	return text(ctx, "platform.jobs.waiting")
}

func jobTag(state identity.JobState) TagKind {
	switch state {
	case identity.JobFailed:
		return TagBad
	case identity.JobRunning:
		return TagSeen
	case identity.JobDone:
		return TagGood
	}
	return TagWaiting
}

// jobName is what a job does.
func jobName(ctx context.Context, name string) string {
	switch name {
	case "mail":
		return text(ctx, "job.mail")
	case "checkup":
		return text(ctx, "job.checkup")
	case "reconcile":
		return text(ctx, "job.reconcile")
	case "bulk":
		return text(ctx, "job.bulk")
	case "open-classrooms":
		return text(ctx, "job.open-classrooms")
	case "rollover":
		return text(ctx, "job.rollover")
	case "export":
		return text(ctx, "job.export")
	case "erase":
		return text(ctx, "job.erase")
	}
	return text(ctx, "job.other", "Name", name)
}

func jobID(job identity.Job) string { return strconv.FormatInt(job.ID, 10) }
