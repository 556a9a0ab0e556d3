package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	applicationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	target "github.com/zitadel/zitadel-go/v3/pkg/zitadel"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel"
)

// The main job on a real Zitadel v4. HOMEROOM_CONTRACT_ISSUER and
// HOMEROOM_CONTRACT_KEY (the path of an instance owner's key) name one; without
// them these tests are skipped. Which of Zitadel's login pages they meet is the
// instance's affair. It need not be fresh, but its policies are changed, and
// all that the tests make stays.

// realSite is an installation on a real Zitadel.
type realSite struct {
	*site
	ownerKey string
	owner    *client.Client
	gateway  *zitadel.Runtime
	run      string // tells what this run made from what others did
}

func newRealSite(t *testing.T) *realSite {
	t.Helper()
	issuer, key := os.Getenv("HOMEROOM_CONTRACT_ISSUER"), os.Getenv("HOMEROOM_CONTRACT_KEY")
	if issuer == "" || key == "" {
		t.Skip("HOMEROOM_CONTRACT_ISSUER and HOMEROOM_CONTRACT_KEY name no real Zitadel")
	}
	folder := t.TempDir()
	r := &realSite{ownerKey: key, run: strings.ToLower(rand.Text()[:6]), site: &site{
		t: t, mail: newMailServer(t), url: "http://localhost:" + fixedPort(t),
		config: filepath.Join(folder, "homeroom.yaml"), database: filepath.Join(folder, "data", "homeroom.sqlite"),
	}}
	r.check(os.WriteFile(r.config, []byte("database: "+r.database+"\naddr: 127.0.0.1:"+strings.TrimPrefix(r.url, "http://localhost:")+
		"\nsmtp-host: 127.0.0.1\nsmtp-port: "+r.mail.port+"\nsmtp-tls: none\nsmtp-from: homeroom@example.org\n"), 0o600))
	r.bootstrap(issuer)

	var err error
	r.gateway, err = zitadel.NewRuntime(t.Context(), r.made.RuntimeConfig())
	r.check(err)
	t.Cleanup(func() { _ = r.gateway.Close() })
	document, err := os.ReadFile(key)
	r.check(err)
	at, err := url.Parse(issuer)
	r.check(err)
	instance := target.New(at.Hostname())
	if at.Scheme == "http" {
		instance = target.New(at.Hostname(), target.WithInsecure(at.Port()))
	}
	file, err := client.ConfigFromKeyFileData(document)
	r.check(err)
	r.owner, err = client.New(t.Context(), instance, client.WithAuth(client.AuthenticationJWTProfile(file, oidc.ScopeOpenID, client.ScopeZitadelAPI())))
	r.check(err)
	t.Cleanup(func() { _ = r.owner.Close() })
	pages, err := r.gateway.LoginPages(t.Context())
	r.check(err)
	t.Logf("%s shows Login V%d at %s", issuer, pages.Version, pages.Base)
	return r
}

// bootstrap prepares the instance, and once more to see that nothing changes.
func (r *realSite) bootstrap(issuer string) {
	r.t.Helper()
	arguments := []string{"bootstrap", "--issuer", issuer, "--key", r.ownerKey, "--public-url", r.url, "--out", r.config}
	var said bytes.Buffer
	r.check(run(r.t.Context(), arguments, &said, io.Discard))
	if !strings.Contains(said.String(), "Ready. Next: homeroom serve") {
		r.t.Errorf("bootstrap says:\n%s", said.String())
	}
	before, err := os.ReadFile(r.config)
	r.check(err)
	said.Reset()
	r.check(run(r.t.Context(), arguments, &said, io.Discard))
	after, err := os.ReadFile(r.config)
	r.check(err)
	if !strings.Contains(said.String(), "Nothing to change") || strings.Contains(said.String(), "changed ") || !bytes.Equal(before, after) {
		r.t.Errorf("the second bootstrap says:\n%s", said.String())
	}
	file, err := openConfigurationFile(r.config)
	r.check(err)
	r.made, err = file.installation()
	r.check(err)
}

// called is a name or address of this run alone.
func (r *realSite) called(name string) string {
	local, domain, address := strings.Cut(name, "@")
	if address {
		return local + "." + r.run + "@" + domain
	}
	return name + " " + r.run
}

// openSchool opens a school and returns its first admin's link.
func (r *realSite) openSchool(name, admin string) string {
	r.t.Helper()
	said := strings.Fields(r.command("open-school", "--name", name, "--admin", admin))
	return said[len(said)-1]
}

