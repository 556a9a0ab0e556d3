package zitadel

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestLoginPagesAreRecognised(t *testing.T) {
	for _, test := range []struct {
		location string
		want     identity.LoginPages
		ok       bool
	}{
		{"http://localhost:8090/ui/login/login?authRequestID=345", identity.LoginPages{Version: 1, Base: "http://localhost:8090/ui/login"}, true},
		{"https://id.example.org/ui/v2/login/login?authRequest=V2_345", identity.LoginPages{Version: 2, Base: "https://id.example.org/ui/v2/login"}, true},
		{"https://login.example.org/login?authRequest=V2_345", identity.LoginPages{Version: 2, Base: "https://login.example.org"}, true},
		{"https://portal.example.org/auth/callback?error=login_required", identity.LoginPages{}, false},
		{"https://id.example.org/ui/login/login", identity.LoginPages{}, false},
		{"https://id.example.org/ui/login/logout?authRequestID=345", identity.LoginPages{}, false},
	} {
		u, err := url.Parse(test.location)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := loginPagesAt(u); got != test.want || ok != test.ok {
			t.Errorf("loginPagesAt(%s) = %+v, %v, want %+v, %v", test.location, got, ok, test.want, test.ok)
		}
	}
}

// A class that accepts at once costs one question.
func TestManyWhoAskForTheLoginPagesShareOneQuestion(t *testing.T) {
	var asked atomic.Int32
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-release
		http.Redirect(w, r, "/ui/login/login?authRequestID=1", http.StatusFound)
	}))
	defer server.Close()
	runtime := &Runtime{config: Config{Issuer: server.URL, ClientID: "c", RedirectURI: "http://localhost/auth/callback"}}
	var wait sync.WaitGroup
	for range 35 {
		wait.Go(func() {
			pages, err := runtime.LoginPages(t.Context())
			if want := (identity.LoginPages{Version: 1, Base: server.URL + "/ui/login"}); pages != want || err != nil {
				t.Errorf("pages = %+v, %v, want %+v", pages, err, want)
			}
		})
	}
	close(release)
	wait.Wait()
	if _, err := runtime.LoginPages(t.Context()); err != nil || asked.Load() != 1 {
		t.Errorf("asked %d times, %v, want once", asked.Load(), err)
	}
}

func TestLoginPagesThatCannotBeFound(t *testing.T) {
	for _, test := range []struct {
		name    string
		answer  http.HandlerFunc
		unavail bool
	}{
		{"server error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, true},
		{"unknown client", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, false},
		{"another page", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/maintenance", http.StatusFound) }, false},
	} {
		server := httptest.NewServer(test.answer)
		_, err := (&Runtime{config: Config{Issuer: server.URL}}).LoginPages(t.Context())
		server.Close()
		if err == nil || identity.IsKind(err, identity.KindUnavailable) != test.unavail {
			t.Errorf("%s: error = %v, want unavailable %v", test.name, err, test.unavail)
		}
	}
}
