package store

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// signedInFrom is an scs manager on the store with a session of the user's for
// each device, each a minute newer than the one before.
func signedInFrom(t *testing.T, w *world, user string, devices ...string) (*scs.SessionManager, map[string]string) {
	t.Helper()
	w.clock = time.Now().Truncate(time.Microsecond).UTC() // scs has its own clock
	m := scs.New()
	m.Store, m.HashTokenInStore, m.Lifetime = w.Sessions(), true, 12*time.Hour
	tokens := make(map[string]string)
	for i, device := range devices {
		ctx, err := m.Load(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		at := w.clock.Add(time.Duration(i) * time.Minute).UnixMicro()
		for key, value := range map[string]any{
			"user": user, "sid": "sid-" + device, "device": device, "address": "192.0.2.1", "since": at, "seen": at,
			"id_token": "id-token-" + device, "refresh": "refresh-" + device,
		} {
			m.Put(ctx, key, value)
		}
		if tokens[device], _, err = m.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return m, tokens
}

func TestAPersonSeesAndEndsTheirOwnSessionsAlone(t *testing.T) {
	w := newWorld(t)
	m, tokens := signedInFrom(t, w, "sam", "phone", "laptop", "library")
	_, others := signedInFrom(t, w, "zoe", "tablet")
	sessions := w.Sessions()

	list := func(user identity.UserID, since time.Time) []Session {
		t.Helper()
		found, err := sessions.Of(t.Context(), user, since)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	at := func(i int) time.Time { return list("sam", time.Time{})[i].SeenAt }
	want := []Session{
		{ID: SessionID(tokens["library"]), Device: "library", Address: "192.0.2.1", CreatedAt: at(0), SeenAt: at(0)},
		{ID: SessionID(tokens["laptop"]), Device: "laptop", Address: "192.0.2.1", CreatedAt: at(1), SeenAt: at(1)},
		{ID: SessionID(tokens["phone"]), Device: "phone", Address: "192.0.2.1", CreatedAt: at(2), SeenAt: at(2)},
	}
	if diff := cmp.Diff(want, list("sam", time.Time{})); diff != "" || at(0).Sub(at(2)) != 2*time.Minute {
		t.Error(diff)
	}
	if got := list("sam", at(1)); len(got) != 2 {
		t.Errorf("seen since the laptop was: %v", got)
	}
	if got := list("", time.Time{}); len(got) != 0 {
		t.Errorf("sessions of nobody: %v", got)
	}

	for name, id := range map[string]string{"another person's": SessionID(others["tablet"]), "none": "unknown", "empty": ""} {
		if _, err := sessions.EndOne(t.Context(), "sam", id); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("end %s: %v", name, err)
		}
	}
	ended, err := sessions.EndOne(t.Context(), "sam", SessionID(tokens["phone"]))
	if err != nil || ended != (EndedSession{SID: "sid-phone", IDToken: "id-token-phone", Refresh: "refresh-phone"}) {
		t.Errorf("end one = %+v, %v", ended, err)
	}
	if who(t, m, tokens["phone"]) != "" || who(t, m, tokens["laptop"]) != "sam" {
		t.Error("not exactly the phone's session ended")
	}
	if _, err := sessions.EndOne(t.Context(), "sam", SessionID(tokens["phone"])); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("end it twice: %v", err)
	}
	rest, err := sessions.EndOthers(t.Context(), "sam", SessionID(tokens["library"]))
	if err != nil || len(rest) != 1 || rest[0].IDToken != "id-token-laptop" {
		t.Errorf("end others = %+v, %v", rest, err)
	}
	if who(t, m, tokens["library"]) != "sam" || who(t, m, tokens["laptop"]) != "" || who(t, m, others["tablet"]) != "zoe" {
		t.Error("not exactly the other sessions ended")
	}
}

func TestAStashedFormComesBackOnceToItsSender(t *testing.T) {
	w := newWorld(t)
	form := url.Values{"name": {"Löwe & Co"}, "day": {"1", "2"}, "empty": {""}}
	put := func() string {
		t.Helper()
		token, err := w.PutStash(t.Context(), Stash{User: "priya", Page: "/o/linden/policies", Form: form})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for _, c := range []struct {
		name  string
		user  identity.UserID
		later time.Duration
		owner identity.UserID
		found bool
	}{
		{name: "at once", user: "priya", owner: "priya", found: true},
		{name: "just in time", user: "priya", later: StashTime - time.Second, owner: "priya", found: true},
		{name: "too late", user: "priya", later: StashTime},
		{name: "by somebody else", user: "sam", owner: "priya"},
		{name: "by nobody", user: "", owner: "priya"},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := put()
			began := w.clock
			w.clock = w.clock.Add(c.later)
			defer func() { w.clock = began }()
			if owner, err := w.StashOwner(t.Context(), token); owner != c.owner || (err == nil) != (c.owner != "") {
				t.Errorf("owner = %q, %v", owner, err)
			}
			got, err := w.TakeStash(t.Context(), token, c.user)
			if !c.found {
				if !identity.IsKind(err, identity.KindNotFound) {
					t.Errorf("found %+v, %v", got, err)
				}
			} else if diff := cmp.Diff(Stash{User: "priya", Page: "/o/linden/policies", Form: form}, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
			if got, err := w.TakeStash(t.Context(), token, "priya"); !identity.IsKind(err, identity.KindNotFound) {
				t.Errorf("a second time: %+v, %v", got, err)
			}
		})
	}

	token := put()
	held := w.dump("SELECT * FROM stashes")
	for _, secret := range []string{token, "Löwe", "/o/linden/policies"} {
		if strings.Contains(held, secret) {
			t.Errorf("%q stands in the database as it is", secret)
		}
	}
	if _, err := w.writer.ExecContext(t.Context(), `UPDATE stashes SET user_id = 'sam'`); err != nil {
		t.Fatal(err)
	}
	if got, err := w.TakeStash(t.Context(), token, "sam"); !errors.Is(err, errSealed) {
		t.Errorf("a form given to somebody else in the database: %+v, %v", got, err)
	}
	put()
	w.clock = w.clock.Add(StashTime)
	if err := w.DeleteExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := w.dump("SELECT * FROM stashes"); left != "" {
		t.Errorf("forms are left that nobody can get: %s", left)
	}
}
