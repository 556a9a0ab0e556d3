package zitadel

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"google.golang.org/protobuf/types/known/structpb"

	"homeroom.dev/homeroom/identity"
)

// The event types that mean something to us. Zitadel takes 30 at most.
const (
	userAdded           = "user.human.added"
	userRegistered      = "user.human.selfregistered"
	userProfileChanged  = "user.human.profile.changed"
	userAddressChanged  = "user.human.email.changed"
	userAddressVerified = "user.human.email.verified"
	userNameChanged     = "user.username.changed"
	userNameClaimed     = "user.domain.claimed" // an organization verified the domain it ends in
	userLocked          = "user.locked"
	userUnlocked        = "user.unlocked"
	userDeactivated     = "user.deactivated"
	userReactivated     = "user.reactivated"
	userRemoved         = "user.removed"

	// signedIn is the one event every kind of sign-in ends in, with Zitadel's own
	// pages of either version, a school's identity provider or a passkey.
	signedIn = "oidc_session.added"

	assignmentAdded          = "user.grant.added"
	assignmentChanged        = "user.grant.changed"
	assignmentCascadeChanged = "user.grant.cascade.changed" // also by UpdateAuthorization
	assignmentDeactivated    = "user.grant.deactivated"
	assignmentReactivated    = "user.grant.reactivated"
	assignmentRemoved        = "user.grant.removed"
	assignmentCascadeRemoved = "user.grant.cascade.removed"

	organizationAdded       = "org.added"
	organizationChanged     = "org.changed"
	organizationDeactivated = "org.deactivated"
	organizationReactivated = "org.reactivated"
	organizationRemoved     = "org.removed"
	metadataSet             = "org.metadata.set"
	metadataRemoved         = "org.metadata.removed"

	// A role taken from the project reaches the assignments with events of their
	// own, so project.grant.cascade.changed has nothing to add.
	grantAdded   = "project.grant.added"
	grantChanged = "project.grant.changed"
	grantRemoved = "project.grant.removed"
)

var eventTypes = []string{
	userAdded, userRegistered, userProfileChanged, userAddressChanged, userAddressVerified,
	userNameChanged, userNameClaimed, userLocked, userUnlocked, userDeactivated, userReactivated, userRemoved,
	signedIn,
	assignmentAdded, assignmentChanged, assignmentCascadeChanged, assignmentDeactivated, assignmentReactivated,
	assignmentRemoved, assignmentCascadeRemoved,
	organizationAdded, organizationChanged, organizationDeactivated, organizationReactivated, organizationRemoved,
	metadataSet, metadataRemoved,
	grantAdded, grantChanged, grantRemoved,
}

// payload is what an event carries. Nothing is read from it but by name, in
// this file: it holds password hashes, codes and keys as well, and those go
// nowhere.
type payload struct{ *structpb.Struct }

func (p payload) text(field string) string {
	return p.GetFields()[field].GetStringValue()
}

// changed is a text that is nil where the event does not carry it.
func (p payload) changed(field string, read func(string) string) *string {
	value, there := p.GetFields()[field]
	if !there {
		return nil
	}
	text := read(value.GetStringValue())
	return &text
}

func (p payload) roles() []identity.Role {
	var keys []string
	for _, value := range p.GetFields()["roleKeys"].GetListValue().GetValues() {
		keys = append(keys, value.GetStringValue())
	}
	return toRoles(keys)
}

// fact is what an event means, or nil.
func (e *Events) fact(ctx context.Context, ev *eventpb.Event) (identity.Fact, error) {
	kind := ev.GetType().GetType()
	switch {
	case strings.HasPrefix(kind, "user.grant."):
		return e.assignmentFact(ctx, kind, ev)
	case strings.HasPrefix(kind, "user."), kind == signedIn:
		return userFact(kind, ev), nil
	case strings.HasPrefix(kind, "org."):
		return organizationFact(kind, ev)
	case strings.HasPrefix(kind, "project.grant."):
		if ev.GetAggregate().GetId() == e.config.Project {
			return grantFact(kind, ev), nil
		}
	}
	return nil, nil
}

