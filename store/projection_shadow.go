package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// shadowPattern names the folders of rebuilds, beside the database: rows of
// people do not leave the place they are kept at.
const shadowPattern = "rebuild-*"

// abandonedAfter is how long a rebuild's folder may lie untouched before it is
// taken for that of a process that died.
const abandonedAfter = 10 * time.Minute

// Shadow is an empty database beside the store's own, in which a projection is
// built anew without anybody seeing it. Close deletes it.
type Shadow struct {
	*Store
	folder string
}

// Shadow makes an empty database beside s, and deletes what rebuilds that died
// left behind.
func (s *Store) Shadow(ctx context.Context) (*Shadow, error) {
	beside := filepath.Dir(s.path)
	if err := sweep(beside, s.clock()); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(beside, shadowPattern)
	if err != nil {
		return nil, fmt.Errorf("make a folder for the rebuild: %w", err)
	}
	shadow, err := Open(ctx, Options{
		Path: filepath.Join(folder, "shadow.sqlite"), Keys: s.keys, Operators: s.operators, Now: s.clock,
	})
	if err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	return &Shadow{Store: shadow, folder: folder}, nil
}

// Close closes and deletes the database.
func (s *Shadow) Close() error {
	closing := s.Store.Close()
	if err := os.RemoveAll(s.folder); err != nil {
		return fmt.Errorf("delete the rebuild's folder: %w", err)
	}
	return closing
}

// sweep deletes the folders of rebuilds that died.
func sweep(beside string, now time.Time) error {
	folders, err := filepath.Glob(filepath.Join(beside, shadowPattern))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if touched, err := lastTouched(folder); err == nil && now.Sub(touched) > abandonedAfter {
			if err := os.RemoveAll(folder); err != nil {
				return fmt.Errorf("delete an abandoned rebuild: %w", err)
			}
		}
	}
	return nil
}

func lastTouched(folder string) (time.Time, error) {
	var last time.Time
	entries, err := os.ReadDir(folder)
	if err != nil {
		return last, err
	}
	for _, entry := range append(entries, nil) {
		var info os.FileInfo
		if entry == nil {
			info, err = os.Stat(folder)
		} else {
			info, err = entry.Info()
		}
		if err != nil {
			return last, err
		}
		last = later(last, info.ModTime())
	}
	return last, nil
}

// Replaced counts what a rebuild changed. All zero means that the rows were
// right.
type Replaced struct {
	Rows    int // compared
	Written int // new, or different
	Removed int
}

// replacing is one replacement under way.
type replacing struct {
	*folding
	shadow   *query.Queries
	cursor   time.Time // of the shadow
	replaced Replaced
	progress func(done, total int)
	total    int
}

// replaceOverlap is how long before the end of the shadow's log a row may have
// been written here without being in the log yet.
const replaceOverlap = time.Minute

// Replace puts the shadow's rows in place of the store's own, in one
// transaction that touches only rows that differ. A row that is newer here than
// there, by an own write or an event the shadow has not read, stays and is
// folded anew.
func (s *Store) Replace(ctx context.Context, shadow *Shadow, progress func(done, total int)) (Replaced, error) {
	state, err := shadow.ProjectionState(ctx)
	if err != nil {
		return Replaced{}, err
	}
	total, err := shadow.ProjectedTotal(ctx)
	if err != nil {
		return Replaced{}, err
	}
	r := &replacing{shadow: shadow.read(), cursor: state.Cursor, progress: progress, total: total}
	err = s.write(ctx, func(tx *transaction) error {
		tx, free := tx.prepare()
		defer free()
		r.folding = newFolding(tx)
		return r.all(ctx)
	})
	return r.replaced, err
}

