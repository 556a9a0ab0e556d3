package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// policyRoutes are the rules of a school and how it looks.
func (s *Server) policyRoutes(r chi.Router) {
	r.Method("GET", "/policies", s.inSchool(identity.ManageSchool, showPolicies))
	r.Method("GET", "/policies/check", s.inSchool(identity.ManageSchool, checkPolicies))
	r.Method("POST", "/policies", s.freshly(s.inSchool(identity.ManageSchool, savePolicies)))
	r.Method("GET", "/branding", s.inSchool(identity.ManageSchool, showBranding))
	r.Method("POST", "/branding", s.inSchool(identity.ManageSchool, saveBranding))
	r.Method("POST", "/branding/reset", s.inSchool(identity.ManageSchool, resetBranding))
}

// rules are a school's rules as they are known here.
type rules struct {
	policies identity.SchoolPolicies
	login    store.KnownLoginPolicy
}

func rulesOf(ctx context.Context, org Organization) (rules, error) {
	policies, err := org.Store.Policies(ctx)
	if err != nil {
		return rules{}, err
	}
	login, err := org.Store.LoginPolicy(ctx)
	return rules{policies, login}, err
}

func (in rules) form() views.PolicyForm { return views.PolicyFormOf(in.policies, in.login.Policy) }

func (in rules) view() views.PolicyView {
	return views.PolicyView{ReadAt: in.login.ReadAt, Stale: in.login.Stale}
}

// showPolicies serves GET /o/{school}/policies. Query: the form's fields, to come
// back to it; without them it is filled in with what is in force.
func showPolicies(w http.ResponseWriter, r *http.Request, org Organization) error {
	in, err := rulesOf(r.Context(), org)
	if err != nil {
		return err
	}
	form := in.form()
	if query := r.URL.Query(); query.Has("second-factor") {
		form = views.ReadPolicyForm(query)
	}
	return render(w, r, http.StatusOK, views.Policies(org.Page, org.Opened, in.view(), form, nil))
}

// checkPolicies serves GET /o/{school}/policies/check: what the rules of the form
// in the query would do.
func checkPolicies(w http.ResponseWriter, r *http.Request, org Organization) error {
	in, err := rulesOf(r.Context(), org)
	if err != nil {
		return err
	}
	if in.login.ReadAt.IsZero() {
		return redirect(w, r, views.PoliciesPath(org.ID()))
	}
	form := views.ReadPolicyForm(r.URL.Query())
	if _, _, problems := form.Read(); problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.Policies(org.Page, org.Opened, in.view(), form, problems))
	}
	preview, err := previewOf(r.Context(), org, in, form)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.CheckPolicies(org.Page, org.Opened, preview))
}

// savePolicies serves POST /o/{school}/policies. Form: that of the page before.
// Zitadel's part is read again: if it is not what the preview stood on, nothing is
// saved, and the preview is shown anew.
func savePolicies(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	in, err := rulesOf(ctx, org)
	if err != nil {
		return err
	}
	form := views.ReadPolicyForm(r.PostForm)
	policies, asked, problems := form.Read()
	if problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.Policies(org.Page, org.Opened, in.view(), form, problems))
	}
	at := org.Portal.Now()
	live, err := org.Remote.LoginPolicy(ctx)
	if identity.IsKind(err, identity.KindUnavailable) {
		logged(ctx).aside = err
		view := in.view()
		view.Message = identity.Say("policy.away")
		return render(w, r, http.StatusServiceUnavailable, views.Policies(org.Page, org.Opened, view, form, nil))
	}
	if err != nil {
		return err
	}
	if !samePolicy(live, in.login.Policy) {
		if err := org.Store.KeepLoginPolicy(ctx, live, at); err != nil {
			return err
		}
		in.login = store.KnownLoginPolicy{Policy: live, ReadAt: at}
		preview, err := previewOf(ctx, org, in, form)
		if err != nil {
			return err
		}
		preview.Message = identity.Say("policy.changed-meanwhile")
		return render(w, r, http.StatusConflict, views.CheckPolicies(org.Page, org.Opened, preview))
	}
	wanted := live.With(asked)
	var act func(context.Context) error
	if !samePolicy(live, wanted) {
		act = func(ctx context.Context) error { return org.Remote.SetLoginPolicy(ctx, wanted) }
	}
	if err := org.Store.SetPolicies(ctx, policies, wanted, act); err != nil {
		if !identity.IsKind(err, identity.KindUnavailable) {
			return err
		}
		logged(ctx).aside = err
		view := in.view()
		view.Message = identity.Say("policy.away")
		return render(w, r, http.StatusServiceUnavailable, views.Policies(org.Page, org.Opened, view, form, nil))
	}
	return redirect(w, r, views.PoliciesPath(org.ID()), identity.Say("policy.saved"))
}

// samePolicy reports whether two policies say the same to the form.
func samePolicy(a, b identity.LoginPolicy) bool {
	in := func(p identity.LoginPolicy) []views.Param {
		return views.PolicyFormOf(identity.DefaultPolicies, p).Params()
	}
	return slices.Equal(in(a), in(b))
}

// previewOf says what a form would do to the rules in force.
func previewOf(ctx context.Context, org Organization, in rules, form views.PolicyForm) (views.PolicyPreview, error) {
	preview := views.PolicyPreview{Form: form, Changes: views.PolicyChanges(ctx, in.form(), form)}
	policies, asked, _ := form.Read() // what is wrong with it sent it back before any preview
	login := in.login.Policy.With(asked)
	figures, err := org.Store.PolicyFigures(ctx, in.login.Policy, login)
	if err != nil {
		return preview, err
	}
	self, err := org.Store.SchoolPerson(ctx, org.Actor().User)
	switch {
	case identity.IsKind(err, identity.KindNotFound): // an operator, whom the school's rules do not touch
	case err != nil:
		return preview, err
	case !self.Guest && !self.SecondFactor() && asksMore(in, policies, login):
		preview.Effects = append(preview.Effects, identity.PolicyEffect{Message: identity.Say("policy.effect.you")})
	}
	preview.Effects = append(preview.Effects, identity.PolicyEffects(in.policies, policies, in.login.Policy, login, figures)...)
	return preview, nil
}

// asksMore reports whether rules ask who saves them for a second factor, which
// those in force do not.
func asksMore(in rules, policies identity.SchoolPolicies, login identity.LoginPolicy) bool {
	asks := func(p identity.SchoolPolicies, l identity.LoginPolicy) bool { return p.StaffFactor || l.RequireFactor }
	return asks(policies, login) && !asks(in.policies, in.login.Policy)
}
