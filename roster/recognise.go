package roster

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// headBytes is how much of a text is looked at to find its delimiter.
const headBytes = 64 << 10

// bodyRows is how many rows are looked at to find out what columns mean.
const bodyRows = 150

// recognise does the work of [Recognise] and [RecogniseAs]; wish may be nil.
func recognise(f File, wish *Reading) (Reading, Sample, error) {
	if f.Size > MaxFile {
		return Reading{}, Sample{}, identity.Invalid("list.too-large", "Max", MaxFile>>20)
	}
	head, err := f.head(4096)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	if len(bytes.Trim(head, "\x00 \t\r\n\xef\xbb\xbf")) == 0 && f.Size <= int64(len(head)) {
		return Reading{}, Sample{}, identity.Invalid("list.empty")
	}
	if bytes.HasPrefix(head, []byte("PK")) {
		return recogniseZIP(f, wish)
	}
	if err := refuseForeign(head); err != nil {
		return Reading{}, Sample{}, err
	}
	return recogniseText(f, wish)
}

// recogniseZIP tells workbooks from sets.
func recogniseZIP(f File, wish *Reading) (Reading, Sample, error) {
	zipped, err := openZIP(f)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	for _, e := range zipped.files {
		switch {
		case e.Name == "xl/workbook.xml":
			return recogniseWorkbook(f, zipped, wish)
		case e.Name == "word/document.xml", e.Name == "ppt/presentation.xml":
			return Reading{}, Sample{}, identity.Invalid("list.document")
		case e.Name == "xl/workbook.bin", e.Name == "content.xml", strings.HasPrefix(e.Name, "Index/"):
			return Reading{}, Sample{}, identity.Invalid("list.other-workbook")
		}
	}
	return recogniseSet(zipped)
}

func recogniseWorkbook(f File, zipped *archive, wish *Reading) (r Reading, s Sample, err error) {
	book, err := openWorkbook(f, zipped)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	defer func() { err = errors.Join(err, book.close()) }()
	if s.Sheets, err = book.sheets(); err != nil {
		return Reading{}, Sample{}, err
	}
	if len(s.Sheets) == 0 {
		return Reading{}, Sample{}, identity.Invalid("list.empty")
	}
	r = Reading{Format: FormatTable, Sheet: s.Sheets[0]}
	if wish != nil && wish.Sheet != "" {
		r.Sheet = wish.Sheet
	}
	table, err := book.rows(r.Sheet)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	defer func() { err = errors.Join(err, table.close()) }()
	beginning, err := begin(table)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	r, s = settle(r, s, beginning, wish)
	return r, s, nil
}

func recogniseText(f File, wish *Reading) (Reading, Sample, error) {
	r := Reading{Format: FormatTable}
	if wish != nil && wish.Encoding != "" {
		r.Encoding = wish.Encoding
	} else {
		var err error
		if r.Encoding, err = encodingOf(f); err != nil {
			return Reading{}, Sample{}, err
		}
	}
	text, err := f.text(r.Encoding)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	beginning := make([]byte, headBytes)
	n, err := io.ReadFull(text, beginning)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Reading{}, Sample{}, err
	}
	head := string(beginning[:n])
	if n == headBytes {
		head = head[:strings.LastIndexAny(head, "\r\n")+1] // the last line is cut off
	}
	if strings.TrimSpace(strings.ReplaceAll(head, "\x00", "")) == "" && n < headBytes {
		return Reading{}, Sample{}, identity.Invalid("list.empty")
	}
	delimiter := delimiterOf(head)
	if wish != nil && len(wish.Delimiter) == 1 {
		delimiter = wish.Delimiter[0]
	}
	if delimiter != 0 {
		r.Delimiter = string(rune(delimiter))
	}
	if mailList(head, delimiter) && (wish == nil || wish.Format == FormatAddresses || wish.Format == "") {
		r.Format, r.Delimiter = FormatAddresses, ""
		s := Sample{}
		for i, entry := range ParseAddresses(firstLines(head, SampleRows)) {
			if i < SampleRows {
				s.Rows, s.Lines = append(s.Rows, []string{entry.Text}), append(s.Lines, entry.Line)
			}
		}
		return r, s, nil
	}
	table, err := openTable(f, r)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	rows, err := begin(table)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	r, s := settle(r, Sample{}, rows, wish)
	return r, s, nil
}

