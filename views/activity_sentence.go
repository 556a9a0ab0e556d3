package views

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// phrase is a part of a sentence. What one can look up stands by itself.
type phrase struct {
	Text string
	ID   string // of who or what it names; empty: words
	Name bool
}

// These stand for actor and target while a sentence is put together. They are no
// characters that a name can hold; see [identity.CleanName].
const (
	cutTarget = "\x00"
	cutActor  = "\x01"
)

// tell is a record in words.
func tell(ctx context.Context, record identity.AuditRecord) []phrase {
	said := text(ctx, auditText(record),
		"Actor", cutActor,
		"Target", cutTarget,
		"Role", auditRole(ctx, record.After[identity.AuditRole]),
		"Was", auditRole(ctx, record.Before[identity.AuditRole]),
		"Name", cmp.Or(record.After[identity.AuditName], record.TargetName),
		"Count", auditCount(record),
		"Reason", record.After["reason"],
		"With", auditWith(ctx, record),
		"What", remoteWhat(record),
	)
	actor := phrase{cmp.Or(record.Actor.Name, text(ctx, "activity.somebody")), string(record.Actor.User), true}
	target := phrase{cmp.Or(record.TargetName, text(ctx, "activity.someone")), record.Target, true}
	var phrases []phrase
	for said != "" {
		at := strings.IndexAny(said, cutActor+cutTarget)
		if at < 0 {
			return append(phrases, phrase{Text: said})
		}
		if at > 0 {
			phrases = append(phrases, phrase{Text: said[:at]})
		}
		named := actor
		if said[at:at+1] == cutTarget {
			named = target
		}
		phrases = append(phrases, named)
		said = said[at+1:]
	}
	return phrases
}

// AuditSentence is a record as one plain sentence.
func AuditSentence(ctx context.Context, record identity.AuditRecord) string {
	var b strings.Builder
	for _, p := range tell(ctx, record) {
		b.WriteString(p.Text)
	}
	return b.String()
}

// own reports whether people did it to themselves, or nobody is known who did it
// to them.
func own(r identity.AuditRecord) bool {
	return r.Actor.User == "" || string(r.Actor.User) == r.Target
}

// auditText is the catalogue's entry for a record: that of its action, or a more
// exact one where the record says more.
func auditText(record identity.AuditRecord) string {
	switch record.Action {
	case identity.ActionSettingsChanged:
		for _, setting := range []string{"students-see-names", "teachers-open-classrooms"} {
			if is := record.After[setting]; is != record.Before[setting] && (is == "on" || is == "off") {
				return "audit.settings." + setting + "." + is
			}
		}
	case identity.ActionConnectionTested:
		if record.After[identity.AuditState] == string(identity.AttemptFailed) {
			return "audit.connection.tested.failed"
		}
	case identity.ActionSignInFailed:
		if record.After["credential"] != "" {
			return "audit.sign-in.failed.with"
		}
	case identity.ActionPasswordChanged, identity.ActionFactorAdded, identity.ActionFactorRemoved:
		if own(record) {
			return "audit." + string(record.Action) + ".own"
		}
	case identity.ActionVisited:
		if record.After["reason"] != "" {
			return "audit.organization.visited.why"
		}
	case identity.ActionAuditExported:
		if record.After["records"] == "" {
			return "audit.audit.exported.some"
		}
	case identity.ActionBulkBegun, identity.ActionBulkUndone:
		bulk := identity.BulkAction(record.After["bulk"])
		if record.After["list"] != "" && slices.Contains(identity.ListActions, bulk) {
			return "audit." + string(record.Action) + ".list-" + string(bulk)
		}
		if bulk.Known() {
			return "audit." + string(record.Action) + "." + string(bulk)
		}
	case identity.ActionStreamChanged:
		if state := record.After[identity.AuditState]; state == "paused" || state == "active" {
			return "audit.stream.changed." + state
		}
		if record.After["secret"] != "" {
			return "audit.stream.changed.secret"
		}
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

// auditCount is how many a record says it was about.
func auditCount(r identity.AuditRecord) int {
	for _, name := range []string{"records", "changed", "count", "people"} {
		if n, err := strconv.Atoi(r.After[name]); err == nil {
			return n
		}
	}
	return 0
}

// recoveryCode is a kind of thing to sign in with that Zitadel has and no page of
// ours offers.
const recoveryCode identity.Credential = "recovery-code"

// auditWith is what somebody signs in with, within a sentence.
func auditWith(ctx context.Context, r identity.AuditRecord) string {
	kind := identity.Credential(cmp.Or(r.After["credential"], r.After["factor"], r.Before["credential"], r.Before["factor"]))
	if kind == recoveryCode || slices.Contains(identity.Credentials, kind) {
		return text(ctx, "audit.with."+string(kind))
	}
	return text(ctx, "audit.with.other")
}

// remoteWhat is what was changed in Zitadel, in its own words, which those know
// who have its console.
func remoteWhat(r identity.AuditRecord) string {
	if r.Action == identity.ActionRemoteOther {
		return cmp.Or(r.Event.Type, r.After["change"], r.Target)
	}
	var words []string
	for _, word := range []string{
		r.After["policy"], cmp.Or(r.After["name"], r.TargetName, r.After["about"], r.Target),
		r.After["roles"], r.After["state"], r.After["change"],
	} {
		if word != "" && word != string(r.Organization) && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return r.Event.Type
	}
	return strings.Join(words, ", ")
}

// changes are the values of a record before and after, by name.
func changes(r identity.AuditRecord) []changedValue {
	var names []string
	for name := range r.Before {
		names = append(names, name)
	}
	for name := range r.After {
		if _, both := r.Before[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	values := make([]changedValue, len(names))
	for i, name := range names {
		values[i] = changedValue{name, r.Before[name], r.After[name]}
	}
	return values
}
