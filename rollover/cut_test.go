package rollover_test

import (
	"context"
	"errors"
	"fmt"
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

// cutGateway lets so many writes through and answers none of the later ones. A
// write that is cut off after it was made is half of them.
type cut struct {
	left atomic.Int64
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
	return r.fact(func() (identity.Fact, error) { return r.Remote.SuspendRoleAssignment(ctx, u) })
}

func (r cutRemote) ActivateRoleAssignment(ctx context.Context, u identity.UserID) (identity.Fact, error) {
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
// it ends in the same school, and so does undoing it.
func TestCutOffAtAnyWriteNothingIsLostOrDoubled(t *testing.T) {
	for _, writes := range []int64{1, 2, 3, 5, 8, 9, 13, 16, 20, 24} {
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			t.Parallel()
			c := &cut{}
			p := newPlace(t)
			s := p.site(func(o *rollover.Options) { cutting(o, c) })
			school := s.as(s.school.ID)
			id := s.plan()
			s.apply(id)
			c.left.Store(writes)
			if err := s.work(); !errors.Is(err, errCut) && err != nil {
				t.Errorf("error = %v", err)
			}
			c.left.Store(1 << 40)
			s.check(s.work())
			if diff := cmp.Diff(after, s.rosters()); diff != "" {
				t.Error(diff)
			}
			one, err := school.Rollover(t.Context(), id)
			if err != nil || one.State != store.RolloverDone || one.Done != 4 || one.Refused != 0 {
				t.Errorf("the receipt says %+v, %v", one, err)
			}
			records, err := school.Audit(t.Context(), store.AuditQuery{Action: identity.ActionRolloverFinished})
			if err != nil || len(records.Records) != 1 {
				t.Errorf("on record: %+v, %v", records.Records, err)
			}

			s.check(school.UndoRollover(t.Context(), id))
			c.left.Store(writes)
			if err := s.work(); !errors.Is(err, errCut) && err != nil {
				t.Errorf("error = %v", err)
			}
			c.left.Store(1 << 40)
			s.check(s.work())
			if diff := cmp.Diff(before, s.rosters()); diff != "" {
				t.Error(diff)
			}
			s.sync(s.store)
			s.sync(s.store)
			if diff := cmp.Diff(before, s.rosters()); diff != "" {
				t.Error(diff)
			}
			refused, err := school.RolloverItemsBack(t.Context(), id, store.BackRefused)
			if err != nil || len(refused) > 0 {
				t.Errorf("refused: %+v, %v", refused, err)
			}
		})
	}
}

func cutting(o *rollover.Options, c *cut) {
	c.left.Store(1 << 40)
	o.Gateway, o.Provisioner = cutGateway{o.Gateway, c}, cutProvisioner{o.Provisioner, c}
	o.Runs = runsOn(o)
	o.Writers = 2
}
