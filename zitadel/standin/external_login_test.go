package standin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	sessionv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/status"
)

const (
	orgScope = "urn:zitadel:iam:org:id:"
	idpScope = "urn:zitadel:iam:org:idp:id:"
)

// Scopes for organization and provider lead a linked person through the
// provider and back, without a page of Zitadel's.
func TestScopesLeadStraightThroughTheProvider(t *testing.T) {
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprint("login ", version), func(t *testing.T) {
			f := newFederation(t, version)
			f.attach(nil, f.idp)
			f.link(f.lee, f.idp, "Maya-1")
			before := time.Now().Truncate(time.Second)
			a, v := f.attempt([]string{orgScope + f.linden, idpScope + f.idp}), f.visitor()
			tokens := f.exchange(a, v.walk(a.url))
			id := claims(t, tokens.IDToken)
			sid, _ := id["sid"].(string)
			at, _ := id["auth_time"].(float64)
			if id["sub"] != f.lee || id["amr"] != nil || sid == "" || strings.HasPrefix(sid, "V1_") != (version == 1) || time.Unix(int64(at), 0).Before(before) {
				t.Errorf("id token = %v", id)
			}
			if roles := claims(t, tokens.AccessToken)[rolesClaim]; roles == nil {
				t.Error("no roles")
			}
			got := f.told(f.lee)
			if v1 := slices.Contains(got, "user.human.externallogin.check.succeeded"); v1 != (version == 1) {
				t.Errorf("events = %v", got)
			}
			if version == 2 {
				session, err := f.owner.SessionServiceV2().GetSession(t.Context(), &sessionv2.GetSessionRequest{SessionId: sid})
				if err != nil || session.GetSession().GetFactors().GetIntent() == nil || session.GetSession().GetFactors().GetPassword() != nil {
					t.Errorf("session = %v %v", session, err)
				}
			}
			// Again, in the same browser: through the provider again.
			f.saml.person.NameID = "Somebody else"
			a = f.attempt([]string{orgScope + f.linden, idpScope + f.idp})
			if at := v.walk(a.url); at.url.Query().Get("code") != "" {
				t.Errorf("a session of before was enough: %s", at.url)
			}
		})
	}
}

// Who is linked to nobody is turned away by a page, not by the application.
func TestStrangersAreTurnedAway(t *testing.T) {
	for version, want := range map[int]string{
		1: "Neither creation of linking is allowed on this provider. Please contact your administrator. (LOGIN-3kl44)",
		2: "Account Not Found",
	} {
		f := newFederation(t, version)
		f.attach(nil, f.idp)
		v, a := f.visitor(), f.attempt([]string{orgScope + f.linden, idpScope + f.idp})
		if at := v.walk(a.url); at.status != http.StatusOK || !strings.Contains(at.body, want) {
			t.Errorf("login %d: %s %d %s", version, at.url, at.status, at.body)
		}
	}
}

func TestFailedResponsesAtTheLoginPages(t *testing.T) {
	for version, want := range map[int]string{1: "Errors.Intent.ResponseInvalid", 2: "Login failed"} {
		f := newFederation(t, version)
		f.attach(nil, f.idp)
		f.saml.MetadataURL.Path = "/another-entity"
		v, a := f.visitor(), f.attempt([]string{orgScope + f.linden, idpScope + f.idp})
		if at := v.walk(a.url); !strings.Contains(at.body, want) {
			t.Errorf("login %d: %s %d %s", version, at.url, at.status, at.body)
		}
	}
}

func TestProvidersThatMayNotBeUsed(t *testing.T) {
	f := newFederation(t, 1)
	f.attach(nil, f.idp)
	for name, scopes := range map[string][]string{
		"without the organization": {idpScope + f.idp},
		"another provider":         {orgScope + f.linden, idpScope + "123"},
		"another organization":     {orgScope + f.birch, idpScope + f.idp},
	} {
		v := f.visitor()
		if at := v.walk(f.attempt(scopes).url); !strings.Contains(at.body, "External Login Provider not allowed") || !strings.Contains(at.body, `name="password"`) {
			t.Errorf("%s: %s %s", name, at.url, at.body)
		}
	}
	// A login prompt shows the page with a button for the provider.
	v := f.visitor()
	at := v.walk(f.attempt([]string{orgScope + f.linden, idpScope + f.idp}, "prompt", "login").url)
	if !strings.Contains(at.body, ">Linden School</a>") || !strings.Contains(at.body, `name="password"`) {
		t.Errorf("prompt=login: %s %s", at.url, at.body)
	}
	// Without the organization there is none.
	if at := v.walk(f.attempt(nil).url); strings.Contains(at.body, "Linden School") {
		t.Errorf("no scope: %s", at.body)
	}
}

