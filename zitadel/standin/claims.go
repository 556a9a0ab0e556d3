package standin

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"
)

// Zitadel's own scopes and claims.
const (
	scopeProjectID     = "urn:zitadel:iam:org:project:id:"
	scopeProjectRole   = "urn:zitadel:iam:org:project:role:"
	scopeProjectsRoles = "urn:zitadel:iam:org:projects:roles"
	scopeOrgID         = "urn:zitadel:iam:org:id:"
	scopeOrgDomain     = "urn:zitadel:iam:org:domain:primary:"
	scopeOrgRolesID    = "urn:zitadel:iam:org:roles:id:"
	scopeResourceOwner = "urn:zitadel:iam:user:resourceowner"
	scopeMetadata      = "urn:zitadel:iam:user:metadata"

	claimRoles         = "urn:zitadel:iam:org:project:roles"
	claimOrgID         = "urn:zitadel:iam:org:id"
	claimOrgDomain     = "urn:zitadel:iam:org:domain:primary"
	claimResourceOwner = "urn:zitadel:iam:user:resourceowner:"
)

// after collects what follows a prefix in the scopes.
func after(scopes []string, prefix string) []string {
	var found []string
	for _, s := range scopes {
		if rest, ok := strings.CutPrefix(s, prefix); ok && rest != "" {
			found = append(found, rest)
		}
	}
	return found
}

