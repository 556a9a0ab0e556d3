package roster

import "strings"

// seen is a row of the beginning of a table.
type seen struct {
	line  int
	cells []string
}

// guessHeader finds the line of the column titles in the first rows of a table:
// below what a program prints above them, and above the first person. It is 0 if
// there are none.
func guessHeader(table []seen) int {
	best, at := 0, 0
	for i, row := range table[:min(len(table), 25)] {
		filled, known, data := 0, 0, false
		for _, cell := range row.cells {
			if strings.TrimSpace(cell) == "" {
				continue
			}
			filled++
			if readTitle(cell).known {
				known++
			}
			data = data || strings.Contains(cell, "@")
		}
		if data || known == 0 || known*2 < filled || filled == 1 && !alone(table, i) {
			continue
		}
		if known > best {
			best, at = known, row.line
		}
	}
	if at > 0 {
		return at
	}
	// Titles in words we do not know: the first row of full width has none of the
	// addresses and numbers that stand below it.
	for i, row := range table[:min(len(table), 10)] {
		if count(row.cells) < 2 || i+1 >= len(table) {
			continue
		}
		for column, cell := range row.cells {
			if nothingWord(cell) || cell == "" || address(cell) || number(cell) || strings.Contains(cell, "@") {
				continue
			}
			kinds := 0
			below := table[i+1:]
			for _, other := range below {
				if column < len(other.cells) && (address(other.cells[column]) || number(other.cells[column])) {
					kinds++
				}
			}
			if kinds*3 >= len(below)*2 && len(below) > 1 {
				return row.line
			}
		}
		return 0
	}
	return 0
}

// alone reports whether the rows below row i have one cell as it has: then one
// word is a title.
func alone(table []seen, i int) bool {
	below := table[i+1:]
	for _, row := range below[:min(len(below), 5)] {
		if count(row.cells) > 1 {
			return false
		}
	}
	return len(below) > 0
}

func count(cells []string) int {
	filled := 0
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			filled++
		}
	}
	return filled
}
