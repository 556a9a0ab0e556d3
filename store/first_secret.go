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

// FirstSecretKept is how long a first secret is kept for login cards, if the
// student does not sign in before.
const FirstSecretKept = 14 * 24 * time.Hour

// firstSecretPlace binds a first secret to its student and home.
func firstSecretPlace(home, user string) place {
	return place{table: "first_secrets", column: "sealed", row: home + "/" + user}
}

// ChangeSecret is [Organization.Change] for a change of somebody's first secret:
// what is kept of it goes with the begun record, so that no card shows one that
// may not be right any more; what act leaves in kept.Secret is kept with the
// facts. Empty keeps none.
func (o *Organization) ChangeSecret(
	ctx context.Context, change identity.Change, kept *identity.FirstSecret, act func(context.Context) ([]identity.Fact, error),
) error {
	return o.make(ctx, making{
		change: change,
		begin: func(ctx context.Context, tx *transaction) error {
			return tx.DropFirstSecret(ctx, query.DropFirstSecretParams{OrganizationID: string(kept.Home), UserID: string(kept.User)})
		},
		act: act,
		done: func(ctx context.Context, tx *transaction) error {
			if kept.Secret == "" {
				return nil
			}
			return o.store.keepFirstSecrets(ctx, tx, []identity.FirstSecret{*kept})
		},
	})
}

// keepFirstSecrets seals first secrets and keeps them, in the transaction of the
// facts that made them true.
func (s *Store) keepFirstSecrets(ctx context.Context, tx *transaction, kept []identity.FirstSecret) error {
	for _, secret := range kept {
		sealed, err := s.keys.seal(firstSecretPlace(string(secret.Home), string(secret.User)), []byte(secret.Secret))
		if err != nil {
			return fmt.Errorf("seal a first secret: %w", err)
		}
		err = tx.KeepFirstSecret(ctx, query.KeepFirstSecretParams{
			OrganizationID: string(secret.Home), UserID: string(secret.User), Sealed: sealed, NowUs: tx.now,
		})
		if err != nil {
			return fmt.Errorf("keep a first secret: %w", err)
		}
	}
	return nil
}

// FirstSecret is what is kept of somebody at home here, or in the opened school's
// classroom that was its own home before; empty for nothing.
func (o *Organization) FirstSecret(
	ctx context.Context, user identity.UserID, home identity.OrganizationID,
) (string, error) {
	if !o.opened.Organization().AtHome(home) {
		return "", nil
	}
	row, err := o.store.read().FirstSecret(ctx, query.FirstSecretParams{OrganizationID: string(home), UserID: string(user)})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("load a first secret: %w", translate(err))
	}
	return o.store.openFirstSecret(row.OrganizationID, row.UserID, row.Sealed)
}

func (s *Store) openFirstSecret(home, user, sealed string) (string, error) {
	plain, err := s.keys.open(firstSecretPlace(home, user), sealed)
	if err != nil {
		return "", fmt.Errorf("open a first secret: %w", err)
	}
	return string(plain), nil
}

// StudentChores forget first secrets and sheets of cards whose time is over.
func (s *Store) StudentChores(ctx context.Context) error {
	err := s.write(ctx, func(tx *transaction) error {
		if err := tx.DropOldFirstSecrets(ctx, micros(moment(tx.now).Add(-FirstSecretKept))); err != nil {
			return err
		}
		if err := tx.DropOldCardSheetItems(ctx, tx.now); err != nil {
			return err
		}
		return tx.DropOldCardSheets(ctx, tx.now)
	})
	if err != nil {
		return fmt.Errorf("forget first secrets and cards: %w", err)
	}
	return nil
}
