package handlers

import (
	"net/http"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// positionIn reads the number of a row out of a form.
func positionIn(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, identity.Invalid("request.broken").Because(err)
	}
	return n, nil
}

// takenBack is what a form says instead of a decision to decide again.
const takenBack = "undecided"

// decide serves POST /o/{organization}/import/{import}/decide. Form: row; decision,
// keep, skip or undecided; or whom of the candidates it is: merge, a person, or
// merge-row, another row of the list; show, the filter of the page. Candidates are
// named and not counted: the plan may have been made anew meanwhile.
func (i importing) decide(w http.ResponseWriter, r *http.Request, org Organization) error {
	id := importID(r)
	row, err := positionIn(r.PostFormValue("row"))
	if err != nil {
		return err
	}
	var withRow int64
	with, decision := identity.UserID(r.PostFormValue("merge")), roster.Decision(r.PostFormValue("decision"))
	switch {
	case decision == takenBack:
		decision = roster.Undecided
	case with != "":
		decision = roster.DecisionMerge
	case r.PostForm.Has("merge-row"):
		if withRow, err = positionIn(r.PostFormValue("merge-row")); err != nil {
			return err
		}
		decision = roster.DecisionMerge
	case decision != roster.DecisionKeep && decision != roster.DecisionSkip:
		return identity.Invalid("request.broken")
	}
	if err := org.Store.DecideImport(r.Context(), id, row, decision, with, withRow); err != nil {
		return err
	}
	return i.decided(w, r, org, id)
}

// decided leads back to the page on which it was decided.
func (i importing) decided(w http.ResponseWriter, r *http.Request, org Organization, id store.ImportID, notice ...identity.Message) error {
	back := views.WithQuery(importPath(org, id), views.Param{Name: "show", Value: string(kindOf(r.PostFormValue("show")))})
	return redirect(w, r, back, notice...)
}

// decideAll serves POST /o/{organization}/import/{import}/decide-all. Form:
// decision, show. Merging decides about those with one candidate.
func (i importing) decideAll(w http.ResponseWriter, r *http.Request, org Organization) error {
	id, decision := importID(r), roster.Decision(r.PostFormValue("decision"))
	switch decision {
	case roster.DecisionMerge, roster.DecisionKeep, roster.DecisionSkip:
	default:
		return identity.Invalid("request.broken")
	}
	decided, err := org.Store.DecideImportAll(r.Context(), id, decision)
	if err != nil {
		return err
	}
	one, err := org.Store.Import(r.Context(), id)
	if err != nil {
		return err
	}
	if one.Undecided() > 0 {
		return i.decided(w, r, org, id, identity.Say("import.decided.some", "Count", decided))
	}
	return redirect(w, r, importPath(org, id))
}
