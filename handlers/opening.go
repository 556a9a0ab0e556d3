package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// newMany serves GET /o/{school}/classrooms/many.
func newMany(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := views.OpenManyForm{Submission: identity.NewSubmission(), Most: store.MaxOpenings}
	return render(w, r, http.StatusOK, views.OpenMany(org.Page, org.Opened, form))
}

// checkMany serves POST /o/{school}/classrooms/many: what a list was read as.
// Form: list. Nothing is written.
func checkMany(w http.ResponseWriter, r *http.Request, org Organization) error {
	list, err := readMany(r, org)
	if err != nil {
		return err
	}
	// A key of its own for each list: what was opened is not swallowed up by what
	// is changed and sent again.
	list.form.Submission = identity.NewSubmission()
	return showMany(w, r, org, list.form)
}

func showMany(w http.ResponseWriter, r *http.Request, org Organization, form views.OpenManyForm) error {
	status := http.StatusOK
	if form.Problems != nil {
		status = http.StatusUnprocessableEntity
	}
	return render(w, r, status, views.OpenMany(org.Page, org.Opened, form))
}

// beginMany serves POST /o/{school}/classrooms/many/open: a list that was checked.
// Form: list, submission; second, the lines to be opened although a class of
// their name is there; leave-out, how many lines were shown as left out.
func beginMany(w http.ResponseWriter, r *http.Request, org Organization) error {
	list, err := readMany(r, org)
	if err != nil {
		return err
	}
	form := list.form
	switch items := list.items(); {
	case form.Problems != nil:
	case r.PostFormValue("leave-out") != strconv.Itoa(len(form.Bad)):
		form.Problems.Add("list", "opening.list.changed")
	case len(items) == 0:
		form.Problems.Add("list", "opening.list.nothing")
	default:
		err := org.Store.BeginOpenings(r.Context(), form.Submission, views.LanguageOf(r.Context()), items)
		if err == nil {
			return redirect(w, r, views.OpeningRunPath(org.ID(), form.Submission))
		}
		status, problems := retryable(err, "list")
		if problems == nil {
			return err
		}
		form.Problems = problems
		return render(w, r, status, views.OpenMany(org.Page, org.Opened, form))
	}
	return showMany(w, r, org, form)
}

// manyList is a list as it was read, with who its teachers are.
type manyList struct {
	form     views.OpenManyForm
	teachers map[string]identity.Candidate // people of the school, by address
}

// readMany reads a pasted list and compares it with what the school has.
func readMany(r *http.Request, org Organization) (manyList, error) {
	list := manyList{
		form: views.OpenManyForm{
			Submission: r.PostFormValue("submission"), List: r.PostFormValue("list"), Most: store.MaxOpenings,
		},
		teachers: map[string]identity.Candidate{},
	}
	if !identity.IsSubmission(list.form.Submission) {
		return manyList{}, identity.Invalid("form.stale")
	}
	entries := roster.ParseClassrooms(list.form.List)
	switch {
	case len(entries) == 0:
		list.form.Problems.Add("list", "opening.list.missing")
		return list, nil
	case len(entries) > store.MaxOpenings:
		list.form.Problems.Add("list", "opening.list.too-many", "Count", len(entries), "Max", store.MaxOpenings)
		return list, nil
	}
	list.form.Checked = true
	names, err := org.Store.ClassroomNames(r.Context())
	if err != nil {
		return manyList{}, err
	}
	_, domains, err := org.Store.InvitationPolicies(r.Context())
	if err != nil {
		return manyList{}, err
	}
	for _, e := range entries {
		line := views.OpeningLine{Line: e.Line, Text: e.Text, Name: e.Name, Address: e.Address, Problem: e.Problem}
		if e.Good() && e.Address != "" {
			person, found, err := list.teacher(r, org, e.Address)
			switch {
			case err != nil:
				return manyList{}, err
			case found:
				line.Teacher = person.User.DisplayName()
			default:
				line.Problem = identity.CheckInvited(domains, e.Address)
			}
		}
		there, taken := names.Find(e.Name)
		switch {
		case line.Problem.ID != "":
			list.form.Bad = append(list.form.Bad, line)
		case taken:
			line.There, line.Second = there, slices.Contains(r.PostForm["second"], strconv.Itoa(e.Line))
			list.form.There = append(list.form.There, line)
		default:
			list.form.Good = append(list.form.Good, line)
		}
	}
	if len(list.form.Good)+len(list.form.There) == 0 {
		list.form.Problems.Add("list", "opening.list.nothing")
	}
	return list, nil
}

