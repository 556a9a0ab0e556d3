package handlers

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

func memberID(r *http.Request) identity.UserID { return identity.UserID(chi.URLParam(r, "user")) }

// showMember serves GET /o/{organization}/people/{user}. Students, who may see
// names, may not see this.
func showMember(w http.ResponseWriter, r *http.Request, org Organization) error {
	if namesOnly(org) {
		return identity.Forbidden("permission.missing")
	}
	m, err := org.Store.Member(r.Context(), memberID(r))
	if err != nil {
		return err
	}
	substitution, err := org.Store.Substitution(r.Context(), m.User.ID)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK,
		views.Member(org.Page, org.Opened, m, substitution.Until, m.Assignment.Role(), nil))
}

// changeRole serves POST /o/{organization}/people/{user}/role. Form: role.
func changeRole(w http.ResponseWriter, r *http.Request, org Organization) error {
	user, to := memberID(r), identity.Role(r.PostFormValue("role"))
	m, err := org.Store.Member(r.Context(), user)
	if err != nil {
		return err
	}
	status, problems := http.StatusUnprocessableEntity, identity.Problems(nil)
	if !slices.Contains(identity.RolesIn(org.Organization().Kind), to) {
		problems.Add("role", "member.role.choose-one")
	} else if err := identity.ChangeRole(r.Context(), org.Opened, org.Store, org.Remote, user, to); err != nil {
		if status, problems = retryable(err, "role"); problems == nil {
			return err
		}
	}
	if problems != nil {
		substitution, err := org.Store.Substitution(r.Context(), user)
		if err != nil {
			return err
		}
		return render(w, r, status, views.Member(org.Page, org.Opened, m, substitution.Until, to, problems))
	}
	return redirect(w, r, views.MemberPath(org.ID(), user),
		identity.Say("member.role.changed", "Name", m.User.DisplayName(), "Role", views.RoleName(r.Context(), to)))
}

// suspend serves POST /o/{organization}/people/{user}/suspend.
func suspend(w http.ResponseWriter, r *http.Request, org Organization) error {
	user := memberID(r)
	m, err := org.Store.Member(r.Context(), user)
	if err != nil {
		return err
	}
	if err := identity.Suspend(r.Context(), org.Opened, org.Store, org.Remote, user); err != nil {
		return err
	}
	return redirect(w, r, views.MemberPath(org.ID(), user), identity.Say("member.suspended", "Name", m.User.DisplayName()))
}

// activate serves POST /o/{organization}/people/{user}/activate.
func activate(w http.ResponseWriter, r *http.Request, org Organization) error {
	user := memberID(r)
	m, err := org.Store.Member(r.Context(), user)
	if err != nil {
		return err
	}
	if err := identity.Activate(r.Context(), org.Opened, org.Store, org.Remote, user); err != nil {
		return err
	}
	return redirect(w, r, views.MemberPath(org.ID(), user), identity.Say("member.activated", "Name", m.User.DisplayName()))
}

// askReset serves GET /o/{organization}/people/{user}/reset.
func askReset(w http.ResponseWriter, r *http.Request, org Organization) error {
	return ask(w, r, org, views.ResetSignIn)
}

// resetSignIn serves POST /o/{organization}/people/{user}/reset. Its answer
// shows the new way in, which is stored nowhere, so there is nothing to redirect
// to.
func resetSignIn(w http.ResponseWriter, r *http.Request, org Organization) error {
	in, err := identity.ResetSignIn(r.Context(), org.Opened, org.Store, org.Remote, memberID(r))
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.SignInReset(org.Page, org.Opened, in, org.Portal.PublicURL))
}

// askRemoval serves GET /o/{organization}/people/{user}/remove.
func askRemoval(w http.ResponseWriter, r *http.Request, org Organization) error {
	return ask(w, r, org, views.RemoveMember)
}

// remove serves POST /o/{organization}/people/{user}/remove.
func remove(w http.ResponseWriter, r *http.Request, org Organization) error {
	user := memberID(r)
	m, err := org.Store.Member(r.Context(), user)
	if err != nil {
		return err
	}
	if err := identity.RemoveFromRoster(r.Context(), org.Opened, org.Store, org.Remote, user); err != nil {
		return err
	}
	return redirect(w, r, views.RosterPath(org.ID()), identity.Say("member.removed", "Name", m.User.DisplayName()))
}

// ask shows the page that asks before something is done to a member.
func ask(
	w http.ResponseWriter, r *http.Request, org Organization,
	question func(views.Page, identity.Opened, identity.Member) templ.Component,
) error {
	m, err := org.Store.Member(r.Context(), memberID(r))
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, question(org.Page, org.Opened, m))
}
