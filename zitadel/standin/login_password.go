package standin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// link parameters differ by generation; what was named is used by both.
func (g generation) named(r *http.Request) (userID, code string) {
	return cmp.Or(r.FormValue("userID"), r.FormValue("userId")), strings.TrimSpace(r.FormValue("code"))
}

// loginNameOf is how a user is called on the pages, if the user is there.
func (s *Server) loginNameOf(userID string) string {
	s.RLock()
	defer s.RUnlock()
	if u := s.users[userID]; u != nil {
		return u.userName
	}
	return ""
}

// passwordView asks for a new password. A code that was used still shows the
// form, as Zitadel does.
func (g generation) passwordView(r *http.Request, a authRequest, t texts, title, lead, problem string) view {
	userID, code := g.named(r)
	hidden := append(g.carried(a.id), field{Name: "userID", Value: userID})
	codeField := field{Name: "code", Label: t.inviteCode, Type: "text", Value: code, Autocomplete: "one-time-code"}
	fields := []field{codeField}
	if code != "" {
		hidden, fields = append(hidden, field{Name: "code", Value: code}), nil
	}
	return view{
		Language: t.code, Title: title, Lead: lead, Error: problem, Action: r.URL.Path, Button: t.setPassword, Hidden: hidden,
		Fields: append(fields,
			field{Name: "password", Label: t.newPassword, Hint: t.rules, Type: "password", Autocomplete: "new-password", Focus: true},
			field{Name: "passwordconfirm", Label: t.repeat, Type: "password", Autocomplete: "new-password"},
		),
	}
}

func (g generation) inviteView(r *http.Request, a authRequest, t texts, problem string) view {
	userID, _ := g.named(r)
	lead := ""
	if name := cmp.Or(g.s.loginNameOf(userID), r.FormValue("loginname")); name != "" {
		lead = fmt.Sprintf(t.activateLead, name)
	}
	return g.passwordView(r, a, t, t.activate, lead, problem)
}

// showInvite asks somebody who was invited for a first password.
func (g generation) showInvite(w http.ResponseWriter, r *http.Request) {
	a, _ := g.request(r)
	t := g.texts(r, a)
	render(w, http.StatusOK, "form", g.inviteView(r, a, t, ""))
}

// invite sets a first password by an invite code.
func (g generation) invite(w http.ResponseWriter, r *http.Request) {
	a, _ := g.request(r)
	t := g.texts(r, a)
	userID, code := g.named(r)
	problem := g.setPassword(t, r, func(tx *tx, u *user, password string) error {
		return g.s.verifyInvite(tx, u, code, password)
	})
	if problem != "" {
		render(w, http.StatusUnprocessableEntity, "form", g.inviteView(r, a, t, problem))
		return
	}
	g.goOn(w, r, a, t, userID)
}

func (g generation) resetView(r *http.Request, a authRequest, t texts, problem string) view {
	userID, _ := g.named(r)
	title, lead := t.reset, ""
	if r.FormValue("change") != "" {
		title, lead = t.change, t.changeLead
	} else if name := g.s.loginNameOf(userID); name != "" {
		lead = fmt.Sprintf(t.resetLead, name)
	}
	return g.passwordView(r, a, t, title, lead, problem)
}

// showReset asks for a new password.
func (g generation) showReset(w http.ResponseWriter, r *http.Request) {
	a, _ := g.request(r)
	t := g.texts(r, a)
	render(w, http.StatusOK, "form", g.resetView(r, a, t, ""))
}

// reset sets a new password by a code.
func (g generation) reset(w http.ResponseWriter, r *http.Request) {
	a, _ := g.request(r)
	t := g.texts(r, a)
	userID, code := g.named(r)
	problem := g.setPassword(t, r, func(tx *tx, u *user, password string) error {
		if err := g.s.passwordPolicyOf(u.owner).check(password); err != nil {
			return err
		}
		if err := g.s.checkReset(u, code); err != nil {
			return err
		}
		g.s.state.setPassword(tx, u, hashPassword(password), false)
		return nil
	})
	if problem != "" {
		render(w, http.StatusUnprocessableEntity, "form", g.resetView(r, a, t, problem))
		return
	}
	g.goOn(w, r, a, t, userID)
}

// setPassword runs set for the user of a form and puts its error into words.
func (g generation) setPassword(t texts, r *http.Request, set func(*tx, *user, string) error) string {
	password := r.PostFormValue("password")
	if password != r.PostFormValue("passwordconfirm") {
		return t.differ
	}
	if password == "" {
		return t.weak["COMMA-HuJf6"]
	}
	userID, _ := g.named(r)
	g.s.Lock()
	defer g.s.Unlock()
	u := g.s.users[userID]
	if u == nil {
		return t.badCode
	}
	err := set(g.s.begin(loginEditor), u, password)
	var f *failure
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f) && t.weak[f.id] != "":
		return t.weak[f.id]
	default:
		return t.badCode
	}
}

