package zitadel_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	"google.golang.org/protobuf/testing/protocmp"

	"homeroom.dev/homeroom/identity"
)

// ownSchool is a school that a test may change, and the context in which the
// first API of Zitadel's is about it.
func (w *world) ownSchool(t *testing.T) (identity.Organization, context.Context) {
	t.Helper()
	n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: identity.KindSchool, Name: "Aspen School"}
	if _, err := w.provisioner.Open(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return identity.Organization{ID: n.ID, Kind: n.Kind, Name: n.Name, State: identity.OrganizationActive}, middleware.SetOrgID(t.Context(), string(n.ID))
}

func (w *world) remotePolicy(t *testing.T, here context.Context) *policypb.LoginPolicy {
	t.Helper()
	answer, err := w.owner.ManagementService().GetLoginPolicy(here, &managementpb.GetLoginPolicyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetPolicy()
}

// Every field we have is changed and read back, and every field we have not stays
// as it was: in the copy of the instance's policy that a school begins with, and
// in one that somebody changed past the portal.
func TestContractLoginPoliciesAreChangedAndKeepTheRest(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school, here := w.ownSchool(t)
		remote := w.in(t, school)
		before, err := remote.LoginPolicy(t.Context())
		if err != nil || before.Own || before.PasswordLifetime <= 0 {
			t.Fatalf("policy of a school that has none = %+v, %v, want the instance's", before, err)
		}
		instance := w.remotePolicy(t, here)
		strict := identity.LoginPolicy{
			RequireFactor: true, LocalOnly: true, Passwords: before.Passwords,
			Factors:          []identity.Credential{identity.CredentialTOTP, identity.CredentialMailCode},
			PasswordLifetime: 2 * time.Hour, FactorLifetime: 3 * time.Hour, PasskeyLifetime: 4 * time.Hour, ProviderLifetime: 5 * time.Hour,
		}
		everybody := strict
		everybody.LocalOnly, everybody.Passkeys, everybody.PasswordReset = false, true, true
		everybody.Factors = []identity.Credential{identity.CredentialSecurityKey, identity.CredentialTextCode}
		open := everybody
		open.RequireFactor, open.SelfRegistration, open.AddressAsName, open.Factors = false, true, true, nil
		for _, step := range []struct {
			name string
			set  identity.LoginPolicy
		}{{"the first of its own", strict}, {"for everybody", everybody}, {"open", open}, {"the same again", open}, {"strict again", strict}} {
			if err := remote.SetLoginPolicy(t.Context(), step.set); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			want := step.set
			want.Own = true
			got, err := remote.LoginPolicy(t.Context())
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("%s: %v, policy differs (-want +got):\n%s", step.name, err, diff)
			}
			kept := protocmp.IgnoreFields(&policypb.LoginPolicy{}, "details", "is_default", "force_mfa", "force_mfa_local_only", "passwordless_type",
				"hide_password_reset", "allow_register", "disable_login_with_email", "second_factors",
				"password_check_lifetime", "external_login_check_lifetime", "second_factor_check_lifetime", "multi_factor_check_lifetime")
			if diff := cmp.Diff(instance, w.remotePolicy(t, here), protocmp.Transform(), kept); diff != "" {
				t.Errorf("%s: other fields changed (-instance +school):\n%s", step.name, diff)
			}
		}
		// What somebody else set stays as well.
		changed := w.remotePolicy(t, here)
		if _, err := w.owner.ManagementService().UpdateCustomLoginPolicy(here, &managementpb.UpdateCustomLoginPolicyRequest{
			IgnoreUnknownUsernames: true, DisableLoginWithPhone: true, AllowDomainDiscovery: true, AllowExternalIdp: true, AllowUsernamePassword: true,
			DefaultRedirectUri: "https://aspen.example/", MfaInitSkipLifetime: changed.GetMfaInitSkipLifetime(), ForceMfa: true,
			PasswordCheckLifetime: changed.GetPasswordCheckLifetime(), ExternalLoginCheckLifetime: changed.GetExternalLoginCheckLifetime(),
			SecondFactorCheckLifetime: changed.GetSecondFactorCheckLifetime(), MultiFactorCheckLifetime: changed.GetMultiFactorCheckLifetime(),
		}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the change is shown", func() bool { return w.remotePolicy(t, here).GetIgnoreUnknownUsernames() })
		if err := remote.SetLoginPolicy(t.Context(), open); err != nil {
			t.Fatal(err)
		}
		after := w.remotePolicy(t, here)
		if !after.GetIgnoreUnknownUsernames() || !after.GetDisableLoginWithPhone() || !after.GetAllowDomainDiscovery() ||
			after.GetDefaultRedirectUri() != "https://aspen.example/" || after.GetForceMfa() || !after.GetAllowRegister() {
			t.Errorf("policy = %v, want the other's fields kept and ours changed", after)
		}
		if !slices.Equal(after.GetMultiFactors(), instance.GetMultiFactors()) {
			t.Errorf("multi factors = %v, want still %v", after.GetMultiFactors(), instance.GetMultiFactors())
		}
	})
}

