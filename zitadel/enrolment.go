package zitadel

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// AddUser creates a user at home here without reading it back. Of one who is
// there already and not shown, the answer is what was asked for.
func (r *remote) AddUser(ctx context.Context, n identity.NewUser) (identity.Fact, error) {
	if err := r.present(); err != nil {
		return nil, err
	}
	request, created, err := r.sendUser(ctx, n, nil)
	if err != nil {
		return nil, err
	}
	if created != nil {
		return r.userAsked(n, request, at(created.GetCreationDate())), nil
	}
	u, err := r.atHome(ctx, n.ID)
	if err == nil {
		return identity.UserCreated{User: u, Password: n.Secret != "", At: u.CreatedAt}, nil
	}
	if !is(err, idUserGone) {
		return nil, err
	}
	h, err := r.madeHistory(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	return r.userAsked(n, request, h.created), nil
}

// ShownUsers looks once which users Zitadel shows at home here, with a name to
// sign in by.
func (r *remote) ShownUsers(ctx context.Context, users []identity.UserID) ([]identity.UserID, error) {
	if err := r.askable(users); err != nil || len(users) == 0 {
		return nil, err
	}
	home := string(r.opened.Organization().Home())
	answer, err := r.client.UserServiceV2().ListUsers(ctx, &userpb.ListUsersRequest{
		Query: &objectpb.ListQuery{Limit: identity.MaxShown},
		Queries: []*userpb.SearchQuery{
			{Query: &userpb.SearchQuery_OrganizationIdQuery{OrganizationIdQuery: &userpb.OrganizationIdQuery{OrganizationId: home}}},
			{Query: &userpb.SearchQuery_InUserIdsQuery{InUserIdsQuery: &userpb.InUserIDQuery{UserIds: texted(users)}}},
		},
	})
	if err != nil {
		return nil, fail("list users", err, "organization.not-found")
	}
	shown := make(map[identity.UserID]bool)
	for _, u := range answer.GetResult() {
		shown[identity.UserID(u.GetUserId())] = u.GetHuman() != nil && len(u.GetLoginNames()) > 0 && u.GetDetails().GetResourceOwner() == home
	}
	return those(users, shown), nil
}

// ShownRoleAssignments looks once which role assignments of users Zitadel shows in
// organizations. It asks for those of all organizations together: a question for
// each is as dear as a few writes.
func (r *Runtime) ShownRoleAssignments(ctx context.Context, users []identity.UserID, in ...identity.Opened) ([]identity.RoleAssignment, error) {
	here := make(map[string]bool, len(in))
	for _, opened := range in {
		if err := (&remote{r, opened}).askable(users); err != nil {
			return nil, err
		}
		here[string(opened.ID())] = true
	}
	if len(users) == 0 || len(in) == 0 {
		return nil, nil
	}
	filters := []*authorizationpb.AuthorizationsSearchFilter{
		{Filter: &authorizationpb.AuthorizationsSearchFilter_InUserIds{InUserIds: &filterpb.InIDsFilter{Ids: texted(users)}}},
	}
	if len(here) == 1 {
		filters = append(filters, assignmentsIn(r.config.Project, in[0].ID())...)
	} else {
		filters = append(filters, assignmentsOf(r.config.Project))
	}
	var shown []identity.RoleAssignment
	for page := (&filterpb.PaginationRequest{Limit: maxAuthorizations}); ; page.Offset += maxAuthorizations {
		answer, err := r.client.AuthorizationServiceV2().ListAuthorizations(ctx, &authorizationpb.ListAuthorizationsRequest{
			Pagination: page, Filters: filters,
		})
		if err != nil {
			return nil, fail("list authorizations", err, "organization.not-found")
		}
		for _, a := range answer.GetAuthorizations() {
			if here[a.GetOrganization().GetId()] && a.GetProject().GetId() == r.config.Project {
				shown = append(shown, toAssignment(a))
			}
		}
		// Those that we may not see are counted, and left out of the page.
		if answer.GetPagination().GetTotalResult() <= page.Offset+maxAuthorizations {
			return shown, nil
		}
	}
}

// maxAuthorizations is how many Zitadel lists at once.
const maxAuthorizations = 1000

// askable refuses more users than can be asked for at once.
func (r *remote) askable(users []identity.UserID) error {
	if err := r.present(); err != nil {
		return err
	}
	if len(users) > identity.MaxShown || slices.Contains(users, "") {
		return identity.Invalid("remote.refused").Because(fmt.Errorf("%d users to look for, or one without ID", len(users)))
	}
	return nil
}

func texted(users []identity.UserID) []string {
	ids := make([]string, len(users))
	for i, user := range users {
		ids[i] = string(user)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// those are the users that are shown, in their own order.
func those(users []identity.UserID, shown map[identity.UserID]bool) []identity.UserID {
	var found []identity.UserID
	for _, user := range users {
		if shown[user] {
			found = append(found, user)
		}
	}
	return found
}

// AssignRoles assigns roles here without reading the assignment back.
func (r *remote) AssignRoles(ctx context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	roles, err := r.assignableTo(user, roles)
	if err != nil {
		return nil, err
	}
	defer r.lockAssignment(user)()
	created, err := r.createAssignment(ctx, user, roles)
	if is(err, idTaken) {
		return r.adoptAssignment(ctx, user, roles)
	}
	if err != nil {
		return nil, fail("create authorization", err, "organization.not-found")
	}
	r.assigned.remember(r.opened.ID(), user, created.GetId())
	return assignmentCreated(r.opened.ID(), user, created.GetId(), roles, created.GetCreationDate(), created.GetCreationDate()), nil
}

// UpdateUser changes a user at home here. A new address is not verified.
func (r *remote) UpdateUser(ctx context.Context, id identity.UserID, update identity.UserUpdate) (identity.Fact, error) {
	u, err := r.atHome(ctx, id)
	if err != nil {
		return nil, err
	}
	request, fact, err := changeOf(u, update)
	if err != nil {
		return nil, err
	}
	if request == nil {
		return identity.Unknown{}, nil
	}
	answer, err := r.client.UserServiceV2().UpdateUser(ctx, request)
	switch {
	case is(err, idTaken):
		return nil, identity.Conflict("user.name-taken").Because(err)
	case err != nil:
		return nil, fail("update user", err, "user.not-found")
	}
	fact.At = at(answer.GetChangeDate())
	return fact, nil
}

// changeOf is the request that makes u what update says; nil if u is so.
func changeOf(u identity.User, update identity.UserUpdate) (*userpb.UpdateUserRequest, identity.UserChanged, error) {
	fact, before := identity.UserChanged{User: u.ID}, u.DisplayName()
	human := &userpb.UpdateUserRequest_Human{}
	request := &userpb.UpdateUserRequest{UserId: string(u.ID), UserType: &userpb.UpdateUserRequest_Human_{Human: human}}
	if name := update.UserName; name != nil && *name != u.UserName {
		if *name == "" {
			return nil, fact, identity.Invalid("user.name-missing")
		}
		u.UserName, fact.UserName, request.Username = *name, name, name
	}
	given, family := u.GivenName, u.FamilyName
	if update.GivenName != nil {
		u.GivenName = *update.GivenName
	}
	if update.FamilyName != nil {
		u.FamilyName = *update.FamilyName
	}
	if u.GivenName != given || u.FamilyName != family {
		fact.GivenName, fact.FamilyName = &u.GivenName, &u.FamilyName
	}
	if fact.GivenName != nil || u.DisplayName() != before {
		human.Profile = &userpb.UpdateUserRequest_Human_Profile{
			GivenName: new(cmp.Or(u.GivenName, noName)), FamilyName: new(cmp.Or(u.FamilyName, noName)), DisplayName: new(u.DisplayName()),
		}
	}
	if address := update.Address; address != nil && *address != u.Address {
		human.Email = emailOf(u.ID, *address, false)
		fact.Address, fact.AddressVerified = address, new(*address == "")
	}
	if fact == (identity.UserChanged{User: u.ID}) {
		return nil, fact, nil
	}
	return request, fact, nil
}
