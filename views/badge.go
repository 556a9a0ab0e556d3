package views

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Paths of badges outside of an organization.
const (
	BadgePath      = "/badge"       // whom the scanned card signs in
	BadgeGoPath    = "/badge/go"    // on to Zitadel
	BadgeTokenPath = "/badge/token" // where Zitadel sends the browser
	BadgeKeysPath  = "/badge/keys"
)

// ScanPath is what the QR code of a card leads to; the token is the only secret.
func ScanPath(token string) string { return at("b", token) }

// BadgesPath is how a school uses badges, or who has one in a classroom.
func BadgesPath(organization identity.OrganizationID) string { return in(organization, "badges") }

// BadgesOffPath turns badges off.
func BadgesOffPath(school identity.OrganizationID) string { return in(school, "badges", "off") }

// VoidBadgesPath voids all badges of a school or a classroom.
func VoidBadgesPath(organization identity.OrganizationID) string {
	return in(organization, "badges", "void")
}

// VoidBadgePath voids the badge of one student.
func VoidBadgePath(organization identity.OrganizationID, user identity.UserID) string {
	return in(organization, "badges", string(user), "void")
}

// BadgeForm is the form of a school's limits, as it was typed.
type BadgeForm struct {
	Kind              string
	Weekdays          []string // digits, 0 is Sunday
	From, Until, Zone string
	Networks          string
	Uses, Days        string
}

// BadgeFormOf is the form filled in with what is in force.
func BadgeFormOf(setup identity.BadgeSetup) BadgeForm {
	r := setup.Rules
	f := BadgeForm{Kind: string(r.Kind), Zone: r.Zone, Days: strconv.Itoa(r.Days)}
	for _, day := range r.Weekdays {
		f.Weekdays = append(f.Weekdays, strconv.Itoa(int(day)))
	}
	if r.From != 0 || r.Until != 0 {
		f.From, f.Until = clockText(r.From), clockText(r.Until)
	}
	if r.Uses > 0 {
		f.Uses = strconv.Itoa(r.Uses)
	}
	lines := make([]string, len(r.Networks))
	for i, n := range r.Networks {
		lines[i] = n.String()
	}
	f.Networks = strings.Join(lines, "\n")
	return f
}

// ReadBadgeForm reads the form as it was sent.
func ReadBadgeForm(values url.Values) BadgeForm {
	return BadgeForm{
		Kind: values.Get("kind"), Weekdays: values["weekdays"], From: values.Get("from"), Until: values.Get("until"),
		Zone: strings.TrimSpace(values.Get("zone")), Networks: values.Get("networks"), Uses: values.Get("uses"), Days: values.Get("days"),
	}
}

// Read is what the form means, or what is wrong with it.
func (f BadgeForm) Read() (identity.BadgeRules, identity.Problems) {
	var problems identity.Problems
	number := func(text string, empty int) int {
		text = strings.TrimSpace(text)
		if text == "" {
			return empty
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1 // out of every range
		}
		return n
	}
	r := identity.BadgeRules{
		Kind: identity.BadgeKind(f.Kind), Weekdays: identity.ReadWeekdays(strings.Join(f.Weekdays, "")), Zone: f.Zone,
		Uses: number(f.Uses, 0), Days: number(f.Days, -1),
	}
	if strings.TrimSpace(f.From) != "" || strings.TrimSpace(f.Until) != "" {
		var readable bool
		if r.From, readable = readClock(f.From); !readable {
			problems.Add("from", "badge.clock.wrong")
		}
		if r.Until, readable = readClock(f.Until); !readable {
			problems.Add("until", "badge.clock.wrong")
		}
	}
	var wrong []string
	if r.Networks, wrong = identity.ReadNetworks(f.Networks); len(wrong) > 0 {
		problems.Add("networks", "badge.networks.wrong", "Network", wrong[0])
	}
	if problems != nil {
		r.From, r.Until = 0, 0 // said already
	}
	if problems = append(problems, r.Check()...); len(problems) == 0 {
		return r, nil
	}
	return r, problems
}

// readClock reads a time of day as minutes after midnight.
func readClock(text string) (minute int, ok bool) {
	text = strings.TrimSpace(text)
	if text == "24:00" {
		return 24 * 60, true
	}
	for _, layout := range []string{"15:04", "15.04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Hour()*60 + at.Minute(), true
		}
	}
	return 0, false
}

func clockText(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// BadgeView is a school's page of badges.
type BadgeView struct {
	Setup        identity.BadgeSetup
	Figures      identity.BadgeFigures
	Uses         []identity.BadgeUse
	Form         BadgeForm
	FactorForced bool             // Zitadel's policy refuses badges
	Enforced     bool             // the school's own sign-in is the only way in for all others
	Trouble      identity.Message // why it could not be saved; zero otherwise
}

// ClassBadgesView is who has a badge in a classroom.
type ClassBadgesView struct {
	Setup    identity.BadgeSetup
	Students []identity.StudentBadge
}

func (v ClassBadgesView) any() bool {
	return slices.ContainsFunc(v.Students, func(s identity.StudentBadge) bool { return s.Badge.ID != "" })
}

// BadgeDoorView is whom a card signs in.
type BadgeDoorView struct {
	School identity.Organization
	Name   string // as the card says it
	Card   string // the secret
	Other  string // who is signed in on this device; empty: nobody else
	Same   bool   // the student is
}

// BadgeRefusedView is why a card let nobody in.
type BadgeRefusedView struct {
	Why    identity.BadgeRefusal
	School string
	Rules  identity.BadgeRules
}

// weekdayNames are days in words, Monday first.
func weekdayNames(ctx context.Context, days []time.Weekday) string {
	var names []string
	for _, day := range mondayFirst {
		if slices.Contains(days, day) {
			names = append(names, text(ctx, "time.weekday."+strconv.Itoa(int(day))))
		}
	}
	return strings.Join(names, ", ")
}

var mondayFirst = []time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

// badgeTimes says when badges count.
func badgeTimes(ctx context.Context, r identity.BadgeRules) string {
	days, hours := weekdayNames(ctx, r.Weekdays), r.From != 0 || r.Until != 0
	if len(r.Weekdays) == 7 {
		days = ""
	}
	from, until := clockText(r.From), clockText(r.Until)
	switch {
	case days == "" && !hours:
		return text(ctx, "badge.times.always")
	case days == "":
		return text(ctx, "badge.times.hours", "From", from, "Until", until)
	case !hours:
		return text(ctx, "badge.times.days", "Days", days)
	}
	return text(ctx, "badge.times.both", "Days", days, "From", from, "Until", until)
}

// badgeWhy says to a school or a teacher why a badge was refused, or why a student
// has none.
func badgeWhy(ctx context.Context, why identity.BadgeRefusal) string {
	return text(ctx, "badge.why."+string(why))
}

// badgeSection is where the page that voids badges stands.
func badgeSection(org identity.Opened) Section {
	if org.Organization().Kind == identity.KindSchool {
		return SectionSettings
	}
	return SectionRoster
}
