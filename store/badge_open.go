package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// BadgeLimits say what a school's limits mean at this moment for who asks.
type BadgeLimits struct {
	// Check says why a badge does not count here and now; empty if it does.
	Check func(identity.BadgeRules, identity.Badge) identity.BadgeRefusal
	// End is when a session has to end that begins now.
	End func(identity.BadgeRules) time.Time
}

// OpenBadge is the badge with this secret and the student it signs in. One that
// lets nobody in is a [identity.BadgeRefusedError].
func (s *Store) OpenBadge(ctx context.Context, token string, limits BadgeLimits) (identity.BadgeHolder, error) {
	q := s.read()
	row, err := q.BadgeByToken(ctx, hashToken(token))
	if errors.Is(err, sql.ErrNoRows) {
		return identity.BadgeHolder{}, &identity.BadgeRefusedError{Why: identity.BadgeUnknown}
	}
	if err != nil {
		return identity.BadgeHolder{}, fmt.Errorf("look up badge: %w", translate(err))
	}
	holder, err := s.badgeHolder(ctx, q, row.OrganizationID, row.ID, limits)
	return holder, s.refusing(ctx, row.OrganizationID, row.ID, holder.Student, err)
}

// badgeHolder is a badge with all that decides whether it counts now. Where it
// does not, the holder tells the student all the same, if they are known.
func (s *Store) badgeHolder(
	ctx context.Context, q *query.Queries, schoolID, id string, limits BadgeLimits,
) (identity.BadgeHolder, error) {
	var holder identity.BadgeHolder
	row, err := q.BadgeOf(ctx, query.BadgeOfParams{OrganizationID: schoolID, ID: id})
	if errors.Is(err, sql.ErrNoRows) {
		return holder, &identity.BadgeRefusedError{Why: identity.BadgeUnknown}
	}
	if err != nil {
		return holder, fmt.Errorf("load badge: %w", translate(err))
	}
	holder.Badge = badgeOf(row)
	school, err := organizationIn(ctx, q, schoolID)
	if err != nil {
		return holder, fmt.Errorf("load school: %w", translate(err))
	}
	if holder.Setup, err = badgeSetup(ctx, q, schoolID); err != nil {
		return holder, fmt.Errorf("load badge rules: %w", translate(err))
	}
	policy, err := loginPolicy(ctx, q, schoolID)
	if err != nil {
		return holder, fmt.Errorf("load login policy: %w", translate(err))
	}
	refuse := func(why identity.BadgeRefusal) (identity.BadgeHolder, error) {
		return holder, &identity.BadgeRefusedError{Why: why, School: school, Rules: holder.Setup.Rules}
	}
	student, err := holderOf(ctx, q, schoolID, row.UserID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return holder, fmt.Errorf("load student: %w", translate(err))
	}
	holder.Student = student.User
	switch {
	case school.Suspended():
		return refuse(identity.BadgeClosed)
	case !holder.Setup.On():
		return refuse(identity.BadgesAreOff)
	case row.VoidUs != 0:
		return refuse(identity.BadgeRefusal(row.VoidWhy))
	case student.User.ID == "":
		return refuse(identity.BadgeNoStudent)
	case student.Why != "":
		return refuse(student.Why)
	case policy.Policy.RequireFactor && !policy.Policy.LocalOnly:
		return refuse(identity.BadgeFactor) // Zitadel would let nobody in, and lead nowhere
	}
	rules := holder.Setup.Rules
	if holder.Badge.Kind == identity.BadgeOnce { // what was handed out for once stays that
		rules.Kind = identity.BadgeOnce
	}
	if why := limits.Check(rules, holder.Badge); why != "" {
		return refuse(why)
	}
	holder.Setup.Rules = rules
	if holder.School, err = identity.OpenByBadge(school, holder.Badge.ID, holder.Student); err != nil {
		return refuse(identity.BadgeNoStudent)
	}
	return holder, nil
}
