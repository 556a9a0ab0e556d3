package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// How long what is told of badges is kept: each sign-in, and a badge that is void.
const (
	badgeSignInsKept = 90 * day
	voidBadgesKept   = 400 * day
)

// BadgeSeeds are the secrets from which the keys come that sign for badges: one
// of each key of the key ring, the newest first.
func (s *Store) BadgeSeeds() ([][]byte, error) { return s.keys.derived("badges.signing/v1") }

// BadgeSetup is how the opened school, or the school of the opened classroom,
// uses badges.
func (o *Organization) BadgeSetup(ctx context.Context) (identity.BadgeSetup, error) {
	setup, err := badgeSetup(ctx, o.store.read(), o.home())
	if err != nil {
		return identity.BadgeSetup{}, fmt.Errorf("load badge rules: %w", translate(err))
	}
	return setup, nil
}

func badgeSetup(ctx context.Context, q *query.Queries, school string) (identity.BadgeSetup, error) {
	row, err := q.BadgeRules(ctx, school)
	if errors.Is(err, sql.ErrNoRows) {
		return identity.BadgeSetup{State: identity.BadgesOff, Rules: identity.DefaultBadgeRules}, nil
	}
	if err != nil {
		return identity.BadgeSetup{}, err
	}
	setup := identity.BadgeSetup{
		State: identity.BadgeState(row.State), Provider: identity.ProviderID(row.ProviderID), ChangedAt: moment(row.ChangedUs),
		Rules: identity.BadgeRules{
			Kind: identity.BadgeKind(row.Kind), Weekdays: identity.ReadWeekdays(row.Weekdays),
			From: int(row.FromMinute), Until: int(row.UntilMinute), Zone: row.Zone, Uses: int(row.Uses), Days: int(row.Days),
		},
	}
	for _, text := range strings.Fields(row.Networks) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return identity.BadgeSetup{}, fmt.Errorf("read a network: %w", err) // without it, badges would count everywhere
		}
		setup.Rules.Networks = append(setup.Rules.Networks, network)
	}
	return setup, nil
}

// SetBadges turns badges of the opened school on, or changes their limits. act
// brings Zitadel to it and answers the connection there; if it fails, all stays
// as it was.
func (o *Organization) SetBadges(
	ctx context.Context, rules identity.BadgeRules, act func(context.Context) (identity.ProviderID, error),
) error {
	before, err := o.BadgeSetup(ctx)
	if err != nil {
		return err
	}
	change := identity.Change{Action: identity.ActionBadgesOn, Target: o.id, TargetName: o.opened.Organization().Name, After: auditedBadges(rules)}
	if before.On() {
		change.Action = identity.ActionBadgesChanged
		change.Before, change.After = changedValues(auditedBadges(before.Rules), auditedBadges(rules))
		if len(change.After) == 0 {
			return nil
		}
	}
	var provider identity.ProviderID
	return o.make(ctx, making{
		change: change,
		act: func(ctx context.Context) (_ []identity.Fact, err error) {
			provider, err = act(ctx)
			return nil, err
		},
		done: func(ctx context.Context, tx *transaction) error {
			return tx.PutBadgeRules(ctx, query.PutBadgeRulesParams{
				OrganizationID: o.id, State: string(identity.BadgesOn), Kind: string(rules.Kind),
				Weekdays: identity.WeekdaysText(rules.Weekdays), FromMinute: int64(rules.From), UntilMinute: int64(rules.Until),
				Zone: rules.Zone, Networks: networksText(rules.Networks), Uses: int64(rules.Uses), Days: int64(rules.Days),
				ProviderID: string(provider), NowUs: tx.now,
			})
		},
	})
}

// EndBadges turns badges of the opened school off: all are void and their
// sessions over at once, whatever act, which deletes the connection at Zitadel,
// comes to. It may be repeated until that is done.
func (o *Organization) EndBadges(ctx context.Context, act func(context.Context, identity.ProviderID) error) error {
	setup, err := o.BadgeSetup(ctx)
	if err != nil || setup.State == identity.BadgesOff {
		return err
	}
	return o.make(ctx, making{
		change: identity.Change{Action: identity.ActionBadgesOff, Target: o.id, TargetName: o.opened.Organization().Name},
		begin: func(ctx context.Context, tx *transaction) error {
			if _, err := o.voidAll(ctx, tx, identity.BadgesAreOff); err != nil {
				return err
			}
			return o.setBadgeState(ctx, tx, identity.BadgesEnding, setup.Provider)
		},
		act: func(ctx context.Context) ([]identity.Fact, error) {
			if setup.Provider == "" {
				return nil, nil
			}
			return nil, act(ctx, setup.Provider)
		},
		done: func(ctx context.Context, tx *transaction) error {
			return o.setBadgeState(ctx, tx, identity.BadgesOff, "")
		},
	})
}

// FinishBadges does what [Organization.EndBadges] could not when Zitadel did not
// answer. What was turned on again meanwhile stays.
func (o *Organization) FinishBadges(ctx context.Context, act func(context.Context, identity.ProviderID) error) error {
	setup, err := o.BadgeSetup(ctx)
	if err != nil || setup.State != identity.BadgesEnding {
		return err
	}
	if setup.Provider != "" {
		if err := act(ctx, setup.Provider); err != nil {
			return err
		}
	}
	err = o.store.write(ctx, func(tx *transaction) error { return o.setBadgeState(ctx, tx, identity.BadgesOff, "") })
	if err != nil {
		return fmt.Errorf("finish turning badges off: %w", err)
	}
	return nil
}

