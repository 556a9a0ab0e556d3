package handlers

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// importing are the pages on which a list becomes people: of a class, for its
// teachers, and of a whole school, for those who manage it.
type importing struct {
	// plan reads a list and compares it: a short one at once, a longer one in the
	// background.
	plan func(context.Context, *store.Organization, store.ImportID) error
}

const (
	// listsPerPerson is how many lists somebody may bring per window; reading one
	// costs more than any other form.
	listsPerPerson = 20
	// echoed is how much of a pasted list a form that is shown again holds.
	echoed = 1 << 20
	// pairsInFront and mistakesInFront are how many of those a plan shows above
	// the list; each kind has a page of its own.
	pairsInFront    = 5
	mistakesInFront = 10
)

func (s *Server) importRoutes(r chi.Router) {
	i := importing{s.planImport}
	in := func(h organizationHandler) http.Handler {
		return s.inOrganization(identity.ManageStudents, mayImport(h))
	}
	r.Method("GET", "/import", in(i.start))
	r.With(s.limit(listsPerPerson, s.byPerson)).Method("POST", "/import", in(i.bring))
	r.Method("GET", "/import/{import}", in(i.show))
	r.Method("GET", "/import/{import}/columns", in(i.columns))
	r.Method("POST", "/import/{import}/columns", in(i.setColumns))
	r.Method("POST", "/import/{import}/options", in(i.setOptions))
	r.Method("POST", "/import/{import}/decide", in(i.decide))
	r.Method("POST", "/import/{import}/decide-all", in(i.decideAll))
	r.Method("GET", "/import/{import}/mistakes.csv", in(i.mistakes))
	r.Method("POST", "/import/{import}/apply", in(i.apply))
	r.Method("POST", "/import/{import}/pause", in(i.pause))
	r.Method("POST", "/import/{import}/continue", in(i.goOn))
	r.Method("POST", "/import/{import}/cancel", in(i.cancel))
	r.Method("GET", "/import/{import}/receipt.csv", in(i.receipt))
	r.Method("GET", "/import/{import}/undo", in(i.askUndo))
	r.Method("POST", "/import/{import}/undo", in(i.undo))
}

// mayImport is around every page of imports: a class's list is for those who
// manage its students, a school's for those who manage the school.
func mayImport(h organizationHandler) organizationHandler {
	return func(w http.ResponseWriter, r *http.Request, org Organization) error {
		if org.Organization().Kind == identity.KindSchool {
			if err := org.Refusal(identity.ManageSchool); err != nil {
				return err
			}
		}
		return h(w, r, org)
	}
}

func importID(r *http.Request) store.ImportID { return store.ImportID(chi.URLParam(r, "import")) }

func importPath(org Organization, id store.ImportID) string {
	return views.ImportPath(org.ID(), string(id))
}

// planned has the list read and compared, here if it is short and else by a job, and
// leads to what came of it.
func (i importing) planned(w http.ResponseWriter, r *http.Request, org Organization, id store.ImportID) error {
	if err := i.plan(r.Context(), org.Store, id); err != nil {
		return err
	}
	return redirect(w, r, importPath(org, id))
}

// show serves GET /o/{organization}/import/{import}: the plan, how far it has
// come, or the receipt. Query: show, a kind of rows; after; classes.
func (i importing) show(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, err := org.Store.Import(r.Context(), importID(r))
	if err != nil {
		return err
	}
	switch one.State {
	case store.ImportReading:
		if one.Reading.Format == roster.FormatTable && len(one.Reading.Columns) == 0 {
			return redirect(w, r, views.ImportStepPath(org.ID(), string(one.ID), "columns"))
		}
		return render(w, r, http.StatusOK, views.ImportUnderWay(org.Page, org.Opened, importOf(one, org)))
	case store.ImportApplying, store.ImportPaused, store.ImportUndoing:
		return render(w, r, http.StatusOK, views.ImportUnderWay(org.Page, org.Opened, importOf(one, org)))
	case store.ImportPlanned:
		return i.showPlan(w, r, org, one, http.StatusOK, views.ImportPlan{})
	case store.ImportFailed:
		return render(w, r, http.StatusOK, views.ImportFailedPage(org.Page, org.Opened, importOf(one, org)))
	}
	return i.showEnd(w, r, org, one)
}

