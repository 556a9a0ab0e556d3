// Package brand makes a school's colour one that can be read.
//
// A school types any colour. [Fit] makes of it what the pages need in the light
// and in the dark scheme, with the contrast that WCAG 2.2 asks of text (1.4.3,
// level AA), by moving its lightness and nothing else, as far as a screen can
// show it. Colours are moved in OKLCH, where equal steps look equal. It imports
// nothing of ours.
package brand

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Colour is a colour of a screen (sRGB).
type Colour struct{ R, G, B uint8 }

// Parse reads "#rrggbb" or "#rgb", with or without the sign.
func Parse(text string) (Colour, bool) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "#")
	if len(text) == 3 {
		text = string([]byte{text[0], text[0], text[1], text[1], text[2], text[2]})
	}
	if len(text) != 6 {
		return Colour{}, false
	}
	value, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		return Colour{}, false
	}
	return Colour{uint8(value >> 16), uint8(value >> 8), uint8(value)}, true
}

// String is the colour as "#rrggbb".
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// luminance is the relative luminance of WCAG 2.2, between 0 and 1.
func (c Colour) luminance() float64 {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	return 0.2126*r + 0.7152*g + 0.0722*b
}

// Contrast is the contrast ratio of WCAG 2.2 between two colours, from 1 to 21.
func Contrast(a, b Colour) float64 {
	lighter, darker := a.luminance(), b.luminance()
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}

// readable is the contrast that text needs: 4.5, and a little for what rounding
// takes.
const readable = 4.55

// What stands behind the colour in the two schemes: the page and its hollows, as
// the style sheet has them, and what stands on it.
var (
	paperLight, sunkLight = lch{0.987, 0.004, 95}.colour(), lch{0.963, 0.006, 95}.colour()
	paperDark, sunkDark   = lch{0.19, 0.006, 230}.colour(), lch{0.25, 0.008, 230}.colour()
	white                 = Colour{255, 255, 255}
)

// Scheme is what one of the two colour schemes uses.
type Scheme struct {
	Accent Colour // links, marks and buttons
	Deep   Colour // the same under the pointer
	On     Colour // text on Accent and Deep
	Tint   Colour // a background that hints at it
}

// Palette is a colour as both schemes use it.
type Palette struct {
	Light, Dark Scheme
	// Moved reports whether the light scheme had to change the colour that was
	// asked for.
	Moved bool
}

// Fit makes c readable.
func Fit(c Colour) Palette {
	asked := c.lch()
	light := asked.until(-0.005, func(x Colour) bool {
		return Contrast(x, sunkLight) >= readable && Contrast(x, paperLight) >= readable && Contrast(x, white) >= readable
	})
	on := lch{0.2, math.Min(asked.c, 0.03), asked.h}.colour()
	dark := asked.until(+0.005, func(x Colour) bool {
		return Contrast(x, sunkDark) >= readable && Contrast(x, paperDark) >= readable && Contrast(x, on) >= readable
	})
	return Palette{
		Light: Scheme{
			Accent: light, Deep: light.lch().lighter(-0.07).colour(), On: white,
			Tint: lch{0.95, math.Min(asked.c, 0.025), asked.h}.colour(),
		},
		Dark: Scheme{
			Accent: dark, Deep: dark.lch().lighter(+0.06).colour(), On: on,
			Tint: lch{0.28, math.Min(asked.c, 0.03), asked.h}.colour(),
		},
		Moved: light != c,
	}
}

// Sheet is the style sheet that gives pages the palette.
func (p Palette) Sheet() string {
	var css strings.Builder
	css.WriteString(":root {\n")
	for _, token := range []struct {
		name        string
		light, dark Colour
	}{
		{"accent", p.Light.Accent, p.Dark.Accent},
		{"accent-deep", p.Light.Deep, p.Dark.Deep},
		{"on-accent", p.Light.On, p.Dark.On},
		{"tint", p.Light.Tint, p.Dark.Tint},
	} {
		fmt.Fprintf(&css, "  --%s: light-dark(%s, %s);\n", token.name, token.light, token.dark)
	}
	css.WriteString("}\n")
	return css.String()
}

// lch is a colour in OKLCH: lightness from 0 to 1, chroma, hue in degrees.
type lch struct{ l, c, h float64 }

// lighter moves the lightness within its bounds.
func (x lch) lighter(by float64) lch {
	x.l = math.Max(0, math.Min(1, x.l+by))
	return x
}

// until moves the lightness by steps until enough says so. Black and white end
// every search.
func (x lch) until(step float64, enough func(Colour) bool) Colour {
	for {
		c := x.colour()
		if enough(c) || step < 0 && x.l <= 0 || step > 0 && x.l >= 1 {
			return c
		}
		x = x.lighter(step)
	}
}

// colour is the nearest colour a screen can show: the same lightness and hue
// with as much chroma as there is.
func (x lch) colour() Colour {
	if c, ok := x.exact(); ok {
		return c
	}
	low, high := 0.0, x.c
	for range 20 {
		middle := (low + high) / 2
		if _, ok := (lch{x.l, middle, x.h}).exact(); ok {
			low = middle
		} else {
			high = middle
		}
	}
	c, _ := lch{x.l, low, x.h}.exact()
	return c
}

// exact converts from OKLCH (Björn Ottosson, "A perceptual color space for image
// processing"). ok is false for what no screen shows; c is then clipped.
func (x lch) exact() (c Colour, ok bool) {
	sin, cos := math.Sincos(x.h * math.Pi / 180)
	a, b := x.c*cos, x.c*sin
	l := cube(x.l + 0.3963377774*a + 0.2158037573*b)
	m := cube(x.l - 0.1055613458*a - 0.0638541728*b)
	s := cube(x.l - 0.0894841775*a - 1.2914855480*b)
	red := 4.0767416621*l - 3.3077115913*m + 0.2309699292*s
	green := -1.2684380046*l + 2.6097574011*m - 0.3413193965*s
	blue := -0.0041960863*l - 0.7034186147*m + 1.7076147010*s
	const slack = 1e-4
	ok = true
	for _, channel := range []float64{red, green, blue} {
		ok = ok && channel >= -slack && channel <= 1+slack
	}
	return Colour{gamma(red), gamma(green), gamma(blue)}, ok
}

func (c Colour) lch() lch {
	red, green, blue := linear(c.R), linear(c.G), linear(c.B)
	l := math.Cbrt(0.4122214708*red + 0.5363325363*green + 0.0514459929*blue)
	m := math.Cbrt(0.2119034982*red + 0.6806995451*green + 0.1073969566*blue)
	s := math.Cbrt(0.0883024619*red + 0.2817188376*green + 0.6299787005*blue)
	a := 1.9779984951*l - 2.4285922050*m + 0.4505937099*s
	b := 0.0259040371*l + 0.7827717662*m - 0.8086757660*s
	h := math.Atan2(b, a) * 180 / math.Pi
	if h < 0 {
		h += 360
	}
	return lch{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, math.Hypot(a, b), h}
}

func cube(x float64) float64 { return x * x * x }

// linear takes the gamma of sRGB out of a channel, gamma puts it in.
func linear(channel uint8) float64 {
	x := float64(channel) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func gamma(x float64) uint8 {
	x = math.Max(0, math.Min(1, x))
	if x <= 0.0031308 {
		x *= 12.92
	} else {
		x = 1.055*math.Pow(x, 1/2.4) - 0.055
	}
	return uint8(math.Round(x * 255))
}
