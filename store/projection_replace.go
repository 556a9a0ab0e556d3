package store

import (
	"context"
	"slices"
	"time"

	"homeroom.dev/homeroom/store/query"
)

// Replaced counts what a rebuild changed. All zero means that the rows were
// right.
type Replaced struct {
	Rows    int // compared
	Written int // new, or different
	Removed int
}

// replaceOverlap is how long before the end of the shadow's log a row may have
// been written here without being in the log yet.
const replaceOverlap = time.Minute

// most is how many rows are in memory at once.
const most = 1000

// Replace puts the shadow's rows in place of the store's own, in one
// transaction. A row that is newer here than there, by an own write or an event
// the shadow has not read, stays and is folded anew. Rows are compared before
// the transaction begins, so that it is as short as the difference is small;
// progress is told of both.
func (s *Store) Replace(ctx context.Context, shadow *Shadow, progress func(writing bool, done, total int)) (Replaced, error) {
	state, err := shadow.ProjectionState(ctx)
	if err != nil {
		return Replaced{}, err
	}
	total, err := shadow.ProjectedTotal(ctx)
	if err != nil {
		return Replaced{}, err
	}
	r := &replacing{shadow: shadow.read(), cursor: state.Cursor}
	differing, err := compare(ctx, s.read(), r.shadow, func(rows int) {
		r.replaced.Rows = rows
		if rows%most == 0 {
			progress(false, rows, max(total, rows))
		}
	})
	if err != nil {
		return Replaced{}, translate(err)
	}
	progress(false, r.replaced.Rows, r.replaced.Rows)
	err = s.write(ctx, func(tx *transaction) error {
		tx, free := tx.prepare()
		defer free()
		r.folding = newFolding(tx)
		for i, thing := range differing {
			if i == 0 {
				// Grants and stones first: they decide what the rows may contain.
				if err := r.grantsAndStones(ctx); err != nil {
					return err
				}
			}
			if err := r.replace(ctx, thing); err != nil {
				return err
			}
			if i%most == 0 {
				progress(true, i, len(differing))
			}
		}
		return r.goOn(ctx)
	})
	return r.replaced, err
}

// compare walks the rows of both sides in the order of their IDs and lists
// what is not the same.
func compare(ctx context.Context, here, there *query.Queries, compared func(rows int)) ([]thing, error) {
	var differing []thing
	var rows int
	for _, about := range []subject{aboutOrganization, aboutUser, aboutAssignment} {
		old, fresh := &walk{about: about, read: here}, &walk{about: about, read: there}
		for {
			a, err := old.peek(ctx)
			if err != nil {
				return nil, err
			}
			b, err := fresh.peek(ctx)
			if err != nil {
				return nil, err
			}
			if a == nil && b == nil {
				break
			}
			switch {
			case b == nil || a != nil && a.id < b.id:
				differing = append(differing, thing{about, a.id})
				old.next()
			case a == nil || b.id < a.id:
				differing = append(differing, thing{about, b.id})
				fresh.next()
			default:
				if !equal(*a, *b) {
					differing = append(differing, thing{about, a.id})
				}
				old.next()
				fresh.next()
			}
			rows++
			compared(rows)
		}
	}
	return differing, nil
}

// replacing is one replacement under way.
type replacing struct {
	*folding
	shadow   *query.Queries
	cursor   time.Time // of the shadow
	replaced Replaced
}

// grantsAndStones takes over the grants, and the stones of what is gone here as
// well. Stones of rows that are still here follow with the rows.
func (r *replacing) grantsAndStones(ctx context.Context) error {
	for after := ""; ; {
		grants, err := r.shadow.ProjectedGrants(ctx, query.ProjectedGrantsParams{After: after, Most: most})
		if err != nil {
			return err
		}
		for _, g := range grants {
			if err := r.PutGrant(ctx, query.PutGrantParams(g)); err != nil {
				return err
			}
		}
		if len(grants) < most {
			break
		}
		after = grants[len(grants)-1].ID
	}
	for after := ""; ; {
		stones, err := r.shadow.RemovedMany(ctx, query.RemovedManyParams{After: after, Most: most})
		if err != nil {
			return err
		}
		for _, stone := range stones {
			if err := r.PutOlderStone(ctx, query.PutOlderStoneParams(stone)); err != nil {
				return err
			}
		}
		if len(stones) < most {
			return nil
		}
		after = stones[len(stones)-1].ID
	}
}

