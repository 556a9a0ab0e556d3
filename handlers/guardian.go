package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// guardianRoutes are the pages of the contacts of students.
func (s *Server) guardianRoutes(r chi.Router) {
	org := s.inOrganization
	r.Method("GET", "/people/{user}/guardians", org(identity.ManageStudents, showGuardians))
	r.Method("POST", "/people/{user}/guardians", org(identity.ManageStudents, addGuardian))
	r.Method("GET", "/people/{user}/guardians/{guardian}", org(identity.ManageStudents, askGuardian))
	r.Method("POST", "/people/{user}/guardians/{guardian}", org(identity.ManageStudents, changeGuardian))
	r.Method("POST", "/people/{user}/guardians/{guardian}/remove", org(identity.ManageStudents, removeGuardian))
}

// guardedOf loads the student of the path, if it is for who asks to know their
// contacts.
func guardedOf(r *http.Request, org Organization) (identity.User, error) {
	if org.Organization().Kind == identity.KindSchool {
		p, err := org.Store.SchoolPerson(r.Context(), memberID(r))
		return p.User, errors.Join(err, mayKeep(org, p.User, p.Role(), err))
	}
	m, err := org.Store.Member(r.Context(), memberID(r))
	return m.User, errors.Join(err, mayKeep(org, m.User, m.Assignment.Role(), err))
}

func mayKeep(org Organization, u identity.User, role identity.Role, err error) error {
	if err != nil {
		return nil
	}
	return org.MayKeepGuardians(u, role)
}

// showGuardians serves GET /o/{organization}/people/{user}/guardians.
func showGuardians(w http.ResponseWriter, r *http.Request, org Organization) error {
	student, err := guardedOf(r, org)
	if err != nil {
		return err
	}
	form := identity.Guardian{ID: identity.GuardianID(identity.NewSubmission())}
	return renderGuardians(w, r, org, http.StatusOK, views.GuardiansView{Student: student, Form: form})
}

func renderGuardians(w http.ResponseWriter, r *http.Request, org Organization, status int, v views.GuardiansView) error {
	var err error
	if v.Guardians, err = org.Store.GuardiansOf(r.Context(), v.Student); err != nil {
		return err
	}
	return render(w, r, status, views.Guardians(org.Page, org.Opened, v))
}

// readGuardian reads a contact that was typed.
func readGuardian(r *http.Request) identity.Guardian {
	g := identity.Guardian{
		Name: r.PostFormValue("name"), Relation: r.PostFormValue("relation"), Phone: r.PostFormValue("phone"),
		Address: r.PostFormValue("address"), Language: r.PostFormValue("language"),
	}
	if !slices.ContainsFunc(views.Languages, func(l views.Language) bool { return l.Tag == g.Language }) {
		g.Language = ""
	}
	return g.Clean()
}

// addGuardian serves POST /o/{organization}/people/{user}/guardians. Form: name,
// relation, phone, address, language and submission.
func addGuardian(w http.ResponseWriter, r *http.Request, org Organization) error {
	student, err := guardedOf(r, org)
	if err != nil {
		return err
	}
	g := readGuardian(r)
	g.ID = identity.GuardianID(cmp.Or(r.PostFormValue("submission"), identity.NewSubmission()))
	if problems := g.Check(); len(problems) > 0 {
		return renderGuardians(w, r, org, http.StatusUnprocessableEntity, views.GuardiansView{Student: student, Form: g, Problems: problems})
	}
	if err := org.Store.AddGuardian(r.Context(), student.ID, g); err != nil {
		return err
	}
	return redirect(w, r, views.GuardiansPath(org.ID(), student.ID), identity.Say("guardian.added", "Name", g.Name))
}

// askGuardian serves GET /o/{organization}/people/{user}/guardians/{guardian}.
func askGuardian(w http.ResponseWriter, r *http.Request, org Organization) error {
	student, g, err := guardianOf(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.ChangeGuardian(org.Page, org.Opened, views.GuardiansView{Student: student, Form: g, Changing: true, Name: g.Name}))
}

// guardianOf loads the contact of the path with the student.
func guardianOf(r *http.Request, org Organization) (identity.User, identity.Guardian, error) {
	student, err := guardedOf(r, org)
	if err != nil {
		return identity.User{}, identity.Guardian{}, err
	}
	g, err := org.Store.Guardian(r.Context(), student, identity.GuardianID(chi.URLParam(r, "guardian")))
	return student, g, err
}

// changeGuardian serves POST /o/{organization}/people/{user}/guardians/{guardian}.
// Form: that of addGuardian.
func changeGuardian(w http.ResponseWriter, r *http.Request, org Organization) error {
	student, before, err := guardianOf(r, org)
	if err != nil {
		return err
	}
	g := readGuardian(r)
	g.ID = before.ID
	if problems := g.Check(); len(problems) > 0 {
		v := views.GuardiansView{Student: student, Form: g, Changing: true, Name: before.Name, Problems: problems}
		return render(w, r, http.StatusUnprocessableEntity, views.ChangeGuardian(org.Page, org.Opened, v))
	}
	if err := org.Store.ChangeGuardian(r.Context(), student.ID, g); err != nil {
		return err
	}
	return redirect(w, r, views.GuardiansPath(org.ID(), student.ID), identity.Say("guardian.changed", "Name", g.Name))
}

// removeGuardian serves POST
// /o/{organization}/people/{user}/guardians/{guardian}/remove.
func removeGuardian(w http.ResponseWriter, r *http.Request, org Organization) error {
	student, g, err := guardianOf(r, org)
	if err != nil {
		return err
	}
	if err := org.Store.RemoveGuardian(r.Context(), student.ID, g.ID); err != nil {
		return err
	}
	return redirect(w, r, views.GuardiansPath(org.ID(), student.ID), identity.Say("guardian.removed", "Name", g.Name))
}
