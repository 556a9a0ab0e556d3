package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// audit writes a record, and gives it an ID and a time if it has none. One that
// is closed is chained at once; one that is begun when [transaction.closeRecord]
// closes it. Nothing else writes audit_records: a row that is changed in any
// other way breaks its chain.
func (tx *transaction) audit(ctx context.Context, r *identity.AuditRecord) error {
	if r.ID == "" {
		r.ID = newID(tx.now)
	}
	if r.At.IsZero() {
		r.At = moment(tx.now)
	}
	home, name, err := tx.homeOf(ctx, r.Organization)
	if err != nil {
		return fmt.Errorf("find the home of an audit record: %w", err)
	}
	if r.Home == "" {
		r.Home = home
	}
	tidy(r)
	if r.Outcome != identity.OutcomeBegun {
		if err := tx.chain(ctx, r); err != nil {
			return err
		}
	}
	row, err := tx.auditRow(ctx, micros(r.At))
	if err != nil {
		return fmt.Errorf("place audit record: %w", err)
	}
	err = tx.InsertAuditRecord(ctx, query.InsertAuditRecordParams{
		RowID: row, OrganizationID: string(r.Organization), HomeID: string(r.Home), ID: r.ID, AtUs: micros(r.At),
		ActorID: string(r.Actor.User), ActorName: r.Actor.Name, ActorRole: string(r.ActorRole),
		Action: string(r.Action), Target: r.Target, TargetName: r.TargetName,
		BeforeValues: auditValues(r.Before), AfterValues: auditValues(r.After),
		RequestID: r.RequestID, ClientAddress: r.Address, Device: r.Device,
		Source: string(r.Source), Outcome: string(r.Outcome), ClosedUs: micros(r.ClosedAt),
		EventType: r.Event.Type, EventAggregate: r.Event.Aggregate, EventSequence: int64(r.Event.Sequence),
		Position: r.Position, Number: r.Number, Hash: r.Hash,
	})
	if err != nil {
		return fmt.Errorf("write audit record: %w", err)
	}
	return tx.indexAudit(ctx, row, *r, name)
}

// closeRecord says what became of a record that was begun, and chains it. One
// that is closed already, or is not there, stays as it is.
func (tx *transaction) closeRecord(ctx context.Context, organization, id string, outcome identity.Outcome) error {
	row, err := tx.AuditRecordIn(ctx, query.AuditRecordInParams{OrganizationID: organization, ID: id})
	if errors.Is(err, sql.ErrNoRows) || err == nil && row.Outcome != string(identity.OutcomeBegun) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load audit record: %w", err)
	}
	r, err := auditRecordOf(row)
	if err != nil {
		return err
	}
	if r.Home == "" {
		if r.Home, _, err = tx.homeOf(ctx, r.Organization); err != nil {
			return fmt.Errorf("find the home of an audit record: %w", err)
		}
	}
	r.Outcome = outcome
	return tx.closed(ctx, r)
}

// closed chains a record that is not chained yet.
func (tx *transaction) closed(ctx context.Context, r identity.AuditRecord) error {
	if err := tx.chain(ctx, &r); err != nil {
		return err
	}
	_, err := tx.CloseAuditRecord(ctx, query.CloseAuditRecordParams{
		OrganizationID: string(r.Organization), ID: r.ID, Outcome: string(r.Outcome), NowUs: micros(r.ClosedAt),
		HomeID: string(r.Home), Position: r.Position, Number: r.Number, Hash: r.Hash,
	})
	if err != nil {
		return fmt.Errorf("close audit record: %w", err)
	}
	return nil
}

// chain gives a record that is now closed its place behind the last one of its
// home. Positions come from one row, so that whoever reads in their order meets
// no record later than one that was committed after it.
func (tx *transaction) chain(ctx context.Context, r *identity.AuditRecord) error {
	if r.ClosedAt.IsZero() {
		r.ClosedAt = moment(tx.now)
	}
	head, err := headIn(ctx, tx.Queries, r.Home)
	if err != nil {
		return err
	}
	position, err := tx.NextAuditPosition(ctx)
	if err != nil {
		return fmt.Errorf("take a position in the audit log: %w", err)
	}
	head = head.Next(position, r)
	err = tx.PutAuditHead(ctx, query.PutAuditHeadParams{
		HomeID: string(head.Home), Position: head.Position, Number: head.Number, Hash: head.Hash,
	})
	if err != nil {
		return fmt.Errorf("move the end of the audit log: %w", err)
	}
	return nil
}