// goOn signs in who has just set a password: back to the application that
// asked, or to where the login policy leads people who came by a link.
func (g generation) goOn(w http.ResponseWriter, r *http.Request, a authRequest, t texts, userID string) {
	if a.id != "" {
		next, problem := g.pass(r, a.id, userID, byPassword)
		if problem != "" {
			render(w, http.StatusUnprocessableEntity, "form", g.loginView(t, a, g.s.loginNameOf(userID), g.problem(t, problem)))
			return
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, g.s.welcome(r, g.version, userID), http.StatusSeeOther)
}

// welcome signs a user in without an application and says where to go.
func (s *Server) welcome(r *http.Request, version int, userID string) string {
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	if u == nil || u.state != userActive {
		return "/ui/login/logout/done"
	}
	s.remember(r, u, version, byPassword)
	return cmp.Or(s.loginPolicyOf(u.owner).redirect, "/ui/console/")
}

// registrable tells whether people may register themselves by this request.
func (s *Server) registrable(a authRequest) bool {
	s.RLock()
	defer s.RUnlock()
	return s.loginPolicyOf(s.registersIn(a)).register
}

// registersIn is the organization people register themselves in: the one the
// scope names, or else the instance's default.
func (s *state) registersIn(a authRequest) string {
	for _, id := range after(a.in.Scopes, scopeOrgID) {
		if s.orgs[id] != nil {
			return id
		}
	}
	return s.instance.defaultOrg
}

func (g generation) registerView(t texts, a authRequest, typed url.Values, problem string) view {
	text := func(name, label, kind, autocomplete string) field {
		return field{Name: name, Label: label, Type: kind, Value: typed.Get(name), Autocomplete: autocomplete}
	}
	v := view{
		Language: t.code, Title: t.signUp, Lead: t.signUpLead, Error: problem, Action: g.base + "/register", Button: t.signUp,
		Hidden: g.carried(a.id),
		Fields: []field{
			text("firstname", t.given, "text", "given-name"), text("lastname", t.family, "text", "family-name"),
			text("email", t.address, "email", "email"),
			{Name: "password", Label: t.newPassword, Hint: t.rules, Type: "password", Autocomplete: "new-password"},
			{Name: "passwordconfirm", Label: t.repeat, Type: "password", Autocomplete: "new-password"},
		},
	}
	v.Fields[0].Focus = true
	return v
}

// showRegister asks who somebody is.
func (g generation) showRegister(w http.ResponseWriter, r *http.Request) {
	a, ok := g.request(r)
	t := g.texts(r, a)
	switch {
	case !ok:
		g.lost(w, t)
	case !g.s.registrable(a):
		render(w, http.StatusForbidden, "say", view{Language: t.code, Title: t.failed, Lead: t.noRegister})
	default:
		typed := url.Values{}
		if strings.Contains(a.in.LoginHint, "@") {
			typed.Set("email", a.in.LoginHint)
		}
		render(w, http.StatusOK, "form", g.registerView(t, a, typed, ""))
	}
}

// register makes an account and signs it in. A real server mails a code to
// verify the address; the stand-in sends no mail and believes it.
func (g generation) register(w http.ResponseWriter, r *http.Request) {
	a, ok := g.request(r)
	t := g.texts(r, a)
	if !ok {
		g.lost(w, t)
		return
	}
	userID, problem := g.s.selfRegister(r, a, t)
	if problem != "" {
		render(w, http.StatusUnprocessableEntity, "form", g.registerView(t, a, r.PostForm, problem))
		return
	}
	g.goOn(w, r, a, t, userID)
}

func (s *Server) selfRegister(r *http.Request, a authRequest, t texts) (userID, problem string) {
	if r.PostFormValue("password") != r.PostFormValue("passwordconfirm") {
		return "", t.differ
	}
	s.Lock()
	defer s.Unlock()
	org := s.registersIn(a)
	if !s.loginPolicyOf(org).register {
		return "", t.noRegister
	}
	address := strings.TrimSpace(r.PostFormValue("email"))
	if checkAddress("email", address) != nil {
		return "", t.failed
	}
	u, _, err := s.addUser(s.begin(loginEditor), newUser{
		org: org, password: r.PostFormValue("password"), verified: true, registered: true,
		profile: profile{
			givenName: strings.TrimSpace(r.PostFormValue("firstname")), familyName: strings.TrimSpace(r.PostFormValue("lastname")), address: address,
		},
	})
	var f *failure
	switch {
	case err == nil:
		return u.id, ""
	case errors.As(err, &f) && t.weak[f.id] != "":
		return "", t.weak[f.id]
	default:
		return "", t.taken
	}
}
