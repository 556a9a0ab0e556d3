package imports

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// looks are when Zitadel is asked what it shows of what was written, counted from
// when the last of a batch was. Its lists lag; what they do not show by the end is
// made anew, beside the writes of the next batch.
var looks = []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond, time.Second}

// listsAtOnce is how many lists of Zitadel's a batch asks for at once.
const listsAtOnce = 4

// asked is whom one list of Zitadel's is asked for; in the end, who is not shown
// there.
type asked struct {
	users []identity.UserID
	shown func(context.Context, []identity.UserID) ([]identity.UserID, error)
	err   error
}

// look asks all lists until everybody is shown, or the last look is over.
func (b *batch) look(ctx context.Context, all ...*asked) {
	waited := time.Duration(0)
	for _, look := range b.looks {
		if all = slices.DeleteFunc(all, func(a *asked) bool { return a.err != nil || len(a.users) == 0 }); len(all) == 0 {
			return
		}
		if look > waited {
			select {
			case <-ctx.Done(): // the next answer says so
			case <-time.After(look - waited):
			}
			waited = look
		}
		var under sync.WaitGroup
		free := make(chan struct{}, listsAtOnce)
		for _, a := range all {
			free <- struct{}{}
			under.Go(func() {
				defer func() { <-free }()
				there, err := a.shown(ctx, a.users)
				if a.err = err; err == nil {
					a.users = without(a.users, there)
				}
			})
		}
		under.Wait()
	}
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
	list := &asked{users: users, shown: b.remote.ShownUsers}
	b.look(ctx, list)
	missing := list.users
	if list.err != nil {
		for _, user := range missing {
			b.answer(byID[user], again(list.err))
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
	lists := make(map[*place]*asked, len(byPlace))
	for p, roles := range byPlace {
		lists[p] = &asked{users: slices.Sorted(maps.Keys(roles)), shown: p.remote.ShownRoleAssignments}
	}
	b.look(ctx, slices.Collect(maps.Values(lists))...)
	var lost []*role
	for p, list := range lists {
		for _, user := range list.users {
			if list.err != nil {
				b.answer(byPlace[p][user].item, again(list.err))
				continue
			}
			lost = append(lost, byPlace[p][user])
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
