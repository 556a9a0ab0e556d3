package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// askWho shows the page with one address box, where that can lead anywhere but
// to Zitadel's login. asked is false if it cannot.
func (s *Server) askWho(w http.ResponseWriter, r *http.Request, hint string) (asked bool, err error) {
	any, err := s.store.AnyConnection(r.Context())
	if err != nil || !any {
		return false, err
	}
	if hint != "" {
		// Who they are is known already, from the invitation they took up.
		found, err := s.connectionsFor(r.Context(), hint)
		if err != nil || len(found) == 0 {
			return false, err
		}
	}
	box := views.SignInBox{Address: hint, Next: localPath(r.URL.Query().Get("next"), "")}
	return true, render(w, r, http.StatusOK, views.SignIn(frame(r), box))
}

// findSignIn serves POST /sign-in: it finds the way in for an address, or for a
// user name. Form: address, next; connection, where there was a choice. What
// answers depends on the address's domain alone: nobody learns here whether
// anybody has it.
func (s *Server) findSignIn(w http.ResponseWriter, r *http.Request) error {
	box := views.SignInBox{
		Address: strings.TrimSpace(r.PostFormValue("address")), Next: localPath(r.PostFormValue("next"), ""),
	}
	if box.Address == "" {
		box.Problems.Add("address", "sign-in.address.missing")
		return render(w, r, http.StatusUnprocessableEntity, views.SignIn(frame(r), box))
	}
	found, err := s.connectionsFor(r.Context(), box.Address)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return s.authorize(w, r, localPath(box.Next, views.HomePath), withHint(box.Address))
	}
	if one, ok := chosen(found, r.PostFormValue("connection")); ok {
		return s.beginSignIn(w, r, one.School, one.Connection, box.Next)
	}
	return render(w, r, http.StatusOK, views.ChooseSignIn(frame(r), views.SignInChoices{
		Path: views.SignInPath, Address: box.Address, Next: box.Next, Choices: choicesOf(found),
	}))
}

// startAtSchool serves GET and POST /s/{school}, the URL behind the tiles of
// launch pages: it begins a sign-in through the school's connection, also where
// somebody is signed in, for it may be somebody else's click. A school without
// one, or no school at all, is the ordinary sign-in page. Parameters: next, the
// local path to go on to; connection, where the school has several.
//
// It begins something by a GET of whoever links here. What comes back is taken
// in this browser alone, and does not take the place of somebody who is signed
// in without a question.
func (s *Server) startAtSchool(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	school, found, err := s.schoolSignIn(r)
	next := localPath(r.FormValue("next"), "")
	if identity.IsKind(err, identity.KindNotFound) {
		return leave(w, r, views.WithQuery(views.SignInPath, views.Param{Name: "next", Value: next}))
	}
	if err != nil {
		return err
	}
	if one, ok := chosen(found, r.FormValue("connection")); ok {
		return s.beginSignIn(w, r, one.School, one.Connection, next)
	}
	return render(w, r, http.StatusOK, views.ChooseSignIn(frame(r), views.SignInChoices{
		Path: views.SchoolStartPath(school.ID), School: school.Name, Next: next, Choices: choicesOf(found),
	}))
}

// schoolOnly serves GET /s/{school}/only: where somebody is led who signed in
// otherwise than their school has it.
func (s *Server) schoolOnly(w http.ResponseWriter, r *http.Request) error {
	school, found, err := s.schoolSignIn(r)
	next := localPath(r.FormValue("next"), "")
	if identity.IsKind(err, identity.KindNotFound) {
		return leave(w, r, views.WithQuery(views.SignInPath, views.Param{Name: "next", Value: next}))
	}
	if err != nil {
		return err
	}
	return render(w, r, http.StatusForbidden, views.SchoolOnly(frame(r), school, views.SignInChoices{
		Path: views.SchoolStartPath(school.ID), School: school.Name, Next: next, Choices: choicesOf(found),
	}))
}

// schoolSignIn is the school of the path with its active connections.
func (s *Server) schoolSignIn(r *http.Request) (identity.Organization, []store.SchoolConnection, error) {
	school, connections, err := s.store.SchoolSignIn(r.Context(), identity.OrganizationID(chi.URLParam(r, "school")))
	if err != nil {
		return identity.Organization{}, nil, err
	}
	found := make([]store.SchoolConnection, len(connections))
	for i, c := range connections {
		found[i] = store.SchoolConnection{School: school, Connection: c}
	}
	if len(found) == 0 {
		return identity.Organization{}, nil, identity.NotFound("organization.not-found")
	}
	return school, found, nil
}

// connectionsFor are the connections of the address's domain. A user name has
// none.
func (s *Server) connectionsFor(ctx context.Context, address string) ([]store.SchoolConnection, error) {
	if identity.AddressDomain(address) == "" {
		return nil, nil
	}
	return s.store.ConnectionsForAddress(ctx, address)
}

// chosen is the only connection there is, or the one that was picked.
func chosen(found []store.SchoolConnection, pick string) (store.SchoolConnection, bool) {
	if len(found) == 1 {
		return found[0], true
	}
	i := slices.IndexFunc(found, func(c store.SchoolConnection) bool { return string(c.Connection.ID) == pick })
	if i < 0 {
		return store.SchoolConnection{}, false
	}
	return found[i], true
}

func choicesOf(found []store.SchoolConnection) []views.SignInChoice {
	choices := make([]views.SignInChoice, len(found))
	for i, c := range found {
		choices[i] = views.SignInChoice{Connection: c.Connection.ID, Name: c.Connection.Name, School: c.School.Name}
	}
	return choices
}

// beginSignIn sends the browser to the school's identity provider.
func (s *Server) beginSignIn(
	w http.ResponseWriter, r *http.Request, school identity.Organization, c identity.Connection, next string,
) error {
	attempt := identity.Attempt{
		ID: identity.NewAttemptID(), Connection: c.ID, Kind: identity.AttemptSignIn,
		State: identity.AttemptBegun, StartedAt: s.portal.Now(),
	}
	opened, err := identity.OpenArriving(school, attempt.ID)
	if err != nil {
		return err
	}
	logged(r.Context()).organization = opened.ID()
	target, err := beginAttemptAs(w, r, s.arriving(opened), c, attempt, store.AttemptWay{Next: next})
	if err != nil {
		return err
	}
	return leave(w, r, target)
}

// arriving is a school as far as an arrival goes: it carries no permission.
func (s *Server) arriving(opened identity.Opened) Organization {
	return Organization{Opened: opened, Store: s.store.In(opened), Remote: s.gateway.In(opened), Portal: s.portal}
}
