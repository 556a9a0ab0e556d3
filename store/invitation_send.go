package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Compose writes the mail of an invitation. token is the secret of its link.
type Compose func(invitation identity.Invitation, token string) (identity.Mail, error)

// InviteResult is what became of a list of addresses.
type InviteResult struct {
	Invited        []identity.Invitation
	AlreadyInvited []string // addresses with an invitation that waits
	AlreadyHere    []string // addresses of people on the roster
}

// submissionAnswer is an InviteResult as it is kept, for the same form sent
// again. People are told by the IDs of their invitations.
type submissionAnswer struct {
	Invited        []string `json:"invited"`
	AlreadyInvited []string `json:"already-invited"`
	AlreadyHere    []string `json:"already-here"`
}

// draft is an invitation about to be written, with its mail.
type draft struct {
	invitation identity.Invitation
	token      string
	mail       identity.Mail
}

// Invite writes invitations, their audit records, their mails and the jobs that
// send them, in one transaction. submission is the form's own key: the same one
// again writes nothing and answers the same. An address that is invited already,
// or is on the roster, is skipped and reported. A draft whose Mail is "none"
// gets no mail.
func (o *Organization) Invite(
	ctx context.Context, drafts []identity.Invitation, submission string, compose Compose,
) (InviteResult, error) {
	if submission == "" {
		return InviteResult{}, fmt.Errorf("invite: no submission")
	}
	if len(drafts) > identity.MaxInvitationsAtOnce {
		return InviteResult{}, fmt.Errorf("invite: %d at once, %d at most", len(drafts), identity.MaxInvitationsAtOnce)
	}
	if err := o.checkInvited(ctx, drafts); err != nil {
		return InviteResult{}, fmt.Errorf("invite: %w", err)
	}
	written, err := o.writeDrafts(drafts, compose)
	if err != nil {
		return InviteResult{}, fmt.Errorf("invite: %w", err)
	}
	var result InviteResult
	err = o.store.write(ctx, func(tx *transaction) error {
		result = InviteResult{}
		answered, err := tx.Submission(ctx, query.SubmissionParams{OrganizationID: o.id, ID: submission})
		if err == nil {
			result, err = o.answered(ctx, tx, answered)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var answer submissionAnswer
		// Lists show the newest first: written from the end, they show what was
		// typed in its order.
		for _, d := range slices.Backward(written) {
			here, waits, err := o.present(ctx, tx, d.invitation.Address)
			switch {
			case err != nil:
				return err
			case here:
				result.AlreadyHere = append(result.AlreadyHere, d.invitation.Address)
				continue
			case waits:
				result.AlreadyInvited = append(result.AlreadyInvited, d.invitation.Address)
				continue
			}
			if err := o.insertInvitation(ctx, tx, &d); err != nil {
				return err
			}
			result.Invited = append(result.Invited, d.invitation)
			answer.Invited = append(answer.Invited, string(d.invitation.ID))
		}
		slices.Reverse(result.Invited)
		slices.Reverse(result.AlreadyHere)
		slices.Reverse(result.AlreadyInvited)
		slices.Reverse(answer.Invited)
		answer.AlreadyHere, answer.AlreadyInvited = result.AlreadyHere, result.AlreadyInvited
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		return tx.InsertSubmission(ctx, query.InsertSubmissionParams{
			OrganizationID: o.id, ID: submission, Answer: string(text), NowUs: tx.now,
		})
	})
	if err != nil {
		return InviteResult{}, fmt.Errorf("invite: %w", err)
	}
	return result, nil
}

// writeDrafts gives the drafts what they lack and writes their mails. That is
// done before the transaction: writing hundreds of mails takes time in which
// nobody else could write. An address that comes twice is written once.
func (o *Organization) writeDrafts(drafts []identity.Invitation, compose Compose) ([]draft, error) {
	now := o.store.clock()
	seen := make(map[string]bool, len(drafts))
	var written []draft
	// IDs sort by the moment they were made, so the last one typed gets the first.
	for _, i := range slices.Backward(drafts) {
		if err := o.opened.MayInvite(i.Role); err != nil {
			return nil, err
		}
		i.ID = identity.InvitationID(newID(micros(now)))
		i.Organization, i.Inviter, i.CreatedAt = o.opened.ID(), o.opened.Actor(), moment(micros(now))
		i.State = identity.InvitationPending
		if i.Mail != identity.MailNone {
			i.Mail = identity.MailQueued
		}
		if i.ExpiresAt.IsZero() {
			i.ExpiresAt = now.Add(identity.InvitationLifetime)
		}
		i.ExpiresAt = moment(micros(i.ExpiresAt))
		d := draft{invitation: i, token: newToken()}
		if i.Mail == identity.MailQueued {
			var err error
			if d.mail, err = compose(i, d.token); err != nil {
				return nil, fmt.Errorf("write mail: %w", err)
			}
		}
		written = append(written, d)
	}
	slices.Reverse(written)
	return slices.DeleteFunc(written, func(d draft) bool {
		key := addressKey(d.invitation.Address)
		twice := seen[key]
		seen[key] = true
		return twice
	}), nil
}

// answered is the result of a submission that was there before.
func (o *Organization) answered(ctx context.Context, tx *transaction, text string) (InviteResult, error) {
	var answer submissionAnswer
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return InviteResult{}, fmt.Errorf("read the answer of a submission: %w", err)
	}
	result := InviteResult{AlreadyInvited: answer.AlreadyInvited, AlreadyHere: answer.AlreadyHere}
	for _, id := range answer.Invited {
		row, err := tx.Invitation(ctx, query.InvitationParams{OrganizationID: o.id, ID: id})
		if err != nil {
			return InviteResult{}, err
		}
		result.Invited = append(result.Invited, invitationOf(row))
	}
	return result, nil
}

