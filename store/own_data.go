package store

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"homeroom.dev/homeroom/identity"
)

// OwnBasis is on which basis the user's account exists, as their home recorded
// it; the zero value if nobody did. It is for the person who is signed in, about
// themselves.
func (s *Store) OwnBasis(ctx context.Context, user identity.User) (identity.AccountBasis, error) {
	return basisIn(ctx, s.read(), user.Home, user.ID)
}

// OwnRecords is what the logs of the user's home and of the schools of their
// classrooms tell about them, newest first in each. Who else did it stands in it
// by role alone: that is not the user's to know. It is for the person who is
// signed in, about themselves.
func (s *Store) OwnRecords(ctx context.Context, user identity.User, places []Membership) iter.Seq2[identity.AuditRecord, error] {
	homes := []string{string(user.Home)}
	for _, m := range places {
		if home := string(m.Organization.Home()); !slices.Contains(homes, home) {
			homes = append(homes, home)
		}
	}
	return func(yield func(identity.AuditRecord, error) bool) {
		for _, home := range homes {
			log := &AuditLog{store: s, scope: auditScope{id: home, homes: []string{home}, chain: true}}
			for r, err := range log.All(ctx, AuditQuery{Person: string(user.ID)}) {
				if err == nil && r.Actor.User != user.ID {
					r.Actor, r.Address, r.Device, r.RequestID = identity.Actor{}, "", "", ""
				}
				if err == nil && r.Target != string(user.ID) && r.Target != "" {
					r.Target, r.TargetName = "", "" // somebody else
				}
				if !yield(r, err) {
					return
				}
			}
		}
	}
}

// OwnDataTaken records, in the home of the user, that they took a copy of what is
// kept about them.
func (s *Store) OwnDataTaken(ctx context.Context, user identity.User) error {
	request := identity.RequestFrom(ctx)
	err := s.write(ctx, func(tx *transaction) error {
		return tx.audit(ctx, &identity.AuditRecord{
			Organization: user.Home, Actor: identity.Actor{User: user.ID, Name: user.DisplayName()},
			Action: identity.ActionDataExported, Target: string(user.ID), TargetName: user.DisplayName(),
			RequestID: request.ID, Address: request.Address, Device: request.Device,
			Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
		})
	})
	if err != nil {
		return fmt.Errorf("record that somebody took their data: %w", err)
	}
	return nil
}
