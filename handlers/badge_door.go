package handlers

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/badge"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// A badge's way: its QR code leads to scanBadge, which takes the secret off the
// URL and shows whom it signs in. Who presses the button is sent to Zitadel by
// sendBadge, with the request to ask the school's badge connection, which is the
// portal: Zitadel sends the browser to answerBadge, which hands Zitadel a token
// behind the browser's back and sends the browser on to Zitadel. From there it
// comes to callback as from every sign-in, and badgeBack looks whether all of that
// was one way of one browser.

// What a session holds on a badge's way.
const (
	sessionCard   = "card"    // secret of the badge that was scanned
	sessionCardAt = "card_at" // and when
	sessionBadged = "badged"  // ID of the sign-in under way
	sessionBadge  = "badge"   // ID of the badge that the session was begun with
)

// cardShown is how long a scanned card waits for its button.
const cardShown = 10 * time.Minute

// badgesPerAddress bounds what a school behind one address does with badges; a
// class of 35 that comes in needs about 200 requests.
const badgesPerAddress = 1200

// badgeDoor are the open doors of badges.
func (s *Server) badgeDoor(r chi.Router) {
	r.Use(s.limit(badgesPerAddress, byAddress))
	r.Method("GET", "/b/{token}", s.open(s.scanBadge))
	r.Method("GET", views.BadgePath, s.open(s.showBadge))
	r.Method("POST", views.BadgePath, s.open(s.beginBadge))
	r.Method("GET", views.BadgeGoPath, s.open(s.goWithBadge))
	r.Method("GET", views.BadgeTokenPath, s.open(s.answerBadge))
}

// badgeKeys serves GET /badge/keys: the public keys by which Zitadel knows the
// portal's word, read with every sign-in.
func (s *Server) badgeKeys(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(s.badgeSigner.Keys()) // or the reader is gone
	return nil
}

// badgeLimits are what the limits of a school mean for who asks.
func (s *Server) badgeLimits(ctx context.Context) store.BadgeLimits {
	now, address := s.portal.Now(), identity.RequestFrom(ctx).Address
	return store.BadgeLimits{
		Check: func(rules identity.BadgeRules, b identity.Badge) identity.BadgeRefusal {
			return badge.Check(rules, badge.Use{At: now, Address: address, MadeAt: b.MadeAt, Uses: b.Uses})
		},
		End: func(rules identity.BadgeRules) time.Time { return badge.SessionEnd(rules, now) },
	}
}

var badgeToken = regexp.MustCompile(`^[a-z2-7]{26}$`)

// scanBadge serves GET /b/{token}, where the QR code of a card leads. The secret
// goes on in the session: neither the history nor the next page's address has it.
func (s *Server) scanBadge(w http.ResponseWriter, r *http.Request) error {
	token := strings.ToLower(chi.URLParam(r, "token"))
	if !badgeToken.MatchString(token) {
		return s.refuseBadge(w, r, &identity.BadgeRefusedError{Why: identity.BadgeUnknown})
	}
	s.sessions.Put(r.Context(), sessionCard, token)
	s.setMoment(r.Context(), sessionCardAt, s.portal.Now())
	return redirect(w, r, views.BadgePath)
}

// showBadge serves GET /badge: whom the card that was scanned signs in, and the
// button. It is a button and not done at once so that no preview of a link signs
// anybody in, and nobody by a picture of a code that somebody else put there.
func (s *Server) showBadge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	token := s.sessions.GetString(ctx, sessionCard)
	if token == "" || s.portal.Now().Sub(s.moment(ctx, sessionCardAt)) > cardShown {
		return render(w, r, http.StatusOK, views.ScanBadge(frame(r)))
	}
	holder, err := s.store.OpenBadge(ctx, token, s.badgeLimits(ctx))
	if err != nil {
		return s.refuseBadge(w, r, err)
	}
	logged(ctx).organization = holder.School.ID()
	other, same, err := s.whoElse(r, holder.Student.ID)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.BadgeDoor(frame(r), views.BadgeDoorView{
		School: holder.School.Organization(), Name: shortName(holder.Student), Card: token, Other: other, Same: same,
	}))
}

// whoElse is the name of somebody else who is signed in on this device, or that
// the student is.
func (s *Server) whoElse(r *http.Request, student identity.UserID) (name string, same bool, err error) {
	live, err := s.live(r)
	if err != nil || !live {
		return "", false, err
	}
	user, err := s.person(r.Context())
	if err != nil || user.ID == "" {
		return "", false, err
	}
	return user.DisplayName(), user.ID == student, nil
}

// shortName is what a card calls its student.
func shortName(u identity.User) string {
	if u.GivenName == "" || u.FamilyName == "" {
		return u.DisplayName()
	}
	first := []rune(u.FamilyName)[0]
	return u.GivenName + " " + string(first) + "."
}

// beginBadge serves POST /badge: the button of that page. Form: card. Whoever else
// is signed in on this device is signed out first, here and at Zitadel.
func (s *Server) beginBadge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	token, limits := r.PostFormValue("card"), s.badgeLimits(ctx)
	holder, err := s.store.OpenBadge(ctx, token, limits)
	if err != nil {
		return s.refuseBadge(w, r, err)
	}
	logged(ctx).organization = holder.School.ID()
	other, same, err := s.whoElse(r, holder.Student.ID)
	if err != nil {
		return err
	}
	if same {
		return leave(w, r, views.HomePath)
	}
	_, id, err := s.store.BeginBadge(ctx, token, browserOf(w, r, s.portal), limits)
	if err != nil {
		return s.refuseBadge(w, r, err)
	}
	refresh, idToken := s.sessions.GetString(ctx, sessionRefresh), s.sessions.GetString(ctx, sessionIDToken)
	if err := s.sessions.Clear(ctx); err != nil {
		return err
	}
	// One whose session somebody else knows would be signed in there.
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionBadged, string(id))
	if other != "" {
		return s.endAtZitadel(w, r, refresh, idToken, views.BadgeGoPath)
	}
	return s.sendBadge(w, r, id)
}

