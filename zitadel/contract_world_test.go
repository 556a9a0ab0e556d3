package zitadel_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	target "github.com/zitadel/zitadel-go/v3/pkg/zitadel"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testdns"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/zitadel"
)

// The contract suite: what the gateway promises, shown on the stand-in always,
// and on a real Zitadel when HOMEROOM_CONTRACT_ISSUER and HOMEROOM_CONTRACT_KEY
// (the path of an instance owner's key) name one. The real one is right by
// definition. It need not be fresh: every run makes organizations of its own.
// Where it asks a name server at HOMEROOM_CONTRACT_DNS (an address with port),
// the suite answers there, and domains are proven as well.

// world is a server prepared for Homeroom, with two schools, a classroom of the
// first and one that stands alone.
type world struct {
	issuer       string
	policyBefore *policypb.LoginPolicy
	installation zitadel.Installation
	options      zitadel.BootstrapOptions
	runtime      *zitadel.Runtime
	provisioner  *zitadel.Provisioner
	events       *zitadel.Events
	owner        *client.Client  // may do everything; for what the gateway cannot
	dns          *testdns.Server // what the server asks; nil if it asks the world

	linden, birch identity.Organization // schools
	biology       identity.Organization // a classroom of Linden
	club          identity.Organization // a classroom without a school
}

