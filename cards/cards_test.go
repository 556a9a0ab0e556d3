package cards

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/google/go-cmp/cmp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/font/gofont/gomono"
)

// picture draws an SVG path of the kind [Code.Path] makes, as a browser would.
func picture(t *testing.T, path string, size, scale int) image.Image {
	t.Helper()
	drawn := image.NewGray(image.Rect(0, 0, size*scale, size*scale))
	for i := range drawn.Pix {
		drawn.Pix[i] = 255
	}
	for _, part := range strings.SplitAfter(path, "z") {
		if part == "" {
			continue
		}
		var x, y, width, back int
		if _, err := fmt.Sscanf(part, "M%d %dh%dv1h-%dz", &x, &y, &width, &back); err != nil || width != back {
			t.Fatalf("%q is no run: %v", part, err)
		}
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+width)*scale; px++ {
				drawn.SetGray(px, py, color.Gray{})
			}
		}
	}
	return drawn
}

func decoded(t *testing.T, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestPicturesAreReadBack(t *testing.T) {
	for _, text := range []string{
		"https://homeroom.linden.example/sign-in?as=sam.k-7b",
		"https://h.example/b/" + strings.Repeat("x9", 32),
		"http://localhost:8080/sign-in?as=z",
		"https://schule.example/sign-in?as=" + strings.Repeat("long", 40),
	} {
		code, err := NewCode(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []int{2, 3, 8} {
			if got := decoded(t, picture(t, code.Path(), code.Size(), scale)); got != text {
				t.Errorf("at %d points a square: %q, want %q", scale, got, text)
			}
		}
	}
	if _, err := NewCode(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that fits into no code made one")
	}
}

func class(n int) []Card {
	cards := make([]Card, n)
	for i := range cards {
		cards[i] = Card{
			Name: fmt.Sprintf("Sam Kowalski %d", i), Classroom: "Biology 7B", UserName: fmt.Sprintf("sam.k-%db", i),
			Secret: "Otter-maple-lamp-4829", Link: "https://homeroom.linden.example/sign-in?as=sam.k-7b",
		}
	}
	return cards
}

var (
	pages = regexp.MustCompile(`/Type /Page\b[^s]`)
	boxes = regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`)
)

func TestSheetsHaveTheirPages(t *testing.T) {
	for _, test := range []struct {
		paper  Paper
		layout Layout
		cards  int
		pages  int
		box    string
	}{
		{A4, Eight, 1, 1, "595.28 841.89"},
		{A4, Eight, 8, 1, "595.28 841.89"},
		{A4, Eight, 9, 2, "595.28 841.89"},
		{A4, Labels, 24, 1, "595.28 841.89"},
		{A4, Labels, 25, 2, "595.28 841.89"},
		{A4, Single, 3, 3, "595.28 841.89"},
		{Letter, Eight, 30, 4, "612.00 792.00"},
		{Letter, Labels, 30, 1, "612.00 792.00"},
		{Letter, Labels, 31, 2, "612.00 792.00"},
		{Letter, Single, 2, 2, "612.00 792.00"},
		{A4, Eight, 400, 50, "595.28 841.89"},
	} {
		sheet := Sheet{
			Paper: test.paper, Layout: test.layout, Title: "Biology 7B", Address: "homeroom.linden.example", Cards: class(test.cards),
			Words: Words{Open: "Open", UserName: "User name", Secret: "First password", NoSecret: "Ask", Scan: "Or scan"},
		}
		var file bytes.Buffer
		if err := sheet.PDF(&file); err != nil {
			t.Fatal(err)
		}
		if n := len(pages.FindAll(file.Bytes(), -1)); n != test.pages {
			t.Errorf("%s %s: %d cards are on %d pages, want %d", test.paper, test.layout, test.cards, n, test.pages)
		}
		if box := boxes.FindSubmatch(file.Bytes()); box == nil || string(box[1])+" "+string(box[2]) != test.box {
			t.Errorf("%s %s: pages are %q, want %s", test.paper, test.layout, box, test.box)
		}
		g := sheet.grid()
		right := g.left + float64(g.columns-1)*g.stepX + g.width
		bottom := g.top + float64(g.rows-1)*g.stepY + g.height
		if right > g.pageWidth || bottom > g.pageHeight || g.width > g.stepX+0.01 || g.height > g.stepY+0.01 {
			t.Errorf("%s %s: cards lie on each other or beside the page: %+v", test.paper, test.layout, g)
		}
	}
}

func TestScriptsWithoutLettersAreNamed(t *testing.T) {
	for _, test := range []struct {
		name string
		want []string
	}{
		{"Sam Kowalski", nil},
		{"Łukasz Ærø-Groß", nil},
		{"Зоя Иванова", nil},
		{"Νίκος", nil},
		{"李明", []string{"李明"}},
		{"محمد", []string{"محمد"}},
		{"דוד", []string{"דוד"}},
		{"प्रिया", []string{"प्रिया"}},
		{"Zoe\u0308", []string{"Zoe\u0308"}},
		{"Sam 😀", []string{"Sam 😀"}},
	} {
		sheet := Sheet{Cards: []Card{{Name: test.name, Classroom: "7B", Link: "x"}, {Name: test.name, Classroom: "7B", Link: "x"}}}
		if diff := cmp.Diff(test.want, sheet.Undrawable()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if err := sheet.PDF(&bytes.Buffer{}); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestHostileNamesFit(t *testing.T) {
	sheet := Sheet{Words: Words{Open: "Open"}, Address: strings.Repeat("very-long.", 20) + "example"}
	for _, name := range []string{strings.Repeat("Nebukadnezar ", 25), "\u202ekowalski", "<script>", "(Sam) Tj", `\\`, "", "\x00"} {
		sheet.Cards = append(sheet.Cards, Card{Name: name, UserName: strings.Repeat("x", 40), Secret: strings.Repeat("lamp-", 14), Link: "x"})
	}
	for _, sheet.Layout = range Layouts {
		for _, sheet.Paper = range Papers {
			if err := sheet.PDF(&bytes.Buffer{}); err != nil {
				t.Errorf("%s %s: %v", sheet.Paper, sheet.Layout, err)
			}
		}
	}
}

// What has to be typed is never cut off, whatever its length.
func TestSecretsStayWhole(t *testing.T) {
	doc := fpdf.New("P", "mm", "A4", "")
	doc.AddUTF8FontFromBytes(mono, "", gomono.TTF)
	doc.AddPage()
	for _, test := range []struct {
		text  string
		width float64
		lines int
	}{
		{"Otter-lamp-48", 35, 1},
		{"Otter-maple-lamp-violin-sun-48", 35, 1},
		{"Otter-maple-lamp-violin-sun-48", 25, 2},
		{strings.Repeat("lamp-", 14) + "48", 35, 3},
		{strings.Repeat("x", 72), 20, 5},
		{"", 20, 1},
	} {
		pen := pen{doc: doc, width: test.width}
		size, lines := pen.fit(mono, 7, smallestValue, test.text)
		if strings.Join(lines, "") != test.text || len(lines) != test.lines || size < 7*smallestValue || size > 7 {
			t.Errorf("%q in %v mm: %q at %v", test.text, test.width, lines, size)
		}
		for _, line := range lines {
			if doc.GetStringWidth(line) > test.width {
				t.Errorf("%q is wider than %v mm", line, test.width)
			}
		}
	}
}

func BenchmarkSheetOfThirty(b *testing.B) {
	sheet := Sheet{Paper: A4, Address: "homeroom.linden.example", Cards: class(30)}
	for b.Loop() {
		if err := sheet.PDF(&bytes.Buffer{}); err != nil {
			b.Fatal(err)
		}
	}
}
