package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// find looks up who the rows may be about.
func (p *planning) find(ctx context.Context, s span) error {
	organization, home := p.o.id, string(p.i.Home)
	if err := p.ForgetImportCandidates(ctx, query.ForgetImportCandidatesParams{
		OrganizationID: organization, ImportID: p.id, After: s.after, Upto: s.upto,
	}); err != nil {
		return err
	}
	if s.upto > removedRows {
		return p.FindImportRemoved(ctx, query.FindImportRemovedParams{
			OrganizationID: organization, ImportID: p.id, After: s.after, Upto: s.upto, Removed: removedRows,
		})
	}
	if err := p.FindImportExternalIDs(ctx, query.FindImportExternalIDsParams{
		OrganizationID: organization, ImportID: p.id, HomeID: home, Source: p.i.Source, After: s.after, Upto: s.upto,
	}); err != nil {
		return err
	}
	if err := p.FindImportAddresses(ctx, query.FindImportAddressesParams{
		OrganizationID: organization, ImportID: p.id, HomeID: home, After: s.after, Upto: s.upto,
	}); err != nil {
		return err
	}
	if err := p.FindImportUserNames(ctx, query.FindImportUserNamesParams{
		OrganizationID: organization, ImportID: p.id, HomeID: home, After: s.after, Upto: s.upto,
	}); err != nil {
		return err
	}
	var err error
	if p.rules.Classroom != "" {
		err = p.FindImportNamesInClassroom(ctx, query.FindImportNamesInClassroomParams{
			OrganizationID: organization, ImportID: p.id, After: s.after, Upto: s.upto,
		})
	} else {
		err = p.FindImportNamesInClasses(ctx, query.FindImportNamesInClassesParams{
			OrganizationID: organization, ImportID: p.id, After: s.after, Upto: s.upto,
		})
	}
	if err != nil {
		return err
	}
	if err := p.FindImportNames(ctx, query.FindImportNamesParams{
		OrganizationID: organization, ImportID: p.id, HomeID: home, After: s.after, Upto: s.upto,
	}); err != nil {
		return err
	}
	if err := p.FindImportPrints(ctx, query.FindImportPrintsParams{
		OrganizationID: organization, ImportID: p.id, HomeID: home, After: s.after, Upto: s.upto,
	}); err != nil {
		return err
	}
	return p.DropOwnImportCandidates(ctx, query.DropOwnImportCandidatesParams{
		OrganizationID: organization, ImportID: p.id, After: s.after, Upto: s.upto,
	})
}

// found is what the look-ups brought, by position.
type found struct {
	known   map[int64][]roster.Known
	twins   map[int64][]roster.Twin
	wanted  map[int64][]roster.Wanted
	invited map[int64][]identity.OrganizationID

	guardians map[string][]identity.Guardian // by user
}

func (p *planning) load(ctx context.Context, s span) (found, error) {
	w := found{
		twins: map[int64][]roster.Twin{}, wanted: map[int64][]roster.Wanted{}, invited: map[int64][]identity.OrganizationID{},
		guardians: map[string][]identity.Guardian{},
	}
	var err error
	if w.known, err = p.people(ctx, s); err != nil {
		return found{}, err
	}
	twins, err := p.ImportTwins(ctx, query.ImportTwinsParams{OrganizationID: p.o.id, ImportID: p.id, After: s.after, Upto: s.upto})
	if err != nil {
		return found{}, err
	}
	for _, t := range twins {
		var person roster.Person
		if err := json.Unmarshal([]byte(t.Person), &person); err != nil {
			return found{}, err
		}
		twin := roster.Twin{
			Line: int(t.Line), By: roster.By(t.ByWhat), Same: t.Names == 1,
			Name: identity.User{GivenName: person.GivenName, FamilyName: person.FamilyName, UserName: person.UserName}.DisplayName(),
		}
		if t.Twin < t.Position { // the first row is part of no other
			twin.Row = t.Twin
		}
		w.twins[t.Position] = append(w.twins[t.Position], twin)
	}
	wanted, err := p.ImportWanted(ctx, query.ImportWantedParams{OrganizationID: p.o.id, ImportID: p.id, After: s.after, Upto: s.upto})
	if err != nil {
		return found{}, err
	}
	for _, e := range wanted {
		kind := roster.Kind(e.Kind)
		if kind == roster.KindConflict || kind == roster.KindError {
			continue // nobody gets into a class that is none
		}
		one := roster.Wanted{Name: cmp.Or(e.Name, e.BeforeName), Role: identity.Role(e.Role), Gone: e.Gone}
		if kind == roster.KindCreate { // the same before and after it is open
			one.Class = e.ClassPosition
		} else {
			one.Place = identity.OrganizationID(e.ClassroomID)
		}
		w.wanted[e.Position] = append(w.wanted[e.Position], one)
	}
	guardians, err := p.ImportGuardians(ctx, query.ImportGuardiansParams{
		OrganizationID: p.o.id, ImportID: p.id, HomeID: string(p.i.Home), After: s.after, Upto: s.upto,
	})
	if err != nil {
		return found{}, err
	}
	for _, g := range guardians {
		w.guardians[g.UserID] = append(w.guardians[g.UserID], guardianOf(g))
	}
	if !p.rules.Invite {
		return w, nil
	}
	invited, err := p.ImportInvited(ctx, query.ImportInvitedParams{
		OrganizationID: p.o.id, ImportID: p.id, After: s.after, Upto: s.upto, NowUs: p.now,
	})
	if err != nil {
		return found{}, err
	}
	for _, i := range invited {
		w.invited[i.Position] = append(w.invited[i.Position], identity.OrganizationID(i.PlaceID))
	}
	return w, nil
}

