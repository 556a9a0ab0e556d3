package badge

import (
	"net/netip"
	"slices"
	"time"
	_ "time/tzdata" // schools have hours, and a container may know no zones

	"homeroom.dev/homeroom/identity"
)

// Use is the moment in which somebody wants to come in with a badge.
type Use struct {
	At      time.Time
	Address string    // of who asks
	MadeAt  time.Time // the badge
	Uses    int       // of it so far
}

// Check says why a badge does not count; empty if it does. What the badge itself
// is comes before when and where it is used, so that nobody is asked to come back
// tomorrow with one that is over.
func Check(rules identity.BadgeRules, use Use) identity.BadgeRefusal {
	most := rules.MaxUses()
	switch {
	case rules.Days <= 0 || !use.At.Before(use.MadeAt.AddDate(0, 0, rules.Days)):
		return identity.BadgeExpired
	case most > 0 && use.Uses >= most:
		return identity.BadgeUsedUp
	case !within(rules, use.At):
		return identity.BadgeOutOfTime
	case !from(rules.Networks, use.Address):
		return identity.BadgeElsewhere
	}
	return ""
}

// within reports whether a moment lies in the weekdays and hours.
func within(rules identity.BadgeRules, at time.Time) bool {
	local := at.In(rules.Location())
	if len(rules.Weekdays) > 0 && !slices.Contains(rules.Weekdays, local.Weekday()) {
		return false
	}
	if rules.From == 0 && rules.Until == 0 {
		return true
	}
	minute := local.Hour()*60 + local.Minute()
	return rules.From <= minute && minute < rules.Until
}

// from reports whether an address lies in one of the networks. An address that
// cannot be read lies in none.
func from(networks []netip.Prefix, address string) bool {
	if len(networks) == 0 {
		return true
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// sessionLifetime is how long a session lasts that a badge began, at most.
const sessionLifetime = 8 * time.Hour

// SessionEnd is when a session has to end that a badge began: after
// [sessionLifetime], or with the hours of the day.
func SessionEnd(rules identity.BadgeRules, at time.Time) time.Time {
	end := at.Add(sessionLifetime)
	if rules.From == 0 && rules.Until == 0 {
		return end
	}
	local := at.In(rules.Location())
	day := time.Date(local.Year(), local.Month(), local.Day(), rules.Until/60, rules.Until%60, 0, 0, local.Location())
	if day.After(at) && day.Before(end) {
		return day
	}
	return end
}
