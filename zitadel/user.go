package zitadel

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"golang.org/x/text/language"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

// noName stands for a name somebody does not have: Zitadel wants two. Like the
// placeholder address it never leaves this package.
const noName = "-"

// CreateUser creates a user at home in the organization's home.
func (r *remote) CreateUser(ctx context.Context, n identity.NewUser) (identity.Fact, error) {
	if err := r.present(); err != nil {
		return nil, err
	}
	return r.createUser(ctx, n, nil)
}

// createUser creates a user, with a link to an identity provider if there is
// one, and reads it back.
func (r *remote) createUser(ctx context.Context, n identity.NewUser, link *userpb.IDPLink) (identity.Fact, error) {
	request, created, err := r.sendUser(ctx, n, link)
	if err != nil {
		return nil, err
	}
	if created == nil {
		return r.existingUser(ctx, n, link)
	}
	u, err := r.shownUser(ctx, n.ID)
	if identity.IsKind(err, identity.KindUnavailable) && ctx.Err() == nil {
		// Made a moment ago, so nothing hangs on it yet: make it anew.
		u, created, err = r.repairUser(ctx, request)
	}
	if err != nil {
		return nil, err
	}
	return identity.UserCreated{User: toUser(u), Password: n.Secret != "", At: at(created.GetCreationDate())}, nil
}

// sendUser makes the one call that creates a user, and returns what was asked
// for with the answer: none if the ID is in use.
func (r *remote) sendUser(ctx context.Context, n identity.NewUser, link *userpb.IDPLink) (*userpb.CreateUserRequest, *userpb.CreateUserResponse, error) {
	request, err := r.newUser(n)
	if err != nil {
		return nil, nil, err
	}
	if link != nil {
		request.GetHuman().IdpLinks = []*userpb.IDPLink{link}
	}
	// Zitadel holds a password against the rules of the organization in the
	// header, not of the one the user is made in.
	home := middleware.SetOrgID(ctx, request.GetOrganizationId())
	created, err := r.client.UserServiceV2().CreateUser(home, request)
	switch {
	case is(err, idUserExists):
		return request, nil, nil
	case isLinkTaken(err):
		return nil, nil, identity.Conflict("connection.identity-taken").Because(err)
	case is(err, idTaken):
		return nil, nil, identity.Conflict("user.name-taken").Because(err)
	case isWeak(err):
		return nil, nil, identity.Invalid("secret.too-weak").Because(err)
	}
	return request, created, fail("create user", err, "organization.not-found")
}

// newUser is the request for n.
func (r *remote) newUser(n identity.NewUser) (*userpb.CreateUserRequest, error) {
	name := cmp.Or(n.UserName, n.Address)
	if n.ID == "" || name == "" {
		return nil, identity.Invalid("user.name-missing")
	}
	display := identity.User{UserName: name, GivenName: n.GivenName, FamilyName: n.FamilyName}.DisplayName()
	human := &userpb.CreateUserRequest_Human{
		Profile: &userpb.SetHumanProfile{
			GivenName:   cmp.Or(n.GivenName, noName),
			FamilyName:  cmp.Or(n.FamilyName, noName),
			DisplayName: &display,
		},
		Email: emailOf(n.ID, n.Address, n.AddressVerified),
	}
	if tag, err := language.Parse(n.Language); err == nil {
		base := tag.String()
		human.Profile.PreferredLanguage = &base
	}
	if n.Secret != "" {
		human.PasswordType = &userpb.CreateUserRequest_Human_Password{Password: &userpb.Password{Password: n.Secret, ChangeRequired: n.MustChange}}
	}
	id := string(n.ID)
	return &userpb.CreateUserRequest{
		OrganizationId: string(r.opened.Organization().Home()),
		UserId:         &id,
		Username:       &name,
		UserType:       &userpb.CreateUserRequest_Human_{Human: human},
	}, nil
}

// emailOf is the address of a user as Zitadel is told it.
func emailOf(user identity.UserID, address string, verified bool) *userpb.SetHumanEmail {
	email := &userpb.SetHumanEmail{Email: address, Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true}}
	switch {
	case address == "":
		email.Email = identity.PlaceholderAddress(user)
	case !verified:
		// The code is asked for and dropped, because without that Zitadel sends
		// a mail of its own.
		email.Verification = &userpb.SetHumanEmail_ReturnCode{ReturnCode: &userpb.ReturnEmailVerificationCode{}}
	}
	return email
}