var realWorld = sync.OnceValues(func() (*world, error) {
	issuer, path := os.Getenv("HOMEROOM_CONTRACT_ISSUER"), os.Getenv("HOMEROOM_CONTRACT_KEY")
	if issuer == "" || path == "" {
		return nil, nil
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	w, err := newWorld(issuer, key)
	if address := os.Getenv("HOMEROOM_CONTRACT_DNS"); err == nil && address != "" {
		w.dns, err = testdns.Start(address)
	}
	return w, err
})

// everywhere runs test on each server there is.
func everywhere(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	for _, server := range []struct {
		name string
		make func() (*world, error)
	}{{"stand-in", standinWorld}, {"zitadel", realWorld}} {
		w, err := server.make()
		if err != nil {
			t.Fatalf("prepare %s: %v", server.name, err)
		}
		if w != nil {
			t.Run(server.name, func(t *testing.T) { test(t, w) })
		}
	}
}

// TestMain gives a real instance its own login policy back.
func TestMain(m *testing.M) {
	code := m.Run()
	if w, err := realWorld(); err == nil && w != nil {
		if err := w.restore(); err != nil {
			fmt.Fprintln(os.Stderr, "restore the login policy:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func newWorld(issuer string, ownerKey []byte) (*world, error) {
	ctx := context.Background()
	owner, err := dialAs(ctx, issuer, ownerKey)
	if err != nil {
		return nil, err
	}
	before, err := owner.AdminService().GetLoginPolicy(ctx, &adminpb.GetLoginPolicyRequest{})
	if err != nil {
		return nil, fmt.Errorf("read the login policy: %w", err)
	}
	w := &world{issuer: issuer, owner: owner, policyBefore: before.GetPolicy()}
	clever, err := newApp(testidp.AppOptions{Name: "Clever", Vendor: identity.VendorClever})
	if err != nil {
		return nil, err
	}
	if err := clever.Connect(identity.ServiceProviderAt(issuer, "")); err != nil {
		return nil, err
	}
	w.options = zitadel.BootstrapOptions{
		Issuer: issuer, OwnerKey: ownerKey, PortalURL: "http://localhost:18080", Name: "Contract suite",
		Clever: zitadel.Registration{Issuer: clever.Issuer(), ClientID: clever.Options().ClientID, ClientSecret: clever.Options().ClientSecret},
	}
	if w.installation, err = zitadel.Bootstrap(ctx, w.options, func(string, bool) {}); err != nil {
		return nil, err
	}
	if w.runtime, err = zitadel.NewRuntime(ctx, w.installation.RuntimeConfig()); err != nil {
		return nil, err
	}
	if w.provisioner, err = zitadel.NewProvisioner(ctx, w.installation.ProvisionerConfig()); err != nil {
		return nil, err
	}
	if w.events, err = zitadel.NewEvents(ctx, w.installation.EventsConfig()); err != nil {
		return nil, err
	}
	for _, o := range []struct {
		into   *identity.Organization
		kind   identity.Kind
		name   string
		school *identity.Organization
	}{
		{&w.linden, identity.KindSchool, "Linden School", nil},
		{&w.birch, identity.KindSchool, "Birch School", nil},
		{&w.biology, identity.KindClassroom, "Biology 7B", &w.linden},
		{&w.club, identity.KindClassroom, "Chess club", nil},
	} {
		n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: o.kind, Name: o.name}
		if o.school != nil {
			n.School = o.school.ID
		}
		if _, err := w.provisioner.Open(ctx, n); err != nil {
			return nil, fmt.Errorf("open %s: %w", o.name, err)
		}
		*o.into = identity.Organization{ID: n.ID, Kind: n.Kind, Name: n.Name, School: n.School, State: identity.OrganizationActive}
	}
	return w, nil
}

func (w *world) restore() error {
	p := w.policyBefore
	now, err := w.owner.AdminService().GetLoginPolicy(context.Background(), &adminpb.GetLoginPolicyRequest{})
	if err != nil {
		return err
	}
	if is := now.GetPolicy(); is.GetDefaultRedirectUri() == p.GetDefaultRedirectUri() && is.GetAllowRegister() == p.GetAllowRegister() {
		return nil // Zitadel refuses a change to the same
	}
	_, err = w.owner.AdminService().UpdateLoginPolicy(context.Background(), &adminpb.UpdateLoginPolicyRequest{
		AllowUsernamePassword: p.GetAllowUsernamePassword(), AllowRegister: p.GetAllowRegister(),
		AllowExternalIdp: p.GetAllowExternalIdp(), ForceMfa: p.GetForceMfa(), ForceMfaLocalOnly: p.GetForceMfaLocalOnly(),
		PasswordlessType: p.GetPasswordlessType(), HidePasswordReset: p.GetHidePasswordReset(),
		IgnoreUnknownUsernames: p.GetIgnoreUnknownUsernames(), DefaultRedirectUri: p.GetDefaultRedirectUri(),
		AllowDomainDiscovery: p.GetAllowDomainDiscovery(), DisableLoginWithEmail: p.GetDisableLoginWithEmail(),
		DisableLoginWithPhone: p.GetDisableLoginWithPhone(), PasswordCheckLifetime: p.GetPasswordCheckLifetime(),
		ExternalLoginCheckLifetime: p.GetExternalLoginCheckLifetime(), MfaInitSkipLifetime: p.GetMfaInitSkipLifetime(),
		SecondFactorCheckLifetime: p.GetSecondFactorCheckLifetime(), MultiFactorCheckLifetime: p.GetMultiFactorCheckLifetime(),
	})
	return err
}

// dialAs is zitadel-go's client with the key, past the gateway.
func dialAs(ctx context.Context, issuer string, key []byte) (*client.Client, error) {
	instance, err := instanceOf(issuer)
	if err != nil {
		return nil, err
	}
	file, err := client.ConfigFromKeyFileData(key)
	if err != nil {
		return nil, err
	}
	profile := client.AuthenticationJWTProfile(file, oidc.ScopeOpenID, client.ScopeZitadelAPI())
	return client.New(ctx, instance, client.WithAuth(func(ctx context.Context, issuer string) (oauth2.TokenSource, error) {
		source, err := profile(ctx, issuer)
		return oauth2.ReuseTokenSource(nil, source), err // or there is another token for each call
	}))
}

func instanceOf(issuer string) (*target.Zitadel, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "https" {
		return target.New(u.Hostname()), nil
	}
	return target.New(u.Hostname(), target.WithInsecure(u.Port())), nil
}

// as is zitadel-go's client with a service account's key.
func (w *world) as(t *testing.T, account zitadel.ServiceAccount) *client.Client {
	t.Helper()
	c, err := dialAs(t.Context(), w.issuer, []byte(account.Key))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// unsigned is zitadel-go's client without any key.
func (w *world) unsigned(t *testing.T) *client.Client {
	t.Helper()
	instance, err := instanceOf(w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(t.Context(), instance)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// unique is an ID or name nobody had before.
func unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:12]) }

// in opens an organization for somebody who may do everything there.
func (w *world) in(t *testing.T, o identity.Organization) identity.Remote {
	t.Helper()
	return w.runtime.In(opened(t, o))
}

// opened is an organization that is opened for the suite.
func opened(t *testing.T, o identity.Organization) identity.Opened {
	t.Helper()
	opened, err := identity.Open(o, identity.Actor{User: "suite"}, identity.Held{Platform: []identity.Role{identity.RoleOperator}})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// someone is a new user without e-mail.
func someone() identity.NewUser {
	name := unique("sam")
	return identity.NewUser{
		ID: identity.UserID(unique("user")), UserName: name, GivenName: "Sam", FamilyName: "Lee", Secret: "Correct-horse-7",
	}
}

// student creates someone in the home of o.
func (w *world) student(t *testing.T, o identity.Organization) identity.User {
	t.Helper()
	fact, err := w.in(t, o).CreateUser(t.Context(), someone())
	if err != nil {
		t.Fatal(err)
	}
	return fact.(identity.UserCreated).User
}

// history lists what happened to one aggregate.
func (w *world) history(t *testing.T, aggregate string) []identity.Event {
	t.Helper()
	page, err := w.events.Events(t.Context(), identity.EventQuery{Aggregate: aggregate, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return page.Events
}

// wantKind checks the kind and the message of a failure.
func wantKind(t *testing.T, err error, kind identity.ErrorKind, message string) {
	t.Helper()
	var e *identity.Error
	if !asError(err, &e) || e.Kind != kind || e.Message.ID != message {
		t.Errorf("error = %v, want %s (%s)", err, kind, message)
	}
}

// eventually waits for what Zitadel shows a moment later.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not within ten seconds", what)
		}
	}
}

// dump is for a message that something must not contain.
func dump(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// freshEvents is a reader of events that has seen none yet.
func (w *world) freshEvents(t *testing.T) *zitadel.Events {
	t.Helper()
	events, err := zitadel.NewEvents(t.Context(), w.installation.EventsConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { events.Close() })
	return events
}

func idFilter(id string) *filterpb.IDFilter { return &filterpb.IDFilter{Id: id} }
