package zitadel_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	"google.golang.org/protobuf/testing/protocmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel"
)

// Every school may use what the installation is registered for, and none may
// change it.
func TestContractSchoolsUseTheInstallationsProvider(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school, other := w.newSchool(t), w.newSchool(t)
		remote := w.in(t, school)
		id, err := remote.CreateProvider(t.Context(), identity.Provider{Vendor: identity.VendorClever, Protocol: identity.ProtocolOIDC, Name: "Clever"})
		if err != nil || id != w.installation.Clever.Provider {
			t.Fatalf("provider = %s, %v, want the installation's", id, err)
		}
		if diff := cmp.Diff(map[identity.Vendor]identity.ProviderID{identity.VendorClever: id}, w.installation.Offered()); diff != "" {
			t.Errorf("offered differ (-want +got):\n%s", diff)
		}
		arrival := w.arrival(t, school, id, w.through(t, school, id, maria))
		if arrival.ExternalID == "" || len(arrival.Attributes["district"]) != 1 {
			t.Errorf("arrival = %s, want somebody of a district", dump(t, arrival))
		}
		for _, o := range []identity.Organization{school, other} {
			if err := w.in(t, o).AttachProvider(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			w.wantAttached(t, o, id)
		}
		before := w.offered(t, id)
		if err := remote.UpdateProvider(t.Context(), id, identity.Provider{
			Vendor: identity.VendorClever, Protocol: identity.ProtocolOIDC, Name: "Mine", Issuer: "https://evil.invalid", ClientID: "evil",
		}); err != nil {
			t.Errorf("update: %v, want nothing to happen", err)
		}
		if err := remote.DeleteProvider(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.wantAttached(t, school)
		w.wantAttached(t, other, id)
		if diff := cmp.Diff(before, w.offered(t, id), protocmp.Transform()); diff != "" {
			t.Errorf("the installation's provider changed (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(&idppb.Options{}, before.GetConfig().GetOptions(), protocmp.Transform()); diff != "" {
			t.Errorf("options differ (-want +got):\n%s", diff)
		}
	})
}

func (w *world) offered(t *testing.T, id identity.ProviderID) *idppb.Provider {
	t.Helper()
	answer, err := w.owner.AdminService().GetProviderByID(t.Context(), &adminpb.GetProviderByIDRequest{Id: string(id)})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetIdp()
}

func TestContractRegistrationsAreBroughtUpToDate(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		options := w.options
		options.Previous = w.installation
		t.Cleanup(func() {
			again := options
			again.Clever = w.options.Clever
			again.Previous.Clever.Mark = "" // brings the secret back
			if _, err := zitadel.Bootstrap(context.Background(), again, func(string, bool) {}); err != nil {
				t.Error(err)
			}
		})
		run := func(change func(*zitadel.BootstrapOptions)) (zitadel.Installation, string) {
			t.Helper()
			change(&options)
			changed := "not a step"
			made, err := zitadel.Bootstrap(t.Context(), options, func(step string, c bool) {
				if step == "sign-in with Clever" {
					changed = map[bool]string{true: "changed", false: "as it should be"}[c]
				}
				if step == "sign-in with ClassLink" {
					t.Error("ClassLink was reported without a registration")
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			return made, changed
		}
		for _, test := range []struct {
			name   string
			change func(*zitadel.BootstrapOptions)
			want   string
		}{
			{"the same", func(*zitadel.BootstrapOptions) {}, "as it should be"},
			{"without the secret", func(o *zitadel.BootstrapOptions) { o.Clever.ClientSecret = "" }, "as it should be"},
			{"left out", func(o *zitadel.BootstrapOptions) { o.Clever = zitadel.Registration{} }, "as it should be"},
			{"another client", func(o *zitadel.BootstrapOptions) {
				o.Clever = w.options.Clever
				o.Clever.ClientID = "another"
			}, "changed"},
			{"another secret", func(o *zitadel.BootstrapOptions) { o.Clever.ClientSecret = "another" }, "changed"},
			{"a lost file", func(o *zitadel.BootstrapOptions) { o.Previous.Clever = zitadel.Offer{} }, "changed"},
		} {
			made, changed := run(test.change)
			if made.Clever.Provider != w.installation.Clever.Provider || changed != test.want {
				t.Errorf("%s: %+v was %s, want the same provider %s", test.name, made.Clever, changed, test.want)
			}
			if test.name != "left out" && made.Clever.Mark == "" {
				t.Errorf("%s: no mark of the secret", test.name)
			}
			options.Previous = made
		}
		options.ClassLink = zitadel.Registration{ClientID: "client"}
		if _, err := zitadel.Bootstrap(t.Context(), options, func(string, bool) {}); err == nil || !strings.Contains(err.Error(), "secret") {
			t.Errorf("without a secret: %v, want to be told", err)
		}
		options.ClassLink = zitadel.Registration{}
	})
}
