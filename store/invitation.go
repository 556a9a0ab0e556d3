package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// InvitationQuery selects invitations.
type InvitationQuery struct {
	State  identity.InvitationState // as of now, expired too; empty: all
	Search string                   // in name and address
	After  string                   // a page's Next
	Limit  int                      // 50 if 0
}

// InvitationPage is a page of invitations, newest first.
type InvitationPage struct {
	Rows       []identity.Invitation
	Next       string                           // empty on the last page
	Counts     map[identity.InvitationState]int // of all, as of now
	Remindable int                              // how many RemindAll would mail
}

// Invitations lists the invitations into the organization, newest first, and
// those of one submission in the order in which they were typed.
func (o *Organization) Invitations(ctx context.Context, q InvitationQuery) (InvitationPage, error) {
	before, err := parseTimeCursor(q.After)
	if err != nil {
		return InvitationPage{}, err
	}
	limit, now := limitOf(q.Limit), micros(o.store.clock())
	reader := o.store.read()
	rows, err := reader.Invitations(ctx, query.InvitationsParams{
		OrganizationID: o.id, State: string(q.State), NowUs: now,
		Pattern: likePerson(q.Search), BeforeUs: before.us, BeforeID: before.id, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return InvitationPage{}, fmt.Errorf("list invitations: %w", translate(err))
	}
	counts, err := reader.CountInvitations(ctx, query.CountInvitationsParams{OrganizationID: o.id, NowUs: now})
	if err != nil {
		return InvitationPage{}, fmt.Errorf("count invitations: %w", translate(err))
	}
	remindable, err := o.remindable(ctx, now)
	if err != nil {
		return InvitationPage{}, err
	}
	page := InvitationPage{
		Counts: make(map[identity.InvitationState]int, len(counts)), Remindable: len(remindable),
	}
	for _, c := range counts {
		page.Counts[identity.InvitationState(c.ShownState)] = int(c.Invitations)
	}
	for i, row := range rows {
		if i == limit {
			page.Next = timeCursor{us: rows[i-1].CreatedUs, id: rows[i-1].ID}.String()
			break
		}
		page.Rows = append(page.Rows, invitationOf(row))
	}
	if err := o.store.markLapsed(ctx, rows[:len(page.Rows)], page.Rows); err != nil {
		return InvitationPage{}, fmt.Errorf("list invitations: %w", err)
	}
	return page, nil
}

// likePerson is a LIKE pattern for the words of a name and an address: those of
// what was typed, in that order and each once, as [joinWords] keeps them.
func likePerson(typed string) string {
	if all := joinWords("", strings.Fields(typed)...); all != "" {
		return "%" + strings.ReplaceAll(all, " ", "%") + "%"
	}
	return "%"
}

// Invitation is one of the organization's invitations, or not found
// ("invitation.not-found").
func (o *Organization) Invitation(ctx context.Context, id identity.InvitationID) (identity.Invitation, error) {
	row, err := o.store.read().Invitation(ctx, query.InvitationParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		err = orNotFound(err, identity.NotFound("invitation.not-found"))
		return identity.Invitation{}, fmt.Errorf("load invitation: %w", err)
	}
	return invitationOf(row), nil
}

// InvitationToken is the secret of a waiting invitation's second link, for
// somebody who hands it over by other means than mail: unlike the mailed one it
// proves nothing about the address, see [identity.Invitation.Handed]. That it was
// shown goes on the audit log.
func (o *Organization) InvitationToken(ctx context.Context, id identity.InvitationID) (string, error) {
	var token string
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := o.offered(ctx, tx, string(id))
		if err != nil {
			return err
		}
		mailed, err := o.store.token(row)
		if err != nil {
			return err
		}
		token = handedToken(mailed)
		return o.record(ctx, tx, auditedInvitation(identity.ActionInvitationCopied, row))
	})
	if err != nil {
		return "", fmt.Errorf("copy the link of an invitation: %w", err)
	}
	return token, nil
}

