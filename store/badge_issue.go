package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// maxClassBadges bounds the list of a classroom's badges.
const maxClassBadges = 1000

// Badges lists the students of the opened classroom with the badge that each has.
func (o *Organization) Badges(ctx context.Context) ([]identity.StudentBadge, error) {
	rows, err := o.store.read().BadgesOfClassroom(ctx, query.BadgesOfClassroomParams{
		OrganizationID: o.id, SchoolID: o.home(), Most: maxClassBadges,
	})
	if err != nil {
		return nil, fmt.Errorf("list badges: %w", translate(err))
	}
	list := make([]identity.StudentBadge, len(rows))
	for i, row := range rows {
		user := identity.User{
			ID: identity.UserID(row.ID), Home: identity.OrganizationID(row.HomeID), GivenName: row.GivenName, FamilyName: row.FamilyName,
			UserName: row.UserName, Address: row.Address, State: identity.UserState(row.State),
		}
		list[i] = identity.StudentBadge{User: user}
		learns := row.HomeID == o.home() && identity.RoleAssignmentState(row.AssignmentState) == identity.AssignmentActive
		list[i].Why = identity.MayHoldBadge(user.State, row.Staff, learns)
		if row.BadgeID != "" {
			list[i].Badge = badgeOf(query.Badge{
				ID: row.BadgeID, UserID: row.ID, Kind: row.Kind, MadeUs: row.MadeUs, MakerName: row.MakerName, Uses: row.Uses,
				UsedUs: row.UsedUs, UsedAddress: row.UsedAddress, UsedDevice: row.UsedDevice,
			})
		}
	}
	return list, nil
}

// BadgeOf is the badge that a student of the opened organization has in use; the
// zero Badge if there is none. Somebody who is not among them is not found
// ("member.not-found").
func (o *Organization) BadgeOf(ctx context.Context, user identity.UserID) (identity.StudentBadge, error) {
	q := o.store.read()
	student, err := o.badgeStudent(ctx, q, user)
	if err != nil {
		return identity.StudentBadge{}, fmt.Errorf("load badge: %w", err)
	}
	row, err := q.BadgeInUse(ctx, query.BadgeInUseParams{OrganizationID: o.home(), UserID: string(user)})
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return identity.StudentBadge{}, fmt.Errorf("load badge: %w", translate(err))
	default:
		student.Badge = badgeOf(row)
	}
	return student, nil
}

// badgeStudent is somebody at home in the school, who is a student of the opened
// classroom where one is opened, with why they may not hold a badge.
func (o *Organization) badgeStudent(
	ctx context.Context, q *query.Queries, user identity.UserID,
) (identity.StudentBadge, error) {
	missing := identity.NotFound("member.not-found")
	if o.id != o.home() {
		home, err := q.StudentOfClassroom(ctx, query.StudentOfClassroomParams{OrganizationID: o.id, UserID: string(user)})
		if err != nil {
			return identity.StudentBadge{}, orNotFound(err, missing)
		}
		if home != o.home() {
			return identity.StudentBadge{User: identity.User{ID: user}, Why: identity.BadgeNoStudent}, nil // a guest
		}
	}
	student, err := holderOf(ctx, q, o.home(), string(user))
	if errors.Is(err, sql.ErrNoRows) {
		return identity.StudentBadge{}, missing
	}
	return student, translate(err)
}

// holderOf is somebody at home in a school, with why they may not hold a badge.
func holderOf(ctx context.Context, q *query.Queries, school, user string) (identity.StudentBadge, error) {
	row, err := q.BadgeStudent(ctx, query.BadgeStudentParams{OrganizationID: school, UserID: user})
	if err != nil {
		return identity.StudentBadge{}, err
	}
	student := identity.User{
		ID: identity.UserID(row.ID), Home: identity.OrganizationID(school), GivenName: row.GivenName, FamilyName: row.FamilyName,
		UserName: row.UserName, State: identity.UserState(row.State),
	}
	return identity.StudentBadge{User: student, Why: identity.MayHoldBadge(student.State, row.Staff, row.Learns)}, nil
}

// BadgeSchool is the school whose badges the students of the opened organization
// have: its own, or itself.
func (o *Organization) BadgeSchool(ctx context.Context) (identity.Organization, error) {
	school, err := o.store.organization(ctx, o.home())
	if err != nil {
		return identity.Organization{}, fmt.Errorf("load school: %w", orNotFound(err, identity.NotFound("organization.not-found")))
	}
	return school, nil
}

// BadgeTie is who a student is at the school's badge connection at Zitadel.
type BadgeTie struct {
	User       identity.User
	Provider   identity.ProviderID
	ExternalID string
	Linked     bool // Zitadel knows it
	// Why they may not hold a badge; then nothing else is there but the user.
	Why identity.BadgeRefusal
}

