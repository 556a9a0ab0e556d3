package cards

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// The fonts of the PDF: Go's own, which tell l, I, 1 and 0, O apart.
const (
	regular = "go"
	bold    = "go-bold"
	mono    = "go-mono"
)

// PDF writes the sheet. A text whose letters the fonts do not have is left out
// and not drawn as boxes: whoever calls says so before ([Sheet.Undrawable]).
func (s Sheet) PDF(w io.Writer) error {
	g := s.grid()
	doc := fpdf.NewCustom(&fpdf.InitType{
		OrientationStr: "P", UnitStr: "mm", Size: fpdf.SizeType{Wd: g.pageWidth, Ht: g.pageHeight},
	})
	doc.SetAutoPageBreak(false, 0)
	doc.SetMargins(0, 0, 0)
	doc.SetCatalogSort(true)
	doc.SetTitle(s.Title, true)
	doc.SetCreator("Homeroom", true)
	doc.AddUTF8FontFromBytes(regular, "", goregular.TTF)
	doc.AddUTF8FontFromBytes(bold, "", gobold.TTF)
	doc.AddUTF8FontFromBytes(mono, "", gomono.TTF)
	for i, card := range s.Cards {
		at := i % s.PerPage()
		if at == 0 {
			doc.AddPage()
		}
		x := g.left + float64(at%g.columns)*g.stepX
		y := g.top + float64(at/g.columns)*g.stepY
		if err := s.draw(doc, g, card, x, y); err != nil {
			return err
		}
	}
	if err := doc.Output(w); err != nil {
		return fmt.Errorf("write PDF: %w", err)
	}
	return nil
}

// millimetres are in a point.
const millimetres = 25.4 / 72

// draw puts a card at its place: the picture on the right, the words on the left.
func (s Sheet) draw(doc *fpdf.Fpdf, g grid, card Card, x, y float64) error {
	if g.cut {
		doc.SetDrawColor(150, 150, 150)
		doc.SetLineWidth(0.1)
		doc.SetDashPattern([]float64{1, 1}, 0)
		doc.Rect(x, y, g.width, g.height, "D")
	}
	padding := g.text * 0.35
	code, err := NewCode(card.Link)
	if err != nil {
		return err
	}
	side := min(g.height-2*padding, g.width*0.42)
	square := side / float64(code.Size())
	left, top := x+g.width-padding-side, y+(g.height-side)/2
	doc.SetFillColor(0, 0, 0)
	code.runs(func(cx, cy, length int) {
		doc.Rect(left+float64(cx)*square, top+float64(cy)*square, float64(length)*square, square, "F")
	})

	pen := pen{doc: doc, x: x + padding, y: y + padding, width: left - x - padding}
	small := g.text * 0.8
	pen.line(bold, g.text*1.35, card.Name)
	pen.line(regular, small, card.Classroom)
	pen.y += g.text * 0.12
	for _, row := range []struct{ label, value, font string }{
		{s.Words.UserName, card.UserName, mono},
		{s.Words.Secret, card.Secret, mono},
		{s.Words.Open, s.Address, regular},
	} {
		value, font := row.value, row.font
		if value == "" {
			value, font = s.Words.NoSecret, regular
		}
		if s.Layout == Labels {
			pen.value(font, g.text, value) // no room for labels: order and letters tell
			continue
		}
		pen.line(regular, small*0.9, row.label)
		pen.value(font, g.text*1.1, value)
		pen.y += g.text * 0.12
	}
	if s.Layout != Labels {
		pen.line(regular, small*0.9, s.Words.Scan)
	}
	return nil
}

// pen writes line below line.
type pen struct {
	doc         *fpdf.Fpdf
	x, y, width float64
}

// Letters get smaller for a long text, down to these parts of their size. A name
// is cut off where that is not enough; what has to be typed goes on below.
const (
	smallestName  = 0.6
	smallestValue = 0.75
)

// line writes a name on one line.
func (p *pen) line(font string, size float64, text string) {
	if text == "" || !drawable(text) {
		return
	}
	size, lines := p.fit(font, size, smallestName, text)
	shown := []rune(lines[0])
	if len(lines) > 1 {
		for len(shown) > 1 && p.doc.GetStringWidth(string(shown)+"…") > p.width {
			shown = shown[:len(shown)-1]
		}
		shown = append(shown, '…')
	}
	p.put(size, string(shown))
}

// value writes what has to be typed, whole.
func (p *pen) value(font string, size float64, text string) {
	if !drawable(text) {
		return
	}
	size, lines := p.fit(font, size, smallestValue, text)
	for _, line := range lines {
		p.put(size, line)
	}
}

// fit finds the size of a text, and the lines it takes then: broken behind a
// hyphen if there is one.
func (p *pen) fit(font string, size, smallest float64, text string) (fitting float64, lines []string) {
	p.doc.SetFont(font, "", size)
	if wide := p.doc.GetStringWidth(text); wide > p.width {
		size *= max(smallest, p.width/wide*0.98)
		p.doc.SetFontSize(size)
	}
	for rest := []rune(text); len(rest) > 0; {
		fits := len(rest)
		for fits > 1 && p.doc.GetStringWidth(string(rest[:fits])) > p.width {
			fits--
		}
		if hyphen := strings.LastIndex(string(rest[:fits]), "-"); fits < len(rest) && hyphen > 0 {
			fits = len([]rune(string(rest[:fits])[:hyphen+1]))
		}
		lines, rest = append(lines, string(rest[:fits])), rest[fits:]
	}
	return size, append(lines, "")[:max(1, len(lines))]
}

func (p *pen) put(size float64, text string) {
	height := size * millimetres * 1.3
	p.doc.SetTextColor(0, 0, 0)
	p.doc.SetFontSize(size)
	p.doc.SetXY(p.x, p.y)
	p.doc.CellFormat(p.width, height, text, "", 0, "L", false, 0, "")
	p.y += height
}
