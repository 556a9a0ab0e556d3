package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ExportJob is the kind of job that writes the archive of a school, and
// ExportPayload what it is given.
const ExportJob = "export"

// ExportPayload says which one.
type ExportPayload struct {
	School identity.OrganizationID `json:"school"`
	Export identity.ExportID       `json:"export"`
}

// exportsListed is how many exports a page shows.
const exportsListed = 20

// BeginExport asks for an archive of all that the school owns. One is made at a
// time ("export.under-way").
func (o *Organization) BeginExport(ctx context.Context) (identity.ExportID, error) {
	var id string
	err := o.store.write(ctx, func(tx *transaction) error {
		waiting, err := tx.WaitingExports(ctx, o.id)
		if err != nil {
			return err
		}
		if waiting > 0 {
			return identity.Conflict("export.under-way")
		}
		id = newID(tx.now)
		actor := o.opened.Actor()
		if err := tx.InsertExport(ctx, query.InsertExportParams{
			OrganizationID: o.id, ID: id, AskerID: string(actor.User), AskerName: actor.Name, NowUs: tx.now,
		}); err != nil {
			return err
		}
		if err := o.record(ctx, tx, identity.Change{Action: identity.ActionSchoolExported, Target: id}); err != nil {
			return err
		}
		return o.store.enqueue(ctx, tx, ExportJob, ExportPayload{School: o.opened.ID(), Export: identity.ExportID(id)})
	})
	if err != nil {
		return "", fmt.Errorf("begin an export: %w", err)
	}
	return identity.ExportID(id), nil
}

// Export is an export of the school; not found ("export.not-found") otherwise.
func (o *Organization) Export(ctx context.Context, id identity.ExportID) (identity.SchoolExport, error) {
	row, err := o.store.read().ExportByID(ctx, query.ExportByIDParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return identity.SchoolExport{}, fmt.Errorf("load export: %w", orNotFound(err, identity.NotFound("export.not-found")))
	}
	return exportOf(row), nil
}

// Exports lists the latest exports of the school, newest first.
func (o *Organization) Exports(ctx context.Context) ([]identity.SchoolExport, error) {
	rows, err := o.store.read().Exports(ctx, query.ExportsParams{OrganizationID: o.id, Most: exportsListed})
	if err != nil {
		return nil, fmt.Errorf("list exports: %w", translate(err))
	}
	exports := make([]identity.SchoolExport, len(rows))
	for i, row := range rows {
		exports[i] = exportOf(row)
	}
	return exports, nil
}

func exportOf(row query.Export) identity.SchoolExport {
	e := identity.SchoolExport{
		ID: identity.ExportID(row.ID), State: identity.ExportState(row.State),
		Asker:   identity.Actor{User: identity.UserID(row.AskerID), Name: row.AskerName},
		AskedAt: moment(row.AskedUs), FinishedAt: moment(row.FinishedUs),
		Bytes: row.Bytes, SHA256: row.Sha256, Rows: int(row.Records),
	}
	if e.State == identity.ExportReady {
		e.ExpiresAt = e.FinishedAt.Add(identity.ExportKept)
	}
	return e
}

// CloseExport notes what became of an export: ready or failed. It may be
// repeated.
func (o *Organization) CloseExport(ctx context.Context, e identity.SchoolExport) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		_, err := tx.CloseExport(ctx, query.CloseExportParams{
			OrganizationID: o.id, ID: string(e.ID), State: string(e.State), NowUs: tx.now, Bytes: e.Bytes,
			Sha256: e.SHA256, Records: int64(e.Rows),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("close an export: %w", err)
	}
	return nil
}

// ExportTaken records that the archive itself was fetched.
func (o *Organization) ExportTaken(ctx context.Context, e identity.SchoolExport) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionExportTaken, Target: string(e.ID), After: map[string]string{"sha256": e.SHA256},
		})
	})
	if err != nil {
		return fmt.Errorf("record that an export was taken: %w", err)
	}
	return nil
}

// OpenUnattended opens a school for the portal's own work on it, whether it is
// suspended or not; not found ("organization.not-found") if there is none.
func (s *Store) OpenUnattended(ctx context.Context, id identity.OrganizationID) (identity.Opened, error) {
	missing := identity.NotFound("organization.not-found")
	school, err := s.organization(ctx, string(id))
	if err != nil {
		return identity.Opened{}, fmt.Errorf("load school: %w", orNotFound(err, missing))
	}
	return identity.OpenLeaving(school)
}

// EndOldExports lets go of archives that were ready longer than they are kept:
// remove deletes the file of each. One that cannot be deleted is told of, and
// keeps no other from going.
func (s *Store) EndOldExports(ctx context.Context, remove func(identity.OrganizationID, identity.ExportID) error) error {
	rows, err := s.read().OldExports(ctx, query.OldExportsParams{
		BeforeUs: micros(s.clock().Add(-identity.ExportKept)), Most: schoolsAtOnce,
	})
	if err != nil {
		return fmt.Errorf("list old exports: %w", translate(err))
	}
	var failures []error
	for _, row := range rows {
		if err := remove(identity.OrganizationID(row.OrganizationID), identity.ExportID(row.ID)); err != nil {
			failures = append(failures, fmt.Errorf("remove an export: %w", err))
			continue
		}
		err := s.write(ctx, func(tx *transaction) error {
			return tx.EndExport(ctx, query.EndExportParams(row))
		})
		if err != nil {
			return errors.Join(append(failures, fmt.Errorf("end an export: %w", err))...)
		}
	}
	return errors.Join(failures...)
}

// SigningKey is the key with which the installation signs what it hands out. Its
// public half is among [Store.CheckpointKeys].
func (s *Store) SigningKey() (ed25519.PrivateKey, error) {
	keys, err := s.keys.signingKeys()
	if err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	return keys[0], nil
}

// ExportFolder is where archives wait to be fetched: beside the database.
func (s *Store) ExportFolder() string { return s.path + ".exports" }
