package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// PeopleQuery selects people of a school.
type PeopleQuery struct {
	Search    string                  // as in [RosterQuery]
	Role      identity.Role           // held in the school or in a classroom in use; empty: all
	NoRole    bool                    // instead: who has none
	Classroom identity.OrganizationID // with a role there; empty: all
	State     identity.PersonState    // empty: all
	NeverSeen bool                    // who never signed in
	NoFactor  bool                    // who has no second factor
	Staff     bool                    // school_admins, teachers and co_teachers alone
	Through   identity.Credential     // who has one of the kind; empty: all
	Reversed  bool                    // by name, from the end
	After     string                  // a page's Next; at most one of the two
	Before    string                  // a page's Previous
	Limit     int                     // 50 if 0
}

func (q PeopleQuery) filter() (facetFilter, error) {
	var f facetFilter
	switch bit := roleFacets[q.Role]; {
	case q.NoRole:
		f.none |= facetRoles
	case q.Role != "" && bit == 0:
		return f, identity.Invalid("page.role")
	default:
		f.all |= bit
	}
	switch bit := stateFacets[q.State]; {
	case q.State == identity.PersonActive:
		f.none |= facetStates
	case q.State != "" && bit == 0:
		return f, identity.Invalid("page.state")
	default:
		f.all |= bit
	}
	if q.NeverSeen {
		f.none |= facetSeen
	}
	if q.NoFactor {
		f.none |= facetFactors
	}
	if q.Staff {
		f.any = facetStaff
	}
	if q.Through != "" {
		bit := credentialFacet(q.Through)
		if bit == 0 {
			return f, identity.Invalid("page.state")
		}
		f.all |= bit
	}
	return f, nil
}

// PeoplePage is a page of the people of a school, by name.
type PeoplePage struct {
	Rows           []identity.SchoolPerson
	Next, Previous string // empty at the ends
	Total          int    // that match
	// More says that there are more than Total: a search with filters is counted
	// no further.
	More bool
}

// PeopleCounts are figures of a whole school.
type PeopleCounts struct {
	People        int
	Roles         map[identity.Role]int // by the highest; those without one under ""
	Guests        int
	NeverSeen     int
	Suspended     int
	NoFactor      int
	StaffNoFactor int
}

// PeopleCounts counts the people of the school.
func (o *Organization) PeopleCounts(ctx context.Context) (PeopleCounts, error) {
	counted, err := o.store.read().PeopleCounts(ctx, o.id)
	if err != nil {
		return PeopleCounts{}, fmt.Errorf("count the people of a school: %w", translate(err))
	}
	counts := PeopleCounts{Roles: make(map[identity.Role]int)}
	for _, c := range counted {
		of, people := facets(c.Facets), int(c.People)
		counts.People += people
		counts.Roles[identity.Highest(of.roles())] += people
		for _, figure := range []struct {
			into    *int
			matches facetFilter
		}{
			{&counts.Guests, facetFilter{all: facetGuest}},
			{&counts.NeverSeen, facetFilter{none: facetSeen}},
			{&counts.Suspended, facetFilter{all: facetSuspended}},
			{&counts.NoFactor, facetFilter{none: facetFactors}},
			{&counts.StaffNoFactor, facetFilter{none: facetFactors, any: facetStaff}},
		} {
			if figure.matches.matches(of) {
				*figure.into += people
			}
		}
	}
	return counts, nil
}

// People is a page of the people of the school: of everybody who is at home there
// or holds a role in it or in one of its classrooms.
func (o *Organization) People(ctx context.Context, q PeopleQuery) (PeoplePage, error) {
	plan, err := o.planPeople(q)
	if err != nil {
		return PeoplePage{}, err
	}
	// One transaction, so that figures and rows are of the same moment.
	tx, err := o.store.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return PeoplePage{}, fmt.Errorf("read people: %w", translate(err))
	}
	defer func() { _ = tx.Rollback() }() // it wrote nothing
	var page PeoplePage
	if page.Total, page.More, err = plan.find(ctx, tx); err != nil {
		return PeoplePage{}, fmt.Errorf("count people: %w", translate(err))
	}
	if page.Total == 0 {
		return page, nil
	}
	rows, err := plan.rows(ctx, tx)
	if err != nil {
		return PeoplePage{}, fmt.Errorf("list people: %w", translate(err))
	}
	more := len(rows) > plan.limit
	if more {
		rows = rows[:plan.limit]
	}
	if plan.backwards {
		slices.Reverse(rows)
	}
	for _, row := range rows {
		page.Rows = append(page.Rows, row.person)
	}
	if len(rows) == 0 {
		return page, nil
	}
	hasNext, hasPrevious := more, plan.after != nil
	if plan.backwards {
		hasNext, hasPrevious = true, more
	}
	if hasNext {
		if page.Next, err = o.sealCursor(peopleOrder, rows[len(rows)-1].key); err != nil {
			return page, err
		}
	}
	if hasPrevious {
		page.Previous, err = o.sealCursor(peopleOrder, rows[0].key)
	}
	return page, err
}

