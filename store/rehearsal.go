package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// RehearsalQuery selects lines of a rehearsal.
type RehearsalQuery struct {
	Why   identity.LockedOutWhy // empty: all
	After string                // a page's Next
	Limit int                   // 50 if 0
}

// Rehearsal is what enforcement would do to the people at home in a school who
// can sign in at all.
type Rehearsal struct {
	People   int                           // all of them
	Fine     int                           // of these, who have come through an active connection
	Excepted int                           // of the others, who are an exception
	Counts   map[identity.LockedOutWhy]int // of the others, why, with the exceptions; and the guests, who are no part of People
	Rows     []identity.LockedOut          // by name, without guests
	Next     string                        // empty on the last page
}

// rehearsalOrder is the order of a rehearsal's cursor.
const rehearsalOrder RosterSort = "rehearsal"

// Rehearse tells who could not sign in any more if the school's connections were
// the only way, and why.
func (o *Organization) Rehearse(ctx context.Context, q RehearsalQuery) (Rehearsal, error) {
	if q.Why == identity.LockedOutGuest {
		return Rehearsal{}, identity.Invalid("request.broken")
	}
	after, err := o.openCursor(rehearsalOrder, q.After)
	if err != nil {
		return Rehearsal{}, err
	}
	if after == nil {
		after = &rosterKey{}
	}
	served, err := o.servedDomains(ctx)
	if err != nil {
		return Rehearsal{}, fmt.Errorf("rehearse: %w", translate(err))
	}
	rehearsal, err := o.rehearsalCounts(ctx, served)
	if err != nil {
		return Rehearsal{}, fmt.Errorf("rehearse: %w", translate(err))
	}
	limit := limitOf(q.Limit)
	rows, err := o.store.read().RehearsalRows(ctx, query.RehearsalRowsParams{
		OrganizationID: o.id, AfterName: after.Name, AfterID: after.User, OnlyWhy: string(q.Why), MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return Rehearsal{}, fmt.Errorf("rehearse: %w", translate(err))
	}
	for i, row := range rows {
		if i == limit {
			rehearsal.Next, err = o.sealCursor(rehearsalOrder, rosterKey{Name: rows[i-1].SortName, User: rows[i-1].ID})
			return rehearsal, err
		}
		rehearsal.Rows = append(rehearsal.Rows, lockedOutOf(row, served))
	}
	return rehearsal, nil
}

// servedDomains are those of the school's active connections.
func (o *Organization) servedDomains(ctx context.Context) (map[string]bool, error) {
	domains, err := o.store.read().ServedDomains(ctx, o.id)
	if err != nil {
		return nil, err
	}
	served := make(map[string]bool, len(domains))
	for _, domain := range domains {
		served[domain] = true
	}
	return served, nil
}

// whyLockedOut is why somebody could not sign in any more who never came through
// an active connection. RehearsalRows decides the same.
func whyLockedOut(served map[string]bool, domain string, verified bool) identity.LockedOutWhy {
	switch {
	case domain == "":
		return identity.LockedOutNoAddress
	case !served[domain]:
		return identity.LockedOutDomain
	case !verified:
		return identity.LockedOutUnverified
	}
	return identity.LockedOutNeverTested
}

func (o *Organization) rehearsalCounts(ctx context.Context, served map[string]bool) (Rehearsal, error) {
	read := o.store.read()
	rehearsal := Rehearsal{Counts: make(map[identity.LockedOutWhy]int)}
	people, err := read.CountPeopleAtHome(ctx, o.id)
	if err != nil {
		return rehearsal, err
	}
	counts, err := read.RehearsalCounts(ctx, o.id)
	if err != nil {
		return rehearsal, err
	}
	rehearsal.People, rehearsal.Fine = int(people), int(people)
	for _, count := range counts {
		rehearsal.Counts[whyLockedOut(served, count.AddressDomain, count.AddressVerified)] += int(count.People)
		rehearsal.Fine -= int(count.People)
	}
	excepted, err := read.ExceptedPeople(ctx, o.id)
	if err != nil {
		return rehearsal, err
	}
	rehearsal.Excepted = int(excepted)
	guests, err := read.RehearsalGuests(ctx, o.id)
	if err != nil {
		return rehearsal, err
	}
	if guests > 0 {
		rehearsal.Counts[identity.LockedOutGuest] = int(guests)
	}
	return rehearsal, nil
}

func lockedOutOf(row query.RehearsalRowsRow, served map[string]bool) identity.LockedOut {
	return identity.LockedOut{
		User: identity.User{
			ID: identity.UserID(row.ID), Home: identity.OrganizationID(row.OrganizationID), UserName: row.UserName,
			GivenName: row.GivenName, FamilyName: row.FamilyName, Address: row.Address,
			AddressVerified: row.AddressVerified, Language: row.Language, State: identity.UserState(row.State),
			LastSeenAt: moment(row.LastSeenUs), CreatedAt: moment(row.CreatedUs),
		},
		Role: roleAt(row.RoleOrder), Excepted: row.Excepted,
		Why: whyLockedOut(served, row.AddressDomain, row.AddressVerified),
	}
}

// roleAt is the role of the column role_order; none for its last place.
func roleAt(order int64) identity.Role {
	for _, role := range identity.Roles {
		if roleOrder(role) == order {
			return role
		}
	}
	return ""
}
