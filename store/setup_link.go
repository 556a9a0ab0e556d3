package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// maxLinks is how many set-up links a school sees of its own.
const maxLinks = 100

const day = 24 * time.Hour

// Links lists the school's set-up links, newest first.
func (o *Organization) Links(ctx context.Context) ([]identity.SetupLink, error) {
	rows, err := o.store.read().SetupLinks(ctx, query.SetupLinksParams{OrganizationID: o.id, MaxRows: maxLinks})
	if err != nil {
		return nil, fmt.Errorf("list set-up links: %w", translate(err))
	}
	links := make([]identity.SetupLink, len(rows))
	for i, row := range rows {
		links[i] = setupLinkOf(row)
	}
	return links, nil
}

// Link is one of the school's set-up links; not found ("setup.not-found")
// otherwise.
func (o *Organization) Link(ctx context.Context, id identity.SetupLinkID) (identity.SetupLink, error) {
	row, err := o.store.read().SetupLink(ctx, query.SetupLinkParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return identity.SetupLink{}, fmt.Errorf("load set-up link: %w", orNotFound(err, identity.NotFound("setup.not-found")))
	}
	return setupLinkOf(row), nil
}

func setupLinkOf(row query.SetupLink) identity.SetupLink {
	link := identity.SetupLink{
		ID: identity.SetupLinkID(row.ID), Name: row.Name, Address: row.Address, Language: row.Language,
		Maker: row.MakerName, State: identity.SetupLinkState(row.State), Step: int(row.Step), Steps: int(row.Steps),
		CreatedAt: moment(row.CreatedUs), OpenedAt: moment(row.OpenedUs), SeenAt: moment(row.SeenUs),
		ExpiresAt: moment(row.ExpiresUs),
	}
	for _, intent := range strings.Split(row.Intents, ",") {
		link.Intents = append(link.Intents, identity.SetupIntent(intent))
	}
	return link
}

// MakeLink makes a set-up link with its audit record and, unless compose is nil,
// its mail, in one transaction, and answers the link's secret. It can be had
// this once: only its hash is kept. A link without an end lasts
// [identity.SetupLinkDays] days, and none more than [identity.SetupLinkMaxDays].
func (o *Organization) MakeLink(
	ctx context.Context, link identity.SetupLink, compose func(token string) (identity.Mail, error),
) (token string, err error) {
	if len(link.Intents) == 0 || link.Address == "" {
		return "", fmt.Errorf("make a set-up link: it has no intent, or no address")
	}
	now := o.store.clock()
	if link.ID == "" {
		link.ID = identity.NewSetupLinkID()
	}
	if link.ExpiresAt.IsZero() {
		link.ExpiresAt = now.Add(identity.SetupLinkDays * day)
	}
	if last := now.Add(identity.SetupLinkMaxDays * day); link.ExpiresAt.After(last) {
		link.ExpiresAt = last
	}
	var intents []string
	for _, intent := range link.Intents {
		intents = append(intents, string(intent))
	}
	token = newToken()
	var mail *identity.Mail
	if compose != nil {
		composed, err := compose(token)
		if err != nil {
			return "", fmt.Errorf("write mail: %w", err)
		}
		mail = &composed
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		if err := tx.InsertSetupLink(ctx, query.InsertSetupLinkParams{
			OrganizationID: o.id, ID: string(link.ID), TokenHash: hashToken(token), Intents: strings.Join(intents, ","),
			Name: link.Name, Address: link.Address, Language: link.Language, MakerID: string(o.opened.Actor().User),
			MakerName: o.opened.Actor().Name, Steps: int64(link.Steps), CreatedUs: tx.now, ExpiresUs: micros(link.ExpiresAt),
		}); err != nil {
			return err
		}
		if err := o.record(ctx, tx, auditedLink(identity.ActionSetupLinkMade, link)); err != nil || mail == nil {
			return err
		}
		return o.queueMail(ctx, tx, occasion{setupLink: link.ID}, *mail)
	})
	if err != nil {
		return "", fmt.Errorf("make a set-up link: %w", err)
	}
	return token, nil
}

// auditedLink is what was done with a set-up link as its audit record tells it.
func auditedLink(action identity.Action, link identity.SetupLink) identity.Change {
	return identity.Change{Action: action, Target: string(link.ID), TargetName: link.Name}
}