// SchoolPerson is somebody of the school, with their roles in it and in its
// classrooms and all that the rules have to know; not found ("person.not-found")
// for anybody else.
func (o *Organization) SchoolPerson(ctx context.Context, user identity.UserID) (identity.PersonOfSchool, error) {
	q := o.store.read()
	row, err := q.PersonOfSchool(ctx, query.PersonOfSchoolParams{
		OrganizationID: o.id, UserID: string(user), Operators: string(o.store.operators),
	})
	if err != nil {
		return identity.PersonOfSchool{}, fmt.Errorf("load a person: %w", orNotFound(err, identity.NotFound("person.not-found")))
	}
	of := facets(row.Facets)
	p := identity.PersonOfSchool{
		SchoolPerson: identity.SchoolPerson{
			User: identity.User{
				ID: user, Home: identity.OrganizationID(row.Home), UserName: row.UserName,
				GivenName: row.GivenName, FamilyName: row.FamilyName,
				Address: row.Address, AddressVerified: row.AddressVerified, Language: row.Language,
				State: identity.UserState(row.UserState), LastSeenAt: moment(row.UserLastSeenUs),
				CreatedAt: moment(row.UserCreatedUs),
			},
			Roles: of.roles(), Classrooms: int(row.Classrooms), Guest: of&facetGuest != 0, State: of.state(),
			Credentials: of.credentials(),
		},
		Held: identity.Held{Here: parseRoles(row.RolesSchool), Platform: parseRoles(row.RolesPlatform)},
	}
	nameless(&p.User)
	standings, err := q.StandingsInSchool(ctx, query.StandingsInSchoolParams{UserID: string(user), OrganizationID: o.id})
	if err != nil {
		return identity.PersonOfSchool{}, fmt.Errorf("load the roles of a person: %w", translate(err))
	}
	school := o.opened.Organization()
	for _, s := range standings {
		place := identity.Organization{
			ID: identity.OrganizationID(s.RoleAssignment.OrganizationID), Kind: identity.Kind(s.Kind), Name: s.Name,
			State: identity.OrganizationState(s.OrganizationState), School: identity.OrganizationID(s.SchoolID),
			RemoteName: s.RemoteName, CreatedAt: moment(s.OrganizationCreatedUs),
		}
		if place.Kind == identity.KindClassroom {
			place.SchoolName, place.SchoolState = school.Name, school.State
		}
		p.Standings = append(p.Standings, identity.Standing{Organization: place, Assignment: assignmentOf(s.RoleAssignment)})
	}
	slices.SortFunc(p.Standings, func(a, b identity.Standing) int {
		return cmp.Or(-cmp.Compare(a.Organization.Kind, b.Organization.Kind), // the school first
			cmp.Compare(foldName(a.Organization.Name), foldName(b.Organization.Name)),
			cmp.Compare(a.Organization.ID, b.Organization.ID))
	})
	return p, nil
}

// CredentialRow is one thing that somebody signs in with.
type CredentialRow struct {
	Kind    identity.Credential
	ID      string // tells two of a kind apart
	AddedAt time.Time
}

// CredentialsOf lists what somebody of the school signs in with, in the order of
// [identity.Credentials].
func (o *Organization) CredentialsOf(ctx context.Context, user identity.UserID) ([]CredentialRow, error) {
	rows, err := o.store.read().CredentialsOfPerson(ctx, query.CredentialsOfPersonParams{
		OrganizationID: o.id, UserID: string(user),
	})
	if err != nil {
		return nil, fmt.Errorf("list credentials: %w", translate(err))
	}
	credentials := make([]CredentialRow, len(rows))
	for i, row := range rows {
		credentials[i] = CredentialRow{Kind: identity.Credential(row.Kind), ID: row.ID, AddedAt: moment(row.AddedUs)}
	}
	slices.SortStableFunc(credentials, func(a, b CredentialRow) int {
		return slices.Index(identity.Credentials, a.Kind) - slices.Index(identity.Credentials, b.Kind)
	})
	return credentials, nil
}

// ClassroomOf is a classroom of the school that is in use; not found
// ("organization.not-found") for any other.
func (o *Organization) ClassroomOf(ctx context.Context, id identity.OrganizationID) (identity.Organization, error) {
	missing := identity.NotFound("organization.not-found")
	classroom, err := o.store.organization(ctx, string(id))
	if err != nil {
		return identity.Organization{}, fmt.Errorf("load a classroom: %w", orNotFound(err, missing))
	}
	if classroom.Kind != identity.KindClassroom || classroom.School != o.opened.ID() || classroom.Archived() {
		return identity.Organization{}, missing
	}
	return classroom, nil
}

// EndSessionsOf ends the sessions of somebody at home in the school at the
// portal; not found ("person.not-found") for anybody else.
func (o *Organization) EndSessionsOf(ctx context.Context, user identity.UserID) error {
	p, err := o.SchoolPerson(ctx, user)
	if err != nil {
		return err
	}
	if p.Guest {
		return identity.NotFound("person.not-found")
	}
	return o.store.Sessions().End(ctx, user)
}
