package rollover_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/rollover"
	"homeroom.dev/homeroom/store"
)

func asError(err error, known **identity.Error) bool { return errors.As(err, known) }

// firstTerm is the ID of the school's only term.
func firstTerm(s *site) store.TermID {
	s.t.Helper()
	terms, err := s.as(s.school.ID).Terms(s.t.Context())
	s.check(err)
	return terms[0].ID
}

// errCut is what everything answers once the process is as good as dead.
var errCut = errors.New("cut off")

// cut lets so many writes through and answers none of the later ones. A
// write that is cut off after it was made is half of them.
type cut struct {
	left  atomic.Int64
	goes  identity.UserID // who cannot be suspended for now
	stays identity.UserID // who is not given access again
}

func (c *cut) write(do func() error) error {
	n := c.left.Add(-1)
	if n < 0 {
		return errCut
	}
	err := do()
	if n == 0 {
		return errCut // made, and nobody heard of it
	}
	return err
}

type cutGateway struct {
	identity.Gateway
	cut *cut
}

func (g cutGateway) In(o identity.Opened) identity.Remote { return cutRemote{g.Gateway.In(o), g.cut} }

type cutRemote struct {
	identity.Remote
	cut *cut
}

func (r cutRemote) fact(do func() (identity.Fact, error)) (fact identity.Fact, err error) {
	err = r.cut.write(func() error { fact, err = do(); return err })
	return fact, err
}

func (r cutRemote) AssignRoles(ctx context.Context, u identity.UserID, roles []identity.Role) (identity.Fact, error) {
	return r.fact(func() (identity.Fact, error) { return r.Remote.AssignRoles(ctx, u, roles) })
}

func (r cutRemote) CreateRoleAssignment(ctx context.Context, u identity.UserID, roles []identity.Role) (identity.Fact, error) {
	return r.fact(func() (identity.Fact, error) { return r.Remote.CreateRoleAssignment(ctx, u, roles) })
}

func (r cutRemote) SuspendRoleAssignment(ctx context.Context, u identity.UserID) (identity.Fact, error) {
	if u == r.cut.goes {
		return nil, errCut
	}
	return r.fact(func() (identity.Fact, error) { return r.Remote.SuspendRoleAssignment(ctx, u) })
}

func (r cutRemote) ActivateRoleAssignment(ctx context.Context, u identity.UserID) (identity.Fact, error) {
	if u == r.cut.stays {
		return nil, identity.Forbidden("rule.higher-role")
	}
	return r.fact(func() (identity.Fact, error) { return r.Remote.ActivateRoleAssignment(ctx, u) })
}

func (r cutRemote) SetState(ctx context.Context, state identity.OrganizationState) (identity.Fact, error) {
	return r.fact(func() (identity.Fact, error) { return r.Remote.SetState(ctx, state) })
}

type cutProvisioner struct {
	identity.Provisioner
	cut *cut
}

func (p cutProvisioner) Open(ctx context.Context, n identity.NewOrganization) (facts []identity.Fact, err error) {
	err = p.cut.write(func() error { facts, err = p.Provisioner.Open(ctx, n); return err })
	return facts, err
}

func (p cutProvisioner) Delete(ctx context.Context, o identity.Opened) (fact identity.Fact, err error) {
	err = p.cut.write(func() error { fact, err = p.Provisioner.Delete(ctx, o); return err })
	return fact, err
}

// However many writes reached Zitadel before everything was cut off, gone on with
// it ends in the same school, and so does undoing it, one time after the other.
func TestCutOffAtAnyWriteNothingIsLostOrDoubled(t *testing.T) {
	for _, times := range [][]int64{{1, 8, 13, 24}, {2, 5, 16}, {3, 9, 20}} {
		t.Run(fmt.Sprint(times), func(t *testing.T) {
			t.Parallel()
			c := &cut{}
			s := newPlace(t).site(func(o *rollover.Options) { cutting(o, c) })
			school := s.as(s.school.ID)
			for i, writes := range times {
				var id store.RolloverID
				if i == 0 {
					id = s.plan()
				} else {
					id = s.planInto(firstTerm(s))
				}
				s.apply(id)
				s.cutAfter(c, writes)
				s.stands(writes, after)
				one, err := school.Rollover(t.Context(), id)
				if err != nil || one.State != store.RolloverDone || one.Done != 4 || one.Refused != 0 {
					t.Errorf("after %d writes: the receipt says %+v, %v", writes, one, err)
				}
				records, err := school.Audit(t.Context(), store.AuditQuery{Action: identity.ActionRolloverFinished})
				if err != nil || len(records.Records) != i+1 {
					t.Errorf("after %d writes: on record: %+v, %v", writes, records.Records, err)
				}

				s.check(school.UndoRollover(t.Context(), id))
				s.cutAfter(c, writes)
				s.stands(writes, before)
				s.sync(s.store)
				s.sync(s.store)
				s.stands(writes, before)
				refused, err := school.RolloverItemsBack(t.Context(), id, store.BackRefused)
				if err != nil || len(refused) > 0 {
					t.Errorf("after %d writes: refused: %+v, %v", writes, refused, err)
				}
			}
		})
	}
}

// cutAfter works until so many writes were made, and then to the end.
func (s *site) cutAfter(c *cut, writes int64) {
	s.t.Helper()
	c.left.Store(writes)
	if err := s.work(); !errors.Is(err, errCut) && err != nil {
		s.t.Errorf("after %d writes: %v", writes, err)
	}
	c.left.Store(1 << 40)
	s.check(s.work())
}

