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

// How long a way through Zitadel may take until the portal is asked for a token,
// and to its end. A badge that can be used once more is held for as long, and
// free again if nobody came back.
const (
	BadgePending  = 2 * time.Minute
	badgeHeld     = 5 * time.Minute
	refusalsApart = 10 * time.Minute // of one badge, for the same reason, on record
)

// refusing puts a refusal on record, and gives err on. The same one of the same
// badge is on record once in a while: a card that is held to the camera all day
// tells nothing more.
func (s *Store) refusing(ctx context.Context, school, badge string, student identity.User, err error) error {
	var refused *identity.BadgeRefusedError
	if !errors.As(err, &refused) || refused.Why == identity.BadgeUnknown {
		return err
	}
	problem := s.write(context.WithoutCancel(ctx), func(tx *transaction) error {
		seen, err := tx.BadgeRefusedSince(ctx, query.BadgeRefusedSinceParams{
			OrganizationID: school, BadgeID: badge, SinceUs: tx.now - refusalsApart.Microseconds(), Refused: string(refused.Why),
		})
		if err != nil || seen > 0 {
			return err
		}
		row, err := tx.BadgeOf(ctx, query.BadgeOfParams{OrganizationID: school, ID: badge})
		if err != nil {
			return err
		}
		if _, err := tx.signIn(ctx, row, refused.Why); err != nil {
			return err
		}
		return tx.recordBadge(ctx, row, student, identity.ActionBadgeRefused, map[string]string{"reason": string(refused.Why)})
	})
	if problem != nil {
		return fmt.Errorf("record a refusal: %w", problem)
	}
	return err
}

// signIn writes a way that a badge begins, or one that was refused at once.
func (tx *transaction) signIn(
	ctx context.Context, badge query.Badge, why identity.BadgeRefusal,
) (identity.BadgeSignInID, error) {
	request, id := identity.RequestFrom(ctx), newID(tx.now)
	return identity.BadgeSignInID(id), tx.InsertBadgeSignIn(ctx, query.InsertBadgeSignInParams{
		OrganizationID: badge.OrganizationID, ID: id, BadgeID: badge.ID, UserID: badge.UserID, NowUs: tx.now,
		Refused: string(why), Address: request.Address, Device: request.Device,
	})
}

// recordBadge puts on the school's log what became of a badge where nobody is
// signed in: the actor is its student.
func (tx *transaction) recordBadge(
	ctx context.Context, badge query.Badge, student identity.User, action identity.Action, after map[string]string,
) error {
	request := identity.RequestFrom(ctx)
	after["badge"] = badge.ID
	record := identity.AuditRecord{
		Organization: identity.OrganizationID(badge.OrganizationID), Home: identity.OrganizationID(badge.OrganizationID),
		Actor:  identity.Actor{User: identity.UserID(badge.UserID), Name: student.DisplayName()},
		Action: action, Target: badge.UserID, TargetName: student.DisplayName(), After: after,
		RequestID: request.ID, Address: request.Address, Device: request.Device,
		Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
	}
	return tx.audit(ctx, &record)
}

// BeginBadge begins a sign-in with a badge. One that can be used once more is held
// for it, so that of two at once one gets on; what the same browser, told by its
// secret, began before gives way.
func (s *Store) BeginBadge(
	ctx context.Context, token, browser string, limits BadgeLimits,
) (holder identity.BadgeHolder, id identity.BadgeSignInID, err error) {
	found, err := s.read().BadgeByToken(ctx, hashToken(token))
	if errors.Is(err, sql.ErrNoRows) {
		return holder, "", &identity.BadgeRefusedError{Why: identity.BadgeUnknown}
	}
	if err != nil {
		return holder, "", fmt.Errorf("look up badge: %w", translate(err))
	}
	err = s.write(ctx, func(tx *transaction) error {
		if holder, err = s.badgeHolder(ctx, tx.Queries, found.OrganizationID, found.ID, limits); err != nil {
			return err
		}
		row, err := tx.BadgeOf(ctx, query.BadgeOfParams(found))
		if err != nil {
			return err
		}
		if id, err = tx.signIn(ctx, row, ""); err != nil || holder.Setup.Rules.MaxUses() == 0 {
			return err
		}
		held, err := tx.ReserveBadge(ctx, query.ReserveBadgeParams{
			OrganizationID: row.OrganizationID, ID: row.ID, SignIn: string(id), Browser: hashToken(browser),
			NowUs: tx.now, StaleUs: tx.now - badgeHeld.Microseconds(),
		})
		if err == nil && held == 0 {
			return &identity.BadgeRefusedError{Why: identity.BadgeBusy, School: holder.School.Organization(), Rules: holder.Setup.Rules}
		}
		return err
	})
	if err != nil {
		return holder, "", s.refusing(ctx, found.OrganizationID, found.ID, holder.Student, err)
	}
	return holder, id, nil
}

