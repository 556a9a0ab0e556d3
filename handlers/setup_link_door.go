package handlers

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// sessionSetup stands before the ID of each set-up link whose code was
// confirmed in this browser; the value is when.
const sessionSetup = "setup-"

// byLink is the door of a set-up link: open to the browser in which its code
// was confirmed, as long as the link lasts. An empty permission is for what
// every link may see. A page that the link does not include is not there.
func (s *Server) byLink(needs identity.Permission, h setupHandler) http.Handler {
	return linkGate{needs, s.open(func(w http.ResponseWriter, r *http.Request) error {
		id := identity.SetupLinkID(chi.URLParam(r, "link"))
		if !s.confirmed(r, id) {
			return identity.NotFound("setup.not-confirmed")
		}
		opened, err := s.store.OpenSetup(r.Context(), id)
		if err != nil {
			return setupOver(w, r, err)
		}
		logged(r.Context()).organization = opened.ID()
		if needs != "" && !opened.Permits(needs) {
			return identity.NotFound("setup.not-included", "Maker", opened.Setup().Maker)
		}
		door := views.ByLink(id)
		page := views.Page{Here: door.Overview(), Notice: notice(r.Context())}
		if reads(r) {
			page.Here = r.URL.RequestURI()
		}
		setup := s.setup(r, Organization{
			Opened: opened, Store: s.store.In(opened), Remote: s.gateway.In(opened), Portal: s.portal, Page: page,
		}, door)
		if err := noteProgress(r, setup); err != nil {
			return err
		}
		return h(w, r, setup)
	})}
}

// linkGate is a route behind a set-up link with the permission it needs, which
// the tests that walk every route look at.
type linkGate struct {
	needs identity.Permission
	http.Handler
}

// linkTouch is how often it is written down that somebody works with a link
// and is no further than before.
const linkTouch = time.Minute

// noteProgress notes how far the link's holder is, for who made the link and
// for the frame of the page.
func noteProgress(r *http.Request, setup SignInSetup) error {
	link := setup.Setup()
	step, err := linkStep(r, setup)
	if err != nil {
		return err
	}
	further := step > link.Step
	link.Step = max(step, link.Step)
	if !further && setup.Portal.Now().Sub(link.SeenAt) < linkTouch || polls(r) {
		return nil
	}
	return setup.Store.LinkProgress(r.Context(), link.Step)
}

// linkStep is the step that the link's holder is at, as the school's rows stand.
func linkStep(r *http.Request, setup SignInSetup) (int, error) {
	domains, err := setup.Store.Domains(r.Context())
	if err != nil {
		return 0, err
	}
	connections, err := setup.Store.Connections(r.Context())
	if err != nil {
		return 0, err
	}
	link := setup.Setup()
	steps := identity.SetupSteps(link.Intents...)
	step := identity.CurrentStep(steps, identity.SetupDone(domains, link.Begun(connections)))
	return min(step, len(steps)), nil
}

// confirmed reports whether the link's code was confirmed in this browser.
func (s *Server) confirmed(r *http.Request, link identity.SetupLinkID) bool {
	at := s.moment(r.Context(), sessionSetup+string(link))
	return link != "" && !at.IsZero() && s.portal.Now().Sub(at) < sessionLifetime
}

// confirm makes this browser one in which the link's code was confirmed. The
// session's token is renewed, so that one known from before is worth nothing.
func (s *Server) confirm(r *http.Request, link identity.SetupLinkID) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	now := s.portal.Now()
	s.sessions.SetDeadline(r.Context(), now.Add(sessionLifetime))
	s.setMoment(r.Context(), sessionSetup+string(link), now)
	return nil
}

// leaveLink serves POST /setup/{link}/leave: the browser forgets the link. It
// can be opened again, with a new code.
func (s *Server) leaveLink(w http.ResponseWriter, r *http.Request) error {
	ctx, key := r.Context(), sessionSetup+chi.URLParam(r, "link")
	if !slices.Contains(s.sessions.Keys(ctx), key) {
		return redirect(w, r, views.LandingPath)
	}
	s.sessions.Remove(ctx, key)
	if len(s.sessions.Keys(ctx)) == 0 {
		if err := s.sessions.Destroy(ctx); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.SetupLeft(views.Page{Here: views.LandingPath}))
}
