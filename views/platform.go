package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// PlatformSection is a part of the operators' pages, for the tab that is
// current.
type PlatformSection string

// The sections of the operators' pages.
const (
	PlatformFront      PlatformSection = "front"
	PlatformSchools    PlatformSection = "schools"
	PlatformClassrooms PlatformSection = "classrooms"
	PlatformAudit      PlatformSection = "audit"
	PlatformStreams    PlatformSection = "streams"
	PlatformHealth     PlatformSection = "health"
	PlatformProjection PlatformSection = "projection"
	PlatformJobs       PlatformSection = "jobs"
)

// platformTabs are all the sections, in their order.
var platformTabs = []struct {
	section PlatformSection
	label   string
	path    string
}{
	{PlatformFront, "platform.section.front", PlatformPath},
	{PlatformSchools, "platform.section.schools", PlatformSchoolsPath},
	{PlatformClassrooms, "platform.section.classrooms", PlatformClassroomsPath},
	{PlatformAudit, "platform.section.audit", PlatformAuditPath},
	{PlatformStreams, "platform.section.streams", PlatformStreamsPath},
	{PlatformHealth, "platform.section.health", PlatformHealthPath},
	{PlatformProjection, "platform.section.projection", PlatformProjectionPath},
	{PlatformJobs, "platform.section.jobs", PlatformJobsPath},
}

// LookBanner says on every page of a school that an operator looks into it.
type LookBanner struct {
	Place  string // the school, or the classroom that stands alone
	Reason string
	Until  time.Time
	End    string // POST: ends it
}

// Open reports whether there is a look.
func (l LookBanner) Open() bool { return l.End != "" }

// PlatformView is what the operators' first page shows.
type PlatformView struct {
	Schools    int
	Suspended  int
	Standalone int // classrooms
	Checkup    identity.Checkup
	Projection ProjectionView
	Jobs       JobCounts
	Looks      []LookRow
}

// LookRow is a look that is open.
type LookRow struct {
	Organization identity.OrganizationID
	Name         string
	By           string
	Reason       string
	Until        time.Time
	Mine         bool
}

// JobCounts are how many jobs there are in each state.
type JobCounts map[identity.JobState]int

// attention lists what an operator should look at, in the order of its weight.
func (v PlatformView) attention(ctx context.Context) []attentionRow {
	var rows []attentionRow
	if bad := v.Checkup.Count(identity.LevelBad); bad > 0 {
		rows = append(rows, attentionRow{TagBad, text(ctx, "platform.attention.bad", "Count", bad), PlatformHealthPath})
	}
	if v.Projection.stale() {
		rows = append(rows, attentionRow{TagBad, text(ctx, "platform.attention.stale"), PlatformProjectionPath})
	}
	if failed := v.Jobs[identity.JobFailed]; failed > 0 {
		rows = append(rows, attentionRow{TagBad, text(ctx, "platform.attention.jobs", "Count", failed), PlatformJobsPath})
	}
	if warnings := v.Checkup.Count(identity.LevelWarning); warnings > 0 {
		rows = append(rows, attentionRow{TagWarning, text(ctx, "platform.attention.warnings", "Count", warnings), PlatformHealthPath})
	}
	if drift := v.Projection.Differing; drift > 0 {
		rows = append(rows, attentionRow{TagWarning, text(ctx, "platform.attention.drift", "Count", drift), PlatformProjectionPath})
	}
	return rows
}

type attentionRow struct {
	kind  TagKind
	label string
	path  string
}

// levelTag is how the level of a finding looks.
func levelTag(ctx context.Context, level identity.Level) (TagKind, string) {
	switch level {
	case identity.LevelBad:
		return TagBad, text(ctx, "platform.level.bad")
	case identity.LevelWarning:
		return TagWarning, text(ctx, "platform.level.warning")
	}
	return TagGood, text(ctx, "platform.level.good")
}