// people are who was found, with what they hold.
func (p *planning) people(ctx context.Context, s span) (map[int64][]roster.Known, error) {
	organization, actor := p.o.opened.Organization(), p.o.opened
	standings, err := p.ImportStandings(ctx, query.ImportStandingsParams{
		OrganizationID: p.o.id, ImportID: p.id, Source: p.i.Source, After: s.after, Upto: s.upto,
	})
	if err != nil {
		return nil, err
	}
	type holding struct {
		in       []roster.Standing
		here     identity.Role // that counts here
		anywhere identity.Role
	}
	holds := map[string]*holding{}
	higher := func(a, b identity.Role) identity.Role { return identity.Highest([]identity.Role{a, b}) }
	for _, a := range standings {
		h := holds[a.UserID]
		if h == nil {
			h = &holding{}
			holds[a.UserID] = h
		}
		role, place := identity.Role(a.Role), identity.OrganizationID(a.PlaceID)
		if a.State == string(identity.AssignmentActive) {
			h.anywhere = higher(h.anywhere, role)
			if place == organization.ID || place == p.o.store.operators || place == organization.School && role == identity.RoleSchoolAdmin {
				h.here = higher(h.here, role)
			}
		}
		ours := place == p.i.Home || a.SchoolID == string(p.i.Home) || place == organization.ID
		if !ours || a.PlaceState != string(identity.OrganizationActive) {
			continue
		}
		h.in = append(h.in, roster.Standing{
			Place: place, Name: a.Name, Kind: identity.Kind(a.Kind), Roles: parseRoles(a.Roles),
			State: identity.RoleAssignmentState(a.State), Concerned: a.Listed || a.OfSource && !a.Spared,
		})
	}
	people, err := p.ImportKnown(ctx, query.ImportKnownParams{
		OrganizationID: p.o.id, ImportID: p.id, HomeID: string(p.i.Home), Source: p.i.Source, After: s.after, Upto: s.upto,
	})
	if err != nil {
		return nil, err
	}
	known := map[int64][]roster.Known{}
	for _, row := range people {
		list := known[row.Position]
		if n := len(list); n > 0 && list[n-1].User == identity.UserID(row.ID) {
			list[n-1].By = append(list[n-1].By, roster.By(row.ByWhat))
			continue
		}
		k := roster.Known{
			User: identity.UserID(row.ID), GivenName: row.GivenName, FamilyName: row.FamilyName, UserName: row.UserName,
			Address: row.Address, ExternalID: row.ExternalID, SeenAt: row.LastSeenUs > 0,
			Guest: !organization.AtHome(identity.OrganizationID(row.HomeID)), Self: identity.UserID(row.ID) == actor.Actor().User,
			By: []roster.By{roster.By(row.ByWhat)},
		}
		if h := holds[row.ID]; h != nil {
			slices.SortFunc(h.in, func(a, b roster.Standing) int {
				if a.Name != b.Name {
					return strings.Compare(a.Name, b.Name)
				}
				return strings.Compare(string(a.Place), string(b.Place))
			})
			k.Standings = h.in
			k.Higher = h.here.Rank() > actor.Role().Rank()
			k.Protected = h.anywhere.Rank() > actor.Role().Rank()
		}
		k.Protected = k.Protected || k.Guest || k.Self
		known[row.Position] = append(list, k)
	}
	return known, nil
}
