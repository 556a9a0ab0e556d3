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

// BadgeBehind is a sign-in with a badge that another one at Zitadel may stand on.
type BadgeBehind struct {
	ID       identity.BadgeSignInID
	Badge    identity.BadgeID
	Finished bool // it came to its end in the browser that began it
	Void     bool // the badge is, for another reason than that it was used
	Ends     time.Time
}

// aboutThen is how far Zitadel's moment of a sign-in lies from the one at which it
// was given a token, and closelyThen within how much of that two are not told
// apart.
const (
	aboutThen   = 20 * time.Second
	closelyThen = 3 * time.Second
)

// BadgeBehind finds the badge by which somebody was signed in at Zitadel at a
// moment; found is false if none was used then. Where two were used at about the
// same time, one that did not come back to the browser that began it counts more.
func (s *Store) BadgeBehind(ctx context.Context, user identity.UserID, at time.Time) (behind BadgeBehind, found bool, err error) {
	rows, err := s.read().BadgeSignInsAround(ctx, query.BadgeSignInsAroundParams{
		UserID: string(user), FromUs: micros(at.Add(-aboutThen)), UntilUs: micros(at.Add(aboutThen)),
	})
	if err != nil {
		return BadgeBehind{}, false, fmt.Errorf("look up uses of badges: %w", translate(err))
	}
	nearest := aboutThen + time.Second
	for _, row := range rows {
		apart := moment(row.AnsweredUs).Sub(at).Abs()
		if row.Refused == string(identity.BadgeRemote) || apart > nearest+closelyThen {
			continue // the former: Zitadel let nobody in
		}
		closely := apart > nearest-closelyThen
		nearest = min(nearest, apart)
		if found && closely && (row.FinishedUs != 0 || !behind.Finished) {
			continue
		}
		found = true
		behind = BadgeBehind{
			ID: identity.BadgeSignInID(row.ID), Badge: identity.BadgeID(row.BadgeID), Finished: row.FinishedUs != 0, Ends: moment(row.EndsUs),
		}
		badge, err := s.read().BadgeOf(ctx, query.BadgeOfParams{OrganizationID: row.OrganizationID, ID: row.BadgeID})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return BadgeBehind{}, false, fmt.Errorf("load badge: %w", translate(err))
		}
		behind.Void = badge.ID == "" || badge.VoidUs != 0 && badge.VoidWhy != string(identity.BadgeUsedUp)
	}
	return behind, found, nil
}

// MayHoldBadge reports whether somebody may be signed in by a badge now: they are
// a student and nothing else.
func (s *Store) MayHoldBadge(ctx context.Context, home identity.OrganizationID, user identity.UserID) (bool, error) {
	student, err := holderOf(ctx, s.read(), string(home), string(user))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up who may hold a badge: %w", translate(err))
	}
	return student.Why == "", nil
}
