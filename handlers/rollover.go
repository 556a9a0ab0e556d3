package handlers

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/rollover"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// rolling are the pages on which a school goes from one term into the next.
type rolling struct {
	// plan makes a plan: a short one at once, a longer one in the background.
	plan func(context.Context, *store.Organization, store.RolloverID) error
}

// rollsNothing stands in where nobody plans rollovers.
func rollsNothing(context.Context, *store.Organization, store.RolloverID) error {
	return identity.Unavailable("rollover.taken-nowhere")
}

func (p rolling) routes(s *Server, r chi.Router) {
	school := func(h organizationHandler) gate { return s.inSchool(identity.ManageSchool, h).(gate) }
	r.Method("GET", "/rollovers/new", school(newRollover))
	r.Method("POST", "/rollovers/new", school(p.begin))
	r.Method("GET", "/rollovers/{rollover}", school(showRollover))
	r.Method("POST", "/rollovers/{rollover}/year", school(planYear))
	r.Method("GET", "/rollovers/{rollover}/classes/{position}", school(showRolloverClass))
	r.Method("POST", "/rollovers/{rollover}/classes/{position}", school(planClass))
	r.Method("GET", "/rollovers/{rollover}/classes/{position}/teachers", school(findRolloverTeacher))
	r.Method("POST", "/rollovers/{rollover}/classes/{position}/teachers", school(addRolloverTeacher))
	r.Method("POST", "/rollovers/{rollover}/check", school(checkRollover))
	r.Method("GET", "/rollovers/{rollover}/without", school(listWithout))
	r.Method("GET", "/rollovers/{rollover}/missing", school(listMissing))
	r.Method("GET", "/rollovers/{rollover}/apply", school(askApply))
	r.Method("POST", "/rollovers/{rollover}/apply", s.freshly(school(applyRollover)))
	r.Method("POST", "/rollovers/{rollover}/pause", school(steer((*store.Organization).PauseRollover)))
	r.Method("POST", "/rollovers/{rollover}/continue", school(steer((*store.Organization).ContinueRollover)))
	r.Method("POST", "/rollovers/{rollover}/cancel", school(steer((*store.Organization).CancelRollover)))
	r.Method("POST", "/rollovers/{rollover}/again", school(steer((*store.Organization).RetryRollover)))
	r.Method("GET", "/rollovers/{rolled}/undo", school(askRolloverUndo))
	r.Method("POST", "/rollovers/{rolled}/undo", s.freshly(school(undoRollover)))
}

func rolloverID(r *http.Request) store.RolloverID {
	return store.RolloverID(chi.URLParam(r, "rollover"))
}

// newRollover serves GET /o/{school}/rollovers/new.
func newRollover(w http.ResponseWriter, r *http.Request, org Organization) error {
	return rolloverForm(w, r, org, http.StatusOK, views.RolloverForm{})
}

// rolloverForm shows the form that begins a plan. Terms that are over are nothing
// to go into.
func rolloverForm(w http.ResponseWriter, r *http.Request, org Organization, status int, f views.RolloverForm) error {
	ctx := r.Context()
	terms, err := org.Store.Terms(ctx)
	if err != nil {
		return err
	}
	names, err := org.Store.NamesInUse(ctx)
	if err != nil {
		return err
	}
	f.Submission, f.Classes = identity.NewSubmission(), len(names)
	for _, line := range slices.Backward(termLines(terms, org.Portal.Now())) { // the next one first
		if !line.Over {
			f.Terms = append(f.Terms, line)
		}
	}
	if f.Term == "" {
		for _, line := range f.Terms {
			if f.Term = line.ID; !line.Runs {
				break
			}
		}
	}
	years, french := map[int]*views.RolloverYear{}, rollover.French(names)
	last := rollover.NoYear
	for _, name := range names {
		year := rollover.YearOf(name, french)
		if years[year] == nil {
			years[year] = &views.RolloverYear{Year: year, Example: name}
		}
		years[year].Classes++
		last = max(last, year)
	}
	for year := range rollover.LastYear + 1 {
		if years[year] != nil {
			f.Years = append(f.Years, *years[year])
		}
	}
	if f.Leaving == "" {
		f.Leaving = strconv.Itoa(last)
	}
	return render(w, r, status, views.NewRollover(org.Page, org.Opened, f))
}

