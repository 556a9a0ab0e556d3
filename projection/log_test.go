package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
)

const (
	runtimeAccount = identity.UserID("sa-runtime")
	consoleAdmin   = identity.UserID("console-admin")
	operators      = identity.OrganizationID("org-operators")
)

// eventLog is an event log one can script: events may stay invisible, come in
// any order, and the read side may lose rows. Its read side is a second, plain
// reading of the same events and so also checks the projection's.
type eventLog struct {
	mu        sync.Mutex
	now       time.Time
	events    []identity.Event // in the order of their becoming visible
	hidden    map[string]bool  // key(aggregate, sequence)
	sequences map[string]uint64
	away      error
	pageLimit int // smaller pages than asked for; 0 for as asked
	lost      map[string]bool
	reading   *reading // of so many events
	readCount int
}

func newLog() *eventLog {
	return &eventLog{
		now:       time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
		hidden:    map[string]bool{},
		sequences: map[string]uint64{},
		lost:      map[string]bool{},
	}
}

func key(aggregate string, sequence uint64) string { return fmt.Sprintf("%s/%d", aggregate, sequence) }

// clock is the log's time, for the projection under test.
func (l *eventLog) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// pass lets time go by.
func (l *eventLog) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// tick moves time on by a microsecond, the precision of Zitadel, and returns it.
func (l *eventLog) tick() time.Time {
	l.pass(time.Microsecond)
	return l.clock()
}

// write appends an event edited by somebody and returns it.
func (l *eventLog) write(editor identity.UserID, organization identity.OrganizationID, aggregate string, at time.Time, fact identity.Fact) identity.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sequences[aggregate]++
	e := identity.Event{
		Aggregate: aggregate, Sequence: l.sequences[aggregate], Organization: organization,
		At: at, Editor: editor, Fact: fact,
	}
	l.events = append(l.events, e)
	return e
}

// hide makes an event invisible until show.
func (l *eventLog) hide(e identity.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hidden[key(e.Aggregate, e.Sequence)] = true
}

func (l *eventLog) show(e identity.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.hidden, key(e.Aggregate, e.Sequence))
}

func (l *eventLog) setAway(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = err
}

// The rest writes what the portal or an administrator would cause.

func (l *eventLog) organization(id identity.OrganizationID, kind identity.Kind, school identity.OrganizationID, name string) {
	at := l.tick()
	l.write(runtimeAccount, id, string(id), at, identity.OrganizationCreated{Organization: id, RemoteName: name + " x1", At: at})
	for _, m := range [][2]string{
		{identity.MetadataKind, string(kind)}, {identity.MetadataSchool, string(school)}, {identity.MetadataName, name},
	} {
		if m[1] == "" {
			continue
		}
		at := l.tick()
		l.write(runtimeAccount, id, string(id), at, identity.OrganizationMetadataSet{Organization: id, Key: m[0], Value: m[1], At: at})
	}
	at = l.tick()
	l.write(runtimeAccount, operators, "project", at, identity.GrantSet{
		Grant: "grant-" + string(id), Organization: id, Roles: identity.Roles, At: at,
	})
}

func (l *eventLog) user(home identity.OrganizationID, id identity.UserID, given, family string) {
	at := l.tick()
	l.write(runtimeAccount, home, string(id), at, identity.UserCreated{At: at, User: identity.User{
		ID: id, Home: home, UserName: string(id) + "@school.example", GivenName: given, FamilyName: family,
		Address: string(id) + "@school.example", State: identity.UserActive,
	}})
	verified := true
	l.write(runtimeAccount, home, string(id), at, identity.UserChanged{User: id, AddressVerified: &verified, At: at})
}

func (l *eventLog) assign(organization identity.OrganizationID, user identity.UserID, roles ...identity.Role) identity.RoleAssignmentID {
	at := l.tick()
	id := identity.RoleAssignmentID(string(organization) + ":" + string(user))
	l.write(runtimeAccount, organization, string(id), at, identity.RoleAssignmentCreated{At: at, Assignment: identity.RoleAssignment{
		ID: id, User: user, Organization: organization, Roles: roles, State: identity.AssignmentActive, CreatedAt: at,
	}})
	return id
}

// visible lists the events that can be seen, by time.
func (l *eventLog) visible() []identity.Event {
	var events []identity.Event
	for _, e := range l.events {
		if !l.hidden[key(e.Aggregate, e.Sequence)] {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b identity.Event) int { return a.At.Compare(b.At) })
	return events
}

