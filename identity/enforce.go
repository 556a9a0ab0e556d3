package identity

import (
	"context"
	"slices"
)

// Enforcing is what the use cases of enforcement use of the store for an opened
// school.
type Enforcing interface {
	Connections(context.Context) ([]Connection, error)
	Enforcement(context.Context) (Enforcement, error)
	// SetEnforcement changes it, and answers the token of a new recovery link if
	// one is asked for.
	SetEnforcement(ctx context.Context, change Change, e Enforcement, recovery bool) (string, error)
}

// MayEnforce refuses to make the school's own sign-in the only way in before
// somebody has come in that way.
func MayEnforce(connections []Connection) error {
	active := slices.DeleteFunc(slices.Clone(connections), func(c Connection) bool { return c.State != ConnectionActive })
	if len(active) == 0 {
		return Conflict("enforcement.no-connection")
	}
	if !slices.ContainsFunc(active, func(c Connection) bool { return !c.TestedAt.IsZero() || !c.LastSuccessAt.IsZero() }) {
		return Conflict("enforcement.not-proven")
	}
	return nil
}

// BreakGlass reports whether methods let somebody in on the day when the
// school's identity provider fails.
func BreakGlass(methods []SignInMethod) bool {
	return slices.Contains(methods, MethodPasskey) || slices.Contains(methods, MethodPassword)
}

// Enforce makes the school's connections the only way in, for all at home
// there but exceptions, or changes who these are. It answers the token of the
// recovery link when enforcement begins.
//
// Zitadel goes on taking passwords: where it does not, its login pages take no
// passkey either and lead everybody to the identity provider, and whoever is to
// help on the day that it fails stands outside.
func Enforce(
	ctx context.Context, org Opened, rows Enforcing, remote Federation, exceptions []EnforcementException,
) (string, error) {
	if !org.Permits(ConnectSignIn) || !org.Permits(ManageSchool) {
		return "", Forbidden("permission.missing")
	}
	connections, err := rows.Connections(ctx)
	if err != nil {
		return "", err
	}
	if err := MayEnforce(connections); err != nil {
		return "", err
	}
	if err := anyBreakGlass(ctx, remote, exceptions); err != nil {
		return "", err
	}
	before, err := rows.Enforcement(ctx)
	if err != nil {
		return "", err
	}
	change := Change{Action: ActionEnforced, Target: string(org.ID()), TargetName: org.Organization().Name}
	next := Enforcement{On: true, Exceptions: exceptions}
	return rows.SetEnforcement(ctx, change, next, !before.On)
}

// anyBreakGlass refuses exceptions among whom nobody could get in without the
// school's identity provider.
func anyBreakGlass(ctx context.Context, remote Federation, exceptions []EnforcementException) error {
	for _, e := range exceptions {
		if !e.BreakGlass {
			continue
		}
		methods, err := remote.SignInMethods(ctx, e.User)
		if err != nil {
			return err
		}
		if BreakGlass(methods) {
			return nil
		}
	}
	return Conflict("enforcement.no-break-glass")
}

// EndEnforcement lets everybody sign in as before. It may be repeated.
func EndEnforcement(ctx context.Context, org Opened, rows Enforcing) error {
	if !org.Permits(ConnectSignIn) || !org.Permits(ManageSchool) {
		return Forbidden("permission.missing")
	}
	before, err := rows.Enforcement(ctx)
	if err != nil || !before.On {
		return err
	}
	change := Change{Action: ActionEnforcementEnded, Target: string(org.ID()), TargetName: org.Organization().Name}
	// The exceptions stay on record, for the next time.
	next := Enforcement{Exceptions: before.Exceptions}
	_, err = rows.SetEnforcement(ctx, change, next, false)
	return err
}