// replace brings one thing to what the shadow knows of it.
func (r *replacing) replace(ctx context.Context, of thing) error {
	clear(r.things) // one at a time: nothing to remember
	old, err := r.thing(ctx, of.about, of.id)
	if err != nil {
		return err
	}
	fresh, err := load(ctx, r.shadow, of.about, of.id)
	if err != nil {
		return err
	}
	switch {
	case old.changed.After(fresh.changed) && old.changed.After(r.cursor.Add(-replaceOverlap)), old.sequence > fresh.sequence:
		// Too new for the shadow. What it is in the end, its own events tell.
		return r.stale(ctx, of.id, old.sequence)
	case fresh.exists:
		fresh.user.LastSeenAt = later(fresh.user.LastSeenAt, old.user.LastSeenAt)
		fresh.stone, fresh.stored = old.stone, old.stored
		r.replaced.Written++
		if err := r.put(ctx, fresh); err != nil {
			return err
		}
	case old.exists:
		old.exists, old.changed, old.sequence = false, fresh.changed, fresh.sequence
		r.replaced.Removed++
		if err := r.bury(ctx, old); err != nil {
			return err
		}
	}
	return r.FoldedAnewUpTo(ctx, query.FoldedAnewUpToParams{Aggregate: of.id, Sequence: int64(fresh.sequence)})
}

// goOn has the tail go on: where it is, or, if nothing followed the log here,
// where the shadow ends.
func (r *replacing) goOn(ctx context.Context) error {
	cursor, err := r.EventCursor(ctx)
	if err != nil {
		return err
	}
	if cursor == 0 {
		seen, err := r.shadow.EventsSeen(ctx)
		if err != nil {
			return err
		}
		for _, e := range seen {
			if _, err := r.EventSeen(ctx, query.EventSeenParams(e)); err != nil {
				return err
			}
		}
		if err := r.SetEventCursor(ctx, micros(r.cursor)); err != nil {
			return err
		}
	}
	return r.SetProjectionState(ctx, query.SetProjectionStateParams{Name: "heard", AtUs: r.now})
}

// equal compares all that is stored of two rows.
func equal(a, b folded) bool {
	if !a.changed.Equal(b.changed) || a.sequence != b.sequence {
		return false
	}
	switch a.about {
	case aboutOrganization:
		return a.organization == b.organization
	case aboutUser:
		return a.user == b.user && slices.EqualFunc(a.credentials, b.credentials, func(x, y credential) bool {
			return x.compare(y) == 0 && x.at.Equal(y.at)
		})
	}
	x, y := a.assignment, b.assignment
	return x.User == y.User && x.Organization == y.Organization && x.State == y.State &&
		joinRoles(x.Roles) == joinRoles(y.Roles) && x.CreatedAt.Equal(y.CreatedAt) && a.assignedAt.Equal(b.assignedAt)
}

// walk reads rows in the order of their IDs, a part at a time, so that it may
// go on while rows behind it are written.
type walk struct {
	about subject
	read  *query.Queries
	part  []folded
	after string
	ended bool
}

// peek is the next row, or nil at the end.
func (w *walk) peek(ctx context.Context) (*folded, error) {
	if len(w.part) == 0 && !w.ended {
		if err := w.more(ctx); err != nil {
			return nil, err
		}
	}
	if len(w.part) == 0 {
		return nil, nil // the end is no error
	}
	return &w.part[0], nil
}

func (w *walk) next() { w.part = w.part[1:] }

func (w *walk) more(ctx context.Context) error {
	w.part = nil
	switch w.about {
	case aboutOrganization:
		rows, err := w.read.ProjectedOrganizations(ctx, query.ProjectedOrganizationsParams{After: w.after, Most: most})
		if err != nil {
			return err
		}
		for _, row := range rows {
			w.part = append(w.part, foldedOrganization(row))
		}
	case aboutUser:
		rows, err := w.read.ProjectedUsers(ctx, query.ProjectedUsersParams{After: w.after, Most: most})
		if err != nil {
			return err
		}
		for _, row := range rows {
			w.part = append(w.part, foldedUser(row))
		}
		if err := withCredentials(ctx, w.read, w.part); err != nil {
			return err
		}
	default:
		rows, err := w.read.ProjectedRoleAssignments(ctx, query.ProjectedRoleAssignmentsParams{After: w.after, Most: most})
		if err != nil {
			return err
		}
		for _, row := range rows {
			w.part = append(w.part, foldedAssignment(row))
		}
	}
	w.ended = len(w.part) < most
	if len(w.part) > 0 {
		w.after = w.part[len(w.part)-1].id
	}
	return nil
}
