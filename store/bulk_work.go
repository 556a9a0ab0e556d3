package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Run is one of the organization's runs; not found ("bulk.not-found") for any
// other.
func (o *Organization) Run(ctx context.Context, id identity.BulkRunID) (identity.BulkRun, error) {
	row, err := o.store.read().BulkRun(ctx, query.BulkRunParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return identity.BulkRun{}, fmt.Errorf("load a run: %w", orNotFound(err, errNoRun()))
	}
	return bulkRunOf(row), nil
}

func bulkRunOf(row query.BulkRun) identity.BulkRun {
	run := identity.BulkRun{
		ID: identity.BulkRunID(row.ID), Action: identity.BulkAction(row.Action),
		UndoOf: identity.BulkRunID(row.UndoOf), UndoneBy: identity.BulkRunID(row.UndoneBy),
		Actor:   identity.Actor{User: identity.UserID(row.ActorID), Name: row.ActorName},
		Request: identity.Request{ID: row.RequestID, Address: row.ClientAddress, Device: row.Device},
		Total:   int(row.Total), Changed: int(row.Changed), Unchanged: int(row.Unchanged), Refused: int(row.Refused),
		Trouble: parseMessage(row.Trouble), BegunAt: moment(row.BegunUs), FinishedAt: moment(row.FinishedUs),
	}
	_ = json.Unmarshal([]byte(row.Parameters), &run.Parameters) // our own; without them it is refused
	return run
}

// RunPage is a page of runs, newest first.
type RunPage struct {
	Runs []identity.BulkRun
	Next string // empty on the last page
}

// Runs lists the organization's runs, newest first.
func (o *Organization) Runs(ctx context.Context, after string) (RunPage, error) {
	before, err := parseTimeCursor(after)
	if err != nil {
		return RunPage{}, err
	}
	limit := limitOf(0)
	rows, err := o.store.read().BulkRuns(ctx, query.BulkRunsParams{
		OrganizationID: o.id, BeforeUs: before.us, BeforeID: before.id, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return RunPage{}, fmt.Errorf("list runs: %w", translate(err))
	}
	var page RunPage
	for i, row := range rows {
		if i == limit {
			page.Next = timeCursor{us: rows[i-1].BegunUs, id: rows[i-1].ID}.String()
			break
		}
		page.Runs = append(page.Runs, bulkRunOf(row))
	}
	return page, nil
}

// TroubledRuns counts the runs of the last week that left somebody out or wait
// for something.
func (o *Organization) TroubledRuns(ctx context.Context) (int, error) {
	n, err := o.store.read().TroubledBulkRuns(ctx, query.TroubledBulkRunsParams{
		OrganizationID: o.id, SinceUs: micros(o.store.clock().Add(-7 * 24 * time.Hour)),
	})
	if err != nil {
		return 0, fmt.Errorf("count runs: %w", translate(err))
	}
	return int(n), nil
}

// ItemPage is a page of the items of a run.
type ItemPage struct {
	Items []identity.BulkItem
	Next  string // empty on the last page
}

// RunItems lists the items of a run in a state.
func (o *Organization) RunItems(
	ctx context.Context, run identity.BulkRunID, state identity.BulkItemState, after string,
) (ItemPage, error) {
	position := int64(math.MinInt64)
	if after != "" {
		var err error
		if position, err = strconv.ParseInt(after, 36, 64); err != nil {
			return ItemPage{}, errCursor()
		}
	}
	limit := limitOf(0)
	rows, err := o.store.read().BulkItemsOf(ctx, query.BulkItemsOfParams{
		OrganizationID: o.id, RunID: string(run), State: string(state), After: position, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return ItemPage{}, fmt.Errorf("list the items of a run: %w", translate(err))
	}
	var page ItemPage
	for i, row := range rows {
		if i == limit {
			page.Next = strconv.FormatInt(rows[i-1].Position, 36)
			break
		}
		page.Items = append(page.Items, bulkItemOf(row))
	}
	return page, nil
}

func bulkItemOf(row query.BulkItem) identity.BulkItem {
	item := identity.BulkItem{
		Position: row.Position, Target: row.Target, Name: row.Name, State: identity.BulkItemState(row.State),
		Reason: parseMessage(row.Reason), Place: row.Place,
	}
	if row.Effects != "" {
		_ = json.Unmarshal([]byte(row.Effects), &item.Effects) // our own
	}
	return item
}

// NextItems are the next items of a run to be worked on: what was cut off comes
// first.
func (o *Organization) NextItems(ctx context.Context, run identity.BulkRunID, most int) ([]identity.BulkItem, error) {
	for _, state := range []identity.BulkItemState{identity.ItemBegun, identity.ItemWaiting} {
		rows, err := o.store.read().NextBulkItems(ctx, query.NextBulkItemsParams{
			OrganizationID: o.id, RunID: string(run), State: string(state), MaxRows: int64(most),
		})
		if err != nil {
			return nil, fmt.Errorf("list the next items of a run: %w", translate(err))
		}
		if len(rows) > 0 {
			items := make([]identity.BulkItem, len(rows))
			for i, row := range rows {
				items[i] = bulkItemOf(row)
			}
			return items, nil
		}
	}
	return nil, nil // done is no error
}

func effectsText(effects []identity.Effect) (string, error) {
	if len(effects) == 0 {
		return "", nil
	}
	text, err := json.Marshal(effects)
	return string(text), err
}

// BeginItem notes what is about to be done, so that it can be gone on with after
// a crash.
func (o *Organization) BeginItem(
	ctx context.Context, run identity.BulkRunID, position int64, effects []identity.Effect,
) error {
	text, err := effectsText(effects)
	if err != nil {
		return err
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		return tx.BeginBulkItem(ctx, query.BeginBulkItemParams{
			OrganizationID: o.id, RunID: string(run), Position: position, Effects: text,
		})
	})
	if err != nil {
		return fmt.Errorf("begin an item of a run: %w", err)
	}
	return nil
}

// CloseItem notes what became of an item, and counts it once.
func (o *Organization) CloseItem(ctx context.Context, run identity.BulkRunID, item identity.BulkItem) error {
	text, err := effectsText(item.Effects)
	if err != nil {
		return err
	}
	reason := ""
	if item.Reason.ID != "" {
		reason = messageText(item.Reason)
	}
	count := map[identity.BulkItemState]int64{item.State: 1}
	err = o.store.write(ctx, func(tx *transaction) error {
		closed, err := tx.CloseBulkItem(ctx, query.CloseBulkItemParams{
			OrganizationID: o.id, RunID: string(run), Position: item.Position, State: string(item.State),
			Reason: reason, Place: item.Place, Effects: text,
		})
		if err != nil || closed == 0 {
			return err
		}
		return tx.CountBulkItem(ctx, query.CountBulkItemParams{
			OrganizationID: o.id, ID: string(run), Changed: count[identity.ItemChanged],
			Unchanged: count[identity.ItemUnchanged], Refused: count[identity.ItemRefused],
		})
	})
	if err != nil {
		return fmt.Errorf("close an item of a run: %w", err)
	}
	return nil
}

// RunTrouble notes why a run waits.
func (o *Organization) RunTrouble(ctx context.Context, run identity.BulkRunID, why identity.Message) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return tx.SetBulkTrouble(ctx, query.SetBulkTroubleParams{OrganizationID: o.id, ID: string(run), Trouble: messageText(why)})
	})
	if err != nil {
		return fmt.Errorf("note why a run waits: %w", err)
	}
	return nil
}