// Events is [identity.Events].
func (l *eventLog) Events(_ context.Context, query identity.EventQuery) (identity.EventPage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away != nil {
		return identity.EventPage{}, l.away
	}
	limit := query.Limit
	if l.pageLimit > 0 && query.Aggregate == "" {
		limit = min(limit, l.pageLimit)
	}
	var page identity.EventPage
	page.Last = query.After
	for _, e := range l.visible() {
		if !e.At.After(query.After) || query.Aggregate != "" && e.Aggregate != query.Aggregate {
			continue
		}
		if len(page.Events) == limit {
			page.More = true
			break
		}
		page.Events = append(page.Events, e)
		page.Last = e.At
	}
	return page, nil
}

// reading is the read side: a plain pass over all events in order.
type reading struct {
	organizations map[identity.OrganizationID]identity.Organization
	users         map[identity.UserID]identity.User
	assignments   map[identity.RoleAssignmentID]identity.RoleAssignment
}

func (l *eventLog) read() *reading {
	if l.reading != nil && l.readCount == len(l.events) {
		return l.reading
	}
	r := &reading{
		organizations: map[identity.OrganizationID]identity.Organization{},
		users:         map[identity.UserID]identity.User{},
		assignments:   map[identity.RoleAssignmentID]identity.RoleAssignment{},
	}
	for _, e := range l.events {
		switch f := e.Fact.(type) {
		case identity.OrganizationCreated:
			r.organizations[f.Organization] = identity.Organization{ID: f.Organization, RemoteName: f.RemoteName, State: identity.OrganizationActive}
		case identity.OrganizationMetadataSet:
			o := r.organizations[f.Organization]
			switch f.Key {
			case identity.MetadataKind:
				o.Kind = identity.Kind(f.Value)
			case identity.MetadataName:
				o.Name = f.Value
			case identity.MetadataSchool:
				o.School = identity.OrganizationID(f.Value)
			}
			r.organizations[f.Organization] = o
		case identity.UserCreated:
			r.users[f.User.ID] = f.User
		case identity.UserChanged:
			u := r.users[f.User]
			if f.AddressVerified != nil {
				u.AddressVerified = *f.AddressVerified
			}
			if f.GivenName != nil {
				u.GivenName = *f.GivenName
			}
			if f.Address != nil {
				u.Address = *f.Address
			}
			if f.State != nil {
				u.State = *f.State
			}
			r.users[f.User] = u
		case identity.UserRemoved:
			delete(r.users, f.User)
		case identity.RoleAssignmentCreated:
			r.assignments[f.Assignment.ID] = f.Assignment
		case identity.RoleAssignmentChanged:
			a := r.assignments[f.ID]
			a.Roles = f.Roles
			r.assignments[f.ID] = a
		case identity.RoleAssignmentStateChanged:
			a := r.assignments[f.ID]
			a.State = f.State
			r.assignments[f.ID] = a
		case identity.RoleAssignmentRemoved:
			delete(r.assignments, f.ID)
		}
	}
	l.reading, l.readCount = r, len(l.events)
	return r
}

// Organization is [identity.Events].
func (l *eventLog) Organization(_ context.Context, id identity.OrganizationID) (identity.Organization, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	organization, ok := l.read().organizations[id]
	if !ok || l.lost[string(id)] {
		return identity.Organization{}, identity.NotFound("organization.not-found")
	}
	return organization, l.away
}

// User is [identity.Events].
func (l *eventLog) User(_ context.Context, id identity.UserID) (identity.User, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	user, ok := l.read().users[id]
	if !ok || l.lost[string(id)] {
		return identity.User{}, identity.NotFound("user.not-found")
	}
	return user, l.away
}

// RoleAssignments is [identity.Events].
func (l *eventLog) RoleAssignments(_ context.Context, organization identity.OrganizationID) ([]identity.RoleAssignment, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var assignments []identity.RoleAssignment
	for _, a := range l.read().assignments {
		if a.Organization == organization && !l.lost[string(a.ID)] {
			assignments = append(assignments, a)
		}
	}
	slices.SortFunc(assignments, func(a, b identity.RoleAssignment) int { return cmp.Compare(a.ID, b.ID) })
	return assignments, l.away
}

// Platform is [identity.Events].
func (l *eventLog) Platform(context.Context) (identity.Platform, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return identity.Platform{Project: "project", Operators: operators, ServiceAccounts: []identity.UserID{runtimeAccount}}, l.away
}
