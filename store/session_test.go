package store

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"homeroom.dev/homeroom/identity"
)

// signedIn is an scs manager on the store with one session of each user.
func signedIn(t *testing.T, w *world, users ...string) (*scs.SessionManager, map[string]string) {
	t.Helper()
	m := scs.New()
	m.Store, m.HashTokenInStore, m.Lifetime = w.Sessions(), true, 12*time.Hour
	tokens := make(map[string]string)
	for _, user := range users {
		ctx, err := m.Load(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		m.Put(ctx, "user", user)
		m.Put(ctx, "sid", "sid-"+user)
		m.Put(ctx, "refresh", "refresh-token-of-"+user)
		if tokens[user], _, err = m.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return m, tokens
}

func who(t *testing.T, m *scs.SessionManager, token string) string {
	t.Helper()
	ctx, err := m.Load(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return m.GetString(ctx, "user")
}

func TestSessionsKeepNothingReadable(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now() // scs has its own clock
	m, tokens := signedIn(t, w, "sam")
	if got := who(t, m, tokens["sam"]); got != "sam" {
		t.Errorf("session of %q", got)
	}
	held := []byte(w.dump("SELECT * FROM sessions"))
	for _, secret := range []string{tokens["sam"], "refresh-token-of-sam"} {
		if bytes.Contains(held, []byte(secret)) {
			t.Errorf("%q stands in the database as it is", secret)
		}
	}
	if _, err := w.writer.ExecContext(t.Context(), `INSERT INTO sessions (token_hash, sealed, expires_us)
		SELECT 'copied', sealed, expires_us FROM sessions`); err != nil {
		t.Fatal(err)
	}
	if _, found, err := w.Sessions().FindCtx(t.Context(), "copied"); found || err != nil {
		t.Errorf("a session that was copied to another row opens: %v, %v", found, err)
	}
}

func TestSessionsOfAUserEndTogether(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now()
	m, tokens := signedIn(t, w, "sam", "zoe", "kim")
	_, more := signedIn(t, w, "sam")
	for _, tt := range []struct {
		end   func() error
		ended []string
		stay  []string
	}{
		{func() error { return w.Sessions().End(t.Context(), "sam") }, []string{tokens["sam"], more["sam"]}, []string{tokens["zoe"], tokens["kim"]}},
		{func() error { return w.Sessions().EndOIDC(t.Context(), "sid-zoe") }, []string{tokens["zoe"]}, []string{tokens["kim"]}},
		{func() error { return w.Sessions().End(t.Context(), "") }, nil, []string{tokens["kim"]}},
		{func() error { return w.Sessions().EndOIDC(t.Context(), "") }, nil, []string{tokens["kim"]}},
	} {
		if err := tt.end(); err != nil {
			t.Fatal(err)
		}
		for _, token := range tt.ended {
			if got := who(t, m, token); got != "" {
				t.Errorf("the session of %s goes on", got)
			}
		}
		for _, token := range tt.stay {
			if got := who(t, m, token); got == "" {
				t.Error("somebody else's session ended")
			}
		}
	}
}

// A request that is under way while its session is ended writes the session at
// its end. That must not bring it back.
func TestARequestUnderWayDoesNotBringASessionBack(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now()
	m, tokens := signedIn(t, w, "sam")
	m.IdleTimeout = time.Hour
	handler := m.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := w.Sessions().End(r.Context(), "sam"); err != nil {
			t.Error(err)
		}
		m.Put(r.Context(), "seen", true)
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: m.Cookie.Name, Value: tokens["sam"]})
	handler.ServeHTTP(httptest.NewRecorder(), r)
	if got := who(t, m, tokens["sam"]); got != "" {
		t.Errorf("the session of %s is back", got)
	}
}

func TestReadingAPageDoesNotWriteItsSession(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now()
	m, tokens := signedIn(t, w, "sam")
	m.IdleTimeout = time.Hour
	get := func() {
		t.Helper()
		ctx, err := m.Load(t.Context(), tokens["sam"])
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := m.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	get() // now it has an idle time
	before := w.dump("SELECT * FROM sessions")
	get()
	if after := w.dump("SELECT * FROM sessions"); after != before {
		t.Errorf("the session was written:\n%s%s", before, after)
	}
	if _, err := w.writer.ExecContext(t.Context(), `UPDATE sessions SET expires_us = expires_us - 120000000`); err != nil {
		t.Fatal(err)
	}
	lagging := w.dump("SELECT expires_us FROM sessions")
	get()
	if after := w.dump("SELECT expires_us FROM sessions"); after <= lagging { // both have as many digits
		t.Errorf("the session's time was not moved on: %s after %s", after, lagging)
	}
}

func TestExpiredSessionsAreNotFoundAndDeleted(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now()
	m, tokens := signedIn(t, w, "sam")
	w.clock = w.clock.Add(13 * time.Hour)
	if got := who(t, m, tokens["sam"]); got != "" {
		t.Errorf("the session of %s has no end", got)
	}
	if err := w.DeleteExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if held := w.dump("SELECT * FROM sessions"); held != "" {
		t.Errorf("left: %s", held)
	}
}

func TestKeysAreRotated(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now()
	old, young := NewKey(), NewKey()
	ring := func(text string) *KeyRing {
		t.Helper()
		keys, err := ParseKeyRing(text)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	w.keys = ring(old)
	_, token := w.invite(w.as("linden-tom", "linden-7b"), "a@x.example")
	m, tokens := signedIn(t, w, "sam")

	w.keys = ring(young + "," + old)
	if got := who(t, m, tokens["sam"]); got != "sam" {
		t.Error("the session did not open with the new key in front")
	}
	_, later := w.invite(w.as("linden-tom", "linden-7b"), "b@x.example")

	w.keys = ring(young)
	o := w.as("linden-tom", "linden-7b")
	for address, want := range map[string]struct {
		token string
		opens bool
	}{"a@x.example": {token, false}, "b@x.example": {later, true}} {
		page, err := o.Invitations(t.Context(), InvitationQuery{Search: address})
		if err != nil || len(page.Rows) != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
		got, err := o.InvitationToken(t.Context(), page.Rows[0].ID)
		if (err == nil) != want.opens || want.opens && got != handedToken(want.token) {
			t.Errorf("%s: token = %q, %v; opens = %v", address, got, err, want.opens)
		}
	}
	if got := who(t, m, tokens["sam"]); got != "" {
		t.Error("a session of a retired key goes on")
	}
}

func TestKeyRingsAreReadWithCare(t *testing.T) {
	good := NewKey()
	for text, ok := range map[string]bool{
		good:                          true,
		" " + good + " , " + NewKey(): true,
		"":                            false,
		"a":                           false,
		"a:":                          false,
		"a:AAAA":                      false,
		"a:not base64!":               false,
		":" + good:                    false,
		good + "," + good:             false,
		good + ",":                    false,
		"a.b:" + good[9:]:             false,
	} {
		if _, err := ParseKeyRing(text); (err == nil) != ok {
			t.Errorf("%q: %v, want ok = %v", text, err, ok)
		}
	}
}

func TestASealedTextIsBoundToItsPlace(t *testing.T) {
	keys := newKeys(t)
	at := place{table: "invitations", column: "token_sealed", row: "1"}
	sealed, err := keys.seal(at, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := keys.open(at, sealed); err != nil || string(plain) != "secret" {
		t.Errorf("opened %q, %v", plain, err)
	}
	again, err := keys.seal(at, []byte("secret"))
	if err != nil || again == sealed {
		t.Errorf("sealed twice the same: %v", err)
	}
	changed := []byte(sealed)
	if changed[len(changed)/2]++; changed[len(changed)/2] > 'z' {
		changed[len(changed)/2] = 'A'
	}
	for name, try := range map[string]struct {
		at   place
		text string
	}{
		"another row":    {place{"invitations", "token_sealed", "2"}, sealed},
		"another column": {place{"invitations", "address", "1"}, sealed},
		"another table":  {place{"outbox", "token_sealed", "1"}, sealed},
		"changed":        {at, string(changed)},
		"cut off":        {at, sealed[:12]},
		"no key":         {at, "zzz" + sealed},
		"empty":          {at, ""},
	} {
		if _, err := keys.open(try.at, try.text); err == nil {
			t.Errorf("%s opens", name)
		}
	}
}

func TestSessionsBeforeSignInBelongToNobody(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now()
	m, tokens := signedIn(t, w, "")
	if err := w.Sessions().End(t.Context(), identity.UserID("")); err != nil {
		t.Fatal(err)
	}
	ctx, err := m.Load(t.Context(), tokens[""])
	if err != nil || m.GetString(ctx, "refresh") == "" {
		t.Errorf("ending nobody's sessions ended one: %v", err)
	}
}
