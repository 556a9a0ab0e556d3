package zitadel_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	permissionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	sessionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// strange is an organization that somebody made past the portal.
func (w *world) strange(t *testing.T) identity.OrganizationID {
	t.Helper()
	added, err := w.owner.OrganizationServiceV2().AddOrganization(t.Context(), &orgpb.AddOrganizationRequest{Name: unique("Strange")})
	if err != nil {
		t.Fatal(err)
	}
	id := identity.OrganizationID(added.GetOrganizationId())
	eventually(t, "the organization is shown", func() bool {
		_, err := w.events.Organization(t.Context(), id)
		return err == nil
	})
	return id
}

// observed are the facts since a time that are about one person, or about one
// organization, and no rows of the projection.
func (w *world) observed(t *testing.T, after time.Time, wanted func(identity.Observed) bool) (seen []identity.Observed) {
	t.Helper()
	for more := true; more; {
		page, err := w.events.Events(t.Context(), identity.EventQuery{After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page.Events {
			if fact, ok := event.Fact.(identity.Observed); ok && wanted(fact) {
				if !fact.At.Equal(event.At) || event.Type == "" {
					t.Errorf("event = %+v, want the fact's time and a type", event)
				}
				seen = append(seen, fact)
			}
		}
		after, more = page.Last, page.More
	}
	return seen
}

// A sign-in, one that failed and the end of it are told with the browser they
// came from.
func TestContractSignInsAreToldWithTheirBrowser(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		const device = "Mozilla/5.0 (contract suite)"
		user, browser := w.student(t, w.biology), newBrowser(t)
		browser.Transport = as(device)
		began := w.latest(t)
		w.failAtLoginPages(t, browser, user.UserName)
		w.atLoginPages(t, browser, user.UserName, "Correct-horse-7")
		var in identity.UserSignedIn
		eventually(t, "the sign-in is told", func() bool {
			page, err := w.events.Events(t.Context(), identity.EventQuery{After: began, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			for _, event := range page.Events {
				if fact, ok := event.Fact.(identity.UserSignedIn); ok && fact.User == user.ID {
					in = fact
				}
			}
			return in.User != ""
		})
		if in.Device != device || in.Address != "127.0.0.1" && in.Address != "::1" {
			t.Errorf("signed in = %+v, want the browser and its address", in)
		}
		failed := w.observed(t, began, func(o identity.Observed) bool { return o.User == user.ID })
		want := []identity.Observed{{
			Action: identity.ActionSignInFailed, User: user.ID, Values: map[string]string{"credential": "password"},
			Address: in.Address, Device: device,
		}}
		if diff := cmp.Diff(want, failed, cmpopts.IgnoreFields(identity.Observed{}, "At")); diff != "" {
			t.Errorf("observed differs (-want +got):\n%s", diff)
		}
	})
}

// as is a browser that calls itself so.
type as string

func (a as) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", string(a))
	return http.DefaultTransport.RoundTrip(r)
}

// What happens to a session of the newer login pages is told of its user.
func TestContractTheEndOfASessionIsTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden)
		w.signIn(t, user.ID, "Correct-horse-7")
		began := w.latest(t)
		if _, err := w.owner.SessionServiceV2().CreateSession(t.Context(), &sessionpb.CreateSessionRequest{Checks: &sessionpb.Checks{
			User:     &sessionpb.CheckUser{Search: &sessionpb.CheckUser_UserId{UserId: string(user.ID)}},
			Password: &sessionpb.CheckPassword{Password: "wrong"},
		}}); err == nil {
			t.Fatal("signed in with a wrong password")
		}
		if ended, err := w.in(t, w.linden).EndSessions(t.Context(), user.ID); err != nil || ended != 1 {
			t.Fatalf("ended %d, %v", ended, err)
		}
		want := []identity.Observed{
			{Action: identity.ActionSignInFailed, User: user.ID, Values: map[string]string{"credential": "password"}},
			{Action: identity.ActionSignedOut, User: user.ID},
		}
		for range 2 { // asked for, and remembered
			got := w.observed(t, began, func(o identity.Observed) bool { return o.User == user.ID })
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(identity.Observed{}, "At")); diff != "" {
				t.Errorf("observed differs (-want +got):\n%s", diff)
			}
		}
	})
}

