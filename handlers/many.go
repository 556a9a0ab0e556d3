package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"homeroom.dev/homeroom/bulk"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// many is what is done to many people of a school. It holds the way into the
// school's classrooms, for what is checked beforehand.
type many struct {
	store   *store.Store
	gateway identity.Gateway
}

const (
	// askedMost is how many are asked about one by one before it begins, and
	// namedMost how many are named.
	askedMost = 300
	namedMost = 10
)

// check serves GET /o/{school}/people/act, and /people/act/remove, where who had
// to sign in again comes back to. Query: action, which, user, any number
// of them, and the filter of the list; to and leave for a move.
func (m many) check(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := r.URL.Query()
	if sent := again(r); sent != nil {
		form = sent
	}
	ask := m.read(form)
	if !ask.All && len(ask.Users) == 0 {
		ticked, err := org.Store.Selection(r.Context())
		if err != nil {
			return err
		}
		ask.Users = ticked.Users
	}
	if ask.Action == "" || !ask.All && len(ask.Users) == 0 {
		notice := identity.Say("bulk.nobody")
		if ask.Action == "" {
			notice = identity.Say("bulk.no-action")
		}
		return redirect(w, r, views.WithQuery(views.PeoplePath(org.ID()), ask.Filter.Params()...), notice)
	}
	return m.show(w, r, org, ask, http.StatusOK, nil)
}

// begin serves POST /o/{school}/people/act. Form: that of check, submission and
// expected.
func (m many) begin(w http.ResponseWriter, r *http.Request, org Organization) error {
	if identity.BulkAction(r.PostFormValue("action")) == identity.BulkRemove {
		return identity.Invalid("request.broken") // its form is sent to where a fresh sign-in is asked for
	}
	return m.act(w, r, org)
}

// beginFresh serves POST /o/{school}/people/act/remove.
func (m many) beginFresh(w http.ResponseWriter, r *http.Request, org Organization) error {
	if identity.BulkAction(r.PostFormValue("action")) != identity.BulkRemove {
		return identity.Invalid("request.broken")
	}
	return m.act(w, r, org)
}

func (m many) act(w http.ResponseWriter, r *http.Request, org Organization) error {
	ask := m.read(r.PostForm)
	if ask.Action == "" {
		return identity.Invalid("request.broken")
	}
	classrooms, err := m.where(r.Context(), org, &ask)
	if err != nil {
		return err
	}
	if ask.Classrooms = classrooms; ask.Action == identity.BulkMove && ask.Parameters.ClassroomName == "" {
		ask.Problems = moveProblems(ask)
		return m.show(w, r, org, ask, http.StatusUnprocessableEntity, ask.Problems)
	}
	run := store.NewRun{
		Action: ask.Action, Parameters: ask.Parameters, Users: ask.Users, Submission: r.PostFormValue("submission"),
	}
	if ask.All {
		q := peopleQuery(ask.Filter)
		run.Matching = &q
		if run.Expected, err = strconv.Atoi(r.PostFormValue("expected")); err != nil {
			return identity.Invalid("request.broken").Because(err)
		}
	}
	id, err := org.Store.BeginRun(r.Context(), run)
	var known *identity.Error
	switch {
	case err == nil:
		if err := org.Store.ClearSelection(r.Context()); err != nil {
			return err
		}
		return redirect(w, r, views.RunPath(org.ID(), id))
	case errors.As(err, &known) && known.Message.ID == "bulk.other-number":
		var problems identity.Problems
		problems = append(problems, identity.Problem{Message: known.Message})
		return m.show(w, r, org, ask, http.StatusConflict, problems)
	}
	return err
}

// read reads who is meant and what is to be done.
func (m many) read(form url.Values) views.BulkAsk {
	ask := views.BulkAsk{
		Action: identity.BulkAction(form.Get("action")), Filter: peopleFilter(form), All: form.Get("which") == "all",
		Parameters: identity.BulkParameters{Classroom: identity.OrganizationID(form.Get("to"))}, Leave: form.Get("leave"),
		Submission: cmp.Or(form.Get("submission"), identity.NewSubmission()),
	}
	if !slices.Contains(identity.BulkActions, ask.Action) {
		ask.Action = ""
	}
	if !ask.All {
		for _, user := range slices.Compact(slices.Sorted(slices.Values(form["user"]))) {
			ask.Users = append(ask.Users, identity.UserID(user))
		}
	}
	return ask
}

// where fills in the classrooms of a move. Without a name there is something to
// choose yet.
func (m many) where(ctx context.Context, org Organization, ask *views.BulkAsk) ([]views.NamedValue, error) {
	if ask.Action != identity.BulkMove {
		ask.Parameters, ask.Leave = identity.BulkParameters{}, ""
		return nil, nil
	}
	classrooms, err := classroomNames(ctx, org, ask.Filter.Classroom)
	if err != nil {
		return nil, err
	}
	name := func(id identity.OrganizationID) string {
		i := slices.IndexFunc(classrooms, func(v views.NamedValue) bool { return id != "" && v.Value == string(id) })
		if i < 0 {
			return ""
		}
		return classrooms[i].Name
	}
	how := identity.BulkParameters{Classroom: ask.Parameters.Classroom}
	switch ask.Leave {
	case views.LeaveAll:
		how.All = true
	case views.LeaveFrom:
		how.From, how.FromName = ask.Filter.Classroom, name(ask.Filter.Classroom)
	case views.LeaveNone:
	default:
		ask.Leave = ""
	}
	if ask.Leave == views.LeaveFrom && how.FromName == "" {
		ask.Leave = ""
	}
	if ask.Leave != "" {
		how.ClassroomName = name(how.Classroom)
	}
	ask.Parameters = how
	return classrooms, nil
}