func (r *replacing) all(ctx context.Context) error {
	// Grants and stones first: they decide what the rows may contain.
	if err := r.putGrants(ctx); err != nil {
		return err
	}
	if err := r.stones(ctx); err != nil {
		return err
	}
	for _, about := range []subject{aboutOrganization, aboutUser, aboutAssignment} {
		if err := r.rows(ctx, about); err != nil {
			return err
		}
	}
	cursor, err := r.EventCursor(ctx)
	if err != nil {
		return err
	}
	if cursor == 0 { // nothing followed the log here: go on where the shadow ends
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

// most is how many rows are in memory at once.
const most = 1000

func (r *replacing) putGrants(ctx context.Context) error {
	for after := ""; ; {
		grants, err := r.shadow.ProjectedGrants(ctx, query.ProjectedGrantsParams{After: after, Most: most})
		if err != nil {
			return err
		}
		for _, g := range grants {
			if err := r.PutGrant(ctx, query.PutGrantParams{
				OrganizationID: g.OrganizationID, ID: g.ID, Roles: g.Roles, ChangedUs: g.ChangedUs,
				Sequence: g.Sequence, Lost: g.Lost, RemovedUs: g.RemovedUs,
			}); err != nil {
				return err
			}
		}
		if len(grants) < most {
			return nil
		}
		after = grants[len(grants)-1].ID
	}
}

// stones takes over the stones of what is gone here as well. Those of rows that
// are still here follow with the rows.
func (r *replacing) stones(ctx context.Context) error {
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

// rows walks the rows of both sides in the order of their IDs.
func (r *replacing) rows(ctx context.Context, about subject) error {
	here, there := &walk{about: about, read: r.Queries}, &walk{about: about, read: r.shadow}
	for {
		old, err := here.peek(ctx)
		if err != nil {
			return err
		}
		fresh, err := there.peek(ctx)
		if err != nil {
			return err
		}
		switch {
		case old == nil && fresh == nil:
			return r.flush(ctx)
		case fresh == nil || old != nil && old.id < fresh.id:
			here.next()
			err = r.onlyHere(ctx, *old)
		case old == nil || fresh.id < old.id:
			there.next()
			err = r.onlyThere(ctx, *fresh)
		default:
			here.next()
			there.next()
			err = r.both(ctx, *old, *fresh)
		}
		if err != nil {
			return err
		}
		if r.replaced.Rows++; r.replaced.Rows%most == 0 {
			r.progress(r.replaced.Rows, max(r.total, r.replaced.Rows))
		}
	}
}

func (r *replacing) onlyHere(ctx context.Context, old folded) error {
	if old.changed.After(r.cursor.Add(-replaceOverlap)) {
		return r.stale(ctx, old.id, old.sequence) // may be too new for the shadow
	}
	old.exists = false
	if stone, err := r.shadow.Removed(ctx, old.id); err == nil {
		old.changed, old.sequence = moment(stone.ChangedUs), uint64(stone.Sequence)
	}
	r.replaced.Removed++
	return r.bury(ctx, &old)
}

func (r *replacing) onlyThere(ctx context.Context, fresh folded) error {
	row, err := r.load(ctx, fresh.about, fresh.id)
	if err != nil {
		return err
	}
	if row.changed.After(fresh.changed) { // removed here after the shadow was read
		return r.stale(ctx, fresh.id, row.sequence)
	}
	fresh.stone = row.stone
	return r.take(ctx, fresh)
}

func (r *replacing) both(ctx context.Context, old, fresh folded) error {
	if old.changed.After(fresh.changed) || old.sequence > fresh.sequence {
		return r.stale(ctx, old.id, old.sequence)
	}
	fresh.user.LastSeenAt = later(fresh.user.LastSeenAt, old.user.LastSeenAt)
	if equal(old, fresh) {
		return nil
	}
	return r.take(ctx, fresh)
}

func (r *replacing) take(ctx context.Context, fresh folded) error {
	r.replaced.Written++
	if err := r.put(ctx, &fresh); err != nil {
		return err
	}
	clear(r.things) // one row at a time: nothing to remember
	return r.FoldedAnewUpTo(ctx, query.FoldedAnewUpToParams{Aggregate: fresh.id, Sequence: int64(fresh.sequence)})
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
		return a.user == b.user
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
		return nil, nil //nolint:nilnil // the end is no error, as with an iterator
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

// ProjectedTotal is how many organizations, users and role assignments there
// are.
func (s *Store) ProjectedTotal(ctx context.Context) (int, error) {
	total, err := s.read().CountProjected(ctx)
	if err != nil {
		return 0, fmt.Errorf("count rows: %w", translate(err))
	}
	return int(total), nil
}

// ProjectedOrganizations lists every organization the projection knows, ours or
// not, for comparison with Zitadel.
func (s *Store) ProjectedOrganizations(ctx context.Context) ([]identity.Organization, error) {
	var organizations []identity.Organization
	w := &walk{about: aboutOrganization, read: s.read()}
	for {
		row, err := w.peek(ctx)
		if err != nil {
			return nil, fmt.Errorf("list organizations: %w", translate(err))
		}
		if row == nil {
			return organizations, nil
		}
		organizations = append(organizations, row.organization)
		w.next()
	}
}
