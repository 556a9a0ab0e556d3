package standin_test

import (
	"fmt"
	"sync"
	"testing"

	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/zitadel/standin"
)

// A class signs in while others read and write: everybody gets tokens of their
// own.
func TestAClassSignsInAtOnce(t *testing.T) {
	s := newSchool(t, 1)
	c := dial(t, s.Server, s.OwnerKey())
	const class = 35
	users := crowd(s.linden, class)
	for i := range users {
		users[i].Password = password
	}
	ids, err := s.Seed().Users(users)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i, id := range ids {
		v, a := s.visitor(), s.attempt([]string{"offline_access"})
		all.Go(func() {
			page := v.fill(v.see(v.Get(a.url)), "loginName", users[i].UserName, "password", password)
			if got := s.exchange(a, page).IDTokenClaims.Subject; got != id {
				t.Errorf("%s signed in as %s", id, got)
			}
		})
		all.Go(func() {
			if _, err := s.Seed().Authorize(id, s.project, s.linden, "student"); err != nil {
				t.Error(err)
			}
			if _, err := s.Seed().User(standin.SeedUser{Organization: s.birch, UserName: fmt.Sprintf("new-%d", i), GivenName: "New", FamilyName: "One", Address: "new@birch.example"}); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := c.UserServiceV2().ListUsers(t.Context(), &userv2.ListUsersRequest{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
