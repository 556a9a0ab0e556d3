package zitadel_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"homeroom.dev/homeroom/identity"
)

// IT copies URLs from here before there is anything to say about the identity
// provider.
func TestContractAProviderHasURLsBeforeItIsKnown(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.provider(t, w.linden)
		urls := identity.ServiceProviderAt(w.issuer, id)
		answer, err := http.Get(urls.EntityID)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range []string{urls.EntityID, urls.ACS, urls.ACSV1, urls.SLO} {
			if !strings.Contains(string(body), `"`+said+`"`) {
				t.Errorf("the metadata of the service provider does not name %s:\n%.3000s", said, body)
			}
		}
		made := w.atZitadel(t, w.linden, id)
		if made.GetName() != "Linden staff" || made.GetType() != idppb.ProviderType_PROVIDER_TYPE_SAML {
			t.Errorf("made %s, %s", made.GetName(), made.GetType())
		}
		start, err := w.in(t, w.linden).StartIntent(t.Context(), id, arrived, refused)
		if err != nil || !strings.Contains(start, ".invalid/") {
			t.Errorf("a sign-in leads to %s, %v, want nowhere", start, err)
		}
		if is := w.policy(t, w.linden).GetIdps(); len(is) != 0 {
			t.Errorf("the login page offers %v before anybody attached it", is)
		}
	})
}

// At Zitadel nothing about a sign-in happens by itself, before and after every
// change: the rules are the portal's.
func TestContractProvidersAreReplaced(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote := w.in(t, w.linden)
		for _, test := range []struct {
			name   string
			vendor identity.Vendor
			format idppb.SAMLNameIDFormat
		}{
			{"Entra", identity.VendorEntra, idppb.SAMLNameIDFormat_SAML_NAME_ID_FORMAT_UNSPECIFIED},
			{"Shibboleth", identity.VendorShibboleth, idppb.SAMLNameIDFormat_SAML_NAME_ID_FORMAT_PERSISTENT},
		} {
			app, id := w.connect(t, w.linden, test.vendor, identity.ProtocolSAML)
			metadata, err := app.Metadata()
			if err != nil {
				t.Fatal(err)
			}
			p := identity.Provider{Vendor: test.vendor, Protocol: identity.ProtocolSAML, Name: test.name, TransientID: "uid"}
			wantSAML := func(transient string, format idppb.SAMLNameIDFormat) {
				t.Helper()
				is := w.atZitadel(t, w.linden, id)
				saml := is.GetConfig().GetSaml()
				if diff := cmp.Diff(&idppb.Options{}, is.GetConfig().GetOptions(), protocmp.Transform()); diff != "" {
					t.Errorf("%s: options differ (-want +got):\n%s", test.name, diff)
				}
				if string(saml.GetMetadataXml()) != string(metadata) {
					t.Errorf("%s: metadata = %s", test.name, saml.GetMetadataXml())
				}
				if saml.GetTransientMappingAttributeName() != transient || saml.GetNameIdFormat() != format || saml.GetBinding() != idppb.SAMLBinding_SAML_BINDING_REDIRECT || saml.GetWithSignedRequest() {
					t.Errorf("%s: %v, want %q, %s, redirect and unsigned", test.name, saml, transient, format)
				}
			}
			wantSAML("", test.format)
			for range 2 { // the second change is none
				if err := remote.UpdateProvider(t.Context(), id, p); err != nil {
					t.Fatal(err)
				}
			}
			wantSAML("uid", idppb.SAMLNameIDFormat_SAML_NAME_ID_FORMAT_UNSPECIFIED)
			if is := w.atZitadel(t, w.linden, id); is.GetName() != test.name {
				t.Errorf("name = %s, want %s", is.GetName(), test.name)
			}
			p.TransientID = ""
			if err := remote.UpdateProvider(t.Context(), id, p); err != nil {
				t.Fatal(err)
			}
			wantSAML("", test.format)
			signed := p
			signed.Metadata = strings.Replace(string(metadata), `WantAuthnRequestsSigned="false"`, `WantAuthnRequestsSigned="true"`, 1)
			if err := remote.UpdateProvider(t.Context(), id, signed); err != nil {
				t.Fatal(err)
			}
			if !w.atZitadel(t, w.linden, id).GetConfig().GetSaml().GetWithSignedRequest() {
				t.Errorf("%s: requests are not signed although the metadata asks for it", test.name)
			}
		}

		_, id := w.connect(t, w.linden, identity.VendorOkta, identity.ProtocolOIDC)
		before := w.atZitadel(t, w.linden, id)
		p := identity.Provider{Vendor: identity.VendorOkta, Protocol: identity.ProtocolOIDC, Name: "Okta", Scopes: []string{"openid", "email"}}
		for range 2 {
			if err := remote.UpdateProvider(t.Context(), id, p); err != nil {
				t.Fatal(err)
			}
		}
		want := proto.CloneOf(before.GetConfig())
		want.GetOidc().Scopes = []string{"openid", "email"}
		if diff := cmp.Diff(want, w.atZitadel(t, w.linden, id).GetConfig(), protocmp.Transform()); diff != "" {
			t.Errorf("what was left out changed (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(&idppb.Options{}, before.GetConfig().GetOptions(), protocmp.Transform()); diff != "" {
			t.Errorf("options differ (-want +got):\n%s", diff)
		}
		p.Scopes = nil
		if err := remote.UpdateProvider(t.Context(), id, p); err != nil {
			t.Fatal(err)
		}
		if back := w.through(t, w.linden, id, "maria.lee@linden.example"); !cameBack(back, arrived) {
			t.Errorf("came back to %s: the client secret was lost", back)
		}
	})
}

func TestContractProvidersThatCannotBeAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote := w.in(t, w.linden)
		id := w.provider(t, w.linden)
		for _, test := range []struct {
			name    string
			p       identity.Provider
			message string
		}{
			{"a page", identity.Provider{Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Metadata: "<html><body></body></html>"}, "connection.metadata-refused"},
			{"no XML", identity.Provider{Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Metadata: "metadata"}, "connection.metadata-refused"},
			{"too long", identity.Provider{Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Metadata: strings.Repeat("<", 500_001)}, "connection.metadata-refused"},
			{"another protocol", identity.Provider{Vendor: identity.VendorADFS, Protocol: identity.ProtocolOIDC}, "remote.refused"},
			{"an unknown vendor", identity.Provider{Vendor: "acme", Protocol: identity.ProtocolSAML}, "remote.refused"},
		} {
			if _, err := remote.CreateProvider(t.Context(), test.p); test.name != "" {
				wantKind(t, err, identity.KindInvalid, test.message)
			}
			if test.p.Vendor == identity.VendorEntra || test.p.Protocol == identity.ProtocolOIDC {
				wantKind(t, remote.UpdateProvider(t.Context(), id, test.p), identity.KindInvalid, test.message)
			}
		}
		_, err := w.in(t, w.biology).CreateProvider(t.Context(), identity.Provider{Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML})
		wantKind(t, err, identity.KindNotFound, "organization.not-found") // a classroom
		_, err = remote.CreateProvider(t.Context(), identity.Provider{Vendor: identity.VendorClassLink, Protocol: identity.ProtocolOIDC})
		wantKind(t, err, identity.KindUnavailable, "connection.not-offered")
		// An issuer where nothing answers is told when somebody tries.
		id, err = remote.CreateProvider(t.Context(), identity.Provider{
			Vendor: identity.VendorOIDC, Protocol: identity.ProtocolOIDC, Issuer: "http://localhost:1", ClientID: "client", ClientSecret: "secret",
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = remote.StartIntent(t.Context(), id, arrived, refused)
		wantKind(t, err, identity.KindUnavailable, "connection.unreachable")
	})
}