// The button of the page, and a name typed into it, lead to the provider.
func TestLoginPageLeadsToTheProvider(t *testing.T) {
	for _, version := range []int{1, 2} {
		f := newFederation(t, version)
		f.attach(nil, f.idp)
		f.link(f.lee, f.idp, "Maya-1")
		v, a := f.visitor(), f.attempt([]string{orgScope + f.linden})
		page := v.see(v.Get(a.url))
		at := strings.Index(page.body, `<a href="/ui/`)
		if at < 0 {
			t.Fatalf("login %d: no button: %s", version, page.body)
		}
		href, _, _ := strings.Cut(page.body[at+len(`<a href="`):], `"`)
		if id := claims(t, f.exchange(a, v.walk(f.Issuer()+strings.ReplaceAll(href, "&amp;", "&"))).IDToken); id["sub"] != f.lee || id["amr"] != nil {
			t.Errorf("login %d: %v", version, id)
		}
		v, a = f.visitor(), f.attempt(nil)
		sent := v.fill(v.see(v.Get(a.url)), "loginName", "lee", "password", "wrong")
		if !hasField(sent, "SAMLResponse") {
			t.Errorf("login %d: a linked name led to %s %s", version, sent.url, sent.body)
		}
	}
}

// Where passwords are closed there is the provider alone.
func TestPasswordsAreClosed(t *testing.T) {
	for _, version := range []int{1, 2} {
		f := newFederation(t, version)
		second := f.addSAML(f.ctx, f.saml)
		f.attach(func(p *management.AddCustomLoginPolicyRequest) { p.AllowUsernamePassword = false }, f.idp, second)
		v := f.visitor()
		page := v.see(v.Get(f.attempt([]string{orgScope + f.linden}).url))
		if strings.Contains(page.body, `type="password"`) || strings.Count(page.body, "Linden School</a>") != 2 {
			t.Errorf("login %d: %s", version, page.body)
		}
		// By the general page, too: Lee is sent to a provider, Gus is not of Linden.
		a := f.attempt(nil)
		sent := v.fill(v.see(v.Get(a.url)), "loginName", "lee", "password", password)
		if !hasField(sent, "SAMLResponse") {
			t.Errorf("login %d: lee ended at %s %s", version, sent.url, sent.body)
		}
		a = f.attempt(nil)
		f.exchange(a, v.fill(v.see(v.Get(a.url)), "loginName", "gus", "password", password))
		// With one provider Login V1 shows no page at all.
		if _, err := f.owner.ManagementService().RemoveIDPFromLoginPolicy(f.ctx, &management.RemoveIDPFromLoginPolicyRequest{IdpId: second}); err != nil {
			t.Fatal(err)
		}
		if at := v.see(v.Get(f.attempt([]string{orgScope + f.linden}).url)); hasField(at, "SAMLResponse") != (version == 1) {
			t.Errorf("login %d: one provider: %s", version, at.url)
		}
	}
}

// A policy that forgets the lifetime sends people round for ever.
func TestNoLifetimeIsALoop(t *testing.T) {
	f := newFederation(t, 1)
	f.attach(func(p *management.AddCustomLoginPolicyRequest) { p.ExternalLoginCheckLifetime = nil }, f.idp)
	f.link(f.lee, f.idp, "Maya-1")
	v := f.visitor()
	if at := v.walk(f.attempt([]string{orgScope + f.linden, idpScope + f.idp}).url); !hasField(at, "SAMLResponse") {
		t.Errorf("ended at %s %s", at.url, at.body)
	}
}

