package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// termRoutes are the pages of a school's terms, of what happens between two of
// them, and of when it takes no lists.
func (s *Server) termRoutes(r chi.Router) {
	school := func(h organizationHandler) gate { return s.inSchool(identity.ManageSchool, h).(gate) }
	r.Method("GET", "/terms", school(listTerms))
	r.Method("GET", "/terms/new", school(newTerm))
	r.Method("POST", "/terms/new", school(addTerm))
	r.Method("GET", "/terms/{term}", school(editTerm))
	r.Method("POST", "/terms/{term}", school(changeTerm))
	r.Method("POST", "/terms/{term}/delete", school(deleteTerm))
	r.Method("GET", "/import-pauses/new", school(newPause))
	r.Method("POST", "/import-pauses/new", school(addPause))
	r.Method("POST", "/import-pauses/{pause}/end", school(endPause))
	rolling{s.planRollover}.routes(s, r)
}

// listTerms serves GET /o/{school}/terms.
func listTerms(w http.ResponseWriter, r *http.Request, org Organization) error {
	terms, err := org.Store.Terms(r.Context())
	if err != nil {
		return err
	}
	pauses, err := org.Store.ImportPauses(r.Context())
	if err != nil {
		return err
	}
	rollovers, err := org.Store.Rollovers(r.Context())
	if err != nil {
		return err
	}
	now := org.Portal.Now()
	v := views.TermsView{Terms: termLines(terms, now)}
	for _, p := range pauses {
		v.Pauses = append(v.Pauses, views.PauseLine{
			ID: p.ID, From: p.From, Until: p.Until, Reason: p.Reason, By: p.By, Runs: p.Runs(now),
		})
	}
	for _, one := range rollovers {
		v.Rollovers = append(v.Rollovers, views.RolloverLine{
			ID: string(one.ID), Term: one.TermName, By: one.Actor.Name, At: one.BegunAt, State: views.RolloverState(one.State),
		})
	}
	return render(w, r, http.StatusOK, views.Terms(org.Page, org.Opened, v))
}

func termLines(terms []store.Term, now time.Time) []views.TermLine {
	lines := make([]views.TermLine, len(terms))
	for i, t := range terms {
		lines[i] = views.TermLine{
			ID: string(t.ID), Name: t.Name, First: t.First, End: t.End, Classrooms: t.Classrooms,
			Runs: t.Runs(now), Over: !now.Before(t.End),
		}
	}
	return lines
}

func termID(r *http.Request) store.TermID { return store.TermID(chi.URLParam(r, "term")) }

// newTerm serves GET /o/{school}/terms/new.
func newTerm(w http.ResponseWriter, r *http.Request, org Organization) error {
	return render(w, r, http.StatusOK, views.Term(org.Page, org.Opened, views.TermForm{Submission: identity.NewSubmission()}))
}

// maxTerm is how long a term or a pause may be.
const maxTerm = 2 * 366 * 24 * time.Hour

// readDays reads a form with a name, a first and a last day. missing is what is
// said of one without a name.
func readDays(r *http.Request, missing identity.Message) (f views.TermForm, first, end time.Time) {
	f = views.TermForm{
		Submission: r.PostFormValue("submission"), Name: identity.CleanName(r.PostFormValue("name")),
		First: r.PostFormValue("first"), Last: r.PostFormValue("last"),
	}
	zone := views.ZoneOf(r.Context())
	first, firstErr := time.ParseInLocation(time.DateOnly, f.First, zone)
	last, lastErr := time.ParseInLocation(time.DateOnly, f.Last, zone)
	end = last.AddDate(0, 0, 1)
	if f.Name == "" {
		f.Problems = append(f.Problems, identity.Problem{Field: "name", Message: missing})
	}
	if len([]rune(f.Name)) > 120 {
		f.Problems.Add("name", "term.name.too-long")
	}
	if firstErr != nil {
		f.Problems.Add("first", "term.first.missing")
	}
	switch {
	case lastErr != nil:
		f.Problems.Add("last", "term.last.missing")
	case firstErr == nil && last.Before(first):
		f.Problems.Add("last", "term.last.before")
	case firstErr == nil && end.Sub(first) > maxTerm:
		f.Problems.Add("last", "term.last.far")
	}
	return f, first, end
}

