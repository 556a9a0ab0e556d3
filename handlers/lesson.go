package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// lessons lets all who follow the same lesson look at it together.
type lessons struct{ shared }

// look is the stream of GET /o/{classroom}/lesson/live.
func (l *lessons) look(ctx context.Context, org Organization) (shown, error) {
	return l.get(ctx, org.ID(), func() (templ.Component, error) {
		students, err := org.Store.Lesson(ctx)
		return views.LessonGrid(org.Opened, lessonView(org, students)), err
	})
}

// lessonView puts those first who need help.
func lessonView(org Organization, students []identity.LessonStudent) views.LessonView {
	v := views.LessonView{Students: students, Now: org.Portal.Now()}
	identity.SortLesson(v.Students, v.Now)
	return v
}

// showLesson serves GET /o/{classroom}/lesson.
func showLesson(w http.ResponseWriter, r *http.Request, org Organization) error {
	students, err := org.Store.Lesson(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Lesson(org.Page, org.Opened, lessonView(org, students)))
}

// showLessonStudent serves GET /o/{classroom}/lesson/{user}.
func showLessonStudent(w http.ResponseWriter, r *http.Request, org Organization) error {
	m, err := studentOf(r, org)
	if err != nil {
		return err
	}
	students, err := org.Store.Lesson(r.Context())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(students, func(s identity.LessonStudent) bool { return s.User.ID == m.User.ID })
	if at < 0 {
		return identity.NotFound("member.not-found") // behind the last whom a lesson shows
	}
	return render(w, r, http.StatusOK,
		views.LessonStudent(org.Page, org.Opened, views.NewLessonPerson(org.Opened, m, students[at], org.Portal.Now())))
}

// studentOf is the student of the path. Others of the classroom are not in the
// lesson.
func studentOf(r *http.Request, org Organization) (identity.Member, error) {
	m, err := org.Store.Member(r.Context(), memberID(r))
	if err == nil && m.Assignment.Role() != identity.RoleStudent {
		err = identity.NotFound("member.not-found")
	}
	return m, err
}

// newPassword serves POST /o/{classroom}/lesson/{user}/password. Its answer shows
// the new way in, once.
func newPassword(w http.ResponseWriter, r *http.Request, org Organization) error {
	m, err := studentOf(r, org)
	if err != nil {
		return err
	}
	in, err := identity.ResetSignIn(r.Context(), org.Opened, org.Store, org.Remote, m.User.ID)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.LessonPassword(org.Page, org.Opened, in, org.Portal.PublicURL))
}

// unlockStudent serves POST /o/{classroom}/lesson/{user}/unlock.
func unlockStudent(w http.ResponseWriter, r *http.Request, org Organization) error {
	m, err := studentOf(r, org)
	if err != nil {
		return err
	}
	if err := identity.UnlockStudent(r.Context(), org.Opened, org.Store, org.Remote, m.User.ID); err != nil {
		return err
	}
	return redirect(w, r, views.LessonPath(org.ID()), identity.Say("lesson.unlocked", "Name", m.User.DisplayName()))
}

// signOutStudent serves POST /o/{classroom}/lesson/{user}/sign-out.
func signOutStudent(w http.ResponseWriter, r *http.Request, org Organization) error {
	m, err := studentOf(r, org)
	if err != nil {
		return err
	}
	if err := identity.SignOutStudent(r.Context(), org.Opened, org.Store, org.Remote, m.User.ID); err != nil {
		return err
	}
	return redirect(w, r, views.LessonStudentPath(org.ID(), m.User.ID, ""), identity.Say("lesson.signed-out", "Name", m.User.DisplayName()))
}
