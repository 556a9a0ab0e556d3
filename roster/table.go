package roster

import (
	"errors"
	"io"
	"strings"

	"homeroom.dev/homeroom/identity"
)

func readSheet(f File, r Reading, sink Sink) (s Summary, err error) {
	zipped, err := openZIP(f)
	if err != nil {
		return Summary{}, err
	}
	book, err := openWorkbook(f, zipped)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, book.close()) }()
	table, err := book.rows(r.Sheet)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, table.close()) }()
	return readTable(table, r, sink)
}

// maxSkipped is how many skipped lines a [Summary] names.
const maxSkipped = 50

// skip counts a line that is no person.
func (s *Summary) skip(place Place, cells []string, why string) {
	s.Skips++
	if len(s.Skipped) < maxSkipped {
		s.Skipped = append(s.Skipped, Skipped{Place: place, Text: shown(strings.Join(cells, " ")), Why: identity.Say(why)})
	}
}

// readTable reads people out of rows.
func readTable(table rows, r Reading, sink Sink) (Summary, error) {
	if len(r.Columns) > MaxColumns {
		return Summary{}, identity.Invalid("list.columns", "Max", MaxColumns, "Line", max(r.Header, 1))
	}
	if !r.Named() {
		return Summary{}, identity.Invalid("list.no-names")
	}
	var s Summary
	reader := tableReader{reading: r}
	for {
		cells, line, err := table.next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if blank(cells) {
			continue
		}
		cells = trimmed(cells)
		if len(cells) > MaxColumns {
			return s, identity.Invalid("list.columns", "Max", MaxColumns, "Line", line)
		}
		cells, long := shorten(tidyCells(cells))
		place := Place{Line: line}
		switch {
		case line < r.Header && reader.section(cells):
			s.skip(place, cells, "list.skipped.section")
		case line < r.Header:
			s.skip(place, cells, "list.skipped.above")
		case line == r.Header:
			reader.title(cells)
		case repeats(cells, reader.titles):
			s.skip(place, cells, "list.skipped.titles")
		case reader.section(cells):
			s.skip(place, cells, "list.skipped.section")
		default:
			if why := footer(cells); why != "" && !reader.certain(cells) {
				s.skip(place, cells, why)
				continue
			}
			if s.Rows++; s.Rows > MaxRows {
				return s, identity.Invalid("list.rows", "Max", MaxRows)
			}
			p := reader.person(cells)
			p.Place = place
			if long >= 0 {
				p.Problems.Add(reader.column(long), "list.cell-long", "Max", maxCell)
			}
			if err := sink.Person(p); err != nil {
				return s, err
			}
		}
	}
}

// repeats reports whether a row is the titles again, as at the top of each
// printed page.
func repeats(cells, titles []string) bool {
	same := 0
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		if i >= len(titles) || !strings.EqualFold(cell, titles[i]) {
			return false
		}
		same++
	}
	return same > 0
}

var (
	totalWords = words("total totals totales totale sum summe gesamt gesamtzahl insgesamt anzahl somme effectif effectifs suma numero cantidad count schulerzahl teilnehmerzahl totaal aantal totaali razem liczba")
	printWords = words("page seite pagina pagine strona stand erstellt gedruckt printed generated exported date datum imprime edite impreso fecha data report ausdruck druckdatum")
)

// footer says of a row that is no person what it is: a total, or what a program
// prints below a page. It is empty for all others.
func footer(cells []string) string {
	if count(cells) > 4 {
		return ""
	}
	digits, first := false, ""
	for _, cell := range cells {
		if strings.Contains(cell, "@") {
			return ""
		}
		digits = digits || strings.ContainsAny(cell, "0123456789")
		if first == "" {
			first = cell
		}
	}
	tokens := strings.Fields(lowered(first))
	if len(tokens) == 0 {
		return ""
	}
	switch {
	case among(tokens[:1], totalWords) && (digits || len(tokens) == 1 && count(cells) == 1),
		// "Nombre d'élèves : 28", "28 students"
		digits && tokens[0] == "nombre" && len(tokens) > 2,
		digits && number(strings.Fields(first)[0]) && len(tokens) == 2 && count(cells) == 1 && among(tokens[1:], studentWords):
		return "list.skipped.total"
	case digits && count(cells) <= 2 && among(tokens[:1], printWords):
		return "list.skipped.printed"
	}
	return ""
}
