package handlers

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// leaving are the pages about a school's archives.
type leaving struct{ works export.Works }

// privacyRoutes are how long a school keeps things, the ledger and its archives.
func (s *Server) privacyRoutes(r chi.Router) {
	l := leaving{s.exports}
	r.Method("GET", "/privacy", s.inSchool(identity.ManageSchool, showPrivacy))
	r.Method("POST", "/privacy", s.freshly(s.inSchool(identity.ManageSchool, saveRetention)))
	r.Method("GET", "/privacy/unused", s.inSchool(identity.ManageSchool, listUnused))
	r.Method("POST", "/privacy/exports", s.freshly(s.inSchool(identity.ManageSchool, beginExport)))
	r.Method("POST", "/privacy/exports/{export}/archive", s.freshly(s.inSchool(identity.ManageSchool, l.fetch)))
	r.Method("GET", "/people/{user}/basis", s.inSchool(identity.ManageSchool, askBasis))
	r.Method("POST", "/people/{user}/basis", s.inSchool(identity.ManageSchool, recordBasis))
}

// privacyView is the privacy page with its form as form says.
func privacyView(r *http.Request, org Organization, form *views.RetentionForm) (views.PrivacyView, error) {
	ctx := r.Context()
	kept, err := org.Store.Retention(ctx)
	if err != nil {
		return views.PrivacyView{}, err
	}
	view := views.PrivacyView{Form: views.RetentionFormOf(kept)}
	if form != nil {
		view.Form = *form
	}
	if view.Bases, err = org.Store.BasisCounts(ctx); err != nil {
		return view, err
	}
	unused, err := org.Store.Unused(ctx, "", 1)
	if err != nil {
		return view, err
	}
	view.Unused = unused.Total
	view.Exports, err = org.Store.Exports(ctx)
	return view, err
}

// showPrivacy serves GET /o/{school}/privacy.
func showPrivacy(w http.ResponseWriter, r *http.Request, org Organization) error {
	var typed *views.RetentionForm
	if values := again(r); values != nil {
		form := views.ReadRetentionForm(values)
		typed = &form
	}
	view, err := privacyView(r, org, typed)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Privacy(org.Page, org.Opened, view, nil))
}

// saveRetention serves POST /o/{school}/privacy. Form: inactive, invitations and
// audit, in months.
func saveRetention(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := views.ReadRetentionForm(r.PostForm)
	kept, problems := form.Read()
	if problems != nil {
		view, err := privacyView(r, org, &form)
		if err != nil {
			return err
		}
		return render(w, r, http.StatusUnprocessableEntity, views.Privacy(org.Page, org.Opened, view, problems))
	}
	if err := org.Store.SetRetention(r.Context(), kept); err != nil {
		return err
	}
	return redirect(w, r, views.PrivacyPath(org.ID()), identity.Say("privacy.retention.saved"))
}

// listUnused serves GET /o/{school}/privacy/unused. Query: after.
func listUnused(w http.ResponseWriter, r *http.Request, org Organization) error {
	after := r.URL.Query().Get("after")
	page, err := org.Store.Unused(r.Context(), after, 0)
	if err != nil {
		return err
	}
	view := views.UnusedView{Total: page.Total, Next: page.Next, Paged: after != ""}
	for _, row := range page.Rows {
		view.Rows = append(view.Rows, views.UnusedRow{User: row.User, Name: row.Name, LastSeenAt: row.LastSeenAt})
	}
	return render(w, r, http.StatusOK, views.Unused(org.Page, org.Opened, view))
}

// beginExport serves POST /o/{school}/privacy/exports.
func beginExport(w http.ResponseWriter, r *http.Request, org Organization) error {
	if _, err := org.Store.BeginExport(r.Context()); err != nil {
		return err
	}
	return redirect(w, r, views.PrivacyPath(org.ID()), identity.Say("privacy.export.begun"))
}

// fetch serves POST /o/{school}/privacy/exports/{export}/archive: the file. It is
// a POST so that it asks for a fresh sign-in and no link leads to it.
func (l leaving) fetch(w http.ResponseWriter, r *http.Request, org Organization) error {
	e, err := org.Store.Export(r.Context(), identity.ExportID(chi.URLParam(r, "export")))
	if err != nil {
		return err
	}
	if e.State != identity.ExportReady {
		return identity.NotFound("export.not-found")
	}
	file, err := l.works.Open(org.ID(), e.ID)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := org.Store.ExportTaken(r.Context(), e); err != nil {
		return err
	}
	name := fmt.Sprintf("homeroom-%s.zip", e.AskedAt.UTC().Format("2006-01-02"))
	d := newDownload(w, r, "application/zip", name)
	d.length = e.Bytes
	_, err = io.Copy(d, file)
	return d.finish(err)
}

// basisForm is a line of the ledger as it was typed.
func basisForm(values url.Values, user identity.UserID) identity.AccountBasis {
	return identity.AccountBasis{
		User: user, Basis: identity.Basis(values.Get("basis")), AgeBand: identity.AgeBand(values.Get("age-band")),
	}
}

func basisView(r *http.Request, org Organization) (views.BasisView, error) {
	person, err := org.Store.SchoolPerson(r.Context(), memberID(r))
	if err != nil {
		return views.BasisView{}, err
	}
	known, err := org.Store.Basis(r.Context(), person.User.ID)
	return views.BasisView{Person: person.User, Known: known, Form: known}, err
}

// askBasis serves GET /o/{school}/people/{user}/basis.
func askBasis(w http.ResponseWriter, r *http.Request, org Organization) error {
	view, err := basisView(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.AskBasis(org.Page, org.Opened, view, nil))
}

// recordBasis serves POST /o/{school}/people/{user}/basis. Form: basis, age-band.
func recordBasis(w http.ResponseWriter, r *http.Request, org Organization) error {
	view, err := basisView(r, org)
	if err != nil {
		return err
	}
	view.Form = basisForm(r.PostForm, view.Person.ID)
	if problems := view.Form.Check(); problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.AskBasis(org.Page, org.Opened, view, problems))
	}
	if err := org.Store.RecordBasis(r.Context(), view.Form); err != nil {
		return err
	}
	return redirect(w, r, views.MemberPath(org.ID(), view.Person.ID), identity.Say("privacy.basis.saved"))
}