// goWithBadge serves GET /badge/go: the way to Zitadel, after somebody else was
// signed out there.
func (s *Server) goWithBadge(w http.ResponseWriter, r *http.Request) error {
	id := s.badged(r.Context())
	if id == "" {
		return render(w, r, http.StatusOK, views.ScanBadge(frame(r)))
	}
	return s.sendBadge(w, r, id)
}

// badged is the sign-in under way in this browser; empty if there is none.
func (s *Server) badged(ctx context.Context) identity.BadgeSignInID {
	return identity.BadgeSignInID(s.sessions.GetString(ctx, sessionBadged))
}

// sendBadge leads to Zitadel, which asks the school's badge connection at once.
func (s *Server) sendBadge(w http.ResponseWriter, r *http.Request, id identity.BadgeSignInID) error {
	ctx := r.Context()
	way := newAttempt(views.HomePath)
	way.Badge = string(id)
	holder, err := s.store.SendBadge(ctx, id, way.State, s.badgeLimits(ctx))
	if err != nil {
		return s.refuseBadge(w, r, err)
	}
	logged(ctx).organization = holder.School.ID()
	err = s.authorizeAs(w, r, way, withScopes(scopeIn+string(holder.School.ID()), scopeThrough+string(holder.Setup.Provider)))
	if err != nil {
		return errors.Join(err, s.store.FailBadge(ctx, id, identity.BadgeRemote))
	}
	return nil
}

// maxBadgeQuery bounds what Zitadel adds to the address of answerBadge.
const maxBadgeQuery = 1000

// answerBadge serves GET /badge/token, where Zitadel sends the browser for a
// token. Query: authRequestID, userAgentID, for Zitadel to know the sign-in by.
//
// It answers only the browser that began a sign-in with a badge, once and soon. A
// browser that was sent here with somebody else's parameters in that short time
// would sign them in as the student; that their callback does not have the state
// of this sign-in is what badgeBack looks for.
func (s *Server) answerBadge(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	request := identity.BadgeRequest{
		AuthRequest: query.Get("authRequestID"), UserAgent: query.Get("userAgentID"),
		Browser: r.UserAgent(), Address: identity.RequestFrom(ctx).Address,
	}
	id := s.badged(ctx)
	if r.Method == http.MethodHead {
		return nil
	}
	if id == "" || request.AuthRequest == "" || request.UserAgent == "" || len(request.AuthRequest)+len(request.UserAgent) > maxBadgeQuery {
		return render(w, r, http.StatusForbidden, views.ScanBadge(frame(r)))
	}
	holder, subject, err := s.store.AnswerBadge(ctx, id, s.badgeLimits(ctx))
	if err != nil {
		return s.refuseBadge(w, r, err)
	}
	logged(ctx).organization = holder.School.ID()
	target, err := s.handToken(ctx, badge.Claims{
		Issuer: s.portal.badgeIssuer(holder.School.ID()), Subject: subject, Audience: s.discovery.oidc.Issuer,
		ID: string(id), At: s.portal.Now(),
	}, request)
	if err != nil {
		return s.lostBadge(w, r, id, err)
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// handToken hands Zitadel the token, and answers where the browser goes on, which
// the gateway holds to Zitadel's own pages.
func (s *Server) handToken(ctx context.Context, claims badge.Claims, request identity.BadgeRequest) (string, error) {
	token, err := s.badgeSigner.Token(claims)
	if err != nil {
		return "", err
	}
	return s.gateway.AnswerBadge(ctx, request, badgeHeader, token)
}

// lostBadge ends a sign-in with a badge that Zitadel did not take, or sent back
// without a code: the card can be scanned once more.
func (s *Server) lostBadge(w http.ResponseWriter, r *http.Request, id identity.BadgeSignInID, problem error) error {
	if err := s.store.FailBadge(r.Context(), id, identity.BadgeRemote); err != nil {
		return errors.Join(problem, err)
	}
	return s.refuseBadge(w, r, errors.Join(&identity.BadgeRefusedError{Why: identity.BadgeRemote}, problem))
}

// refuseBadge is the page of a badge that lets nobody in. What is wrong with one
// that is over is nobody's business but the teacher's, who reads it on their page.
func (s *Server) refuseBadge(w http.ResponseWriter, r *http.Request, err error) error {
	var refused *identity.BadgeRefusedError
	if !errors.As(err, &refused) {
		return err
	}
	ctx := r.Context()
	s.sessions.Remove(ctx, sessionCard)
	s.sessions.Remove(ctx, sessionBadged)
	status := http.StatusGone
	switch refused.Why {
	case identity.BadgeClosed:
		return identity.SchoolClosed(refused.School.Name)
	case identity.BadgeOutOfTime, identity.BadgeElsewhere, identity.BadgeOther, identity.BadgeLocked, identity.BadgeFactor:
		status = http.StatusForbidden
	case identity.BadgeBusy, identity.BadgeLate, identity.BadgeRemote:
		status = http.StatusConflict
	}
	logged(ctx).aside = err
	page := frame(r)
	page.Here = views.BadgePath // what led here has a secret, or works once
	return render(w, r, status, views.RefusedBadge(page, views.BadgeRefusedView{Why: refused.Why, School: refused.School.Name, Rules: refused.Rules}))
}
