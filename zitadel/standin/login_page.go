package standin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// showLogin asks for user name and password, or goes on at once if the browser
// is signed in and nothing speaks against it.
func (g generation) showLogin(w http.ResponseWriter, r *http.Request) {
	a, ok := g.request(r)
	t := g.texts(r, a)
	if !ok {
		g.lost(w, t)
		return
	}
	if slices.Contains(a.in.Prompt, "create") {
		target := g.base + "/register?" + url.Values{g.parameter(): {r.FormValue(g.parameter())}}.Encode()
		http.Redirect(w, r, target, http.StatusFound)
		return
	}
	named := len(after(a.in.Scopes, scopeIDP)) > 0 && !slices.Contains(a.in.Prompt, "none")
	if named && g.straightOn(w, r, a, t) {
		return
	}
	if u := g.s.signedIn(agentOf(r.Context()), a); u != "" {
		next, problem := g.pass(r, a.id, u, alreadyIn)
		if problem == "" && !(slices.Contains(a.in.Prompt, "none") && !g.s.isDone(a.id)) {
			http.Redirect(w, r, next, http.StatusFound)
			return
		}
	}
	if slices.Contains(a.in.Prompt, "none") {
		g.refuse(w, r, a, "login_required")
		return
	}
	if !named && g.straightOn(w, r, a, t) {
		return
	}
	render(w, http.StatusOK, "form", g.loginView(t, a, a.in.LoginHint, ""))
}

func (g generation) loginView(t texts, a authRequest, name, problem string) view {
	v := view{
		Language: t.code, Brand: g.s.brandFor(a), Title: t.signIn, Error: problem, Action: g.base + "/login", Button: t.next, Hidden: g.carried(a.id),
		Fields: []field{
			{Name: "loginName", Label: t.name, Type: "text", Value: name, Autocomplete: "username", Focus: name == ""},
			{Name: "password", Label: t.password, Type: "password", Autocomplete: "current-password", Focus: name != ""},
		},
	}
	o := g.s.offerOf(a)
	if !o.password {
		v.Fields, v.Button = nil, ""
		if problem == "" && len(o.idps) == 0 {
			v.Error = t.noWay
		}
	}
	for _, p := range o.idps {
		v.Links = append(v.Links, link{g.chooseURL(a, p), p.name})
	}
	if g.s.registrable(a) {
		v.Links = append(v.Links, link{g.base + "/register?" + g.parameter() + "=" + g.carried(a.id)[0].Value, t.register})
	}
	return v
}

func (g generation) lost(w http.ResponseWriter, t texts) {
	render(w, http.StatusBadRequest, "say", view{Language: t.code, Title: t.lost, Lead: t.lostLead})
}

// refuse sends an error back to the application.
func (g generation) refuse(w http.ResponseWriter, r *http.Request, a authRequest, code string) {
	target, err := url.Parse(a.in.RedirectURI)
	if err != nil {
		http.Error(w, code, http.StatusBadRequest)
		return
	}
	query := target.Query()
	query.Set("error", code)
	if a.in.State != "" {
		query.Set("state", a.in.State)
	}
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// login checks what was typed.
func (g generation) login(w http.ResponseWriter, r *http.Request) {
	a, ok := g.request(r)
	t := g.texts(r, a)
	if !ok {
		g.lost(w, t)
		return
	}
	name, password := strings.TrimSpace(r.PostFormValue("loginName")), r.PostFormValue("password")
	u, problem := g.s.findLogin(t, name)
	if problem == "" {
		if p, closed := g.s.idpOf(u); p != nil {
			g.toIDP(w, r, a, t, p)
			return
		} else if closed {
			problem = t.noWay
		}
	}
	if problem == "" {
		problem = g.s.checkLogin(t, u, password, visitorOf(r, a.id).check(g.version))
	}
	if problem == "" && g.s.mustChange(u) {
		target := g.s.changeURL(g, u, a.id)
		http.Redirect(w, r, target, http.StatusSeeOther)
		return
	}
	if problem == "" {
		var next string
		if next, problem = g.pass(r, a.id, u, byPassword); problem == "" {
			http.Redirect(w, r, next, http.StatusSeeOther)
			return
		}
		problem = g.problem(t, problem)
	}
	render(w, http.StatusUnprocessableEntity, "form", g.loginView(t, a, name, problem))
}

// problem puts what finish found into words. Login V1 says of people who do not
// belong to the organization what it says of a wrong password.
func (g generation) problem(t texts, found string) string {
	switch {
	case found == notMember && g.version == 1:
		return t.wrong
	case found == notMember:
		return t.notMember
	case found == notActive:
		return t.inactive
	case found == notGranted:
		return t.needsRole
	case found == notVerified:
		return t.notVerified
	case found == noFactor:
		return t.noFactor
	default:
		return t.lost
	}
}
