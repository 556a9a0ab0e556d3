package zitadel

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"

	"homeroom.dev/homeroom/identity"
)

// fact is what an event means, or nil.
func (e *Events) fact(ctx context.Context, ev *eventpb.Event) (identity.Fact, error) {
	kind := ev.GetType().GetType()
	switch {
	case strings.HasPrefix(kind, "user.grant."):
		return e.assignmentFact(ctx, kind, ev)
	case kind == sessionEnded:
		return e.sessionFact(ctx, ev)
	case kind == signedIn:
		return e.signInFact(ev), nil
	case kind == passwordChecked, kind == providerChecked, kind == passkeyChecked:
		e.rememberCheck(ev)
		return nil, nil
	case kind == sessionUser:
		e.rememberSession(ev.GetAggregate().GetId(), identity.UserID(payload{ev.GetPayload()}.text("userID")))
		return nil, nil
	case strings.HasPrefix(kind, "user."):
		if fact := userFact(kind, ev); fact != nil {
			return fact, nil
		}
		return accountFact(kind, ev), nil
	case strings.HasPrefix(kind, "org."):
		if fact, err := organizationFact(kind, ev); fact != nil || err != nil {
			return fact, err
		}
		return settingFact(strings.TrimPrefix(kind, "org."), "", organizationOf(ev), ev), nil
	case strings.HasPrefix(kind, "project."):
		if ev.GetAggregate().GetId() != e.config.Project {
			return nil, nil // somebody else's
		}
		if fact := grantFact(kind, ev); fact != nil || strings.HasPrefix(kind, "project.grant.") {
			return fact, nil
		}
		return e.projectFact(ev), nil
	case strings.HasPrefix(kind, "instance."):
		return settingFact(strings.TrimPrefix(kind, "instance."), instanceScope, e.config.Operators, ev), nil
	case strings.HasPrefix(kind, "feature."), strings.HasPrefix(kind, "restrictions."):
		return settingFact(kind, instanceScope, e.config.Operators, ev), nil
	}
	return nil, nil
}

// organizationOf is the organization whose event it is.
func organizationOf(ev *eventpb.Event) identity.OrganizationID {
	return identity.OrganizationID(ev.GetAggregate().GetResourceOwner())
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
			Password: p.has("encodedHash") || p.has("secret"),
			At:       when,
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
