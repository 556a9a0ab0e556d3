package handlers

import (
	"math"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"
	"github.com/zitadel/oidc/v3/pkg/client/rp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// How many codes that are none may be tried: from one address, behind which a
// whole school may type at eight o'clock, and by one person who is signed in. The
// store counts those of everybody. docs/join-codes.md says what is left to
// guessing.
const (
	joinsPerAddress   = 1200 // a minute, right or wrong
	wrongPerAddress   = 120
	wrongPerPerson    = 20
	wrongAddressEvery = 10 * time.Minute
	wrongPersonEvery  = time.Hour
)

// joinDoor is where codes are typed and followed, without signing in.
type joinDoor struct {
	*Server
	address, person *httprate.RateLimiter // of wrong codes
}

// joinRoutes are the doors of join codes.
func (s *Server) joinRoutes(r chi.Router) {
	d := joinDoor{
		s, httprate.NewRateLimiter(wrongPerAddress, wrongAddressEvery), httprate.NewRateLimiter(wrongPerPerson, wrongPersonEvery),
	}
	r.Group(func(r chi.Router) {
		r.Use(s.limit(joinsPerAddress, byAddress))
		r.Method("GET", "/join", s.open(d.box))
		r.Method("POST", "/join", s.open(d.typed))
		r.Method("GET", "/j/{code}", s.open(d.show))
		r.Method("POST", "/j/{code}", s.open(d.join))
	})
}

// box serves GET /join.
func (d joinDoor) box(w http.ResponseWriter, r *http.Request) error {
	if _, err := d.visitor(r); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.JoinBox(frame(r), "", nil, ""))
}

// typed serves POST /join. Form: code.
func (d joinDoor) typed(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostFormValue("code")
	found, err := d.find(r, typed)
	if err != nil {
		return d.unknown(w, r, typed, err)
	}
	return redirect(w, r, views.JoinCodePath(found.code.Code))
}

// show serves GET /j/{code}: the name of the classroom, and what to do next.
func (d joinDoor) show(w http.ResponseWriter, r *http.Request) error {
	typed := chi.URLParam(r, "code")
	found, err := d.find(r, typed)
	if err != nil {
		return d.unknown(w, r, typed, err)
	}
	return d.page(w, r, http.StatusOK, found, identity.Message{})
}

// join serves POST /j/{code}. Form: how, one of sign-in, register, join; user, the
// ID of whom the page showed as signed in, to join as them.
func (d joinDoor) join(w http.ResponseWriter, r *http.Request) error {
	typed := chi.URLParam(r, "code")
	found, err := d.find(r, typed)
	if err != nil {
		return d.unknown(w, r, typed, err)
	}
	path := views.JoinCodePath(found.code.Code)
	switch how := r.PostFormValue("how"); {
	case found.person.ID == "" && how == "register" && d.discovery.oidc.Individuals != "":
		// Whoever confirms their address comes back in another tab, by /welcome.
		d.sessions.Put(r.Context(), sessionJoin, found.code.Code)
		return d.authorize(w, r, path, rp.WithPrompt("create"), withScopes(scopeIn+string(d.discovery.oidc.Individuals)))
	case found.person.ID == "":
		d.sessions.Put(r.Context(), sessionJoin, found.code.Code)
		target := views.ReturningSignInPath(path)
		w.Header().Set("Refresh", "0; url="+target) // that leads to Zitadel; see leave
		return render(w, r, http.StatusOK, views.GoingOn(frame(r), target))
	case how != "join" || r.PostFormValue("user") != string(found.person.ID):
		return d.page(w, r, http.StatusConflict, found, identity.Say("join-class.moved"))
	}
	logged(r.Context()).organization = found.opened.ID()
	outcome, err := identity.JoinByCode(r.Context(), found.opened, d.store.In(found.opened), d.gateway.In(found.opened), found.code, found.person)
	if err != nil {
		return d.not(w, r, found, err)
	}
	d.sessions.Remove(r.Context(), sessionJoin)
	switch outcome {
	case identity.JoinedAlready, identity.JoinedNow:
		return redirect(w, r, views.OrganizationPath(found.opened.ID()),
			identity.Say("join-class.in", "Classroom", found.opened.Organization().Name))
	}
	return redirect(w, r, path)
}

// not answers what kept somebody from joining.
func (d joinDoor) not(w http.ResponseWriter, r *http.Request, found foundCode, err error) error {
	status, message := answer(err)
	if !identity.IsKind(err, identity.KindConflict) && !identity.IsKind(err, identity.KindForbidden) &&
		!identity.IsKind(err, identity.KindUnavailable) {
		return err
	}
	logged(r.Context()).aside = err
	if identity.IsKind(err, identity.KindUnavailable) {
		w.Header().Set("Retry-After", "10")
	}
	return d.page(w, r, status, found, message)
}