// stands compares the school with what is wanted. Classes of earlier rollovers are
// gone from it.
func (s *site) stands(writes int64, want map[string]string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.rosters()); diff != "" {
		s.t.Errorf("after %d writes:\n%s", writes, diff)
	}
}

// A rollover that was cut off, ended, and undone before what was begun was whole:
// no class is left over.
func TestWhatWasBegunIsWholeBeforeItIsPutBack(t *testing.T) {
	for _, writes := range []int64{1, 9} { // in the opening of a class; later
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			t.Parallel()
			c := &cut{}
			s := newPlace(t).site(func(o *rollover.Options) { cutting(o, c) })
			ctx, school := t.Context(), s.as(s.school.ID)
			id := s.plan()
			s.apply(id)
			// The choir is in the new term, and nobody heard of it.
			items, err := school.RolloverItems(ctx, id, store.RolloverItemQuery{Search: "choir"})
			s.check(err)
			kept := items.Items[0]
			kept.State = store.RolloverBegun
			s.check(school.TakeIntoTerm(ctx, id, firstTerm(s), &kept))
			c.left.Store(writes)
			if err := s.work(); !errors.Is(err, errCut) {
				t.Fatalf("error = %v", err)
			}
			s.check(school.CancelRollover(ctx, id))
			s.check(school.UndoRollover(ctx, id))
			c.left.Store(1 << 40)
			s.check(s.work())
			if diff := cmp.Diff(before, s.rosters()); diff != "" {
				t.Error(diff)
			}
			if term, err := s.as(s.classes[choir].ID).TermHere(ctx); err != nil || term.ID != "" {
				t.Errorf("the choir is of the term %+v, %v", term, err)
			}
		})
	}
}

// What is tried no more waits for somebody, who goes on with it.
func TestWhatIsGivenUpWaitsForSomebody(t *testing.T) {
	t.Parallel()
	c := &cut{}
	s := newPlace(t).site(func(o *rollover.Options) { cutting(o, c) })
	ctx, school := t.Context(), s.as(s.school.ID)
	id := s.plan()
	stands := func(state store.RolloverState, trouble string) {
		t.Helper()
		if one, err := school.Rollover(ctx, id); err != nil || one.State != state || one.Trouble.ID != trouble {
			t.Errorf("the rollover is %s with %q, %v, want %s with %q", one.State, one.Trouble.ID, err, state, trouble)
		}
	}
	s.apply(id)
	// The old class is not archived. While that lasts, somebody leaves the new one.
	c.goes = "s0"
	s.giveUp()
	stands(store.RolloverPaused, "rollover.trouble.last")
	items, err := school.RolloverItems(ctx, id, store.RolloverItemQuery{Search: "biology"})
	s.check(err)
	opened, err := s.store.OpenFor(ctx, s.admin, items.Items[0].NewClassroom)
	s.check(err)
	s.check(identity.RemoveFromRoster(ctx, opened, s.store.In(opened), s.gateway.In(opened), "s1"))
	c.goes = ""
	s.check(school.ContinueRollover(ctx, id))
	s.check(s.work())
	stands(store.RolloverDone, "")

	s.check(school.UndoRollover(ctx, id))
	c.left.Store(0)
	s.giveUp()
	stands(store.RolloverUndoPaused, "rollover.trouble.last")
	c.left.Store(1 << 40)
	s.check(school.ContinueRollover(ctx, id))
	s.check(s.work())
	stands(store.RolloverUndone, "")
	want := maps.Clone(before)
	want["8B Biology inactive"] = "guest:student:suspended jon:co_teacher:active lee:teacher:active s0:student:suspended s2:student:suspended"
	if diff := cmp.Diff(want, s.rosters()); diff != "" {
		t.Error(diff)
	}
}

// A student who is not given access again is in no receipt that says that all is
// as it was.
func TestWhoDoesNotComeBackIsCounted(t *testing.T) {
	t.Parallel()
	c := &cut{stays: "s1"}
	s := newPlace(t).site(func(o *rollover.Options) { cutting(o, c) })
	ctx, school := t.Context(), s.as(s.school.ID)
	id := s.plan()
	s.apply(id)
	s.check(s.work())
	s.check(school.UndoRollover(ctx, id))
	s.check(s.work())
	partly, err := school.RolloverItemsBack(ctx, id, store.BackPartly)
	if err != nil || len(partly) != 1 || partly[0].Name != biology || partly[0].UndoReason.ID != "rollover.back.partly" {
		t.Errorf("came back in part: %+v, %v", partly, err)
	}
	want := maps.Clone(before)
	want["7B Biology active"] = strings.Replace(before["7B Biology active"], "s1:student:active", "s1:student:suspended", 1)
	if diff := cmp.Diff(want, s.rosters()); diff != "" {
		t.Error(diff)
	}
}

// giveUp does the next job for the last time.
func (s *site) giveUp() {
	s.t.Helper()
	payload := s.jobs.payloads[0]
	s.jobs.payloads = s.jobs.payloads[1:]
	s.check(s.engine.Handle(s.t.Context(), payload, true))
}

func cutting(o *rollover.Options, c *cut) {
	c.left.Store(1 << 40)
	o.Gateway, o.Provisioner = cutGateway{o.Gateway, c}, cutProvisioner{o.Provisioner, c}
	o.Runs = runsOn(o)
	o.Writers = 2
}
