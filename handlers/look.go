package handlers

import (
	"context"
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// sees lets an operator without a role of the school's own in while their look
// into it is open, and says so on the page. Without one they are led to the form
// that asks why; answered reports that.
func (s *Server) sees(w http.ResponseWriter, r *http.Request, org *Organization) (answered bool, err error) {
	org.Page.Operates = org.Permits(identity.Operate)
	if !org.Visiting() {
		return false, nil
	}
	look, err := org.Store.Look(r.Context())
	if err != nil {
		return false, err
	}
	home := org.Organization().Home()
	if !look.Open() {
		var next string
		if reads(r) && !polls(r) {
			next = localPath(r.URL.RequestURI(), "")
		}
		return true, leave(w, r, views.WithQuery(views.LookPath(home), views.Param{Name: "next", Value: next}))
	}
	place := org.Organization().SchoolName
	if place == "" {
		place = org.Organization().Name
	}
	org.Page.Look = views.LookBanner{Place: place, Reason: look.Reason, Until: look.Until, End: views.EndLookPath(home)}
	logged(r.Context()).page = org.Page // also on the pages of failures
	return false, nil
}

// askLook serves GET /platform/schools/{school}/look. Query: next, the page that
// was asked for.
func askLook(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	form := views.ReasonForm{School: org.Organization(), Next: localPath(r.URL.Query().Get("next"), "")}
	if typed := again(r); typed != nil {
		form.Reason, form.Next = typed.Get("reason"), localPath(typed.Get("next"), "")
	}
	return render(w, r, http.StatusOK, views.Look(p.Page, form))
}

// beginLook serves POST /platform/schools/{school}/look. Form: reason; next.
func beginLook(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	form := views.ReasonForm{
		School: org.Organization(), Reason: identity.CleanReason(r.PostFormValue("reason")),
		Next: localPath(r.PostFormValue("next"), ""),
	}
	if form.Problems = identity.CheckReason(form.Reason); form.Problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.Look(p.Page, form))
	}
	if err := p.Store.BeginLook(r.Context(), org.Store, form.Reason); err != nil {
		return err
	}
	return redirect(w, r, localPath(form.Next, views.OrganizationPath(org.ID())))
}

// endLook serves POST /platform/schools/{school}/look/end.
func endLook(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	if err := p.Store.EndLook(r.Context(), org.Store); err != nil {
		return err
	}
	return redirect(w, r, views.PlatformSchoolPath(org.ID()), identity.Say("look.ended", "Place", org.Organization().Name))
}

// homeOpen says that the home of somebody who is signed in, or is about to be,
// is a school that is closed for the time being. It is asked at every request,
// so that it holds at once, on every server, however the school was closed.
func (s *Server) homeOpen(ctx context.Context, home identity.OrganizationID) error {
	name, suspended, err := s.store.SuspendedHome(ctx, home)
	if err != nil || !suspended {
		return err
	}
	return identity.SchoolClosed(name)
}
