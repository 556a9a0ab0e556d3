package handlers

import (
	"net/http"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// findRolloverTeacher serves GET /o/{school}/rollovers/{rollover}/classes/{position}/teachers:
// who of the school could teach the new class. Query: q.
func findRolloverTeacher(w http.ResponseWriter, r *http.Request, org Organization) error {
	f, item, err := classForm(r, org)
	if err != nil {
		return err
	}
	v := views.RolloverTeachersView{
		Rollover: f.Rollover, Item: f.Item, Search: identity.CleanName(r.URL.Query().Get("q")),
	}
	if v.Item.NewName == "" {
		v.Item.NewName = item.Name
	}
	staff, err := org.Store.SchoolStaff(r.Context(), v.Search)
	if err != nil {
		return err
	}
	v.Found = slices.DeleteFunc(staff, func(p identity.SchoolPerson) bool {
		return slices.ContainsFunc(f.Teachers, func(t views.RolloverTeacher) bool { return t.ID == p.User.ID })
	})
	return render(w, r, http.StatusOK, views.RolloverTeachers(org.Page, org.Opened, v))
}

// addRolloverTeacher serves POST /o/{school}/rollovers/{rollover}/classes/{position}/teachers.
// Form: user.
func addRolloverTeacher(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, item, err := plannedClass(r, org)
	if err != nil {
		return err
	}
	user := identity.UserID(r.PostFormValue("user"))
	if user == "" {
		return identity.Invalid("form.stale")
	}
	if err := org.Store.AddRolloverTeacher(r.Context(), one.ID, item.Position, user); err != nil {
		return err
	}
	return redirect(w, r, views.RolloverClassPath(org.ID(), string(one.ID), item.Position)+"#teachers")
}
