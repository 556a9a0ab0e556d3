package identity

// Branding is how a school's pages, mail and login look. The zero value is
// Homeroom's own look.
type Branding struct {
	// Colour is the school's colour as it was typed, "#rrggbb"; empty for none.
	Colour string
	// OnLight and OnDark are that colour, made so that text on it and it on the
	// page can be read in the light and in the dark scheme, "#rrggbb".
	OnLight, OnDark string
	// Logo is a PNG, or empty.
	Logo []byte
	// Version changes with every change, for URLs that may be kept for good.
	Version string
}