// begin serves POST /o/{school}/rollovers/new. Form: submission, term, leaving (the
// last year group; -1 for none).
func (p rolling) begin(w http.ResponseWriter, r *http.Request, org Organization) error {
	f := views.RolloverForm{Term: r.PostFormValue("term"), Leaving: r.PostFormValue("leaving")}
	leaving, ok := yearFrom(f.Leaving)
	if !ok {
		f.Problems.Add("leaving", "rollover.leaving.missing")
	}
	if f.Term == "" {
		f.Problems.Add("term", "rollover.term.missing")
	}
	if f.Problems != nil {
		return rolloverForm(w, r, org, http.StatusUnprocessableEntity, f)
	}
	id, err := org.Store.BeginRollover(r.Context(), store.NewRollover{
		Submission: r.PostFormValue("submission"), Term: store.TermID(f.Term), Leaving: leaving,
	})
	if err != nil {
		return err
	}
	if err := p.plan(r.Context(), org.Store, id); err != nil {
		return err
	}
	return redirect(w, r, views.RolloverPath(org.ID(), string(id)))
}

// yearFrom reads a year group of a form.
func yearFrom(text string) (int, bool) {
	year, err := strconv.Atoi(text)
	return year, err == nil && year >= rollover.NoYear && year <= rollover.LastYear
}

// showRollover serves GET /o/{school}/rollovers/{rollover}: its plan, how far it
// has come, or its receipt. Query: q, show, year, after.
func showRollover(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, err := org.Store.Rollover(r.Context(), rolloverID(r))
	if err != nil {
		return err
	}
	switch one.State {
	case store.RolloverPlanned:
		return showPlan(w, r, org, one)
	case store.RolloverDone, store.RolloverCancelled, store.RolloverUndone:
		return showRolloverEnd(w, r, org, one)
	}
	return render(w, r, http.StatusOK, views.RolloverUnderWay(org.Page, org.Opened, rolloverOf(one, org)))
}

func showPlan(w http.ResponseWriter, r *http.Request, org Organization, one store.Rollover) error {
	query := r.URL.Query()
	v := views.RolloverPlanView{
		Rollover: rolloverOf(one, org), Search: identity.CleanName(query.Get("q")), Show: query.Get("show"), Year: query.Get("year"),
		Paged: query.Get("after") != "",
	}
	q := store.RolloverItemQuery{Search: v.Search, Doubled: v.Show == "doubled", After: query.Get("after")}
	if action := identity.RolloverAction(v.Show); action.Known() {
		q.Action = action
	}
	if year, ok := yearFrom(v.Year); ok {
		q.Year = &year
	}
	page, err := org.Store.RolloverItems(r.Context(), one.ID, q)
	if err != nil {
		return err
	}
	figures, years, err := org.Store.RolloverCounts(r.Context(), one.ID)
	if err != nil {
		return err
	}
	v.Items, v.Next, v.Counts = rolloverItems(page.Items), page.Next, rolloverCounts(figures)
	for _, y := range years {
		v.Years = append(v.Years, views.RolloverYear{Year: y.Year, Classes: y.Classrooms, Example: y.Example})
	}
	return render(w, r, http.StatusOK, views.RolloverPlan(org.Page, org.Opened, v))
}

// planYear serves POST /o/{school}/rollovers/{rollover}/year: what becomes of all
// classes of a year group. Form: change-year, action.
func planYear(w http.ResponseWriter, r *http.Request, org Organization) error {
	year, ok := yearFrom(r.PostFormValue("change-year"))
	action := identity.RolloverAction(r.PostFormValue("action"))
	if !ok || !action.Known() {
		return identity.Invalid("request.broken")
	}
	french, err := rollover.FrenchIn(r.Context(), org.Store)
	if err != nil {
		return err
	}
	changed, err := org.Store.PlanRolloverYear(r.Context(), rolloverID(r), year, func(item store.RolloverItem) store.RolloverPlan {
		return rollover.Planned(item, item.Year, action, "", french)
	})
	if err != nil {
		return err
	}
	path := views.RolloverPath(org.ID(), chi.URLParam(r, "rollover"))
	return redirect(w, r, path, identity.Say("rollover.year.changed", "Count", changed))
}

// showRolloverClass serves GET /o/{school}/rollovers/{rollover}/classes/{position}.
func showRolloverClass(w http.ResponseWriter, r *http.Request, org Organization) error {
	f, _, err := classForm(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.RolloverClass(org.Page, org.Opened, f))
}