// existingUser answers for a user that was created before with the same ID,
// and adds what link may be missing.
func (r *remote) existingUser(ctx context.Context, n identity.NewUser, link *userpb.IDPLink) (identity.Fact, error) {
	u, err := r.shownUser(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	user := toUser(u)
	if !r.opened.Organization().AtHome(user.Home) {
		return nil, identity.NotFound("user.not-found")
	}
	if link != nil {
		if err := r.link(ctx, n.ID, link); err != nil {
			return nil, err
		}
	}
	return identity.UserCreated{User: user, Password: n.Secret != "", At: user.CreatedAt}, nil
}

// shownUser reads a user back who is known to exist: with a login name, because
// a row of Zitadel's may lack the one and have the other, and nobody can sign
// in without.
func (r *remote) shownUser(ctx context.Context, id identity.UserID) (*userpb.User, error) {
	const doing = "read user back"
	var user *userpb.User
	found, err := shown(ctx, func() (bool, error) {
		answer, err := r.client.UserServiceV2().GetUserByID(ctx, &userpb.GetUserByIDRequest{UserId: string(id)})
		switch {
		case is(err, idNoMembership):
			return false, fail(doing, err, "user.not-found") // at home elsewhere
		case isCode(err, codes.NotFound):
			return false, nil
		case err != nil:
			return false, fail(doing, err, "user.not-found")
		}
		user = answer.GetUser()
		return len(user.GetLoginNames()) > 0, nil
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notShown(doing)
	}
	return user, nil
}

// repairUser deletes the user whom request has just created and creates it
// again, which brings a lost row back.
func (r *remote) repairUser(ctx context.Context, request *userpb.CreateUserRequest) (*userpb.User, *userpb.CreateUserResponse, error) {
	const doing = "repair user"
	_, err := r.client.UserServiceV2().DeleteUser(ctx, &userpb.DeleteUserRequest{UserId: request.GetUserId()})
	if err != nil && !isCode(err, codes.NotFound) {
		return nil, nil, fail(doing, err, "user.not-found")
	}
	created, err := r.client.UserServiceV2().CreateUser(middleware.SetOrgID(ctx, request.GetOrganizationId()), request)
	if err != nil {
		return nil, nil, fail(doing, err, "organization.not-found")
	}
	u, err := r.shownUser(ctx, identity.UserID(request.GetUserId()))
	return u, created, err
}

// User is a user at home here, or one who holds a role here.
func (r *remote) User(ctx context.Context, id identity.UserID) (identity.User, error) {
	if err := r.present(); err != nil {
		return identity.User{}, err
	}
	u, err := getUser(ctx, r.client, id)
	if err == nil && r.opened.Organization().AtHome(u.Home) {
		return u, nil
	}
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return identity.User{}, err
	}
	assignment, noRole := r.assignment(ctx, id)
	if identity.IsKind(noRole, identity.KindNotFound) {
		return identity.User{}, identity.NotFound("user.not-found")
	}
	if noRole != nil {
		return identity.User{}, noRole
	}
	if err == nil {
		return u, nil
	}
	// A guest from an organization where we are no member: the role assignment
	// tells a little about them.
	guest := assignment.GetUser()
	return identity.User{
		ID:        id,
		Home:      identity.OrganizationID(guest.GetOrganizationId()),
		UserName:  guest.GetPreferredLoginName(),
		GivenName: guest.GetDisplayName(),
		State:     identity.UserActive,
	}, nil
}

// atHome loads a user for a call that is allowed at home alone, and says not
// found for everybody else: such calls take over the account.
func (r *remote) atHome(ctx context.Context, id identity.UserID) (identity.User, error) {
	if err := r.present(); err != nil {
		return identity.User{}, err
	}
	u, err := getUser(ctx, r.client, id)
	if err != nil {
		return identity.User{}, err
	}
	if !r.opened.Organization().AtHome(u.Home) {
		return identity.User{}, identity.NotFound("user.not-found")
	}
	return u, nil
}

// getUser reads a person. Service accounts are not found.
func getUser(ctx context.Context, c *client.Client, id identity.UserID) (identity.User, error) {
	if id == "" {
		return identity.User{}, identity.NotFound("user.not-found")
	}
	answer, err := c.UserServiceV2().GetUserByID(ctx, &userpb.GetUserByIDRequest{UserId: string(id)})
	if err != nil {
		return identity.User{}, fail("get user", err, "user.not-found")
	}
	if answer.GetUser().GetHuman() == nil {
		return identity.User{}, identity.NotFound("user.not-found").Because(fmt.Errorf("user %s is a service account", id))
	}
	return toUser(answer.GetUser()), nil
}

func toUser(u *userpb.User) identity.User {
	human := u.GetHuman()
	return identity.User{
		ID:              identity.UserID(u.GetUserId()),
		Home:            identity.OrganizationID(u.GetDetails().GetResourceOwner()),
		UserName:        u.GetUsername(),
		GivenName:       toName(human.GetProfile().GetGivenName()),
		FamilyName:      toName(human.GetProfile().GetFamilyName()),
		Address:         toAddress(human.GetEmail().GetEmail()),
		AddressVerified: human.GetEmail().GetIsVerified(),
		Language:        toLanguage(human.GetProfile().GetPreferredLanguage()),
		State:           toUserState(u.GetState()),
		CreatedAt:       at(u.GetDetails().GetCreationDate()),
	}
}

func toName(name string) string {
	if name == noName {
		return ""
	}
	return name
}

func toAddress(address string) string {
	if identity.IsPlaceholderAddress(address) {
		return ""
	}
	return address
}

func toLanguage(tag string) string {
	if tag == "und" {
		return ""
	}
	return tag
}

func toUserState(state userpb.UserState) identity.UserState {
	switch state {
	case userpb.UserState_USER_STATE_INACTIVE:
		return identity.UserInactive
	case userpb.UserState_USER_STATE_LOCKED:
		return identity.UserLocked
	}
	return identity.UserActive
}

// at is a time of Zitadel's; zero if it tells none.
func at(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
