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

// organizationIn is [Store.organization] within a transaction.
func organizationIn(ctx context.Context, q *query.Queries, id string) (identity.Organization, error) {
	row, err := q.OrganizationByID(ctx, id)
	if err != nil {
		return identity.Organization{}, err
	}
	return identity.Organization{
		ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
		State: identity.OrganizationState(row.State), School: identity.OrganizationID(row.SchoolID),
		SchoolName: row.SchoolName, SchoolState: identity.OrganizationState(row.SchoolState), Brand: row.Brand,
	}, nil
}

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
		row, err := tx.BadgeOf(ctx, query.BadgeOfParams{OrganizationID: found.OrganizationID, ID: found.ID})
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
