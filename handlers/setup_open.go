package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// showSetupLink serves GET /set-up/{token}: who asked whom for what. It changes
// nothing and sends nothing, because mail programs follow links before anybody
// reads them. Query: code, to be asked for the code that was sent.
func (s *Server) showSetupLink(w http.ResponseWriter, r *http.Request) error {
	o, err := s.setupOpening(r)
	if err != nil {
		return setupOver(w, r, err)
	}
	if s.confirmed(r, o.Link.ID) {
		return redirect(w, r, views.ByLink(o.Link.ID).Overview())
	}
	o.Asked = r.URL.Query().Has("code")
	return o.show(w, r, http.StatusOK)
}

// openSetupLink serves POST /set-up/{token}. Without the field code it sends a
// code to the link's address; with it, it opens the door.
func (s *Server) openSetupLink(w http.ResponseWriter, r *http.Request) error {
	o, err := s.setupOpening(r)
	if err != nil {
		return setupOver(w, r, err)
	}
	logged(r.Context()).organization = o.School.ID
	if r.PostForm.Has("code") {
		return s.confirmSetupCode(w, r, o)
	}
	return s.sendSetupCode(w, r, o)
}

func (s *Server) sendSetupCode(w http.ResponseWriter, r *http.Request, o setupOpening) error {
	err := s.store.SendSetupCode(r.Context(), o.Link.ID, func(link identity.SetupLink, code string) (identity.Mail, error) {
		return views.SetupCodeMail(r.Context(), o.School, link, code)
	})
	if err != nil {
		o.Asked = true // an earlier code may still be typed
		return o.troubled(w, r, err)
	}
	return redirect(w, r, views.SetupCodePath(o.Token), identity.Say("setup.code-sent", "Address", views.Masked(o.Link.Address)))
}

// confirmSetupCode opens the door to who read the code.
func (s *Server) confirmSetupCode(w http.ResponseWriter, r *http.Request, o setupOpening) error {
	o.Asked = true
	// People copy codes with the blanks that mail programs put in.
	code := strings.Join(strings.Fields(r.PostFormValue("code")), "")
	if code == "" {
		o.Problems.Add("code", "setup.code-missing")
		return o.show(w, r, http.StatusUnprocessableEntity)
	}
	if err := s.store.ConfirmSetupCode(r.Context(), o.Link.ID, code); err != nil {
		return o.troubled(w, r, err)
	}
	if err := s.confirm(r, o.Link.ID); err != nil {
		return err
	}
	return redirect(w, r, views.ByLink(o.Link.ID).Overview())
}

// setupOpening is a set-up link whose code is not confirmed in this browser.
type setupOpening struct{ views.SetupOpening }

// setupOpening loads the link of the path's token.
func (s *Server) setupOpening(r *http.Request) (setupOpening, error) {
	o := setupOpening{views.SetupOpening{Token: chi.URLParam(r, "token")}}
	var err error
	if o.Link, o.School, err = s.store.OpenSetupToken(r.Context(), o.Token); err != nil {
		return setupOpening{}, err
	}
	if !o.Link.Usable(s.portal.Now()) {
		_, err := s.store.OpenSetup(r.Context(), o.Link.ID)
		return setupOpening{}, err // why, and whom to ask
	}
	return o, nil
}

func (o setupOpening) show(w http.ResponseWriter, r *http.Request, status int) error {
	page := views.Page{Here: views.SetupTokenPath(o.Token), Notice: notice(r.Context())}
	if o.Asked {
		page.Here = views.SetupCodePath(o.Token)
	}
	return render(w, r, status, views.OpenSetupLink(page, o.SetupOpening))
}

// troubled shows the page again with what is wrong with a code, or with
// sending one. Anything else has a page of its own.
func (o setupOpening) troubled(w http.ResponseWriter, r *http.Request, err error) error {
	var known *identity.Error
	if !errors.As(err, &known) {
		return err
	}
	switch known.Kind {
	case identity.KindGone:
		return setupOver(w, r, err)
	case identity.KindInvalid, identity.KindLimited, identity.KindConflict:
		logged(r.Context()).aside = err
		o.Problems = identity.Problems{{Field: "code", Message: known.Message}}
		return o.show(w, r, http.StatusUnprocessableEntity)
	}
	return err
}

// setupOver tells why a set-up link leads nowhere any more, and whom to ask.
// Any other error has a page of its own.
func setupOver(w http.ResponseWriter, r *http.Request, err error) error {
	var known *identity.Error
	if !errors.As(err, &known) || known.Kind != identity.KindGone {
		return err
	}
	logged(r.Context()).aside = err
	return render(w, r, http.StatusGone, views.SetupOver(views.Page{Here: views.LandingPath}, known.Message))
}
