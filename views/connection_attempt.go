package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// FindingRow is a finding in words.
type FindingRow struct {
	Level    identity.Level
	Sentence identity.Message
	Mend     identity.Message // empty: nothing to mend
	Expected string
	Received string
	// Untold is a refusal of Zitadel's, which does not say what arrived.
	Untold bool
}

func findingTag(ctx context.Context, level identity.Level) (TagKind, string) {
	switch level {
	case identity.LevelGood:
		return TagGood, text(ctx, "connection.finding.good")
	case identity.LevelWarning:
		return TagWarning, text(ctx, "connection.finding.warning")
	}
	return TagBad, text(ctx, "connection.finding.bad")
}

// AttemptView is one way through an identity provider with what was found.
type AttemptView struct {
	Attempt  identity.Attempt
	Findings []FindingRow
	Text     string // the same to be handed on; empty if there is nothing to mend
	// Lost is an attempt that was begun so long ago that nobody comes back.
	Lost bool
	// Who is who signed in, if they are known.
	Who string
}

// mending are the findings that ask for something.
func (v AttemptView) mending() []FindingRow {
	return v.having(func(l identity.Level) bool { return l != identity.LevelGood })
}

// good are those that are as they should be.
func (v AttemptView) good() []FindingRow {
	return v.having(func(l identity.Level) bool { return l == identity.LevelGood })
}

func (v AttemptView) having(wanted func(identity.Level) bool) []FindingRow {
	var rows []FindingRow
	for _, row := range v.Findings {
		if wanted(row.Level) {
			rows = append(rows, row)
		}
	}
	return rows
}

// bad counts those that keep people from signing in.
func (v AttemptView) bad() int {
	return len(v.having(func(l identity.Level) bool { return l == identity.LevelBad }))
}

func attemptTag(ctx context.Context, a identity.Attempt, lost bool) (TagKind, string) {
	switch {
	case a.State == identity.AttemptPassed:
		return TagGood, text(ctx, "connection.attempt.passed")
	case a.State == identity.AttemptFailed:
		return TagBad, text(ctx, "connection.attempt.failed")
	case lost:
		return TagWarning, text(ctx, "connection.attempt.lost")
	}
	return TagSeen, text(ctx, "connection.attempt.begun")
}

func attemptKind(ctx context.Context, kind identity.AttemptKind) string {
	switch kind {
	case identity.AttemptSignIn:
		return text(ctx, "connection.attempt.sign-in")
	case identity.AttemptPasted:
		return text(ctx, "connection.attempt.pasted")
	}
	return text(ctx, "connection.attempt.test")
}

// useText is what an attribute was taken for.
func useText(ctx context.Context, use string) string {
	switch use {
	case "address":
		return text(ctx, "connection.use.address")
	case "given-name":
		return text(ctx, "connection.use.given-name")
	case "family-name":
		return text(ctx, "connection.use.family-name")
	case "user-name":
		return text(ctx, "connection.use.user-name")
	case "affiliation":
		return text(ctx, "connection.use.affiliation")
	case "district":
		return text(ctx, "connection.use.district")
	case "":
		return text(ctx, "connection.use.nothing")
	}
	return use
}

// AttemptRow is a line of the history.
type AttemptRow struct {
	Attempt identity.Attempt
	Lost    bool
	Why     identity.Message // the first finding that is bad, or empty
}

// AttemptLifetime is how long somebody may take at the identity provider.
const AttemptLifetime = 15 * time.Minute

// AttemptList is a page of the history of a connection's attempts.
type AttemptList struct {
	Rows   []AttemptRow
	Kind   identity.AttemptKind // empty: all
	Failed bool                 // only those that failed
	// TestsAlone leaves out people's sign-ins, which are not for a set-up link.
	TestsAlone bool
	After      string
	Next       string
}

// here is the list with another position.
func (l AttemptList) path(f ConnectionFrame, after string) string {
	failed := ""
	if l.Failed {
		failed = "failed"
	}
	return WithQuery(f.path("attempts"), Param{Name: "kind", Value: string(l.Kind)},
		Param{Name: "state", Value: failed}, Param{Name: "after", Value: after})
}

func (l AttemptList) next(f ConnectionFrame) string {
	if l.Next == "" {
		return ""
	}
	return l.path(f, l.Next)
}

func (l AttemptList) newest(f ConnectionFrame) string {
	if l.After == "" {
		return ""
	}
	return l.path(f, "")
}

func (l AttemptList) tabs(ctx context.Context, f ConnectionFrame) []Tab {
	of := func(kind identity.AttemptKind, failed bool) string {
		return AttemptList{Kind: kind, Failed: failed}.path(f, "")
	}
	return []Tab{
		{Label: text(ctx, "connection.attempts.all"), Href: of("", false), Current: l.Kind == "" && !l.Failed},
		{Label: text(ctx, "connection.attempts.failed"), Href: of("", true), Current: l.Failed},
		{Label: text(ctx, "connection.attempts.tests"), Href: of(identity.AttemptTest, false), Current: l.Kind == identity.AttemptTest},
		{Label: text(ctx, "connection.attempts.sign-ins"), Href: of(identity.AttemptSignIn, false), Current: l.Kind == identity.AttemptSignIn && !l.Failed},
	}
}

// untold reports whether a SAML response that was refused could be looked at all
// the same, if it were pasted.
func (v AttemptView) untold(f ConnectionFrame) bool {
	return f.Connection.Protocol == identity.ProtocolSAML && v.Attempt.State == identity.AttemptFailed && len(v.Attempt.Received) == 0
}

// attemptTitle is the verdict as the page's heading, and what it means.
func attemptTitle(ctx context.Context, f ConnectionFrame, v AttemptView) (title, lead string) {
	signIn := v.Attempt.Kind == identity.AttemptSignIn
	switch {
	case v.Attempt.Kind == identity.AttemptPasted && v.bad() > 0:
		return text(ctx, "connection.attempt.pasted.bad", "Count", v.bad()), text(ctx, "connection.attempt.pasted.lead")
	case v.Attempt.Kind == identity.AttemptPasted:
		return text(ctx, "connection.attempt.pasted.good"), text(ctx, "connection.attempt.pasted.lead")
	case v.Attempt.State == identity.AttemptPassed && signIn:
		return text(ctx, "connection.attempt.signed-in"), ""
	case v.Attempt.State == identity.AttemptPassed:
		return text(ctx, "connection.attempt.test-passed"), ""
	case v.Attempt.State == identity.AttemptFailed && signIn:
		return text(ctx, "connection.attempt.refused"), text(ctx, "connection.attempt.refused.lead")
	case v.Attempt.State == identity.AttemptFailed:
		return text(ctx, "connection.attempt.test-failed", "Count", max(v.bad(), 1)), text(ctx, "connection.attempt.test-failed.lead", "Vendor", VendorName(ctx, f.Connection.Vendor))
	case v.Lost:
		return text(ctx, "connection.attempt.never-back"), ""
	}
	return text(ctx, "connection.attempt.under-way"), ""
}
