package views

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

type nowKey struct{}

// WithNow returns a context in which relative times are counted from now and
// exact ones are shown in now's zone.
func WithNow(ctx context.Context, now time.Time) context.Context {
	return context.WithValue(ctx, nowKey{}, now)
}

// nowOf is the time the page is rendered at.
func nowOf(ctx context.Context) time.Time {
	if now, ok := ctx.Value(nowKey{}).(time.Time); ok {
		return now
	}
	return time.Now()
}

// inWords puts the value of a message's argument into words.
func inWords(ctx context.Context, value any) any {
	switch v := value.(type) {
	case identity.Message:
		return Text(ctx, v)
	case *identity.Message:
		return Text(ctx, *v)
	case identity.Role:
		return RoleName(ctx, v)
	case identity.Kind:
		return text(ctx, "kind."+string(v))
	case time.Time:
		return ExactTime(ctx, v)
	case int:
		return Number(ctx, v)
	}
	return value
}

// RoleName is what a role is called on pages.
func RoleName(ctx context.Context, role identity.Role) string {
	return text(ctx, "role."+string(role))
}

// Number is n with its thousands apart, as the language writes them.
func Number(ctx context.Context, n int) string {
	digits := strconv.Itoa(n)
	separator := text(ctx, "number.thousands")
	start := len(digits) % 3
	if n < 0 || len(digits) < 4 || (separator != "," && len(digits) < 5) {
		// Spanish sets no mark into four digits.
		return digits
	}
	var b strings.Builder
	b.WriteString(digits[:start])
	for i := start; i < len(digits); i += 3 {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

// ExactTime is day and time of day in the zone of the context's now, such as
// "Tuesday 3 November 2026, 09:14".
func ExactTime(ctx context.Context, at time.Time) string {
	at = at.In(nowOf(ctx).Location())
	return text(ctx, "time.exact",
		"Weekday", text(ctx, "time.weekday."+strconv.Itoa(int(at.Weekday()))),
		"Day", at.Day(), "Month", text(ctx, "time.month."+strconv.Itoa(int(at.Month()))),
		"Year", strconv.Itoa(at.Year()), "Clock", at.Format("15:04"))
}

// ExactDay is the day alone, such as "3 November 2026".
func ExactDay(ctx context.Context, at time.Time) string {
	at = at.In(nowOf(ctx).Location())
	return text(ctx, "time.day", "Day", at.Day(),
		"Month", text(ctx, "time.month."+strconv.Itoa(int(at.Month()))), "Year", strconv.Itoa(at.Year()))
}

// RelativeTime says how long ago or ahead at is, and from a month on the day.
// The zero time is "never".
func RelativeTime(ctx context.Context, at time.Time) string {
	if at.IsZero() {
		return text(ctx, "time.never")
	}
	now := nowOf(ctx)
	ahead := at.After(now)
	distance := now.Sub(at).Abs()
	minutes := int(distance.Round(time.Minute) / time.Minute)
	hours := int(distance / time.Hour)
	days := daysBetween(now, at)
	switch {
	case minutes < 1:
		return text(ctx, "time.now")
	case minutes < 60 && ahead:
		return text(ctx, "time.in-minutes", "Count", minutes)
	case minutes < 60:
		return text(ctx, "time.minutes-ago", "Count", minutes)
	case days == 0 && ahead:
		return text(ctx, "time.in-hours", "Count", max(hours, 1))
	case days == 0:
		return text(ctx, "time.hours-ago", "Count", max(hours, 1))
	case days == 1 && ahead:
		return text(ctx, "time.tomorrow")
	case days == 1:
		return text(ctx, "time.yesterday", "Clock", at.In(now.Location()).Format("15:04"))
	case days < 31 && ahead:
		return text(ctx, "time.in-days", "Count", days)
	case days < 31:
		return text(ctx, "time.days-ago", "Count", days)
	}
	return ExactDay(ctx, at)
}

// daysBetween counts midnights, in now's zone, between two moments.
func daysBetween(now, at time.Time) int {
	at = at.In(now.Location())
	// Noon is twelve hours from any change of the clock.
	noon := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	}
	return int(noon(now).Sub(noon(at)).Abs() / (24 * time.Hour))
}

// initials are one or two letters that stand for a name.
func initials(name string) string {
	words := strings.Fields(name)
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return firstLetter(words[0])
	}
	return firstLetter(words[0]) + firstLetter(words[len(words)-1])
}

func firstLetter(word string) string {
	for _, r := range word {
		return strings.ToUpper(string(r))
	}
	return ""
}

// hue spreads people over the avatar's colours; the same person always has the
// same one.
func hue(seed string) string {
	const colours = 6
	var sum uint32 = 2166136261 // FNV-1a
	for i := range len(seed) {
		sum = (sum ^ uint32(seed[i])) * 16777619
	}
	return fmt.Sprintf("hue-%d", sum%colours)
}

// ZoneOf is the zone in which the context's times are shown.
func ZoneOf(ctx context.Context) *time.Location { return nowOf(ctx).Location() }
