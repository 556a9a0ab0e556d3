package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// listDomains serves GET /domains of either door.
func listDomains(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	return domainList(w, r, setup, http.StatusOK, "", nil)
}

func domainList(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, status int, typed string, problems identity.Problems,
) error {
	domains, err := setup.Store.Domains(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, status, views.Domains(setup.Page, setup.Opened, setup.Door, domains, typed, problems))
}

// addDomain serves POST /domains. Form: domain.
func addDomain(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	typed := r.PostFormValue("domain")
	name, problems := sso.CheckDomain(typed)
	if problems != nil {
		return domainList(w, r, setup, http.StatusUnprocessableEntity, typed, problems)
	}
	switch _, err := setup.Store.Domain(r.Context(), name); {
	case err == nil:
		problems.Add("domain", "domain.there", "Domain", name)
		return domainList(w, r, setup, http.StatusUnprocessableEntity, typed, problems)
	case !identity.IsKind(err, identity.KindNotFound):
		return err
	}
	change := identity.Change{Action: identity.ActionDomainAdded, Target: name, After: named(name)}
	domain := identity.Domain{Name: name, Join: identity.AutoJoinOff, Role: identity.RoleStudent}
	err := setup.Store.ChangeDomain(r.Context(), change, domain, func(ctx context.Context, d *identity.Domain) error {
		if err := setup.Remote.AddDomain(ctx, name); err != nil {
			return err
		}
		var err error
		d.Challenge, err = setup.Remote.ChallengeDomain(ctx, name, identity.ProofDNS)
		return err
	})
	if status, problems := retryable(err, "domain"); problems != nil {
		return domainList(w, r, setup, status, typed, problems)
	}
	if err != nil {
		return err
	}
	return redirect(w, r, setup.Door.Domain(name))
}

// named is what an audit record says of something that has only a name.
func named(name string) map[string]string { return map[string]string{identity.AuditName: name} }

// showDomain serves GET /domains/{domain} of either door: how to prove it, or
// whom it lets join.
func showDomain(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	if !domain.Verified {
		return render(w, r, http.StatusOK, views.ProveDomain(setup.Page, setup.Opened, setup.Door, domain, nil))
	}
	form := views.DomainForm{Join: domain.Join, Role: domain.Role, Classroom: domain.Classroom}
	return verifiedDomain(w, r, setup, http.StatusOK, domain, form, nil)
}

// domainAt is the domain of the path, if it is the school's.
func domainAt(r *http.Request, setup SignInSetup) (identity.Domain, error) {
	return setup.Store.Domain(r.Context(), chi.URLParam(r, "domain"))
}

// maxClassroomChoices bounds the list of classrooms to choose from.
const maxClassroomChoices = 200

func verifiedDomain(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, status int,
	domain identity.Domain, form views.DomainForm, problems identity.Problems,
) error {
	page, err := setup.Store.Classrooms(r.Context(), store.ClassroomQuery{Limit: maxClassroomChoices})
	if err != nil {
		return err
	}
	choices := views.PeopleChoices{More: page.Next != ""}
	for _, c := range page.Rows {
		choices.Classrooms = append(choices.Classrooms,
			views.NamedValue{Name: c.Organization.Name, Value: string(c.Organization.ID)})
	}
	return render(w, r, status, views.JoinDomain(setup.Page, setup.Opened, setup.Door, domain, choices, form, problems))
}

// saveJoining serves POST /domains/{domain}/joining. Form: join, role,
// classroom.
func saveJoining(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	if !domain.Verified {
		return identity.Conflict("domain.not-proven")
	}
	form := views.DomainForm{
		Join: identity.AutoJoin(r.PostFormValue("join")), Role: identity.Role(r.PostFormValue("role")),
		Classroom: identity.OrganizationID(r.PostFormValue("classroom")),
	}
	problems, err := checkJoining(r.Context(), setup, form)
	if err != nil {
		return err
	}
	if problems != nil {
		return verifiedDomain(w, r, setup, http.StatusUnprocessableEntity, domain, form, problems)
	}
	before := map[string]string{"joining": string(domain.Join), identity.AuditRole: string(domain.Role)}
	domain.Join, domain.Role, domain.Classroom = form.Join, form.Role, form.Classroom
	err = setup.Store.ChangeDomain(r.Context(), identity.Change{
		Action: identity.ActionDomainChanged, Target: domain.Name, Before: before,
		After: map[string]string{
			identity.AuditName: domain.Name, "joining": string(domain.Join), identity.AuditRole: string(domain.Role),
		},
	}, domain, func(context.Context, *identity.Domain) error { return nil }) // joining is the portal's alone
	if err != nil {
		return err
	}
	return redirect(w, r, setup.Door.Domain(domain.Name), identity.Say("domain.joining.saved", "Domain", domain.Name))
}

// checkJoining finds what is wrong with how a domain's people are to join.
func checkJoining(ctx context.Context, setup SignInSetup, form views.DomainForm) (identity.Problems, error) {
	var problems identity.Problems
	switch form.Join {
	case identity.AutoJoinOff, identity.AutoJoinAsk, identity.AutoJoinOn:
	default:
		problems.Add("join", "domain.joining.choose")
	}
	if !slices.Contains(views.JoiningRoles, form.Role) {
		problems.Add("role", "domain.joining.role.choose")
	}
	if form.Classroom == "" {
		if form.Join != identity.AutoJoinOff && form.Role != identity.RoleTeacher {
			problems.Add("classroom", "domain.joining.classroom.needed")
		}
		return problems, nil
	}
	switch _, err := setup.Store.ClassroomIn(ctx, form.Classroom); {
	case identity.IsKind(err, identity.KindNotFound):
		problems.Add("classroom", "domain.joining.classroom.gone")
	case err != nil:
		return nil, err
	}
	return problems, nil
}

// askDomainDeletion serves GET /domains/{domain}/delete.
func askDomainDeletion(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	connections, err := setup.Store.Connections(r.Context())
	if err != nil {
		return err
	}
	var uses []string
	for _, c := range connections {
		if slices.Contains(c.Domains, domain.Name) {
			uses = append(uses, c.Name)
		}
	}
	return render(w, r, http.StatusOK,
		views.DeleteDomain(setup.Page, setup.Opened, setup.Door, domain, strings.Join(uses, ", ")))
}

// deleteDomain serves POST /domains/{domain}/delete.
func deleteDomain(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	change := identity.Change{Action: identity.ActionDomainDeleted, Target: domain.Name, After: named(domain.Name)}
	err = setup.Store.DeleteDomain(r.Context(), change, domain.Name, func(ctx context.Context) error {
		return setup.Remote.DeleteDomain(ctx, domain.Name)
	})
	if err != nil {
		return err
	}
	return redirect(w, r, setup.Door.Domains(), identity.Say("domain.deleted", "Domain", domain.Name))
}
