package identity

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Substitution is access of a co-teacher that ends by itself. It is about one
// role assignment: who leaves and comes back, or becomes a teacher, is not ended
// by it.
type Substitution struct {
	User UserID
	// Assignment is empty if the portal did not get to hear which it is.
	Assignment RoleAssignmentID
	Until      time.Time
	By         Actor // who set it
	MadeAt     time.Time
}

// substitutionHeard is how far apart a substitution and its role assignment may
// have been made, by the clocks of the portal and of Zitadel.
const substitutionHeard = 10 * time.Minute

// ends reports whether the substitution is about the role assignment, as it is
// now.
func (s Substitution) ends(a RoleAssignment) bool {
	if !slices.Equal(a.Roles, []Role{RoleCoTeacher}) {
		return false
	}
	if s.Assignment == "" {
		return a.CreatedAt.Sub(s.MadeAt).Abs() <= substitutionHeard
	}
	return a.ID == s.Assignment
}

// MaxSubstitution is how far off the end of a substitution may be.
const MaxSubstitution = 366 * 24 * time.Hour

// CheckSubstitution finds what is wrong with an end that somebody chose.
func CheckSubstitution(until, now time.Time) Problems {
	var p Problems
	switch {
	case until.IsZero():
		p.Add("until", "substitute.until.missing")
	case !until.After(now):
		p.Add("until", "substitute.until.past")
	case until.Sub(now) > MaxSubstitution:
		p.Add("until", "substitute.until.far", "Days", int(MaxSubstitution.Hours()/24))
	}
	return p
}

// Substitutions is what the use cases of substitutes use of the store.
type Substitutions interface {
	Roster
	// ChangeUntil is [Roster.Change] that also notes until when the user's role
	// assignment lasts, or with the zero time that it lasts.
	ChangeUntil(ctx context.Context, change Change, user UserID, until time.Time, act func(context.Context) ([]Fact, error)) error
	// ForgetUntil forgets an end that means nothing any more.
	ForgetUntil(context.Context, UserID) error
}

// Substitute makes somebody at home in the classroom's school a co-teacher until
// then. Who is in the classroom already is a conflict ("substitute.here").
func Substitute(
	ctx context.Context, org Opened, rows Substitutions, remote Remote, person Candidate, until time.Time,
) error {
	// Who may not make teachers makes no substitutes either.
	if err := org.mayTakeOn(person); err != nil {
		return err
	}
	return rows.InTurn(ctx, func(ctx context.Context) error {
		switch _, err := rows.Member(ctx, person.User.ID); {
		case err == nil:
			return Conflict("substitute.here", "Person", person.User.DisplayName())
		case !IsKind(err, KindNotFound):
			return fmt.Errorf("load member: %w", err)
		}
		change := Change{
			Action: ActionSubstituteAdded, Target: string(person.User.ID), TargetName: person.User.DisplayName(),
			After: untilDay(until),
		}
		return rows.ChangeUntil(ctx, change, person.User.ID, until, func(ctx context.Context) ([]Fact, error) {
			return one(remote.CreateRoleAssignment(ctx, person.User.ID, []Role{RoleCoTeacher}))
		})
	})
}

// SetUntil sets until when a co-teacher's access lasts; the zero time lets it
// last.
func SetUntil(ctx context.Context, org Opened, rows Substitutions, user UserID, until time.Time) error {
	return rows.InTurn(ctx, func(ctx context.Context) error {
		m, err := rows.Member(ctx, user)
		if err != nil {
			return fmt.Errorf("load member: %w", err)
		}
		if err := org.mayTouch(m); err != nil {
			return err
		}
		if m.Assignment.Role() != RoleCoTeacher {
			return Conflict("substitute.co-teachers")
		}
		change := Change{
			Action: ActionSubstituteChanged, Target: string(user), TargetName: m.User.DisplayName(), After: untilDay(until),
		}
		return rows.ChangeUntil(ctx, change, user, until, func(context.Context) ([]Fact, error) { return nil, nil })
	})
}

// EndSubstitution ends the access of a co-teacher whose time is over. What is
// not as it was when that was set is left as it is.
func EndSubstitution(ctx context.Context, org Opened, rows Substitutions, remote Remote, s Substitution) error {
	return rows.InTurn(ctx, func(ctx context.Context) error {
		m, err := rows.Member(ctx, s.User)
		if IsKind(err, KindNotFound) || err == nil && !s.ends(m.Assignment) {
			return rows.ForgetUntil(ctx, s.User)
		}
		if err != nil {
			return fmt.Errorf("load member: %w", err)
		}
		change := Change{
			Action: ActionSubstituteEnded, Target: string(s.User), TargetName: m.User.DisplayName(),
			Before: auditedRole(RoleCoTeacher),
		}
		return rows.ChangeUntil(ctx, change, s.User, time.Time{}, func(ctx context.Context) ([]Fact, error) {
			return one(remote.DeleteRoleAssignment(ctx, s.User))
		})
	})
}

func untilDay(until time.Time) map[string]string {
	if until.IsZero() {
		return nil
	}
	return map[string]string{"until": until.UTC().Format(time.DateOnly)}
}
