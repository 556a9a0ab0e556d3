package imports

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// batch is some rows that are worked on together.
type batch struct {
	*Engine
	work
	making
	turn    int64 // among those who wait for a writer
	items   []*item
	classes map[int64]identity.OrganizationID // of the list, by place in it

	mu     sync.Mutex
	places map[identity.OrganizationID]*place
	reread bool  // what Zitadel wants of passwords was asked for again
	away   error // Zitadel does not answer: nothing more is begun
}

// item is a row of a batch on its way.
type item struct {
	mu       sync.Mutex
	row      store.ImportRow
	made     identity.NewUser // of a row that makes an account
	account  identity.Fact    // that it was made
	facts    []identity.Fact
	reasons  []identity.Message
	undone   map[int]bool // steps that came to nothing
	refused  bool         // nothing came of the row
	hidden   bool
	repaired bool
	changed  bool  // something was done
	left     error // it stays begun, to be gone on with
}

// do does rows that are begun, to their end. An error says that some of them stay
// begun.
func (r *run) do(ctx context.Context, w work, m making, rows []store.ImportRow) error {
	b := &batch{Engine: r.Engine, work: w, making: m, turn: r.writers.turn(), places: map[identity.OrganizationID]*place{}}
	err := b.prepare(ctx, rows)
	if err != nil {
		return err
	}
	come := b.each(ctx, len(b.items), func(n int) { b.account(ctx, b.items[n]) })
	b.wait(ctx, b.items[come:]...)
	b.shownUsers(ctx)
	b.roles(ctx)
	b.invitations(ctx)
	var done []store.ImportedRow
	for _, i := range b.items {
		if i.left != nil {
			err = cmp.Or(err, i.left)
			continue
		}
		done = append(done, i.outcome())
	}
	if len(done) == 0 {
		return err
	}
	if failed := w.rows.CloseImportRows(ctx, w.one.ID, done); failed != nil {
		return errors.Join(err, failed)
	}
	r.mu.Lock()
	r.closed += len(done)
	r.mu.Unlock()
	return err
}

// prepare looks up what the rows need.
func (b *batch) prepare(ctx context.Context, rows []store.ImportRow) error {
	var err error
	if b.classes, err = b.work.rows.ImportPlaces(ctx, b.work.one.ID, rows); err != nil {
		return err
	}
	b.items = make([]*item, len(rows))
	for n, row := range rows {
		i := &item{row: row, undone: map[int]bool{}}
		for s := range i.row.Steps {
			if step := &i.row.Steps[s]; step.Class != 0 && step.Place == "" {
				step.Place = b.classes[step.Class]
			}
		}
		if makes(row) {
			i.made = b.user(i.row)
		}
		b.items[n] = i
	}
	return nil
}

// each runs f for all numbers below n, in their order, as writers become free, and
// returns when all have ended. When Zitadel is away it stops: it answers how many
// it came to.
func (b *batch) each(ctx context.Context, n int, f func(int)) int {
	var under sync.WaitGroup
	defer under.Wait()
	for k := range n {
		b.writers.take(b.turn)
		if b.gone(ctx) != nil {
			b.writers.give()
			return k
		}
		under.Go(func() {
			defer b.writers.give()
			f(k)
		})
	}
	return n
}

// wait leaves items begun that were not come to.
func (b *batch) wait(ctx context.Context, items ...*item) {
	for _, i := range items {
		if i.left == nil {
			i.left = b.gone(ctx)
		}
	}
}

// gone is why nothing more is to be begun.
func (b *batch) gone(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away == nil {
		b.away = ctx.Err()
	}
	return b.away
}

// answer notes an error of a write: one that another try may mend leaves the item
// begun, and any other one is a reason. It reports whether there was none.
func (b *batch) answer(i *item, err error) bool {
	if err == nil {
		return true
	}
	known := refused(err)
	i.mu.Lock()
	defer i.mu.Unlock()
	if known != nil {
		i.reasons = append(i.reasons, known.Message)
		return false
	}
	i.left = err
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away == nil {
		b.away = err
	}
	return false
}

// account makes the account of an item, or changes it.
func (b *batch) account(ctx context.Context, i *item) {
	if makes(i.row) {
		fact, err := b.addUser(ctx, i)
		if b.answer(i, err) {
			i.account, i.changed = fact, true
		} else {
			i.refused = i.left == nil
		}
		return
	}
	for n, s := range i.row.Steps {
		if s.Kind != roster.StepUpdate || s.After == nil {
			continue
		}
		fact, err := b.remote.UpdateUser(ctx, i.row.User, identity.UserUpdate{
			UserName: s.After.UserName, GivenName: s.After.GivenName, FamilyName: s.After.FamilyName, Address: s.After.Address,
		})
		if !b.answer(i, err) {
			i.undone[n] = true
			continue
		}
		i.changed = true
		i.facts = append(i.facts, fact)
	}
}

// addUser makes an account: under another user name if the first one is taken, and
// with another secret if the rules for them have changed.
func (b *batch) addUser(ctx context.Context, i *item) (identity.Fact, error) {
	next := b.otherNames(i.row)
	for again := false; ; {
		fact, err := b.remote.AddUser(ctx, i.made)
		known := refused(err)
		switch {
		case err == nil:
			if made, ok := fact.(identity.UserCreated); ok {
				i.made.UserName, i.row.UserName = made.User.UserName, made.User.UserName
			}
			return fact, nil
		case known == nil:
			return nil, err
		case known.Message.ID == "user.name-taken":
			name, more := next()
			if !more {
				if i.row.Person.UserName == "" && i.row.Person.Address == "" {
					err = identity.Conflict("import.name-used-up")
				}
				return nil, err
			}
			i.made.UserName = name
		case known.Message.ID == "secret.too-weak" && !again:
			again = true
			if err := b.otherSecret(ctx, i); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// otherSecret makes a secret by the rules as Zitadel has them now, which are asked
// for once in a batch, and keeps it before it is sent.
func (b *batch) otherSecret(ctx context.Context, i *item) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.reread {
		passwords, err := identity.AskPasswordRules(ctx, b.work.rows, b.remote)
		if err != nil {
			return err
		}
		b.passwords, b.reread = passwords, true
	}
	i.row.Secret = b.secret(i.row, b.passwords)
	i.made.Secret = i.row.Secret
	return b.work.rows.KeepImportSecret(ctx, b.work.one.ID, i.row)
}

// outcome is what became of an item. Steps that came to nothing are left out.
func (i *item) outcome() store.ImportedRow {
	d := store.ImportedRow{Row: i.row, Reasons: append(i.row.Reasons, i.reasons...), Facts: i.facts}
	d.Row.Steps = nil
	invited := false
	for n, s := range i.row.Steps {
		if !i.undone[n] || i.refused {
			d.Row.Steps = append(d.Row.Steps, s)
		}
		invited = invited || s.Invitation != ""
	}
	if i.account != nil {
		d.Facts = append([]identity.Fact{i.account}, d.Facts...)
	}
	switch {
	case i.refused, !i.changed && len(i.reasons) > 0:
		d.Outcome, d.Facts = store.OutcomeRefused, nil
	case i.hidden:
		d.Outcome = store.OutcomeHidden
	case i.repaired:
		d.Outcome = store.OutcomeRepaired
	case makes(i.row):
		d.Outcome = store.OutcomeVerified
	case invited:
		d.Outcome = store.OutcomeInvited
	default:
		d.Outcome = store.OutcomeChanged
	}
	return d
}
