package views

import (
	"homeroom.dev/homeroom/identity"
)

// BrandingPath shows and changes how a school looks.
func BrandingPath(school identity.OrganizationID) string { return in(school, "branding") }

// BrandingResetPath returns to Homeroom's own look.
func BrandingResetPath(school identity.OrganizationID) string { return in(school, "branding", "reset") }

// BrandSheetPath is the style sheet of a version of a school's look.
func BrandSheetPath(school identity.OrganizationID, version string) string {
	return "/brand/" + string(school) + "/" + version + ".css"
}

// BrandLogoPath is the logo of a version of a school's look.
func BrandLogoPath(school identity.OrganizationID, version string) string {
	return "/brand/" + string(school) + "/" + version + ".png"
}

// BrandingView is the page of a school's look: what is in force, and the colour
// as it was typed.
type BrandingView struct {
	Look   identity.Branding
	Colour string
}

// chosen is the colour the form shows: Homeroom's own where there is none.
func (v BrandingView) chosen() string {
	if v.Colour == "" {
		return "#12614c"
	}
	return v.Colour
}

// moved reports whether the colour had to be changed to be read.
func (v BrandingView) moved() bool {
	return v.Look.Colour != "" && (v.Look.OnLight != v.Look.Colour || v.Look.OnDark != v.Look.Colour)
}