// pendingBadge is a sign-in that was begun, with its holder. One that is not there
// is gone ("sign-in.lost").
func (s *Store) pendingBadge(
	ctx context.Context, q *query.Queries, id identity.BadgeSignInID, limits BadgeLimits,
) (query.BadgeSignIn, identity.BadgeHolder, error) {
	row, err := q.BadgeSignIn(ctx, string(id))
	if err != nil {
		return row, identity.BadgeHolder{}, orNotFound(err, identity.Gone("sign-in.lost"))
	}
	holder, err := s.badgeHolder(ctx, q, row.OrganizationID, row.BadgeID, limits)
	return row, holder, err
}

// SendBadge binds a sign-in to the OpenID Connect request with this state, once.
func (s *Store) SendBadge(
	ctx context.Context, id identity.BadgeSignInID, state string, limits BadgeLimits,
) (holder identity.BadgeHolder, err error) {
	err = s.step(ctx, id, limits, func(tx *transaction, row query.BadgeSignIn, found identity.BadgeHolder) (identity.BadgeRefusal, error) {
		holder = found
		n, err := tx.SendBadgeSignIn(ctx, query.SendBadgeSignInParams{
			OrganizationID: row.OrganizationID, ID: row.ID, StateHash: hashToken(state), SinceUs: tx.now - BadgePending.Microseconds(),
		})
		return once(n, identity.BadgeLate), err
	})
	return holder, err
}

// AnswerBadge lets Zitadel be given a token for a sign-in, once and not later than
// [BadgePending] after it was begun, and answers who its student is there.
func (s *Store) AnswerBadge(
	ctx context.Context, id identity.BadgeSignInID, limits BadgeLimits,
) (holder identity.BadgeHolder, externalID string, err error) {
	err = s.step(ctx, id, limits, func(tx *transaction, row query.BadgeSignIn, found identity.BadgeHolder) (identity.BadgeRefusal, error) {
		holder = found
		if why, err := tx.holds(ctx, row, found); why != "" || err != nil {
			return why, err
		}
		tie, err := tx.BadgeLink(ctx, query.BadgeLinkParams{OrganizationID: row.OrganizationID, UserID: row.UserID})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return "", err
		}
		if tie.LinkedUs == 0 || tie.ProviderID != string(found.Setup.Provider) {
			return identity.BadgeVoid, nil
		}
		externalID = tie.ExternalID
		n, err := tx.AnswerBadgeSignIn(ctx, query.AnswerBadgeSignInParams{
			OrganizationID: row.OrganizationID, ID: row.ID, NowUs: tx.now, SinceUs: tx.now - BadgePending.Microseconds(),
		})
		return once(n, identity.BadgeLate), err
	})
	return holder, externalID, err
}

// holds says why a sign-in does not hold its badge any more, where it has to.
func (tx *transaction) holds(ctx context.Context, row query.BadgeSignIn, holder identity.BadgeHolder) (identity.BadgeRefusal, error) {
	if holder.Setup.Rules.MaxUses() == 0 {
		return "", nil
	}
	badge, err := tx.BadgeOf(ctx, query.BadgeOfParams{OrganizationID: row.OrganizationID, ID: row.BadgeID})
	if err != nil {
		return "", err
	}
	if badge.ReservedBy != row.ID {
		return identity.BadgeBusy, nil
	}
	return "", nil
}

func once(rows int64, otherwise identity.BadgeRefusal) identity.BadgeRefusal {
	if rows == 1 {
		return ""
	}
	return otherwise
}

