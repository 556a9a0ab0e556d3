package views

import (
	"cmp"
	"context"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// PersonActivityPath is the activity of one person, or what was done to them or
// to another target, such as an invitation.
func PersonActivityPath(organization identity.OrganizationID, target string) string {
	return WithQuery(ActivityPath(organization), Param{"person", target})
}

// Log is an audit log as its pages see it: where they are, and how exact its
// readers want it.
type Log struct {
	Path    string // of the list
	Streams string // where it is sent on to; empty: not for who reads it, or a section of its own
	// Exact is for school IT and operators: addresses, devices and requests stand
	// in the list, and the words are those of the protocols.
	Exact bool
	own   identity.OrganizationID // whose pages they are
}

// LogOf is the log of an opened organization.
func LogOf(org identity.Opened) Log {
	l := Log{Path: ActivityPath(org.ID()), own: org.ID(), Exact: org.Role().Rank() >= identity.RoleSchoolAdmin.Rank()}
	if org.Organization().Kind == identity.KindSchool && org.Permits(identity.ManageSchool) {
		l.Streams = StreamsPath(org.ID())
	}
	return l
}

// PlatformLog is the platform's own, for its operators.
func PlatformLog() Log {
	return Log{Path: PlatformAuditPath, Streams: PlatformStreamsPath, Exact: true}
}

// List is the list with a filter.
func (l Log) List(f ActivityFilter) string { return WithQuery(l.Path, f.params()...) }

// Record is the page of one record.
func (l Log) Record(id string) string { return l.Path + at(id) }

// Export is where what a filter shows is taken out, by POST.
func (l Log) Export() string { return l.Path + at("export") }

// ExportOf is Export with the filter filled in.
func (l Log) ExportOf(f ActivityFilter) string { return WithQuery(l.Export(), f.params()...) }

// person is the list of what concerns one person, or another target.
func (l Log) person(id string) string { return l.List(ActivityFilter{Person: id}) }

// ActivityFilter is what was asked for, as it was typed.
type ActivityFilter struct {
	Text    string
	Person  string // the ID of who acted, or of whom or what it concerns
	What    string // an [identity.ActionGroup], or one action
	Since   string // a day, 2006-01-02; Until the last one
	Until   string
	Source  string
	Outcome string
}

func (f ActivityFilter) params() []Param {
	return []Param{
		{"q", f.Text},
		{"person", f.Person},
		{"what", f.What},
		{"since", f.Since},
		{"until", f.Until},
		{"source", f.Source},
		{"outcome", f.Outcome},
	}
}

// ActivityView is what the activity page shows.
type ActivityView struct {
	Log      Log
	Filter   ActivityFilter
	Problems identity.Problems      // with the filter
	Records  []identity.AuditRecord // newest first
	Name     string                 // of Filter.Person, as far as it is known
	Places   map[identity.OrganizationID]string
	Older    string // cursor of the page after; empty at the end
	Newer    string // of the page before; empty at the start
}

func (v ActivityView) page(name, cursor string) string {
	if cursor == "" {
		return ""
	}
	return WithQuery(v.Log.Path, append(v.Filter.params(), Param{name, cursor})...)
}

// place is where a record is from, if not from the log's own organization.
func (v ActivityView) place(ctx context.Context, r identity.AuditRecord) string {
	if r.Organization == v.Log.own || r.Organization == "" || v.Log.own == "" {
		return ""
	}
	return cmp.Or(v.Places[r.Organization], text(ctx, "activity.place.gone"))
}

func (f ActivityFilter) narrows() bool { return f != ActivityFilter{} }

// whats are the choices of what happened. One action that is asked for by a link
// is among them.
func (v ActivityView) whats(ctx context.Context) []Option {
	options := []Option{{Value: "", Label: text(ctx, "activity.what.all")}}
	known := v.Filter.What == ""
	for _, g := range identity.ActionGroups {
		if (g == identity.GroupSchool || g == identity.GroupPlatform) && !v.Log.Exact {
			continue // nothing of the kind happens in a class
		}
		options = append(options, Option{Value: string(g), Label: text(ctx, "activity.what."+string(g))})
		known = known || v.Filter.What == string(g)
	}
	if !known {
		options = append(options, Option{Value: v.Filter.What, Label: v.Filter.What})
	}
	return options
}

func sources(ctx context.Context) []Option {
	return []Option{
		{Value: "", Label: text(ctx, "activity.source.all")},
		{Value: string(identity.SourcePortal), Label: text(ctx, "activity.source.portal")},
		{Value: string(identity.SourceZitadel), Label: text(ctx, "activity.source.zitadel")},
	}
}

func outcomes(ctx context.Context) []Option {
	return []Option{
		{Value: "", Label: text(ctx, "activity.outcome.all")},
		{Value: string(identity.OutcomeDone), Label: text(ctx, "activity.outcome.done")},
		{Value: string(identity.OutcomeFailed), Label: text(ctx, "activity.outcome.failed")},
		{Value: string(identity.OutcomeUnknown), Label: text(ctx, "activity.outcome.unknown")},
		{Value: string(identity.OutcomeBegun), Label: text(ctx, "activity.outcome.begun")},
	}
}

// activityDay is the records of one day, in the zone of the page.
type activityDay struct {
	Day     time.Time
	Records []identity.AuditRecord
}

func (v ActivityView) days(ctx context.Context) []activityDay {
	var days []activityDay
	for _, record := range v.Records {
		if n := len(days); n == 0 || daysBetween(days[n-1].Day.In(nowOf(ctx).Location()), record.At) > 0 {
			days = append(days, activityDay{Day: record.At})
		}
		last := &days[len(days)-1]
		last.Records = append(last.Records, record)
	}
	return days
}

// dayTitle is "Today", "Yesterday" or the day.
func dayTitle(ctx context.Context, day time.Time) string {
	switch daysBetween(nowOf(ctx), day) {
	case 0:
		return text(ctx, "activity.today")
	case 1:
		return text(ctx, "activity.yesterday")
	}
	return ExactDay(ctx, day)
}

func clock(ctx context.Context, at time.Time) string {
	return at.In(nowOf(ctx).Location()).Format("15:04")
}

// origin is where something was done from: the device, the address and the
// request, as far as they are known.
func origin(ctx context.Context, r identity.AuditRecord) string {
	var known []string
	for _, text := range []string{DeviceName(ctx, r.Device), r.Address, r.RequestID} {
		if text != "" {
			known = append(known, text)
		}
	}
	return strings.Join(known, " · ")
}

// RecordView is what the page of one record shows.
type RecordView struct {
	Log    Log
	Record identity.AuditRecord
	Place  string // what its organization is called now; empty: it is gone
	JSON   string // the raw record
}

// changedValue is a value of a record before and after.
type changedValue struct{ Name, Before, After string }
