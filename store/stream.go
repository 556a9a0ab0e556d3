package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Streams are the targets of one log: a school's, or the platform's.
type Streams struct {
	store    *Store
	home     string // whose they are
	platform bool   // of the log of all
	record   func(context.Context, *transaction, identity.Change) error
}

// Streams are the targets of the opened school.
func (o *Organization) Streams() *Streams {
	return &Streams{store: o.store, home: o.id, record: o.record}
}

// Streams are the platform's targets, which are sent the logs of all.
func (p *Platform) Streams() *Streams {
	record := func(ctx context.Context, tx *transaction, change identity.Change) error {
		return p.record(ctx, tx, change, identity.OutcomeDone)
	}
	return &Streams{store: p.store, home: string(p.store.operators), platform: true, record: record}
}

// Platform reports whether they are the platform's.
func (s *Streams) Platform() bool { return s.platform }

// List lists the targets, the oldest first, each with how far it is behind.
func (s *Streams) List(ctx context.Context) ([]identity.StreamTarget, error) {
	rows, err := s.store.read().Streams(ctx, s.home)
	if err != nil {
		return nil, fmt.Errorf("list streams: %w", translate(err))
	}
	targets := make([]identity.StreamTarget, len(rows))
	for i, row := range rows {
		if targets[i], err = s.withLag(ctx, row); err != nil {
			return nil, fmt.Errorf("list streams: %w", err)
		}
	}
	return targets, nil
}

// Target is one of them; not found ("stream.not-found") otherwise.
func (s *Streams) Target(ctx context.Context, id string) (identity.StreamTarget, error) {
	row, err := s.row(ctx, id)
	if err != nil {
		return identity.StreamTarget{}, err
	}
	return s.withLag(ctx, row)
}

func (s *Streams) row(ctx context.Context, id string) (query.Stream, error) {
	row, err := s.store.read().Stream(ctx, query.StreamParams{OrganizationID: s.home, ID: id})
	if err != nil {
		return row, fmt.Errorf("load stream: %w", orNotFound(err, identity.NotFound("stream.not-found")))
	}
	return row, nil
}

// Add adds a checked target, which begins with the records after now, or with
// the first there is if everything is to be sent. A webhook's secret is made
// here. The same ID again adds nothing. There are at most [identity.MaxStreams].
func (s *Streams) Add(ctx context.Context, t identity.StreamTarget, secret string, everything bool) error {
	if t.Kind == identity.StreamWebhook {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		secret = "whsec_" + base64.StdEncoding.EncodeToString(key)
	}
	sealed, err := s.store.keys.seal(streamPlace(t.ID), []byte(secret))
	if err != nil {
		return fmt.Errorf("seal a stream's secret: %w", err)
	}
	err = s.store.write(ctx, func(tx *transaction) error {
		there, err := tx.Streams(ctx, s.home)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(row query.Stream) bool { return row.ID == t.ID }) {
			return nil
		}
		if len(there) >= identity.MaxStreams {
			return identity.Conflict("stream.too-many", "Limit", identity.MaxStreams)
		}
		var from int64
		if !everything {
			whose := s.home
			if s.platform {
				whose = ""
			}
			if from, err = streamEnd(ctx, tx.Queries, whose); err != nil {
				return err
			}
		}
		added, err := tx.InsertStream(ctx, query.InsertStreamParams{
			OrganizationID: s.home, ID: t.ID, Kind: string(t.Kind), Name: t.Name, Address: t.Address, Bucket: t.Bucket,
			Region: t.Region, Prefix: t.Prefix, AccessKey: t.AccessKey, Authorities: t.Authorities, Secret: sealed,
			Position: from, NowUs: tx.now,
		})
		if err != nil || added == 0 {
			return err
		}
		return s.record(ctx, tx, identity.Change{
			Action: identity.ActionStreamAdded, Target: t.ID, TargetName: t.Name,
			After: map[string]string{"kind": string(t.Kind), "address": t.Address, "bucket": t.Bucket},
		})
	})
	if err != nil {
		return fmt.Errorf("add stream: %w", err)
	}
	return nil
}

