package standin_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"homeroom.dev/homeroom/sso/testdns"
	"homeroom.dev/homeroom/zitadel/standin"
)

// domains is a world in which domains are proven: Linden and Birch, a name
// server, and a web server that every host leads to.
type domains struct {
	*school
	names *testdns.Server
	files map[string]string // by host and path
	org   orgv2.OrganizationServiceClient
	v1    management.ManagementServiceClient
	admin admin.AdminServiceClient
	users userv2.UserServiceClient
}

func newDomains(t *testing.T, validate bool) *domains {
	t.Helper()
	d := &domains{files: map[string]string{}}
	var err error
	if d.names, err = testdns.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.names.Close() })
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := d.files[r.Host+r.URL.Path]; ok {
			_, _ = w.Write([]byte(text))
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(web.Close)
	client := web.Client()
	transport := client.Transport.(*http.Transport)
	transport.TLSClientConfig.ServerName = "example.com"
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "away.") {
			return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
		}
		return new(net.Dialer).DialContext(ctx, network, web.Listener.Addr().String())
	}
	d.school = newSchoolAt(t, standin.Options{LoginVersion: 1, Resolver: d.names.Resolver(), HTTPClient: client})
	c := dial(t, d.Server, d.OwnerKey())
	d.org, d.v1, d.admin, d.users = c.OrganizationServiceV2(), c.ManagementService(), c.AdminService(), c.UserServiceV2()
	if validate {
		if _, err := d.admin.UpdateDomainPolicy(t.Context(), &admin.UpdateDomainPolicyRequest{ValidateOrgDomains: true}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *domains) add(org, name string) error {
	_, err := d.org.AddOrganizationDomain(d.t.Context(), &orgv2.AddOrganizationDomainRequest{OrganizationId: org, Domain: name})
	return err
}

func (d *domains) challenge(org, name string, kind orgv2.DomainValidationType) (token, place string, err error) {
	r, err := d.org.GenerateOrganizationDomainValidation(d.t.Context(), &orgv2.GenerateOrganizationDomainValidationRequest{OrganizationId: org, Domain: name, Type: kind})
	return r.GetToken(), r.GetUrl(), err
}

func (d *domains) verify(org, name string) error {
	_, err := d.org.VerifyOrganizationDomain(d.t.Context(), &orgv2.VerifyOrganizationDomainRequest{OrganizationId: org, Domain: name})
	return err
}

func (d *domains) remove(org, name string) error {
	_, err := d.org.DeleteOrganizationDomain(d.t.Context(), &orgv2.DeleteOrganizationDomainRequest{OrganizationId: org, Domain: name})
	return err
}

func (d *domains) want(what string, err error, code codes.Code, id string) {
	d.t.Helper()
	if st := status.Convert(err); st.Code() != code || detailOf(st) != id {
		d.t.Errorf("%s: %s %q %v, want %s %q", what, st.Code(), detailOf(st), err, code, id)
	}
}

const (
	byHTTP = orgv2.DomainValidationType_DOMAIN_VALIDATION_TYPE_HTTP
	byDNS  = orgv2.DomainValidationType_DOMAIN_VALIDATION_TYPE_DNS
)

func TestDomainsAreProven(t *testing.T) {
	d := newDomains(t, true)
	const name = "linden.example"
	d.want("challenge before adding", second(d.challenge(d.linden, name, byDNS)), codes.NotFound, "ORG-AGD31")
	d.want("verify before adding", d.verify(d.linden, name), codes.NotFound, "ORG-Sjdi3")
	d.want("add", d.add(d.linden, name), codes.OK, "")
	d.want("add again", d.add(d.linden, name), codes.AlreadyExists, "V2-e1wse")
	d.want("another's too", d.add(d.birch, name), codes.OK, "")
	d.want("verify before the challenge", d.verify(d.linden, name), codes.FailedPrecondition, "ORG-SFBB3")
	d.want("no kind of challenge", second(d.challenge(d.linden, name, 0)), codes.InvalidArgument, "")

	older, _, err := d.challenge(d.linden, name, byDNS)
	d.want("challenge", err, codes.OK, "")
	token, place, err := d.challenge(d.linden, name, byDNS)
	if err != nil || token == older || place != "_zitadel-challenge.linden.example" {
		t.Errorf("challenge: %q %q %v", token, place, err)
	}
	d.want("nothing published", d.verify(d.linden, name), codes.NotFound, "ORG-G241f")
	d.names.SetTXT(place, "v=spf1 -all", older)
	d.want("an older token", d.verify(d.linden, name), codes.NotFound, "ORG-G28if")
	d.names.SetTXT(place, token, older)
	d.want("verify", d.verify(d.linden, name), codes.OK, "")
	d.want("verify again", d.verify(d.linden, name), codes.FailedPrecondition, "ORG-HGw21")
	d.want("challenge again", second(d.challenge(d.linden, name, byDNS)), codes.FailedPrecondition, "ORG-HGw21")

	// The other organization can prove it as well, and is too late.
	theirs, _, err := d.challenge(d.birch, name, byHTTP)
	d.want("their challenge", err, codes.OK, "")
	d.files[name+"/.well-known/zitadel-challenge/"+theirs+".txt"] = theirs
	d.want("their proof", d.verify(d.birch, name), codes.AlreadyExists, "V3-DKcYh")

	listed, err := d.org.ListOrganizationDomains(t.Context(), &orgv2.ListOrganizationDomainsRequest{OrganizationId: d.linden})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*orgv2.Domain{
		{OrganizationId: d.linden, Domain: "linden-school.localhost", IsVerified: true, IsPrimary: true},
		{OrganizationId: d.linden, Domain: name, IsVerified: true, ValidationType: byDNS},
	}, listed.GetDomains(), protocmp.Transform()); diff != "" || listed.GetPagination().GetTotalResult() != 2 {
		t.Error(diff, listed.GetPagination())
	}
	d.want("delete the primary one", d.remove(d.linden, "linden-school.localhost"), codes.FailedPrecondition, "ORG-Sjdi3")
	d.want("delete", d.remove(d.linden, name), codes.OK, "")
	d.want("delete again", d.remove(d.linden, name), codes.NotFound, "ORG-GDfA3")
	d.want("theirs now", d.verify(d.birch, name), codes.OK, "")
}