// foundCode is a code that opens a classroom, with who has it.
type foundCode struct {
	opened identity.Opened
	code   identity.JoinCode
	person identity.User // signed in; zero if nobody is
}

// errSignInFirst is for somebody signed out while codes are being guessed.
var errSignInFirst = &identity.Error{Kind: identity.KindLimited, Message: identity.Say("join-box.sign-in-first")}

// find looks a code up for who asks. Wrong ones are counted: when too many come
// from an address, or from everybody together, codes are looked at only for people
// who are signed in, each of whom has a few tries. So nobody who floods the door
// closes it to a class.
func (d joinDoor) find(r *http.Request, typed string) (foundCode, error) {
	person, err := d.visitor(r)
	if err != nil {
		return foundCode{}, err
	}
	limiter, key, most := d.address, byAddress(r), wrongPerAddress
	if person.ID != "" {
		limiter, key, most = d.person, string(person.ID), wrongPerPerson
	}
	_, tried, err := limiter.Status(key)
	if err != nil {
		return foundCode{}, err
	}
	free := math.Round(tried) < float64(most)
	switch guessed, err := d.guessed(r, person); {
	case err != nil:
		return foundCode{}, err
	case person.ID == "" && (!free || guessed):
		return foundCode{}, errSignInFirst
	case !free:
		return foundCode{}, &identity.Error{Kind: identity.KindLimited, Message: identity.Say("request.limited")}
	}
	opened, code, err := d.store.OpenByCode(r.Context(), identity.Actor{User: person.ID, Name: person.DisplayName()}, typed)
	if identity.IsKind(err, identity.KindNotFound) && identity.ParseJoinCode(typed) != "" {
		limiter.OnLimit(discarded{}, r, key) // counts
		if err := d.store.CountWrongCode(r.Context()); err != nil {
			return foundCode{}, err
		}
	}
	if err != nil {
		return foundCode{}, err
	}
	return foundCode{opened, code, person}, nil
}

// guessed reports whether everybody together tried too many wrong codes. It is
// asked for those alone who are signed out.
func (d joinDoor) guessed(r *http.Request, person identity.User) (bool, error) {
	if person.ID != "" {
		return false, nil
	}
	return d.store.CodesGuessed(r.Context())
}

// discarded takes what a limiter wants to tell a browser.
type discarded struct{}

func (discarded) Header() http.Header            { return http.Header{} }
func (discarded) Write(text []byte) (int, error) { return len(text), nil }
func (discarded) WriteHeader(int)                {}

// unknown answers a code that opens nothing, whyever that is, in the same words.
func (d joinDoor) unknown(w http.ResponseWriter, r *http.Request, typed string, err error) error {
	status, message := answer(err)
	if len(typed) > 32 {
		typed = ""
	}
	switch {
	case identity.IsKind(err, identity.KindNotFound):
		var problems identity.Problems
		problems.Add("code", "code.unknown")
		return render(w, r, status, views.JoinBox(frame(r), typed, problems, ""))
	case message.ID == errSignInFirst.Message.ID:
		return render(w, r, status, views.JoinBox(frame(r), "", nil, views.ReturningSignInPath(views.JoinPath)))
	}
	return err
}

// page is what a code opens, as it stands for who looks. Somebody who may see the
// classroom already is led there.
func (d joinDoor) page(w http.ResponseWriter, r *http.Request, status int, found foundCode, trouble identity.Message) error {
	classroom := found.opened.Organization()
	v := views.JoinView{
		Code: found.code.Code, Classroom: classroom, Person: found.person, Full: found.code.Full(), Approval: found.code.Approval,
		CanCreate: d.discovery.oidc.Individuals != "", Trouble: trouble,
	}
	if found.person.ID != "" {
		_, err := d.store.OpenFor(r.Context(), found.opened.Actor(), classroom.ID)
		switch {
		case err == nil:
			d.sessions.Remove(r.Context(), sessionJoin)
			return redirect(w, r, views.OrganizationPath(classroom.ID))
		case !identity.IsKind(err, identity.KindNotFound):
			return err
		}
		rows := d.store.In(found.opened)
		if v.AskedAt, v.Refused, err = rows.AskedAt(r.Context(), found.person.ID); err != nil {
			return err
		}
		if !v.Approval {
			// For those alone who have to be let in all the same.
			if v.Approval, err = asksAnyway(r, rows, found.person.ID); err != nil {
				return err
			}
		}
	}
	return render(w, r, status, views.JoinClass(frame(r), v))
}

// asksAnyway reports whether somebody has to be let in although the code asks
// nobody.
func asksAnyway(r *http.Request, rows *store.Organization, user identity.UserID) (bool, error) {
	switch _, err := rows.Member(r.Context(), user); {
	case err == nil:
		return true, nil // suspended
	case !identity.IsKind(err, identity.KindNotFound):
		return false, err
	}
	return rows.SentAway(r.Context(), user)
}
