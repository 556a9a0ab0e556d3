package standin_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	authorization "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"homeroom.dev/homeroom/zitadel/standin"
)

const methodGetUser = "/zitadel.user.v2.UserService/GetUserByID"

func TestMethodsGoAwayAfterAWhileAndComeBack(t *testing.T) {
	p := newPlatform(t)
	before := p.Calls()[methodGetUser]
	p.Faults().Unavailable(methodGetUser, 1, 2)
	var got []codes.Code
	for range 4 {
		got = append(got, status.Code(get(p.runtime, p.ownUser)(t.Context())))
	}
	if want := []codes.Code{codes.OK, codes.Unavailable, codes.Unavailable, codes.OK}; !slices.Equal(got, want) {
		t.Errorf("answers = %v, want %v", got, want)
	}
	if n := p.Calls()[methodGetUser] - before; n != 4 {
		t.Errorf("counted %d calls, want 4", n)
	}
	p.Faults().Unavailable("", 0, -1)
	if err := deactivate(p.runtime, p.ownUser)(t.Context()); err == nil {
		t.Error("all away: a call passed")
	}
	answer, err := http.Get(p.Issuer() + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("all away: discovery = %d", answer.StatusCode)
	}
	p.Faults().Heal()
	if err := get(p.runtime, p.ownUser)(t.Context()); err != nil {
		t.Errorf("healed: %v", err)
	}
}

func TestSlowCallsEndWithTheCaller(t *testing.T) {
	p := newPlatform(t)
	p.Faults().Slow(methodGetUser, time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := get(p.runtime, p.ownUser)(ctx); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("slow: %v", err)
	}
}

