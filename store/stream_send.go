package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// DueStream is a target that is behind. It is for package stream alone.
type DueStream struct {
	identity.StreamTarget
	Platform bool
	home     string
	reaching int64 // the end of a batch that was on its way; 0: none was
	sealed   string
	keys     *KeyRing
}

// Secret is what opens the target, or signs what is sent to it.
func (d DueStream) Secret() (string, error) {
	secret, err := d.keys.open(streamPlace(d.ID), d.sealed)
	if err != nil {
		return "", fmt.Errorf("open the secret of stream %s: %w", d.ID, err)
	}
	return string(secret), nil
}

// StreamBatch is what goes to a target at once.
type StreamBatch struct {
	Records []identity.AuditRecord
	// After and Through bound the batch in the log of the target. Whenever the
	// same batch is sent they are the same.
	After, Through int64
}

// DueStreams are the targets that are behind and may be tried now.
func (s *Store) DueStreams(ctx context.Context) ([]DueStream, error) {
	q := s.read()
	due, err := q.DueStreams(ctx, query.DueStreamsParams{Operators: string(s.operators), NowUs: micros(s.clock())})
	if err != nil {
		return nil, fmt.Errorf("list due streams: %w", translate(err))
	}
	streams := make([]DueStream, 0, len(due))
	for _, d := range due {
		row, err := q.Stream(ctx, query.StreamParams(d))
		if errors.Is(err, sql.ErrNoRows) {
			continue // deleted since
		}
		if err != nil {
			return nil, fmt.Errorf("load stream: %w", translate(err))
		}
		streams = append(streams, s.dueStream(row))
	}
	return streams, nil
}

func (s *Store) dueStream(row query.Stream) DueStream {
	return DueStream{
		StreamTarget: streamOf(row), Platform: row.OrganizationID == string(s.operators),
		home: row.OrganizationID, reaching: row.Reaching, sealed: row.Secret, keys: s.keys,
	}
}

// NextStreamBatch is what a target is to be sent next, at most so many records,
// or exactly what was on its way when it was cut off. The batch is on its way from
// now on. None is not found ("stream.nothing"): somebody else was faster.
func (s *Store) NextStreamBatch(ctx context.Context, d DueStream, most int) (StreamBatch, error) {
	through := int64(math.MaxInt64)
	if d.reaching > 0 {
		through = d.reaching
		most = math.MaxInt32 // the batch may be one of a version that made larger ones
	}
	rows, err := s.streamRecords(ctx, d, through, int64(most))
	if err != nil {
		return StreamBatch{}, fmt.Errorf("read what is to be streamed: %w", translate(err))
	}
	if len(rows) == 0 && d.reaching == 0 {
		return StreamBatch{}, identity.NotFound("stream.nothing")
	}
	batch := StreamBatch{After: d.Position, Through: d.reaching}
	for _, row := range rows {
		record, err := auditRecordOf(row)
		if err != nil {
			return StreamBatch{}, err
		}
		batch.Records = append(batch.Records, record)
		if d.reaching == 0 {
			batch.Through = row.Number
			if d.Platform {
				batch.Through = row.Position
			}
		}
	}
	err = s.write(ctx, func(tx *transaction) error {
		begun, err := tx.StreamBegun(ctx, query.StreamBegunParams{
			OrganizationID: d.home, ID: d.ID, Position: d.Position, Reaching: batch.Through,
		})
		if err == nil && begun == 0 {
			return identity.NotFound("stream.nothing") // paused, deleted, or sent by another process
		}
		return err
	})
	if err != nil {
		return StreamBatch{}, fmt.Errorf("begin a batch: %w", err)
	}
	return batch, nil
}

func (s *Store) streamRecords(ctx context.Context, d DueStream, through, most int64) ([]query.AuditRecord, error) {
	if d.Platform {
		return s.read().StreamRecordsOfAll(ctx, query.StreamRecordsOfAllParams{
			AfterPosition: d.Position, ThroughPosition: through, MaxRows: most,
		})
	}
	return s.read().StreamRecordsOfHome(ctx, query.StreamRecordsOfHomeParams{
		HomeID: d.home, AfterNumber: d.Position, ThroughNumber: through, MaxRows: most,
	})
}

// StreamTook moves a target's cursor behind a batch that it took, and answers the
// target as it is then.
func (s *Store) StreamTook(ctx context.Context, d DueStream, b StreamBatch) (DueStream, error) {
	err := s.write(ctx, func(tx *transaction) error {
		_, err := tx.StreamTook(ctx, query.StreamTookParams{
			OrganizationID: d.home, ID: d.ID, Position: b.After, Reaching: b.Through,
			Records: int64(len(b.Records)), NowUs: tx.now,
		})
		return err
	})
	if err != nil {
		return d, fmt.Errorf("move a stream's cursor: %w", err)
	}
	d.Position, d.reaching, d.Failures = b.Through, 0, 0
	return d, nil
}

// StreamFailed notes why a target did not take a batch, and when it is tried
// again.
func (s *Store) StreamFailed(ctx context.Context, d DueStream, trouble identity.Message, next time.Time) error {
	err := s.write(ctx, func(tx *transaction) error {
		_, err := tx.StreamFailed(ctx, query.StreamFailedParams{
			OrganizationID: d.home, ID: d.ID, Position: d.Position,
			Trouble: messageText(trouble), NowUs: tx.now, NextUs: micros(next),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("note a stream's failure: %w", err)
	}
	return nil
}

// withLag is a target with how far it is behind.
func (s *Streams) withLag(ctx context.Context, row query.Stream) (identity.StreamTarget, error) {
	t := streamOf(row)
	q := s.store.read()
	whose := s.home
	if s.platform {
		whose = ""
	}
	end, err := streamEnd(ctx, q, whose)
	if err != nil {
		return t, translate(err)
	}
	if end <= t.Position {
		return t, nil
	}
	t.Waiting = int(min(end-t.Position, identity.MaxWaiting))
	var since int64
	if s.platform {
		since, err = q.StreamWaitingOfAll(ctx, t.Position)
	} else {
		since, err = q.StreamWaitingOfHome(ctx, query.StreamWaitingOfHomeParams{HomeID: s.home, AfterNumber: t.Position})
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return t, translate(err)
	}
	t.WaitingSince = moment(since)
	return t, nil
}

// streamEnd is where the log of home ends, as its targets count; of no home, that
// of the installation.
func streamEnd(ctx context.Context, q *query.Queries, home string) (int64, error) {
	head, err := q.StreamHead(ctx, home)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, nil // nothing was closed yet
	case home == "":
		return head.Position, err
	}
	return head.Number, err
}

func streamOf(row query.Stream) identity.StreamTarget {
	return identity.StreamTarget{
		ID: row.ID, Kind: identity.StreamKind(row.Kind), Name: row.Name, Address: row.Address, Bucket: row.Bucket,
		Region: row.Region, Prefix: row.Prefix, AccessKey: row.AccessKey, Authorities: row.Authorities,
		Paused: row.Paused, Position: row.Position, Delivered: row.Delivered, Failures: int(row.Failures),
		Trouble: parseMessage(row.Trouble), FailedAt: moment(row.FailedUs), SucceededAt: moment(row.SucceededUs),
		NextAt: moment(row.NextUs), CreatedAt: moment(row.CreatedUs),
	}
}