// Policies and looks are those of where people are at home: a classroom of a
// school has none.
func TestContractClassroomsOfASchoolHaveNoPolicies(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote := w.in(t, w.biology)
		_, err := remote.LoginPolicy(t.Context())
		wantKind(t, err, identity.KindNotFound, "organization.not-found")
		wantKind(t, remote.SetLoginPolicy(t.Context(), identity.LoginPolicy{}), identity.KindNotFound, "organization.not-found")
		wantKind(t, remote.SetBranding(t.Context(), identity.Branding{}), identity.KindNotFound, "organization.not-found")
		if _, err := w.in(t, w.club).LoginPolicy(t.Context()); err != nil {
			t.Errorf("a classroom that stands alone: %v", err)
		}
	})
}

// A school's look is the whole of it at once, with a logo anybody can load, and
// goes back to the instance's.
func TestContractBrandingIsShownAndTakenBack(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school, here := w.ownSchool(t)
		remote := w.in(t, school)
		if err := remote.SetBranding(t.Context(), identity.Branding{}); err != nil {
			t.Errorf("taken back before it was given: %v", err)
		}
		instance := w.labels(t, here)
		if !instance.GetIsDefault() {
			t.Fatal("a new school has labels of its own")
		}
		logo := picture(t)
		green := identity.Branding{Colour: "#2f7d31", OnLight: "#2f7d31", OnDark: "#7fd182", Logo: logo}
		for _, step := range []struct {
			name        string
			set         identity.Branding
			light, dark string
			logo        bool
		}{
			{"colours and logo", green, "#2f7d31", "#7fd182", true},
			{"the same again", green, "#2f7d31", "#7fd182", true},
			{"another colour, no logo", identity.Branding{Colour: "#123456", OnLight: "#123456", OnDark: "#89abcd"}, "#123456", "#89abcd", false},
			{"a logo alone", identity.Branding{Logo: logo}, instance.GetPrimaryColor(), instance.GetPrimaryColorDark(), true},
		} {
			if err := remote.SetBranding(t.Context(), step.set); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			eventually(t, step.name, func() bool {
				is := w.labels(t, here)
				return !is.GetIsDefault() && strings.EqualFold(is.GetPrimaryColor(), step.light) && strings.EqualFold(is.GetPrimaryColorDark(), step.dark) &&
					(is.GetLogoUrl() != "") == step.logo && (is.GetLogoUrlDark() != "") == step.logo
			})
			is := w.labels(t, here)
			if is.GetFontColor() != instance.GetFontColor() || is.GetBackgroundColorDark() != instance.GetBackgroundColorDark() || is.GetThemeMode() != instance.GetThemeMode() {
				t.Errorf("%s: labels = %v, want the instance's but for the colours", step.name, is)
			}
			for _, link := range []string{is.GetLogoUrl(), is.GetLogoUrlDark()} {
				if step.logo && !bytes.Equal(load(t, link), logo) {
					t.Errorf("%s: at %s is another file", step.name, link)
				}
			}
		}
		if err := remote.SetBranding(t.Context(), identity.Branding{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the instance's look", func() bool { return w.labels(t, here).GetIsDefault() })
		wantKind(t, remote.SetBranding(t.Context(), identity.Branding{Logo: []byte("<script>")}), identity.KindInvalid, "remote.refused")
	})
}

