package standin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/zitadel/standin"
)

// The same calls are understood as REST and as Connect, with the codes of each.
func TestOtherWiresReachTheSameServices(t *testing.T) {
	s := start(t, standin.Options{})
	c := dial(t, s, s.OwnerKey())
	name := "robot"
	robot, err := c.UserServiceV2().CreateUser(t.Context(), &userv2.CreateUserRequest{
		OrganizationId: s.DefaultOrganization(), Username: &name,
		UserType: &userv2.CreateUserRequest_Machine_{Machine: &userv2.CreateUserRequest_Machine{Name: name}},
	})
	if err != nil {
		t.Fatal(err)
	}
	pat, err := c.UserServiceV2().AddPersonalAccessToken(t.Context(), &userv2.AddPersonalAccessTokenRequest{
		UserId: robot.GetId(), ExpirationDate: timestamppb.New(time.Now().Add(time.Hour)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, method, path, body, token string
		status                          int
		code                            any
		id                              string
	}{
		{"REST", "GET", "/v2/users/" + robot.GetId(), "", pat.GetToken(), http.StatusOK, nil, ""},
		{"REST, missing", "GET", "/v2/users/nope", "", pat.GetToken(), http.StatusNotFound, 5.0, "QUERY-Dfbg2"},
		{"REST v1, no membership", "POST", "/admin/v1/events/_search", `{"limit":2}`, pat.GetToken(), http.StatusNotFound, 5.0, "AUTHZ-cdgFk"},
		{"REST v1, no token", "POST", "/admin/v1/events/_search", `{"limit":2}`, "nonsense", http.StatusUnauthorized, 16.0, "AUTH-7fs1e"},
		{"REST v1 of organizations", "GET", "/management/v1/policies/login", "", pat.GetToken(), http.StatusNotFound, 5.0, "AUTHZ-cdgFk"},
		{"Connect, missing", "POST", "/zitadel.user.v2.UserService/GetUserByID", `{"userId":"nope"}`, pat.GetToken(), http.StatusNotFound, "not_found", "QUERY-Dfbg2"},
		{"Connect, not here", "POST", "/zitadel.action.v2.ActionService/ListTargets", `{}`, pat.GetToken(), http.StatusNotImplemented, "unimplemented", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, s.Issuer()+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+test.token)
		r.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(test.name, "Connect") {
			r.Header.Set("Connect-Protocol-Version", "1")
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		var body struct {
			Code    any
			Details any
		}
		if err := json.Unmarshal(text, &body); err != nil {
			t.Errorf("%s: %v: %s", test.name, err, text)
		}
		if answer.StatusCode != test.status || body.Code != test.code || !strings.Contains(string(text), test.id) {
			t.Errorf("%s: %d %s, want %d %v %s", test.name, answer.StatusCode, text, test.status, test.code, test.id)
		}
	}
}

// A token that was not asked for with Zitadel's own project is no token for its
// API.
func TestTokensForOtherAudiencesAreRefused(t *testing.T) {
	s := newSchool(t, 1)
	_, tokens := s.signIn(s.visitor(), "lee", nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Issuer()+"/v2/users/"+s.lee, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("status = %d, want 401", answer.StatusCode)
	}
}
