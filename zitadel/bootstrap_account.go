package zitadel

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	permissionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

const (
	keyLifetime = 365 * 24 * time.Hour
	keyRenewal  = 30 * 24 * time.Hour // a key with less than this left is replaced
)

// serviceAccounts makes the three service accounts, with exactly the
// administrator roles they need and a key each.
func (b *bootstrap) serviceAccounts(ctx context.Context) error {
	in, was := &b.installation, b.options.Previous
	for _, account := range []struct {
		name     string
		role     string // on the instance; empty for none
		does     string
		made     *ServiceAccount
		previous ServiceAccount
	}{
		{"runtime", "", "Changes opened schools and classrooms", &in.Runtime, was.Runtime},
		{"provisioner", b.options.ProvisionerRole, "Opens schools and classrooms", &in.Provisioner, was.Provisioner},
		{"events", b.options.EventsRole, "Reads the event log", &in.Events, was.Events},
	} {
		name := strings.ToLower(strings.ReplaceAll(b.options.Name, " ", "-")) + "-" + account.name
		user, changed, err := b.serviceAccount(ctx, name, account.does)
		if err := b.step("service account "+name, changed, err); err != nil {
			return err
		}
		changed, err = b.rights(ctx, user, account.role)
		if err := b.step("rights of "+name, changed, err); err != nil {
			return err
		}
		key, changed, err := b.key(ctx, user, account.previous)
		if err := b.step("key of "+name, changed, err); err != nil {
			return err
		}
		*account.made = ServiceAccount{User: user, Key: key}
	}
	return nil
}

func (b *bootstrap) serviceAccount(ctx context.Context, name, does string) (identity.UserID, bool, error) {
	users := b.client.UserServiceV2()
	listed, err := users.ListUsers(ctx, &userpb.ListUsersRequest{
		Query: &objectpb.ListQuery{Limit: 1},
		Queries: []*userpb.SearchQuery{
			{Query: &userpb.SearchQuery_OrganizationIdQuery{OrganizationIdQuery: &userpb.OrganizationIdQuery{OrganizationId: string(b.installation.Operators)}}},
			{Query: &userpb.SearchQuery_UserNameQuery{UserNameQuery: &userpb.UserNameQuery{UserName: name}}},
		},
	})
	if err != nil {
		return "", false, fail("list users", err, "user.not-found")
	}
	if found := listed.GetResult(); len(found) > 0 {
		if found[0].GetMachine() == nil {
			return "", false, fmt.Errorf("%s is a person", name)
		}
		return identity.UserID(found[0].GetUserId()), false, nil
	}
	created, err := users.CreateUser(ctx, &userpb.CreateUserRequest{
		OrganizationId: string(b.installation.Operators), Username: &name,
		UserType: &userpb.CreateUserRequest_Machine_{Machine: &userpb.CreateUserRequest_Machine{Name: name, Description: &does}},
	})
	return identity.UserID(created.GetId()), true, fail("create user", err, "user.not-found")
}

// rights gives a service account role on the instance and takes every other
// right there and in the operators' organization: IAM_OWNERs and the service
// accounts themselves live there.
func (b *bootstrap) rights(ctx context.Context, user identity.UserID, role string) (changed bool, err error) {
	permissions := b.client.InternalPermissionServiceV2()
	instance := &permissionpb.ResourceType{Resource: &permissionpb.ResourceType_Instance{Instance: true}}
	unwanted := []*permissionpb.ResourceType{organizationResource(b.installation.Operators), organizationResource(b.installation.Individuals)}
	if role == "" {
		unwanted = append(unwanted, instance)
	} else if changed, err = ensureAdministrator(ctx, permissions, user, instance, []string{role}); err != nil {
		return false, err
	}
	held, err := administrators(ctx, permissions, user)
	if err != nil {
		return false, err
	}
	for _, resource := range unwanted {
		for _, a := range held {
			if !sameResource(a, resource) {
				continue
			}
			changed = true
			if _, err := permissions.DeleteAdministrator(ctx, &permissionpb.DeleteAdministratorRequest{UserId: string(user), Resource: resource}); err != nil {
				return false, fail("delete administrator", err, "user.not-found")
			}
		}
	}
	return changed, nil
}

// key keeps the previous key of user if Zitadel knows it and it is good for a
// while, or makes a new one.
func (b *bootstrap) key(ctx context.Context, user identity.UserID, previous ServiceAccount) (string, bool, error) {
	if previous.User == user && previous.Key != "" {
		file, err := client.ConfigFromKeyFileData([]byte(previous.Key))
		if err != nil {
			return "", false, fmt.Errorf("read the key of an earlier run: %w", err)
		}
		expires, err := b.expiry(ctx, user, file.KeyID)
		if err != nil {
			return "", false, err
		}
		if time.Until(expires) > keyRenewal {
			return previous.Key, false, nil
		}
	}
	added, err := b.client.UserServiceV2().AddKey(ctx, &userpb.AddKeyRequest{
		UserId: string(user), ExpirationDate: timestamppb.New(time.Now().Add(keyLifetime)),
	})
	if err != nil {
		return "", false, fail("add key", err, "user.not-found")
	}
	found, err := shown(ctx, func() (bool, error) {
		expires, err := b.expiry(ctx, user, added.GetKeyId())
		return !expires.IsZero(), err
	})
	if err == nil && !found {
		err = notShown("read key back")
	}
	return string(added.GetKeyContent()), true, err
}

// expiry is when a key ends; zero if there is none.
func (b *bootstrap) expiry(ctx context.Context, user identity.UserID, key string) (time.Time, error) {
	listed, err := b.client.UserServiceV2().ListKeys(ctx, &userpb.ListKeysRequest{Filters: []*userpb.KeysSearchFilter{
		{Filter: &userpb.KeysSearchFilter_UserIdFilter{UserIdFilter: &filterpb.IDFilter{Id: string(user)}}},
		{Filter: &userpb.KeysSearchFilter_KeyIdFilter{KeyIdFilter: &filterpb.IDFilter{Id: key}}},
	}})
	if err != nil {
		return time.Time{}, fail("list keys", err, "user.not-found")
	}
	for _, k := range listed.GetResult() {
		if k.GetId() == key && k.GetUserId() == string(user) {
			return at(k.GetExpirationDate()), nil
		}
	}
	return time.Time{}, nil
}
