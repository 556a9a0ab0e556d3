package cards

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the empty border that a reader needs around a code, in its squares
// (ISO/IEC 18004).
const quiet = 4

// Code is a QR code, of squares.
type Code struct {
	size  int
	black func(x, y int) bool
}

// NewCode makes the QR code of a text. A sixth of it may be unreadable: cards are
// folded and get wet.
func NewCode(text string) (Code, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return Code{}, fmt.Errorf("make a QR code: %w", err)
	}
	return Code{size: code.Size, black: code.Black}, nil
}

// Size is the width of the code in squares, with its border.
func (c Code) Size() int { return c.size + 2*quiet }

// Path is the code as the data of one SVG path, in a box of [Code.Size]: each run
// of black squares is a rectangle. It is sharp at any size.
func (c Code) Path() string {
	var b strings.Builder
	c.runs(func(x, y, length int) { fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, length, length) })
	return b.String()
}

// runs calls draw for every run of black squares, line by line.
func (c Code) runs(draw func(x, y, length int)) {
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			from := x
			for x < c.size && c.black(x, y) {
				x++
			}
			if x > from {
				draw(from+quiet, y+quiet, x-from)
			}
		}
	}
}
