package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// voidOf voids the badge that somebody has, ends the sessions it began, and
// answers its ID; empty if they had none.
func (o *Organization) voidOf(
	ctx context.Context, tx *transaction, user identity.UserID, why identity.BadgeRefusal,
) (identity.BadgeID, error) {
	row, err := tx.BadgeInUse(ctx, query.BadgeInUseParams{OrganizationID: o.home(), UserID: string(user)})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if _, err := tx.VoidBadge(ctx, query.VoidBadgeParams{OrganizationID: o.home(), ID: row.ID, Why: string(why), NowUs: tx.now}); err != nil {
		return "", err
	}
	_, err = tx.EndSessionsOfBadge(ctx, query.EndSessionsOfBadgeParams{UserID: row.UserID, BadgeID: row.ID, NowUs: tx.now})
	return identity.BadgeID(row.ID), err
}

// VoidBadge voids the badge that a student of the opened organization has, and
// ends the sessions it began. It may be repeated. Somebody who is not a student
// here is not found ("member.not-found").
func (o *Organization) VoidBadge(ctx context.Context, user identity.UserID) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		student, err := o.badgeStudent(ctx, tx.Queries, user)
		if err != nil {
			return err
		}
		id, err := o.voidOf(ctx, tx, user, identity.BadgeVoid)
		if err != nil || id == "" {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionBadgeVoided, Target: string(user), TargetName: student.User.DisplayName(),
			Before: map[string]string{"badge": string(id)},
		})
	})
	if err != nil {
		return fmt.Errorf("void a badge: %w", err)
	}
	return nil
}

// VoidBadges voids all badges of the opened school, or of the students of the
// opened classroom, ends every session that a badge of theirs began, and answers
// how many badges there were.
func (o *Organization) VoidBadges(ctx context.Context) (count int, err error) {
	err = o.store.write(ctx, func(tx *transaction) error {
		if o.id == o.home() {
			count, err = o.voidAll(ctx, tx, identity.BadgeVoid)
		} else {
			count, err = o.voidClass(ctx, tx)
		}
		if err != nil || count == 0 {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionBadgesVoided, Target: o.id, TargetName: o.opened.Organization().Name,
			Before: map[string]string{"count": fmt.Sprint(count)},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("void badges: %w", err)
	}
	return count, nil
}

func (o *Organization) voidAll(ctx context.Context, tx *transaction, why identity.BadgeRefusal) (int, error) {
	if _, err := tx.EndBadgeSessionsOfSchool(ctx, query.EndBadgeSessionsOfSchoolParams{OrganizationID: o.id, NowUs: tx.now}); err != nil {
		return 0, err
	}
	n, err := tx.VoidBadgesOfSchool(ctx, query.VoidBadgesOfSchoolParams{OrganizationID: o.id, Why: string(why), NowUs: tx.now})
	return int(n), err
}

func (o *Organization) voidClass(ctx context.Context, tx *transaction) (int, error) {
	if _, err := tx.EndBadgeSessionsOfClassroom(ctx, query.EndBadgeSessionsOfClassroomParams{
		OrganizationID: o.id, SchoolID: o.home(), NowUs: tx.now,
	}); err != nil {
		return 0, err
	}
	n, err := tx.VoidBadgesOfClassroom(ctx, query.VoidBadgesOfClassroomParams{
		OrganizationID: o.id, SchoolID: o.home(), Why: string(identity.BadgeVoid), NowUs: tx.now,
	})
	return int(n), err
}