// plannedClass is a class of a rollover that the path names.
func plannedClass(r *http.Request, org Organization) (one store.Rollover, item store.RolloverItem, err error) {
	if one, err = org.Store.Rollover(r.Context(), rolloverID(r)); err != nil {
		return one, item, err
	}
	position, err := strconv.ParseInt(chi.URLParam(r, "position"), 10, 64)
	if err != nil {
		return one, item, identity.NotFound("rollover.not-found")
	}
	item, err = org.Store.RolloverItem(r.Context(), one.ID, position)
	return one, item, err
}

// classForm is the form of one class as it is planned.
func classForm(r *http.Request, org Organization) (views.RolloverClassForm, store.RolloverItem, error) {
	ctx, none := r.Context(), views.RolloverClassForm{}
	one, item, err := plannedClass(r, org)
	if err != nil {
		return none, item, err
	}
	stay, err := org.Store.RolloverStays(ctx, one.ID, item.Position)
	if err != nil {
		return none, item, err
	}
	come, err := org.Store.RolloverComes(ctx, one.ID, item.Position, "")
	if err != nil {
		return none, item, err
	}
	teachers, err := org.Store.TeachersOf(ctx, item.Classroom)
	if err != nil {
		return none, item, err
	}
	f := views.RolloverClassForm{
		Rollover: rolloverOf(one, org), Item: rolloverItem(item), Year: strconv.Itoa(item.Year), Action: string(item.Action),
		NewName: item.NewName,
	}
	for _, c := range teachers {
		f.Teachers = append(f.Teachers, views.RolloverTeacher{
			ID: c.User.ID, Name: c.User.DisplayName(), Role: identity.Highest(c.Roles), Comes: !slices.Contains(stay, c.User.ID),
		})
	}
	for _, c := range come {
		if slices.ContainsFunc(f.Teachers, func(t views.RolloverTeacher) bool { return t.ID == c.User.ID }) {
			continue // teaches the class meanwhile
		}
		f.Teachers = append(f.Teachers, views.RolloverTeacher{
			ID: c.User.ID, Name: c.User.DisplayName(), Role: identity.RoleTeacher, New: true, Comes: true,
		})
	}
	return f, item, nil
}

// planClass serves POST /o/{school}/rollovers/{rollover}/classes/{position}. Form:
// action, new-name, year, known (teachers who were shown), teacher (of them, who
// goes along); then, "teachers" to choose another one.
func planClass(w http.ResponseWriter, r *http.Request, org Organization) error {
	f, item, err := classForm(r, org)
	if err != nil {
		return err
	}
	french, err := rollover.FrenchIn(r.Context(), org.Store)
	if err != nil {
		return err
	}
	f.Action, f.NewName, f.Year = r.PostFormValue("action"), identity.CleanName(r.PostFormValue("new-name")), r.PostFormValue("year")
	var teachers store.RolloverTeachers
	for i, t := range f.Teachers {
		comes := slices.Contains(r.PostForm["teacher"], string(t.ID)) || !slices.Contains(r.PostForm["known"], string(t.ID))
		switch f.Teachers[i].Comes = comes; {
		case comes && t.New:
			teachers.Come = append(teachers.Come, t.ID)
		case !comes && !t.New:
			teachers.Stay = append(teachers.Stay, t.ID)
		}
	}
	action := identity.RolloverAction(f.Action)
	year, ok := yearFrom(f.Year)
	if !action.Known() {
		f.Problems.Add("action", "rollover.what.missing")
	}
	if !ok {
		f.Problems.Add("year", "rollover.year.missing")
	}
	plan := rollover.Planned(item, year, action, f.NewName, french)
	if problems := (identity.NewOrganization{Name: plan.NewName}).Check(); action.Opens() && problems != nil {
		f.Problems = append(f.Problems, identity.Problem{Field: "new-name", Message: problems[0].Message})
	}
	status := http.StatusUnprocessableEntity
	if f.Problems == nil {
		err := org.Store.PlanRolloverItem(r.Context(), store.RolloverID(f.Rollover.ID), item.Position, plan, teachers)
		if err == nil && action.Opens() && r.PostFormValue("then") == "teachers" {
			return redirect(w, r, views.RolloverTeachersPath(org.ID(), f.Rollover.ID, item.Position))
		}
		if err == nil {
			return redirect(w, r, views.RolloverPath(org.ID(), f.Rollover.ID), identity.Say("rollover.class.saved", "Class", item.Name))
		}
		if status, f.Problems = retryable(err, "action"); f.Problems == nil {
			return err
		}
	}
	return render(w, r, status, views.RolloverClass(org.Page, org.Opened, f))
}
