package testidp

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"homeroom.dev/homeroom/identity"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// mux has the protocols' endpoints, the sign-in page and the console.
func (s *Server) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /apps/{app}/saml/metadata", s.inApp(s.showMetadata))
	mux.HandleFunc("GET /apps/{app}/saml/sso", s.inApp(s.ssoSAML))
	mux.HandleFunc("POST /apps/{app}/saml/sso", s.inApp(s.ssoSAML))
	mux.HandleFunc("GET /apps/{app}/saml/unsolicited", s.inApp(s.unsolicited))
	mux.HandleFunc("GET /apps/{app}/oidc/.well-known/openid-configuration", s.inApp(s.discovery))
	mux.HandleFunc("GET /apps/{app}/oidc/authorize", s.inApp(s.authorize))
	mux.HandleFunc("POST /apps/{app}/oidc/token", s.inApp(s.token))
	mux.HandleFunc("GET /apps/{app}/oidc/userinfo", s.inApp(s.userinfo))
	mux.HandleFunc("POST /apps/{app}/oidc/userinfo", s.inApp(s.userinfo))
	mux.HandleFunc("GET /apps/{app}/oidc/jwks", s.inApp(s.jwks))
	mux.HandleFunc("POST /sign-in/{pending}", s.signIn)
	mux.HandleFunc("GET /sign-out", s.signOut)

	mux.HandleFunc("GET /{$}", s.listApps)
	mux.HandleFunc("POST /apps", s.createApp)
	mux.HandleFunc("GET /apps/{app}", s.inApp(s.showApp))
	mux.HandleFunc("POST /apps/{app}", s.inApp(s.changeApp))
	mux.HandleFunc("POST /apps/{app}/certificates/{what}", s.inApp(s.changeCertificates))
	if s.dns != nil {
		mux.HandleFunc("GET /dns", s.showDNS)
		mux.HandleFunc("POST /dns", s.publish)
	}
	mux.Handle("GET /style.css", http.FileServerFS(mustSub(pageFiles, "pages")))
	return mux
}

// ServeHTTP answers one request. Forms of other sites change nothing, except
// that service providers may post requests and ask for tokens.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", contentPolicy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	s.routes.ServeHTTP(w, r)
}

// guard refuses forms of other sites, except where protocols have them.
func guard(mux *http.ServeMux) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, protocol := range []string{"POST /apps/{app}/saml/sso", "POST /apps/{app}/oidc/token", "POST /apps/{app}/oidc/userinfo"} {
		protection.AddInsecureBypassPattern(protocol)
	}
	return protection.Handler(mux)
}

type appHandler func(http.ResponseWriter, *http.Request, *App)

func (s *Server) inApp(h appHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		app, known := s.App(r.PathValue("app"))
		if !known {
			s.refuse(w, http.StatusNotFound, "There is no such app.")
			return
		}
		h(w, r, app)
	}
}

// show writes a page.
func (s *Server) show(w http.ResponseWriter, status int, page string, data any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, page, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if page == "signin.html" || page == "post.html" {
		w.Header().Set(pageHeader, page)
	}
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the browser went away
}

// refuse is a page of the identity provider that says why it does not go on.
func (s *Server) refuse(w http.ResponseWriter, status int, why string) {
	s.show(w, status, "refused.html", struct{ Title, Why string }{"Sign-in stops here", why})
}

func (s *Server) showMetadata(w http.ResponseWriter, r *http.Request, a *App) {
	document, err := a.Metadata()
	if err != nil || a.Options().Protocol != identity.ProtocolSAML {
		s.refuse(w, http.StatusNotFound, "This app has no SAML metadata.")
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	if r.URL.Query().Has("download") {
		w.Header().Set("Content-Disposition", `attachment; filename="metadata.xml"`)
	}
	_, _ = w.Write(document) // the reader went away
}
