package zitadel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// A student goes from the badge to tokens without a page of Zitadel's, and
// without anything that was typed.
func TestContractBadgesSignStudentsIn(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.badgeSchool(t)
		student := s.student(t)
		began, before := w.latest(t), time.Now().Add(-time.Minute)
		j := s.depart(t)
		if j.sent == (identity.BadgeRequest{}) {
			t.Fatal("the browser was not sent for a token")
		}
		j.sent.Browser, j.sent.Address = "Tablet 3", "192.0.2.7"
		next, err := j.answer(t, s.token(t, string(student.ID), nil))
		if err != nil {
			t.Fatal(err)
		}
		claims := j.arrive(t, next)
		if claims == nil {
			t.Fatalf("not signed in at %s", next)
		}
		if claims.Subject != string(student.ID) || len(claims.AuthenticationMethodsReferences) > 0 || claims.AuthTime.AsTime().Before(before) {
			t.Errorf("signed in as %s by %v at %v, want %s, no method, now", claims.Subject, claims.AuthenticationMethodsReferences, claims.AuthTime.AsTime(), student.ID)
		}
		if sid := claims.SessionID; sid == "" || strings.HasPrefix(sid, "V1_") != (w.version(t) == 1) {
			t.Errorf("session = %q", sid)
		}
		eventually(t, "the sign-in is told", func() bool {
			page, err := w.events.Events(t.Context(), identity.EventQuery{After: began, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(page.Events, func(e identity.Event) bool {
				fact, ok := e.Fact.(identity.UserSignedIn)
				if ok && fact.User == student.ID && w.version(t) == 1 && (fact.Address != "192.0.2.7" || fact.Device != "Tablet 3") {
					t.Errorf("signed in from %s with %s, want the browser's", fact.Address, fact.Device)
				}
				return ok && fact.User == student.ID
			})
		})
		methods, err := w.in(t, s.school).SignInMethods(t.Context(), student.ID)
		if err != nil || !slices.Contains(methods, identity.MethodExternal) || !slices.Contains(methods, identity.MethodPassword) {
			t.Errorf("methods = %v, %v, want a password and the badge", methods, err)
		}
		if next, err := j.answer(t, s.token(t, string(student.ID), nil)); err == nil && j.arrive(t, next) != nil {
			t.Error("a finished sign-in was answered once more")
		}
	})
}

// A refused token is told to the portal; what the portal is not told of, the
// browser is.
func TestContractBadgesAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s, other := w.badgeSchool(t), w.badgeSchool(t)
		student, elsewhere := s.student(t), other.student(t)
		for _, test := range []struct {
			name  string
			token string
		}{
			{"of somebody without a badge", s.token(t, string(w.student(t, s.school).ID), nil)},
			{"of another school's student", s.token(t, string(elsewhere.ID), nil)},
			{"of another school", other.token(t, string(student.ID), nil)},
			{"by another key", other.token(t, string(student.ID), func(c *jwt.Claims) { c.Issuer = s.origin })},
			{"by another issuer", s.token(t, string(student.ID), func(c *jwt.Claims) { c.Issuer = "https://else.example" })},
			{"without an issuer", s.token(t, string(student.ID), func(c *jwt.Claims) { c.Issuer = "" })},
			{"expired", s.token(t, string(student.ID), func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(time.Now().Add(-time.Minute)) })},
			{"without an end", s.token(t, string(student.ID), func(c *jwt.Claims) { c.Expiry = nil })},
			{"of the future", s.token(t, string(student.ID), func(c *jwt.Claims) { c.IssuedAt = jwt.NewNumericDate(time.Now().Add(time.Minute)) })},
			{"without a beginning", s.token(t, string(student.ID), func(c *jwt.Claims) { c.IssuedAt = nil })},
			{"of hours ago", s.token(t, string(student.ID), func(c *jwt.Claims) { c.IssuedAt = jwt.NewNumericDate(time.Now().Add(-2 * time.Hour)) })},
			{"that is none", "badge"},
		} {
			t.Run(test.name, func(t *testing.T) {
				j := s.depart(t)
				next, err := j.answer(t, test.token)
				if err == nil && w.version(t) == 2 && strings.HasPrefix(test.name, "of ") && j.arrive(t, next) == nil {
					return // Login V2 tells the browser
				}
				wantKind(t, err, identity.KindGone, "sign-in.lost")
				if err != nil && strings.Contains(err.Error(), test.token) && test.token != "badge" {
					t.Error("the error tells the token")
				}
			})
		}
		t.Run("nobody waits", func(t *testing.T) {
			j := s.depart(t)
			waiting := other.depart(t).sent
			for _, sent := range []identity.BadgeRequest{
				{},
				{AuthRequest: j.sent.AuthRequest},
				{UserAgent: j.sent.UserAgent},
				{AuthRequest: "400000000000000000", UserAgent: j.sent.UserAgent},
				{AuthRequest: j.sent.AuthRequest, UserAgent: "AAAA"},
				{AuthRequest: j.sent.AuthRequest, UserAgent: waiting.UserAgent},
			} {
				_, err := w.runtime.AnswerBadge(t.Context(), sent, badgeHeader, s.token(t, string(student.ID), nil))
				wantKind(t, err, identity.KindGone, "sign-in.lost")
			}
			if w.version(t) == 1 { // an intent ends with the first thing that is wrong
				_, err := w.runtime.AnswerBadge(t.Context(), j.sent, "X-Another", s.token(t, string(student.ID), nil))
				wantKind(t, err, identity.KindGone, "sign-in.lost")
			}
			if _, err := j.answer(t, s.token(t, string(student.ID), nil)); err != nil {
				t.Errorf("the right one: %v", err)
			}
		})
	})
}

