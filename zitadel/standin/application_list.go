package standin

import (
	"context"
	"strings"

	application "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	"google.golang.org/protobuf/types/known/durationpb"
)

func (x *applicationService) GetApplication(ctx context.Context, r *application.GetApplicationRequest) (*application.GetApplicationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	a := s.appsByID[r.GetApplicationId()]
	if a == nil {
		return nil, notFound("QUERY-pCP8P", "Application doesn't exist")
	}
	if err := s.check(c, "project.app.read", a.project.owner); err != nil {
		return nil, err
	}
	return &application.GetApplicationResponse{Application: appMessage(a)}, nil
}

func (x *applicationService) ListApplications(ctx context.Context, r *application.ListApplicationsRequest) (*application.ListApplicationsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*app
	for _, a := range s.appsByID {
		if a.created <= shown && matchesApp(a, r.GetFilters()) {
			found = append(found, a)
		}
	}
	arrange(found, r.GetPagination().GetAsc(), func(a, b *app) int {
		switch r.GetSortingColumn() {
		case application.ApplicationSorting_APPLICATION_SORT_BY_NAME:
			return strings.Compare(a.name, b.name)
		case application.ApplicationSorting_APPLICATION_SORT_BY_CREATION_DATE:
			return int(a.created - b.created)
		default:
			return strings.Compare(a.id, b.id)
		}
	})
	rows, pagination, err := page(found, r.GetPagination())
	if err != nil {
		return nil, err
	}
	answer := &application.ListApplicationsResponse{Pagination: pagination}
	for _, a := range rows {
		if s.may(c, "project.app.read", a.project.owner) {
			answer.Applications = append(answer.Applications, appMessage(a))
		}
	}
	return answer, nil
}

func matchesApp(a *app, filters []*application.ApplicationSearchFilter) bool {
	for _, f := range filters {
		ok := true
		switch f := f.GetFilter().(type) {
		case *application.ApplicationSearchFilter_ProjectIdFilter:
			ok = a.project.id == f.ProjectIdFilter.GetProjectId()
		case *application.ApplicationSearchFilter_NameFilter:
			ok = matches(int32(f.NameFilter.GetMethod()), a.name, f.NameFilter.GetName())
		case *application.ApplicationSearchFilter_StateFilter:
			ok = appMessage(a).GetState() == f.StateFilter
		case *application.ApplicationSearchFilter_TypeFilter:
			ok = a.api == (f.TypeFilter == application.ApplicationType_APPLICATION_TYPE_API)
		case *application.ApplicationSearchFilter_ClientIdFilter:
			ok = a.clientID == f.ClientIdFilter.GetClientId()
		}
		if !ok {
			return false
		}
	}
	return true
}

func appMessage(a *app) *application.Application {
	m := &application.Application{
		ApplicationId: a.id, Name: a.name, ProjectId: a.project.id, CreationDate: stamp(a.created), ChangeDate: stamp(a.changed),
		State: application.ApplicationState_APPLICATION_STATE_ACTIVE,
	}
	if a.inactive {
		m.State = application.ApplicationState_APPLICATION_STATE_INACTIVE
	}
	if a.api {
		m.Configuration = &application.Application_ApiConfiguration{ApiConfiguration: &application.APIConfiguration{
			ClientId: a.clientID, AuthMethodType: application.APIAuthMethodType(a.authMethod),
		}}
		return m
	}
	o := &application.OIDCConfiguration{
		RedirectUris: a.redirectURIs, ClientId: a.clientID, ApplicationType: application.OIDCApplicationType(a.appType),
		AuthMethodType: application.OIDCAuthMethodType(a.authMethod), PostLogoutRedirectUris: a.logoutURIs,
		DevelopmentMode: a.devMode, AccessTokenType: application.OIDCTokenType(a.tokenType),
		AccessTokenRoleAssertion: a.accessTokenRoles, IdTokenRoleAssertion: a.idTokenRoles, IdTokenUserinfoAssertion: a.idTokenUserinfo,
		ClockSkew: durationpb.New(a.skew), AdditionalOrigins: a.origins, AllowedOrigins: a.origins,
		SkipNativeAppSuccessPage: a.skipNative, BackChannelLogoutUri: a.backChannelURI, LoginVersion: a.loginVersion,
	}
	for _, t := range a.responseTypes {
		o.ResponseTypes = append(o.ResponseTypes, application.OIDCResponseType(t))
	}
	for _, t := range a.grantTypes {
		o.GrantTypes = append(o.GrantTypes, application.OIDCGrantType(t))
	}
	m.Configuration = &application.Application_OidcConfiguration{OidcConfiguration: o}
	return m
}