// step makes one step of a sign-in, if its badge still counts, and puts a refusal
// on record.
func (s *Store) step(
	ctx context.Context, id identity.BadgeSignInID, limits BadgeLimits,
	do func(*transaction, query.BadgeSignIn, identity.BadgeHolder) (identity.BadgeRefusal, error),
) error {
	var row query.BadgeSignIn
	var holder identity.BadgeHolder
	err := s.write(ctx, func(tx *transaction) error {
		var err error
		if row, holder, err = s.pendingBadge(ctx, tx.Queries, id, limits); err != nil {
			return err
		}
		why, err := do(tx, row, holder)
		if err == nil && why != "" {
			err = &identity.BadgeRefusedError{Why: why, School: holder.School.Organization(), Rules: holder.Setup.Rules}
		}
		return err
	})
	var refused *identity.BadgeRefusedError
	if errors.As(err, &refused) {
		if problem := s.FailBadge(ctx, id, refused.Why); problem != nil {
			return problem
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("go on with a badge: %w", err)
	}
	return nil
}

// FailBadge ends a sign-in that did not let anybody in, puts it on record, and
// gives the badge back. One that is over, or is not there, stays as it is.
func (s *Store) FailBadge(ctx context.Context, id identity.BadgeSignInID, why identity.BadgeRefusal) error {
	err := s.write(context.WithoutCancel(ctx), func(tx *transaction) error {
		row, err := tx.BadgeSignIn(ctx, string(id))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := tx.RefuseBadgeSignIn(ctx, query.RefuseBadgeSignInParams{
			OrganizationID: row.OrganizationID, ID: row.ID, Refused: string(why),
		})
		if err != nil || n == 0 {
			return err
		}
		badge, err := tx.BadgeOf(ctx, query.BadgeOfParams{OrganizationID: row.OrganizationID, ID: row.BadgeID})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.ReleaseBadge(ctx, query.ReleaseBadgeParams{OrganizationID: row.OrganizationID, ID: row.BadgeID, SignIn: row.ID}); err != nil {
			return err
		}
		student, err := holderOf(ctx, tx.Queries, row.OrganizationID, row.UserID)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return tx.recordBadge(ctx, badge, student.User, identity.ActionBadgeRefused, map[string]string{"reason": string(why)})
	})
	if err != nil {
		return fmt.Errorf("end a sign-in with a badge: %w", err)
	}
	return nil
}

// FinishBadge ends a sign-in that came back from Zitadel with this state and this
// user, uses the badge, and answers when the session has to end. Anybody else than
// the badge's student, another state, and a badge that was voided meanwhile are
// refused.
func (s *Store) FinishBadge(
	ctx context.Context, id identity.BadgeSignInID, state string, user identity.UserID, limits BadgeLimits,
) (holder identity.BadgeHolder, ends time.Time, err error) {
	err = s.step(ctx, id, limits, func(tx *transaction, row query.BadgeSignIn, found identity.BadgeHolder) (identity.BadgeRefusal, error) {
		holder, ends = found, limits.End(found.Setup.Rules)
		if row.UserID != string(user) {
			return identity.BadgeOther, nil
		}
		n, err := tx.FinishBadgeSignIn(ctx, query.FinishBadgeSignInParams{
			OrganizationID: row.OrganizationID, ID: row.ID, StateHash: hashToken(state), NowUs: tx.now, EndsUs: micros(ends),
		})
		if err != nil || n == 0 {
			return identity.BadgeOther, err
		}
		most := found.Setup.Rules.MaxUses()
		n, err = tx.UseBadge(ctx, query.UseBadgeParams{
			OrganizationID: row.OrganizationID, ID: row.BadgeID, SignIn: row.ID, NowUs: tx.now, Address: row.Address, Device: row.Device,
			Held: most > 0, MaxUses: int64(most),
		})
		if err != nil || n == 0 {
			return identity.BadgeUsedUp, err
		}
		if most > 0 && found.Badge.Uses+1 >= most {
			_, err := tx.VoidBadge(ctx, query.VoidBadgeParams{
				OrganizationID: row.OrganizationID, ID: row.BadgeID, Why: string(identity.BadgeUsedUp), NowUs: tx.now,
			})
			if err != nil {
				return "", err
			}
		}
		badge, err := tx.BadgeOf(ctx, query.BadgeOfParams{OrganizationID: row.OrganizationID, ID: row.BadgeID})
		if err != nil {
			return "", err
		}
		return "", tx.recordBadge(ctx, badge, found.Student, identity.ActionBadgeUsed, map[string]string{"badge-kind": badge.Kind})
	})
	return holder, ends, err
}
