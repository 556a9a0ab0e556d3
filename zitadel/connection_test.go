package zitadel

import (
	"context"
	"errors"
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"homeroom.dev/homeroom/identity"
)

// A person's token in the context of a request, however it got there, stays
// behind; the organization and the end of the context go along.
func TestNothingOfTheCallerReachesZitadel(t *testing.T) {
	ctx, cancel := context.WithCancel(client.BearerTokenCtx(t.Context(), "a person's token"))
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer a person's token")
	ctx = middleware.SetOrgID(ctx, "linden")
	err := call(ctx, "/zitadel.user.v2.UserService/GetUserByID", nil, nil, nil,
		func(got context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			header, _ := metadata.FromOutgoingContext(got)
			if header.Len() != 1 || header.Get(client.OrgHeader)[0] != "linden" {
				t.Errorf("headers = %v, want the organization alone", header)
			}
			// zitadel-go keeps its token under a key of its own type, which cannot be
			// named here: no value at all may be found.
			if v := got.Value(client.OrgHeader); v != nil {
				t.Errorf("value = %v, want none", v)
			}
			if _, ok := got.Deadline(); !ok {
				t.Error("the call has no timeout")
			}
			cancel()
			<-got.Done()
			return got.Err()
		})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the caller's", err)
	}
}

func TestCallsAreRepeatedOnlyWhereItDoesNoHarm(t *testing.T) {
	for _, test := range []struct {
		method string
		code   codes.Code
		tries  int
	}{
		{"/zitadel.user.v2.UserService/GetUserByID", codes.Unavailable, callTries},
		{"/zitadel.user.v2.UserService/CreateUser", codes.Unavailable, callTries},
		{"/zitadel.authorization.v2.AuthorizationService/DeleteAuthorization", codes.Unavailable, callTries},
		{"/zitadel.user.v2.UserService/AddIDPLink", codes.Unavailable, callTries},
		{"/zitadel.user.v2.UserService/RetrieveIdentityProviderIntent", codes.Unavailable, callTries},
		{"/zitadel.management.v1.ManagementService/AddIDPToLoginPolicy", codes.Unavailable, callTries},
		{"/zitadel.management.v1.ManagementService/AddSAMLProvider", codes.Unavailable, 1},
		{"/zitadel.user.v2.UserService/StartIdentityProviderIntent", codes.Unavailable, 1},
		{"/zitadel.user.v2.UserService/CreateInviteCode", codes.Unavailable, 1},
		{"/zitadel.user.v2.UserService/PasswordReset", codes.Unavailable, 1},
		{"/zitadel.user.v2.UserService/AddKey", codes.Unavailable, 1},
		{"/zitadel.project.v2.ProjectService/CreateProject", codes.Unavailable, 1},
		{"/zitadel.user.v2.UserService/GetUserByID", codes.DeadlineExceeded, 1},
		{"/zitadel.user.v2.UserService/GetUserByID", codes.Internal, 1},
		{"/zitadel.user.v2.UserService/GetUserByID", codes.OK, 1},
	} {
		tries := 0
		err := call(t.Context(), test.method, nil, nil, nil, func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
			tries++
			return status.Error(test.code, "x")
		})
		if tries != test.tries || status.Code(err) != test.code {
			t.Errorf("%s answering %v: %d tries and %v, want %d", test.method, test.code, tries, err, test.tries)
		}
	}
}

func TestErrorsAreSaidInOurWords(t *testing.T) {
	for _, test := range []struct {
		err     error
		kind    identity.ErrorKind // empty: no error of ours
		message string
	}{
		{status.Error(codes.Unavailable, ""), identity.KindUnavailable, "remote.unavailable"},
		{status.Error(codes.DeadlineExceeded, ""), identity.KindUnavailable, "remote.unavailable"},
		{status.Error(codes.ResourceExhausted, ""), identity.KindUnavailable, "remote.unavailable"},
		{context.DeadlineExceeded, identity.KindUnavailable, "remote.unavailable"},
		{status.Error(codes.NotFound, ""), identity.KindNotFound, "thing.not-found"},
		{status.Error(codes.InvalidArgument, ""), identity.KindInvalid, "remote.refused"},
		{status.Error(codes.PermissionDenied, ""), "", ""},
		{status.Error(codes.Unauthenticated, ""), "", ""},
		{status.Error(codes.Internal, ""), "", ""},
		{status.Error(codes.Canceled, ""), "", ""},
		{identity.Conflict("user.name-taken"), identity.KindConflict, "user.name-taken"},
	} {
		got := fail("try", test.err, "thing.not-found")
		var e *identity.Error
		errors.As(got, &e)
		switch {
		case got == nil, (e != nil) != (test.kind != ""):
			t.Errorf("fail(%v) = %v, want %s", test.err, got, test.kind)
		case e != nil && (e.Kind != test.kind || e.Message.ID != test.message):
			t.Errorf("fail(%v) = %v, want %s (%s)", test.err, got, test.kind, test.message)
		}
	}
	if err := fail("try", nil, ""); err != nil {
		t.Errorf("fail(nil) = %v", err)
	}
	if err := fail("try", status.Error(codes.Canceled, ""), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call = %v, want context.Canceled", err)
	}
}

func TestIssuersAreOrigins(t *testing.T) {
	for _, test := range []struct{ issuer, origin, host string }{
		{"https://id.example.org", "https://id.example.org", "id.example.org:443"},
		{"https://id.example.org:8443", "https://id.example.org:8443", "id.example.org:8443"},
		{"http://localhost:8090", "http://localhost:8090", "localhost:8090"},
		{"http://localhost", "http://localhost", "localhost:80"},
		{"https://id.example.org/", "", ""},
		{"https://id.example.org/zitadel", "", ""},
		{"id.example.org", "", ""},
		{"ftp://id.example.org", "", ""},
		{"", "", ""},
	} {
		got, err := instanceAt(test.issuer)
		if test.origin == "" {
			if err == nil {
				t.Errorf("instanceAt(%q) = %+v, want an error", test.issuer, got)
			}
			continue
		}
		if err != nil || got.Origin() != test.origin || got.Host() != test.host {
			t.Errorf("instanceAt(%q) = %+v, %v, want %s at %s", test.issuer, got, err, test.origin, test.host)
		}
	}
}

func TestLocksForgetWhoLeft(t *testing.T) {
	var l locks
	first := l.of("a")
	second := make(chan func())
	go func() { second <- l.of("a") }()
	l.of("b")() // another key does not wait
	first()
	(<-second)()
	if len(l.held) != 0 {
		t.Errorf("%d locks are kept, want none", len(l.held))
	}
}
