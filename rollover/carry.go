package rollover

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"homeroom.dev/homeroom/identity"
)

// shownWaits are the pauses between looks at what Zitadel shows of what was
// written: its lists lag, and lose rows for good when writes overlap.
var shownWaits = []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, time.Second, 2 * time.Second}

// carry brings people into a new class, and answers who could not be brought, and
// why. Who is there already stays. An error is about nobody: it is worth another
// try.
func (e *Engine) carry(ctx context.Context, class identity.Opened, people []identity.Carried) (map[identity.UserID]identity.Message, error) {
	missing := map[identity.UserID]identity.Message{}
	people = slices.DeleteFunc(slices.Clone(people), func(c identity.Carried) bool {
		if c.There {
			return true
		}
		if known := refused(class.MayCarry(c)); known != nil {
			missing[c.User.ID] = known.Message
			return true
		}
		return false
	})
	rows := e.Store.In(class)
	for batch := range slices.Chunk(people, identity.MaxShown) {
		err := rows.InTurn(ctx, func(ctx context.Context) error { return e.carryBatch(ctx, class, batch, missing) })
		if err != nil {
			return nil, err
		}
	}
	return missing, nil
}

func (e *Engine) carryBatch(
	ctx context.Context, class identity.Opened, batch []identity.Carried, missing map[identity.UserID]identity.Message,
) error {
	changes := make([]identity.Change, len(batch))
	for i, c := range batch {
		changes[i] = identity.CarriedChange(c)
	}
	return e.Store.In(class).ChangeMany(ctx, changes, func(ctx context.Context) ([]identity.Changed, error) {
		made, err := e.assign(ctx, class, batch)
		if err != nil {
			return nil, err
		}
		for i, m := range made {
			if m.Err != nil {
				missing[batch[i].User.ID] = refused(m.Err).Message
			}
		}
		return made, nil
	})
}

// assign writes the roles of a batch, several at once, and reads them back
// together. What is not shown after a while is repaired.
func (e *Engine) assign(ctx context.Context, class identity.Opened, batch []identity.Carried) ([]identity.Changed, error) {
	remote, made := e.Gateway.In(class), make([]identity.Changed, len(batch))
	if err := e.each(ctx, batch, func(ctx context.Context, i int) error {
		fact, err := remote.AssignRoles(ctx, batch[i].User.ID, batch[i].Roles)
		return keep(&made[i], fact, err)
	}); err != nil {
		return nil, err
	}
	var looked []identity.UserID
	for i, c := range batch {
		if made[i].Err == nil {
			looked = append(looked, c.User.ID)
		}
	}
	for _, pause := range shownWaits {
		if len(looked) == 0 {
			return made, nil
		}
		if err := wait(ctx, pause); err != nil {
			return nil, err
		}
		shown, err := e.Gateway.ShownRoleAssignments(ctx, looked, class)
		if err != nil {
			return nil, err
		}
		looked = slices.DeleteFunc(looked, func(user identity.UserID) bool {
			return slices.ContainsFunc(shown, func(a identity.RoleAssignment) bool { return a.User == user })
		})
	}
	err := e.each(ctx, batch, func(ctx context.Context, i int) error {
		if !slices.Contains(looked, batch[i].User.ID) {
			return nil
		}
		fact, err := remote.RepairRoleAssignment(ctx, batch[i].User.ID, batch[i].Roles)
		if identity.IsKind(err, identity.KindUnavailable) {
			// Not shown after all: it is named, and keeps none of the others.
			err = identity.Conflict("remote.not-shown").Because(err)
		}
		return keep(&made[i], fact, err)
	})
	return made, err
}

// keep notes what was answered about one; an error that is worth another try is
// returned.
func keep(made *identity.Changed, fact identity.Fact, err error) error {
	switch {
	case err == nil:
		made.Facts = append(made.Facts, fact)
	case refused(err) == nil:
		return err
	default:
		made.Err = err
	}
	return nil
}

// each does something for each of a batch, several at once.
func (e *Engine) each(ctx context.Context, batch []identity.Carried, do func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(e.Writers)
	for i := range batch {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}