// listed are the IDs of the users of an organization.
func (p *platform) listed(org string) []string {
	p.t.Helper()
	answer, err := p.runtime.UserServiceV2().ListUsers(p.t.Context(), &userv2.ListUsersRequest{Queries: []*userv2.SearchQuery{
		{Query: &userv2.SearchQuery_OrganizationIdQuery{OrganizationIdQuery: &userv2.OrganizationIdQuery{OrganizationId: org}}},
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	var ids []string
	for _, u := range answer.GetResult() {
		ids = append(ids, u.GetUserId())
	}
	return ids
}

// assigned are the users of an organization's authorizations.
func (p *platform) assigned(org string) []string {
	p.t.Helper()
	answer, err := p.runtime.AuthorizationServiceV2().ListAuthorizations(p.t.Context(), &authorization.ListAuthorizationsRequest{})
	if err != nil {
		p.t.Fatal(err)
	}
	var ids []string
	for _, a := range answer.GetAuthorizations() {
		if a.GetOrganization().GetId() == org {
			ids = append(ids, a.GetUser().GetId())
		}
	}
	return ids
}

func create(t *testing.T, c *client.Client, org, id string) {
	t.Helper()
	if _, err := c.UserServiceV2().CreateUser(t.Context(), &userv2.CreateUserRequest{OrganizationId: org, UserId: &id, Username: &id, UserType: human(id)}); err != nil {
		t.Fatal(err)
	}
}

func TestLostUsersAreSeenByNoReadUntilTheyAreMadeAgain(t *testing.T) {
	p := newPlatform(t)
	p.Faults().LoseUsers(func(id string) bool { return id == "gone" })
	create(t, p.runtime, p.own, "gone")
	if _, err := p.Seed().Authorize("gone", p.project, p.own, "student"); err != nil {
		t.Fatal(err)
	}
	if err := get(p.runtime, "gone")(t.Context()); status.Code(err) != codes.NotFound {
		t.Errorf("read: %v", err)
	}
	if slices.Contains(p.listed(p.own), "gone") || slices.Contains(p.assigned(p.own), "gone") {
		t.Error("a lost user is listed")
	}
	if err := deactivate(p.runtime, "gone")(t.Context()); err != nil {
		t.Errorf("writes go on: %v", err)
	}
	name := "gone"
	_, err := p.runtime.UserServiceV2().CreateUser(t.Context(), &userv2.CreateUserRequest{OrganizationId: p.own, Username: &name, UserType: human("other")})
	if status.Code(err) != codes.AlreadyExists {
		t.Errorf("the name is free: %v", err)
	}
	p.Faults().Heal()
	if err := get(p.runtime, "gone")(t.Context()); status.Code(err) != codes.NotFound {
		t.Errorf("healed by itself: %v", err)
	}
	if _, err := p.runtime.UserServiceV2().DeleteUser(t.Context(), &userv2.DeleteUserRequest{UserId: "gone"}); err != nil {
		t.Fatal(err)
	}
	create(t, p.runtime, p.own, "gone")
	if err := get(p.runtime, "gone")(t.Context()); err != nil {
		t.Errorf("made again: %v", err)
	}
	if got := p.kinds("gone"); got[len(got)-2] != "user.human.added" {
		t.Errorf("events go on counting: %v", got)
	}
}

func TestLostLoginNamesKeepPeopleOut(t *testing.T) {
	p := newPlatform(t)
	p.Faults().LoseLoginNames(func(id string) bool { return id == "nameless" })
	create(t, p.runtime, p.own, "nameless")
	answer, err := p.runtime.UserServiceV2().GetUserByID(t.Context(), &userv2.GetUserByIDRequest{UserId: "nameless"})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.GetUser().GetLoginNames()) != 0 || answer.GetUser().GetUsername() != "nameless" {
		t.Errorf("user = %v", answer.GetUser())
	}
	if !slices.Contains(p.listed(p.own), "nameless") {
		t.Error("is not listed")
	}
}

func TestLostAuthorizationsAreInNoList(t *testing.T) {
	p := newPlatform(t)
	p.Faults().LoseAuthorizations(func(user string) bool { return user == p.foreignUser })
	if _, err := p.Seed().Authorize(p.foreignUser, p.project, p.own, "student"); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(p.assigned(p.own), p.foreignUser) {
		t.Error("a lost authorization is listed")
	}
	if !p.Faults().Lose(p.ownUser) || p.Faults().Lose("nobody") {
		t.Error("Lose does not tell what was there")
	}
	if got := p.assigned(p.own); len(got) != 0 {
		t.Errorf("assigned = %v", got)
	}
}

func TestListsLagAndReadsDoNot(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	at := make(chan time.Time, 1)
	at <- now
	clock := func() time.Time { t := <-at; at <- t; return t }
	move := func(d time.Duration) { at <- (<-at).Add(d) }
	s := start(t, standin.Options{Now: clock})
	c := dial(t, s, s.OwnerKey())
	s.Faults().Lag(time.Minute)
	move(time.Hour)
	org := s.DefaultOrganization()
	create(t, c, org, "young")
	seen := func() int {
		answer, err := c.UserServiceV2().ListUsers(t.Context(), &userv2.ListUsersRequest{Queries: []*userv2.SearchQuery{
			{Query: &userv2.SearchQuery_InUserIdsQuery{InUserIdsQuery: &userv2.InUserIDQuery{UserIds: []string{"young"}}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return len(answer.GetResult())
	}
	if n := seen(); n != 0 {
		t.Error("listed at once")
	}
	if err := get(c, "young")(t.Context()); err != nil {
		t.Errorf("read by ID: %v", err)
	}
	move(2 * time.Minute)
	if n := seen(); n != 1 {
		t.Error("not listed after the lag")
	}
}

func TestLateEventsComeAfterNewerOnesWithTheirOwnTime(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	at := make(chan time.Time, 1)
	at <- now
	clock := func() time.Time { t := <-at; at <- t; return t }
	move := func(d time.Duration) { at <- (<-at).Add(d) }
	s := start(t, standin.Options{Now: clock})
	c := dial(t, s, s.OwnerKey())
	s.Faults().LateEvents(3, time.Second)
	org := s.DefaultOrganization()
	for i := range 6 {
		move(time.Millisecond)
		create(t, c, org, fmt.Sprintf("late-%d", i))
	}
	names := func() string {
		answer, err := c.AdminService().ListEvents(t.Context(), &admin.ListEventsRequest{Asc: true, EventTypes: []string{"user.human.added"}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range answer.GetEvents() {
			got = append(got, e.GetAggregate().GetId())
		}
		return strings.Join(got, " ")
	}
	if got, want := names(), "late-0 late-1 late-3 late-4"; got != want {
		t.Errorf("at once: %s, want %s", got, want)
	}
	move(2 * time.Second)
	if got, want := names(), "late-0 late-1 late-2 late-3 late-4 late-5"; got != want {
		t.Errorf("later: %s, want %s", got, want)
	}
}

func TestFiveThousandPeopleAreThereAtOnce(t *testing.T) {
	s, err := standin.New(standin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := s.Seed().Users(crowd(s.DefaultOrganization(), 5000)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("5,000 people took %v", took)
	}
	if got := s.EventCount(); got < 10_000 {
		t.Errorf("events = %d", got)
	}
}

func crowd(org string, n int) []standin.SeedUser {
	users := make([]standin.SeedUser, n)
	for i := range users {
		name := fmt.Sprintf("pupil-%07d", i)
		users[i] = standin.SeedUser{Organization: org, UserName: name, GivenName: "Pupil", FamilyName: name[6:], Address: name + "@school.example"}
	}
	return users
}

func BenchmarkSeedUsers(b *testing.B) {
	s, err := standin.New(standin.Options{})
	if err != nil {
		b.Fatal(err)
	}
	users := crowd(s.DefaultOrganization(), b.N)
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := s.Seed().Users(users); err != nil {
		b.Fatal(err)
	}
}
