package brand

import (
	"math"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Colour
		ok   bool
	}{
		{"#0f5c47", Colour{0x0f, 0x5c, 0x47}, true},
		{"0F5C47", Colour{0x0f, 0x5c, 0x47}, true},
		{" #fa0 ", Colour{0xff, 0xaa, 0x00}, true},
		{"#0f5c4", Colour{}, false},
		{"green", Colour{}, false},
		{"#gggggg", Colour{}, false},
		{"#+12345", Colour{}, false},
		{"", Colour{}, false},
	} {
		if got, ok := Parse(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("Parse(%q) = %v, %v, want %v, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

// The ratios are those of the examples in WCAG's techniques and of black on
// white.
func TestContrast(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{
		{"#000000", "#ffffff", 21},
		{"#ffffff", "#ffffff", 1},
		{"#777777", "#ffffff", 4.48},
		{"#0000ff", "#ffffff", 8.59},
	} {
		a, _ := Parse(tt.a)
		b, _ := Parse(tt.b)
		if got := Contrast(a, b); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("Contrast(%s, %s) = %.2f, want %.2f", tt.a, tt.b, got, tt.want)
		}
		if Contrast(a, b) != Contrast(b, a) {
			t.Errorf("Contrast(%s, %s) depends on the order", tt.a, tt.b)
		}
	}
}

// Whatever is typed, text can be read: over a grid of all colours.
func TestEveryColourBecomesReadable(t *testing.T) {
	const want = 4.5
	for r := 0; r <= 255; r += 15 {
		for g := 0; g <= 255; g += 15 {
			for b := 0; b <= 255; b += 15 {
				c := Colour{uint8(r), uint8(g), uint8(b)}
				p := Fit(c)
				for _, pair := range []struct {
					name  string
					text  Colour
					under Colour
				}{
					{"a link on the page", p.Light.Accent, paperLight},
					{"a link in a hollow", p.Light.Accent, sunkLight},
					{"a button", p.Light.On, p.Light.Accent},
					{"a button under the pointer", p.Light.On, p.Light.Deep},
					{"a link on the tint", p.Light.Deep, p.Light.Tint},
					{"a link on the dark page", p.Dark.Accent, paperDark},
					{"a link in a dark hollow", p.Dark.Accent, sunkDark},
					{"a dark button", p.Dark.On, p.Dark.Accent},
					{"a dark button under the pointer", p.Dark.On, p.Dark.Deep},
				} {
					if got := Contrast(pair.text, pair.under); got < want {
						t.Fatalf("%s: %s has %.2f (%s on %s)", c, pair.name, got, pair.text, pair.under)
					}
				}
			}
		}
	}
}

func TestAReadableColourStaysAsItIs(t *testing.T) {
	for _, tt := range []struct {
		text  string
		moved bool
	}{
		{"#0f5c47", false},
		{"#7a1f3d", false},
		{"#ffd400", true}, // yellow on white
		{"#ffffff", true},
		{"#000000", false},
	} {
		c, _ := Parse(tt.text)
		p := Fit(c)
		if p.Moved != tt.moved {
			t.Errorf("%s: moved = %v, want %v (%s)", tt.text, p.Moved, tt.moved, p.Light.Accent)
		}
		if !tt.moved && p.Light.Accent != c {
			t.Errorf("%s became %s", tt.text, p.Light.Accent)
		}
	}
}

// A moved colour keeps its hue: a yellow stays one, darker.
func TestAMovedColourKeepsItsHue(t *testing.T) {
	c, _ := Parse("#ffd400")
	was, is := c.lch(), Fit(c).Light.Accent.lch()
	if math.Abs(was.h-is.h) > 3 {
		t.Errorf("hue was %.0f, is %.0f", was.h, is.h)
	}
	if is.l >= was.l {
		t.Errorf("lightness was %.2f, is %.2f", was.l, is.l)
	}
}

func TestSheet(t *testing.T) {
	sheet := Fit(Colour{0x0f, 0x5c, 0x47}).Sheet()
	for _, want := range []string{"--accent: light-dark(#0f5c47, #", "--on-accent: light-dark(#ffffff, #", "--tint: ", "--accent-deep: "} {
		if !strings.Contains(sheet, want) {
			t.Errorf("%q is not in\n%s", want, sheet)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("#0f5c47")
	f.Add("#fff")
	f.Fuzz(func(t *testing.T, text string) {
		if c, ok := Parse(text); ok {
			if again, ok := Parse(c.String()); !ok || again != c {
				t.Errorf("%q is %v, and that is %v, %v", text, c, again, ok)
			}
		}
	})
}
