package zitadel_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
)

// Where sign-ins through an identity provider come back to. Nothing listens
// there: the browser of the suite stops in front of it.
const (
	arrived = "http://localhost:18080/arrive/here?next=%2Froster"
	refused = "http://localhost:18080/arrive/there"
)

// idp is the identity provider of the suite.
var idp = sync.OnceValues(func() (*testidp.Server, error) {
	server, err := testidp.New(testidp.Options{})
	if err != nil {
		return nil, err
	}
	return server, server.Listen(context.Background(), "127.0.0.1:0")
})

func newApp(options testidp.AppOptions) (*testidp.App, error) {
	server, err := idp()
	if err != nil {
		return nil, err
	}
	return server.CreateApp(options)
}

// newSchool opens a school of its own for tests that change its login policy.
func (w *world) newSchool(t *testing.T) identity.Organization {
	t.Helper()
	n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: identity.KindSchool, Name: "Maple School"}
	if _, err := w.provisioner.Open(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return identity.Organization{ID: n.ID, Kind: n.Kind, Name: n.Name, State: identity.OrganizationActive}
}

// provider is a new identity provider of a school, of which nothing is known.
func (w *world) provider(t *testing.T, o identity.Organization) identity.ProviderID {
	t.Helper()
	id, err := w.in(t, o).CreateProvider(t.Context(), identity.Provider{
		Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Name: "Linden staff",
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// connect makes an app of the suite's identity provider an identity provider of
// the school, in the order of the wizard.
func (w *world) connect(t *testing.T, o identity.Organization, vendor identity.Vendor, protocol identity.Protocol) (*testidp.App, identity.ProviderID) {
	t.Helper()
	app, err := newApp(testidp.AppOptions{Name: o.Name, Vendor: vendor, Protocol: protocol})
	if err != nil {
		t.Fatal(err)
	}
	p := identity.Provider{Vendor: vendor, Protocol: protocol, Name: o.Name}
	id, err := w.in(t, o).CreateProvider(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Connect(identity.ServiceProviderAt(w.issuer, id)); err != nil {
		t.Fatal(err)
	}
	if protocol == identity.ProtocolSAML {
		metadata, err := app.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		p.Metadata = string(metadata)
	} else {
		p.Issuer, p.ClientID, p.ClientSecret = app.Issuer(), app.Options().ClientID, app.Options().ClientSecret
	}
	if err := w.in(t, o).UpdateProvider(t.Context(), id, p); err != nil {
		t.Fatal(err)
	}
	return app, id
}

// through signs in as person through the provider with an intent, and returns
// where the browser came back to.
func (w *world) through(t *testing.T, o identity.Organization, id identity.ProviderID, person string) *url.URL {
	t.Helper()
	start, err := w.in(t, o).StartIntent(t.Context(), id, arrived, refused)
	if err != nil {
		t.Fatal(err)
	}
	return visit(t, newBrowser(t), start, person)
}

// visit opens address, signs in at the identity provider and returns where the
// browser was sent that is the portal's.
func visit(t *testing.T, browser *http.Client, address, person string) *url.URL {
	t.Helper()
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), "http://localhost:18080/") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	answer, err := testidp.Visit(t.Context(), browser, address, person)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	location, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %s, and no way back", answer.Request.URL, answer.Status)
	}
	return location
}

// policy is a school's login policy as it is in force.
func (w *world) policy(t *testing.T, o identity.Organization) *policypb.LoginPolicy {
	t.Helper()
	answer, err := w.owner.ManagementService().GetLoginPolicy(middleware.SetOrgID(t.Context(), string(o.ID)), &managementpb.GetLoginPolicyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetPolicy()
}

// atZitadel is an identity provider as Zitadel has it.
func (w *world) atZitadel(t *testing.T, o identity.Organization, id identity.ProviderID) *idppb.Provider {
	t.Helper()
	answer, err := w.owner.ManagementService().GetProviderByID(middleware.SetOrgID(t.Context(), string(o.ID)), &managementpb.GetProviderByIDRequest{Id: string(id)})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetIdp()
}