// headIn is the end of a home's chain.
func headIn(ctx context.Context, q *query.Queries, home identity.OrganizationID) (audit.Head, error) {
	row, err := q.AuditHead(ctx, string(home))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, fmt.Errorf("load the end of an audit log: %w", err)
	}
	return audit.Head{Home: home, Number: row.Number, Position: row.Position, Hash: row.Hash}, nil
}

// homeOf is whose chain the records of an organization are part of now, and what
// people call the organization. One that is not known (yet) is its own home.
func (tx *transaction) homeOf(
	ctx context.Context, organization identity.OrganizationID,
) (home identity.OrganizationID, name string, err error) {
	row, err := tx.AuditHome(ctx, string(organization))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", "", err
	}
	if row.SchoolID != "" {
		return identity.OrganizationID(row.SchoolID), row.Name, nil
	}
	return organization, row.Name, nil
}

// rowsPerMicrosecond is how many records may begin at the same time before they
// are counted to a microsecond later.
const rowsPerMicrosecond = 1024

// auditRow is the row_id of a record that was begun at a time: behind those of
// the same time.
func (tx *transaction) auditRow(ctx context.Context, at int64) (int64, error) {
	for first := at * rowsPerMicrosecond; ; first += rowsPerMicrosecond {
		end := first + rowsPerMicrosecond - 1
		last, err := tx.LastAuditRow(ctx, query.LastAuditRowParams{FirstRow: first, LastRow: end})
		switch {
		case err != nil:
			return 0, err
		case last == 0:
			return first, nil
		case last < end:
			return last + 1, nil
		}
	}
}

// tidy makes a record what it will be when it is read back, because that is what
// is hashed: texts of valid UTF-8 without zero bytes, times in microseconds.
func tidy(r *identity.AuditRecord) {
	r.At = moment(micros(r.At))
	if len(r.Device) > identity.MaxDevice {
		r.Device = r.Device[:identity.MaxDevice]
	}
	for _, text := range []*string{
		&r.ID, &r.Actor.Name, &r.Target, &r.TargetName, &r.RequestID, &r.Address, &r.Device,
		&r.Event.Type, &r.Event.Aggregate,
	} {
		*text = tidyText(*text)
	}
	r.Before, r.After = tidyValues(r.Before), tidyValues(r.After)
}

func tidyValues(values map[string]string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	tidied := make(map[string]string, len(values))
	for key, value := range values {
		tidied[tidyText(key)] = tidyText(value)
	}
	return tidied
}

func tidyText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// auditValues are the texts of a record as JSON; none are an empty text.
func auditValues(values map[string]string) string {
	if len(values) == 0 {
		return ""
	}
	text, _ := json.Marshal(values) // a map of texts always can be
	return string(text)
}

func auditRecordOf(row query.AuditRecord) (identity.AuditRecord, error) {
	r := identity.AuditRecord{
		ID: row.ID, Organization: identity.OrganizationID(row.OrganizationID), Home: identity.OrganizationID(row.HomeID),
		At:        time.UnixMicro(row.AtUs).UTC(),
		Actor:     identity.Actor{User: identity.UserID(row.ActorID), Name: row.ActorName},
		ActorRole: identity.Role(row.ActorRole), Action: identity.Action(row.Action),
		Target: row.Target, TargetName: row.TargetName,
		RequestID: row.RequestID, Address: row.ClientAddress, Device: row.Device,
		Source: identity.Source(row.Source), Outcome: identity.Outcome(row.Outcome), ClosedAt: moment(row.ClosedUs),
		Event:    identity.AuditEvent{Type: row.EventType, Aggregate: row.EventAggregate, Sequence: uint64(row.EventSequence)},
		Position: row.Position, Number: row.Number, Hash: row.Hash,
	}
	for _, v := range []struct {
		text   string
		values *map[string]string
	}{{row.BeforeValues, &r.Before}, {row.AfterValues, &r.After}} {
		if v.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(v.text), v.values); err != nil {
			return identity.AuditRecord{}, fmt.Errorf("read audit record %s: %w", row.ID, err)
		}
	}
	return r, nil
}

func auditRecordsOf(rows []query.AuditRecord) ([]identity.AuditRecord, error) {
	records := make([]identity.AuditRecord, len(rows))
	for i, row := range rows {
		var err error
		if records[i], err = auditRecordOf(row); err != nil {
			return nil, err
		}
	}
	return records, nil
}
