package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// behindLinks are the routes that a set-up link opens, with those last that end
// what the others need.
func (p *portal) behindLinks() []step {
	p.t.Helper()
	var steps []step
	for _, s := range p.walk() {
		if s.byLink {
			steps = append(steps, s)
		}
	}
	if len(steps) < 20 {
		p.t.Fatalf("only %d routes behind a set-up link were found", len(steps))
	}
	return steps
}

// form is what a walk sends along: nothing, or with a change more than any page
// offers.
func (p *portal) form(s step) url.Values {
	if s.method == http.MethodPost {
		return p.greedy(bob)
	}
	return nil
}

// A link's pages are there for a browser in which its own code was confirmed,
// and for nobody else, whoever they are otherwise.
func TestWithoutItsCodeALinkOpensNothing(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	_, own := p.setupLink(linden, priya, identity.IntentSSO, identity.IntentDomains)
	_, theirs := p.setupLink(birch, bob, identity.IntentSSO, identity.IntentDomains)
	people := map[string]*browser{
		"nobody": p.browser(), "another link of the school": p.throughLink(own), "a link of another school": p.throughLink(theirs),
		mallory: p.signIn(mallory), bob: p.signIn(bob), priya: p.signIn(priya), olu: p.signIn(olu),
	}
	recorded := len(p.audited(linden))
	p.unchanged(func() {
		for _, s := range p.behindLinks() {
			for who, b := range people {
				got := b.staying().do(s.method, p.real(s, invitation), p.form(s))
				if got.Status != http.StatusNotFound || strings.Contains(got.Body, linden) || strings.Contains(got.Body, "Ingrid") {
					t.Errorf("%s as %s = %d, want 404\n%s", s, who, got.Status, got.text())
				}
			}
		}
	})
	if after := p.audited(linden); len(after) != recorded {
		t.Errorf("on record: %v", after[recorded:])
	}
}

// A link that ended opens nothing any more, not even to a browser that was in.
func TestALinkThatEndedOpensNothing(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		end        func(*portal)
	}{
		{"revoked", "Priya Nair took this set-up link back.", func(p *portal) {
			p.check(p.in(linden, priya).RevokeLink(p.ctx, p.rows.link))
		}},
		{"expired", "Ask Priya Nair to send it again.", func(p *portal) {
			// Confirmed on its last day.
			p.now.advance(2 * time.Hour)
		}},
		{"finished", "ask Priya Nair for a new link", func(p *portal) {
			opened, err := p.store.OpenSetup(p.ctx, p.rows.link)
			p.check(err)
			p.check(p.store.In(opened).FinishLink(p.ctx))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPortal(t)
			invitation := p.waiting()
			p.now.advance(identity.SetupLinkDays*24*time.Hour - time.Hour)
			b := p.throughLink(p.rows.token)
			if seen := b.get(views.ByLink(p.rows.link).Domains()); seen.Status != http.StatusOK {
				t.Fatalf("before: %d\n%s", seen.Status, seen.text())
			}
			tt.end(p)
			recorded := len(p.audited(linden))
			p.unchanged(func() {
				for _, s := range p.behindLinks() {
					got := b.staying().do(s.method, p.real(s, invitation), p.form(s))
					if got.Status != http.StatusGone || s.method != http.MethodHead && !strings.Contains(got.text(), tt.says) {
						t.Errorf("%s = %d, want 410\n%s", s, got.Status, got.text())
					}
				}
			})
			if after := p.audited(linden); len(after) != recorded {
				t.Errorf("on record: %v", after[recorded:])
			}
		})
	}
}

// A link opens what it is for. The control: what it is for is there.
func TestALinkLacksWhatItIsNotFor(t *testing.T) {
	for name, intent := range map[string]identity.SetupIntent{"sign-in": identity.IntentSSO, "domains": identity.IntentDomains} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t)
			invitation := p.waiting()
			link, token := p.setupLink(linden, priya, intent)
			p.rows.link = link.ID
			b := p.throughLink(token)
			found := 0
			for _, s := range p.behindLinks() {
				opened, err := p.store.OpenSetup(p.ctx, link.ID)
				p.check(err)
				path := p.real(s, invitation)
				if s.needs == "" || opened.Permits(s.needs) {
					if got := b.staying().do(s.method, path, nil); got.Status != http.StatusNotFound && got.Status < 500 {
						found++
					} else {
						t.Errorf("%s = %d\n%s", s, got.Status, got.text())
					}
					continue
				}
				p.unchanged(func() {
					got := b.staying().do(s.method, path, p.form(s))
					if got.Status != http.StatusNotFound || !strings.Contains(got.text(), "does not include that page. Ask Priya Nair") {
						t.Errorf("%s = %d, want 404\n%s", s, got.Status, got.text())
					}
				})
			}
			if found < 5 {
				t.Errorf("only %d pages were found", found)
			}
		})
	}
}

// IDs of another school's connection, domain, attempt or link are not found
// behind either door, and nothing happens to what they name.
func TestWhatIsAnotherSchoolsIsNotFoundBehindEitherDoor(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	theirs := p.signInRows(birch, bob, "birch.example")
	people := map[bool]*browser{false: p.signIn(priya).staying(), true: p.throughLink(p.rows.token).staying()}
	own := p.rows
	recorded := map[string]int{linden: len(p.audited(linden)), birch: len(p.audited(birch))}
	asked := 0
	p.unchanged(func() {
		for _, s := range p.walk() {
			if s.place() != linden && !s.byLink {
				continue
			}
			for _, crafted := range []struct {
				parameter string
				in        func(*signInRows)
			}{
				{"{connection}", func(r *signInRows) { r.connection = theirs.connection }},
				{"{domain}", func(r *signInRows) { r.domain = theirs.domain }},
				{"{attempt}", func(r *signInRows) { r.attempt = theirs.attempt }},
				{"{link}", func(r *signInRows) { r.link = theirs.link }},
			} {
				if !strings.Contains(s.route, crafted.parameter) {
					continue
				}
				rows := own
				crafted.in(&rows)
				p.rows = rows
				asked++
				got := people[s.byLink].do(s.method, p.real(s, invitation), p.form(s))
				if got.Status != http.StatusNotFound || strings.Contains(got.text(), birch) || strings.Contains(got.text(), "birch.example") {
					t.Errorf("%s with %s of another school = %d, want 404\n%s", s, crafted.parameter, got.Status, got.text())
				}
			}
		}
	})
	p.rows = own
	if asked < 40 {
		t.Errorf("only %d requests were made", asked)
	}
	for school, before := range recorded {
		if after := p.audited(school); len(after) != before {
			t.Errorf("%s: on record: %v", school, after[before:])
		}
	}
	c, err := p.in(birch, bob).Connection(p.ctx, theirs.connection)
	if err != nil || c.State != identity.ConnectionDraft || c.Name != birch+" SSO" {
		t.Errorf("the connection is %+v, %v", c, err)
	}
	if link, err := p.in(birch, bob).Link(p.ctx, theirs.link); err != nil || link.State != identity.SetupSent {
		t.Errorf("the link is %+v, %v", link, err)
	}
	if d, err := p.in(birch, bob).Domain(p.ctx, theirs.domain); err != nil || !d.Verified {
		t.Errorf("the domain is %+v, %v", d, err)
	}
}
