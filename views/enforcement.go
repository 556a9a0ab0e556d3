package views

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// LockedOutReasons are those by which a rehearsal can be filtered, the ones that
// lock people out first.
var LockedOutReasons = []identity.LockedOutWhy{
	identity.LockedOutNoAddress, identity.LockedOutDomain, identity.LockedOutUnverified, identity.LockedOutNeverTested,
}

// EnforcementChoice is what was chosen so far on the way to enforcement. It
// travels in the forms; nothing is kept before the last of them.
type EnforcementChoice struct {
	Except         []identity.UserID
	WithoutAddress bool // everybody who signs in with a user name
	Admins         []identity.UserID
	Why            identity.LockedOutWhy // the lines that are shown; empty: all
	After          string
}

// elsewhere are the ticked ones that are not among rows.
func (c EnforcementChoice) elsewhere(rows []identity.LockedOut) []identity.UserID {
	var ids []identity.UserID
	for _, id := range c.Except {
		if !slices.ContainsFunc(rows, func(row identity.LockedOut) bool { return row.User.ID == id }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// EnforcementRehearsal is what enforcement would do.
type EnforcementRehearsal struct {
	People, Fine int
	Counts       map[identity.LockedOutWhy]int
	Rows         []identity.LockedOut
	Next         string
	Choice       EnforcementChoice
	Refusal      identity.Message // why it cannot be switched on yet
}

// locked is how many could not sign in any more.
func (v EnforcementRehearsal) locked() int {
	return v.Counts[identity.LockedOutNoAddress] + v.Counts[identity.LockedOutDomain] + v.Counts[identity.LockedOutUnverified]
}

// BreakGlassAdmin is an admin of the school with how they can sign in.
type BreakGlassAdmin struct {
	User    identity.User
	Guest   bool // at home elsewhere
	Methods []identity.SignInMethod
}

// Able reports whether they could get in without the school's identity
// provider.
func (a BreakGlassAdmin) Able() bool { return !a.Guest && identity.BreakGlass(a.Methods) }

func (a BreakGlassAdmin) hint(ctx context.Context) string {
	passkey, password := slices.Contains(a.Methods, identity.MethodPasskey), slices.Contains(a.Methods, identity.MethodPassword)
	switch {
	case a.Guest:
		return text(ctx, "enforcement.admin.guest")
	case passkey && password:
		return text(ctx, "enforcement.admin.both")
	case passkey:
		return text(ctx, "enforcement.admin.passkey")
	case password:
		return text(ctx, "enforcement.admin.password")
	}
	return text(ctx, "enforcement.admin.none")
}

// EnforcementCheck is all that was chosen, before it is done.
type EnforcementCheck struct {
	Choice     EnforcementChoice
	Exceptions []identity.EnforcementException
	People     int
	LockedOut  int
	On         bool // already: the exceptions change
}

// exceptionsShown is how many names are written out.
const exceptionsShown = 20

func (v EnforcementCheck) breakGlass() []identity.EnforcementException {
	return slices.DeleteFunc(slices.Clone(v.Exceptions), func(e identity.EnforcementException) bool { return !e.BreakGlass })
}

func (v EnforcementCheck) others() []identity.EnforcementException {
	return slices.DeleteFunc(slices.Clone(v.Exceptions), func(e identity.EnforcementException) bool { return e.BreakGlass })
}

func lockedOutText(ctx context.Context, why identity.LockedOutWhy) string {
	switch why {
	case identity.LockedOutNoAddress:
		return text(ctx, "enforcement.why.no-address")
	case identity.LockedOutDomain:
		return text(ctx, "enforcement.why.domain")
	case identity.LockedOutUnverified:
		return text(ctx, "enforcement.why.unverified")
	case identity.LockedOutNeverTested:
		return text(ctx, "enforcement.why.never-tested")
	}
	return text(ctx, "enforcement.why.guest")
}

func lockedOutHint(ctx context.Context, why identity.LockedOutWhy) string {
	switch why {
	case identity.LockedOutNoAddress:
		return text(ctx, "enforcement.why.no-address-hint")
	case identity.LockedOutDomain:
		return text(ctx, "enforcement.why.domain-hint")
	case identity.LockedOutUnverified:
		return text(ctx, "enforcement.why.unverified-hint")
	case identity.LockedOutNeverTested:
		return text(ctx, "enforcement.why.never-tested-hint")
	}
	return text(ctx, "enforcement.why.guest-hint")
}

func whyOptions(ctx context.Context) []Option {
	options := []Option{{Label: text(ctx, "enforcement.why.all")}}
	for _, why := range LockedOutReasons {
		options = append(options, Option{Value: string(why), Label: lockedOutText(ctx, why)})
	}
	return options
}

// accountName is how somebody is known at the sign-in page.
func accountName(u identity.User) string {
	if u.Address != "" {
		return u.Address
	}
	return u.UserName
}

func enforcementSteps(ctx context.Context) []string {
	return []string{
		text(ctx, "enforcement.step.people"), text(ctx, "enforcement.step.admins"), text(ctx, "enforcement.step.check"),
	}
}

// adminID is the ID of a checkbox; the first has the field's, where an error
// summary leads.
func adminID(i int) string {
	if i == 0 {
		return FieldID("admin")
	}
	return FieldID("admin-" + strconv.Itoa(i))
}

// exceptionNames names who is excepted, or the first of them and how many more.
func exceptionNames(ctx context.Context, exceptions []identity.EnforcementException) string {
	if len(exceptions) == 0 {
		return text(ctx, "enforcement.check.nobody")
	}
	shown := exceptions[:min(len(exceptions), exceptionsShown)]
	names := make([]string, len(shown))
	for i, e := range shown {
		names[i] = e.Name
	}
	list := strings.Join(names, ", ")
	if more := len(exceptions) - len(shown); more > 0 {
		return text(ctx, "enforcement.check.and-more", "Names", list, "Count", more)
	}
	return list
}
