package handlers

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/cards"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// lessonRoutes are the pages of a lesson: the join code, who asks to join, and
// who can work. Schools have none of them.
func (s *Server) lessonRoutes(r chi.Router) {
	room := func(h organizationHandler) http.Handler {
		return s.inOrganization(identity.ManageStudents, inClassroom(h))
	}
	code, came := codes{}, &cameBy{}
	r.Method("GET", "/code", room(code.show))
	r.Method("POST", "/code", room(code.make))
	r.Method("POST", "/code/settings", room(code.change))
	r.Method("POST", "/code/stop", room(code.stop))
	r.Method("GET", "/code/projector", room(code.project))
	r.Method("GET", "/code/live", room(s.follow(identity.ManageStudents, views.ProjectorPath, came.look)))
	r.Method("GET", "/requests", room(listRequests))
	r.Method("POST", "/requests", room(answerRequests))

	lesson := &lessons{}
	r.Method("GET", "/lesson", room(showLesson))
	r.Method("GET", "/lesson/live", room(s.follow(identity.ManageStudents, views.LessonPath, lesson.look)))
	r.Method("GET", "/lesson/{user}", room(showLessonStudent))
	r.Method("POST", "/lesson/{user}/password", room(newPassword))
	r.Method("POST", "/lesson/{user}/unlock", room(unlockStudent))
	r.Method("POST", "/lesson/{user}/sign-out", room(signOutStudent))
}

// inClassroom is for pages that schools do not have.
func inClassroom(h organizationHandler) organizationHandler {
	return func(w http.ResponseWriter, r *http.Request, org Organization) error {
		if org.Organization().Kind != identity.KindClassroom {
			return identity.NotFound("organization.not-found")
		}
		return h(w, r, org)
	}
}

// codes are the pages of a classroom's join code.
type codes struct{}

// dateForm is how browsers send a day.
const dateForm = "2006-01-02"

// show serves GET /o/{classroom}/code.
func (c codes) show(w http.ResponseWriter, r *http.Request, org Organization) error {
	v, err := c.view(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Code(org.Page, org.Opened, v))
}

// view is the code as it stands, with the settings of the next one if there is
// none.
func (c codes) view(r *http.Request, org Organization) (views.CodeView, error) {
	now := org.Portal.Now()
	v := views.CodeView{Form: formOf(identity.JoinCodeSettings{
		Approval: true, Seats: identity.JoinCodeSeats, ExpiresAt: midnightAfter(now.Add(identity.JoinCodeWeek)),
	}, now)}
	code, err := org.Store.JoinCode(r.Context())
	switch {
	case err == nil:
		v.Code, v.Form = code, formOf(code.JoinCodeSettings, now)
		v.Link = org.Portal.URL(views.JoinCodePath(code.Code))
		v.Address = org.Portal.Typed(views.JoinPath)
	case !identity.IsKind(err, identity.KindNotFound):
		return v, err
	}
	v.Waiting, err = org.Store.RequestsWaiting(r.Context())
	return v, err
}

func formOf(s identity.JoinCodeSettings, now time.Time) views.CodeForm {
	return views.CodeForm{
		Expires: s.ExpiresAt.In(now.Location()).Add(-time.Second).Format(dateForm), Seats: strconv.Itoa(s.Seats),
		Domains: strings.Join(s.Domains, " "), Approval: s.Approval,
	}
}

// midnightAfter is the midnight after a moment, where the moment is.
func midnightAfter(at time.Time) time.Time {
	year, month, day := at.Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, at.Location())
}

// make serves POST /o/{classroom}/code: a new code, and the one before is void.
// Form: expires, seats, domains, approval; or as, before, to keep what the one
// before was set to.
func (c codes) make(w http.ResponseWriter, r *http.Request, org Organization) error {
	if r.PostFormValue("as") == "before" {
		return c.rotate(w, r, org)
	}
	settings, form, problems := readCode(r, org.Portal.Now())
	if len(problems) > 0 {
		return c.again(w, r, org, form, problems)
	}
	if err := org.Store.NewJoinCode(r.Context(), settings); err != nil {
		return err
	}
	return redirect(w, r, views.CodePath(org.ID()), identity.Say("code.made"))
}