func second(_, _ string, err error) error { return err }

func TestDomainsAreProvenByFiles(t *testing.T) {
	d := newDomains(t, true)
	for _, name := range []string{"linden.example", "away.example"} {
		if err := d.add(d.linden, name); err != nil {
			t.Fatal(err)
		}
	}
	token, place, err := d.challenge(d.linden, "linden.example", byHTTP)
	if err != nil || place != "https://linden.example/.well-known/zitadel-challenge/"+token+".txt" {
		t.Errorf("place = %q %v", place, err)
	}
	d.want("no file", d.verify(d.linden, "linden.example"), codes.NotFound, "ORG-F4zhw")
	d.files[strings.TrimPrefix(place, "https://")] = token + "\n"
	d.want("another file", d.verify(d.linden, "linden.example"), codes.NotFound, "ORG-GH422")
	d.files[strings.TrimPrefix(place, "https://")] = token
	d.want("file", d.verify(d.linden, "linden.example"), codes.OK, "")
	if _, _, err := d.challenge(d.linden, "away.example", byHTTP); err != nil {
		t.Fatal(err)
	}
	d.want("no host", d.verify(d.linden, "away.example"), codes.Internal, "HTTP-BH42h")
}

// A domain that becomes somebody's own takes it out of the user names of all
// others.
func TestDomainsAreClaimed(t *testing.T) {
	d := newDomains(t, false)
	user := func(org, name string) string {
		id, err := d.Seed().User(standin.SeedUser{Organization: org, UserName: name, GivenName: "A", FamilyName: "B", Address: name, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	own, theirs, alike := user(d.linden, "own@linden.example"), user(d.birch, "Theirs@Linden.example"), user(d.birch, "x@not-linden.example")
	d.want("not a domain", d.add(d.linden, "not a domain"), codes.OK, "")
	d.want("add", d.add(d.linden, "linden.example"), codes.OK, "")
	d.want("taken", d.add(d.birch, "linden.example"), codes.AlreadyExists, "V3-DKcYh")
	for id, want := range map[string]string{own: "own@linden.example", alike: "x@not-linden.example"} {
		got, err := d.users.GetUserByID(t.Context(), &userv2.GetUserByIDRequest{UserId: id})
		if err != nil || got.GetUser().GetUsername() != want {
			t.Errorf("%s is called %s %v", want, got.GetUser().GetUsername(), err)
		}
	}
	got, err := d.users.GetUserByID(t.Context(), &userv2.GetUserByIDRequest{UserId: theirs})
	if err != nil {
		t.Fatal(err)
	}
	u := got.GetUser()
	if !strings.HasSuffix(u.GetUsername(), "@temporary.localhost") || !slices.Equal(u.GetLoginNames(), []string{u.GetUsername()}) || u.GetHuman().GetEmail().GetEmail() != "Theirs@Linden.example" {
		t.Errorf("theirs = %v", u)
	}
	events, err := d.admin.ListEvents(t.Context(), &admin.ListEventsRequest{AggregateId: theirs, EventTypes: []string{"user.domain.claimed"}})
	if err != nil || len(events.GetEvents()) != 1 || events.GetEvents()[0].GetPayload().AsMap()["userName"] != u.GetUsername() {
		t.Errorf("events = %v %v", events, err)
	}
}

func TestPrimaryDomain(t *testing.T) {
	d := newDomains(t, true)
	d.want("add", d.add(d.linden, "linden.example"), codes.OK, "")
	primary := func(name string) error {
		_, err := d.v1.SetPrimaryOrgDomain(withOrg(t, d.linden), &management.SetPrimaryOrgDomainRequest{Domain: name})
		return err
	}
	d.want("unverified", primary("linden.example"), codes.FailedPrecondition, "ORG-Ggd32")
	d.want("none", primary("nope.example"), codes.NotFound, "ORG-GDfA3")
	token, place, err := d.challenge(d.linden, "linden.example", byDNS)
	if err != nil {
		t.Fatal(err)
	}
	d.names.SetTXT(place, token)
	d.want("verify", d.verify(d.linden, "linden.example"), codes.OK, "")
	d.want("primary", primary("linden.example"), codes.OK, "")
	// A new name takes the name's own domain with it, and leaves this one.
	if _, err := d.org.UpdateOrganization(t.Context(), &orgv2.UpdateOrganizationRequest{OrganizationId: d.linden, Name: "Linden High"}); err != nil {
		t.Fatal(err)
	}
	listed, err := d.org.ListOrganizationDomains(t.Context(), &orgv2.ListOrganizationDomainsRequest{OrganizationId: d.linden})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range listed.GetDomains() {
		name := x.GetDomain()
		if x.GetIsPrimary() {
			name += " primary"
		}
		got = append(got, name)
	}
	if !slices.Equal(got, []string{"linden-high.localhost", "linden.example primary"}) {
		t.Errorf("domains = %v", got)
	}
}
