package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Policies are the rules of the opened school that the portal keeps.
func (o *Organization) Policies(ctx context.Context) (identity.SchoolPolicies, error) {
	policies, err := o.policies(ctx, o.store.read())
	if err != nil {
		return identity.SchoolPolicies{}, fmt.Errorf("load policies: %w", translate(err))
	}
	return policies, nil
}

func (o *Organization) policies(ctx context.Context, q *query.Queries) (identity.SchoolPolicies, error) {
	policies := identity.DefaultPolicies
	row, err := q.Policies(ctx, o.id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return policies, err
	default:
		policies.StaffFactor, policies.Names = row.StaffFactor, identity.NamesRule(row.Names)
		policies.InvitationDays = int(row.InvitationDays)
		policies.InvitationDomains = strings.Fields(row.InvitationDomains)
	}
	settings, err := q.Settings(ctx, o.id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return policies, err
	}
	policies.TeachersOpenClassrooms = settings.TeachersOpenClassrooms
	return policies, nil
}

// InvitationPolicies are the rules for invitations into the opened organization:
// its own, or its school's.
func (o *Organization) InvitationPolicies(ctx context.Context) (days int, domains []string, err error) {
	home := *o
	home.id = string(o.opened.Organization().Home())
	policies, err := home.Policies(ctx)
	return policies.InvitationDays, policies.InvitationDomains, err
}

// checkInvited refuses invitations to where the school lets none go. Pages say so
// beside each address; this is for every other way in.
func (o *Organization) checkInvited(ctx context.Context, drafts []identity.Invitation) error {
	_, domains, err := o.InvitationPolicies(ctx)
	if err != nil {
		return err
	}
	for _, draft := range drafts {
		if refusal := identity.CheckInvited(domains, draft.Address); refusal.ID != "" {
			return &identity.Error{Kind: identity.KindInvalid, Message: refusal}
		}
	}
	return nil
}

// KnownLoginPolicy is the school's login policy as Zitadel last told it.
type KnownLoginPolicy struct {
	Policy identity.LoginPolicy
	ReadAt time.Time // zero: never yet
	Stale  bool      // it was changed elsewhere since, or is being read
}

// LoginPolicy is what is known of the school's login policy. One that was never
// read is asked for in the background.
func (o *Organization) LoginPolicy(ctx context.Context) (KnownLoginPolicy, error) {
	known, err := loginPolicy(ctx, o.store.read(), o.id)
	if err != nil {
		return KnownLoginPolicy{}, fmt.Errorf("load login policy: %w", translate(err))
	}
	return known, nil
}

func loginPolicy(ctx context.Context, q *query.Queries, school string) (KnownLoginPolicy, error) {
	row, err := q.LoginPolicy(ctx, school)
	if errors.Is(err, sql.ErrNoRows) {
		return KnownLoginPolicy{Stale: true}, nil
	}
	if err != nil {
		return KnownLoginPolicy{}, err
	}
	known := KnownLoginPolicy{ReadAt: moment(row.ReadUs), Stale: row.StaleUs != 0}
	if row.Policy != "" {
		if err := json.Unmarshal([]byte(row.Policy), &known.Policy); err != nil {
			return KnownLoginPolicy{}, fmt.Errorf("read it: %w", err)
		}
	}
	return known, nil
}

// KeepLoginPolicy notes what Zitadel told of the school's login policy. asked is
// when it was asked: a change that was seen later leaves it stale.
func (o *Organization) KeepLoginPolicy(ctx context.Context, policy identity.LoginPolicy, asked time.Time) error {
	err := o.store.write(ctx, func(tx *transaction) error { return o.keepLoginPolicy(ctx, tx, policy, asked) })
	if err != nil {
		return fmt.Errorf("keep login policy: %w", err)
	}
	return nil
}

func (o *Organization) keepLoginPolicy(
	ctx context.Context, tx *transaction, policy identity.LoginPolicy, asked time.Time,
) error {
	text, err := json.Marshal(policy)
	if err != nil {
		return err
	}
	return tx.PutLoginPolicy(ctx, query.PutLoginPolicyParams{
		OrganizationID: o.id, Policy: string(text), NowUs: tx.now, AskedUs: micros(asked),
	})
}

// AskLoginPolicyLater puts a school whose login policy could not be read behind
// all others that wait for it.
func (o *Organization) AskLoginPolicyLater(ctx context.Context) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return tx.MarkLoginPolicy(ctx, query.MarkLoginPolicyParams{School: o.id, NowUs: tx.now})
	})
	if err != nil {
		return fmt.Errorf("ask for a login policy later: %w", err)
	}
	return nil
}

// markLoginPolicy notes that the login policy of a school has to be read, or of
// every school if the instance's own changed: that is told of the operators'
// organization. What is no school has none that anybody looks at.
func (f *folding) markLoginPolicy(ctx context.Context, changed identity.OrganizationID) error {
	if changed == "" || changed == f.platform.Operators {
		return f.MarkLoginPolicies(ctx, f.now)
	}
	return f.MarkLoginPolicy(ctx, query.MarkLoginPolicyParams{School: string(changed), NowUs: f.now})
}

