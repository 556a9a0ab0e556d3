package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/views"
)

// listSetupLinks serves GET /o/{organization}/sign-in/links.
func listSetupLinks(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	links, err := setup.Store.Links(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.SetupLinks(setup.Page, setup.Opened, views.SetupLinkList{
		Links: links, Now: setup.Portal.Now(),
	}))
}

// newSetupLink serves GET /o/{organization}/sign-in/links/new.
func newSetupLink(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	if form := again(r); form != nil {
		return render(w, r, http.StatusOK, views.NewSetupLink(setup.Page, setup.Opened, readSetupLink(form, setup.Portal.Now())))
	}
	return render(w, r, http.StatusOK, views.NewSetupLink(setup.Page, setup.Opened, views.SetupLinkForm{
		Link: identity.SetupLink{
			Intents:  []identity.SetupIntent{identity.IntentDomains, identity.IntentSSO},
			Language: views.LanguageOf(r.Context()),
		},
		Days: strconv.Itoa(identity.SetupLinkDays),
	}))
}

// makeSetupLink serves POST /o/{organization}/sign-in/links. Form: name,
// address, intent (several), days, language.
func makeSetupLink(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	form := readSetupLink(r.PostForm, setup.Portal.Now())
	if form.Problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.NewSetupLink(setup.Page, setup.Opened, form))
	}
	link := form.Link
	link.Maker = setup.Actor().Name
	link.Steps = len(identity.SetupSteps(link.Intents...))
	token, err := setup.Store.MakeLink(r.Context(), link, setupLinkMail(r.Context(), setup, link))
	if err != nil {
		status, problems := retryable(err, "address")
		if problems == nil {
			return err
		}
		form.Problems = problems
		return render(w, r, status, views.NewSetupLink(setup.Page, setup.Opened, form))
	}
	return showSetupToken(w, r, setup, link, token)
}

// readSetupLink reads the form of a new link and says what is wrong with it.
func readSetupLink(posted url.Values, now time.Time) views.SetupLinkForm {
	form := views.SetupLinkForm{
		Link: identity.SetupLink{
			Name:     identity.CleanName(posted.Get("name")),
			Address:  posted.Get("address"),
			Language: views.Match("", posted.Get("language")),
		},
		Days: posted.Get("days"),
	}
	for _, intent := range []identity.SetupIntent{identity.IntentDomains, identity.IntentSSO} {
		if slices.Contains(posted["intent"], string(intent)) {
			form.Link.Intents = append(form.Link.Intents, intent)
		}
	}
	if form.Link.Name == "" {
		form.Problems.Add("name", "setup.link.name-missing")
	}
	switch entries := roster.ParseAddresses(form.Link.Address); {
	case len(entries) == 0:
		form.Problems.Add("address", "setup.link.address-missing")
	case len(entries) > 1 || !entries[0].Good():
		form.Problems.Add("address", "setup.link.address-wrong")
	default:
		form.Link.Address = entries[0].Address
	}
	if form.Link.Intents == nil {
		form.Problems.Add("intent", "setup.link.intent-missing")
	}
	days, err := strconv.Atoi(form.Days)
	if err != nil || days < 1 || days > identity.SetupLinkMaxDays {
		form.Problems.Add("days", "setup.link.days-wrong", "Max", identity.SetupLinkMaxDays)
	}
	form.Link.ExpiresAt = now.AddDate(0, 0, days)
	return form
}

// setupLinkMail composes the mail that brings a link to its address.
func setupLinkMail(ctx context.Context, setup SignInSetup, link identity.SetupLink) func(string) (identity.Mail, error) {
	return func(token string) (identity.Mail, error) {
		return views.SetupLinkMail(ctx, setup.Organization.Organization(), link, setup.Portal.URL(views.SetupTokenPath(token)))
	}
}

// showSetupToken shows a link, the one time that it can be seen: only what it is
// looked up by is kept.
func showSetupToken(w http.ResponseWriter, r *http.Request, setup SignInSetup, link identity.SetupLink, token string) error {
	return render(w, r, http.StatusOK, views.SetupLinkMade(
		setup.Page, setup.Opened, link, setup.Portal.URL(views.SetupTokenPath(token))))
}

// setupLinkOf is the link of the path, as long as something can be done with it.
func setupLinkOf(r *http.Request, setup SignInSetup) (identity.SetupLink, error) {
	link, err := setup.Store.Link(r.Context(), identity.SetupLinkID(chi.URLParam(r, "link")))
	if err != nil {
		return identity.SetupLink{}, err
	}
	switch link.State {
	case identity.SetupRevoked:
		return identity.SetupLink{}, identity.Conflict("setup.link.revoked-meanwhile", "Name", link.Name)
	case identity.SetupFinished:
		return identity.SetupLink{}, identity.Conflict("setup.link.finished-meanwhile", "Name", link.Name)
	}
	return link, nil
}

// confirmRenewLink serves GET /o/{organization}/sign-in/links/{link}/renew.
func confirmRenewLink(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	link, err := setupLinkOf(r, setup)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.RenewSetupLink(setup.Page, setup.Opened, link))
}

// renewLink serves POST /o/{organization}/sign-in/links/{link}/renew: the link
// gets a new secret, which is sent and shown. The one before is worth nothing
// then; browsers that confirmed a code stay in.
func renewLink(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	link, err := setupLinkOf(r, setup)
	if err != nil {
		return err
	}
	// It lasts as long as a new one would, if it would not last longer anyway.
	if until := setup.Portal.Now().AddDate(0, 0, identity.SetupLinkDays); until.After(link.ExpiresAt) {
		link.ExpiresAt = until
	}
	token, err := setup.Store.RenewLink(r.Context(), link.ID, setupLinkMail(r.Context(), setup, link))
	if err != nil {
		return err
	}
	return showSetupToken(w, r, setup, link, token)
}

// confirmRevokeLink serves GET /o/{organization}/sign-in/links/{link}/revoke.
func confirmRevokeLink(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	link, err := setupLinkOf(r, setup)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.RevokeSetupLink(setup.Page, setup.Opened, link))
}

// revokeLink serves POST /o/{organization}/sign-in/links/{link}/revoke. Revoking
// twice is no error.
func revokeLink(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	link, err := setup.Store.Link(r.Context(), identity.SetupLinkID(chi.URLParam(r, "link")))
	if err != nil {
		return err
	}
	if err := setup.Store.RevokeLink(r.Context(), link.ID); err != nil {
		return err
	}
	return redirect(w, r, views.SetupLinksPath(setup.ID()), identity.Say("setup.link.revoked", "Name", link.Name))
}
