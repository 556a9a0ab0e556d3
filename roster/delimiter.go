package roster

import (
	"io"
	"strings"
)

// delimiters are what stands between cells, the surest first: a tab is in no
// name, a comma in many.
const delimiters = "\t;|,"

// delimiterOf finds what parts the cells of a text by looking at its beginning:
// what makes the most rows of the same width, unless the first line says it.
func delimiterOf(head string) (delimiter byte) {
	if d, found := announced(head); found {
		return d
	}
	best := 0
	for i := range len(delimiters) {
		if score := regular(head, delimiters[i]); score > best {
			best, delimiter = score, delimiters[i]
		}
	}
	return delimiter
}

// announced reads "sep=;" in the first line.
func announced(head string) (byte, bool) {
	first := head
	if end := strings.IndexAny(head, "\r\n"); end >= 0 {
		first = head[:end]
	}
	value, found := strings.CutPrefix(strings.ToLower(strings.Trim(first, `" `)), "sep=")
	if !found || len(value) != 1 {
		return 0, false
	}
	return value[0], true
}

// regular scores how well a delimiter makes a table of a text: the number of
// rows that are as wide as most are, times what they are wide. Fewer than half
// of the rows are no table.
func regular(head string, delimiter byte) int {
	table := newTextRows(strings.NewReader(head), delimiter)
	widths := make(map[int]int)
	count, prose, found := 0, 0, 0
	for count < 200 {
		cells, _, err := table.next()
		if err == io.EOF || err != nil {
			break
		}
		if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
			continue
		}
		count++
		widths[len(cells)]++
		for _, cell := range cells[1:] {
			found++
			if strings.HasPrefix(cell, " ") {
				prose++
			}
		}
	}
	best := 0
	for width, n := range widths {
		if width > 1 && n*2 >= count {
			best = max(best, n*(width-1)*4)
		}
	}
	// "Lee, Sam" is one cell: commas with a space behind them stand in sentences.
	if delimiter == ',' && prose == found {
		return 0
	}
	if delimiter == ',' && prose*2 > found {
		best /= 4
	}
	return best
}