// SetPolicies changes the school's rules: act brings Zitadel's login policy to
// what login says, and is nil where that stays. What is not changed leaves no
// record. One change follows the other, here and at Zitadel, so that each record
// says what it found.
func (o *Organization) SetPolicies(
	ctx context.Context, policies identity.SchoolPolicies, login identity.LoginPolicy, act func(context.Context) error,
) error {
	return o.InTurn(ctx, func(ctx context.Context) error { return o.setPolicies(ctx, policies, login, act) })
}

func (o *Organization) setPolicies(
	ctx context.Context, policies identity.SchoolPolicies, login identity.LoginPolicy, act func(context.Context) error,
) error {
	before, err := o.Policies(ctx)
	if err != nil {
		return err
	}
	known, err := o.LoginPolicy(ctx)
	if err != nil {
		return err
	}
	was, is := changedValues(auditedPolicies(before, known.Policy), auditedPolicies(policies, login))
	if len(is) == 0 {
		return nil
	}
	return o.make(ctx, making{
		change: identity.Change{Action: identity.ActionPoliciesChanged, Before: was, After: is},
		act: func(ctx context.Context) ([]identity.Fact, error) {
			if act == nil {
				return nil, nil
			}
			return nil, act(ctx)
		},
		done: func(ctx context.Context, tx *transaction) error {
			err := tx.PutPolicies(ctx, query.PutPoliciesParams{
				OrganizationID: o.id, NowUs: tx.now, StaffFactor: policies.StaffFactor, Names: string(policies.Names),
				InvitationDays: int64(policies.InvitationDays), InvitationDomains: strings.Join(policies.InvitationDomains, " "),
			})
			if err != nil {
				return err
			}
			settings, err := tx.Settings(ctx, o.id)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			err = tx.SetSettings(ctx, query.SetSettingsParams{
				OrganizationID: o.id, NowUs: tx.now, StudentsSeeNames: settings.StudentsSeeNames,
				TeachersOpenClassrooms: policies.TeachersOpenClassrooms,
			})
			if err != nil {
				return err
			}
			return o.keepLoginPolicy(ctx, tx, login, moment(tx.now))
		},
	})
}

// auditedPolicies are the rules as an audit record tells them.
func auditedPolicies(p identity.SchoolPolicies, l identity.LoginPolicy) map[string]string {
	say := map[bool]string{true: "on", false: "off"}
	factors := make([]string, len(l.Factors))
	for i, f := range l.Factors {
		factors[i] = string(f)
	}
	slices.Sort(factors)
	required := "off"
	switch {
	case l.RequireFactor && l.LocalOnly:
		required = "local"
	case l.RequireFactor:
		required = "all"
	}
	return map[string]string{
		"staff-factor": say[p.StaffFactor], "names": string(p.Names),
		"invitation-days": strconv.Itoa(p.InvitationDays), "invitation-domains": strings.Join(p.InvitationDomains, " "),
		"teachers-open-classrooms": say[p.TeachersOpenClassrooms],
		"require-factor":           required, "factors": strings.Join(factors, " "), "passkeys": say[l.Passkeys],
		"password-reset": say[l.PasswordReset], "self-registration": say[l.SelfRegistration],
		"address-as-name":   say[l.AddressAsName],
		"password-lifetime": l.PasswordLifetime.String(), "factor-lifetime": l.FactorLifetime.String(),
		"passkey-lifetime": l.PasskeyLifetime.String(), "provider-lifetime": l.ProviderLifetime.String(),
	}
}

// changedValues leaves of both what differs.
func changedValues(before, after map[string]string) (was, is map[string]string) {
	same := func(key, value string) bool { return before[key] == after[key] }
	was, is = maps.Clone(before), maps.Clone(after)
	maps.DeleteFunc(was, same)
	maps.DeleteFunc(is, same)
	return was, is
}

// StaffFactor reports whether somebody may sign in only with a second factor,
// because they are staff of a school that asks its staff for one. People the
// projection does not know yet are not asked.
func (s *Store) StaffFactor(ctx context.Context, user identity.UserID) (bool, error) {
	row, err := s.read().StaffFactorFor(ctx, string(user))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up whether a second factor is asked for: %w", translate(err))
	}
	return row.Asked && row.Staff, nil
}

// StaleLoginPolicies opens up to most schools whose login policy has to be read:
// those of which it was never asked for, then those where it changed since, who
// waits longest first.
func (s *Store) StaleLoginPolicies(ctx context.Context, most int) ([]identity.Opened, error) {
	rows, err := s.read().StaleLoginPolicies(ctx, int64(most))
	if err != nil {
		return nil, fmt.Errorf("list stale login policies: %w", translate(err))
	}
	unread, err := s.read().UnreadLoginPolicies(ctx, int64(most))
	if err != nil {
		return nil, fmt.Errorf("list unread login policies: %w", translate(err))
	}
	ids := append(unread, rows...)
	var schools []identity.Opened
	for _, id := range ids[:min(len(ids), most)] {
		school, err := s.organization(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("load school: %w", translate(err))
		}
		opened, err := identity.OpenWatched(school)
		if err != nil {
			continue // suspended meanwhile
		}
		schools = append(schools, opened)
	}
	return schools, nil
}
