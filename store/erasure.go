package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// EraseJob is the kind of job that erases a school, and ErasePayload what it is
// given.
const EraseJob = "erase"

// ErasePayload says which school.
type ErasePayload struct {
	School identity.OrganizationID `json:"school"`
}

// BeginErasure puts on record that a suspended school is to be erased for good,
// and has it done. export is what the school left with, or zero. Beginning twice
// begins once.
func (p *Platform) BeginErasure(ctx context.Context, school identity.Opened, export identity.SchoolExport) error {
	if !school.Organization().Suspended() || school.Organization().Kind != identity.KindSchool {
		return identity.Conflict("erase.not-suspended")
	}
	id := school.ID()
	err := p.store.write(ctx, func(tx *transaction) error {
		counts, err := tx.CountOfSchool(ctx, string(id))
		if err != nil {
			return err
		}
		request, actor := identity.RequestFrom(ctx), p.opened.Actor()
		if err := tx.InsertErasure(ctx, query.InsertErasureParams{
			School: string(id), Name: school.Organization().Name, OperatorID: string(actor.User), OperatorName: actor.Name,
			RequestID: request.ID, ClientAddress: request.Address, Device: request.Device, ExportID: string(export.ID),
			ExportSha256: export.SHA256, Classrooms: counts.Classrooms, People: counts.People, NowUs: tx.now,
		}); err != nil {
			return err
		}
		if _, err := tx.SessionsOfHome(ctx, query.SessionsOfHomeParams{School: string(id), NowUs: tx.now}); err != nil {
			return err
		}
		return p.store.enqueue(ctx, tx, EraseJob, ErasePayload{School: id})
	})
	if err != nil {
		return fmt.Errorf("begin to erase a school: %w", err)
	}
	return nil
}

// Erasures lists the schools that are being erased.
func (p *Platform) Erasures(ctx context.Context) ([]identity.Erasure, error) {
	rows, err := p.store.read().Erasures(ctx)
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", translate(err))
	}
	erasures := make([]identity.Erasure, len(rows))
	for i, row := range rows {
		erasures[i] = erasureOf(row)
	}
	return erasures, nil
}

// Erasure is a school that is being erased; not found ("erase.not-found") for any
// other, and for one that is erased.
func (s *Store) Erasure(ctx context.Context, school identity.OrganizationID) (identity.Erasure, error) {
	row, err := s.read().ErasureOf(ctx, string(school))
	if err != nil {
		return identity.Erasure{}, fmt.Errorf("load erasure: %w", orNotFound(err, identity.NotFound("erase.not-found")))
	}
	return erasureOf(row), nil
}

func erasureOf(row query.Erasure) identity.Erasure {
	e := identity.Erasure{
		School: identity.OrganizationID(row.SchoolID), Name: row.Name,
		Operator:   identity.Actor{User: identity.UserID(row.OperatorID), Name: row.OperatorName},
		Export:     identity.SchoolExport{ID: identity.ExportID(row.ExportID), SHA256: row.ExportSha256},
		Classrooms: int(row.Classrooms), People: int(row.People), BegunAt: moment(row.BegunUs),
	}
	if row.Trouble != "" {
		_ = json.Unmarshal([]byte(row.Trouble), &e.Trouble) // written by TroubleErasure alone
	}
	return e
}

// TroubleErasure notes why an erasure waits; the zero Message that it goes on.
func (s *Store) TroubleErasure(ctx context.Context, school identity.OrganizationID, why identity.Message) error {
	text := ""
	if why.ID != "" {
		text = messageText(why)
	}
	err := s.write(ctx, func(tx *transaction) error {
		return tx.TroubleErasure(ctx, query.TroubleErasureParams{School: string(school), Trouble: text})
	})
	if err != nil {
		return fmt.Errorf("note why an erasure waits: %w", err)
	}
	return nil
}

// countedTables hold what the projection leaves behind of an organization that is
// gone: counts of nobody, the code of its words, and what it was granted.
var countedTables = []string{"roster_counts", "people_counts", "search_codes", "grants"}

// personalTables hold what is kept of people wherever they are, and goes with
// their home: where they were signed in, forms that wait for them, and what other
// schools noted about their account.
var personalTables = []string{"sessions", "stashes", "bases"}

// EraseOrganization lets go of all that is kept here of an organization that is
// gone at Zitadel: what the projection knows, by the fact of its removal, and the
// portal's own rows. Its log is left to [Store.EraseAudit]. It may be repeated.
func (s *Store) EraseOrganization(ctx context.Context, gone identity.OrganizationRemoved) error {
	err := s.write(ctx, func(tx *transaction) error {
		for _, table := range personalTables {
			_, err := tx.tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE user_id IN (SELECT id FROM users WHERE organization_id = $1)",
				string(gone.Organization))
			if err != nil {
				return fmt.Errorf("forget %s: %w", table, err)
			}
		}
		if err := tx.applyFacts(ctx, []identity.Fact{gone}); err != nil {
			return err
		}
		for _, table := range countedTables {
			if _, err := tx.tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE organization_id = $1", string(gone.Organization)); err != nil {
				return fmt.Errorf("forget %s: %w", table, err)
			}
		}
		return tx.forget(ctx, string(gone.Organization))
	})
	if err != nil {
		return fmt.Errorf("let go of organization %s: %w", gone.Organization, err)
	}
	return nil
}

// FinishErasure writes the receipt on the platform's log and lets go of the last
// row about the school.
func (s *Store) FinishErasure(ctx context.Context, e identity.Erasure) error {
	err := s.write(ctx, func(tx *transaction) error {
		row, err := tx.ErasureOf(ctx, string(e.School))
		if err != nil {
			return orNotFound(err, identity.NotFound("erase.not-found"))
		}
		deleted, err := tx.DeleteErasure(ctx, string(e.School))
		if err != nil || deleted == 0 {
			return err
		}
		return tx.audit(ctx, &identity.AuditRecord{
			Organization: s.operators, Actor: e.Operator, ActorRole: identity.RoleOperator,
			Action: identity.ActionSchoolErased, Target: string(e.School), TargetName: e.Name,
			After: map[string]string{
				"classrooms": strconv.Itoa(e.Classrooms), "people": strconv.Itoa(e.People),
				"begun": momentText(row.BegunUs), "export": string(e.Export.ID), "export-sha256": e.Export.SHA256,
			},
			RequestID: row.RequestID, Address: row.ClientAddress, Device: row.Device,
			Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
		})
	})
	if err != nil && !errors.Is(err, identity.NotFound("erase.not-found")) {
		return fmt.Errorf("finish an erasure: %w", err)
	}
	return nil
}
