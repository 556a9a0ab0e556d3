package identity

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// reset ends somebody's sessions and credentials and answers the new way in,
// once it is decided that the actor may: a link for who has an address, a first
// secret for everybody else, by the rules that hold here.
func reset(
	ctx context.Context, rows FirstSecrets, remote Remote, user User, endSessions func(context.Context) error,
) (SignIn, error) {
	in := SignIn{User: user}
	rules, err := rows.StudentRules(ctx)
	if err != nil {
		return in, fmt.Errorf("load rules: %w", err)
	}
	change := Change{Action: ActionSignInReset, Target: string(user.ID), TargetName: user.DisplayName()}
	kept := FirstSecret{User: user.ID, Home: user.Home}
	err = rows.ChangeSecret(ctx, change, &kept, func(ctx context.Context) ([]Fact, error) {
		// First, because a failure afterwards costs no more than signing in again.
		if err := endSessions(ctx); err != nil {
			return nil, err
		}
		if user.Address != "" {
			in.Link, err = remote.ResetSignIn(ctx, user.ID)
			return nil, err
		}
		in.Secret, err = withSecret(ctx, rows, remote, rules, randomBytes(), func(secret string) error {
			return remote.ResetSecret(ctx, user.ID, secret, rules.Changes())
		})
		kept.Secret = in.Secret
		return nil, err
	})
	return in, err
}

// withSecret runs act with a first secret as Zitadel wants passwords, and answers
// it. If Zitadel finds it too weak, its rules have changed: they are read, and act
// runs once more.
func withSecret(
	ctx context.Context, rows FirstSecrets, remote Remote, rules StudentRules, random []byte, act func(secret string) error,
) (string, error) {
	wanted, known, err := rows.PasswordRules(ctx)
	if err != nil {
		return "", fmt.Errorf("load password rules: %w", err)
	}
	for {
		if !known {
			if wanted, err = AskPasswordRules(ctx, rows, remote); err != nil {
				return "", err
			}
		}
		secret := rules.FirstSecret(wanted, random)
		err := act(secret)
		var refused *Error
		if known && errors.As(err, &refused) && refused.Message.ID == "secret.too-weak" {
			known = false
			continue
		}
		if err != nil {
			return "", err
		}
		return secret, nil
	}
}

// AskPasswordRules asks Zitadel what it wants of passwords of people at home here,
// and keeps the answer.
func AskPasswordRules(ctx context.Context, rows FirstSecrets, remote Remote) (PasswordRules, error) {
	asked := time.Now()
	rules, err := remote.PasswordRules(ctx)
	if err != nil {
		return rules, fmt.Errorf("ask for password rules: %w", err)
	}
	if err := rows.KeepPasswordRules(ctx, rules, asked); err != nil {
		return rules, fmt.Errorf("keep password rules: %w", err)
	}
	return rules, nil
}
