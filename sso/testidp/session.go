package testidp

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

// pendingSignIn is a request that waits until somebody has said who they are.
type pendingSignIn struct {
	app   *App
	since time.Time
	// answer goes on with the person.
	answer func(http.ResponseWriter, *http.Request, Person)
	hint   string
}

const (
	sessionCookie = "testidp_person"
	maxPending    = 500
	pendingFor    = 10 * time.Minute
)

// submitScript is the one script there is: the page that carries a SAML
// response submits itself. The policy allows it by its hash.
const submitScript = "document.forms[0].submit()"

var contentPolicy = func() string {
	hash := sha256.Sum256([]byte(submitScript))
	return "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(hash[:]) + "'"
}()

// ask goes on at once with the person whose session the browser has, unless
// they are to be asked again, and shows the sign-in page otherwise.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, p pendingSignIn, again bool) {
	if cookie, err := r.Cookie(sessionCookie); err == nil && !again {
		if person, known := s.Person(cookie.Value); known && (p.hint == "" || person.is(p.hint)) {
			p.answer(w, r, person)
			return
		}
	}
	p.since = s.now()
	id := randomID()
	s.mu.Lock()
	if len(s.pending) >= maxPending {
		s.pending = map[string]pendingSignIn{}
	}
	s.pending[id] = p
	s.mu.Unlock()
	s.showSignIn(w, http.StatusOK, id, p, "")
}

func (s *Server) showSignIn(w http.ResponseWriter, status int, id string, p pendingSignIn, problem string) {
	s.show(w, status, "signin.html", struct {
		Title, Action, App, Hint, Problem string
		People                            []Person
	}{"Sign in", "/sign-in/" + id, p.app.Options().Name, p.hint, problem, s.People()})
}

// POST /sign-in/{pending}
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("pending")
	s.mu.Lock()
	p, known := s.pending[id]
	s.mu.Unlock()
	if !known || s.now().Sub(p.since) > pendingFor {
		s.refuse(w, http.StatusGone, "This sign-in has ended. Begin again where you came from.")
		return
	}
	typed := strings.TrimSpace(r.PostFormValue("address"))
	if typed == "" {
		typed = r.PostFormValue("person")
	}
	if typed == "" {
		s.showSignIn(w, http.StatusUnprocessableEntity, id, p, "Choose a person or type an address.")
		return
	}
	s.mu.Lock()
	delete(s.pending, id)
	s.mu.Unlock()
	person := s.typed(typed)
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: person.ID, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	p.answer(w, r, person)
}

// GET /sign-out forgets who was signed in.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// GET and POST /apps/{app}/saml/sso
func (s *Server) ssoSAML(w http.ResponseWriter, r *http.Request, a *App) {
	request, err := a.readSAMLRequest(r)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.ask(w, r, pendingSignIn{app: a, answer: func(w http.ResponseWriter, _ *http.Request, person Person) {
		s.sendResponse(w, a, request, person)
	}}, request.forceAuthn)
}

// GET /apps/{app}/saml/unsolicited is a tile that signs in without having been
// asked, which Zitadel refuses.
func (s *Server) unsolicited(w http.ResponseWriter, r *http.Request, a *App) {
	request, err := a.allow(samlRequest{})
	if err != nil {
		s.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.ask(w, r, pendingSignIn{app: a, answer: func(w http.ResponseWriter, _ *http.Request, person Person) {
		s.sendResponse(w, a, request, person)
	}}, false)
}

// sendResponse lets the browser carry the response to the service provider.
func (s *Server) sendResponse(w http.ResponseWriter, a *App, request samlRequest, person Person) {
	response, err := a.respond(request, person)
	if err != nil {
		s.refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	a.mu.Lock()
	a.sent = encoded(response)
	a.mu.Unlock()
	s.show(w, http.StatusOK, "post.html", struct {
		Title, ACS, Response, RelayState string
		Script                           template.JS
	}{"Signing in", request.acs, encoded(response), request.relayState, submitScript})
}

func mustSub(files fs.FS, folder string) fs.FS {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return sub
}
