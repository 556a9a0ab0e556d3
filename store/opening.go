package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Opening is an organization that is being opened.
type Opening struct {
	Organization identity.NewOrganization
	Founder      identity.Actor
	First        identity.Role // what the founder becomes there; may be nothing
	BegunAt      time.Time
}

// openingRecord is the ID of the audit record of an opening. It stands in the
// log of what is opened, which is part of its school's.
func openingRecord(id identity.OrganizationID) string { return "opening-" + string(id) }

// BeginOpening puts on record that founder opens an organization, before
// anything happens at Zitadel. The same one again changes nothing; another one
// with the same ID is a conflict ("organization.taken").
func (s *Store) BeginOpening(
	ctx context.Context, founder identity.Actor, n identity.NewOrganization, first identity.Role,
) error {
	role := first
	if n.School != "" {
		opened, err := s.OpenFor(ctx, founder, n.School)
		if err != nil {
			return fmt.Errorf("begin opening: %w", err)
		}
		role = opened.Role()
	}
	request := identity.RequestFrom(ctx)
	err := s.write(ctx, func(tx *transaction) error {
		begun, err := tx.InsertOpening(ctx, query.InsertOpeningParams{
			OrganizationID: string(n.ID), Kind: string(n.Kind), Name: n.Name, SchoolID: string(n.School),
			FounderID: string(founder.User), FounderName: founder.Name, FounderRole: string(first), NowUs: tx.now,
		})
		if err != nil {
			return err
		}
		if begun == 0 {
			row, err := tx.Opening(ctx, string(n.ID))
			if err != nil {
				return err
			}
			if there := openingOf(row); there.Founder.User != founder.User || there.Organization != n {
				return identity.Conflict("organization.taken")
			}
			return nil
		}
		action := identity.ActionClassroomOpened
		if n.Kind == identity.KindSchool {
			action = identity.ActionSchoolOpened
		}
		return tx.audit(ctx, &identity.AuditRecord{
			ID: openingRecord(n.ID), Organization: n.ID, Home: cmp.Or(n.School, n.ID), Actor: founder, ActorRole: role, Action: action,
			Target: string(n.ID), TargetName: n.Name, RequestID: request.ID, Address: request.Address,
			Device: request.Device, Source: identity.SourcePortal, Outcome: identity.OutcomeBegun,
		})
	})
	if err != nil {
		return fmt.Errorf("begin opening: %w", err)
	}
	return nil
}

// FinishOpening applies what Zitadel answered and closes the opening and its
// audit record, in one transaction. It may be repeated.
func (s *Store) FinishOpening(ctx context.Context, opened identity.Opened, facts []identity.Fact) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := s.write(ctx, func(tx *transaction) error {
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		row, err := tx.Opening(ctx, string(opened.ID()))
		if err != nil {
			return orNotFound(err, identity.NotFound("organization.not-found"))
		}
		finished, err := tx.FinishOpening(ctx, query.FinishOpeningParams{OrganizationID: row.OrganizationID, NowUs: tx.now})
		if err != nil || finished == 0 {
			return err
		}
		if row.SchoolID != "" {
			if err := tx.TermOfOpened(ctx, query.TermOfOpenedParams{
				ClassroomID: row.OrganizationID, SchoolID: row.SchoolID, NowUs: tx.now,
			}); err != nil {
				return err
			}
		}
		return tx.closeRecord(ctx, row.OrganizationID, openingRecord(opened.ID()), identity.OutcomeDone)
	})
	if err != nil {
		return fmt.Errorf("finish opening: %w", err)
	}
	return nil
}

// Openings lists those that were begun and not finished, the oldest first, to be
// completed after a crash.
func (s *Store) Openings(ctx context.Context) ([]Opening, error) {
	rows, err := s.read().UnfinishedOpenings(ctx)
	if err != nil {
		return nil, fmt.Errorf("list openings: %w", translate(err))
	}
	openings := make([]Opening, len(rows))
	for i, row := range rows {
		openings[i] = openingOf(row)
	}
	return openings, nil
}

func openingOf(row query.Opening) Opening {
	return Opening{
		Organization: identity.NewOrganization{
			ID: identity.OrganizationID(row.OrganizationID), Kind: identity.Kind(row.Kind), Name: row.Name,
			School: identity.OrganizationID(row.SchoolID),
		},
		Founder: identity.Actor{User: identity.UserID(row.FounderID), Name: row.FounderName},
		First:   identity.Role(row.FounderRole), BegunAt: moment(row.BegunUs),
	}
}