// The login policy of a school that attaches an identity provider is the
// instance's in everything else.
func TestContractAttachingMakesACopyOfTheLoginPolicy(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school := w.newSchool(t)
		remote, instance := w.in(t, school), w.policy(t, school)
		if !instance.GetIsDefault() {
			t.Fatal("a new school has a login policy of its own")
		}
		first, second := w.provider(t, school), w.provider(t, school)
		for _, id := range []identity.ProviderID{first, first, second} {
			if err := remote.AttachProvider(t.Context(), id); err != nil {
				t.Fatalf("attach %s: %v", id, err)
			}
		}
		own := w.policy(t, school)
		want := proto.CloneOf(instance)
		want.AllowExternalIdp, want.IsDefault = true, false
		want.MfaInitSkipLifetime = durationpb.New(0) // nobody is offered a second factor
		if diff := cmp.Diff(want, own, protocmp.Transform(), protocmp.IgnoreFields(&policypb.LoginPolicy{}, "details", "idps", "is_default")); diff != "" {
			t.Errorf("policy differs (-want +got):\n%s", diff)
		}
		if own.GetExternalLoginCheckLifetime().AsDuration() <= 0 || len(own.GetSecondFactors()) == 0 {
			t.Errorf("policy without lifetimes or factors: %v", own)
		}
		w.wantAttached(t, school, first, second)
		for range 2 {
			if err := remote.DetachProvider(t.Context(), first); err != nil {
				t.Fatalf("detach: %v", err)
			}
		}
		w.wantAttached(t, school, second)
		for range 2 { // attached, and gone
			if err := remote.DeleteProvider(t.Context(), second); err != nil {
				t.Fatalf("delete: %v", err)
			}
		}
		w.wantAttached(t, school)
		wantKind(t, remote.AttachProvider(t.Context(), second), identity.KindNotFound, "connection.not-found")
		if err := w.in(t, w.newSchool(t)).DeleteProvider(t.Context(), first); err != nil {
			t.Errorf("delete another school's: %v, want nothing to happen", err)
		}
		if err := remote.AttachProvider(t.Context(), first); err != nil {
			t.Errorf("attach again: %v", err)
		}
		w.wantAttached(t, school, first)
	})
}

// wantAttached waits until a school's login page offers exactly want.
func (w *world) wantAttached(t *testing.T, o identity.Organization, want ...identity.ProviderID) {
	t.Helper()
	slices.Sort(want)
	eventually(t, fmt.Sprintf("the login page offers %v", want), func() bool {
		var is []identity.ProviderID
		for _, link := range w.policy(t, o).GetIdps() {
			is = append(is, identity.ProviderID(link.GetIdpId()))
		}
		slices.Sort(is)
		return slices.Equal(is, want)
	})
}

// A policy without a lifetime sends browsers to and fro for ever, and one that
// allows no identity providers lets nobody in. Zitadel replaces it whole: the
// rest of it, and what is attached already, is kept.
func TestContractAttachingMendsTheLoginPolicy(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school := w.newSchool(t)
		remote, in := w.in(t, school), middleware.SetOrgID(t.Context(), string(school.ID))
		if _, err := w.owner.ManagementService().AddCustomLoginPolicy(in, &managementpb.AddCustomLoginPolicyRequest{
			HidePasswordReset: true, IgnoreUnknownUsernames: true, DisableLoginWithPhone: true,
			DefaultRedirectUri: "https://linden.example", PasswordlessType: policypb.PasswordlessType_PASSWORDLESS_TYPE_ALLOWED,
			PasswordCheckLifetime: durationpb.New(time.Hour), MfaInitSkipLifetime: durationpb.New(2 * time.Hour),
			SecondFactorCheckLifetime: durationpb.New(3 * time.Hour), MultiFactorCheckLifetime: durationpb.New(4 * time.Hour),
			SecondFactors: []policypb.SecondFactorType{policypb.SecondFactorType_SECOND_FACTOR_TYPE_OTP},
		}); err != nil {
			t.Fatal(err)
		}
		first, second := w.provider(t, school), w.provider(t, school)
		mends := func(what string, id identity.ProviderID, changed func(*policypb.LoginPolicy) bool) {
			t.Helper()
			eventually(t, what, func() bool { return changed(w.policy(t, school)) })
			want := proto.CloneOf(w.policy(t, school))
			want.AllowExternalIdp, want.MfaInitSkipLifetime = true, durationpb.New(0)
			want.ExternalLoginCheckLifetime = durationpb.New(10 * 24 * time.Hour) // as Zitadel is shipped
			if err := remote.AttachProvider(t.Context(), id); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if diff := cmp.Diff(want, w.policy(t, school), protocmp.Transform(), protocmp.IgnoreFields(&policypb.LoginPolicy{}, "details", "idps")); diff != "" {
				t.Errorf("%s: policy differs (-want +got):\n%s", what, diff)
			}
		}
		mends("a policy made by hand", first, func(p *policypb.LoginPolicy) bool { return !p.GetIsDefault() })
		if _, err := w.owner.ManagementService().UpdateCustomLoginPolicy(in, &managementpb.UpdateCustomLoginPolicyRequest{
			AllowUsernamePassword: true, ForceMfaLocalOnly: true,
		}); err != nil {
			t.Fatal(err)
		}
		mends("a policy changed by hand", second, func(p *policypb.LoginPolicy) bool { return !p.GetAllowExternalIdp() })
		w.wantAttached(t, school, first, second)
	})
}
