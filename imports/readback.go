package imports

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// looks are when Zitadel is asked what it shows of what was written, counted from
// when the last of a batch was. Its lists lag; what they do not show by the end is
// made anew, beside the writes of the next batch.
var looks = []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond, time.Second}

// missing asks until all are shown, or the last look is over, and answers who is
// not.
func (b *batch) missing(
	ctx context.Context, users []identity.UserID, shown func(context.Context, []identity.UserID) ([]identity.UserID, error),
) ([]identity.UserID, error) {
	waited := time.Duration(0)
	for _, look := range b.looks {
		if len(users) == 0 {
			return nil, nil
		}
		if look > waited {
			select {
			case <-ctx.Done():
				return users, ctx.Err()
			case <-time.After(look - waited):
			}
			waited = look
		}
		there, err := shown(ctx, users)
		if err != nil {
			return users, err
		}
		users = without(users, there)
	}
	return users, nil
}

// without are those users who are not among the others, in their order.
func without(users, others []identity.UserID) []identity.UserID {
	there := make(map[identity.UserID]bool, len(others))
	for _, user := range others {
		there[user] = true
	}
	var left []identity.UserID
	for _, user := range users {
		if !there[user] {
			left = append(left, user)
		}
	}
	return left
}

// notShown reports whether Zitadel has something and does not show it.
func notShown(err error) bool {
	known, is := asKnown(err)
	return is && known.Message.ID == "remote.not-shown"
}

// shownUsers reads back who was made, and repairs them.
func (b *batch) shownUsers(ctx context.Context) {
	if b.blind {
		return
	}
	byID := map[identity.UserID]*item{}
	var users []identity.UserID
	for _, i := range b.items {
		if i.left == nil && !i.refused && i.account != nil {
			byID[i.row.User] = i
			users = append(users, i.row.User)
		}
	}
	missing, err := b.missing(ctx, users, b.remote.ShownUsers)
	if err != nil {
		for _, user := range missing {
			b.answer(byID[user], again(err))
		}
		return
	}
	b.each(ctx, len(missing), func(n int) {
		i := byID[missing[n]]
		fact, err := b.remote.RepairUser(ctx, i.made)
		switch {
		case err == nil:
			i.account, i.repaired = fact, true
		case refused(err) != nil || notShown(err):
			b.Log.WarnContext(ctx, "an account is not shown", "import", b.work.one.ID, "user", i.row.User, "error", err)
			i.hidden = true
			i.reasons = append(i.reasons, identity.Say("import.hidden"))
		default:
			b.answer(i, err)
		}
	})
	for _, user := range missing {
		if i := byID[user]; !i.repaired && !i.hidden && i.left == nil {
			i.left = b.gone(ctx)
		}
	}
}

// shownRoles reads back roles that were given, and repairs them.
func (b *batch) shownRoles(ctx context.Context, all []*role) {
	if b.blind {
		return
	}
	byPlace := map[*place]map[identity.UserID]*role{}
	for _, r := range all {
		if r.done && r.item.row.Steps[r.step].Kind == roster.StepAssign {
			if byPlace[r.place] == nil {
				byPlace[r.place] = map[identity.UserID]*role{}
			}
			byPlace[r.place][r.item.row.User] = r
		}
	}
	var lost []*role
	for p, roles := range byPlace {
		var users []identity.UserID
		for user := range roles {
			users = append(users, user)
		}
		missing, err := b.missing(ctx, users, p.remote.ShownRoleAssignments)
		for _, user := range missing {
			if err != nil {
				b.answer(roles[user].item, again(err))
				continue
			}
			lost = append(lost, roles[user])
		}
	}
	mended := make([]bool, len(lost))
	b.each(ctx, len(lost), func(n int) {
		r := lost[n]
		i, s := r.item, r.item.row.Steps[r.step]
		fact, err := r.place.remote.RepairRoleAssignment(ctx, i.row.User, []identity.Role{s.Role})
		switch {
		case err == nil:
			i.mu.Lock()
			i.facts, i.repaired, i.changed = append(i.facts, fact), true, true
			i.mu.Unlock()
		case refused(err) != nil || notShown(err):
			b.Log.WarnContext(ctx, "a role is not shown", "import", b.work.one.ID, "user", i.row.User, "organization", s.Place, "error", err)
			i.mu.Lock()
			if !i.hidden {
				i.hidden, i.reasons = true, append(i.reasons, identity.Say("import.role-hidden"))
			}
			i.mu.Unlock()
		default:
			b.answer(i, err)
			return
		}
		mended[n] = true
	})
	for n, r := range lost {
		if i := r.item; !mended[n] && i.left == nil {
			i.left = b.gone(ctx)
		}
	}
}

// again makes an error of reading back one that another try may mend: the write
// was made, and what it has to be asked for later is what Zitadel shows.
func again(err error) error {
	if refused(err) == nil {
		return err
	}
	return identity.Unavailable("remote.not-shown").Because(err)
}
