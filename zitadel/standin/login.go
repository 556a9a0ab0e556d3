package standin

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// browser is what a user agent cookie stands for: who is signed in there.
type browser struct {
	users map[string]*signIn // by user ID
}

// signIn is one user's login in one browser.
type signIn struct {
	sid string
	at  time.Time
	v2  bool
	amr []string // none after an external sign-in
}

// agentCookie names a browser, as Zitadel's own cookie does.
const agentCookie = "zitadel.useragent"

type agentKey struct{}

func agentOf(ctx context.Context) string {
	agent, _ := ctx.Value(agentKey{}).(string)
	return agent
}

func (s *Server) issuerOf(*http.Request) string { return s.Issuer() }

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/pages.html"))

// view is one login page: a form, or something to say.
type view struct {
	Language, Title, Lead, Error string
	Action, Button               string
	Hidden                       []field
	Fields                       []field
	Links                        []link
}

type field struct {
	Name, Label, Hint, Type, Value, Autocomplete string
	Focus                                        bool
}

type link struct{ URL, Text string }

// routeLogin has the pages of both generations. Which of them people see is
// decided where the authorization endpoint leads them.
func (s *Server) routeLogin(mux *http.ServeMux) {
	pages := http.NewServeMux()
	for version, base := range map[int]string{1: "/ui/login", 2: "/ui/v2/login"} {
		v := generation{s: s, version: version, base: base}
		pages.HandleFunc("GET "+base+"/login", v.showLogin)
		pages.HandleFunc("POST "+base+"/login", v.login)
		pages.HandleFunc("GET "+base+"/login/externalidp", v.choose)
		pages.HandleFunc("GET "+base+"/register", v.showRegister)
		pages.HandleFunc("POST "+base+"/register", v.register)
		pages.HandleFunc("GET "+base+"/logout/done", v.signedOut)
		invite, reset := base+"/user/invite", base+"/password/init"
		if version == 2 {
			invite, reset = base+"/verify", base+"/password/set"
		}
		if version == 1 {
			pages.HandleFunc("GET "+base+"/login/externalidp/callback", v.arriveV1)
			// Identity providers let browsers post here from elsewhere.
			mux.HandleFunc("POST "+base+"/login/externalidp/callback", v.arriveByForm)
			mux.HandleFunc("POST "+base+"/login/externalidp/saml/acs", v.arriveByForm)
		} else {
			pages.HandleFunc("GET "+base+"/idp/{kind}/process", v.processIntent)
			pages.HandleFunc("GET "+base+"/idp/{kind}/failure", v.failedIntent)
		}
		pages.HandleFunc("GET "+invite, v.showInvite)
		pages.HandleFunc("POST "+invite, v.invite)
		pages.HandleFunc("GET "+reset, v.showReset)
		pages.HandleFunc("POST "+reset, v.reset)
	}
	pages.HandleFunc("GET /ui/console/", func(w http.ResponseWriter, r *http.Request) {
		t := textsFor(accepted(r)...)
		render(w, http.StatusOK, "say", view{Language: t.code, Title: t.done, Lead: t.doneLead})
	})
	pages.HandleFunc("GET /ui/login/resources/style.css", func(w http.ResponseWriter, r *http.Request) {
		files, err := fs.Sub(pageFiles, "pages")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.ServeFileFS(w, r, files, "style.css")
	})
	// Foreign pages must not type into these forms.
	mux.Handle("/ui/", http.NewCrossOriginProtection().Handler(s.withAgent(pages)))
	mux.Handle("/oauth/v2/authorize", s.withAgent(s.provider))
	mux.Handle("/oidc/v1/end_session", s.withAgent(s.provider))
	mux.HandleFunc("/oidc/v1/userinfo", s.userinfo)
	s.routeIDPs(mux)
}

// userinfo refuses a void token with 401, where the provider library says 403.
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		s.RLock()
		found := s.token(token)
		s.RUnlock()
		if found == nil {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			http.Error(w, "access token invalid", http.StatusUnauthorized)
			return
		}
	}
	s.provider.ServeHTTP(w, r)
}

// withAgent gives a browser its name and carries it to whoever asks.
func (s *Server) withAgent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent := ""
		if c, err := r.Cookie(agentCookie); err == nil {
			agent = c.Value
		}
		if agent == "" {
			agent = randomToken(18)
			http.SetCookie(w, &http.Cookie{Name: agentCookie, Value: agent, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), agentKey{}, agent)))
	})
}

func render(w http.ResponseWriter, status int, name string, v view) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	// No form-action: browsers apply it to where a sign-in leads as well.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

// generation is one generation of login pages.
type generation struct {
	s       *Server
	version int
	base    string
}

// parameter is how the auth request is called in URLs and forms.
func (g generation) parameter() string {
	if g.version == 2 {
		return "authRequest"
	}
	return "authRequestID"
}

func (g generation) requestID(r *http.Request) string {
	return strings.TrimPrefix(r.FormValue(g.parameter()), "V2_")
}

func (g generation) carried(id string) []field {
	if id == "" {
		return nil
	}
	if g.version == 2 {
		id = "V2_" + id
	}
	return []field{{Name: g.parameter(), Value: id}}
}

// request finds the auth request a page belongs to; the copy is for reading.
func (g generation) request(r *http.Request) (authRequest, bool) {
	g.s.RLock()
	defer g.s.RUnlock()
	if a := g.s.requests[g.requestID(r)]; a != nil {
		return *a, true
	}
	return authRequest{}, false
}

func accepted(r *http.Request) []language.Tag {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return nil
	}
	return tags
}

func (g generation) texts(r *http.Request, a authRequest) texts {
	var wanted []language.Tag
	if a.in != nil {
		wanted = append(wanted, a.in.UILocales...)
	}
	return textsFor(append(wanted, accepted(r)...)...)
}

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
		if problem := g.s.finish(r, g.version, a.id, u, alreadyIn); problem == "" {
			http.Redirect(w, r, g.s.callback(a.id), http.StatusFound)
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
		Language: t.code, Title: t.signIn, Error: problem, Action: g.base + "/login", Button: t.next, Hidden: g.carried(a.id),
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
		problem = g.s.checkLogin(t, u, password)
	}
	if problem == "" && g.s.mustChange(u) {
		target := g.s.changeURL(g, u, a.id)
		http.Redirect(w, r, target, http.StatusSeeOther)
		return
	}
	if problem == "" {
		if problem = g.s.finish(r, g.version, a.id, u, byPassword); problem == "" {
			http.Redirect(w, r, g.s.callback(a.id), http.StatusSeeOther)
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
	default:
		return t.lost
	}
}

// signedOut is where people land who signed out without saying where to go.
func (g generation) signedOut(w http.ResponseWriter, r *http.Request) {
	t := textsFor(accepted(r)...)
	render(w, http.StatusOK, "say", view{Language: t.code, Title: t.signedOut, Lead: t.signedOutLead})
}
