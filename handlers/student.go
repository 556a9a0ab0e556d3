package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// newStudent serves GET /o/{organization}/students/new.
func newStudent(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := org.MayInvite(identity.RoleStudent); err != nil {
		return err // a school has no students of its own
	}
	form := identity.NewStudent{Submission: identity.NewSubmission()}
	return render(w, r, http.StatusOK, views.NewStudent(org.Page, org.Opened, form, nil))
}

// createStudent serves POST /o/{organization}/students/new. Form: given-name,
// family-name, user-name, submission. Its answer shows the first password, which
// is stored nowhere, so there is nothing to redirect to; loading the answer
// again creates nobody else and shows the same.
func createStudent(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := identity.NewStudent{
		GivenName:  r.PostFormValue("given-name"),
		FamilyName: r.PostFormValue("family-name"),
		UserName:   r.PostFormValue("user-name"),
		Language:   views.LanguageOf(r.Context()),
		Submission: r.PostFormValue("submission"),
	}
	if problems := form.Check(); problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.NewStudent(org.Page, org.Opened, form, problems))
	}
	in, err := identity.CreateStudent(r.Context(), org.Opened, org.Store, org.Remote, form)
	if err != nil {
		status, problems := retryable(err, "user-name")
		if problems == nil {
			return err
		}
		return render(w, r, status, views.NewStudent(org.Page, org.Opened, form, problems))
	}
	return render(w, r, http.StatusOK, views.StudentCreated(org.Page, org.Opened, in, org.Portal.PublicURL))
}
