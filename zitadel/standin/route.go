package standin

import (
	"context"
	"net/http"
	"strings"

	"connectrpc.com/vanguard/vanguardgrpc"
	action "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/action/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	application "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	authorizationv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	feature "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/feature/v2"
	idp "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp/v2"
	instancev2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/instance/v2"
	permission "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	oidcv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/oidc/v2"
	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	projectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
	sessionv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	webkey "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/webkey/v2"
	"google.golang.org/grpc"
)

// route builds the one handler for everything on the port.
//
// The v1 services have their own transcoders because their REST paths overlap
// until the prefix tells them apart.
func (s *Server) route() error {
	intercept := grpc.UnaryInterceptor(s.intercept)
	s.grpc = grpc.NewServer(intercept)
	v2, v1admin, v1management := s.grpc, grpc.NewServer(intercept), grpc.NewServer(intercept)

	userv2.RegisterUserServiceServer(v2, &userService{s: s})
	orgv2.RegisterOrganizationServiceServer(v2, &orgService{s: s})
	projectv2.RegisterProjectServiceServer(v2, &projectService{s: s})
	application.RegisterApplicationServiceServer(v2, &applicationService{s: s})
	authorizationv2.RegisterAuthorizationServiceServer(v2, &authorizationService{s: s})
	permission.RegisterInternalPermissionServiceServer(v2, &permissionService{s: s})
	sessionv2.RegisterSessionServiceServer(v2, &sessionService{s: s})
	settings.RegisterSettingsServiceServer(v2, &settingsService{s: s})
	feature.RegisterFeatureServiceServer(v2, &featureService{s: s})
	// The rest answer Unimplemented, and not a bare 404.
	action.RegisterActionServiceServer(v2, action.UnimplementedActionServiceServer{})
	idp.RegisterIdentityProviderServiceServer(v2, idp.UnimplementedIdentityProviderServiceServer{})
	instancev2.RegisterInstanceServiceServer(v2, instancev2.UnimplementedInstanceServiceServer{})
	oidcv2.RegisterOIDCServiceServer(v2, oidcv2.UnimplementedOIDCServiceServer{})
	webkey.RegisterWebKeyServiceServer(v2, webkey.UnimplementedWebKeyServiceServer{})

	transcoder, err := vanguardgrpc.NewTranscoder(v2)
	if err != nil {
		return err
	}
	admin.RegisterAdminServiceServer(v1admin, &adminService{s: s})
	adminREST, err := vanguardgrpc.NewTranscoder(v1admin)
	if err != nil {
		return err
	}
	management.RegisterManagementServiceServer(v1management, &managementService{s: s})
	managementREST, err := vanguardgrpc.NewTranscoder(v1management)
	if err != nil {
		return err
	}
	admin.RegisterAdminServiceServer(s.grpc, &adminService{s: s})
	management.RegisterManagementServiceServer(s.grpc, &managementService{s: s})

	provider, err := s.newProvider()
	if err != nil {
		return err
	}
	s.provider = provider
	web := http.NewServeMux()
	s.routeLogin(web)
	s.routeAssets(web)
	web.Handle("/", provider)

	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") &&
			!strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc-web"):
			s.grpc.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/admin/v1/"):
			http.StripPrefix("/admin/v1", adminREST).ServeHTTP(w, r)
		case strings.HasPrefix(path, "/management/v1/"):
			http.StripPrefix("/management/v1", managementREST).ServeHTTP(w, r)
		case strings.HasPrefix(path, "/zitadel.admin."):
			adminREST.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/zitadel.management."):
			managementREST.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/v2/"), strings.HasPrefix(path, "/zitadel."):
			transcoder.ServeHTTP(w, r)
		default:
			s.serveWeb(web, w, r)
		}
	})
	return nil
}

// serveWeb counts and disturbs what is not the API, as intercept does there.
func (s *Server) serveWeb(web http.Handler, w http.ResponseWriter, r *http.Request) {
	method := r.Method + " " + r.URL.Path
	s.calls.add(method)
	if err := s.faults.before(r.Context(), method); err != nil {
		http.Error(w, "the stand-in was told to be away", http.StatusServiceUnavailable)
		return
	}
	web.ServeHTTP(w, r)
}

// intercept counts, disturbs and authenticates every call of the API.
func (s *Server) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	s.calls.add(info.FullMethod)
	if err := s.faults.before(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	if strings.HasSuffix(info.FullMethod, "/Healthz") {
		return next(ctx, req)
	}
	c, err := s.authenticate(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return next(context.WithValue(ctx, callerKey{}, c), req)
}
