package imports

import (
	"context"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// role is a role that a step of an item gives.
type role struct {
	item  *item
	step  int
	place *place
	done  bool
}

// place is an organization that steps are about, opened for who imports.
type place struct {
	opened identity.Opened
	rows   *store.Organization
	remote identity.Remote
	err    error
}

// may says why a step is refused.
func (p *place) may(s roster.Step) error {
	switch {
	case p.err != nil:
		return p.err
	case s.Role == identity.RoleStudent:
		return p.opened.Refusal(identity.ManageStudents)
	case s.Kind == roster.StepUnassign: // no list takes another role than that
		return identity.Forbidden("import.role-not-by-list")
	}
	return p.opened.Refusal(identity.ManageTeachers)
}

// at is an organization that a step is about, opened once in a batch for who
// imports, as they may now.
func (b *batch) at(ctx context.Context, id identity.OrganizationID) *place {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.places[id]
	switch {
	case p != nil:
		return p
	case id == "":
		p = &place{err: identity.Conflict("import.class-failed")}
	case id == b.opened.ID():
		p = &place{opened: b.opened, rows: b.work.rows, remote: b.remote}
	default:
		p = &place{}
		if p.opened, p.err = b.Store.OpenFor(ctx, b.opened.Actor(), id); p.err == nil {
			p.rows, p.remote = b.Store.In(p.opened), b.Gateway.In(p.opened)
		}
	}
	b.places[id] = p
	return p
}

// roles gives and takes the roles of all items, reads back those that were given,
// and repairs them.
func (b *batch) roles(ctx context.Context) {
	var all []*role
	for _, i := range b.items {
		if i.left != nil || i.refused {
			continue
		}
		for n, s := range i.row.Steps {
			if s.Kind != roster.StepAssign && s.Kind != roster.StepUnassign {
				continue
			}
			if i.hidden { // Zitadel would never find the role again
				i.undone[n] = true
				continue
			}
			r := &role{item: i, step: n, place: b.at(ctx, s.Place)}
			if !b.answer(i, r.place.may(s)) {
				i.undone[n] = true
				continue
			}
			all = append(all, r)
		}
	}
	come := b.each(ctx, len(all), func(n int) { b.role(ctx, all[n]) })
	for _, r := range all[come:] {
		b.wait(ctx, r.item)
	}
	b.shownRoles(ctx, all)
}

// role gives or takes one role.
func (b *batch) role(ctx context.Context, r *role) {
	i, s := r.item, r.item.row.Steps[r.step]
	var fact identity.Fact
	var err error
	if s.Kind == roster.StepAssign {
		fact, err = r.place.remote.AssignRoles(ctx, i.row.User, []identity.Role{s.Role})
		if notShown(err) {
			// It is there from before a crash, and Zitadel does not show it.
			r.done = true
			return
		}
	} else {
		fact, err = r.place.remote.DeleteRoleAssignment(ctx, i.row.User)
	}
	ok := b.answer(i, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	if !ok {
		i.undone[r.step] = i.left == nil
		return
	}
	r.done, i.changed = true, true
	i.facts = append(i.facts, fact)
}
