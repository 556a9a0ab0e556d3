package roster

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
)

// rows is a table, row by row: the cells and the line on which the row begins.
// The cells are good until the next call. After the last row the error is io.EOF.
type rows interface {
	next() (cells []string, line int, err error)
	close() error
}

// maxQuoted is how many lines a cell in quotation marks may go over. Where no
// mark ends it by then, the first one was a letter of the text.
const maxQuoted = 40

// maxUnended is how many marks may turn out to be letters before no cell is
// looked for beyond its line any more: looking costs the length of forty lines.
const maxUnended = 50

// textRows reads rows of text: RFC 4180 as far as it goes, and what programs and
// people make of it. Lines may end in any way, a quotation mark inside a cell
// needs no doubling, one that nothing ends is taken for what it is.
type textRows struct {
	lines     *bufio.Scanner
	delimiter byte // 0: one cell to a line
	line      int  // of the last physical line
	ahead     []string
	unended   int // marks that were letters
	width     int // cells of the last row that stood in one line
	cells     []string
	cell      strings.Builder
}

// newTextRows reads from r, which is UTF-8.
func newTextRows(r io.Reader, delimiter byte) *textRows {
	t := &textRows{lines: bufio.NewScanner(r), delimiter: delimiter}
	t.lines.Buffer(make([]byte, 0, 16<<10), maxLine)
	t.lines.Split(splitLines)
	return t
}

func (t *textRows) close() error { return nil }

// splitLines ends lines at LF, CR LF and CR.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for i, b := range data {
		switch {
		case b == '\n':
			return i + 1, data[:i], nil
		case b == '\r' && i+1 < len(data):
			if data[i+1] == '\n' {
				return i + 2, data[:i], nil
			}
			return i + 1, data[:i], nil
		case b == '\r' && atEOF:
			return i + 1, data[:i], nil
		}
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// physical is the next line of the file.
func (t *textRows) physical() (string, error) {
	if len(t.ahead) > 0 {
		line := t.ahead[0]
		t.ahead = t.ahead[1:]
		t.line++
		return line, nil
	}
	if !t.lines.Scan() {
		switch err := t.lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return "", identity.Invalid("list.line-too-long", "Line", t.line+1)
		case err != nil:
			return "", fmt.Errorf("read line %d: %w", t.line+1, err)
		}
		return "", io.EOF
	}
	t.line++
	line := t.lines.Text()
	if t.line == 1 {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	if !utf8.ValidString(line) {
		line = strings.ToValidUTF8(line, "\ufffd")
	}
	return line, nil
}

func (t *textRows) next() ([]string, int, error) {
	line, err := t.physical()
	if err != nil {
		return nil, t.line, err
	}
	began := t.line
	if t.delimiter == 0 && strings.Count(line, `"`) < 2 {
		t.cells = append(t.cells[:0], line)
		return t.cells, began, nil
	}
	if t.split(line, true) {
		t.width = len(t.cells)
		return t.cells, began, nil
	}
	// A cell goes on in the next line.
	var more []string
	whole := line
	for t.unended < maxUnended && len(more) < maxQuoted && len(whole) < maxLine {
		further, err := t.physical()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, t.line, err
		}
		more = append(more, further)
		whole += "\n" + further
		// A line as wide as the table is a row of its own, unless a mark in it has no
		// other beside it: that one ends the cell.
		if t.width > 2 && strings.Count(further, string(rune(t.delimiter)))+1 == t.width && strings.Count(further, `"`)%2 == 0 {
			break
		}
		// Only a line with a mark can end the cell.
		if strings.Contains(further, `"`) && t.split(whole, true) {
			return t.cells, began, nil
		}
	}
	// Nothing ends it: the mark is a letter, and the lines are rows of their own.
	t.ahead = append(more, t.ahead...)
	t.line = began
	t.unended++
	t.split(line, false)
	return t.cells, began, nil
}

// split parts a row into t.cells. It reports whether every quoted cell ends
// within; without quoting, marks are letters.
func (t *textRows) split(row string, quoting bool) bool {
	t.cells = t.cells[:0]
	for {
		start := row
		if t.delimiter != '\t' {
			start = strings.TrimLeft(row, " ")
		}
		if quoting && strings.HasPrefix(start, `"`) {
			rest, ended := t.quoted(start[1:])
			if !ended {
				return false
			}
			t.cells = append(t.cells, t.cell.String())
			if rest == "" {
				return true
			}
			row = rest[1:]
			continue
		}
		end := -1
		if t.delimiter != 0 {
			end = strings.IndexByte(row, t.delimiter)
		}
		if end < 0 {
			t.cells = append(t.cells, row)
			return true
		}
		t.cells = append(t.cells, row[:end])
		row = row[end+1:]
		if len(t.cells) > 4*MaxColumns {
			t.cells = append(t.cells, row)
			return true // refused by who reads them
		}
	}
}

// quoted reads a cell behind its first mark into t.cell. rest is empty or begins
// with the delimiter.
func (t *textRows) quoted(s string) (rest string, ended bool) {
	t.cell.Reset()
	for {
		mark := strings.IndexByte(s, '"')
		if mark < 0 {
			return "", false
		}
		t.cell.WriteString(s[:mark])
		s = s[mark+1:]
		behind := strings.TrimLeft(s, " ")
		switch {
		case strings.HasPrefix(s, `"`):
			t.cell.WriteByte('"')
			s = s[1:]
		case behind == "":
			return "", true
		case t.delimiter != 0 && behind[0] == t.delimiter:
			return behind, true
		default:
			t.cell.WriteByte('"')
		}
	}
}
