package cards

import (
	"slices"
	"sync"
	"unicode"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Paper is what is printed on.
type Paper string

// The papers.
const (
	A4     Paper = "a4"
	Letter Paper = "letter"
)

// Papers lists them.
var Papers = []Paper{A4, Letter}

// Layout is how cards lie on a sheet.
type Layout string

// The layouts.
const (
	Eight  Layout = "cards"  // two by four, to be cut out
	Labels Layout = "labels" // to be peeled off: three by eight (A4, L7159), three by ten (Letter, 5160)
	Single Layout = "single" // one on each sheet
)

// Layouts lists them.
var Layouts = []Layout{Eight, Labels, Single}

// Card is what one card says.
type Card struct {
	Name      string
	Classroom string
	UserName  string
	Secret    string // empty: [Words.NoSecret] stands there
	Link      string // what the picture leads to
}

// Words are the words on cards, in the language of the class.
type Words struct {
	Open, UserName, Secret string
	NoSecret               string // why there is none
	Scan                   string // beside the picture
}

// Sheet is a sheet of cards, on as many pages as they need.
type Sheet struct {
	Paper   Paper
	Layout  Layout
	Title   string // of the file
	Address string // of the portal, as it is typed
	Words   Words
	Cards   []Card
}

// grid is where the cards of a layout lie, in millimetres.
type grid struct {
	pageWidth, pageHeight float64
	columns, rows         int
	left, top             float64 // of the first card
	width, height         float64 // of a card
	stepX, stepY          float64 // from one card to the next
	cut                   bool    // lines to cut along
	text                  float64 // size of the words in points; names are larger
}

func (s Sheet) grid() grid {
	g := grid{pageWidth: 210, pageHeight: 297}
	if s.Paper == Letter {
		g.pageWidth, g.pageHeight = 215.9, 279.4
	}
	switch s.Layout {
	case Labels:
		// As the makers of the labels give them.
		g.columns, g.rows, g.left, g.top, g.width, g.height, g.stepX, g.stepY = 3, 8, 7.25, 12.9, 63.5, 33.9, 66, 33.9
		if s.Paper == Letter {
			g.rows, g.left, g.top, g.width, g.height, g.stepX, g.stepY = 10, 4.76, 12.7, 66.7, 25.4, 69.85, 25.4
		}
		g.text = 7
	case Single:
		g.columns, g.rows, g.left, g.top, g.width, g.height = 1, 1, 20, 20, g.pageWidth-40, 120
		g.stepX, g.stepY, g.cut, g.text = g.width, g.height, true, 18
	default:
		const margin = 10
		g.columns, g.rows, g.left, g.top = 2, 4, margin, margin
		g.width, g.height = (g.pageWidth-2*margin)/2, (g.pageHeight-2*margin)/4
		g.stepX, g.stepY, g.cut, g.text = g.width, g.height, true, 11
	}
	return g
}

// PerPage is how many cards fit on a page.
func (s Sheet) PerPage() int {
	g := s.grid()
	return g.columns * g.rows
}

// Undrawable are the texts on the cards for whose script the PDF's fonts have no
// letters, each once: for them there is the print page.
func (s Sheet) Undrawable() []string {
	var texts []string
	for _, card := range s.Cards {
		for _, text := range []string{card.Name, card.Classroom} {
			if !drawable(text) && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// fonts are those of the PDF: what [drawable] says of the one holds for all.
var fonts = sync.OnceValue(func() []*sfnt.Font {
	var parsed []*sfnt.Font
	for _, ttf := range [][]byte{goregular.TTF, gobold.TTF, gomono.TTF} {
		font, err := sfnt.Parse(ttf)
		if err != nil {
			panic("cards: a font that is compiled in cannot be read: " + err.Error())
		}
		parsed = append(parsed, font)
	}
	return parsed
})

// drawable reports whether every letter of a text is in the fonts and stands
// where it is written: no marks to be put on others, and from left to right.
func drawable(text string) bool {
	var buffer sfnt.Buffer
	for _, r := range text {
		if unicode.Is(unicode.M, r) || unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko) {
			return false
		}
		for _, font := range fonts() {
			if glyph, err := font.GlyphIndex(&buffer, r); err != nil || glyph == 0 {
				return false
			}
		}
	}
	return true
}
