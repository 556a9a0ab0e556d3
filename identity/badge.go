package identity

import (
	"net/netip"
	"slices"
	"time"
)

// A badge is the QR code on a student's card. Whoever has it can sign in as the
// student, so that it is worth what a password is worth: it is for students
// alone, and a school limits when and where it counts.

// BadgeID is the ID of a badge. It stands in records and is no secret.
type BadgeID string

// BadgeSignInID is the ID of one way through Zitadel that a badge began.
type BadgeSignInID string

// BadgeKind is how often a badge can be used.
type BadgeKind string

// The kinds.
const (
	BadgeStanding BadgeKind = "standing"
	BadgeOnce     BadgeKind = "once" // the first use voids it
)

// BadgeState is whether a school uses badges.
type BadgeState string

// The states.
const (
	BadgesOff BadgeState = "off"
	BadgesOn  BadgeState = "on"
	// BadgesEnding is off, with a connection at Zitadel that is still to be
	// deleted.
	BadgesEnding BadgeState = "ending"
)

// BadgeRules are what limits the badges of a school. They count as they are at
// the moment of use.
type BadgeRules struct {
	Kind BadgeKind
	// Weekdays on which badges count; none means every day.
	Weekdays []time.Weekday
	// From and Until are minutes after midnight in Zone. Both 0: at any time.
	From, Until int
	Zone        string // IANA name, such as Europe/Berlin
	// Networks from which badges count; none means everywhere.
	Networks []netip.Prefix
	Uses     int // of one badge, 0: any number
	Days     int // that a badge lasts
}

// Bounds of [BadgeRules].
const (
	MaxBadgeDays     = 400
	MaxBadgeUses     = 10000
	MaxBadgeNetworks = 50
)

// DefaultBadgeRules are offered to a school that has none yet: on school days
// while school is on, for a year.
var DefaultBadgeRules = BadgeRules{
	Kind:     BadgeStanding,
	Weekdays: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
	From:     7 * 60, Until: 17 * 60, Zone: "UTC", Days: 365,
}

// MaxUses is how often one badge can be used, 0: any number.
func (r BadgeRules) MaxUses() int {
	if r.Kind == BadgeOnce {
		return 1
	}
	return r.Uses
}