// teacher is who of the school has the address, looked up once for each.
func (l manyList) teacher(r *http.Request, org Organization, address string) (identity.Candidate, bool, error) {
	person, known := l.teachers[address]
	if !known {
		found, is, err := teacherAt(r.Context(), org, address)
		if err != nil {
			return found, false, err
		}
		if is {
			person = found
		}
		l.teachers[address] = person
	}
	return person, person.User.ID != "", nil
}

// items are the classrooms of the list that are opened, in its order.
func (l manyList) items() []store.OpeningItem {
	lines := slices.Clone(l.form.Good)
	for _, line := range l.form.There {
		if line.Second {
			lines = append(lines, line)
		}
	}
	slices.SortFunc(lines, func(a, b views.OpeningLine) int { return cmp.Compare(a.Line, b.Line) })
	items := make([]store.OpeningItem, len(lines))
	for i, line := range lines {
		items[i] = store.OpeningItem{Line: line.Line, Name: line.Name, Address: line.Address}
		if person := l.teachers[line.Address]; line.Address != "" && person.User.ID != "" {
			items[i].Teacher, items[i].TeacherName, items[i].Address = person.User.ID, person.User.DisplayName(), ""
		}
	}
	return items
}

// showOpening serves GET /o/{school}/classrooms/openings/{opening}: how far a
// list has come, and its receipt.
func showOpening(w http.ResponseWriter, r *http.Request, org Organization) error {
	run, err := org.Store.OpeningRun(r.Context(), chi.URLParam(r, "opening"))
	if err != nil {
		return err
	}
	view := views.OpeningRunView{
		ID: run.ID, By: run.Actor.Name, At: run.CreatedAt, Finished: !run.FinishedAt.IsZero(), Trouble: run.Trouble,
		Done: run.Count(store.OpeningDone), Failed: run.Count(store.OpeningFailed), Left: run.Count(store.OpeningLeft),
	}
	for _, item := range run.Items {
		view.Lines = append(view.Lines, views.OpeningLine{
			Line: item.Line, Name: item.Name, Teacher: item.TeacherName, Address: item.Address,
			Problem: item.Problem, State: views.OpeningState(item.State), Classroom: item.Classroom,
		})
		switch {
		case item.State != store.OpeningDone:
		case item.Teacher != "":
			view.Assigned++
		case item.Address != "":
			view.Invited++
		default:
			view.Teachable++
		}
	}
	return render(w, r, http.StatusOK, views.OpeningRun(org.Page, org.Opened, view))
}

// retryOpening serves POST /o/{school}/classrooms/openings/{opening}/again.
func retryOpening(w http.ResponseWriter, r *http.Request, org Organization) error {
	id := chi.URLParam(r, "opening")
	again, err := org.Store.RetryOpenings(r.Context(), id)
	if err != nil {
		return err
	}
	if again == 0 {
		return redirect(w, r, views.OpeningRunPath(org.ID(), id), identity.Say("opening.run.nothing"))
	}
	return redirect(w, r, views.OpeningRunPath(org.ID(), id))
}

// leaveOpening serves POST /o/{school}/classrooms/openings/{opening}/leave-out.
func leaveOpening(w http.ResponseWriter, r *http.Request, org Organization) error {
	id := chi.URLParam(r, "opening")
	if err := org.Store.LeaveOpenings(r.Context(), id); err != nil {
		return err
	}
	return redirect(w, r, views.OpeningRunPath(org.ID(), id), identity.Say("opening.run.left-out"))
}

// listUnfinished serves GET /o/{school}/classrooms/unfinished.
func listUnfinished(w http.ResponseWriter, r *http.Request, org Organization) error {
	openings, err := org.Store.UnfinishedOpenings(r.Context())
	if err != nil {
		return err
	}
	lines := make([]views.UnfinishedOpening, len(openings))
	for i, o := range openings {
		lines[i] = views.UnfinishedOpening{Name: o.Organization.Name, By: o.Founder.Name, At: o.BegunAt}
	}
	return render(w, r, http.StatusOK, views.UnfinishedOpenings(org.Page, org.Opened, lines))
}

// completeUnfinished serves POST /o/{school}/classrooms/unfinished: what goes on
// by itself each minute, now. The first one that fails ends it.
func (f founding) completeUnfinished(w http.ResponseWriter, r *http.Request, org Organization) error {
	openings, err := org.Store.UnfinishedOpenings(r.Context())
	if err != nil {
		return err
	}
	for _, o := range openings {
		if err := identity.CompleteOpening(r.Context(), f.store, f.provisioner, f.gateway, o.Founder, o.Organization, o.First); err != nil {
			return err
		}
	}
	return redirect(w, r, views.ClassroomsPath(org.ID()), identity.Say("opening.unfinished.done", "Count", len(openings)))
}