// showPlan shows what would be done.
func (i importing) showPlan(
	w http.ResponseWriter, r *http.Request, org Organization, one store.Import, status int, p views.ImportPlan,
) error {
	ctx, query := r.Context(), r.URL.Query()
	p.Import, p.Mark, p.Kind, p.First = importOf(one, org), one.Mark(), kindOf(query.Get("show")), query.Get("after") == ""
	page, err := org.Store.ImportRows(ctx, one.ID, store.ImportRowQuery{Kind: p.Kind, After: query.Get("after")})
	if err != nil {
		return err
	}
	p.Page, p.Next = importRows(page.Rows), page.Next
	if p.PausedUntil, err = pausedUntil(ctx, org); err != nil {
		return err
	}
	if !p.First || p.Kind != "" {
		return render(w, r, status, views.ImportCheck(org.Page, org.Opened, p))
	}
	for _, front := range []struct {
		kind roster.Kind
		most int
		into *[]views.ImportRow
	}{{roster.KindDuplicate, pairsInFront, &p.Undecided}, {roster.KindError, mistakesInFront, &p.Mistakes}} {
		if one.Counts[front.kind] == 0 {
			continue
		}
		some, err := org.Store.ImportRows(ctx, one.ID, store.ImportRowQuery{Kind: front.kind, Limit: front.most})
		if err != nil {
			return err
		}
		*front.into = importRows(some.Rows)
	}
	if p.Import.Classrooms.Any() {
		classes, err := org.Store.ImportClassrooms(ctx, one.ID, query.Get("classes"))
		if err != nil {
			return err
		}
		p.Classes, p.MoreClass = importClassrooms(classes.Classrooms), classes.Next
	}
	return render(w, r, status, views.ImportCheck(org.Page, org.Opened, p))
}

// kindOf reads the filter of a plan; what is no kind is all of them.
func kindOf(word string) roster.Kind {
	for _, kind := range roster.Kinds {
		if string(kind) == word {
			return kind
		}
	}
	return ""
}

// apply serves POST /o/{organization}/import/{import}/apply: the button of the
// plan. Form: plan, which one it is; number, where many would leave.
func (i importing) apply(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx, id := r.Context(), importID(r)
	typed := strings.TrimSpace(r.PostFormValue("number"))
	number, err := strconv.Atoi(typed)
	if err != nil {
		number = -1 // nothing typed, or no number
	}
	one, err := org.Store.Import(ctx, id)
	if err != nil {
		return err
	}
	if one.State == store.ImportPlanned {
		var problems identity.Problems
		if r.PostFormValue("plan") != one.Mark() {
			problems.Add("", "import.other-plan")
			return i.showPlan(w, r, org, one, http.StatusConflict, views.ImportPlan{Problems: problems})
		}
		if needs := one.NeedsNumber(); needs > 0 && needs != number {
			problems.Add("number", "import.brake.wrong", "Number", needs)
			return i.showPlan(w, r, org, one, http.StatusUnprocessableEntity, views.ImportPlan{Typed: typed, Problems: problems})
		}
	}
	if err := org.Store.ApplyImport(ctx, id, max(number, 0)); err != nil {
		return err
	}
	return redirect(w, r, importPath(org, id))
}

// pause serves POST /o/{organization}/import/{import}/pause.
func (i importing) pause(w http.ResponseWriter, r *http.Request, org Organization) error {
	return i.then(w, r, org, org.Store.PauseImport)
}

// goOn serves POST /o/{organization}/import/{import}/continue.
func (i importing) goOn(w http.ResponseWriter, r *http.Request, org Organization) error {
	return i.then(w, r, org, org.Store.ContinueImport)
}

// then changes the state of an import and leads to its page.
func (i importing) then(
	w http.ResponseWriter, r *http.Request, org Organization, do func(context.Context, store.ImportID) error,
) error {
	if err := do(r.Context(), importID(r)); err != nil {
		return err
	}
	return redirect(w, r, importPath(org, importID(r)))
}

// cancel serves POST /o/{organization}/import/{import}/cancel: a plan is thrown
// away, and what is under way stops.
func (i importing) cancel(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, err := org.Store.Import(r.Context(), importID(r))
	if err != nil {
		return err
	}
	if err := org.Store.CancelImport(r.Context(), one.ID); err != nil {
		return err
	}
	if one.AppliedAt.IsZero() {
		return redirect(w, r, views.ImportsPath(org.ID()), identity.Say("import.discarded"))
	}
	return redirect(w, r, importPath(org, one.ID))
}

// fileOf is the list of an import, to be read again.
func fileOf(ctx context.Context, org Organization, one store.Import) (roster.File, error) {
	content, err := org.Store.ImportFile(ctx, one.ID)
	if err != nil {
		return roster.File{}, err
	}
	return roster.File{ReaderAt: bytes.NewReader(content), Size: int64(len(content)), Name: one.FileName}, nil
}

// takesNoLists stands for the planning of imports where there is none.
func takesNoLists(context.Context, *store.Organization, store.ImportID) error {
	return identity.Unavailable("import.taken-nowhere")
}
