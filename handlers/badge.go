package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/errgroup"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// badgeRoutes are the pages on which a school turns badges on, and teachers see
// which student has one.
func (s *Server) badgeRoutes(r chi.Router) {
	b := s.badging()
	r.Method("GET", "/badges", s.inOrganization(identity.ManageStudents, showBadges))
	r.Method("POST", "/badges", s.freshly(s.inSchool(identity.ManageSchool, b.save)))
	r.Method("POST", "/badges/off", s.freshly(s.inSchool(identity.ManageSchool, b.end)))
	r.Method("GET", "/badges/void", s.inOrganization(identity.ManageStudents, askVoidBadges))
	r.Method("POST", "/badges/void", s.inOrganization(identity.ManageStudents, b.voidAll))
	r.Method("POST", "/badges/{user}/void", s.inOrganization(identity.ManageStudents, b.voidOne))
}

// badging makes badges: what needs the school's connection at Zitadel, also for a
// classroom's page.
type badging struct {
	gateway identity.Gateway
	portal  Portal
}

func (s *Server) badging() badging { return badging{s.gateway, s.portal} }

// How the portal and Zitadel know each other in the matter of badges.
const (
	badgeProviderName = "School card"
	badgeHeader       = "X-Homeroom-Badge"
)

// provider is the school's badge connection as Zitadel is told of it. Each school
// has an issuer of its own, so that a token for one is worth nothing at another's.
func (b badging) provider(school identity.OrganizationID) identity.BadgeProvider {
	return identity.BadgeProvider{
		Name: badgeProviderName, Issuer: b.portal.badgeIssuer(school),
		Endpoint: b.portal.URL(views.BadgeTokenPath), Keys: b.portal.URL(views.BadgeKeysPath), Header: badgeHeader,
	}
}

// badgeIssuer is who says who the students of a school are.
func (p Portal) badgeIssuer(school identity.OrganizationID) string {
	return p.URL(views.BadgePath + "/" + string(school))
}

// on reports whether the school of an opened organization uses badges.
func (b badging) on(ctx context.Context, org Organization) (bool, error) {
	setup, err := org.Store.BadgeSetup(ctx)
	return setup.On(), err
}

// linksAtOnce is how many students are tied to their badges at Zitadel at the
// same time.
const linksAtOnce = 4

