package identity_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// arrivalWorld is a school with its rows and its side of Zitadel, in memory.
type arrivalWorld struct {
	mu         sync.Mutex
	users      map[identity.UserID]identity.User
	links      map[string]identity.UserID // at the connection's provider, by external ID
	roles      map[string]identity.RoleAssignment
	operators  []identity.UserID
	taken      []string // user names that somebody elsewhere has
	domains    []identity.Domain
	classrooms []identity.Organization
	asked      map[identity.UserID]identity.JoinRequest
	came       map[identity.UserID]string
	records    []string // action, organization and outcome, in order
	actors     map[string]bool
	turn       map[string]*sync.Mutex

	calls int
	cutAt int  // the call that fails; 0: none
	after bool // it fails after it had its effect
}

var errCut = errors.New("cut off")

const (
	lindenSchool = identity.OrganizationID("linden")
	biologyClass = identity.OrganizationID("biology")
)

// newArrivalWorld has Sam, a student of Biology, at home in Linden; Lea, without
// a role; Ann, whose address nobody confirmed; Olu, an operator.
func newArrivalWorld() *arrivalWorld {
	w := &arrivalWorld{
		users: map[identity.UserID]identity.User{}, links: map[string]identity.UserID{},
		roles: map[string]identity.RoleAssignment{}, asked: map[identity.UserID]identity.JoinRequest{},
		came: map[identity.UserID]string{}, actors: map[string]bool{}, turn: map[string]*sync.Mutex{},
		operators: []identity.UserID{"olu"}, taken: []string{"taken@linden.example"},
		domains: []identity.Domain{
			{Name: "linden.example", Verified: true, Join: identity.AutoJoinOff},
			{Name: "new.example", Verified: false},
		},
		classrooms: []identity.Organization{{
			ID: biologyClass, Kind: identity.KindClassroom, School: lindenSchool, State: identity.OrganizationActive,
		}},
	}
	w.person("sam", "sam@linden.example", true)
	w.person("lea", "lea@linden.example", true)
	w.person("ann", "ann@linden.example", false)
	w.person("olu", "olu@linden.example", true)
	w.person("new", "new@new.example", true)
	w.roles["biology/sam"] = identity.RoleAssignment{
		User: "sam", Organization: biologyClass, Roles: []identity.Role{identity.RoleStudent}, State: identity.AssignmentActive,
	}
	return w
}

func (w *arrivalWorld) person(id identity.UserID, address string, verified bool) {
	w.users[id] = identity.User{
		ID: id, Home: lindenSchool, UserName: address, GivenName: "Given", FamilyName: "Family",
		Address: address, AddressVerified: verified, State: identity.UserActive,
	}
}

// step counts a call, and cuts it off where the test says so.
func (w *arrivalWorld) step(effect func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	cut := w.calls == w.cutAt
	if cut && !w.after {
		return errCut
	}
	if effect != nil {
		effect()
	}
	if cut {
		return errCut
	}
	return nil
}

func (w *arrivalWorld) Rows(o identity.Opened) identity.Arrivals {
	return &arrivalRows{w: w, opened: o}
}

func (w *arrivalWorld) Remote(o identity.Opened) identity.Remote {
	return &arrivalRemote{w: w, opened: o}
}

func (w *arrivalWorld) Operates(_ context.Context, user identity.UserID) (bool, error) {
	return slices.Contains(w.operators, user), w.step(nil)
}

func (w *arrivalWorld) Holds(_ context.Context, _ identity.OrganizationID, user identity.UserID) (bool, error) {
	holds := false
	err := w.step(func() {
		for _, a := range w.roles {
			holds = holds || a.User == user
		}
	})
	return holds, err
}

func (w *arrivalWorld) inTurn(ctx context.Context, key string, f func(context.Context) error) error {
	w.mu.Lock()
	if w.turn[key] == nil {
		w.turn[key] = &sync.Mutex{}
	}
	turn := w.turn[key]
	w.mu.Unlock()
	turn.Lock()
	defer turn.Unlock()
	return f(ctx)
}

// state is all that an arrival may leave behind, without the record of it.
func (w *arrivalWorld) state() string {
	roles := map[string]string{}
	for key, a := range w.roles {
		roles[key] = fmt.Sprint(a.Roles, a.State)
	}
	return fmt.Sprint(w.users, w.links, roles, w.asked, w.came)
}

type arrivalRows struct {
	w      *arrivalWorld
	opened identity.Opened
}

func (r *arrivalRows) key(user identity.UserID) string {
	return string(r.opened.ID()) + "/" + string(user)
}

func (r *arrivalRows) InTurn(ctx context.Context, f func(context.Context) error) error {
	return r.w.inTurn(ctx, string(r.opened.ID()), f)
}

func (r *arrivalRows) InArrivalTurn(ctx context.Context, address string, f func(context.Context) error) error {
	return r.w.inTurn(ctx, "arrival/"+address, f)
}

func (r *arrivalRows) Member(_ context.Context, user identity.UserID) (identity.Member, error) {
	var member identity.Member
	found := false
	if err := r.w.step(func() { member.Assignment, found = r.w.roles[r.key(user)] }); err != nil {
		return member, err
	}
	if !found {
		return member, identity.NotFound("member.not-found")
	}
	return member, nil
}

