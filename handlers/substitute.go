package handlers

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// substituteRoutes are the pages on which a class gets a co-teacher whose access
// ends by itself.
func (s *Server) substituteRoutes(r chi.Router) {
	room := func(h organizationHandler) http.Handler {
		return s.inOrganization(identity.ManageTeachers, inClassroom(h))
	}
	r.Method("GET", "/substitutes", room(showSubstitutes))
	r.Method("POST", "/substitutes", room(addSubstitute))
	r.Method("GET", "/people/{user}/until", room(askUntil))
	r.Method("POST", "/people/{user}/until", room(setUntil))
}

// showSubstitutes serves GET /o/{organization}/substitutes. Query: q; user, who
// was chosen.
func showSubstitutes(w http.ResponseWriter, r *http.Request, org Organization) error {
	if user := identity.UserID(r.URL.Query().Get("user")); user != "" {
		person, err := org.Store.SchoolCandidate(r.Context(), user)
		if err != nil {
			return err
		}
		return render(w, r, http.StatusOK, views.Substitute(org.Page, org.Opened, views.SubstituteForm{Person: person.User}))
	}
	view := views.SubstitutesView{
		Search: identity.CleanName(r.URL.Query().Get("q")), Alone: org.Organization().School == "",
	}
	current, err := org.Store.Substitutions(r.Context())
	if err != nil {
		return err
	}
	here := map[identity.UserID]bool{org.Actor().User: true}
	for _, s := range current {
		view.Current = append(view.Current, views.SubstituteLine{Person: s.Person, Until: s.Until, By: s.By.Name})
	}
	if !view.Alone {
		teachers, err := teachersOf(r.Context(), org, "")
		if err != nil {
			return err
		}
		for _, t := range teachers {
			here[t.User.ID] = true
		}
		staff, err := org.Store.SchoolStaff(r.Context(), view.Search)
		if err != nil {
			return err
		}
		for _, person := range staff {
			if !here[person.User.ID] {
				view.Found = append(view.Found, person)
			}
		}
	}
	return render(w, r, http.StatusOK, views.Substitutes(org.Page, org.Opened, view))
}

// addSubstitute serves POST /o/{organization}/substitutes. Form: user, until.
func addSubstitute(w http.ResponseWriter, r *http.Request, org Organization) error {
	user := identity.UserID(r.PostFormValue("user"))
	if user == "" {
		return identity.Invalid("form.stale")
	}
	person, err := org.Store.SchoolCandidate(r.Context(), user)
	if err != nil {
		return err
	}
	form := views.SubstituteForm{Person: person.User, Until: r.PostFormValue("until")}
	until := lastMomentOf(form.Until, views.ZoneOf(r.Context()))
	status := http.StatusUnprocessableEntity
	form.Problems = identity.CheckSubstitution(until, org.Portal.Now())
	if form.Problems == nil {
		err := identity.Substitute(r.Context(), org.Opened, org.Store, org.Remote, person, until)
		if err == nil {
			return redirect(w, r, views.SubstitutesPath(org.ID()), identity.Say("substitute.added",
				"Name", person.User.DisplayName(), "Day", views.ExactDay(r.Context(), until)))
		}
		if status, form.Problems = retryable(err, "until"); form.Problems == nil {
			return err
		}
	}
	return render(w, r, status, views.Substitute(org.Page, org.Opened, form))
}

// askUntil serves GET /o/{organization}/people/{user}/until.
func askUntil(w http.ResponseWriter, r *http.Request, org Organization) error {
	form, err := untilForm(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Substitute(org.Page, org.Opened, form))
}

// untilForm is the form about somebody who is in the class, as it stands.
func untilForm(r *http.Request, org Organization) (views.SubstituteForm, error) {
	m, err := org.Store.Member(r.Context(), memberID(r))
	if err != nil {
		return views.SubstituteForm{}, err
	}
	if m.Assignment.Role() != identity.RoleCoTeacher {
		return views.SubstituteForm{}, identity.Conflict("substitute.co-teachers")
	}
	form := views.SubstituteForm{Person: m.User, Here: true}
	substitution, err := org.Store.Substitution(r.Context(), m.User.ID)
	if err == nil && !substitution.Until.IsZero() {
		form.Until = substitution.Until.In(views.ZoneOf(r.Context())).Format(time.DateOnly)
	}
	return form, err
}

// setUntil serves POST /o/{organization}/people/{user}/until. Form: until, or
// stay.
func setUntil(w http.ResponseWriter, r *http.Request, org Organization) error {
	form, err := untilForm(r, org)
	if err != nil {
		return err
	}
	var until time.Time
	if r.PostFormValue("stay") == "" {
		form.Until = r.PostFormValue("until")
		until = lastMomentOf(form.Until, views.ZoneOf(r.Context()))
		if form.Problems = identity.CheckSubstitution(until, org.Portal.Now()); form.Problems != nil {
			return render(w, r, http.StatusUnprocessableEntity, views.Substitute(org.Page, org.Opened, form))
		}
	}
	if err := identity.SetUntil(r.Context(), org.Opened, org.Store, form.Person.ID, until); err != nil {
		return err
	}
	said := identity.Say("substitute.stays", "Name", form.Person.DisplayName())
	if !until.IsZero() {
		said = identity.Say("substitute.saved", "Name", form.Person.DisplayName(), "Day", views.ExactDay(r.Context(), until))
	}
	return redirect(w, r, views.MemberPath(org.ID(), form.Person.ID), said)
}

// lastMomentOf is the last moment of a day as browsers write it; zero if it is none.
func lastMomentOf(day string, zone *time.Location) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}
	}
	return at.AddDate(0, 0, 1).Add(-time.Second)
}
