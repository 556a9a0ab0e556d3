package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// persons are the handlers of one person in a school, which reach into its
// classrooms.
type persons struct {
	store   *store.Store
	gateway identity.Gateway
}

// personRoutes are the pages of one person in a school. The page itself is at the
// address of a member's page in a classroom.
func (s *Server) personRoutes(r chi.Router) {
	p := persons{s.store, s.gateway}
	admin := func(h organizationHandler) http.Handler { return s.inSchool(identity.ManageSchool, h) }
	r.Method("GET", "/people/{user}", s.inOrganization(identity.SeeRoster, p.show))
	r.Method("POST", "/people/{user}/suspend-all", admin(p.suspend))
	r.Method("POST", "/people/{user}/restore-all", admin(p.restore))
	r.Method("GET", "/people/{user}/sign-out", admin(askPerson(views.SignPersonOut)))
	r.Method("POST", "/people/{user}/sign-out", admin(signPersonOut))
	r.Method("GET", "/people/{user}/factors", admin(askPerson(views.ResetFactors)))
	r.Method("POST", "/people/{user}/factors", admin(resetFactors))
	r.Method("GET", "/people/{user}/sign-in", admin(askPerson(views.ResetPersonSignIn)))
	r.Method("POST", "/people/{user}/sign-in", admin(resetPersonSignIn))
	r.Method("GET", "/people/{user}/deactivate", admin(askPerson(views.DeactivatePerson)))
	r.Method("POST", "/people/{user}/deactivate", admin(deactivatePerson))
	r.Method("POST", "/people/{user}/reactivate", admin(reactivatePerson))
	r.Method("POST", "/people/{user}/unlock", admin(unlockPerson))
	r.Method("GET", "/people/{user}/delete", admin(askDeletionOfPerson))
	r.Method("POST", "/people/{user}/delete", s.freshly(admin(deletePerson)))
}

// eventsShown is how many of the last events a person's page shows.
const eventsShown = 6

// show serves GET /o/{organization}/people/{user}: a member of the classroom, or
// somebody of the school with all that the school may see of them.
func (p persons) show(w http.ResponseWriter, r *http.Request, org Organization) error {
	if org.Organization().Kind != identity.KindSchool || !org.Permits(identity.ManageSchool) {
		return showMember(w, r, org)
	}
	ctx, user := r.Context(), memberID(r)
	account, err := org.Store.Account(ctx, user)
	if err != nil {
		return err
	}
	view := views.PersonView{Account: account}
	if account.Standing(org.ID()) {
		if view.Staff, err = org.Store.Member(ctx, user); err != nil {
			return err
		}
	}
	if !account.Guest {
		badge, err := org.Store.BadgeOf(ctx, user)
		if err != nil {
			return err
		}
		view.Badge = badge.Badge
		sessions, err := org.Store.SessionsOf(ctx, user, org.Portal.Now().Add(-sessionIdle))
		if err != nil {
			return err
		}
		view.Sessions = sessionRows(sessions, "")
		credentials, err := org.Store.CredentialsOf(ctx, user)
		if err != nil {
			return err
		}
		for _, c := range credentials {
			view.Credentials = append(view.Credentials, views.CredentialRow{Kind: c.Kind, AddedAt: c.AddedAt})
		}
	}
	if org.Permits(identity.ReadAudit) {
		page, err := org.Store.AuditLog().Page(ctx, store.AuditQuery{Person: string(user), Limit: eventsShown})
		if err != nil {
			return err
		}
		places, err := org.Store.AuditLog().Places(ctx, page.Records)
		if err != nil {
			return err
		}
		view.Activity = views.ActivityView{
			Log: views.LogOf(org.Opened), Filter: views.ActivityFilter{Person: string(user)},
			Records: page.Records, Places: places, Older: page.Next,
		}
	}
	return render(w, r, http.StatusOK, views.Person(org.Page, org.Opened, view))
}

// askPerson shows a page that asks before something is done to an account.
func askPerson(question func(views.Page, identity.Opened, identity.Account) templ.Component) organizationHandler {
	return func(w http.ResponseWriter, r *http.Request, org Organization) error {
		account, err := org.Store.Account(r.Context(), memberID(r))
		if err != nil {
			return err
		}
		return render(w, r, http.StatusOK, question(org.Page, org.Opened, account))
	}
}

// school is the opened school with the way into its classrooms.
func (p persons) school(org Organization) identity.School {
	return identity.School{
		Opened: org.Opened, Rows: org.Store, Remote: org.Remote,
		Enter: func(opened identity.Opened) (identity.Roster, identity.Remote) {
			return p.store.In(opened), p.gateway.In(opened)
		},
	}
}

// suspend serves POST /o/{organization}/people/{user}/suspend-all: the person has
// no access in the school and in any of its classrooms.
func (p persons) suspend(w http.ResponseWriter, r *http.Request, org Organization) error {
	return p.bring(w, r, org, identity.School.PlanSuspend, func(name string) identity.Message {
		return identity.Say("person.suspended", "Name", name)
	})
}

// restore serves POST /o/{organization}/people/{user}/restore-all.
func (p persons) restore(w http.ResponseWriter, r *http.Request, org Organization) error {
	return p.bring(w, r, org, identity.School.PlanRestore, func(name string) identity.Message {
		return identity.Say("person.restored", "Name", name)
	})
}

func (p persons) bring(
	w http.ResponseWriter, r *http.Request, org Organization,
	plan func(identity.School, context.Context, identity.UserID) ([]identity.Effect, error), said func(name string) identity.Message,
) error {
	ctx, user, school := r.Context(), memberID(r), p.school(org)
	account, err := org.Store.Account(ctx, user)
	if err != nil {
		return err
	}
	effects, err := plan(school, ctx, user)
	if err == nil {
		err = school.Do(ctx, user, effects)
	}
	if err != nil {
		return refusedIn(err)
	}
	return redirect(w, r, views.PersonPath(org.ID(), user), said(account.User.DisplayName()))
}

// refusedIn names the classroom that refuses something.
func refusedIn(err error) error {
	var in *identity.RefusedIn
	var why *identity.Error
	if !errors.As(err, &in) || !errors.As(in.Err, &why) {
		return err
	}
	return &identity.Error{Kind: why.Kind, Message: identity.Say("person.refused-in", "Place", in.Place, "Why", why.Message), Err: err}
}