// BadgeTies says who students of the opened organization are at the school's
// badge connection, and makes up an ID there for who has none. Whoever is not a
// student here is left out. There are none where badges are off.
func (o *Organization) BadgeTies(ctx context.Context, users []identity.UserID) ([]BadgeTie, error) {
	var ties []BadgeTie
	err := o.eachBadgeStudent(ctx, users, func(tx *transaction, setup identity.BadgeSetup, student identity.StudentBadge) error {
		tie := BadgeTie{User: student.User, Provider: setup.Provider, Why: student.Why}
		if tie.Why == "" {
			if err := o.tie(ctx, tx, &tie); err != nil {
				return err
			}
		}
		ties = append(ties, tie)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("tie students to badges: %w", err)
	}
	return ties, nil
}

// eachBadgeStudent does something, in one transaction, about those of the users who
// are students here; nothing where badges are off.
func (o *Organization) eachBadgeStudent(
	ctx context.Context, users []identity.UserID, do func(*transaction, identity.BadgeSetup, identity.StudentBadge) error,
) error {
	return o.store.write(ctx, func(tx *transaction) error {
		setup, err := badgeSetup(ctx, tx.Queries, o.home())
		if err != nil || !setup.On() {
			return err
		}
		for _, user := range users {
			student, err := o.badgeStudent(ctx, tx.Queries, user)
			if identity.IsKind(err, identity.KindNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if err := do(tx, setup, student); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *Organization) tie(ctx context.Context, tx *transaction, tie *BadgeTie) error {
	row, err := tx.BadgeLink(ctx, query.BadgeLinkParams{OrganizationID: o.home(), UserID: string(tie.User.ID)})
	switch {
	case err == nil && row.ProviderID == string(tie.Provider):
		tie.ExternalID, tie.Linked = row.ExternalID, row.LinkedUs != 0
		return nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	tie.ExternalID = newToken()
	return tx.PutBadgeLink(ctx, query.PutBadgeLinkParams{
		OrganizationID: o.home(), UserID: string(tie.User.ID), ProviderID: string(tie.Provider), ExternalID: tie.ExternalID,
	})
}

// BadgeTied notes that Zitadel knows a tie.
func (o *Organization) BadgeTied(ctx context.Context, tie BadgeTie) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return tx.BadgeLinked(ctx, query.BadgeLinkedParams{
			OrganizationID: o.home(), UserID: string(tie.User.ID), ProviderID: string(tie.Provider), NowUs: tx.now,
		})
	})
	if err != nil {
		return fmt.Errorf("note a tie: %w", err)
	}
	return nil
}

// IssueBadges gives students of the opened organization fresh badges and answers
// their secrets, which can be had this once: only hashes are kept. The badges they
// had are void. Whoever may not hold one, or is not tied yet, gets none.
func (o *Organization) IssueBadges(ctx context.Context, users []identity.UserID) (map[identity.UserID]string, error) {
	tokens := make(map[identity.UserID]string)
	err := o.eachBadgeStudent(ctx, users, func(tx *transaction, setup identity.BadgeSetup, student identity.StudentBadge) error {
		user := student.User.ID
		tie, err := tx.BadgeLink(ctx, query.BadgeLinkParams{OrganizationID: o.home(), UserID: string(user)})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if student.Why != "" || tie.LinkedUs == 0 || tie.ProviderID != string(setup.Provider) || tokens[user] != "" {
			return nil
		}
		tokens[user], err = o.issue(ctx, tx, setup, student.User)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("issue badges: %w", err)
	}
	return tokens, nil
}

func (o *Organization) issue(
	ctx context.Context, tx *transaction, setup identity.BadgeSetup, student identity.User,
) (token string, err error) {
	if _, err := o.voidOf(ctx, tx, student.ID, identity.BadgeReplaced); err != nil {
		return "", err
	}
	token = newToken()
	actor, id := o.opened.Actor(), newID(tx.now)
	err = tx.InsertBadge(ctx, query.InsertBadgeParams{
		OrganizationID: o.home(), ID: id, UserID: string(student.ID), TokenHash: hashToken(token), Kind: string(setup.Rules.Kind),
		NowUs: tx.now, MakerID: string(actor.User), MakerName: actor.Name,
	})
	if err != nil {
		return "", err
	}
	return token, o.record(ctx, tx, identity.Change{
		Action: identity.ActionBadgeIssued, Target: string(student.ID), TargetName: student.DisplayName(),
		After: map[string]string{"badge": id, "badge-kind": string(setup.Rules.Kind)},
	})
}
