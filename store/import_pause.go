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

// ImportPause is a time in which lists for the whole school wait, such as the
// summer holidays.
type ImportPause struct {
	ID     string    // the submission of the form that set it
	From   time.Time // the first moment of the first day
	Until  time.Time // the first moment after the last day
	Reason string
	By     string
	MadeAt time.Time
}

// Runs reports whether now is within the pause.
func (p ImportPause) Runs(now time.Time) bool { return !now.Before(p.From) && now.Before(p.Until) }

func pauseOf(row query.ImportPause) ImportPause {
	return ImportPause{
		ID: row.ID, From: moment(row.FromUs), Until: moment(row.UntilUs), Reason: row.Reason, By: row.ByName, MadeAt: moment(row.MadeUs),
	}
}

// ImportPauses are those of the school that run or are to come.
func (o *Organization) ImportPauses(ctx context.Context) ([]ImportPause, error) {
	rows, err := o.store.read().ImportPauses(ctx, query.ImportPausesParams{
		OrganizationID: o.id, AfterUs: micros(o.store.clock()), MaxRows: maxTerms,
	})
	if err != nil {
		return nil, fmt.Errorf("list pauses of imports: %w", translate(err))
	}
	pauses := make([]ImportPause, len(rows))
	for i, row := range rows {
		pauses[i] = pauseOf(row)
	}
	return pauses, nil
}

// ImportsPausedUntil is when the pause ends that keeps lists for the whole school
// from being applied now; zero if there is none. Of a classroom it is its
// school's.
func (o *Organization) ImportsPausedUntil(ctx context.Context) (time.Time, error) {
	school := o.opened.Organization().Home()
	now := micros(o.store.clock())
	// One may begin while another ends.
	var until time.Time
	for range maxTerms {
		row, err := o.store.read().LastPauseNow(ctx, query.LastPauseNowParams{OrganizationID: string(school), NowUs: now})
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("look for a pause of imports: %w", translate(err))
		}
		until, now = moment(row.UntilUs), row.UntilUs
	}
	return until, nil
}

// AddImportPause sets a pause. The same submission again sets nothing.
func (o *Organization) AddImportPause(ctx context.Context, p ImportPause) error {
	if !submissionForm.MatchString(p.ID) {
		return identity.Invalid("request.broken")
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		added, err := tx.InsertImportPause(ctx, query.InsertImportPauseParams{
			OrganizationID: o.id, ID: p.ID, FromUs: micros(p.From), UntilUs: micros(p.Until), Reason: p.Reason,
			ByName: o.opened.Actor().Name, NowUs: tx.now,
		})
		if err != nil || added == 0 {
			return err
		}
		after := auditedDays(p.From, p.Until)
		after["reason"] = p.Reason
		return o.record(ctx, tx, identity.Change{Action: identity.ActionImportsPaused, Target: p.ID, After: after})
	})
	if err != nil {
		return fmt.Errorf("pause imports: %w", err)
	}
	return nil
}

// EndImportPause ends a pause now, or keeps one that is to come from beginning.
// One that is over stays as it is.
func (o *Organization) EndImportPause(ctx context.Context, id string) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		row, err := tx.ImportPause(ctx, query.ImportPauseParams{OrganizationID: o.id, ID: id})
		if err != nil {
			return orNotFound(err, identity.NotFound("import-pause.not-found"))
		}
		if row.UntilUs <= tx.now {
			return nil
		}
		if err := tx.EndImportPause(ctx, query.EndImportPauseParams{OrganizationID: o.id, ID: id, NowUs: tx.now}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionImportsUnpaused, Target: id, Before: auditedDays(moment(row.FromUs), moment(row.UntilUs)),
		})
	})
	if err != nil {
		return fmt.Errorf("end a pause of imports: %w", err)
	}
	return nil
}