// userID finds a user by address or user name.
func (r *realSite) userID(name string) string {
	r.t.Helper()
	var id string
	r.eventually("Zitadel does not show "+name, func() bool {
		answer, err := r.owner.UserServiceV2().ListUsers(context.Background(), &userpb.ListUsersRequest{
			Queries: []*userpb.SearchQuery{{Query: &userpb.SearchQuery_UserNameQuery{UserNameQuery: &userpb.UserNameQuery{
				UserName: name, Method: objectpb.TextQueryMethod_TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE,
			}}}},
		})
		r.check(err)
		if len(answer.GetResult()) > 0 {
			id = answer.GetResult()[0].GetUserId()
		}
		return id != ""
	})
	return id
}

// service is another service of the platform: it signs people in for itself
// and reads their roles from the token, without asking anybody.
type service struct {
	r        *realSite
	clientID string
	url      string
	codes    chan string
}

func (r *realSite) service() *service {
	r.t.Helper()
	s := &service{r: r, codes: make(chan string, 1)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/callback" {
			s.codes <- request.URL.Query().Get("code")
		}
		_, _ = io.WriteString(w, "<p>signed in</p>")
	}))
	r.t.Cleanup(server.Close)
	s.url = server.URL
	made, err := r.owner.ApplicationServiceV2().CreateApplication(r.t.Context(), &applicationpb.CreateApplicationRequest{
		ProjectId: r.made.Project, Name: r.called("service"),
		ApplicationType: &applicationpb.CreateApplicationRequest_OidcConfiguration{OidcConfiguration: &applicationpb.CreateOIDCApplicationRequest{
			RedirectUris:             []string{s.url + "/callback"},
			ResponseTypes:            []applicationpb.OIDCResponseType{applicationpb.OIDCResponseType_OIDC_RESPONSE_TYPE_CODE},
			GrantTypes:               []applicationpb.OIDCGrantType{applicationpb.OIDCGrantType_OIDC_GRANT_TYPE_AUTHORIZATION_CODE},
			AuthMethodType:           applicationpb.OIDCAuthMethodType_OIDC_AUTH_METHOD_TYPE_NONE,
			DevelopmentMode:          true,
			AccessTokenType:          applicationpb.OIDCTokenType_OIDC_TOKEN_TYPE_JWT,
			AccessTokenRoleAssertion: true,
		}},
	})
	r.check(err)
	s.clientID = made.GetOidcConfiguration().GetClientId()
	r.eventually("Zitadel does not show the service", func() bool {
		_, err := r.owner.ApplicationServiceV2().GetApplication(r.t.Context(), &applicationpb.GetApplicationRequest{ApplicationId: made.GetApplicationId()})
		return err == nil
	})
	return s
}

// roles signs the person of the window in and returns the roles of the new
// access token, each with the organizations it is held in.
func (s *service) roles(w *window, who somebody) map[string][]string {
	w.t.Helper()
	verifier := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	w.open(s.r.made.Issuer + "/oauth/v2/authorize?" + url.Values{
		"client_id": {s.clientID}, "redirect_uri": {s.url + "/callback"}, "response_type": {"code"}, "scope": {"openid"}, "login_hint": {who.name},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode())
	w.until(`location.href.startsWith(`+quote(s.url)+`)`, "is not signed in at the service")
	answer, err := http.PostForm(s.r.made.Issuer+"/oauth/v2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {<-s.codes}, "redirect_uri": {s.url + "/callback"},
		"client_id": {s.clientID}, "code_verifier": {verifier},
	})
	s.r.check(err)
	defer func() { _ = answer.Body.Close() }()
	var tokens struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	s.r.check(json.NewDecoder(answer.Body).Decode(&tokens))
	parts := strings.Split(tokens.AccessToken, ".")
	if len(parts) != 3 {
		w.t.Fatalf("%s: no token that can be read: %s", w.who, tokens.Error)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	s.r.check(err)
	var claims struct {
		Roles map[string]map[string]string `json:"urn:zitadel:iam:org:project:roles"`
	}
	s.r.check(json.Unmarshal(payload, &claims))
	roles := map[string][]string{}
	for role, organizations := range claims.Roles {
		roles[role] = slices.Collect(maps.Keys(organizations))
	}
	return roles
}

// joins follows an invitation in a window of their own as somebody new, sets a
// password at Zitadel, and comes back signed in to where the invitation leads.
func (b *browser) joins(r *realSite, link string, who somebody) *window {
	b.t.Helper()
	w := b.window(who.given)
	if who.passkey {
		w.hasPasskeys()
	}
	w.open(link)
	w.types("input[name=given-name]", who.given)
	w.types("input[name=family-name]", who.family)
	w.sends(strings.TrimPrefix(link, r.url))
	w.throughZitadel(r, who)
	return w
}

// organization is that of the page the window is at.
func (w *window) organization(r *realSite) identity.OrganizationID {
	w.t.Helper()
	w.until(`location.pathname.startsWith(`+quote(views.OrganizationPath(""))+`)`, "is in no organization")
	return identity.OrganizationID(strings.Split(strings.TrimPrefix(w.location(), r.url), "/")[2])
}