// addTerm serves POST /o/{school}/terms/new. Form: submission, name, first, last.
func addTerm(w http.ResponseWriter, r *http.Request, org Organization) error {
	f, first, end := readDays(r, identity.Say("term.name.missing"))
	t := store.Term{ID: store.TermID(f.Submission), Name: f.Name, First: first, End: end}
	return saveTerm(w, r, org, f, identity.Say("term.added", "Name", f.Name), func(ctx context.Context) error {
		return org.Store.AddTerm(ctx, t)
	})
}

func saveTerm(
	w http.ResponseWriter, r *http.Request, org Organization, f views.TermForm, said identity.Message, save func(context.Context) error,
) error {
	status := http.StatusUnprocessableEntity
	if f.Problems == nil {
		err := save(r.Context())
		if err == nil {
			return redirect(w, r, views.TermsPath(org.ID()), said)
		}
		if status, f.Problems = retryable(err, "first"); f.Problems == nil {
			return err
		}
	}
	return render(w, r, status, views.Term(org.Page, org.Opened, f))
}

// editTerm serves GET /o/{school}/terms/{term}.
func editTerm(w http.ResponseWriter, r *http.Request, org Organization) error {
	t, err := org.Store.Term(r.Context(), termID(r))
	if err != nil {
		return err
	}
	zone := views.ZoneOf(r.Context())
	return render(w, r, http.StatusOK, views.Term(org.Page, org.Opened, views.TermForm{
		ID: string(t.ID), Name: t.Name, First: t.First.In(zone).Format(time.DateOnly),
		Last: t.End.Add(-time.Second).In(zone).Format(time.DateOnly), Deletable: true,
	}))
}

// changeTerm serves POST /o/{school}/terms/{term}. Form: name, first, last.
func changeTerm(w http.ResponseWriter, r *http.Request, org Organization) error {
	t, err := org.Store.Term(r.Context(), termID(r))
	if err != nil {
		return err
	}
	f, first, end := readDays(r, identity.Say("term.name.missing"))
	f.ID, f.Deletable = string(t.ID), true
	t.Name, t.First, t.End = f.Name, first, end
	return saveTerm(w, r, org, f, identity.Say("term.changed", "Name", f.Name), func(ctx context.Context) error {
		return org.Store.ChangeTerm(ctx, t)
	})
}

// deleteTerm serves POST /o/{school}/terms/{term}/delete.
func deleteTerm(w http.ResponseWriter, r *http.Request, org Organization) error {
	t, err := org.Store.Term(r.Context(), termID(r))
	if err != nil {
		return err
	}
	if err := org.Store.DeleteTerm(r.Context(), t.ID); err != nil {
		return err
	}
	return redirect(w, r, views.TermsPath(org.ID()), identity.Say("term.deleted", "Name", t.Name))
}

// newPause serves GET /o/{school}/import-pauses/new.
func newPause(w http.ResponseWriter, r *http.Request, org Organization) error {
	return render(w, r, http.StatusOK, views.Pause(org.Page, org.Opened, views.TermForm{Submission: identity.NewSubmission()}))
}

// addPause serves POST /o/{school}/import-pauses/new. Form: submission, name (the
// reason), first, last.
func addPause(w http.ResponseWriter, r *http.Request, org Organization) error {
	f, first, end := readDays(r, identity.Say("pause.reason.missing"))
	status := http.StatusUnprocessableEntity
	if f.Problems == nil && !end.After(org.Portal.Now()) {
		f.Problems.Add("last", "pause.past")
	}
	if f.Problems == nil {
		err := org.Store.AddImportPause(r.Context(), store.ImportPause{ID: f.Submission, From: first, Until: end, Reason: f.Name})
		if err == nil {
			return redirect(w, r, views.TermsPath(org.ID()), identity.Say("pause.added"))
		}
		if status, f.Problems = retryable(err, "first"); f.Problems == nil {
			return err
		}
	}
	return render(w, r, status, views.Pause(org.Page, org.Opened, f))
}

// endPause serves POST /o/{school}/import-pauses/{pause}/end.
func endPause(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := org.Store.EndImportPause(r.Context(), chi.URLParam(r, "pause")); err != nil {
		return err
	}
	return redirect(w, r, views.TermsPath(org.ID()), identity.Say("pause.ended"))
}
