package handlers

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// checkRollover serves POST /o/{school}/rollovers/{rollover}/check: the figures of
// the plan as it is.
func checkRollover(w http.ResponseWriter, r *http.Request, org Organization) error {
	id := rolloverID(r)
	if err := org.Store.CheckRollover(r.Context(), id); err != nil {
		return err
	}
	return redirect(w, r, views.RolloverStepPath(org.ID(), string(id), "apply"))
}

// askApply serves GET /o/{school}/rollovers/{rollover}/apply: what the plan comes
// to.
func askApply(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, err := org.Store.Rollover(r.Context(), rolloverID(r))
	if err != nil {
		return err
	}
	if one.State != store.RolloverPlanned {
		return redirect(w, r, views.RolloverPath(org.ID(), string(one.ID)))
	}
	return render(w, r, http.StatusOK, views.RolloverApply(org.Page, org.Opened, views.RolloverApplyForm{
		Rollover: rolloverOf(one, org), Doubled: again(r).Get("doubled") != "",
	}))
}

// applyRollover serves POST /o/{school}/rollovers/{rollover}/apply. Form: doubled,
// that equal names are meant.
func applyRollover(w http.ResponseWriter, r *http.Request, org Organization) error {
	id, doubled := rolloverID(r), r.PostFormValue("doubled") != ""
	err := org.Store.ApplyRollover(r.Context(), id, doubled)
	if err == nil {
		return redirect(w, r, views.RolloverPath(org.ID(), string(id)))
	}
	status, problems := retryable(err, "doubled")
	if problems == nil {
		return err
	}
	one, loadErr := org.Store.Rollover(r.Context(), id)
	if loadErr != nil || one.State != store.RolloverPlanned {
		return err
	}
	return render(w, r, status, views.RolloverApply(org.Page, org.Opened, views.RolloverApplyForm{
		Rollover: rolloverOf(one, org), Doubled: doubled, Problems: problems,
	}))
}

// steer is a handler of a button on the page of a rollover.
func steer(do func(*store.Organization, context.Context, store.RolloverID) error) organizationHandler {
	return func(w http.ResponseWriter, r *http.Request, org Organization) error {
		id := rolloverID(r)
		if err := do(org.Store, r.Context(), id); err != nil {
			return err
		}
		return redirect(w, r, views.RolloverPath(org.ID(), string(id)))
	}
}

// showRolloverEnd shows the receipt, with what has to be named.
func showRolloverEnd(w http.ResponseWriter, r *http.Request, org Organization, one store.Rollover) error {
	ctx, after := r.Context(), r.URL.Query().Get("after")
	v := views.RolloverEndView{Rollover: rolloverOf(one, org), Paged: after != ""}
	if one.State == store.RolloverDone || one.State == store.RolloverCancelled && v.Rollover.Applied {
		page, err := org.Store.RolloverItems(ctx, one.ID, store.RolloverItemQuery{After: after})
		if err != nil {
			return err
		}
		v.Items, v.Next = rolloverItems(page.Items), page.Next
	}
	if one.Refused > 0 {
		refused, err := org.Store.RefusedRolloverItems(ctx, one.ID)
		if err != nil {
			return err
		}
		v.Refused = rolloverItems(refused)
	}
	if one.State != store.RolloverUndone {
		missing, err := org.Store.RolloverNotTaken(ctx, one.ID, "")
		if err != nil {
			return err
		}
		v.Missing = rolloverPeople(missing.People)
		return render(w, r, http.StatusOK, views.RolloverEnd(org.Page, org.Opened, v))
	}
	for back, into := range map[store.RolloverBack]*[]views.RolloverItem{
		store.BackKept: &v.Kept, store.BackPartly: &v.Partly, store.BackRefused: &v.NotBack,
	} {
		items, err := org.Store.RolloverItemsBack(ctx, one.ID, back)
		if err != nil {
			return err
		}
		*into = rolloverItems(items)
		for i, item := range items {
			(*into)[i].Reason = item.UndoReason
		}
	}
	return render(w, r, http.StatusOK, views.RolloverEnd(org.Page, org.Opened, v))
}