// present reports whether an address is on the roster, or invited.
func (o *Organization) present(ctx context.Context, tx *transaction, address string) (here, waits bool, err error) {
	people, err := tx.PeopleAtAddress(ctx, query.PeopleAtAddressParams{
		OrganizationID: o.id, AddressKey: addressKey(address),
	})
	if err != nil || people > 0 {
		return people > 0, false, err
	}
	waiting, err := tx.WaitingInvitationTo(ctx, query.WaitingInvitationToParams{
		OrganizationID: o.id, AddressKey: addressKey(address), NowUs: tx.now,
	})
	return false, waiting > 0, err
}

func (o *Organization) insertInvitation(ctx context.Context, tx *transaction, d *draft) error {
	i := &d.invitation
	sealed, err := o.store.keys.seal(tokenPlace(string(i.ID)), []byte(d.token))
	if err != nil {
		return err
	}
	err = tx.InsertInvitation(ctx, query.InsertInvitationParams{
		OrganizationID: o.id, ID: string(i.ID), TokenHash: hashToken(d.token),
		HandedHash: hashToken(handedToken(d.token)), TokenSealed: sealed,
		Address: i.Address, AddressKey: addressKey(i.Address), GivenName: i.GivenName, FamilyName: i.FamilyName,
		SearchWords: joinWords(i.GivenName+" "+i.FamilyName, i.Address),
		Role:        string(i.Role), Message: i.Message, Language: i.Language,
		InviterID: string(i.Inviter.User), InviterName: i.Inviter.Name, ByInstallation: o.opened.Founded(),
		State: string(i.State), Mail: string(i.Mail), CreatedUs: micros(i.CreatedAt), ExpiresUs: micros(i.ExpiresAt),
	})
	if err != nil {
		return err
	}
	change := identity.Change{
		Action: identity.ActionInvited, Target: string(i.ID), After: map[string]string{identity.AuditRole: string(i.Role)},
	}
	change.TargetName = identity.User{GivenName: i.GivenName, FamilyName: i.FamilyName, UserName: i.Address}.DisplayName()
	if err := o.record(ctx, tx, change); err != nil {
		return err
	}
	if i.Mail != identity.MailQueued {
		return nil
	}
	return o.queueMail(ctx, tx, occasion{invitation: i.ID}, d.mail)
}