// Where the policy has second factors Login V1 asks to set one up.
func TestSecondFactorsAreOffered(t *testing.T) {
	for _, version := range []int{1, 2} {
		f := newFederation(t, version)
		f.attach(func(p *management.AddCustomLoginPolicyRequest) {
			p.SecondFactors = []policy.SecondFactorType{policy.SecondFactorType_SECOND_FACTOR_TYPE_OTP}
		}, f.idp)
		f.link(f.lee, f.idp, "Maya-1")
		v, a := f.visitor(), f.attempt([]string{orgScope + f.linden, idpScope + f.idp})
		at := v.walk(a.url)
		if prompted := strings.Contains(at.body, "2-Factor Setup"); prompted != (version == 1) {
			t.Fatalf("login %d: %s %s", version, at.url, at.body)
		} else if prompted {
			at = v.fill(at)
		}
		f.exchange(a, at)
		a = f.attempt([]string{orgScope + f.linden, idpScope + f.idp})
		f.exchange(a, v.walk(a.url))
	}
}

func TestWhoMayNotSignInThroughAProvider(t *testing.T) {
	f := newFederation(t, 1)
	f.attach(nil, f.idp)
	seed := func(name string) string {
		made, err := f.owner.UserServiceV2().CreateUser(t.Context(), &userv2.CreateUserRequest{
			OrganizationId: f.linden, Username: &name, UserType: &userv2.CreateUserRequest_Human_{Human: &userv2.CreateUserRequest_Human{
				Profile:  &userv2.SetHumanProfile{GivenName: name, FamilyName: "Test"},
				Email:    &userv2.SetHumanEmail{Email: name + "@linden.example", Verification: &userv2.SetHumanEmail_IsVerified{IsVerified: name != "new"}},
				IdpLinks: []*userv2.IDPLink{{IdpId: f.idp, UserId: name, UserName: name}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return made.GetId()
	}
	seed("new")
	gone := seed("gone")
	if _, err := f.owner.UserServiceV2().DeactivateUser(t.Context(), &userv2.DeactivateUserRequest{UserId: gone}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"new": "not verified", "gone": "not active"} {
		f.saml.person.NameID = name
		v := f.visitor()
		if at := v.walk(f.attempt([]string{orgScope + f.linden, idpScope + f.idp}).url); !strings.Contains(at.body, want) {
			t.Errorf("%s: %s %s", name, at.url, at.body)
		}
	}
}

// An intent belongs to the browser's request in Login V1, and is taken by one
// session.
func TestIntentsAreTakenOnce(t *testing.T) {
	f := newFederation(t, 1)
	start, err := f.start(f.idp)
	if err != nil {
		t.Fatal(err)
	}
	at := f.visitor().walk(start)
	session := func(user string) (string, error) {
		_, err := f.owner.SessionServiceV2().CreateSession(t.Context(), &sessionv2.CreateSessionRequest{Checks: &sessionv2.Checks{
			User:      &sessionv2.CheckUser{Search: &sessionv2.CheckUser_UserId{UserId: user}},
			IdpIntent: &sessionv2.CheckIDPIntent{IdpIntentId: at.url.Query().Get("id"), IdpIntentToken: at.url.Query().Get("token")},
		}})
		return detailOf(status.Convert(err)), err
	}
	if id, _ := session(f.lee); id != "COMMAND-O8xk3w" {
		t.Errorf("not linked: %s", id)
	}
	f.link(f.lee, f.idp, "Maya-1")
	if _, err := session(f.lee); err != nil {
		t.Error(err)
	}
	if id, _ := session(f.lee); id != "COMMAND-Df4bw" {
		t.Errorf("again: %s", id)
	}
	if _, err := f.retrieve(at); detailOf(status.Convert(err)) != "IDP-nme4gszsvx" {
		t.Errorf("retrieve: %v", err)
	}
	if got := f.told(at.url.Query().Get("id")); got[len(got)-1] != "idpintent.consumed" {
		t.Errorf("events = %v", got)
	}
	// Login V1: another browser has nothing to do with it.
	f.attach(nil, f.idp)
	v := f.visitor()
	page := v.see(v.Get(f.attempt([]string{orgScope + f.linden, idpScope + f.idp}).url))
	form := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(page.body, -1) {
		form.Set(m[1], strings.ReplaceAll(m[2], "&#43;", "+"))
	}
	other := f.visitor()
	if at := other.see(other.PostForm(f.Issuer()+"/ui/login/login/externalidp/saml/acs", form)); at.status != http.StatusBadRequest {
		t.Errorf("another browser: %s %d", at.url, at.status)
	}
}