func firstLines(text string, n int) string {
	lines := strings.SplitN(normalize(text), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// mailList reports whether a text is people as mail programs write them and no
// table.
func mailList(head string, delimiter byte) bool {
	if delimiter == '\t' || delimiter == '|' {
		return false
	}
	lines, with, mailed, several := 0, 0, 0, 0
	for line := range strings.SplitSeq(strings.ReplaceAll(head, "\r", "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		lines++
		ats := strings.Count(line, "@")
		if ats > 0 {
			with++
		}
		if open := strings.IndexByte(line, '<'); open >= 0 && strings.Contains(line[open:], "@") && strings.Contains(line[open:], ">") {
			mailed++
		}
		if ats > 1 {
			several++
		}
		if lines == 1 && titled(line) {
			return false
		}
	}
	return with*2 > lines && (mailed*2 > with || several == lines && lines < 3 && strings.Count(head, "@") > 2)
}

// titled reports whether a line of text begins with titles of columns.
func titled(line string) bool {
	known := 0
	parts := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(delimiters, r) })
	for _, part := range parts {
		if readTitle(strings.Trim(part, `"`)).known {
			known++
		}
	}
	return known > 0 && known*2 >= len(parts) && !strings.Contains(line, "@")
}

// openTable opens the rows of a text.
func openTable(f File, r Reading) (*textRows, error) {
	text, err := f.text(r.Encoding)
	if err != nil {
		return nil, err
	}
	var delimiter byte
	if len(r.Delimiter) > 0 {
		delimiter = r.Delimiter[0]
		if len(r.Delimiter) > 1 || delimiter >= 0x80 || delimiter == '"' || delimiter == '\n' || delimiter == '\r' {
			return nil, identity.Invalid("list.delimiter")
		}
	}
	table := newTextRows(text, delimiter)
	line, err := table.physical()
	switch {
	case err == io.EOF:
	case err != nil:
		return nil, err
	default:
		if _, found := announced(line); !found {
			table.ahead = append(table.ahead, line)
			table.line--
		}
	}
	return table, nil
}

// begin reads the first rows of a table that have something in them.
func begin(table rows) ([]seen, error) {
	var found []seen
	for range 20 * bodyRows {
		cells, line, err := table.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if blank(cells) {
			continue
		}
		cells = trimmed(cells)
		if len(cells) > MaxColumns {
			return nil, identity.Invalid("list.columns", "Max", MaxColumns, "Line", line)
		}
		found = append(found, seen{line, tidyCells(cells)})
		if len(found) == bodyRows {
			break
		}
	}
	if len(found) == 0 {
		return nil, identity.Invalid("list.empty")
	}
	return found, nil
}

// blank reports whether there is nothing in a row.
func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.Trim(cell, " \t\u00a0\x00\ufeff") != "" {
			return false
		}
	}
	return true
}

// trimmed is a row without the empty cells at its end.
func trimmed(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// settle finds titles and columns in the first rows of a table.
func settle(r Reading, s Sample, table []seen, wish *Reading) (Reading, Sample) {
	switch {
	case wish != nil && wish.Header > 0:
		r.Header = wish.Header
	case wish != nil && wish.Header < 0:
	default:
		r.Header = guessHeader(table)
	}
	var body []seen
	width := 0
	for _, row := range table {
		switch {
		case row.line == r.Header:
			s.Titles = row.cells
			width = max(width, len(row.cells))
		case row.line > r.Header:
			if footer(row.cells) != "" || repeats(row.cells, s.Titles) {
				continue
			}
			body = append(body, row)
			width = max(width, len(row.cells))
		}
	}
	r.Columns, r.Role = guessColumns(s.Titles, body, width)
	s.Titles = widen(s.Titles, width)
	for _, row := range body[:min(len(body), SampleRows)] {
		s.Rows, s.Lines = append(s.Rows, widen(row.cells, width)), append(s.Lines, row.line)
	}
	if !r.Named() {
		s.Warnings = append(s.Warnings, identity.Say("list.no-names"))
	}
	if len(body) == 0 {
		s.Warnings = append(s.Warnings, identity.Say("list.no-rows"))
	}
	for i, title := range s.Titles {
		if secretTitle(title) && i < len(r.Columns) && r.Columns[i] == MeansNothing {
			for n := range s.Rows {
				s.Rows[n] = slices.Clone(s.Rows[n])
				s.Rows[n][i] = ""
			}
			s.Warnings = append(s.Warnings, identity.Say("list.passwords", "Column", shown(title)))
		}
	}
	return r, s
}

var secretWords = words("passwd pwd passcode contrasena* clave motdepasse passe mdp senha haslo heslo")

// secretTitle reports whether a column holds passwords.
func secretTitle(title string) bool {
	tokens := strings.Fields(lowered(title))
	for _, word := range []string{"password", "passwort", "kennwort", "wachtwoord", "losenord", "adgangskode"} {
		if slices.ContainsFunc(tokens, func(token string) bool { return strings.Contains(token, word) }) {
			return true
		}
	}
	return among(tokens, secretWords)
}

func widen(cells []string, width int) []string {
	for len(cells) < width {
		cells = append(cells, "")
	}
	return cells
}
