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
	// SetEnforcement changes it once act, the call at Zitadel, has succeeded, and
	// answers the token of a new recovery link if one is asked for.
	SetEnforcement(
		ctx context.Context, change Change, e Enforcement, recovery bool, act func(context.Context, *Enforcement) error,
	) (string, error)
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

// maxMethodsAsked is for how many exceptions Zitadel is asked how they sign in.
// With more of them, passwords stay open.
const maxMethodsAsked = 20

// BreakGlass reports whether methods let somebody in on the day when the
// school's identity provider fails.
func BreakGlass(methods []SignInMethod) bool {
	return slices.Contains(methods, MethodPasskey) || slices.Contains(methods, MethodPassword)
}

// ClosesPasswords reports whether Zitadel can refuse every password of the
// school, for every service: all exceptions have a passkey. The first version of
// Zitadel's login pages leads everybody to the identity provider where passwords
// are closed, whoever has a passkey too, so that with it nobody could help.
func ClosesPasswords(ctx context.Context, remote Federation, loginV1 bool, exceptions []EnforcementException) (bool, error) {
	if loginV1 || len(exceptions) > maxMethodsAsked {
		return false, nil
	}
	for _, e := range exceptions {
		methods, err := remote.SignInMethods(ctx, e.User)
		if err != nil {
			return false, err
		}
		if !slices.Contains(methods, MethodPasskey) {
			return false, nil
		}
	}
	return len(exceptions) > 0, nil
}

// Enforce makes the school's connections the only way in, for all at home
// there but exceptions, or changes who these are. closes is whether Zitadel is
// to refuse passwords as well, as was said to who asks for this. It answers the
// token of the recovery link when enforcement begins. loginV1 is whether the
// first version of Zitadel's login pages is in use, or may be.
func Enforce(
	ctx context.Context, org Opened, rows Enforcing, remote Federation, loginV1 bool, exceptions []EnforcementException, closes bool,
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
	can, err := ClosesPasswords(ctx, remote, loginV1, exceptions)
	if err != nil {
		return "", err
	}
	if can != closes {
		return "", Conflict("enforcement.methods-changed")
	}
	before, err := rows.Enforcement(ctx)
	if err != nil {
		return "", err
	}
	change := Change{Action: ActionEnforced, Target: string(org.ID()), TargetName: org.Organization().Name}
	next := Enforcement{On: true, PasswordsClosed: closes, Exceptions: exceptions}
	return rows.SetEnforcement(ctx, change, next, !before.On, func(ctx context.Context, e *Enforcement) error {
		switch {
		case e.PasswordsClosed:
			return remote.ClosePasswords(ctx)
		case before.PasswordsClosed:
			return remote.OpenPasswords(ctx)
		}
		return nil
	})
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
func EndEnforcement(ctx context.Context, org Opened, rows Enforcing, remote Federation) error {
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
	_, err = rows.SetEnforcement(ctx, change, next, false, func(ctx context.Context, _ *Enforcement) error {
		if !before.PasswordsClosed {
			return nil
		}
		return remote.OpenPasswords(ctx)
	})
	return err
}
