package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	sessionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// What somebody changes at Zitadel itself is on an open roster within two
// seconds, and on record; the database built anew says the same.
func TestRealZitadelsOwnChangesAreSeen(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)
	desk := b.enters(c.realSite, c.maria)
	roster := views.RosterPath(c.class.ID)
	desk.open(c.url + roster)
	desk.sees("1 student")
	seeing := desk.visitor(c.site)
	alma := c.userID(c.alma.name)
	held := c.authorization(c.class.ID, alma)
	shows := func(what string, holds func(text string) bool) {
		t.Helper()
		began := time.Now()
		c.eventually("not on the roster: "+what, func() bool { return holds(seeing.get(roster).text()) })
		within(t, what+" is on the roster", began, 2*time.Second)
	}

	authorizations := c.owner.AuthorizationServiceV2()
	_, err := authorizations.UpdateAuthorization(t.Context(), &authorizationpb.UpdateAuthorizationRequest{Id: held, RoleKeys: []string{string(identity.RoleCoTeacher)}})
	c.check(err)
	shows("a role given at Zitadel", func(text string) bool { return strings.Contains(text, "1 co-teacher") })
	desk.sees("1 co-teacher") // without a reload
	_, err = authorizations.DeactivateAuthorization(t.Context(), &authorizationpb.DeactivateAuthorizationRequest{Id: held})
	c.check(err)
	shows("a role suspended at Zitadel", func(text string) bool { return strings.Contains(text, "1 suspended") })
	_, err = authorizations.DeleteAuthorization(t.Context(), &authorizationpb.DeleteAuthorizationRequest{Id: held})
	c.check(err)
	shows("a role taken at Zitadel", func(text string) bool { return !strings.Contains(text, "Alma Brandt") })
	desk.doesNotSee("Alma Brandt")
	c.assign(c.class.ID, identity.UserID(alma), identity.RoleStudent)
	shows("a role given anew", func(text string) bool { return strings.Contains(text, "Alma Brandt") })

	desk.open(c.url + views.ActivityPath(c.class.ID))
	desk.sees("made Alma Brandt a co-teacher.")
	desk.sees("(not made in Homeroom)")

	// Whoever is locked out at Zitadel is out of the portal.
	phone := b.enters(c.realSite, c.alma).visitor(c.site)
	_, err = c.owner.UserServiceV2().DeactivateUser(t.Context(), &userpb.DeactivateUserRequest{UserId: alma})
	c.check(err)
	began := time.Now()
	c.eventually("a user who was deactivated stays signed in", func() bool { return !phone.signedIn() })
	within(t, "a deactivated user is signed out", began, 2*time.Second)

	if ready := seeing.get(views.ReadyPath); ready.status != http.StatusOK ||
		ready.body != "ready\ndatabase: ok\nprojection: ok\nzitadel: ok\nmail: ok\n" {
		t.Errorf("readyz: %d %q", ready.status, ready.body)
	}

	if said := c.command("sync"); !strings.Contains(said, "Up to date.") || !strings.Contains(said, "no difference") {
		t.Errorf("sync says:\n%s", said)
	}
	var exports [3][]byte
	for i, arguments := range [][]string{{"sync"}, {"sync", "--rebuild"}, {"sync", "--rebuild"}} {
		path := filepath.Join(t.TempDir(), "roster")
		began := time.Now()
		said := c.command(append(arguments, "--export", path)...)
		t.Logf("%v in %s: %s", arguments, time.Since(began).Round(time.Millisecond), said)
		exports[i], err = os.ReadFile(path)
		c.check(err)
	}
	if len(exports[0]) == 0 || !bytes.Equal(exports[0], exports[1]) || !bytes.Equal(exports[1], exports[2]) {
		t.Errorf("exports before and after a rebuild, and after another one:\n%s\n%s\n%s", exports[0], exports[1], exports[2])
	}
}

// Signing out ends the session at Zitadel and the refresh token with it; a
// session that ends at Zitadel ends here.
func TestRealZitadelEndsSessions(t *testing.T) {
	c, b := newRealClass(newRealSite(t)), newBrowser(t)

	desk := b.enters(c.realSite, c.maria)
	was, seeing := c.session(desk.visitor(c.site)), desk.visitor(c.site)
	if was.sid == "" || was.idToken == "" || was.refresh == "" {
		t.Fatal("the session lacks Zitadel's session ID or a token")
	}
	desk.sends(views.SignOutPath)
	desk.isAt(views.SignedOutPath)
	if seeing.signedIn() {
		t.Error("signed in after signing out")
	}
	if status := c.refreshes(was.refresh); status != http.StatusBadRequest {
		t.Errorf("the refresh token answers %d after signing out, want 400", status)
	}
	desk.open(c.url + views.SignInPath)
	desk.until(`!location.href.startsWith(`+quote(c.url)+`) && `+next, "is signed in at Zitadel without asking")
	at, asks := desk.arrives(c.url)
	if asks == "go on" { // Login V1 shows who was signed in
		desk.sees(c.maria.name)
		desk.click(submit, "cannot go on")
		desk.leaves(at, asks)
		_, asks = desk.arrives(c.url)
	}
	if asks != "name" && asks != "password" {
		t.Errorf("after signing out Zitadel asks %q", asks)
	}

	// Zitadel tells the portal of the end of a session.
	for _, way := range []struct {
		name string
		end  func(*testing.T, session)
	}{
		{"signed out by another application", func(_ *testing.T, s session) {
			answer, err := http.Get(c.made.Issuer + "/oidc/v1/end_session?id_token_hint=" + s.idToken)
			c.check(err)
			_ = answer.Body.Close()
		}},
		{"session deleted", func(t *testing.T, s session) {
			if strings.HasPrefix(s.sid, "V1_") {
				t.Skip("the session API does not know sessions of Login V1")
			}
			_, err := c.owner.SessionServiceV2().DeleteSession(t.Context(), &sessionpb.DeleteSessionRequest{SessionId: s.sid})
			c.check(err)
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			phone := b.enters(c.realSite, c.alma)
			seeing := phone.visitor(c.site)
			way.end(t, c.session(seeing))
			began := time.Now()
			c.eventually("a session that ended at Zitadel goes on", func() bool { return !seeing.signedIn() })
			within(t, "signed out from Zitadel", began, 2*time.Second)
		})
	}
}