// moveProblems are what is missing in a move.
func moveProblems(ask views.BulkAsk) identity.Problems {
	var problems identity.Problems
	if !slices.ContainsFunc(ask.Classrooms, func(v views.NamedValue) bool { return v.Value == string(ask.Parameters.Classroom) }) {
		problems.Add("to", "bulk.move.to.missing")
	}
	if ask.Leave == "" {
		problems.Add("leave", "bulk.move.leave.missing")
	}
	return problems
}

// show asks whether the answers are right, and says beforehand what cannot be
// done.
func (m many) show(
	w http.ResponseWriter, r *http.Request, org Organization, ask views.BulkAsk, status int, problems identity.Problems,
) error {
	ctx := r.Context()
	chosen := ask.Parameters.Classroom != "" || ask.Leave != ""
	var err error
	if ask.Classrooms, err = m.where(ctx, org, &ask); err != nil {
		return err
	}
	if ask.Action == identity.BulkMove && ask.Parameters.ClassroomName == "" && chosen && problems == nil {
		problems, status = moveProblems(ask), http.StatusUnprocessableEntity
	}
	ask.Problems = problems
	people, err := m.people(ctx, org, &ask)
	if err != nil {
		return err
	}
	if ask.Total == 0 {
		return redirect(w, r, views.WithQuery(views.PeoplePath(org.ID()), ask.Filter.Params()...), identity.Say("bulk.nobody"))
	}
	if ask.Action != identity.BulkMove || ask.Parameters.ClassroomName != "" {
		if err := m.askAbout(ctx, org, &ask, people); err != nil {
			return err
		}
	}
	return render(w, r, status, views.BulkCheck(org.Page, org.Opened, ask))
}

// people counts who is meant, names some, and answers those to ask about: all
// who are ticked, and of many who match the staff, whom the rules protect.
func (m many) people(ctx context.Context, org Organization, ask *views.BulkAsk) ([]identity.User, error) {
	var people []identity.User
	if !ask.All {
		for _, user := range ask.Users[:min(len(ask.Users), store.MaxSelection)] { // more are refused
			p, err := org.Store.SchoolPerson(ctx, user)
			if identity.IsKind(err, identity.KindNotFound) {
				continue // has left meanwhile
			}
			if err != nil {
				return nil, err
			}
			people = append(people, p.User)
		}
		ask.Total = len(people)
	} else {
		q := peopleQuery(ask.Filter)
		total, err := org.Store.CountMatching(ctx, q)
		if err != nil {
			return nil, err
		}
		ask.Total, q.Limit = total, askedMost
		page, err := org.Store.People(ctx, q)
		if err != nil {
			return nil, err
		}
		people = schoolUsers(page.Rows)
	}
	ask.Names = someNames(people)
	if ask.Unasked = ask.Total > len(people); ask.Unasked {
		q := peopleQuery(ask.Filter)
		if q.Limit = askedMost; q.Role == "" && !q.NoRole {
			q.Staff = true
		}
		page, err := org.Store.People(ctx, q)
		if err != nil {
			return nil, err
		}
		people = schoolUsers(page.Rows)
	}
	return people, nil
}

func schoolUsers(rows []identity.SchoolPerson) []identity.User {
	users := make([]identity.User, len(rows))
	for i, row := range rows {
		users[i] = row.User
	}
	return users
}

// someNames are the names of the first of many.
func someNames(people []identity.User) []string {
	var names []string
	for _, u := range people[:min(len(people), namedMost)] {
		names = append(names, u.DisplayName())
	}
	return names
}

// askAbout asks about each what would become of them.
func (m many) askAbout(ctx context.Context, org Organization, ask *views.BulkAsk, people []identity.User) (err error) {
	school := identity.School{
		Opened: org.Opened, Rows: org.Store, Remote: org.Remote,
		Enter: func(place identity.Opened) (identity.Roster, identity.Remote) {
			return m.store.In(place), m.gateway.In(place)
		},
	}
	ask.Refused, ask.Unchanged, err = askAbout(people, func(user identity.UserID) (bool, error) {
		return bulk.Check(ctx, school, ask.Action, ask.Parameters, user)
	})
	return err
}

// askAbout asks about each of people whether something would change about them:
// who is left out and why, and how many are so already.
func askAbout(
	people []identity.User, check func(identity.UserID) (bool, error),
) (refused []views.BulkRefusal, unchanged int, err error) {
	for _, u := range people {
		changes, err := check(u.ID)
		var known *identity.Error
		switch {
		case errors.As(err, &known) && known.Kind != identity.KindUnavailable:
			refusal := views.BulkRefusal{Name: u.DisplayName(), Why: known.Message}
			var in *identity.RefusedIn
			if errors.As(err, &in) {
				refusal.Place = in.Place
			}
			refused = append(refused, refusal)
		case err != nil:
			return nil, 0, err
		case !changes:
			unchanged++
		}
	}
	return refused, unchanged, nil
}
