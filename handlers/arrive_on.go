package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// arrivalFresh is how long an arrival counts for the sign-in at Zitadel that
// follows it.
const arrivalFresh = 10 * time.Minute

// arrivedPerson is who came through a school's connection in this session, and
// where they go on. Nobody is signed in by it: that is Zitadel's answer alone.
type arrivedPerson struct {
	Attempt  identity.AttemptID      `json:"attempt"`
	User     identity.UserID         `json:"user"`
	School   identity.OrganizationID `json:"school"`
	Provider identity.ProviderID     `json:"provider"`
	Name     string                  `json:"name"` // at Zitadel
	Next     string                  `json:"next"`
	Asked    string                  `json:"asked,omitempty"` // the school that was asked to let them in
	At       time.Time               `json:"at"`
}

func (s *Server) setArrived(ctx context.Context, a arrivedPerson) error {
	text, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("remember an arrival: %w", err)
	}
	s.sessions.Put(ctx, sessionArrived, text)
	return nil
}

// arrivedLately is who came through a connection in this session a moment ago;
// the zero value if nobody did.
func (s *Server) arrivedLately(ctx context.Context) arrivedPerson {
	var a arrivedPerson
	text := s.sessions.GetBytes(ctx, sessionArrived)
	if len(text) == 0 || json.Unmarshal(text, &a) != nil || s.portal.Now().Sub(a.At) > arrivalFresh {
		return arrivedPerson{}
	}
	return a
}

// welcomeArrived goes on to the sign-in at Zitadel. Where somebody else is
// signed in it asks first: the link that began this may have been anybody's.
func (s *Server) welcomeArrived(w http.ResponseWriter, r *http.Request, back returned, arrived identity.Arrived) error {
	ctx := r.Context()
	next := back.way.Next
	if next == "" {
		var err error
		if next, err = s.firstPage(ctx, arrived.User.ID); err != nil {
			return err
		}
	}
	a := arrivedPerson{
		Attempt: back.attempt.ID, User: arrived.User.ID, School: back.Opened.ID(),
		Provider: back.connection.Provider, Name: arrived.User.UserName, Next: next, At: s.portal.Now(),
	}
	if arrived.Asked {
		a.Asked = back.Opened.Organization().Name
	}
	if err := s.setArrived(ctx, a); err != nil {
		return err
	}
	now, err := s.visitor(r)
	if err != nil {
		return err
	}
	if now.ID != "" && now.ID != arrived.User.ID {
		page := frame(r)
		page.Here = views.HomePath // this URL works once
		return render(w, r, http.StatusOK, views.OtherArrival(page, views.ArrivalOther{
			Attempt: a.Attempt, School: back.Opened.Organization().Name,
			Name: arrived.User.DisplayName(), Now: now.DisplayName(),
		}))
	}
	return s.signInArrived(w, r, a)
}

// arriveInstead serves POST /arrive/{attempt}: who arrived takes the place of who
// was signed in.
func (s *Server) arriveInstead(w http.ResponseWriter, r *http.Request) error {
	a := s.arrivedLately(r.Context())
	if a.Attempt == "" || a.Attempt != identity.AttemptID(chi.URLParam(r, "attempt")) {
		return identity.Gone("sign-in.lost")
	}
	return s.signInArrived(w, r, a)
}

// signInArrived asks Zitadel to sign in who arrived. The scopes lead straight
// through the school's identity provider, where they have a session. Without
// their name OpenID Connect's would ask once more who signs in.
func (s *Server) signInArrived(w http.ResponseWriter, r *http.Request, a arrivedPerson) error {
	return s.authorize(w, r, a.Next, withHint(a.Name), withScopes(scopeIn+string(a.School), scopeThrough+string(a.Provider)))
}

// firstPage is where somebody goes who did not say: the one classroom or school
// they are in, or home.
func (s *Server) firstPage(ctx context.Context, user identity.UserID) (string, error) {
	memberships, err := s.store.Memberships(ctx, user)
	if err != nil {
		return "", err
	}
	if len(memberships) == 1 && memberships[0].State == identity.AssignmentActive {
		return views.OrganizationPath(memberships[0].Organization.ID), nil
	}
	return views.HomePath, nil
}

// closed reports whether the user has to come through their school's connection
// and did not, and which school that is.
func (s *Server) closed(ctx context.Context, user identity.UserID) (identity.OrganizationID, bool, error) {
	on, school, excepted, err := s.store.EnforcedFor(ctx, user)
	if err != nil {
		return "", false, fmt.Errorf("look up whether the school has one way in: %w", err)
	}
	// How Zitadel says that somebody signed in (amr) decides nothing: it is silent
	// about every identity provider, the user's own ones among them.
	if !on || excepted || s.arrivedLately(ctx).User == user {
		return "", false, nil
	}
	// An operator cannot come through a school's connection.
	operates, err := desk{s}.Operates(ctx, user)
	return school, !operates, err
}

// turnAway ends a sign-in that the school does not allow, here and at Zitadel,
// and leads to the page that says how to sign in.
func (s *Server) turnAway(
	w http.ResponseWriter, r *http.Request, school identity.OrganizationID,
	tokens *oidc.Tokens[*oidc.IDTokenClaims], next string,
) error {
	ctx := r.Context()
	before := s.sessions.GetString(ctx, sessionRefresh)
	if err := s.sessions.Destroy(ctx); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	if before != "" {
		s.revoke(ctx, before)
	}
	logged(ctx).organization = school
	return s.endAtZitadel(w, r, tokens.RefreshToken, tokens.IDToken, localPath(views.SchoolOnlyPath(school, next), views.SchoolOnlyPath(school, "")))
}