// rotate makes a new code like the one before. One that was over gets a week.
func (c codes) rotate(w http.ResponseWriter, r *http.Request, org Organization) error {
	code, err := org.Store.JoinCode(r.Context())
	if err != nil {
		return err
	}
	settings, now := code.JoinCodeSettings, org.Portal.Now()
	if !settings.ExpiresAt.After(now) {
		settings.ExpiresAt = midnightAfter(now.Add(identity.JoinCodeWeek))
	}
	if err := org.Store.NewJoinCode(r.Context(), settings); err != nil {
		return err
	}
	return redirect(w, r, views.CodePath(org.ID()), identity.Say("code.rotated"))
}

// change serves POST /o/{classroom}/code/settings. Form: expires, seats, domains,
// approval.
func (c codes) change(w http.ResponseWriter, r *http.Request, org Organization) error {
	settings, form, problems := readCode(r, org.Portal.Now())
	if len(problems) > 0 {
		return c.again(w, r, org, form, problems)
	}
	if err := org.Store.ChangeJoinCode(r.Context(), settings); err != nil {
		return err
	}
	return redirect(w, r, views.CodePath(org.ID()), identity.Say("code.saved"))
}

// again shows the page with what was typed.
func (c codes) again(w http.ResponseWriter, r *http.Request, org Organization, form views.CodeForm, problems identity.Problems) error {
	v, err := c.view(r, org)
	if err != nil {
		return err
	}
	v.Form, v.Problems = form, problems
	return render(w, r, http.StatusUnprocessableEntity, views.Code(org.Page, org.Opened, v))
}

func readCode(r *http.Request, now time.Time) (identity.JoinCodeSettings, views.CodeForm, identity.Problems) {
	form := views.CodeForm{
		Expires: r.PostFormValue("expires"), Seats: r.PostFormValue("seats"), Domains: r.PostFormValue("domains"),
		Approval: r.PostFormValue("approval") != "",
	}
	settings := identity.JoinCodeSettings{Approval: form.Approval, Domains: identity.ReadDomains(form.Domains)}
	if seats, err := strconv.Atoi(strings.TrimSpace(form.Seats)); err == nil {
		settings.Seats = seats // or 0, which is none
	}
	if day, err := time.ParseInLocation(dateForm, form.Expires, now.Location()); err == nil {
		settings.ExpiresAt = midnightAfter(day) // or never, which is over
	}
	return settings, form, settings.Check(now)
}

// stop serves POST /o/{classroom}/code/stop.
func (c codes) stop(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := org.Store.StopJoinCode(r.Context()); err != nil {
		return err
	}
	return redirect(w, r, views.CodePath(org.ID()), identity.Say("code.stopped"))
}

// project serves GET /o/{classroom}/code/projector. Without a code there is
// nothing to show.
func (c codes) project(w http.ResponseWriter, r *http.Request, org Organization) error {
	v, err := c.view(r, org)
	if err != nil {
		return err
	}
	if v.Code.ID == "" {
		return redirect(w, r, views.CodePath(org.ID()))
	}
	picture, err := cards.NewCode(v.Link)
	if err != nil {
		return err
	}
	v.Picture = views.CardCode{Size: picture.Size(), Path: picture.Path()}
	return render(w, r, http.StatusOK, views.Projector(org.Page, org.Opened, v))
}

// cameBy lets all projectors of a classroom look together at what changes.
type cameBy struct{ shared }

// look is the stream of GET /o/{classroom}/code/live.
func (c *cameBy) look(ctx context.Context, org Organization) (shown, error) {
	return c.get(ctx, org.ID(), func() (templ.Component, error) {
		code, err := org.Store.JoinCode(ctx)
		if err != nil && !identity.IsKind(err, identity.KindNotFound) {
			return nil, err
		}
		waiting, err := org.Store.RequestsWaiting(ctx)
		return views.Came(code, waiting), err
	})
}