// EndingBadges opens up to most schools that have turned badges off and whose
// connection at Zitadel is still there.
func (s *Store) EndingBadges(ctx context.Context, most int) ([]identity.Opened, error) {
	rows, err := s.read().EndingBadges(ctx, int64(most))
	if err != nil {
		return nil, fmt.Errorf("list where badges end: %w", translate(err))
	}
	var schools []identity.Opened
	for _, id := range rows {
		school, err := s.organization(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("load school: %w", translate(err))
		}
		if opened, err := identity.OpenWatched(school); err == nil { // else suspended, for now
			schools = append(schools, opened)
		}
	}
	return schools, nil
}

// SchoolsWithBadges counts the schools that use badges.
func (s *Store) SchoolsWithBadges(ctx context.Context) (int, error) {
	n, err := s.read().SchoolsWithBadges(ctx)
	if err != nil {
		return 0, fmt.Errorf("count schools with badges: %w", translate(err))
	}
	return int(n), nil
}

func (o *Organization) setBadgeState(
	ctx context.Context, tx *transaction, state identity.BadgeState, provider identity.ProviderID,
) error {
	return tx.SetBadgeState(ctx, query.SetBadgeStateParams{
		OrganizationID: o.id, State: string(state), ProviderID: string(provider), NowUs: tx.now,
	})
}

func networksText(networks []netip.Prefix) string {
	words := make([]string, len(networks))
	for i, n := range networks {
		words[i] = n.String()
	}
	return strings.Join(words, " ")
}

// auditedBadges are limits as an audit record tells them.
func auditedBadges(r identity.BadgeRules) map[string]string {
	clock := func(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
	hours := ""
	if r.From != 0 || r.Until != 0 {
		hours = clock(r.From) + "-" + clock(r.Until)
	}
	return map[string]string{
		"badge-kind": string(r.Kind), "badge-weekdays": identity.WeekdaysText(r.Weekdays), "badge-hours": hours, "badge-zone": r.Zone,
		"badge-networks": networksText(r.Networks), "badge-uses": strconv.Itoa(r.Uses), "badge-days": strconv.Itoa(r.Days),
	}
}

// BadgeFigures are how the badges of the opened school were used since a moment.
func (o *Organization) BadgeFigures(ctx context.Context, since time.Time) (identity.BadgeFigures, error) {
	q := o.store.read()
	inUse, err := q.CountBadges(ctx, o.id)
	if err != nil {
		return identity.BadgeFigures{}, fmt.Errorf("count badges: %w", translate(err))
	}
	row, err := q.CountBadgeSignIns(ctx, query.CountBadgeSignInsParams{OrganizationID: o.id, SinceUs: micros(since)})
	if err != nil {
		return identity.BadgeFigures{}, fmt.Errorf("count uses of badges: %w", translate(err))
	}
	return identity.BadgeFigures{InUse: int(inUse), Finished: int(row.Finished), Refused: int(row.Refused)}, nil
}

// BadgeUses lists the last uses of badges of the opened school, and tries, the
// newest first.
func (o *Organization) BadgeUses(ctx context.Context, most int) ([]identity.BadgeUse, error) {
	rows, err := o.store.read().LastBadgeSignIns(ctx, query.LastBadgeSignInsParams{OrganizationID: o.id, Most: int64(most)})
	if err != nil {
		return nil, fmt.Errorf("list uses of badges: %w", translate(err))
	}
	uses := make([]identity.BadgeUse, len(rows))
	for i, row := range rows {
		user := identity.User{GivenName: row.GivenName, FamilyName: row.FamilyName, UserName: row.UserName}
		uses[i] = identity.BadgeUse{
			ID: identity.BadgeSignInID(row.ID), Badge: identity.BadgeID(row.BadgeID), User: identity.UserID(row.UserID),
			Name: user.DisplayName(), At: moment(row.BegunUs), FinishedAt: moment(row.FinishedUs),
			Refused: identity.BadgeRefusal(row.Refused), Address: row.Address, Device: row.Device,
		}
	}
	return uses, nil
}

func badgeOf(row query.Badge) identity.Badge {
	return identity.Badge{
		ID: identity.BadgeID(row.ID), User: identity.UserID(row.UserID), Kind: identity.BadgeKind(row.Kind),
		MadeAt: moment(row.MadeUs), Maker: row.MakerName, Uses: int(row.Uses), UsedAt: moment(row.UsedUs),
		Address: row.UsedAddress, Device: row.UsedDevice,
	}
}

// deleteOldBadges deletes what is kept of badges no longer.
func (tx *transaction) deleteOldBadges(ctx context.Context) error {
	if _, err := tx.DeleteOldBadgeSignIns(ctx, tx.now-badgeSignInsKept.Microseconds()); err != nil {
		return err
	}
	_, err := tx.DeleteOldBadges(ctx, tx.now-voidBadgesKept.Microseconds())
	return err
}

// forgetBadges deletes what is kept of the badges of somebody who was removed.
func forgetBadges(ctx context.Context, q *query.Queries, home, user string) error {
	if err := q.DeleteBadgesOfUser(ctx, query.DeleteBadgesOfUserParams{Home: home, UserID: user}); err != nil {
		return err
	}
	if err := q.DeleteBadgeLinksOfUser(ctx, query.DeleteBadgeLinksOfUserParams{Home: home, UserID: user}); err != nil {
		return err
	}
	return q.DeleteBadgeSignInsOfUser(ctx, user)
}