// ContinueRun leaves the rest of a run to another job.
func (o *Organization) ContinueRun(ctx context.Context, run identity.BulkRunID) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return o.store.enqueue(ctx, tx, BulkJob, BulkPayload{Organization: o.opened.ID(), Run: run, Actor: o.opened.Actor().User})
	})
	if err != nil {
		return fmt.Errorf("go on with a run: %w", err)
	}
	return nil
}

// FinishRun closes a run of which nothing is left, with its record.
func (o *Organization) FinishRun(ctx context.Context, run identity.BulkRunID) error {
	return o.store.finishRun(ctx, o.opened.ID(), run, o.opened.Role(), nil)
}

// AbandonRun refuses everybody who is left of a run that nothing stands behind
// any more, such as the rights of who began it, and closes it.
func (s *Store) AbandonRun(ctx context.Context, job BulkPayload, why identity.Message) error {
	return s.finishRun(ctx, job.Organization, job.Run, "", &why)
}

func (s *Store) finishRun(
	ctx context.Context, organization identity.OrganizationID, id identity.BulkRunID, role identity.Role, refuse *identity.Message,
) error {
	err := s.write(ctx, func(tx *transaction) error {
		if refuse != nil {
			left, err := tx.RefuseBulkItems(ctx, query.RefuseBulkItemsParams{
				OrganizationID: string(organization), RunID: string(id), Reason: messageText(*refuse),
			})
			if err != nil {
				return err
			}
			if err := tx.CountBulkItem(ctx, query.CountBulkItemParams{
				OrganizationID: string(organization), ID: string(id), Refused: left,
			}); err != nil {
				return err
			}
		}
		finished, err := tx.FinishBulkRun(ctx, query.FinishBulkRunParams{
			OrganizationID: string(organization), ID: string(id), NowUs: tx.now,
		})
		if err != nil || finished == 0 {
			return err
		}
		row, err := tx.BulkRun(ctx, query.BulkRunParams{OrganizationID: string(organization), ID: string(id)})
		if err != nil {
			return err
		}
		run := bulkRunOf(row)
		return tx.audit(ctx, &identity.AuditRecord{
			Organization: organization, Actor: run.Actor, ActorRole: role, Action: identity.ActionBulkFinished,
			Target: string(id), RequestID: run.Request.ID, Address: run.Request.Address, Device: run.Request.Device,
			After: map[string]string{
				"bulk": string(run.Action), "changed": strconv.Itoa(run.Changed),
				"unchanged": strconv.Itoa(run.Unchanged), "refused": strconv.Itoa(run.Refused),
			},
			Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
		})
	})
	if err != nil {
		return fmt.Errorf("finish a run: %w", err)
	}
	return nil
}
