package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// NewImport is a list that somebody brought.
type NewImport struct {
	Submission string // of the form; becomes the import's ID
	FileName   string // empty: pasted
	File       []byte
	Reading    roster.Reading
	Options    ImportOptions
}

// mayImport reports whether the actor may import here: students into a classroom,
// anybody into a school.
func (o *Organization) mayImport() error {
	if o.opened.Organization().Kind == identity.KindSchool {
		return o.opened.Refusal(identity.ManageSchool)
	}
	return o.opened.Refusal(identity.ManageStudents)
}

// BeginImport keeps a list, to be read and planned. The same submission again
// begins nothing and answers the same import.
func (o *Organization) BeginImport(ctx context.Context, n NewImport) (ImportID, error) {
	if err := o.mayImport(); err != nil {
		return "", err
	}
	if !submissionForm.MatchString(n.Submission) {
		return "", identity.Invalid("request.broken")
	}
	id := ImportID(n.Submission)
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	sealed, err := o.store.keys.seal(importPlace(o.id, id), key[:])
	if err != nil {
		return "", fmt.Errorf("begin an import: %w", err)
	}
	file, err := o.store.keys.sealFile(importFilePlace(o.id, id), n.File)
	if err != nil {
		return "", fmt.Errorf("begin an import: %w", err)
	}
	reading, err := json.Marshal(n.Reading)
	if err != nil {
		return "", fmt.Errorf("begin an import: %w", err)
	}
	options, err := json.Marshal(n.Options)
	if err != nil {
		return "", fmt.Errorf("begin an import: %w", err)
	}
	request, actor := identity.RequestFrom(ctx), o.opened.Actor()
	err = o.store.write(ctx, func(tx *transaction) error {
		fresh, err := tx.InsertImport(ctx, query.InsertImportParams{
			OrganizationID: o.id, ID: string(id), HomeID: string(o.opened.Organization().Home()),
			Source: cmp.Or(n.Options.Source, n.Reading.Source()), FileName: n.FileName, Bytes: int64(len(n.File)),
			Format: string(n.Reading.Format), Reading: string(reading), Options: string(options), Sealed: sealed,
			ActorID: string(actor.User), ActorName: actor.Name, RequestID: request.ID, ClientAddress: request.Address,
			Device: request.Device, NowUs: tx.now,
		})
		if err != nil {
			return err
		}
		if fresh == 0 {
			there, err := tx.ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
			if err == nil && there.ActorID != string(actor.User) {
				err = identity.Invalid("request.broken") // somebody else's form
			}
			return err
		}
		return tx.InsertImportFile(ctx, query.InsertImportFileParams{
			OrganizationID: o.id, ImportID: string(id), Content: file, NowUs: tx.now,
		})
	})
	if err != nil {
		return "", fmt.Errorf("begin an import: %w", err)
	}
	return id, nil
}

// SetImportReading changes how the list of an import is read and what it is to
// mean. What was planned is thrown away. One that is being applied, or was, is a
// conflict ("import.begun").
func (o *Organization) SetImportReading(ctx context.Context, id ImportID, reading roster.Reading, options ImportOptions) error {
	if err := o.mayImport(); err != nil {
		return err
	}
	readingText, err := json.Marshal(reading)
	if err != nil {
		return fmt.Errorf("change how an import is read: %w", err)
	}
	optionsText, err := json.Marshal(options)
	if err != nil {
		return fmt.Errorf("change how an import is read: %w", err)
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		if _, err := o.importIn(ctx, tx, id, ImportReading, ImportPlanned, ImportFailed); err != nil {
			return err
		}
		if err := tx.emptyImport(ctx, o.id, id); err != nil {
			return err
		}
		return tx.SetImportReading(ctx, query.SetImportReadingParams{
			OrganizationID: o.id, ID: string(id), Reading: string(readingText), Format: string(reading.Format),
			Options: string(optionsText), Source: cmp.Or(options.Source, reading.Source()),
		})
	})
	if err != nil {
		return fmt.Errorf("change how an import is read: %w", err)
	}
	return nil
}

// importIn loads an import that has to be in one of the states, if any are named.
func (o *Organization) importIn(ctx context.Context, tx *transaction, id ImportID, states ...ImportState) (Import, error) {
	row, err := tx.ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return Import{}, orNotFound(err, errNoImport())
	}
	if len(states) > 0 && !slices.Contains(states, ImportState(row.State)) {
		return Import{}, identity.Conflict("import.not-now")
	}
	return importOf(row)
}

// emptyImport forgets all rows.
func (tx *transaction) emptyImport(ctx context.Context, organization string, id ImportID) error {
	return errors.Join(
		tx.DeleteImportRows(ctx, query.DeleteImportRowsParams{OrganizationID: organization, ImportID: string(id)}),
		tx.DeleteImportKeys(ctx, query.DeleteImportKeysParams{OrganizationID: organization, ImportID: string(id)}),
		tx.DeleteImportCandidates(ctx, query.DeleteImportCandidatesParams{OrganizationID: organization, ImportID: string(id)}),
		tx.DeleteImportClassrooms(ctx, query.DeleteImportClassroomsParams{OrganizationID: organization, ImportID: string(id)}),
		tx.DeleteImportEnrolments(ctx, query.DeleteImportEnrolmentsParams{OrganizationID: organization, ImportID: string(id)}),
	)
}

// importPlace is where the key of an import is kept.
func importPlace(organization string, id ImportID) place {
	return place{table: "imports", column: "sealed", row: organization + "/" + string(id)}
}

// importFilePlace is where its list is kept: whole, with whatever else a school's
// program wrote beside the names.
func importFilePlace(organization string, id ImportID) place {
	return place{table: "import_files", column: "content", row: organization + "/" + string(id)}
}

// putImport writes the state and the times of an import.
func (tx *transaction) putImport(ctx context.Context, organization string, i Import) error {
	trouble := ""
	if i.Trouble.ID != "" {
		trouble = messageText(i.Trouble)
	}
	return tx.SetImportState(ctx, query.SetImportStateParams{
		OrganizationID: organization, ID: string(i.ID), State: string(i.State), Trouble: trouble,
		PlannedUs: micros(i.PlannedAt), AppliedUs: micros(i.AppliedAt), FinishedUs: micros(i.FinishedAt),
		PausedUs: micros(i.PausedAt), CancelledUs: micros(i.CancelledAt), UndoneUs: micros(i.UndoneAt),
	})
}
