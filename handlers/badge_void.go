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

// voidOne serves POST /o/{organization}/badges/{user}/void. Form: from=person,
// to go back to the student's page.
func (b badging) voidOne(w http.ResponseWriter, r *http.Request, org Organization) error {
	user := identity.UserID(chi.URLParam(r, "user"))
	student, err := org.Store.BadgeOf(r.Context(), user)
	if err != nil {
		return err
	}
	if err := org.Store.VoidBadge(r.Context(), user); err != nil {
		return err
	}
	said := identity.Say("badge.voided", "Name", student.User.DisplayName())
	if !b.signedOut(r.Context(), org, []identity.StudentBadge{student}) {
		said = identity.Say("badge.voided-here", "Name", student.User.DisplayName())
	}
	back := views.BadgesPath(org.ID())
	if r.PostFormValue("from") == "person" {
		back = views.PersonPath(org.ID(), user)
	}
	return redirect(w, r, back, said)
}

// askVoidBadges serves GET /o/{organization}/badges/void.
func askVoidBadges(w http.ResponseWriter, r *http.Request, org Organization) error {
	return render(w, r, http.StatusOK, views.AskVoidBadges(org.Page, org.Opened))
}

// voidAll serves POST /o/{organization}/badges/void: all of the school, or of the
// classroom's students.
func (b badging) voidAll(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	if org.Organization().Kind == identity.KindSchool && !org.Permits(identity.ManageSchool) {
		return identity.Forbidden("permission.missing")
	}
	used, err := b.lastUsed(ctx, org)
	if err != nil {
		return err
	}
	count, err := org.Store.VoidBadges(ctx)
	if err != nil {
		return err
	}
	said := identity.Say("badge.all-voided", "Count", count)
	if !b.signedOut(ctx, org, used) {
		said = identity.Say("badge.all-voided-here", "Count", count)
	}
	return redirect(w, r, views.BadgesPath(org.ID()), said)
}

// Whose sessions at Zitadel are ended with their badges: those who used one in
// this time, and at most so many.
const (
	badgeSessions     = 24 * time.Hour
	mostBadgeSessions = 200
)

// lastUsed are the students of a school or a classroom whose badge was used not
// long ago.
func (b badging) lastUsed(ctx context.Context, org Organization) ([]identity.StudentBadge, error) {
	if org.Organization().Kind != identity.KindSchool {
		return org.Store.Badges(ctx)
	}
	uses, err := org.Store.BadgeUses(ctx, 2*mostBadgeSessions)
	if err != nil {
		return nil, err
	}
	var students []identity.StudentBadge
	for _, use := range uses {
		if !use.FinishedAt.IsZero() {
			students = append(students, identity.StudentBadge{
				User: identity.User{ID: use.User}, Badge: identity.Badge{ID: use.Badge, Uses: 1, UsedAt: use.FinishedAt},
			})
		}
	}
	return students, nil
}

// signedOut ends the sessions at Zitadel of students whose badges were used not
// long ago, as far as Zitadel lists them, and reports whether it answered. The
// portal's own are over already.
func (b badging) signedOut(ctx context.Context, org Organization, students []identity.StudentBadge) bool {
	since := org.Portal.Now().Add(-badgeSessions)
	users := make(map[identity.UserID]bool)
	for _, s := range students {
		if s.Badge.UsedAt.After(since) && len(users) < mostBadgeSessions {
			users[s.User.ID] = true
		}
	}
	if len(users) == 0 {
		return true
	}
	remote, err := b.remote(ctx, org)
	if err == nil {
		work, working := errgroup.WithContext(ctx)
		work.SetLimit(linksAtOnce)
		for user := range users {
			work.Go(func() error {
				_, err := remote.EndSessions(working, user)
				return err
			})
		}
		err = work.Wait()
	}
	if err != nil {
		logged(ctx).aside = err
	}
	return err == nil
}