// RenewLink gives a set-up link a new secret, sends it unless compose is nil, and
// answers it: the old one leads nowhere any more. The link lasts at least as
// long from now as a new one does. How far the work with it is stays. One that
// was revoked or is finished is gone ("setup.revoked", "setup.finished").
func (o *Organization) RenewLink(
	ctx context.Context, id identity.SetupLinkID, compose func(token string) (identity.Mail, error),
) (token string, err error) {
	token = newToken()
	var mail *identity.Mail
	if compose != nil {
		composed, err := compose(token)
		if err != nil {
			return "", fmt.Errorf("write mail: %w", err)
		}
		mail = &composed
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.SetupLink(ctx, query.SetupLinkParams{OrganizationID: o.id, ID: string(id)})
		if err != nil {
			return orNotFound(err, identity.NotFound("setup.not-found"))
		}
		renewed, err := tx.RenewSetupLink(ctx, query.RenewSetupLinkParams{
			OrganizationID: o.id, ID: row.ID, TokenHash: hashToken(token),
			ExpiresUs: tx.now + (identity.SetupLinkDays * day).Microseconds(),
		})
		link := setupLinkOf(row)
		switch {
		case err != nil:
			return err
		case renewed == 0:
			return usable(link, o.opened.Organization(), moment(tx.now))
		}
		// A queued mail has the old secret in it.
		if err := o.withdrawSetupMail(ctx, tx, row.ID); err != nil {
			return err
		}
		if err := o.record(ctx, tx, auditedLink(identity.ActionSetupLinkMade, link)); err != nil || mail == nil {
			return err
		}
		return o.queueMail(ctx, tx, occasion{setupLink: id}, *mail)
	})
	if err != nil {
		return "", fmt.Errorf("renew a set-up link: %w", err)
	}
	return token, nil
}

// RevokeLink ends a set-up link and withdraws a mail of it that is still queued.
// One that is ended already stays as it is.
func (o *Organization) RevokeLink(ctx context.Context, id identity.SetupLinkID) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return o.endLink(ctx, tx, id, identity.SetupRevoked, identity.ActionSetupLinkRevoked)
	})
	if err != nil {
		return fmt.Errorf("revoke a set-up link: %w", err)
	}
	return nil
}

func (o *Organization) endLink(
	ctx context.Context, tx *transaction, id identity.SetupLinkID, state identity.SetupLinkState, action identity.Action,
) error {
	row, err := tx.SetupLink(ctx, query.SetupLinkParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return orNotFound(err, identity.NotFound("setup.not-found"))
	}
	ended, err := tx.EndSetupLink(ctx, query.EndSetupLinkParams{OrganizationID: o.id, ID: row.ID, State: string(state)})
	if err != nil || ended == 0 {
		return err
	}
	if err := o.withdrawSetupMail(ctx, tx, row.ID); err != nil {
		return err
	}
	return o.record(ctx, tx, auditedLink(action, setupLinkOf(row)))
}

func (o *Organization) withdrawSetupMail(ctx context.Context, tx *transaction, link string) error {
	return tx.WithdrawMailOfSetupLink(ctx, query.WithdrawMailOfSetupLinkParams{
		OrganizationID: o.id, SetupLinkID: link, NowUs: tx.now,
	})
}

// LinkProgress notes how far the work with the link is by which the school was
// opened, and that it was seen.
func (o *Organization) LinkProgress(ctx context.Context, step int) error {
	link := o.opened.Setup()
	if link == nil {
		return identity.NotFound("setup.not-found")
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		return tx.SetupLinkProgress(ctx, query.SetupLinkProgressParams{
			OrganizationID: o.id, ID: string(link.ID), Step: int64(step), NowUs: tx.now,
		})
	})
	if err != nil {
		return fmt.Errorf("note the progress of a set-up link: %w", err)
	}
	return nil
}

// FinishLink ends the link by which the school was opened: its work is done. It
// may be repeated; an activation does it by itself.
func (o *Organization) FinishLink(ctx context.Context) error {
	err := o.store.write(ctx, func(tx *transaction) error { return o.finishLink(ctx, tx) })
	if err != nil {
		return fmt.Errorf("finish a set-up link: %w", err)
	}
	return nil
}

func (o *Organization) finishLink(ctx context.Context, tx *transaction) error {
	link := o.opened.Setup()
	if link == nil {
		return identity.NotFound("setup.not-found")
	}
	return o.endLink(ctx, tx, link.ID, identity.SetupFinished, identity.ActionSetupLinkFinished)
}