// What somebody signs in with is told as it comes and goes.
func TestContractCredentialsAreTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		n := someone()
		n.Secret = ""
		fact, err := w.in(t, w.linden).CreateUser(t.Context(), n)
		if err != nil || fact.(identity.UserCreated).Password {
			t.Fatalf("created = %+v, %v, want one without a password", fact, err)
		}
		users, id, provider := w.owner.UserServiceV2(), string(n.ID), w.provider(t, w.linden)
		if _, err := users.UpdateUser(t.Context(), &userpb.UpdateUserRequest{UserId: id, UserType: &userpb.UpdateUserRequest_Human_{Human: &userpb.UpdateUserRequest_Human{
			Password: &userpb.SetPassword{PasswordType: &userpb.SetPassword_Password{Password: &userpb.Password{Password: "Correct-horse-7"}}},
		}}}); err != nil {
			t.Fatal(err)
		}
		if err := w.in(t, w.linden).LinkUser(t.Context(), n.ID, provider, "ext-"+id, "sam@example.org"); err != nil {
			t.Fatal(err)
		}
		w.authenticator(t, n.ID)
		if _, err := users.AddOTPEmail(t.Context(), &userpb.AddOTPEmailRequest{UserId: id}); err != nil {
			t.Fatal(err)
		}
		if _, err := users.RemoveOTPEmail(t.Context(), &userpb.RemoveOTPEmailRequest{UserId: id}); err != nil {
			t.Fatal(err)
		}
		if _, err := users.RemoveTOTP(t.Context(), &userpb.RemoveTOTPRequest{UserId: id}); err != nil {
			t.Fatal(err)
		}
		if _, err := users.RemoveIDPLink(t.Context(), &userpb.RemoveIDPLinkRequest{UserId: id, IdpId: string(provider), LinkedUserId: "ext-" + id}); err != nil {
			t.Fatal(err)
		}
		want := []identity.Fact{
			identity.CredentialAdded{User: n.ID, Kind: identity.CredentialPassword},
			identity.CredentialAdded{User: n.ID, Kind: identity.CredentialProvider, ID: string(provider)},
			identity.CredentialAdded{User: n.ID, Kind: identity.CredentialTOTP},
			identity.CredentialAdded{User: n.ID, Kind: identity.CredentialMailCode},
			identity.CredentialRemoved{User: n.ID, Kind: identity.CredentialMailCode},
			identity.CredentialRemoved{User: n.ID, Kind: identity.CredentialTOTP},
			identity.CredentialRemoved{User: n.ID, Kind: identity.CredentialProvider, ID: string(provider)},
		}
		var got []identity.Fact
		for _, event := range w.history(t, id) {
			switch fact := event.Fact.(type) {
			case identity.CredentialAdded:
				fact.At = time.Time{}
				got = append(got, fact)
			case identity.CredentialRemoved:
				fact.At = time.Time{}
				got = append(got, fact)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("told differs (-want +got):\n%s", diff)
		}
	})
}