func TestContractBadgesStayInTheirBrowser(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		if w.version(t) != 1 {
			t.Skip("an intent's pages tell no browser from another")
		}
		s := w.badgeSchool(t)
		student := s.student(t)
		j := s.depart(t)
		next, err := j.answer(t, s.token(t, string(student.ID), nil))
		if err != nil {
			t.Fatal(err)
		}
		thief := *j
		thief.browser = s.depart(t).browser
		if thief.arrive(t, next) != nil {
			t.Error("another browser came in")
		}
		if j.arrive(t, next) == nil {
			t.Error("the browser that began did not come in")
		}
	})
}

// Whoever may not sign in does not with a badge either: nothing of Zitadel's
// own rules is passed by.
func TestContractBadgesPassNoRule(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.badgeSchool(t)
		signsIn := func(t *testing.T, student identity.User) bool {
			j := s.depart(t)
			if j.sent == (identity.BadgeRequest{}) {
				return false
			}
			next, err := j.answer(t, s.token(t, string(student.ID), nil))
			return err == nil && j.arrive(t, next) != nil
		}
		remote := w.in(t, s.school)
		student := s.student(t)
		if !signsIn(t, student) {
			t.Fatal("not signed in")
		}
		if _, err := w.owner.UserServiceV2().LockUser(t.Context(), &userpb.LockUserRequest{UserId: string(student.ID)}); err != nil {
			t.Fatal(err)
		}
		if signsIn(t, student) {
			t.Error("signed in although locked")
		}
		if _, err := remote.Unlock(t.Context(), student.ID); err != nil {
			t.Fatal(err)
		}
		if !signsIn(t, student) {
			t.Error("not signed in once unlocked")
		}
		if _, err := remote.Deactivate(t.Context(), student.ID); err != nil {
			t.Fatal(err)
		}
		if signsIn(t, student) {
			t.Error("signed in although deactivated")
		}
		student = s.student(t)
		policy, err := remote.LoginPolicy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		policy.RequireFactor = true
		if err := remote.SetLoginPolicy(t.Context(), policy); err != nil {
			t.Fatal(err)
		}
		if signsIn(t, student) {
			t.Error("signed in without the second factor that the school asks of everybody")
		}
		policy.LocalOnly = true
		if err := remote.SetLoginPolicy(t.Context(), policy); err != nil {
			t.Fatal(err)
		}
		if !signsIn(t, student) {
			t.Error("not signed in although the second factor is asked of passwords alone")
		}
		if err := remote.DetachProvider(t.Context(), s.provider); err != nil {
			t.Fatal(err)
		}
		if signsIn(t, student) {
			t.Error("signed in through what is detached")
		}
	})
}

func TestContractBadgeProvidersAreMadeOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.badgeSchool(t)
		remote, wanted := w.in(t, s.school), s.badges.provider()
		if again, err := remote.CreateBadgeProvider(t.Context(), wanted); err != nil || again != s.provider {
			t.Errorf("the same again = %q, %v, want %q", again, err, s.provider)
		}
		wanted.Endpoint, wanted.Keys, wanted.Issuer = "https://portal.example/badge/token", "https://portal.example/badge/keys", "https://portal.example"
		if again, err := remote.CreateBadgeProvider(t.Context(), wanted); err != nil || again != s.provider {
			t.Errorf("another address = %q, %v, want %q", again, err, s.provider)
		}
		found, err := w.owner.ManagementService().GetProviderByID(middleware.SetOrgID(t.Context(), string(s.school.ID)), &managementpb.GetProviderByIDRequest{Id: string(s.provider)})
		if err != nil {
			t.Fatal(err)
		}
		config, options := found.GetIdp().GetConfig().GetJwt(), found.GetIdp().GetConfig().GetOptions()
		if config.GetJwtEndpoint() != wanted.Endpoint || config.GetKeysEndpoint() != wanted.Keys || config.GetIssuer() != wanted.Issuer || config.GetHeaderName() != badgeHeader {
			t.Errorf("provider = %v, want %+v", config, wanted)
		}
		if options.GetIsAutoCreation() || options.GetIsAutoUpdate() || options.GetIsCreationAllowed() || options.GetIsLinkingAllowed() || options.GetAutoLinking() != 0 {
			t.Errorf("options = %v, want nothing automatic", options)
		}
		wanted.Name = "Badges of the library"
		if another, err := remote.CreateBadgeProvider(t.Context(), wanted); err != nil || another == s.provider {
			t.Errorf("another name = %q, %v, want another provider", another, err)
		}
		if elsewhere, err := w.in(t, w.birch).CreateBadgeProvider(t.Context(), s.badges.provider()); err != nil || elsewhere == s.provider {
			t.Errorf("in another school = %q, %v, want a provider of its own", elsewhere, err)
		}
		_, err = w.in(t, w.biology).CreateBadgeProvider(t.Context(), wanted)
		wantKind(t, err, identity.KindNotFound, "organization.not-found")
		wanted.Keys = ""
		_, err = remote.CreateBadgeProvider(t.Context(), identity.BadgeProvider{Name: "Nothing"})
		wantKind(t, err, identity.KindInvalid, "remote.refused")
		for range 2 {
			if err := remote.DeleteProvider(t.Context(), s.provider); err != nil {
				t.Errorf("delete: %v", err)
			}
		}
		if j := s.depart(t); j.sent != (identity.BadgeRequest{}) {
			t.Error("sent for a token of what is deleted")
		}
	})
}
