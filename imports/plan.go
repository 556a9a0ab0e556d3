package imports

import (
	"bytes"
	"context"
	"errors"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// Plan reads the list of an import and decides about its rows.
func (e *Engine) Plan(ctx context.Context, org *store.Organization, id store.ImportID) error {
	one, err := org.Import(ctx, id)
	if err != nil {
		return err
	}
	content, err := org.ImportFile(ctx, id)
	if err != nil {
		return err
	}
	stage, err := org.StageImport(ctx, id, 0)
	if err != nil {
		return err
	}
	file := roster.File{ReaderAt: bytes.NewReader(content), Size: int64(len(content)), Name: one.FileName}
	_, err = roster.Read(file, one.Reading, stage)
	var known *identity.Error
	if errors.As(err, &known) {
		return org.EndImport(ctx, id, store.ImportFailed, known.Message)
	}
	if err := errors.Join(err, stage.Close()); err != nil {
		return err
	}
	for after := int64(0); ; {
		if after, err = org.PlanImport(ctx, id, after); err != nil || after == 0 {
			return err
		}
	}
}

// planning is [Engine.Plan] of a long list, in the background.
func (e *Engine) planning(ctx context.Context, w work, _ time.Time) error {
	return e.Plan(ctx, w.rows, w.one.ID)
}