// What somebody changes about a school in Zitadel's own console is told, in our
// words.
func TestContractChangesOfASchoolAreTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school, here := w.ownSchool(t)
		pupil, management := w.student(t, school), w.owner.ManagementService()
		domain := unique("aspen") + ".example"
		provider := w.provider(t, school)
		began := w.latest(t)
		resource := &permissionpb.ResourceType{Resource: &permissionpb.ResourceType_OrganizationId{OrganizationId: string(school.ID)}}
		for _, step := range []struct {
			name string
			do   func() error
		}{
			{"a policy", func() error {
				return w.in(t, school).SetLoginPolicy(t.Context(), identity.LoginPolicy{
					RequireFactor: true, Passwords: true, Factors: []identity.Credential{identity.CredentialTOTP},
					PasswordLifetime: time.Hour, FactorLifetime: time.Hour, PasskeyLifetime: time.Hour, ProviderLifetime: time.Hour,
				})
			}},
			{"a factor", func() error {
				_, err := management.AddSecondFactorToLoginPolicy(here, &managementpb.AddSecondFactorToLoginPolicyRequest{Type: policypb.SecondFactorType_SECOND_FACTOR_TYPE_OTP_EMAIL})
				return err
			}},
			{"a provider attached", func() error {
				_, err := management.AddIDPToLoginPolicy(here, &managementpb.AddIDPToLoginPolicyRequest{IdpId: string(provider), OwnerType: idppb.IDPOwnerType_IDP_OWNER_TYPE_ORG})
				return err
			}},
			{"and detached", func() error {
				_, err := management.RemoveIDPFromLoginPolicy(here, &managementpb.RemoveIDPFromLoginPolicyRequest{IdpId: string(provider)})
				return err
			}},
			{"and deleted", func() error {
				_, err := management.DeleteProvider(here, &managementpb.DeleteProviderRequest{Id: string(provider)})
				return err
			}},
			{"no policy of its own", func() error {
				_, err := management.ResetLoginPolicyToDefault(here, &managementpb.ResetLoginPolicyToDefaultRequest{})
				return err
			}},
			{"a domain", func() error {
				_, err := w.owner.OrganizationServiceV2().AddOrganizationDomain(t.Context(), &orgpb.AddOrganizationDomainRequest{OrganizationId: string(school.ID), Domain: domain})
				return err
			}},
			{"and none", func() error {
				_, err := w.owner.OrganizationServiceV2().DeleteOrganizationDomain(t.Context(), &orgpb.DeleteOrganizationDomainRequest{OrganizationId: string(school.ID), Domain: domain})
				return err
			}},
			{"a manager", func() error {
				_, err := w.owner.InternalPermissionServiceV2().CreateAdministrator(t.Context(), &permissionpb.CreateAdministratorRequest{UserId: string(pupil.ID), Resource: resource, Roles: []string{"ORG_OWNER"}})
				return err
			}},
			{"and none", func() error {
				_, err := w.owner.InternalPermissionServiceV2().DeleteAdministrator(t.Context(), &permissionpb.DeleteAdministratorRequest{UserId: string(pupil.ID), Resource: resource})
				return err
			}},
			{"a look", func() error {
				return w.in(t, school).SetBranding(t.Context(), identity.Branding{Colour: "#2f7d31", OnLight: "#2f7d31", OnDark: "#7fd182", Logo: picture(t)})
			}},
			{"and none", func() error { return w.in(t, school).SetBranding(t.Context(), identity.Branding{}) }},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		var got []identity.Observed
		for _, fact := range w.observed(t, began, func(o identity.Observed) bool { return o.Organization == school.ID }) {
			if fact.Values["policy"] == "login" && fact.Values["require-factor"] != "" {
				fact.Values = map[string]string{"policy": "login", "change": fact.Values["change"], "require-factor": fact.Values["require-factor"]}
			}
			got = append(got, fact)
		}
		seen := func(action identity.Action, target string, values ...string) identity.Observed {
			o := identity.Observed{Action: action, Organization: school.ID, Target: target, Values: map[string]string{}}
			for pair := range slices.Chunk(values, 2) {
				o.Values[pair[0]] = pair[1]
			}
			return o
		}
		want := []identity.Observed{
			seen(identity.ActionRemotePolicy, "", "policy", "login", "change", "added", "require-factor", "true"),
			seen(identity.ActionRemotePolicy, "", "policy", "login", "change", "added", "credential", "totp"),
			seen(identity.ActionRemotePolicy, "", "policy", "login", "change", "added", "credential", "passkey"),
			seen(identity.ActionRemotePolicy, "", "policy", "login", "change", "added", "credential", "mail-code"),
			seen(identity.ActionRemoteProvider, string(provider), "change", "attached"),
			seen(identity.ActionRemoteProvider, string(provider), "change", "detached"),
			seen(identity.ActionRemoteProvider, string(provider), "change", "removed"),
			seen(identity.ActionRemotePolicy, "", "policy", "login", "change", "removed"),
			seen(identity.ActionRemoteDomain, domain, "change", "added"),
			seen(identity.ActionRemoteDomain, domain, "change", "removed"),
			seen(identity.ActionRemoteManager, string(pupil.ID), "change", "added", "roles", "ORG_OWNER"),
			seen(identity.ActionRemoteManager, string(pupil.ID), "change", "removed"),
			seen(identity.ActionRemoteBranding, "", "change", "activated"),
			seen(identity.ActionRemoteBranding, "", "change", "removed"),
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(identity.Observed{}, "At")); diff != "" {
			t.Errorf("observed differs (-want +got):\n%s", diff)
		}
	})
}
