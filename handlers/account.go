package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// accountRoutes are everybody's pages about their own account.
func (s *Server) accountRoutes(r chi.Router) {
	r.Method("GET", "/account", s.signedIn(s.showAccount))
	r.Method("GET", "/account/data", s.signedIn(s.showOwnData))
	r.Method("GET", "/account/data.json", s.signedIn(s.fetchOwnData))
	r.Method("POST", "/account/sessions/end-others", s.signedIn(s.endOtherSessions))
	r.Method("POST", "/account/sessions/{session}/end", s.signedIn(s.endOwnSession))
}

// showAccount serves GET /account: who I am, where I am signed in and with what,
// and my roles.
func (s *Server) showAccount(w http.ResponseWriter, r *http.Request, who Person) error {
	ctx := r.Context()
	places, err := s.places(r, &who)
	if err != nil {
		return err
	}
	sessions, err := s.store.Sessions().Of(ctx, who.Actor.User, s.portal.Now().Add(-sessionIdle))
	if err != nil {
		return err
	}
	kinds, err := s.store.CredentialKinds(ctx, who.Actor.User)
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return err
	}
	view := views.AccountView{
		User: who.User, Credentials: kinds, Sessions: sessionRows(sessions, s.ownSession(ctx)),
		Places: append(places.Schools, places.Classrooms...), Security: s.securityURL(),
	}
	for _, place := range view.Places {
		switch who.User.Home {
		case place.Organization.ID:
			view.Home = place.Organization.Name
		case place.Organization.School:
			view.Home = place.Organization.SchoolName
		}
	}
	return render(w, r, http.StatusOK, views.Account(who.Page, view))
}

// ownSession is the ID of the session of the request.
func (s *Server) ownSession(ctx context.Context) string {
	return store.SessionID(s.sessions.Token(ctx))
}

// sessionRows are sessions as pages show them; own is the ID of the one that
// asks.
func sessionRows(sessions []store.Session, own string) []views.SessionRow {
	rows := make([]views.SessionRow, len(sessions))
	for i, s := range sessions {
		rows[i] = views.SessionRow{
			ID: s.ID, Device: s.Device, Address: s.Address, CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, Current: s.ID == own,
		}
	}
	return rows
}

// endOwnSession serves POST /account/sessions/{session}/end. This one is ended by
// signing out.
func (s *Server) endOwnSession(w http.ResponseWriter, r *http.Request, who Person) error {
	ctx, id := r.Context(), chi.URLParam(r, "session")
	if id == s.ownSession(ctx) {
		return s.signOut(w, r)
	}
	sessions, err := s.store.Sessions().Of(ctx, who.Actor.User, time.Time{})
	if err != nil {
		return err
	}
	var device string
	for _, session := range sessions {
		if session.ID == id {
			device = views.DeviceName(ctx, session.Device)
		}
	}
	ended, err := s.store.Sessions().EndOne(ctx, who.Actor.User, id)
	if err != nil {
		return err
	}
	s.endThere(ctx, ended)
	if device == "" {
		return redirect(w, r, views.AccountPath)
	}
	return redirect(w, r, views.AccountPath, identity.Say("account.sessions.ended", "Device", device))
}

// endOtherSessions serves POST /account/sessions/end-others.
func (s *Server) endOtherSessions(w http.ResponseWriter, r *http.Request, who Person) error {
	ctx := r.Context()
	ended, err := s.store.Sessions().EndOthers(ctx, who.Actor.User, s.ownSession(ctx))
	if err != nil {
		return err
	}
	s.endThere(ctx, ended...)
	return redirect(w, r, views.AccountPath, identity.Say("account.sessions.others-ended", "Count", len(ended)))
}

// endingThere is how long ending sessions waits for Zitadel in all.
const endingThere = 5 * time.Second

// endThere ends at Zitadel what was ended here: else whoever has that browser is
// back in with one click. Zitadel ends the session that an ID token names, from
// whatever browser it is asked. If it does not answer the session here is over
// all the same, so that is no failure.
func (s *Server) endThere(ctx context.Context, ended ...store.EndedSession) {
	ctx, cancel := context.WithTimeout(ctx, endingThere)
	defer cancel()
	present := s.sessions.GetString(ctx, sessionSID)
	for _, e := range ended {
		if e.Refresh != "" {
			s.revoke(ctx, e.Refresh)
		}
		// Another one of the same browser stands on the session of this one.
		if e.IDToken == "" || e.SID == present {
			continue
		}
		if err := s.endAt(ctx, e.IDToken); err != nil {
			logged(ctx).aside = fmt.Errorf("end a session at Zitadel: %w", err)
		}
	}
}

// endAt asks Zitadel to end the session of an ID token (OpenID Connect
// RP-Initiated Logout 1.0, section 2, by POST).
func (s *Server) endAt(ctx context.Context, idToken string) error {
	party, err := s.discovery.party(ctx)
	if err != nil {
		return err
	}
	form := url.Values{"id_token_hint": {idToken}, "client_id": {s.discovery.oidc.ClientID}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, party.GetEndSessionEndpoint(), strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := *s.discovery.oidc.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	_ = answer.Body.Close() // nothing in it is read: the status says all
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}