func userFact(kind string, ev *eventpb.Event) identity.Fact {
	id, when, p := identity.UserID(ev.GetAggregate().GetId()), at(ev.GetCreationDate()), payload{ev.GetPayload()}
	same := func(s string) string { return s }
	state := func(s identity.UserState) identity.Fact {
		return identity.UserChanged{User: id, State: &s, At: when}
	}
	switch kind {
	case userAdded, userRegistered:
		return identity.UserCreated{
			User: identity.User{
				ID:         id,
				Home:       identity.OrganizationID(ev.GetAggregate().GetResourceOwner()),
				UserName:   p.text("userName"),
				GivenName:  toName(p.text("firstName")),
				FamilyName: toName(p.text("lastName")),
				Address:    toAddress(p.text("email")),
				Language:   toLanguage(p.text("preferredLanguage")),
				State:      identity.UserActive,
				CreatedAt:  when,
			},
			At: when,
		}
	case userProfileChanged:
		return identity.UserChanged{
			User: id, At: when,
			GivenName:  p.changed("firstName", toName),
			FamilyName: p.changed("lastName", toName),
			Language:   p.changed("preferredLanguage", toLanguage),
		}
	case userAddressChanged:
		verified := false // until its own event says so
		return identity.UserChanged{User: id, Address: p.changed("email", toAddress), AddressVerified: &verified, At: when}
	case userAddressVerified:
		verified := true
		return identity.UserChanged{User: id, AddressVerified: &verified, At: when}
	case userNameChanged, userNameClaimed:
		return identity.UserChanged{User: id, UserName: p.changed("userName", same), At: when}
	case userLocked:
		return state(identity.UserLocked)
	case userDeactivated:
		return state(identity.UserInactive)
	case userUnlocked, userReactivated:
		return state(identity.UserActive)
	case userRemoved:
		return identity.UserRemoved{User: id, At: when}
	case signedIn:
		if user := p.text("userID"); user != "" {
			return identity.UserSignedIn{User: identity.UserID(user), At: when}
		}
	}
	return nil
}

func (e *Events) assignmentFact(ctx context.Context, kind string, ev *eventpb.Event) (identity.Fact, error) {
	aggregate, when, p := ev.GetAggregate().GetId(), at(ev.GetCreationDate()), payload{ev.GetPayload()}
	id := identity.RoleAssignmentID(aggregate)
	if kind == assignmentAdded {
		ours := p.text("projectId") == e.config.Project
		e.remember(aggregate, ours)
		if !ours {
			return nil, nil
		}
		return identity.RoleAssignmentCreated{
			Assignment: identity.RoleAssignment{
				ID: id, User: identity.UserID(p.text("userId")),
				Organization: identity.OrganizationID(ev.GetAggregate().GetResourceOwner()),
				Roles:        p.roles(), State: identity.AssignmentActive,
				CreatedAt: when, ChangedAt: when,
			},
			At: when,
		}, nil
	}
	if kind == assignmentRemoved || kind == assignmentCascadeRemoved {
		// Thousands come at once when a grant goes, so nothing is asked for: the
		// removal of an assignment nobody has heard of changes nothing.
		if project := p.text("projectId"); project != "" && project != e.config.Project || e.elsewhere(aggregate) {
			return nil, nil
		}
		return identity.RoleAssignmentRemoved{ID: id, At: when}, nil
	}
	ours, err := e.onPlatform(ctx, aggregate)
	if err != nil || !ours {
		return nil, err
	}
	switch kind {
	case assignmentChanged, assignmentCascadeChanged:
		return identity.RoleAssignmentChanged{ID: id, Roles: p.roles(), At: when}, nil
	case assignmentDeactivated:
		return identity.RoleAssignmentStateChanged{ID: id, State: identity.AssignmentSuspended, At: when}, nil
	case assignmentReactivated:
		return identity.RoleAssignmentStateChanged{ID: id, State: identity.AssignmentActive, At: when}, nil
	}
	return nil, nil
}

func organizationFact(kind string, ev *eventpb.Event) (identity.Fact, error) {
	id, when, p := identity.OrganizationID(ev.GetAggregate().GetId()), at(ev.GetCreationDate()), payload{ev.GetPayload()}
	switch kind {
	case organizationAdded:
		return identity.OrganizationCreated{Organization: id, RemoteName: p.text("name"), At: when}, nil
	case organizationChanged:
		return identity.OrganizationRenamed{Organization: id, RemoteName: p.text("name"), At: when}, nil
	case organizationDeactivated:
		return identity.OrganizationStateChanged{Organization: id, State: identity.OrganizationInactive, At: when}, nil
	case organizationReactivated:
		return identity.OrganizationStateChanged{Organization: id, State: identity.OrganizationActive, At: when}, nil
	case organizationRemoved:
		return identity.OrganizationRemoved{Organization: id, At: when}, nil
	case metadataSet, metadataRemoved:
		key := p.text("key")
		if key != identity.MetadataKind && key != identity.MetadataSchool && key != identity.MetadataName {
			return nil, nil // another program's
		}
		value, err := base64.StdEncoding.DecodeString(p.text("value"))
		if err != nil {
			return nil, fmt.Errorf("read event %d of organization %s: metadata %s: %w", ev.GetSequence(), id, key, err)
		}
		return identity.OrganizationMetadataSet{Organization: id, Key: key, Value: string(value), At: when}, nil
	}
	return nil, nil
}

func grantFact(kind string, ev *eventpb.Event) identity.Fact {
	when, p := at(ev.GetCreationDate()), payload{ev.GetPayload()}
	switch kind {
	case grantAdded, grantChanged:
		return identity.GrantSet{
			Grant: p.text("grantId"), Organization: identity.OrganizationID(p.text("grantedOrgId")), Roles: p.roles(), At: when,
		}
	case grantRemoved:
		return identity.GrantRemoved{Grant: p.text("grantId"), At: when}
	}
	return nil
}
