package handlers

import (
	"context"
	"net/http"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// maxListed bounds the list of classrooms to choose from.
const maxListed = 500

// choices are what the rules of a connection may name.
func (s SignInSetup) choices(ctx context.Context, chosen identity.OrganizationID) (views.PeopleChoices, error) {
	var choices views.PeopleChoices
	var err error
	if choices.Domains, err = s.Store.Domains(ctx); err != nil {
		return choices, err
	}
	after := ""
	for len(choices.Classrooms) < maxListed {
		page, err := s.Store.Classrooms(ctx, store.ClassroomQuery{After: after, Limit: maxListed - len(choices.Classrooms)})
		if err != nil {
			return choices, err
		}
		for _, row := range page.Rows {
			choices.Classrooms = append(choices.Classrooms, views.NamedValue{Name: row.Organization.Name, Value: string(row.Organization.ID)})
		}
		if after = page.Next; after == "" {
			break
		}
	}
	choices.More = after != ""
	listed := func(v views.NamedValue) bool { return v.Value == string(chosen) }
	if name, err := s.classroomName(ctx, chosen); err != nil {
		return choices, err
	} else if name != "" && !slices.ContainsFunc(choices.Classrooms, listed) {
		choices.Classrooms = append(choices.Classrooms, views.NamedValue{Name: name, Value: string(chosen)})
	}
	return choices, nil
}

// askPeople serves GET …/connections/{connection}/people.
func askPeople(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	choices, err := setup.choices(r.Context(), c.Rules.Classroom)
	if err != nil {
		return err
	}
	form := views.PeopleForm{Domains: c.Domains, Rules: c.Rules}
	if len(form.Domains) == 0 && c.State == identity.ConnectionDraft {
		taken, err := setup.Store.Connections(r.Context())
		if err != nil {
			return err
		}
		form.Domains = freeDomains(choices.Domains, taken)
	}
	return render(w, r, http.StatusOK, views.ConnectionPeople(setup.frame(c), choices, form, nil))
}

// choosePeople serves POST …/connections/{connection}/people. Form: domain, any
// number of them, joining, role, classroom.
func choosePeople(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	ctx := r.Context()
	form := views.PeopleForm{
		Domains: slices.Compact(slices.Sorted(slices.Values(r.PostForm["domain"]))),
		Rules: identity.JoiningRules{
			Joining: identity.Joining(r.PostFormValue("joining")), Role: identity.Role(r.PostFormValue("role")),
			Classroom: identity.OrganizationID(r.PostFormValue("classroom")),
		},
	}
	choices, err := setup.choices(ctx, form.Rules.Classroom)
	if err != nil {
		return err
	}
	problems, status := peopleProblems(c, choices, form), http.StatusUnprocessableEntity
	if problems == nil {
		to := c
		to.Domains, to.Rules = form.Domains, form.Rules
		err := setup.Store.ChangeConnection(ctx, changed(identity.ActionConnectionChanged, c), to,
			func(context.Context, *identity.Connection) error { return nil }) // Zitadel knows nothing of the rules
		if err == nil {
			return redirect(w, r, setup.afterPeople(c), identity.Say("connection.people.saved"))
		}
		if status, problems = refusedBeside(err, "domain"); problems == nil {
			return err
		}
	}
	return render(w, r, status, views.ConnectionPeople(setup.frame(c), choices, form, problems))
}

// peopleProblems are what is wrong with the chosen rules. A school without a
// proven domain may choose the rest first.
func peopleProblems(c identity.Connection, choices views.PeopleChoices, form views.PeopleForm) identity.Problems {
	var problems identity.Problems
	proven := func(name string) bool {
		return slices.ContainsFunc(choices.Domains, func(d identity.Domain) bool { return d.Verified && d.Name == name })
	}
	anyProven := slices.ContainsFunc(choices.Domains, func(d identity.Domain) bool { return d.Verified })
	switch {
	case slices.ContainsFunc(form.Domains, func(name string) bool { return !proven(name) }):
		problems.Add("domain", "connection.domains.unknown")
	case len(form.Domains) == 0 && (anyProven || c.State == identity.ConnectionActive):
		problems.Add("domain", "connection.domains.missing")
	}
	if !slices.Contains([]identity.Joining{identity.JoinCreate, identity.JoinLink, identity.JoinRoster}, form.Rules.Joining) {
		problems.Add("joining", "connection.joining.choose")
	}
	if !slices.Contains(views.JoiningRoles, form.Rules.Role) {
		problems.Add("role", "connection.joining.role.choose")
	}
	if id := form.Rules.Classroom; id != "" &&
		!slices.ContainsFunc(choices.Classrooms, func(v views.NamedValue) bool { return v.Value == string(id) }) {
		problems.Add("classroom", "connection.joining.classroom.unknown")
	}
	return problems
}

// afterPeople is the page that follows on the rules: the next step of the
// wizard, or the connection itself.
func (s SignInSetup) afterPeople(c identity.Connection) string {
	if c.State == identity.ConnectionDraft {
		return s.Door.Connection(c.ID, "test")
	}
	return s.Door.Connection(c.ID)
}
