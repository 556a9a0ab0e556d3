package standin

import (
	"context"
	"slices"
	"strings"
	"time"

	application "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
)

// app is an application of a project: an OIDC client, or an API that may
// introspect.
type app struct {
	id, name, clientID, secret        string
	project                           *project
	api                               bool
	console                           bool // Zitadel's own
	inactive                          bool
	redirectURIs, logoutURIs, origins []string
	responseTypes, grantTypes         []int32
	appType, authMethod, tokenType    int32
	devMode, skipNative               bool
	accessTokenRoles, idTokenRoles    bool
	idTokenUserinfo                   bool
	skew                              time.Duration
	backChannelURI                    string
	loginVersion                      *application.LoginVersion
	created, changed                  int64
}

// applicationService is zitadel.application.v2.ApplicationService for OIDC and
// API applications.
type applicationService struct {
	application.UnimplementedApplicationServiceServer
	s *Server
}

func (x *applicationService) CreateApplication(ctx context.Context, r *application.CreateApplicationRequest) (*application.CreateApplicationResponse, error) {
	if err := checkLength("CreateApplicationRequest.Name", r.GetName(), 200); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p := s.projects[r.GetProjectId()]
	if p == nil {
		return nil, notFound("PROJE-6swVG", "Project not found")
	}
	if err := s.check(c, "project.app.write", p.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	a, err := s.addApp(t, p, r)
	if err != nil {
		return nil, err
	}
	answer := &application.CreateApplicationResponse{ApplicationId: a.id, CreationDate: stamp(t.at)}
	if a.api {
		answer.ApplicationType = &application.CreateApplicationResponse_ApiConfiguration{
			ApiConfiguration: &application.CreateAPIApplicationResponse{ClientId: a.clientID, ClientSecret: a.secret},
		}
		return answer, nil
	}
	answer.ApplicationType = &application.CreateApplicationResponse_OidcConfiguration{
		OidcConfiguration: &application.CreateOIDCApplicationResponse{ClientId: a.clientID, ClientSecret: a.secret},
	}
	return answer, nil
}

func (s *state) addApp(t *tx, p *project, r *application.CreateApplicationRequest) (*app, error) {
	for _, a := range p.apps {
		if lower(a.name) == lower(strings.TrimSpace(r.GetName())) {
			return nil, exists("V3-DKcYh", "Application already exists")
		}
	}
	id := r.GetApplicationId()
	if id == "" {
		id = s.nextID()
	}
	a := &app{id: id, name: strings.TrimSpace(r.GetName()), clientID: s.nextID(), project: p, created: t.at, changed: t.at}
	t.emit(&p.aggregate, "project.application.added", values{"appId": a.id, "name": a.name})
	switch kind := r.GetApplicationType().(type) {
	case *application.CreateApplicationRequest_OidcConfiguration:
		a.readOIDC(kind.OidcConfiguration)
		if a.authMethod <= 1 {
			a.secret = randomToken(48)
		}
		v := values{"appId": a.id, "clientId": a.clientID}
		for key, value := range a.oidcFields() {
			v[key] = value
		}
		t.emit(&p.aggregate, "project.application.config.oidc.added", trimmed(v))
	case *application.CreateApplicationRequest_ApiConfiguration:
		a.api, a.authMethod = true, int32(kind.ApiConfiguration.GetAuthMethodType())
		a.secret = randomToken(48)
		t.emit(&p.aggregate, "project.application.config.api.added", trimmed(values{"appId": a.id, "clientId": a.clientID, "authMethodType": a.authMethod}))
	default:
		return nil, validation("CreateApplicationRequest.ApplicationType: value is required")
	}
	p.apps = append(p.apps, a)
	s.apps[a.clientID], s.appsByID[a.id] = a, a
	return a, nil
}

func numbers[T ~int32](list []T) []int32 {
	var out []int32
	for _, v := range list {
		out = append(out, int32(v))
	}
	return out
}

func (a *app) readOIDC(o *application.CreateOIDCApplicationRequest) {
	a.redirectURIs, a.logoutURIs, a.origins = o.GetRedirectUris(), o.GetPostLogoutRedirectUris(), o.GetAdditionalOrigins()
	a.responseTypes, a.grantTypes = numbers(o.GetResponseTypes()), numbers(o.GetGrantTypes())
	if len(a.responseTypes) == 0 {
		a.responseTypes = []int32{1}
	}
	if len(a.grantTypes) == 0 {
		a.grantTypes = []int32{0}
	}
	a.appType, a.authMethod, a.tokenType = int32(o.GetApplicationType()), int32(o.GetAuthMethodType()), int32(o.GetAccessTokenType())
	a.devMode, a.skipNative = o.GetDevelopmentMode(), o.GetSkipNativeAppSuccessPage()
	a.accessTokenRoles, a.idTokenRoles, a.idTokenUserinfo = o.GetAccessTokenRoleAssertion(), o.GetIdTokenRoleAssertion(), o.GetIdTokenUserinfoAssertion()
	a.skew, a.backChannelURI, a.loginVersion = o.GetClockSkew().AsDuration(), o.GetBackChannelLogoutUri(), o.GetLoginVersion()
}

// oidcFields are the payload's names for an OIDC configuration.
func (a *app) oidcFields() values {
	return values{
		"redirectUris": a.redirectURIs, "responseTypes": a.responseTypes, "grantTypes": a.grantTypes,
		"applicationType": a.appType, "authMethodType": a.authMethod, "postLogoutRedirectUris": a.logoutURIs,
		"devMode": a.devMode, "accessTokenType": a.tokenType, "accessTokenRoleAssertion": a.accessTokenRoles,
		"idTokenRoleAssertion": a.idTokenRoles, "idTokenUserinfoAssertion": a.idTokenUserinfo, "clockSkew": a.skew.Nanoseconds(),
		"additionalOrigins": a.origins, "skipNativeAppSuccessPage": a.skipNative, "backChannelLogoutURI": a.backChannelURI,
	}
}

func (x *applicationService) UpdateApplication(ctx context.Context, r *application.UpdateApplicationRequest) (*application.UpdateApplicationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	a := s.appsByID[r.GetApplicationId()]
	if a == nil || a.project.id != r.GetProjectId() {
		return nil, notFound("COMMAND-2n8uU", "Application doesn't exist")
	}
	if err := s.check(c, "project.app.write", a.project.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	before := t.s.log.n
	if name := strings.TrimSpace(r.GetName()); name != "" && name != a.name {
		a.name = name
		t.emit(&a.project.aggregate, "project.application.changed", values{"appId": a.id, "name": name})
	}
	if o := r.GetOidcConfiguration(); o != nil {
		old := a.oidcFields()
		a.updateOIDC(o)
		changed := a.oidcFields()
		for key, value := range changed {
			if valueOf(value).String() == valueOf(old[key]).String() {
				delete(changed, key)
			}
		}
		if len(changed) > 0 {
			changed["appId"] = a.id
			t.emit(&a.project.aggregate, "project.application.config.oidc.changed", changed)
		}
	}
	if s.log.n > before {
		a.changed = t.at
	}
	return &application.UpdateApplicationResponse{ChangeDate: stamp(a.changed)}, nil
}

func replace[T any](have *T, want *T) {
	if want != nil {
		*have = *want
	}
}

func replaceList[T any](have *[]T, want []T) {
	if len(want) > 0 {
		*have = want
	}
}

func (a *app) updateOIDC(o *application.UpdateOIDCApplicationConfigurationRequest) {
	replaceList(&a.redirectURIs, o.GetRedirectUris())
	replaceList(&a.logoutURIs, o.GetPostLogoutRedirectUris())
	replaceList(&a.origins, o.GetAdditionalOrigins())
	replaceList(&a.responseTypes, numbers(o.GetResponseTypes()))
	replaceList(&a.grantTypes, numbers(o.GetGrantTypes()))
	replace(&a.appType, (*int32)(o.ApplicationType))
	replace(&a.authMethod, (*int32)(o.AuthMethodType))
	replace(&a.tokenType, (*int32)(o.AccessTokenType))
	replace(&a.devMode, o.DevelopmentMode)
	replace(&a.accessTokenRoles, o.AccessTokenRoleAssertion)
	replace(&a.idTokenRoles, o.IdTokenRoleAssertion)
	replace(&a.idTokenUserinfo, o.IdTokenUserinfoAssertion)
	replace(&a.skipNative, o.SkipNativeAppSuccessPage)
	replace(&a.backChannelURI, o.BackChannelLogoutUri)
	if o.GetClockSkew() != nil {
		a.skew = o.GetClockSkew().AsDuration()
	}
	if o.GetLoginVersion() != nil {
		a.loginVersion = o.GetLoginVersion()
	}
}

func (x *applicationService) DeleteApplication(ctx context.Context, r *application.DeleteApplicationRequest) (*application.DeleteApplicationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	a := s.appsByID[r.GetApplicationId()]
	if a == nil || a.project.id != r.GetProjectId() {
		return nil, notFound("COMMAND-0po9s", "Application doesn't exist")
	}
	if err := s.check(c, "project.app.delete", a.project.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	t.emit(&a.project.aggregate, "project.application.removed", values{"appId": a.id})
	delete(s.apps, a.clientID)
	delete(s.appsByID, a.id)
	a.project.apps = slices.DeleteFunc(a.project.apps, func(x *app) bool { return x == a })
	return &application.DeleteApplicationResponse{DeletionDate: stamp(t.at)}, nil
}

func (x *applicationService) GenerateClientSecret(ctx context.Context, r *application.GenerateClientSecretRequest) (*application.GenerateClientSecretResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	a := s.appsByID[r.GetApplicationId()]
	if a == nil {
		return nil, notFound("COMMAND-2g66f", "Application doesn't exist")
	}
	if err := s.check(c, "project.app.write", a.project.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	a.secret = randomToken(48)
	t.emit(&a.project.aggregate, "project.application.config.oidc.secret.changed", values{"appId": a.id, "hashedSecret": hashPassword(a.secret)})
	return &application.GenerateClientSecretResponse{ClientSecret: a.secret, CreationDate: stamp(t.at)}, nil
}
