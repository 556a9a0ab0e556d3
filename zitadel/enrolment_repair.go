package zitadel

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	changepb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/change"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// repairable is how long after its creation a user may be made anew: as long as
// an import can be undone.
const repairable = 24 * time.Hour

// RepairUser makes a user anew whom Zitadel does not show. Nobody is deleted who
// could have signed in: Zitadel's own history of the user must tell of the
// creation alone, by this service account, not long ago.
func (r *remote) RepairUser(ctx context.Context, n identity.NewUser) (identity.Fact, error) {
	const doing = "repair user"
	if err := r.present(); err != nil {
		return nil, err
	}
	request, err := r.newUser(n)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.UserServiceV2().GetUserByID(ctx, &userpb.GetUserByIDRequest{UserId: string(n.ID)})
	switch {
	case err == nil && (answer.GetUser().GetHuman() == nil || !r.opened.Organization().AtHome(toUser(answer.GetUser()).Home)):
		return nil, identity.NotFound("user.not-found")
	case err == nil && len(answer.GetUser().GetLoginNames()) > 0:
		u := toUser(answer.GetUser()) // shown meanwhile
		return identity.UserCreated{User: u, Password: n.Secret != "", At: u.CreatedAt}, nil
	case err != nil && !is(err, idUserGone):
		return nil, fail(doing, err, "user.not-found")
	}
	h, err := r.madeHistory(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	if !h.onlyMade || time.Since(h.created) > repairable {
		return nil, identity.Unavailable("remote.not-shown").Because(fmt.Errorf("%s: created at %s, and more than that happened", doing, h.created))
	}
	// Deleting a user ends the role assignments that are shown. One that is not
	// would stay for ever, out of sight and in the way of another.
	for _, id := range r.assigned.of(n.ID) {
		if _, err := r.client.AuthorizationServiceV2().DeleteAuthorization(ctx, &authorizationpb.DeleteAuthorizationRequest{Id: id}); err != nil {
			return nil, fail(doing, err, "role-assignment.not-found")
		}
	}
	u, created, err := r.repairUser(ctx, request)
	if err != nil {
		return nil, err
	}
	return identity.UserCreated{User: toUser(u), Password: n.Secret != "", At: at(created.GetCreationDate())}, nil
}

// RepairRoleAssignment makes a role assignment anew that Zitadel does not show.
// Its ID is known from [remote.AssignRoles] alone: no list has it.
func (r *remote) RepairRoleAssignment(ctx context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	roles, err := r.assignableTo(user, roles)
	if err != nil {
		return nil, err
	}
	defer r.lockAssignment(user)()
	found, err := findAssignment(ctx, r.client, r.config.Project, r.opened.ID(), user)
	if err != nil {
		return nil, err
	}
	if found != nil {
		return r.adoptAssignment(ctx, user, roles) // shown meanwhile
	}
	id := r.assigned.in(r.opened.ID(), user)
	if id == "" {
		return nil, identity.NotFound("role-assignment.not-found")
	}
	created, err := r.repairAssignment(ctx, id, user, roles)
	if err != nil {
		return nil, err
	}
	r.assigned.remember(r.opened.ID(), user, created.GetId())
	return assignmentCreated(r.opened.ID(), user, created.GetId(), roles, created.GetCreationDate(), created.GetCreationDate()), nil
}

// userAsked is the fact about a user made as n says by request.
func (r *remote) userAsked(n identity.NewUser, request *userpb.CreateUserRequest, created time.Time) identity.Fact {
	profile, email := request.GetHuman().GetProfile(), request.GetHuman().GetEmail()
	return identity.UserCreated{Password: n.Secret != "", At: created, User: identity.User{
		ID: n.ID, Home: r.opened.Organization().Home(), UserName: request.GetUsername(),
		GivenName: toName(profile.GetGivenName()), FamilyName: toName(profile.GetFamilyName()),
		Address: toAddress(email.GetEmail()), AddressVerified: email.GetIsVerified(),
		Language: toLanguage(profile.GetPreferredLanguage()), State: identity.UserActive, CreatedAt: created,
	}}
}

// userHistory is what the event log tells of a user at home here, since the ID
// was last given to one.
type userHistory struct {
	created  time.Time
	onlyMade bool      // by this service account, and nothing else happened
	removed  time.Time // instead of all that: there is no such user any more
}

// madeEvents are the events of a creation by [remote.sendUser] without a link.
var madeEvents = []string{"user.human.added", "user.human.email.verified", "user.human.email.code.added"}

// maxHistory is more events than a creation has.
const maxHistory = 50

// userHistory reads it from the events, which show what the read side lost.
// Zitadel answers about the organization in the header alone, so that nobody
// else's user is found.
func (r *remote) userHistory(ctx context.Context, id identity.UserID) (userHistory, error) {
	home := middleware.SetOrgID(ctx, string(r.opened.Organization().Home()))
	answer, err := r.client.ManagementService().ListUserChanges(home, &managementpb.ListUserChangesRequest{
		UserId: string(id), Query: &changepb.ChangeQuery{Limit: maxHistory},
	})
	if err != nil {
		return userHistory{}, fail("list user changes", err, "user.not-found")
	}
	h := userHistory{onlyMade: len(answer.GetResult()) < maxHistory}
	for _, change := range answer.GetResult() { // the latest first
		if change.GetResourceOwnerId() != string(r.opened.Organization().Home()) {
			return userHistory{}, identity.NotFound("user.not-found")
		}
		kind := strings.TrimPrefix(change.GetEventType().GetKey(), "EventTypes.")
		if kind == userRemoved {
			if h.created.IsZero() {
				return userHistory{removed: at(change.GetChangeDate())}, nil
			}
			break
		}
		h.created = at(change.GetChangeDate())
		if change.GetEditorId() != string(r.config.Runtime) || !slices.Contains(madeEvents, kind) {
			h.onlyMade = false
		}
	}
	if h.created.IsZero() {
		return userHistory{}, identity.NotFound("user.not-found")
	}
	return h, nil
}

// madeHistory is the history of one who is not removed.
func (r *remote) madeHistory(ctx context.Context, id identity.UserID) (userHistory, error) {
	h, err := r.userHistory(ctx, id)
	if err == nil && !h.removed.IsZero() {
		err = identity.NotFound("user.not-found")
	}
	return h, err
}

// maxAssigned is how many role assignments are remembered: many more than are
// written before they are read back, be everybody in a dozen classes.
const maxAssigned = 1 << 14

// assigned remembers the IDs of the role assignments made last. Zitadel tells
// them once, and never again of one that it does not show.
type assigned struct {
	mu   sync.Mutex
	last []assignedRole // a ring
	next int
}

type assignedRole struct {
	organization identity.OrganizationID
	user         identity.UserID
	id           string
}

func (a *assigned) remember(organization identity.OrganizationID, user identity.UserID, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.last) < maxAssigned {
		a.last = append(a.last, assignedRole{organization, user, id})
		return
	}
	a.last[a.next] = assignedRole{organization, user, id}
	a.next = (a.next + 1) % maxAssigned
}

// in is the ID made last for a user in an organization, or empty.
func (a *assigned) in(organization identity.OrganizationID, user identity.UserID) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := ""
	for i := range a.last {
		if role := a.last[(a.next+i)%len(a.last)]; role.organization == organization && role.user == user {
			id = role.id
		}
	}
	return id
}

// of are the IDs made for a user anywhere.
func (a *assigned) of(user identity.UserID) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var ids []string
	for _, role := range a.last {
		if role.user == user {
			ids = append(ids, role.id)
		}
	}
	return ids
}