// SetPaused stops sending to a target, or goes on where it stopped. What it is
// already is no change.
func (s *Streams) SetPaused(ctx context.Context, id string, paused bool) error {
	row, err := s.row(ctx, id)
	if err != nil {
		return err
	}
	say := map[bool]string{true: "paused", false: "active"}
	err = s.store.write(ctx, func(tx *transaction) error {
		changed, err := tx.SetStreamPaused(ctx, query.SetStreamPausedParams{OrganizationID: s.home, ID: id, Paused: paused})
		if err != nil || changed == 0 {
			return err
		}
		return s.record(ctx, tx, identity.Change{
			Action: identity.ActionStreamChanged, Target: id, TargetName: row.Name,
			Before: map[string]string{identity.AuditState: say[!paused]}, After: map[string]string{identity.AuditState: say[paused]},
		})
	})
	if err != nil {
		return fmt.Errorf("pause or resume stream: %w", err)
	}
	return nil
}

// Delete deletes a target. What it was sent is not called back.
func (s *Streams) Delete(ctx context.Context, id string) error {
	row, err := s.row(ctx, id)
	if err != nil {
		return err
	}
	err = s.store.write(ctx, func(tx *transaction) error {
		deleted, err := tx.DeleteStream(ctx, query.DeleteStreamParams{OrganizationID: s.home, ID: id})
		if err != nil || deleted == 0 {
			return err
		}
		return s.record(ctx, tx, identity.Change{
			Action: identity.ActionStreamDeleted, Target: id, TargetName: row.Name,
			Before: map[string]string{"kind": row.Kind, "address": row.Address, "bucket": row.Bucket},
		})
	})
	if err != nil {
		return fmt.Errorf("delete stream: %w", err)
	}
	return nil
}

// Secret is what a webhook of theirs is signed with, to be shown to who sets the
// receiver up. That it was looked at is recorded.
func (s *Streams) Secret(ctx context.Context, id string) (string, error) {
	row, err := s.row(ctx, id)
	if err != nil {
		return "", err
	}
	if row.Kind != string(identity.StreamWebhook) {
		return "", identity.NotFound("stream.not-found") // others' are the target's own
	}
	secret, err := s.store.keys.open(streamPlace(id), row.Secret)
	if err != nil {
		return "", err
	}
	err = s.store.write(ctx, func(tx *transaction) error {
		return s.record(ctx, tx, identity.Change{
			Action: identity.ActionStreamChanged, Target: id, TargetName: row.Name,
			After: map[string]string{"secret": "shown"},
		})
	})
	if err != nil {
		return "", fmt.Errorf("record that a secret was shown: %w", err)
	}
	return string(secret), nil
}

// ForTest is a target with its secret, to be tried out at once.
func (s *Streams) ForTest(ctx context.Context, id string) (DueStream, error) {
	row, err := s.row(ctx, id)
	if err != nil {
		return DueStream{}, err
	}
	return s.store.dueStream(row), nil
}

// Tested notes how a test went; an empty message is a good end.
func (s *Streams) Tested(ctx context.Context, id string, trouble identity.Message) error {
	err := s.store.write(ctx, func(tx *transaction) (err error) {
		if trouble.ID == "" {
			_, err = tx.StreamTested(ctx, query.StreamTestedParams{OrganizationID: s.home, ID: id, NowUs: tx.now})
		} else {
			_, err = tx.StreamTestFailed(ctx, query.StreamTestFailedParams{
				OrganizationID: s.home, ID: id, NowUs: tx.now, Trouble: messageText(trouble),
			})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note a test: %w", err)
	}
	return nil
}

func streamPlace(id string) place { return place{table: "streams", column: "secret", row: id} }

// Above are the platform's targets, which a school's log goes to as well: what they
// are called, and not where they are.
func (s *Streams) Above(ctx context.Context) ([]identity.StreamTarget, error) {
	if s.platform {
		return nil, nil
	}
	rows, err := s.store.read().Streams(ctx, string(s.store.operators))
	if err != nil {
		return nil, fmt.Errorf("list the platform's streams: %w", translate(err))
	}
	var targets []identity.StreamTarget
	for _, row := range rows {
		if !row.Paused {
			targets = append(targets, identity.StreamTarget{Kind: identity.StreamKind(row.Kind), Name: row.Name})
		}
	}
	return targets, nil
}