func rolledID(r *http.Request) store.RolloverID { return store.RolloverID(chi.URLParam(r, "rolled")) }

// askRolloverUndo serves GET /o/{school}/rollovers/{rolled}/undo.
func askRolloverUndo(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, err := org.Store.Rollover(r.Context(), rolledID(r))
	if err != nil {
		return err
	}
	v := rolloverOf(one, org)
	if v.UndoUntil.IsZero() {
		return redirect(w, r, views.RolloverPath(org.ID(), string(one.ID)))
	}
	return render(w, r, http.StatusOK, views.RolloverUndo(org.Page, org.Opened, v))
}

// undoRollover serves POST /o/{school}/rollovers/{rolled}/undo.
func undoRollover(w http.ResponseWriter, r *http.Request, org Organization) error {
	id := rolledID(r)
	if err := org.Store.UndoRollover(r.Context(), id); err != nil {
		return err
	}
	return redirect(w, r, views.RolloverPath(org.ID(), string(id)))
}

// listWithout serves GET /o/{school}/rollovers/{rollover}/without. Query: after.
func listWithout(w http.ResponseWriter, r *http.Request, org Organization) error {
	return listRolloverPeople(w, r, org, false, (*store.Organization).RolloverWithout)
}

// listMissing serves GET /o/{school}/rollovers/{rollover}/missing. Query: after.
func listMissing(w http.ResponseWriter, r *http.Request, org Organization) error {
	return listRolloverPeople(w, r, org, true, (*store.Organization).RolloverNotTaken)
}

func listRolloverPeople(
	w http.ResponseWriter, r *http.Request, org Organization, missing bool,
	list func(*store.Organization, context.Context, store.RolloverID, string) (store.RolloverPersonPage, error),
) error {
	after := r.URL.Query().Get("after")
	one, err := org.Store.Rollover(r.Context(), rolloverID(r))
	if err != nil {
		return err
	}
	page, err := list(org.Store, r.Context(), one.ID, after)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.RolloverPeople(org.Page, org.Opened, views.RolloverPeopleView{
		Rollover: rolloverOf(one, org), Missing: missing, People: rolloverPeople(page.People), Next: page.Next, Paged: after != "",
	}))
}

// rolloverOf is a rollover as its pages show it.
func rolloverOf(one store.Rollover, org Organization) views.RolloverOf {
	v := views.RolloverOf{
		ID: string(one.ID), Term: one.TermName, State: views.RolloverState(one.State), By: one.Actor.Name,
		Counts: rolloverCounts(one.Figures), Checked: one.Checked(), Total: one.Total, Done: one.Done, Refused: one.Refused,
		Undone: one.Undone, Trouble: one.Trouble, FinishedAt: one.FinishedAt, UndoneAt: one.UndoneAt, Applied: !one.AppliedAt.IsZero(),
	}
	if until := one.UndoableUntil(); org.Portal.Now().Before(until) {
		v.UndoUntil = until
	}
	return v
}

func rolloverCounts(f store.RolloverFigures) views.RolloverCounts {
	return views.RolloverCounts{Classes: f.Classrooms, Students: f.Students, Doubled: f.Doubled, Without: f.Without}
}

func rolloverItem(item store.RolloverItem) views.RolloverItem {
	return views.RolloverItem{
		Position: item.Position, Classroom: item.Classroom, Name: item.Name, Year: item.Year, Action: item.Action,
		NewName: item.NewName, Doubled: item.Doubled, Students: item.Students,
		Done: item.State == store.RolloverMade, NewClassroom: item.NewClassroom, Assigned: item.Assigned, Reason: item.Reason,
	}
}

func rolloverItems(items []store.RolloverItem) []views.RolloverItem {
	shown := make([]views.RolloverItem, len(items))
	for i, item := range items {
		shown[i] = rolloverItem(item)
	}
	return shown
}

func rolloverPeople(people []store.RolloverPerson) []views.RolloverPerson {
	shown := make([]views.RolloverPerson, len(people))
	for i, p := range people {
		shown[i] = views.RolloverPerson{ID: p.Person.ID, Name: p.Person.DisplayName(), Classroom: p.Classroom, Reason: p.Reason}
	}
	return shown
}
