package store

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// signingKeys are the keys that checkpoints are signed with, one of each master
// key: the first signs.
func (k *KeyRing) signingKeys() ([]ed25519.PrivateKey, error) {
	keys := make([]ed25519.PrivateKey, len(k.keys))
	for i, key := range k.keys {
		seed, err := hkdf.Key(sha256.New, key.secret, nil, "audit_checkpoints.signature/v1", ed25519.SeedSize)
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		keys[i] = ed25519.NewKeyFromSeed(seed)
	}
	return keys, nil
}

// CheckpointKeys are the keys that this installation's checkpoints are verified
// with, that of the next one first.
func (s *Store) CheckpointKeys() ([]audit.PublicKey, error) {
	keys, err := s.keys.signingKeys()
	if err != nil {
		return nil, err
	}
	public := make([]audit.PublicKey, len(keys))
	for i, key := range keys {
		public[i] = audit.PublicOf(key)
	}
	return public, nil
}

// LastCheckpoint is the newest checkpoint; not found ("audit.no-checkpoint")
// before the first.
func (s *Store) LastCheckpoint(ctx context.Context) (audit.Checkpoint, error) {
	row, err := s.read().LastAuditCheckpoint(ctx)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("load checkpoint: %w", orNotFound(err, identity.NotFound("audit.no-checkpoint")))
	}
	return checkpointOf(row)
}

// MakeCheckpoint signs what the logs look like now. made is false, and the
// checkpoint the last one, where no log has moved since.
func (s *Store) MakeCheckpoint(ctx context.Context) (c audit.Checkpoint, made bool, err error) {
	return s.checkpoint(ctx, 0)
}

// checkpoint makes one unless the last is younger than age.
func (s *Store) checkpoint(ctx context.Context, age time.Duration) (c audit.Checkpoint, made bool, err error) {
	keys, err := s.keys.signingKeys()
	if err != nil {
		return audit.Checkpoint{}, false, err
	}
	err = s.write(ctx, func(tx *transaction) error {
		var last audit.Checkpoint
		row, err := tx.LastAuditCheckpoint(ctx)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		default:
			if last, err = checkpointOf(row); err != nil {
				return err
			}
			c = last
		}
		if age > 0 && moment(tx.now).Sub(last.At) < age {
			return nil
		}
		heads, err := tx.AuditHeadsAfter(ctx, last.Position)
		if err != nil || len(heads) == 0 {
			return err
		}
		next := audit.Checkpoint{Number: last.Number + 1, At: moment(tx.now)}
		if last.Number > 0 {
			next.Previous = last.Hash()
		}
		for _, h := range heads {
			next.Heads = append(next.Heads, audit.Head{
				Home: identity.OrganizationID(h.HomeID), Number: h.Number, Position: h.Position, Hash: h.Hash,
			})
			next.Position = h.Position // the last is the highest
		}
		c, made = next.Signed(keys[0]), true
		return tx.InsertAuditCheckpoint(ctx, query.InsertAuditCheckpointParams{
			Number: c.Number, AtUs: micros(c.At), Position: c.Position, Body: c.Body(),
			Signature: base64.StdEncoding.EncodeToString(c.Signature),
		})
	})
	if err != nil {
		return audit.Checkpoint{}, false, fmt.Errorf("make checkpoint: %w", err)
	}
	return c, made, nil
}

func checkpointOf(row query.AuditCheckpoint) (audit.Checkpoint, error) {
	c, err := audit.ParseCheckpoint(row.Body + "signature: " + row.Signature + "\n")
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("checkpoint %d in the database: %w", row.Number, err)
	}
	return c, nil
}

const (
	checkpointAge = 23 * time.Hour // one a day, though the chores are hourly
	unknownAfter  = 24 * time.Hour // what left no trace for so long leaves none
)

// AuditChores looks after the audit log, once an hour: it closes what was begun
// and left no trace, removes what schools no longer keep, and signs a checkpoint
// a day.
func (s *Store) AuditChores(ctx context.Context) error {
	closing := s.closeUnknown(ctx)
	pruning := s.pruneAudit(ctx)
	_, _, signing := s.checkpoint(ctx, checkpointAge)
	forgetting := s.write(ctx, func(tx *transaction) error {
		return tx.ForgetSignInPeople(ctx, tx.now/(secondsOfDay*1_000_000)-peopleOfDays)
	})
	return errors.Join(closing, pruning, signing, forgetting)
}

// closeUnknown closes what was begun a day ago and never closed: nobody can say
// any more what became of it. Openings go on until they are finished, and so do
// their records.
func (s *Store) closeUnknown(ctx context.Context) error {
	before := s.clock().Add(-unknownAfter)
	err := s.closeBegun(ctx, before, func(tx *transaction, r query.BegunRecordsBeforeRow) (identity.Outcome, error) {
		if opened, ok := strings.CutPrefix(r.ID, openingRecord("")); ok {
			opening, err := tx.Opening(ctx, opened)
			switch {
			case err == nil && opening.FinishedUs == 0:
				return "", nil
			case err != nil && !errors.Is(err, sql.ErrNoRows):
				return "", err
			}
		}
		return identity.OutcomeUnknown, nil
	})
	if err != nil {
		return fmt.Errorf("close audit records that left no trace: %w", err)
	}
	return nil
}
