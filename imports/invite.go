package imports

import (
	"context"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// invitations sends the invitations of all items. They and their mails are rows
// before any mail leaves, so no mail server that is away loses one, and each has a
// key of its own, so that none is sent twice.
func (b *batch) invitations(ctx context.Context) {
	ctx = identity.WithRequest(ctx, b.work.one.Request)
	for _, i := range b.items {
		if i.left != nil || i.refused {
			continue
		}
		for n, s := range i.row.Steps {
			if s.Kind != roster.StepInvite || s.Invitation != "" {
				continue
			}
			id, err := b.invite(ctx, i, s)
			if !b.answer(i, err) {
				i.undone[n] = true
				continue
			}
			i.row.Steps[n].Invitation, i.changed = id, true
		}
	}
}

func (b *batch) invite(ctx context.Context, i *item, s roster.Step) (identity.InvitationID, error) {
	p := b.at(ctx, s.Place)
	if p.err != nil {
		return "", p.err
	}
	if b.Compose == nil {
		return "", identity.Forbidden("permission.missing")
	}
	days, _, err := p.rows.InvitationPolicies(ctx)
	if err != nil {
		return "", err
	}
	draft := identity.InvitationDraft{Role: s.Role, Language: b.work.one.Options.Language, Days: days}.For(
		p.opened, b.Now(), i.row.Person.Address, i.row.Person.GivenName, i.row.Person.FamilyName)
	result, err := p.rows.Invite(ctx, []identity.Invitation{draft}, derivedSubmission(b.key, i.row.Position, s.Place),
		b.Compose(ctx, p.opened.Organization()))
	switch {
	case err != nil:
		return "", err
	case len(result.Invited) == 1:
		return result.Invited[0].ID, nil
	case len(result.AlreadyInvited) > 0:
		return "", identity.Conflict("import.invited-already")
	}
	return "", identity.Conflict("import.changed-since")
}