// issue gives students of an opened organization fresh badges and answers what
// their QR codes lead to. The badges they had are void. It answers nobody where
// the school does not use badges, and leaves out whoever may not have one.
func (b badging) issue(ctx context.Context, org Organization, users []identity.UserID) (map[identity.UserID]string, error) {
	urls := make(map[identity.UserID]string)
	ties, err := org.Store.BadgeTies(ctx, users)
	if err != nil || len(ties) == 0 {
		return urls, err
	}
	remote, err := b.remote(ctx, org)
	if err != nil {
		return nil, err
	}
	work, working := errgroup.WithContext(ctx)
	work.SetLimit(linksAtOnce)
	for _, tie := range ties {
		if tie.Why != "" || tie.Linked {
			continue
		}
		work.Go(func() error {
			if err := remote.LinkUser(working, tie.User.ID, tie.Provider, tie.ExternalID, tie.User.UserName); err != nil {
				return err
			}
			return org.Store.BadgeTied(working, tie)
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	tokens, err := org.Store.IssueBadges(ctx, users)
	if err != nil {
		return nil, err
	}
	for user, token := range tokens {
		urls[user] = b.portal.URL(views.ScanPath(token))
	}
	return urls, nil
}

// remote is the school of an opened organization at Zitadel, for the ties of
// badges: the connection is the school's.
func (b badging) remote(ctx context.Context, org Organization) (identity.Remote, error) {
	school, err := org.Store.BadgeSchool(ctx)
	if err != nil {
		return nil, err
	}
	opened, err := identity.OpenForBadges(org.Opened, school)
	if err != nil {
		return nil, err
	}
	return b.gateway.In(opened), nil
}

// How far back the figures of a school's page go, and how many uses it lists.
const (
	badgeFigures = 30 * 24 * time.Hour
	badgeUses    = 25
)

// showBadges serves GET /o/{organization}/badges: in a school how it uses badges,
// in a classroom who has one.
func showBadges(w http.ResponseWriter, r *http.Request, org Organization) error {
	if org.Organization().Kind != identity.KindSchool {
		return showClassBadges(w, r, org)
	}
	setup, err := org.Store.BadgeSetup(r.Context())
	if err != nil {
		return err
	}
	form := views.BadgeFormOf(setup)
	if waited := again(r); waited != nil {
		form = views.ReadBadgeForm(waited)
	}
	return schoolBadges(w, r, org, http.StatusOK, form, nil, identity.Message{})
}

// schoolBadges is a school's page, with what is wrong with its form, or why it
// could not be saved.
func schoolBadges(
	w http.ResponseWriter, r *http.Request, org Organization, status int,
	form views.BadgeForm, problems identity.Problems, trouble identity.Message,
) error {
	ctx := r.Context()
	view := views.BadgeView{Form: form, Trouble: trouble}
	var err error
	if view.Setup, err = org.Store.BadgeSetup(ctx); err != nil {
		return err
	}
	if view.Figures, err = org.Store.BadgeFigures(ctx, org.Portal.Now().Add(-badgeFigures)); err != nil {
		return err
	}
	if view.Uses, err = org.Store.BadgeUses(ctx, badgeUses); err != nil {
		return err
	}
	known, err := org.Store.LoginPolicy(ctx)
	if err != nil {
		return err
	}
	view.FactorForced = known.Policy.RequireFactor && !known.Policy.LocalOnly
	enforcement, err := org.Store.Enforcement(ctx)
	if err != nil {
		return err
	}
	view.Enforced = enforcement.On
	return render(w, r, status, views.SchoolBadges(org.Page, org.Opened, view, problems))
}

// save serves POST /o/{school}/badges: it turns badges on, or changes their
// limits. Form: that of the page before.
func (b badging) save(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	form := views.ReadBadgeForm(r.PostForm)
	rules, problems := form.Read()
	if problems != nil {
		return schoolBadges(w, r, org, http.StatusUnprocessableEntity, form, problems, identity.Message{})
	}
	// Not while the connection of the last time is being deleted.
	err := org.Store.InTurn(ctx, func(ctx context.Context) error {
		return org.Store.SetBadges(ctx, rules, func(ctx context.Context) (identity.ProviderID, error) { return b.connect(ctx, org) })
	})
	if trouble, status := badgeTrouble(ctx, err); trouble.ID != "" {
		return schoolBadges(w, r, org, status, form, nil, trouble)
	}
	if err != nil {
		return err
	}
	return redirect(w, r, views.BadgesPath(org.ID()), identity.Say("badge.saved"))
}

// connect makes the school's connection at Zitadel, or brings the one that is
// there to what it has to be.
func (b badging) connect(ctx context.Context, org Organization) (identity.ProviderID, error) {
	policy, err := org.Remote.LoginPolicy(ctx)
	if err != nil {
		return "", err
	}
	if policy.RequireFactor && !policy.LocalOnly {
		return "", identity.Conflict("badge.factor-forced")
	}
	provider, err := org.Remote.CreateBadgeProvider(ctx, b.provider(org.ID()))
	if err != nil {
		return "", err
	}
	return provider, org.Remote.AttachProvider(ctx, provider)
}

// badgeTrouble is why badges could not be turned on or off, for the page, with
// the form as it was typed.
func badgeTrouble(ctx context.Context, err error) (identity.Message, int) {
	switch {
	case identity.IsKind(err, identity.KindUnavailable):
		logged(ctx).aside = err
		return identity.Say("badge.away"), http.StatusServiceUnavailable
	case identity.IsKind(err, identity.KindConflict):
		logged(ctx).aside = err
		return identity.Say("badge.factor-forced"), http.StatusConflict
	}
	return identity.Message{}, 0
}

// end serves POST /o/{school}/badges/off: all badges are void at once. Where
// Zitadel does not answer, its part is done later.
func (b badging) end(w http.ResponseWriter, r *http.Request, org Organization) error {
	err := org.Store.InTurn(r.Context(), func(ctx context.Context) error { return org.Store.EndBadges(ctx, org.Remote.DeleteProvider) })
	if identity.IsKind(err, identity.KindUnavailable) {
		logged(r.Context()).aside = err
		return redirect(w, r, views.BadgesPath(org.ID()), identity.Say("badge.ending"))
	}
	if err != nil {
		return err
	}
	return redirect(w, r, views.BadgesPath(org.ID()), identity.Say("badge.ended"))
}

// showClassBadges is GET /o/{classroom}/badges.
func showClassBadges(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	setup, err := org.Store.BadgeSetup(ctx)
	if err != nil {
		return err
	}
	view := views.ClassBadgesView{Setup: setup}
	if setup.On() {
		if view.Students, err = org.Store.Badges(ctx); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.ClassBadges(org.Page, org.Opened, view))
}
