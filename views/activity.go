package views

import (
	"cmp"
	"context"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// PersonActivityPath is the activity that concerns one target: a person or an
// invitation.
func PersonActivityPath(organization identity.OrganizationID, target string) string {
	return WithQuery(ActivityPath(organization), Param{"person", target})
}

// ActivityView is what the activity page shows.
type ActivityView struct {
	Records []identity.AuditRecord // newest first
	Person  string                 // only what concerns this target; empty for all
	Name    string                 // the target's, as far as it is known
	Older   string                 // cursor of the page after; empty at the end
	First   bool                   // the newest page
}

func (v ActivityView) path(organization identity.OrganizationID, before string) string {
	return WithQuery(ActivityPath(organization), Param{"person", v.Person}, Param{"before", before})
}

func (v ActivityView) older(organization identity.OrganizationID) string {
	if v.Older == "" {
		return ""
	}
	return v.path(organization, v.Older)
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

// sentence is a record in words, cut where the target's name stands, so that
// the name can be a link.
type sentence struct {
	Before, Target, After string
}

// cut stands for the target while a sentence is put together. It is no
// character that a name can hold; see identity.CleanName.
const cut = "\x00"

func tell(ctx context.Context, record identity.AuditRecord) sentence {
	actor := record.Actor.Name
	if actor == "" {
		actor = text(ctx, "activity.somebody")
	}
	said := text(ctx, auditText(record),
		"Actor", actor,
		"Target", cut,
		"Role", auditRole(ctx, record.After[identity.AuditRole]),
		"Was", auditRole(ctx, record.Before[identity.AuditRole]),
		"Name", cmp.Or(record.After[identity.AuditName], record.TargetName),
	)
	before, after, named := strings.Cut(said, cut)
	s := sentence{Before: before, After: after}
	if named {
		s.Target = record.TargetName
		if s.Target == "" {
			s.Target = text(ctx, "activity.someone")
		}
	}
	return s
}

// auditText is the catalogue's entry for a record: that of its action, or a more
// exact one where the record says which setting was changed.
func auditText(record identity.AuditRecord) string {
	if record.Action == identity.ActionSettingsChanged {
		for _, setting := range []string{"students-see-names", "teachers-open-classrooms"} {
			if is := record.After[setting]; is != record.Before[setting] && (is == "on" || is == "off") {
				return "audit.settings." + setting + "." + is
			}
		}
	}
	if record.Action == identity.ActionConnectionTested && record.After[identity.AuditState] == string(identity.AttemptFailed) {
		return "audit.connection.tested.failed"
	}
	return "audit." + string(record.Action)
}

// auditRole is a role within a sentence: "a student". A record of Zitadel's may
// have none, or one that means nothing here.
func auditRole(ctx context.Context, role string) string {
	switch identity.Role(role) {
	case identity.RoleStudent, identity.RoleCoTeacher, identity.RoleTeacher, identity.RoleSchoolAdmin, identity.RoleOperator:
		return text(ctx, "audit.role."+role)
	}
	return text(ctx, "audit.role.none")
}
