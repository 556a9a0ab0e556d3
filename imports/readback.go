package imports

import (
	"context"
	"maps"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// looks are when Zitadel is asked what it shows of what was written, counted from
// when the last of a batch was. Its lists lag; what they do not show by the end is
// made anew, beside the writes of the next batch.
var looks = []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond, time.Second}

// look asks who of wanted is not shown until all are, or the last look is over, and
// answers who is not shown then.
func look[T any](ctx context.Context, looks []time.Duration, wanted []T, missing func([]T) ([]T, error)) ([]T, error) {
	waited := time.Duration(0)
	for _, look := range looks {
		if len(wanted) == 0 {
			return nil, nil
		}
		if look > waited {
			select {
			case <-ctx.Done(): // the next answer says so
			case <-time.After(look - waited):
			}
			waited = look
		}
		var err error
		if wanted, err = missing(wanted); err != nil {
			return wanted, err
		}
	}
	return wanted, nil
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
	var made []*item
	for _, i := range b.items {
		if i.left == nil && i.account != nil {
			made = append(made, i)
		}
	}
	lost, err := look(ctx, b.looks, made, func(wanted []*item) ([]*item, error) {
		users := make([]identity.UserID, len(wanted))
		for n, i := range wanted {
			users[n] = i.row.User
		}
		shown, err := b.remote.ShownUsers(ctx, users)
		return slices.DeleteFunc(wanted, func(i *item) bool { return slices.Contains(shown, i.row.User) }), err
	})
	if err != nil {
		for _, i := range lost {
			b.answer(i, again(err))
		}
		return
	}
	come := b.each(ctx, len(lost), func(n int) {
		i := lost[n]
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
	b.wait(ctx, lost[come:]...)
}

// shownRoles reads back roles that were given, and repairs them.
func (b *batch) shownRoles(ctx context.Context, all []*role) {
	if b.blind {
		return
	}
	given := slices.DeleteFunc(all, func(r *role) bool { return !r.done || r.item.row.Steps[r.step].Kind != roster.StepAssign })
	lost, err := look(ctx, b.looks, given, func(wanted []*role) ([]*role, error) { return b.missingRoles(ctx, wanted) })
	if err != nil {
		for _, r := range lost {
			b.answer(r.item, again(err))
		}
		return
	}
	come := b.each(ctx, len(lost), func(n int) { b.repairRole(ctx, lost[n]) })
	for _, r := range lost[come:] {
		b.wait(ctx, r.item)
	}
}

// missingRoles are those that Zitadel does not show. It is asked once for all, of
// whatever classes they are.
func (b *batch) missingRoles(ctx context.Context, wanted []*role) ([]*role, error) {
	users, places := map[identity.UserID]bool{}, map[identity.OrganizationID]identity.Opened{}
	for _, r := range wanted {
		users[r.item.row.User], places[r.place.opened.ID()] = true, r.place.opened
	}
	shown, err := b.Gateway.ShownRoleAssignments(ctx, slices.Collect(maps.Keys(users)), slices.Collect(maps.Values(places))...)
	return slices.DeleteFunc(wanted, func(r *role) bool {
		return slices.ContainsFunc(shown, func(a identity.RoleAssignment) bool {
			return a.User == r.item.row.User && a.Organization == r.place.opened.ID()
		})
	}), err
}

// repairRole makes a role anew that is not shown, or names it.
func (b *batch) repairRole(ctx context.Context, r *role) {
	i, s := r.item, r.item.row.Steps[r.step]
	fact, err := r.place.remote.RepairRoleAssignment(ctx, i.row.User, []identity.Role{s.Role})
	if err != nil && refused(err) == nil && !notShown(err) {
		b.answer(i, err)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case err == nil:
		i.facts, i.repaired, i.changed = append(i.facts, fact), true, true
	case !i.hidden:
		i.hidden, i.reasons = true, append(i.reasons, identity.Say("import.role-hidden"))
		fallthrough
	default:
		b.Log.WarnContext(ctx, "a role is not shown", "import", b.work.one.ID, "user", i.row.User, "organization", s.Place, "error", err)
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
