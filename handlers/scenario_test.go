package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// scenario is one request and all that is to be seen of its answer. Every
// column is asserted: an empty redirect means that there is none, and an empty
// audit that nothing was recorded.
type scenario struct {
	name     string
	who      string // user name; empty: signed out
	method   string
	path     string // {biology} and the like stand for IDs
	form     url.Values
	region   string // HX-Target; empty: a browser
	status   int
	text     []string // all of them are said
	absent   []string // none of them is
	redirect string   // path of Location
	audit    []identity.Action
}

// run plays scenarios in order on one portal, where organization names whose
// audit log is watched.
func (p *portal) run(organization string, scenarios []scenario) {
	p.t.Helper()
	browsers := map[string]*browser{"": p.browser()}
	for _, s := range scenarios {
		p.t.Run(s.name, func(t *testing.T) {
			if browsers[s.who] == nil {
				browsers[s.who] = p.signIn(s.who)
			}
			b := browsers[s.who].staying()
			if s.region != "" {
				b = b.with("HX-Request", "true").with("HX-Target", s.region)
			}
			before := p.audited(organization)
			seen := b.do(s.method, p.fill(s.path), s.form)
			if seen.Status != s.status {
				t.Errorf("%s %s = %d, want %d\n%s", s.method, s.path, seen.Status, s.status, seen.text())
			}
			for _, want := range s.text {
				if !strings.Contains(seen.text(), want) {
					t.Errorf("%s %s does not say %q:\n%s", s.method, s.path, want, seen.text())
				}
			}
			for _, unwanted := range s.absent {
				if strings.Contains(seen.text(), unwanted) {
					t.Errorf("%s %s says %q:\n%s", s.method, s.path, unwanted, seen.text())
				}
			}
			if got := seen.Header.Get("Location"); got != p.fill(s.redirect) {
				t.Errorf("%s %s leads to %q, want %q", s.method, s.path, got, p.fill(s.redirect))
			}
			if got, want := fmt.Sprint(p.audited(organization)[len(before):]), fmt.Sprint(s.audit); got != want {
				t.Errorf("%s %s recorded %v, want %v", s.method, s.path, got, want)
			}
		})
	}
}

// fill puts IDs in place of names in braces: {biology}, {sam}.
func (p *portal) fill(path string) string {
	for name, id := range map[string]identity.OrganizationID{
		"{linden}": p.id(linden), "{biology}": p.id(biology), "{history}": p.id(history),
		"{birch}": p.id(birch), "{maths}": p.id(maths), "{club}": p.id(club),
	} {
		path = strings.ReplaceAll(path, name, string(id))
	}
	for userName, user := range p.people {
		short, _, _ := strings.Cut(userName, "@")
		path = strings.ReplaceAll(path, "{"+short+"}", string(user.ID))
	}
	return path
}

// audited are the actions on record in an organization, oldest first.
func (p *portal) audited(organization string) []identity.Action {
	p.t.Helper()
	var actions []identity.Action
	records, err := p.store.In(p.founded(organization)).Audit(p.ctx, store.AuditQuery{Limit: 500})
	p.check(err)
	for _, r := range records.Records {
		if r.Source == identity.SourcePortal {
			actions = append([]identity.Action{r.Action}, actions...)
		}
	}
	return actions
}