func (r *arrivalRows) Change(
	ctx context.Context, change identity.Change, act func(context.Context) ([]identity.Fact, error),
) error {
	_, err := act(ctx)
	outcome := identity.OutcomeDone
	if err != nil {
		outcome = identity.OutcomeFailed
	}
	r.w.mu.Lock()
	r.w.records = append(r.w.records, fmt.Sprintf("%s %s %s", change.Action, r.opened.ID(), outcome))
	r.w.actors[r.opened.Actor().Name] = true
	r.w.mu.Unlock()
	return err
}

func (r *arrivalRows) PeopleByAddress(_ context.Context, address string) ([]identity.Candidate, error) {
	var found []identity.Candidate
	err := r.w.step(func() {
		for _, id := range slices.Sorted(maps.Keys(r.w.users)) {
			if u := r.w.users[id]; u.Home == r.opened.ID() && identity.SameAddress(u.Address, address) {
				_, role := r.w.roles["biology/"+string(id)]
				found = append(found, identity.Candidate{User: u, Roles: role, Operator: slices.Contains(r.w.operators, id)})
			}
		}
	})
	return found, err
}

func (r *arrivalRows) Domains(context.Context) ([]identity.Domain, error) {
	return r.w.domains, r.w.step(nil)
}

func (r *arrivalRows) ClassroomIn(_ context.Context, id identity.OrganizationID) (identity.Organization, error) {
	if err := r.w.step(nil); err != nil {
		return identity.Organization{}, err
	}
	for _, c := range r.w.classrooms {
		if c.ID == id {
			return c, nil
		}
	}
	return identity.Organization{}, identity.NotFound("organization.not-found")
}

func (r *arrivalRows) AskToJoin(_ context.Context, request identity.JoinRequest) error {
	return r.w.step(func() { r.w.asked[request.User] = request })
}

func (r *arrivalRows) CameThrough(_ context.Context, _ identity.ConnectionID, user identity.UserID) (bool, error) {
	came := false
	err := r.w.step(func() { _, came = r.w.came[user] })
	return came, err
}

func (r *arrivalRows) SignedInThrough(_ context.Context, _ identity.ConnectionID, user identity.UserID, externalID string) error {
	return r.w.step(func() { r.w.came[user] = externalID })
}

// arrivalRemote has what an arrival calls; anything else is a nil method.
type arrivalRemote struct {
	identity.Remote
	w      *arrivalWorld
	opened identity.Opened
}

func (r *arrivalRemote) User(_ context.Context, id identity.UserID) (identity.User, error) {
	var user identity.User
	found := false
	if err := r.w.step(func() { user, found = r.w.users[id] }); err != nil {
		return user, err
	}
	if !found {
		return user, identity.NotFound("user.not-found")
	}
	return user, nil
}

func (r *arrivalRemote) LinkUser(_ context.Context, user identity.UserID, _ identity.ProviderID, externalID, _ string) error {
	return r.w.step(func() { r.w.links[externalID] = user })
}

func (r *arrivalRemote) CreateLinkedUser(
	_ context.Context, n identity.NewUser, _ identity.ProviderID, externalID string,
) (identity.Fact, error) {
	if slices.Contains(r.w.taken, n.UserName) {
		return nil, identity.Conflict("user.name-taken")
	}
	user := identity.User{
		ID: n.ID, Home: r.opened.ID(), UserName: n.UserName, GivenName: n.GivenName, FamilyName: n.FamilyName,
		Address: n.Address, AddressVerified: n.AddressVerified, State: identity.UserActive,
	}
	err := r.w.step(func() {
		if _, there := r.w.users[n.ID]; !there {
			r.w.users[n.ID] = user
		}
		r.w.links[externalID] = n.ID
	})
	return identity.UserCreated{User: user}, err
}

func (r *arrivalRemote) SetPersonNames(_ context.Context, id identity.UserID, given, family string) (identity.Fact, error) {
	return identity.UserChanged{User: id}, r.w.step(func() {
		user := r.w.users[id]
		user.GivenName, user.FamilyName = given, family
		r.w.users[id] = user
	})
}

func (r *arrivalRemote) CreateRoleAssignment(_ context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	a := identity.RoleAssignment{User: user, Organization: r.opened.ID(), Roles: roles, State: identity.AssignmentActive}
	return identity.RoleAssignmentCreated{Assignment: a}, r.w.step(func() {
		r.w.roles[string(r.opened.ID())+"/"+string(user)] = a
	})
}

// arrive plays one arrival: who is linked already is what Zitadel would tell.
func (w *arrivalWorld) arrive(t *testing.T, c identity.Connection, p identity.Arriving) (identity.Arrived, error) {
	t.Helper()
	school, err := identity.OpenArriving(identity.Organization{
		ID: lindenSchool, Kind: identity.KindSchool, Name: "Linden School", State: identity.OrganizationActive,
	}, "attempt")
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	if p.Linked == "" {
		p.Linked = w.links[p.ExternalID]
	}
	w.mu.Unlock()
	return identity.Arrive(t.Context(), school, w, c, p)
}
