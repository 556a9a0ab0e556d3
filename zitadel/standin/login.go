package standin

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// browser is what a user agent cookie stands for: who is signed in there.
type browser struct {
	users map[string]*signIn // by user ID
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
	Brand                        brand
	Secret                       *secretView
	Action, Button               string
	Hidden                       []field
	Fields                       []field
	Choices                      []choice // further buttons of the form
	Links                        []link
	Heading, Empty, Remove, Hint string // of the security page
	Factors                      []choice
}

// choice is a button beside the form's own.
type choice struct{ Name, Value, Text string }

// secretView shows what an authenticator app is set up with.
type secretView struct {
	Label, Text string
	URI         template.URL
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
			pages.HandleFunc("GET "+base+"/login/jwt/authorize", v.takeToken)
			pages.HandleFunc("GET "+base+"/login/jwt/callback", v.arriveWithToken)
			// Identity providers let browsers post here from elsewhere.
			mux.HandleFunc("POST "+base+"/login/externalidp/callback", v.arriveByForm)
			mux.HandleFunc("POST "+base+"/login/externalidp/saml/acs", v.arriveByForm)
		} else {
			pages.HandleFunc("GET "+base+"/idp/{kind}/process", v.processIntent)
			pages.HandleFunc("GET "+base+"/idp/{kind}/failure", v.failedIntent)
		}
		pages.HandleFunc("GET "+v.verifyPath(), v.showFactor)
		pages.HandleFunc("POST "+v.verifyPath(), v.checkFactor)
		pages.HandleFunc("GET "+v.setUpPath(), v.showSetUp)
		pages.HandleFunc("POST "+v.setUpPath(), v.setUpFactor)
		pages.HandleFunc("GET "+invite, v.showInvite)
		pages.HandleFunc("POST "+invite, v.invite)
		pages.HandleFunc("GET "+reset, v.showReset)
		pages.HandleFunc("POST "+reset, v.reset)
	}
	pages.HandleFunc("GET /ui/console/", func(w http.ResponseWriter, r *http.Request) {
		t := textsFor(accepted(r)...)
		render(w, http.StatusOK, "say", view{
			Language: t.code, Title: t.done, Lead: t.doneLead, Links: []link{{consoleSecurity, t.toSecurity}},
		})
	})
	s.routeConsole(pages)
	pages.HandleFunc("GET /ui/login/resources/brand/{org}", s.brandStyle)
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

// signedOut is where people land who signed out without saying where to go.
func (g generation) signedOut(w http.ResponseWriter, r *http.Request) {
	t := textsFor(accepted(r)...)
	render(w, http.StatusOK, "say", view{Language: t.code, Title: t.signedOut, Lead: t.signedOutLead})
}