func (w *world) labels(t *testing.T, here context.Context) *policypb.LabelPolicy {
	t.Helper()
	answer, err := w.owner.ManagementService().GetLabelPolicy(here, &managementpb.GetLabelPolicyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	labels := answer.GetPolicy()
	labels.IsDefault = answer.GetPolicy().GetIsDefault() || answer.GetIsDefault()
	return labels
}

func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	img.Set(7, 7, color.RGBA{R: 47, G: 125, B: 49, A: 255})
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func load(t *testing.T, link string) []byte {
	t.Helper()
	answer, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	file, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", link, answer.Status, err)
	}
	return file
}

// An organization is deactivated and back, and for good deleted, with its users;
// each may be done twice.
func TestContractOrganizationsAreClosedAndDeleted(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school, _ := w.ownSchool(t)
		remote := w.in(t, school)
		pupil := w.student(t, school)
		for _, step := range []struct {
			state   identity.OrganizationState
			nothing bool
		}{
			{identity.OrganizationActive, true},
			{identity.OrganizationInactive, false},
			{identity.OrganizationInactive, true},
			{identity.OrganizationActive, false},
		} {
			fact, err := remote.SetState(t.Context(), step.state)
			if err != nil {
				t.Fatalf("%s: %v", step.state, err)
			}
			if changed, ok := fact.(identity.OrganizationStateChanged); ok == step.nothing ||
				ok && (changed.Organization != school.ID || changed.State != step.state || changed.At.IsZero()) {
				t.Errorf("%s: %+v", step.state, fact)
			}
			if events := w.history(t, string(school.ID)); !step.nothing && events[len(events)-1].Fact != fact {
				t.Errorf("%s: the log ends in %+v, want %+v", step.state, events[len(events)-1], fact)
			}
			eventually(t, string(step.state), func() bool {
				o, err := w.events.Organization(t.Context(), school.ID)
				return err == nil && o.State == step.state
			})
			if _, err := remote.User(t.Context(), pupil.ID); err != nil {
				t.Errorf("%s: the people are not there: %v", step.state, err)
			}
		}
		_, err := remote.SetState(t.Context(), "gone")
		wantKind(t, err, identity.KindInvalid, "remote.refused")

		open := func(o identity.Organization) identity.Opened {
			opened, err := identity.Open(o, identity.Actor{User: "suite"}, identity.Held{Platform: []identity.Role{identity.RoleOperator}})
			if err != nil {
				t.Fatal(err)
			}
			return opened
		}
		asClassroom := school
		asClassroom.Kind = identity.KindClassroom
		for name, opened := range map[string]identity.Opened{
			"nothing":            {},
			"operators":          open(identity.Organization{ID: w.installation.Operators, Kind: identity.KindSchool}),
			"individuals":        open(identity.Organization{ID: w.installation.Individuals, Kind: identity.KindSchool}),
			"of another kind":    open(asClassroom),
			"somebody's own one": open(identity.Organization{ID: w.strange(t), Kind: identity.KindSchool}),
		} {
			_, err := w.provisioner.Delete(t.Context(), opened)
			if !identity.IsKind(err, identity.KindNotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		fact, err := w.provisioner.Delete(t.Context(), open(school))
		if removed, ok := fact.(identity.OrganizationRemoved); err != nil || !ok || removed.Organization != school.ID || removed.At.IsZero() {
			t.Fatalf("fact = %+v, %v, want the school removed", fact, err)
		}
		if events := w.history(t, string(school.ID)); events[len(events)-1].Fact != fact {
			t.Errorf("the log ends in %+v, want %+v", events[len(events)-1], fact)
		}
		eventually(t, "the people are gone", func() bool {
			_, err := w.events.User(t.Context(), pupil.ID)
			return identity.IsKind(err, identity.KindNotFound)
		})
		eventually(t, "once more", func() bool {
			fact, err := w.provisioner.Delete(t.Context(), open(school))
			return err == nil && fact == identity.Fact(identity.Unknown{})
		})
	})
}
