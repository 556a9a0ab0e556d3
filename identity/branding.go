package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

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

// The first letter of a version says whether there is a logo, so that no page has
// to look for one.
const (
	lookWithLogo    = "p"
	lookWithoutLogo = "c"
)

// Versioned is the branding with its version, which is the same for the same
// look and empty for Homeroom's own.
func (b Branding) Versioned() Branding {
	if b.Version = ""; b.Colour == "" && len(b.Logo) == 0 {
		return b
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s\x00%s\x00", b.Colour, b.OnLight, b.OnDark)
	sum.Write(b.Logo)
	b.Version = lookWithoutLogo
	if len(b.Logo) > 0 {
		b.Version = lookWithLogo
	}
	b.Version += hex.EncodeToString(sum.Sum(nil)[:8])
	return b
}