// RevokeInvitation takes a waiting invitation back, with its mail if that is
// still queued. Revoking twice is no error. It waits for an acceptance that is
// under way, which then counts.
func (o *Organization) RevokeInvitation(ctx context.Context, id identity.InvitationID) error {
	done, err := o.store.turns.take(ctx, invitationRoom(id))
	if err != nil {
		return fmt.Errorf("revoke invitation: %w", err)
	}
	defer done()
	err = o.store.write(ctx, func(tx *transaction) error {
		row, err := o.offered(ctx, tx, string(id))
		if identity.IsKind(err, identity.KindGone) && row.State == string(identity.InvitationRevoked) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.RevokeInvitation(ctx, query.RevokeInvitationParams{
			OrganizationID: o.id, ID: row.ID, NowUs: tx.now,
		}); err != nil {
			return err
		}
		if err := tx.WithdrawMailOf(ctx, query.WithdrawMailOfParams{
			OrganizationID: o.id, InvitationID: row.ID, NowUs: tx.now,
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, auditedInvitation(identity.ActionInvitationRevoked, row))
	})
	if err != nil {
		return fmt.Errorf("revoke invitation: %w", err)
	}
	return nil
}

// waiting loads an invitation for what can be done only while it is neither
// accepted nor revoked: those are gone. The row comes with that error.
func (o *Organization) waiting(ctx context.Context, tx *transaction, id string) (query.Invitation, error) {
	row, err := tx.Invitation(ctx, query.InvitationParams{OrganizationID: o.id, ID: id})
	if err != nil {
		return row, orNotFound(err, identity.NotFound("invitation.not-found"))
	}
	switch identity.InvitationState(row.State) {
	case identity.InvitationRevoked:
		return row, identity.Gone("accept.revoked.title")
	case identity.InvitationAccepted:
		return row, identity.Gone("accept.used.title")
	}
	return row, nil
}

// offered is waiting for somebody who may offer the invitation's role themselves.
// With the link of a teacher's invitation a co-teacher could become one.
func (o *Organization) offered(ctx context.Context, tx *transaction, id string) (query.Invitation, error) {
	row, err := o.waiting(ctx, tx, id)
	if row.ID == "" {
		return row, err
	}
	if err := o.opened.MayInvite(identity.Role(row.Role)); err != nil {
		return row, err
	}
	return row, err
}

// tokenPlace is where the token of an invitation is sealed.
func tokenPlace(invitation string) place {
	return place{table: "invitations", column: "token_sealed", row: invitation}
}

func (s *Store) token(row query.Invitation) (string, error) {
	token, err := s.keys.open(tokenPlace(row.ID), row.TokenSealed)
	if err != nil {
		return "", fmt.Errorf("open the token of an invitation: %w", err)
	}
	return string(token), nil
}

func invitationOf(row query.Invitation) identity.Invitation {
	i := identity.Invitation{
		ID: identity.InvitationID(row.ID), Organization: identity.OrganizationID(row.OrganizationID),
		Address: row.Address, GivenName: row.GivenName, FamilyName: row.FamilyName,
		Role: identity.Role(row.Role), Message: row.Message, Language: row.Language,
		Inviter:   identity.Actor{User: identity.UserID(row.InviterID), Name: row.InviterName},
		State:     identity.InvitationState(row.State),
		Mail:      identity.MailState(row.Mail),
		MailError: parseMessage(row.MailError),
		CreatedAt: moment(row.CreatedUs), SentAt: moment(row.SentUs), OpenedAt: moment(row.OpenedUs),
		AcceptedAt: moment(row.AcceptedUs), RevokedAt: moment(row.RevokedUs), ExpiresAt: moment(row.ExpiresUs),
		AcceptedBy: identity.UserID(row.AcceptedBy),
	}
	return i
}

// A message of the catalogue is kept as JSON, in no language.

func messageText(m identity.Message) string {
	text, err := json.Marshal(m)
	if err != nil {
		text, _ = json.Marshal(identity.Message{ID: m.ID}) // without arguments that no JSON holds
	}
	return string(text)
}

func parseMessage(text string) identity.Message {
	var m identity.Message
	if text != "" {
		// Our own column; what cannot be read says nothing to the reader either.
		_ = json.Unmarshal([]byte(text), &m)
	}
	return m
}

// auditedInvitation is a change to an invitation as its audit record tells it:
// to whom, by name where one is known.
func auditedInvitation(action identity.Action, row query.Invitation) identity.Change {
	name := identity.User{GivenName: row.GivenName, FamilyName: row.FamilyName, UserName: row.Address}.DisplayName()
	return identity.Change{
		Action: action, Target: row.ID, TargetName: name,
		After: map[string]string{identity.AuditRole: row.Role},
	}
}
