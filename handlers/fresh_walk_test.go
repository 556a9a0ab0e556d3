package handlers

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
)

// freshForms are the forms of fresh routes that no page shows by itself: what
// comes before them chooses what is in them.
var freshForms = map[string]func(*portal) url.Values{
	"POST /o/{organization}/people/act/remove": func(p *portal) url.Values {
		return url.Values{
			"action": {"remove"}, "which": {"chosen"}, "user": {string(p.people[noor].ID)}, "expected": {"1"},
			"submission": {identity.NewSubmission()},
		}
	},
	"POST /o/{organization}/delete": func(p *portal) url.Values {
		_, err := p.gateway.In(p.founded(history)).SetState(p.ctx, identity.OrganizationInactive)
		p.check(err)
		p.settled()
		return url.Values{"name": {history}}
	},
	"POST /platform/classrooms/{school}/adopt": func(p *portal) url.Values {
		return url.Values{"school": {string(p.id(linden))}}
	},
	"POST /o/{organization}/sign-in/enforcement/on": func(p *portal) url.Values {
		return url.Values{"admin": {string(p.people[priya].ID)}, "except": {string(p.people[sam].ID)}, "all-without-address": {"on"}}
	},
}

// Every dangerous change that is posted with an old sign-in leads through
// sign-in and back to its form, filled in as it was. Nothing is changed on the
// way.
func TestADangerousFormComesBackFilledIn(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	walked := 0
	for _, s := range p.walk() {
		if !s.fresh || s.byLink {
			continue
		}
		if s.method != http.MethodPost {
			t.Errorf("%s is fresh, and pages are always read", s)
			continue
		}
		walked++
		t.Run(s.String(), func(t *testing.T) {
			who, path := priya, p.real(s, invitation)
			if !s.inside() {
				who = olu
			}
			b := p.signIn(who)
			if strings.Contains(s.route, "/erase") { // only suspended schools have those pages
				school := "/platform/schools/" + string(p.id(linden))
				b.post(school+"/suspend", "reason", "It closes")
				defer func() { p.signIn(olu).post(school + "/restore") }()
			}
			page, form := p.formFor(b, s, path)
			before, changes := len(p.audited(linden)), p.changes()
			p.now.advance(freshFor + time.Minute)

			asked := b.with("Referer", p.url+page).staying().do(http.MethodPost, path, form)
			target, ok := strings.CutPrefix(asked.Header.Get("Refresh"), "0; url=")
			if !ok || !strings.HasPrefix(target, p.zitadel.Issuer()) || !strings.Contains(target, "prompt=login") || !strings.Contains(target, "max_age=") {
				t.Fatalf("posted = %d, on to %q\n%s", asked.Status, target, asked.text())
			}
			back := b.through(b.get(target), who, secret)
			if back.Status != http.StatusOK || back.URL.Host != strings.TrimPrefix(p.url, "http://") {
				t.Fatalf("back at %s: %d\n%s", back.URL, back.Status, back.text())
			}
			if !strings.Contains(back.text(), "You signed in again. Nothing has been changed yet") {
				t.Errorf("%s does not say what happened:\n%s", back.URL, back.text())
			}
			for name, values := range form {
				for _, value := range values {
					if !filledIn(back.doc, name, value) {
						t.Errorf("%s at %s has lost %s=%q", s, back.URL, name, value)
					}
				}
			}
			if after := p.audited(linden)[before:]; slices.ContainsFunc(after, func(a identity.Action) bool { return a != identity.ActionVisited }) || p.changes() != changes {
				t.Errorf("on the way was recorded: %v; Zitadel was changed %d times", after, p.changes()-changes)
			}
			if again := b.get(back.URL.RequestURI()); strings.Contains(again.text(), "You signed in again") {
				t.Error("the form comes back twice")
			}
		})
	}
	if walked < 5 {
		t.Errorf("only %d fresh routes were found", walked)
	}
}

// changes counts what changed anything at Zitadel, sign-ins apart.
func (p *portal) changes() int {
	n := 0
	for method, count := range p.calls() {
		for _, verb := range []string{"/Create", "/Update", "/Delete", "/Add", "/Remove", "/Set", "/Deactivate", "/Activate", "/Lock"} {
			if strings.Contains(method, verb) {
				n += count
			}
		}
	}
	return n
}

// formFor is the page with the form that is sent to path, and the form filled in.
func (p *portal) formFor(b *browser, s step, path string) (page string, form url.Values) {
	p.t.Helper()
	if fill := freshForms[s.String()]; fill != nil {
		return path, fill(p)
	}
	for page = path + "/new"; ; page = page[:strings.LastIndexByte(page, '/')] {
		if page == "" {
			return path, nil // without a form of its own
		}
		seen := b.get(page)
		if seen.Status != http.StatusOK {
			continue
		}
		for _, f := range findAll(seen.doc, "form") {
			if attribute(f, "action") == path && attribute(f, "method") == "post" {
				return page, filling(f)
			}
		}
	}
}

// filling is what somebody could have made of a form.
func filling(form *html.Node) url.Values {
	values := url.Values{}
	for i, input := range findAll(form, "input") {
		name, value := attribute(input, "name"), attribute(input, "value")
		switch kind := attribute(input, "type"); {
		case name == "", kind == "submit", kind == "file":
		case kind == "checkbox":
			values.Add(name, cmp.Or(value, "on"))
		case kind == "radio":
			values.Set(name, value) // the last one
		case kind == "hidden":
			values.Add(name, value)
		case kind == "color":
			values.Set(name, "#123456")
		case kind == "email":
			values.Set(name, fmt.Sprintf("typed-%d@typed.example", i))
		case attribute(input, "inputmode") == "numeric":
			values.Set(name, fmt.Sprint(3+i%5))
		default:
			values.Set(name, fmt.Sprintf("typed %d", i))
		}
	}
	for i, area := range findAll(form, "textarea") {
		values.Set(attribute(area, "name"), fmt.Sprintf("typed-%d.example", i))
	}
	for _, list := range findAll(form, "select") {
		if options := findAll(list, "option"); len(options) > 0 {
			values.Set(attribute(list, "name"), attribute(options[len(options)-1], "value"))
		}
	}
	return values
}

// filledIn reports whether a page has a field that would send the value.
func filledIn(doc *html.Node, name, value string) bool {
	has := func(n *html.Node, key string) bool {
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	}
	for _, input := range findAll(doc, "input") {
		kind, sent := attribute(input, "type"), attribute(input, "value")
		if kind == "checkbox" {
			sent = cmp.Or(sent, "on") // as browsers send it
		}
		if attribute(input, "name") == name && sent == value && (kind != "checkbox" && kind != "radio" || has(input, "checked")) {
			return true
		}
	}
	for _, area := range findAll(doc, "textarea") {
		if attribute(area, "name") == name && area.FirstChild != nil && strings.TrimSpace(area.FirstChild.Data) == value {
			return true
		}
	}
	for _, list := range findAll(doc, "select") {
		for _, option := range findAll(list, "option") {
			if attribute(list, "name") == name && attribute(option, "value") == value && has(option, "selected") {
				return true
			}
		}
	}
	return false
}
