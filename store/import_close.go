package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// CloseImportRows applies what was answered about rows, closes their records and
// counts them: all in one transaction. A row that is closed already is left alone.
func (o *Organization) CloseImportRows(ctx context.Context, id ImportID, done []ImportedRow) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := o.store.write(ctx, func(tx *transaction) error {
		tx, free := tx.prepare()
		defer free()
		i, err := o.importIn(ctx, tx, id)
		if err != nil {
			return err
		}
		var facts []identity.Fact
		for _, d := range done {
			facts = append(facts, d.Facts...)
		}
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		ctx := identity.WithRequest(ctx, i.Request)
		for _, d := range done {
			if err := o.closeImportRow(ctx, tx, &i, d); err != nil {
				return err
			}
		}
		i.Trouble = identity.Message{}
		if err := tx.putImport(ctx, o.id, i); err != nil {
			return err
		}
		return tx.putReceipts(ctx, o.id, i)
	})
	if err != nil {
		return fmt.Errorf("close rows of an import: %w", err)
	}
	return nil
}

func (o *Organization) closeImportRow(ctx context.Context, tx *transaction, i *Import, d ImportedRow) error {
	reasons, err := jsonText(d.Reasons)
	if err != nil {
		return err
	}
	steps, err := jsonText(d.Row.Steps)
	if err != nil {
		return err
	}
	closed, err := tx.CloseImportRow(ctx, query.CloseImportRowParams{
		OrganizationID: o.id, ImportID: string(i.ID), Position: d.Row.Position, Outcome: string(d.Outcome), Reasons: reasons,
		UserName: d.Row.UserName, UserID: string(d.Row.User), Steps: steps,
	})
	if err != nil || closed == 0 {
		return err
	}
	outcome := identity.OutcomeDone
	if d.Outcome == OutcomeRefused {
		outcome = identity.OutcomeFailed
	}
	if err := tx.closeBatch(ctx, o, o.importChange(i.ID, d.Row), outcome); err != nil {
		return err
	}
	i.Receipt.count(d)
	if d.Outcome == OutcomeRefused || d.Outcome == OutcomeInvited {
		return nil
	}
	if err := o.identify(ctx, tx, *i, d.Row); err != nil {
		return err
	}
	if err := o.keepRowGuardians(ctx, tx, *i, d.Row); err != nil {
		return err
	}
	if d.Row.Secret == "" {
		return nil
	}
	return o.store.keepFirstSecrets(ctx, tx, []identity.FirstSecret{{User: d.Row.User, Home: i.Home, Secret: d.Row.Secret}})
}

// count counts a row in the receipt.
func (r *ImportReceipt) count(d ImportedRow) {
	switch {
	case d.Outcome == OutcomeRefused:
		r.Refused++
	case d.Outcome == OutcomeInvited:
		r.Invited++
	case d.Row.Kind == roster.KindCreate:
		r.Created++
		switch d.Outcome {
		case OutcomeVerified:
			r.Verified++
		case OutcomeRepaired:
			r.Repaired++
		case OutcomeHidden:
			r.Hidden++
		}
		return
	case d.Row.Kind == roster.KindUpdate:
		r.Updated++
	case d.Row.Kind == roster.KindMove:
		r.Moved++
	case d.Row.Kind == roster.KindRemove:
		r.Removed++
	}
	if d.Outcome == OutcomeHidden {
		r.Hidden++
	}
	if d.Outcome == OutcomeRepaired {
		r.Repaired++
	}
}

// identify keeps the list's number of somebody.
func (o *Organization) identify(ctx context.Context, tx *transaction, i Import, r ImportRow) error {
	for _, s := range r.Steps {
		if s.Kind != roster.StepIdentify {
			continue
		}
		if s.Number != "" {
			if err := tx.DeleteExternalID(ctx, query.DeleteExternalIDParams{
				OrganizationID: string(i.Home), Source: i.Source, ExternalID: s.Number, UserID: string(r.User),
			}); err != nil {
				return err
			}
		}
		if err := tx.PutExternalID(ctx, query.PutExternalIDParams{
			OrganizationID: string(i.Home), Source: i.Source, ExternalID: r.Person.ExternalID, UserID: string(r.User), NowUs: tx.now,
		}); err != nil {
			return err
		}
	}
	return nil
}
