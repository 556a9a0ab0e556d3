package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// replica is a second portal on the same database, with a store of its own. It
// answers at the same address: browsers are sent there by their transport.
func (p *portal) replica() *httptest.Server {
	p.t.Helper()
	opened, err := store.Open(p.ctx, store.Options{Path: p.path, Keys: p.keys, Operators: p.made.Operators, Now: p.now.Now})
	p.check(err)
	opened.UseQueue(p.queue)
	options := p.options
	options.Store = opened
	inside, err := newServer(options)
	p.check(err)
	server := httptest.NewServer(inside.routes())
	p.t.Cleanup(func() { server.Close(); _ = opened.Close() })
	return server
}

// at is the same browser, whose requests to the portal go to another server.
func (b *browser) at(server *httptest.Server) *browser {
	client := *b.client
	client.Transport = elsewhere{from: b.p.location(), to: server.Listener.Addr().String()}
	return &browser{p: b.p, client: &client, header: b.header}
}

type elsewhere struct {
	from *url.URL
	to   string
}

// RoundTrip sends what is for the portal to its replica.
func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == e.from.Host {
		r = r.Clone(r.Context())
		r.URL.Host = e.to
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Whatever ends or narrows what somebody may do holds within two seconds on
// every replica, whichever of them did it.
func TestWhatIsTakenAwayIsGoneOnEveryReplica(t *testing.T) {
	const within = 2 * time.Second
	for _, c := range []struct {
		name  string
		path  string
		form  url.Values
		signs bool   // out, and not only from the class
		left  string // a page that is still there
	}{
		{name: "suspended in a class", path: "/o/{biology}/people/{jon}/suspend", left: "/home"},
		{name: "removed from a class", path: "/o/{biology}/people/{jon}/remove", left: "/home"},
		{name: "demoted", path: "/o/{biology}/people/{jon}/role", form: url.Values{"role": {"student"}}, left: "/o/{biology}"},
		{name: "suspended in the school", path: "/o/{linden}/people/{jon}/suspend-all", left: "/home"},
		{name: "deactivated", path: "/o/{linden}/people/{jon}/deactivate", signs: true},
		{name: "sessions ended", path: "/o/{linden}/people/{jon}/sign-out", signs: true},
		{name: "sign-in reset", path: "/o/{linden}/people/{jon}/sign-in", signs: true},
		{name: "deleted", path: "/o/{linden}/people/{jon}/delete", form: url.Values{"user-name": {jon}}, signs: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t)
			replica := p.replica()
			jons := p.signIn(jon).at(replica).staying()
			roster := p.fill("/o/{biology}/invitations")
			if seen := jons.get(roster); seen.Status != http.StatusOK {
				t.Fatalf("before = %d", seen.Status)
			}
			admin := p.signIn(priya).staying()
			if seen := admin.do(http.MethodPost, p.fill(c.path), c.form); seen.Status != http.StatusSeeOther && seen.Status != http.StatusOK {
				t.Fatalf("%s = %d\n%s", c.path, seen.Status, seen.text())
			}
			began := time.Now()
			var seen page
			for time.Since(began) < within {
				if seen = jons.get(roster); seen.Status != http.StatusOK {
					break
				}
			}
			if c.signs && seen.Status != http.StatusSeeOther || !c.signs && seen.Status != http.StatusNotFound && seen.Status != http.StatusForbidden {
				t.Errorf("after %s = %d", time.Since(began), seen.Status)
			}
			if c.left != "" {
				if seen := jons.get(p.fill(c.left)); seen.Status != http.StatusOK {
					t.Errorf("%s = %d", c.left, seen.Status)
				}
			}
		})
	}

	// And by somebody at Zitadel itself, past the portal.
	p := newPortal(t)
	replica := p.replica()
	jons := p.signIn(jon).at(replica).staying()
	_, err := p.gateway.In(p.founded(linden)).Deactivate(p.ctx, p.people[jon].ID)
	p.check(err)
	began := time.Now()
	for jons.get("/home").Status == http.StatusOK {
		if time.Since(began) > within {
			t.Fatal("deactivated at Zitadel, and still in")
		}
	}
	if state, err := p.store.User(p.ctx, p.people[jon].ID); err != nil || state.State != identity.UserInactive {
		t.Errorf("the projection says %v, %v", state.State, err)
	}
}
