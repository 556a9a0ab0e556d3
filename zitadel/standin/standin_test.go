package standin_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/zitadel"

	"homeroom.dev/homeroom/zitadel/standin"
)

// start runs a stand-in for the length of the test.
func start(t *testing.T, o standin.Options) *standin.Server {
	t.Helper()
	s, err := standin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// dial connects with a service account's key, as the gateway does.
func dial(t *testing.T, s *standin.Server, key []byte) *client.Client {
	t.Helper()
	u, err := url.Parse(s.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	file, err := client.ConfigFromKeyFileData(key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(t.Context(), zitadel.New(u.Hostname(), zitadel.WithInsecure(u.Port())),
		client.WithAuth(client.AuthenticationJWTProfile(file, oidc.ScopeOpenID, client.ScopeZitadelAPI())))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOwnerSignsInWithItsKey(t *testing.T) {
	s := start(t, standin.Options{})
	c := dial(t, s, s.OwnerKey())
	ctx := context.Background()
	added, err := c.OrganizationServiceV2().AddOrganization(ctx, &orgv2.AddOrganizationRequest{Name: "  Schüle-Gymnasium 5b (Köln)  "})
	if err != nil {
		t.Fatal(err)
	}
	listed, err := c.OrganizationServiceV2().ListOrganizations(ctx, &orgv2.ListOrganizationsRequest{
		Queries: []*orgv2.SearchQuery{{Query: &orgv2.SearchQuery_IdQuery{IdQuery: &orgv2.OrganizationIDQuery{Id: added.GetOrganizationId()}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(listed.GetResult()) != 1 || listed.GetResult()[0].GetPrimaryDomain() != "schüle-gymnasium-5b-köln.localhost" {
		t.Errorf("listed = %v", listed.GetResult())
	}
	events, err := c.AdminService().ListEvents(ctx, &admin.ListEventsRequest{Asc: true, AggregateId: added.GetOrganizationId()})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events.GetEvents() {
		kinds = append(kinds, e.GetType().GetType())
	}
	if got := strings.Join(kinds, " "); got != "org.added org.domain.added org.domain.verified org.domain.primary.set" {
		t.Errorf("events = %s", got)
	}
}