// Location is the zone of the hours; UTC where the name means nothing.
func (r BadgeRules) Location() *time.Location {
	if zone, err := time.LoadLocation(r.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// Check finds what is wrong with rules that somebody wrote.
func (r BadgeRules) Check() Problems {
	var p Problems
	if r.Kind != BadgeStanding && r.Kind != BadgeOnce {
		p.Add("kind", "badge.kind.choose")
	}
	for _, day := range r.Weekdays {
		if day < time.Sunday || day > time.Saturday {
			p.Add("weekdays", "badge.weekdays.wrong")
			break
		}
	}
	if r.From != 0 || r.Until != 0 {
		if r.From < 0 || r.Until > 24*60 || r.From >= r.Until {
			p.Add("until", "badge.hours.wrong")
		}
	}
	if _, err := time.LoadLocation(r.Zone); err != nil || r.Zone == "" || r.Zone == "Local" {
		p.Add("zone", "badge.zone.wrong")
	}
	if len(r.Networks) > MaxBadgeNetworks {
		p.Add("networks", "badge.networks.many", "Max", MaxBadgeNetworks)
	}
	if r.Uses < 0 || r.Uses > MaxBadgeUses {
		p.Add("uses", "badge.uses.range", "Max", MaxBadgeUses)
	}
	if r.Days < 1 || r.Days > MaxBadgeDays {
		p.Add("days", "badge.days.range", "Max", MaxBadgeDays)
	}
	return p
}

// BadgeSetup is how a school uses badges.
type BadgeSetup struct {
	State     BadgeState
	Rules     BadgeRules
	Provider  ProviderID // at Zitadel; empty where there is none
	ChangedAt time.Time
}

// On reports whether badges can be used.
func (s BadgeSetup) On() bool { return s.State == BadgesOn && s.Provider != "" }

// Badge is one badge of a student.
type Badge struct {
	ID      BadgeID
	User    UserID
	Kind    BadgeKind
	MadeAt  time.Time
	Maker   string // the name of who made it
	Uses    int
	UsedAt  time.Time // last; zero: never
	Address string    // of the last use
	Device  string
}

// BadgeRefusal is why a badge did not let somebody in, or why it is void.
type BadgeRefusal string

// The reasons.
const (
	BadgeUnknown   BadgeRefusal = "unknown"
	BadgeVoid      BadgeRefusal = "void"      // by a teacher or the school
	BadgeReplaced  BadgeRefusal = "replaced"  // by a newer one
	BadgeExpired   BadgeRefusal = "expired"   // older than the school's days
	BadgeUsedUp    BadgeRefusal = "used-up"   // the first, or the last, use was made
	BadgeOutOfTime BadgeRefusal = "hours"     // not now
	BadgeElsewhere BadgeRefusal = "network"   // not from there
	BadgesAreOff   BadgeRefusal = "off"       // the school does not use them
	BadgeStaff     BadgeRefusal = "staff"     // the student holds a higher role
	BadgeNoStudent BadgeRefusal = "student"   // not a student of a class in use, or deactivated
	BadgeLocked    BadgeRefusal = "locked"    // the student's account is
	BadgeFactor    BadgeRefusal = "factor"    // the school asks everybody for a second one
	BadgeClosed    BadgeRefusal = "suspended" // the school is
	BadgeBusy      BadgeRefusal = "busy"      // it is being used on another device
	BadgeLate      BadgeRefusal = "late"      // the way through Zitadel took too long
	BadgeOther     BadgeRefusal = "other"     // somebody else came back, or by another way
	BadgeRemote    BadgeRefusal = "remote"    // Zitadel refused
)

// BadgeRefusals lists them, for tests.
var BadgeRefusals = []BadgeRefusal{
	BadgeUnknown, BadgeVoid, BadgeReplaced, BadgeExpired, BadgeUsedUp, BadgeOutOfTime, BadgeElsewhere, BadgesAreOff, BadgeStaff,
	BadgeNoStudent, BadgeLocked, BadgeFactor, BadgeClosed, BadgeBusy, BadgeLate, BadgeOther, BadgeRemote,
}

// BadgeRefusedError is the error with which the store says that a badge lets
// nobody in.
type BadgeRefusedError struct {
	Why    BadgeRefusal
	School Organization // zero for an unknown one
	Rules  BadgeRules
}

// Error implements error.
func (e *BadgeRefusedError) Error() string { return "badge refused: " + string(e.Why) }

// BadgeHolder is a badge with the student it signs in.
type BadgeHolder struct {
	School  Opened // opened by [OpenByBadge]
	Setup   BadgeSetup
	Badge   Badge
	Student User
}

// BadgeUse is one use of a badge, or one that was tried.
type BadgeUse struct {
	ID         BadgeSignInID
	Badge      BadgeID
	User       UserID
	Name       string
	At         time.Time
	FinishedAt time.Time
	Refused    BadgeRefusal // empty: it was not
	Address    string
	Device     string
}

// BadgeFigures are how a school's badges are used.
type BadgeFigures struct {
	InUse    int // badges that are not void
	Finished int // sign-ins since a moment
	Refused  int
}

// StudentBadge is a student of a classroom with the badge they have, if any.
type StudentBadge struct {
	User  User
	Badge Badge // zero: none
	// Why says why the student cannot have one; empty if they can.
	Why BadgeRefusal
}

// MayHoldBadge says why somebody may not come in with a badge; empty if they may.
// staff: they hold any role but student anywhere; learns: they are a student of a
// classroom of the school that is in use.
func MayHoldBadge(state UserState, staff, learns bool) BadgeRefusal {
	switch {
	case staff:
		return BadgeStaff
	case learns && state == UserLocked:
		return BadgeLocked
	case !learns || state != UserActive:
		return BadgeNoStudent
	}
	return ""
}

// OpenByBadge opens a school for who holds a badge of one of its students, before
// Zitadel said who they are. It carries no permission: all it allows is the
// sign-in of that student.
func OpenByBadge(school Organization, badge BadgeID, student User) (Opened, error) {
	if school.ID != "" && school.Suspended() {
		return Opened{}, school.closed()
	}
	if school.ID == "" || badge == "" || school.Kind != KindSchool || school.State != OrganizationActive ||
		student.Home != school.ID {
		return Opened{}, NotFound("organization.not-found")
	}
	return Opened{organization: school, actor: Actor{User: student.ID, Name: student.DisplayName()}}, nil
}

// OpenForBadges opens the school of an opened classroom, or the opened school
// itself, for who manages students there: their cards need a tie at the school's
// connection. It carries no permission.
func OpenForBadges(from Opened, school Organization) (Opened, error) {
	if !from.Permits(ManageStudents) || school.ID == "" || school.Kind != KindSchool ||
		school.ID != from.organization.Home() || school.State != OrganizationActive {
		return Opened{}, NotFound("organization.not-found")
	}
	return Opened{organization: school, actor: from.actor}, nil
}

// WeekdaysText is a list of days as digits, 0 is Sunday.
func WeekdaysText(days []time.Weekday) string {
	days = slices.Clone(days)
	slices.Sort(days)
	var text []byte
	for _, d := range slices.Compact(days) {
		text = append(text, byte('0'+d))
	}
	return string(text)
}

// ReadWeekdays reads what [WeekdaysText] wrote, and leaves out all else.
func ReadWeekdays(text string) []time.Weekday {
	var days []time.Weekday
	for _, c := range text {
		if c >= '0' && c <= '6' {
			days = append(days, time.Weekday(c-'0'))
		}
	}
	return days
}
