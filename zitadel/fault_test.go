package zitadel_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	projectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// ownWorld is a prepared stand-in that a test may break.
func ownWorld(t *testing.T) (*world, *standin.Faults) {
	t.Helper()
	server, err := startStandin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	w, err := newWorld(server.Issuer(), server.OwnerKey())
	if err != nil {
		t.Fatal(err)
	}
	return w, server.Faults()
}

// Links lead to the newer login pages where an instance uses those.
func TestContractLinksFollowTheNewerLogin(t *testing.T) {
	t.Parallel()
	server, err := standin.New(standin.Options{LoginVersion: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	w, err := newWorld(server.Issuer(), server.OwnerKey())
	if err != nil {
		t.Fatal(err)
	}
	if pages, err := w.runtime.LoginPages(t.Context()); err != nil || pages != (identity.LoginPages{Version: 2, Base: server.Issuer() + "/ui/v2/login"}) {
		t.Errorf("login pages = %+v, %v, want version 2", pages, err)
	}
	n := someone()
	n.Secret = ""
	if _, err := w.in(t, w.linden).CreateUser(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	first, err := w.in(t, w.linden).FirstSignIn(t.Context(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	if query := w.wantLogin(t, first, map[int]string{2: "/verify"}); query.Get("invite") != "true" || query.Get("userId") != string(n.ID) || query.Get("organization") != string(w.linden.ID) {
		t.Errorf("first sign-in at %s, want an invitation of the user", first)
	}
	reset, err := w.in(t, w.linden).ResetSignIn(t.Context(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	if query := w.wantLogin(t, reset, map[int]string{2: "/password/set"}); query.Get("userId") != string(n.ID) || query.Get("organization") != string(w.linden.ID) {
		t.Errorf("new password at %s, want that of the user", reset)
	}
}

// A Zitadel that is away at start is no error, and one that comes back is used.
func TestZitadelMayBeAwayAtStart(t *testing.T) {
	t.Parallel()
	w, _ := ownWorld(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := w.installation
	away.Issuer = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	listener.Close()
	runtime, err := zitadel.NewRuntime(t.Context(), away.RuntimeConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.Close()
	opened, err := identity.OpenFounded(w.linden, identity.Actor{User: "suite"}, identity.RoleSchoolAdmin)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = runtime.In(opened).User(t.Context(), "somebody")
	wantKind(t, err, identity.KindUnavailable, "remote.unavailable")
	_, err = runtime.LoginPages(t.Context())
	wantKind(t, err, identity.KindUnavailable, "remote.unavailable")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("told after %v, want soon", took)
	}
}

func TestCallsSurviveAShortAbsence(t *testing.T) {
	t.Parallel()
	w, faults := ownWorld(t)
	user := w.student(t, w.linden)
	remote := w.in(t, w.biology)
	faults.Unavailable("", 0, 2) // the third try passes
	if _, err := remote.User(t.Context(), user.ID); err != nil {
		t.Errorf("read: %v", err)
	}
	faults.Unavailable("/zitadel.authorization.v2.AuthorizationService/CreateAuthorization", 0, 1)
	if _, err := remote.CreateRoleAssignment(t.Context(), user.ID, student); err != nil {
		t.Errorf("assign: %v", err)
	}
	faults.Unavailable("", 0, -1)
	_, err := remote.DeleteRoleAssignment(t.Context(), user.ID)
	wantKind(t, err, identity.KindUnavailable, "remote.unavailable")
	_, err = remote.CreateUser(t.Context(), someone())
	wantKind(t, err, identity.KindUnavailable, "remote.unavailable")
	_, err = w.provisioner.Open(t.Context(), identity.NewOrganization{ID: "x", Kind: identity.KindSchool, Name: "X"})
	wantKind(t, err, identity.KindUnavailable, "remote.unavailable")
	_, err = w.events.Events(t.Context(), identity.EventQuery{})
	wantKind(t, err, identity.KindUnavailable, "remote.unavailable")
	faults.Heal()
	if _, err := remote.DeleteRoleAssignment(t.Context(), user.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// Zitadel was seen to lose rows of its read side. What was made a moment ago is
// made anew, and if that does not help the caller is told.
func TestLostUsersAreRepairedOrReported(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		lose func(*standin.Faults, func(string) bool)
	}{
		{"the user", (*standin.Faults).LoseUsers},
		{"the login name", (*standin.Faults).LoseLoginNames},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, faults := ownWorld(t)
			var lost atomic.Int32
			test.lose(faults, func(string) bool { return lost.Add(1) == 1 })
			n := someone()
			fact, err := w.in(t, w.linden).CreateUser(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, event := range w.history(t, string(n.ID)) {
				told = append(told, strings.TrimPrefix(fmt.Sprintf("%T", event.Fact), "identity."))
			}
			want := []string{"UserCreated", "UserChanged", "UserRemoved", "UserCreated", "UserChanged"}
			if !slices.Equal(told, want) {
				t.Errorf("told = %v, want %v", told, want)
			}
			if created := fact.(identity.UserCreated); !created.At.Equal(w.history(t, string(n.ID))[3].At) {
				t.Errorf("created at %v, want the time of the second creation", created.At)
			}
			if _, err := w.in(t, w.linden).User(t.Context(), n.ID); err != nil {
				t.Errorf("read: %v", err)
			}

			test.lose(faults, func(string) bool { return true })
			n = someone()
			_, err = w.in(t, w.linden).CreateUser(t.Context(), n)
			wantKind(t, err, identity.KindUnavailable, "remote.not-shown")
			// One that is not new is never deleted, however lost.
			test.lose(faults, nil)
			events := len(w.history(t, string(n.ID)))
			_, err = w.in(t, w.linden).CreateUser(t.Context(), n)
			wantKind(t, err, identity.KindUnavailable, "remote.not-shown")
			if got := len(w.history(t, string(n.ID))); got != events {
				t.Errorf("%d events, want still %d", got, events)
			}
		})
	}
}

func TestLostRoleAssignmentsAreRepairedOrReported(t *testing.T) {
	t.Parallel()
	w, faults := ownWorld(t)
	user, remote := w.student(t, w.linden), w.in(t, w.biology)
	var lost atomic.Int32
	faults.LoseAuthorizations(func(string) bool { return lost.Add(1) == 1 })
	fact, err := remote.CreateRoleAssignment(t.Context(), user.ID, student)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.held(t, w.biology, user.ID).ID; got != fact.(identity.RoleAssignmentCreated).Assignment.ID {
		t.Errorf("shown is %q, want the one answered", got)
	}

	other := w.student(t, w.linden)
	faults.LoseAuthorizations(func(string) bool { return true })
	_, err = remote.CreateRoleAssignment(t.Context(), other.ID, student)
	wantKind(t, err, identity.KindUnavailable, "remote.not-shown")
	_, err = remote.CreateRoleAssignment(t.Context(), other.ID, teacher) // there, and not shown
	wantKind(t, err, identity.KindUnavailable, "remote.not-shown")
}

// Lists that lag are waited for.
func TestListsThatLagAreWaitedFor(t *testing.T) {
	t.Parallel()
	w, faults := ownWorld(t)
	user, remote := w.student(t, w.linden), w.in(t, w.biology)
	faults.Lag(400 * time.Millisecond)
	created, err := remote.CreateRoleAssignment(t.Context(), user.ID, student)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.UpdateRoleAssignment(t.Context(), user.ID, teacher); err != nil {
		t.Errorf("update: %v", err)
	}
	adopted, err := remote.CreateRoleAssignment(t.Context(), user.ID, coTeacher)
	if err != nil {
		t.Errorf("adopt: %v", err)
	}
	if was, is := created.(identity.RoleAssignmentCreated).Assignment.ID, adopted.(identity.RoleAssignmentCreated).Assignment.ID; was != is {
		t.Errorf("adopted %s, want %s", is, was)
	}
	if _, err := w.provisioner.Open(t.Context(), identity.NewOrganization{ID: "late", Kind: identity.KindSchool, Name: "Late"}); err != nil {
		t.Errorf("open: %v", err)
	}
}

// One transaction can have more events than Zitadel gives out at once, all of
// one time.
func TestEventsOfOneGreatTransactionAreRead(t *testing.T) {
	t.Parallel()
	w, _ := ownWorld(t)
	const many = 1500
	for i := range many {
		id := fmt.Sprintf("pupil-%d", i)
		if _, err := w.owner.UserServiceV2().CreateUser(t.Context(), &userpb.CreateUserRequest{
			OrganizationId: string(w.linden.ID), UserId: &id, Username: &id,
			UserType: &userpb.CreateUserRequest_Human_{Human: &userpb.CreateUserRequest_Human{
				Profile: &userpb.SetHumanProfile{GivenName: "P", FamilyName: id},
				Email:   &userpb.SetHumanEmail{Email: id + "@example.org", Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true}},
			}},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.owner.AuthorizationServiceV2().CreateAuthorization(t.Context(), &authorizationpb.CreateAuthorizationRequest{
			UserId: id, ProjectId: w.installation.Project, OrganizationId: string(w.biology.ID), RoleKeys: []string{"student"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	began := w.latest(t)
	if _, err := w.owner.ProjectServiceV2().DeleteProjectGrant(t.Context(), &projectpb.DeleteProjectGrantRequest{
		ProjectId: w.installation.Project, GrantedOrganizationId: string(w.biology.ID),
	}); err != nil {
		t.Fatal(err)
	}
	after := w.student(t, w.linden)
	removed, grants, last := map[identity.RoleAssignmentID]int{}, 0, ""
	for from, more := began, true; more; {
		page, err := w.events.Events(t.Context(), identity.EventQuery{After: from, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page.Events {
			switch fact := event.Fact.(type) {
			case identity.RoleAssignmentRemoved:
				removed[fact.ID]++
			case identity.GrantRemoved:
				grants++
			}
			last = event.Aggregate
		}
		from, more = page.Last, page.More
	}
	for id, times := range removed {
		if times != 1 {
			t.Errorf("removal of %s told %d times", id, times)
		}
	}
	if len(removed) != many || grants != 1 || last != string(after.ID) {
		t.Errorf("%d removals and %d of grants, the last event of %s; want %d, 1 and %s", len(removed), grants, last, many, after.ID)
	}
}

// What several questions are answered is one log: whole, each event once, in the
// order of time, and with the events of a moment on one page.
func TestAllKindsOfEventsAreOneLog(t *testing.T) {
	t.Parallel()
	w, _ := ownWorld(t)
	const many = 1100 // more than one answer of each question
	organizations, users := w.owner.OrganizationServiceV2(), w.owner.UserServiceV2()
	for i := range many {
		id := fmt.Sprintf("pupil-%d", i)
		if _, err := users.CreateUser(t.Context(), &userpb.CreateUserRequest{
			OrganizationId: string(w.linden.ID), UserId: &id, Username: &id,
			UserType: &userpb.CreateUserRequest_Human_{Human: &userpb.CreateUserRequest_Human{
				Profile: &userpb.SetHumanProfile{GivenName: "P", FamilyName: id},
				Email:   &userpb.SetHumanEmail{Email: id + "@example.org", Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true}},
			}},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := users.AddOTPEmail(t.Context(), &userpb.AddOTPEmailRequest{UserId: id}); err != nil {
			t.Fatal(err)
		}
		if _, err := organizations.SetOrganizationMetadata(t.Context(), &orgpb.SetOrganizationMetadataRequest{
			OrganizationId: string(w.linden.ID), Metadata: []*orgpb.Metadata{{Key: identity.MetadataName, Value: []byte(id)}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int{700, 1000} {
		events := w.freshEvents(t)
		told := map[string]int{}
		var last time.Time
		for after, more := (time.Time{}), true; more; {
			page, err := events.Events(t.Context(), identity.EventQuery{After: after, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			for i, event := range page.Events {
				if event.At.Before(last) || i == 0 && !last.IsZero() && !event.At.After(last) {
					t.Fatalf("%s %d at %v after one of %v", event.Aggregate, event.Sequence, event.At, last)
				}
				last = event.At
				switch fact := event.Fact.(type) {
				case identity.UserCreated:
					told["created "+string(fact.User.ID)]++
				case identity.CredentialAdded:
					told["factor "+string(fact.User)]++
				case identity.OrganizationMetadataSet:
					told["name "+fact.Value]++
				}
			}
			after, more = page.Last, page.More
		}
		for i := range many {
			for _, what := range []string{"created", "factor", "name"} {
				if key := fmt.Sprintf("%s pupil-%d", what, i); told[key] != 1 {
					t.Errorf("pages of %d: %s told %d times", limit, key, told[key])
				}
			}
		}
	}
}