// audience of a client's tokens: every client of its project, the project, and
// the projects asked for.
func (s *state) audience(clientID string, scopes []string) []string {
	var all []string
	add := func(id string) {
		if id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	if a := s.apps[clientID]; a != nil {
		for _, other := range a.project.apps {
			add(other.clientID)
		}
		add(a.project.id)
	}
	for _, rest := range after(scopes, scopeProjectID) {
		id, ok := strings.CutSuffix(rest, ":aud")
		switch {
		case !ok:
		case id == "zitadel":
			add(s.instance.projectID)
		default:
			add(id)
		}
	}
	return all
}

// privateClaims are Zitadel's own claims for a user: roles if wanted, and what
// the scopes say of organizations.
func (s *state) privateClaims(u *user, clientID string, scopes []string, withRoles bool) map[string]any {
	claims := map[string]any{}
	if withRoles {
		s.roleClaims(claims, u, clientID, scopes)
	}
	if orgs := after(scopes, scopeOrgID); len(orgs) > 0 {
		claims[claimOrgID] = orgs[0]
	}
	if domains := after(scopes, scopeOrgDomain); len(domains) > 0 {
		claims[claimOrgDomain] = domains[0]
	}
	_, wantsOrg := claims[claimOrgID]
	if o := s.orgs[u.owner]; o != nil && (wantsOrg || slices.Contains(scopes, scopeResourceOwner)) {
		claims[claimResourceOwner+"id"] = o.id
		claims[claimResourceOwner+"name"] = o.name
		claims[claimResourceOwner+"primary_domain"] = o.primary
	}
	return claims
}

// roleClaims writes the roles of a user: per project, and without number those
// of the client's own project.
func (s *state) roleClaims(claims map[string]any, u *user, clientID string, scopes []string) {
	var own *project
	if a := s.apps[clientID]; a != nil {
		own = a.project
	}
	wanted := after(scopes, scopeProjectRole)
	inOrgs := after(scopes, scopeOrgRolesID)
	var others []string
	if slices.Contains(scopes, scopeProjectsRoles) {
		others = s.audience(clientID, scopes)
	}
	byProject := map[string]map[string]map[string]string{}
	for _, a := range u.grants {
		isOwn := a.project == own
		if a.inactive || a.lost || !isOwn && !slices.Contains(others, a.project.id) {
			continue
		}
		if len(inOrgs) > 0 && !slices.Contains(inOrgs, a.owner) {
			continue
		}
		o := s.orgs[a.owner]
		if o == nil {
			continue
		}
		for _, role := range a.roles {
			if isOwn && len(wanted) > 0 && !slices.Contains(wanted, role) {
				continue
			}
			if byProject[a.project.id] == nil {
				byProject[a.project.id] = map[string]map[string]string{}
			}
			if byProject[a.project.id][role] == nil {
				byProject[a.project.id][role] = map[string]string{}
			}
			byProject[a.project.id][role][o.id] = o.primary
		}
	}
	for id, roles := range byProject {
		claims["urn:zitadel:iam:org:project:"+id+":roles"] = roles
		if own != nil && id == own.id {
			claims[claimRoles] = roles
		}
	}
}

// assertsRoles tells whether roles belong into what is issued to a client.
func (s *state) assertsRoles(clientID string, scopes []string) bool {
	if len(after(scopes, scopeProjectRole)) > 0 || slices.Contains(scopes, scopeProjectsRoles) {
		return true
	}
	a := s.apps[clientID]
	return a != nil && a.project.roleAssertion
}

// describe writes what the standard scopes say of a user.
func (s *state) describe(info *oidc.UserInfo, u *user, scopes []string) {
	info.Subject = u.id
	if slices.Contains(scopes, oidc.ScopeProfile) {
		info.Name, info.PreferredUsername = u.displayName, u.userName
		info.GivenName, info.FamilyName, info.Nickname = u.givenName, u.familyName, u.nickName
		tag, err := language.Parse(u.languageTag())
		if err != nil {
			tag = language.Und
		}
		info.Locale = oidc.NewLocale(tag)
		info.UpdatedAt = oidc.FromTime(micros(u.changed))
	}
	if slices.Contains(scopes, oidc.ScopeEmail) && !u.machine {
		info.Email, info.EmailVerified = u.address, oidc.Bool(u.verified)
	}
	if slices.Contains(scopes, oidc.ScopePhone) {
		d := u.details()
		info.PhoneNumber, info.PhoneNumberVerified = d.phone, oidc.Bool(d.phoneVerified)
	}
	if slices.Contains(scopes, scopeMetadata) {
		entries := map[string]string{}
		for key, e := range u.details().metadata {
			entries[key] = base64.RawURLEncoding.EncodeToString(e.value)
		}
		if len(entries) > 0 {
			info.AppendClaims(scopeMetadata, entries)
		}
	}
}

// authRequest is one run through the authorization endpoint.
type authRequest struct {
	id       string
	created  time.Time
	in       *oidc.AuthRequest
	audience []string
	hinted   string // user of an id_token_hint
	user     string
	authTime time.Time
	session  string     // sid
	agent    string     // browser
	methods  []int32    // how the user showed who they are, as events number it
	device   values     // of the browser, for the event
	idp      string     // identity provider that Login V1 has sent the browser to
	left     departure  // for it
	form     url.Values // what it let the browser post
	checked  string     // user a token was taken for
	brought  values     // what brought it, in the place of the browser
	done     bool
	code     string
}

func (a *authRequest) GetID() string                      { return a.id }
func (a *authRequest) GetACR() string                     { return "" }
func (a *authRequest) GetAMR() []string                   { return amrOf(a.methods) }
func (a *authRequest) GetAudience() []string              { return a.audience }
func (a *authRequest) GetAuthTime() time.Time             { return a.authTime }
func (a *authRequest) GetClientID() string                { return a.in.ClientID }
func (a *authRequest) GetNonce() string                   { return a.in.Nonce }
func (a *authRequest) GetRedirectURI() string             { return a.in.RedirectURI }
func (a *authRequest) GetResponseType() oidc.ResponseType { return a.in.ResponseType }
func (a *authRequest) GetResponseMode() oidc.ResponseMode { return a.in.ResponseMode }
func (a *authRequest) GetScopes() []string                { return a.in.Scopes }
func (a *authRequest) GetState() string                   { return a.in.State }
func (a *authRequest) GetSubject() string                 { return a.user }
func (a *authRequest) Done() bool                         { return a.done }

func (a *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	if a.in.CodeChallenge == "" {
		return nil
	}
	method := oidc.CodeChallengeMethodPlain
	if a.in.CodeChallengeMethod == oidc.CodeChallengeMethodS256 {
		method = oidc.CodeChallengeMethodS256
	}
	return &oidc.CodeChallenge{Challenge: a.in.CodeChallenge, Method: method}
}

// refreshRequest is one use of a refresh token.
type refreshRequest struct {
	token  *refreshToken
	scopes []string
}

func (r *refreshRequest) GetAMR() []string                 { return r.token.amr }
func (r *refreshRequest) GetAudience() []string            { return r.token.audience }
func (r *refreshRequest) GetAuthTime() time.Time           { return r.token.authTime }
func (r *refreshRequest) GetClientID() string              { return r.token.client }
func (r *refreshRequest) GetScopes() []string              { return r.scopes }
func (r *refreshRequest) GetSubject() string               { return r.token.user }
func (r *refreshRequest) SetCurrentScopes(scopes []string) { r.scopes = scopes }
