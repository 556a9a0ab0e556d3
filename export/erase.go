package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Erase erases one school: its classrooms, its people and itself at Zitadel, all
// that is kept of them here, its log, and its archives. It is the handler of
// [store.EraseJob]. Every step may be repeated, so that the same job goes on after
// a crash, or once Zitadel is back.
func (w Works) Erase(ctx context.Context, payload json.RawMessage, last bool) error {
	var job store.ErasePayload
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	e, err := w.Store.Erasure(ctx, job.School)
	if identity.IsKind(err, identity.KindNotFound) {
		return nil // done before
	}
	if err != nil {
		return err
	}
	err = w.erase(ctx, e)
	var told *identity.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told):
		return errors.Join(err, w.Store.TroubleErasure(ctx, job.School, told.Message))
	case last:
		return errors.Join(err, w.Store.TroubleErasure(ctx, job.School, identity.Say("erase.gave-up")))
	}
	return err
}

func (w Works) erase(ctx context.Context, e identity.Erasure) error {
	school, err := w.Store.OpenUnattended(ctx, e.School)
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return err
	}
	if err == nil { // otherwise it went before a crash
		if err := w.eraseOrganizations(ctx, e, school); err != nil {
			return err
		}
	}
	if _, err := w.Store.EraseAudit(ctx, e.Operator, e.School, e.Name); err != nil {
		return err
	}
	if err := w.RemoveAll(e.School); err != nil {
		return fmt.Errorf("remove the archives: %w", err)
	}
	return w.Store.FinishErasure(ctx, e)
}

// eraseOrganizations goes through the classrooms, and then takes the school, with
// which its people go.
func (w Works) eraseOrganizations(ctx context.Context, e identity.Erasure, school identity.Opened) error {
	for classroom, err := range w.Store.In(school).EveryClassroom(ctx) {
		if err != nil {
			return err
		}
		opened, err := identity.OpenLeaving(classroom)
		if err != nil {
			return err
		}
		// One that stood alone before has a log of its own from that time. It goes
		// first: once the classroom is gone, nothing here leads to its log.
		if _, err := w.Store.EraseAudit(ctx, e.Operator, classroom.ID, classroom.Name); err != nil {
			return err
		}
		if err := w.eraseOrganization(ctx, opened); err != nil {
			return err
		}
	}
	return w.eraseOrganization(ctx, school)
}

func (w Works) eraseOrganization(ctx context.Context, opened identity.Opened) error {
	fact, err := w.Provisioner.Delete(ctx, opened)
	if err != nil {
		return fmt.Errorf("delete organization %s: %w", opened.ID(), err)
	}
	gone, ok := fact.(identity.OrganizationRemoved)
	if !ok { // it was gone already
		gone = identity.OrganizationRemoved{Organization: opened.ID(), At: w.Now()}
	}
	return w.Store.EraseOrganization(ctx, gone)
}
