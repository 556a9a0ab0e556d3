package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/brand"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// showBranding serves GET /o/{school}/branding.
func showBranding(w http.ResponseWriter, r *http.Request, org Organization) error {
	look, err := org.Store.Branding(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Branding(org.Page, org.Opened, views.BrandingView{Look: look, Colour: look.Colour}, nil))
}

// saveBranding serves POST /o/{school}/branding. Form: colour; logo, a picture,
// or nothing to keep the one there is; without-logo, on to go without one.
func saveBranding(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	before, err := org.Store.Branding(ctx)
	if err != nil {
		return err
	}
	colour := strings.TrimSpace(r.PostFormValue("colour"))
	var problems identity.Problems
	look := identity.Branding{Logo: before.Logo}
	if parsed, ok := brand.Parse(colour); ok {
		fitted := brand.Fit(parsed)
		look.Colour, look.OnLight, look.OnDark = parsed.String(), fitted.Light.Accent.String(), fitted.Dark.Accent.String()
	} else {
		problems.Add("colour", "branding.colour.wrong")
	}
	if r.PostFormValue("without-logo") == "on" {
		look.Logo = nil
	}
	logo, err := uploadedLogo(r)
	switch {
	case errors.Is(err, brand.ErrTooLarge):
		problems.Add("logo", "branding.logo.large", "Most", brand.MaxLogoBytes>>10)
	case errors.Is(err, brand.ErrNoPicture):
		problems.Add("logo", "branding.logo.wrong")
	case err != nil:
		return err
	case logo != nil:
		look.Logo = logo
	}
	status := http.StatusUnprocessableEntity
	if problems == nil {
		if err := setBranding(ctx, org, look); err != nil {
			if status, problems = retryable(err, "colour"); problems == nil {
				return err
			}
		}
	}
	if problems != nil {
		return render(w, r, status, views.Branding(org.Page, org.Opened, views.BrandingView{Look: before, Colour: colour}, problems))
	}
	return redirect(w, r, views.BrandingPath(org.ID()), identity.Say("branding.saved"))
}

// resetBranding serves POST /o/{school}/branding/reset.
func resetBranding(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := setBranding(r.Context(), org, identity.Branding{}); err != nil {
		return err
	}
	return redirect(w, r, views.BrandingPath(org.ID()), identity.Say("branding.reset-done"))
}

func setBranding(ctx context.Context, org Organization, look identity.Branding) error {
	return org.Store.SetBranding(ctx, look, func(ctx context.Context) error { return org.Remote.SetBranding(ctx, look) })
}

// uploadedLogo is the logo that came with the form, drawn anew; nil if none did.
func uploadedLogo(r *http.Request) ([]byte, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File["logo"]) == 0 {
		return nil, nil
	}
	header := r.MultipartForm.File["logo"][0]
	if header.Size == 0 {
		return nil, nil
	}
	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, brand.MaxLogoBytes+1))
	if err != nil {
		return nil, err
	}
	return brand.Logo(content)
}

// brandKept keeps a school's style sheet and logo in browsers for good: another
// look has another version.
const brandKept = "public, max-age=31536000, immutable"

// brandSheet serves GET /brand/{school}/{version}.css.
func (s *Server) brandSheet(w http.ResponseWriter, r *http.Request) error {
	look, err := s.brandingAt(r)
	if err != nil {
		return err
	}
	colour, ok := brand.Parse(look.Colour)
	if !ok {
		return identity.NotFound("brand.not-found")
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", brandKept)
	_, err = io.WriteString(w, brand.Fit(colour).Sheet())
	return err
}

// brandLogo serves GET /brand/{school}/{version}.png.
func (s *Server) brandLogo(w http.ResponseWriter, r *http.Request) error {
	look, err := s.brandingAt(r)
	if err != nil {
		return err
	}
	if len(look.Logo) == 0 {
		return identity.NotFound("brand.not-found")
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", brandKept)
	_, err = w.Write(look.Logo)
	return err
}

func (s *Server) brandingAt(r *http.Request) (identity.Branding, error) {
	return s.store.Brand(r.Context(), identity.OrganizationID(chi.URLParam(r, "school")), chi.URLParam(r, "version"))
}
