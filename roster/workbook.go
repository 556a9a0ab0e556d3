package roster

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"

	"homeroom.dev/homeroom/identity"
)

// workbook is an XLSX file.
type workbook struct {
	file   *excelize.File
	zipped *archive
}

// unpackedInMemory is how large a part of a workbook may be to be unpacked in
// memory; a larger one goes through a temporary file.
const unpackedInMemory = 16 << 20

// openWorkbook opens a workbook whose parts are within the limits of [openZIP].
func openWorkbook(f File, zipped *archive) (*workbook, error) {
	file, err := excelize.OpenReader(f.section(), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: unpackedInMemory})
	if err != nil {
		return nil, identity.Invalid("list.workbook-broken").Because(err)
	}
	return &workbook{file: file, zipped: zipped}, nil
}

func (w *workbook) close() error { return w.file.Close() }

// sheets are the visible sheets that have something in them.
func (w *workbook) sheets() ([]string, error) {
	var names []string
	for _, name := range w.file.GetSheetList() {
		if visible, err := w.file.GetSheetVisible(name); err != nil || !visible {
			continue
		}
		something, err := w.filled(name)
		if err != nil {
			return nil, err
		}
		if something {
			names = append(names, name)
		}
		if len(names) == 50 {
			break
		}
	}
	return names, nil
}

// filled reports whether a sheet has a text in one of its first rows.
func (w *workbook) filled(sheet string) (bool, error) {
	table, err := w.rows(sheet)
	if err != nil {
		if identity.IsKind(err, identity.KindInvalid) {
			return false, nil // a sheet of charts
		}
		return false, err
	}
	defer table.close()
	for range 200 {
		cells, _, err := table.next()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if !blank(cells) {
			return true, nil
		}
	}
	return false, nil
}

// rows reads a sheet.
func (w *workbook) rows(sheet string) (rows, error) {
	table, err := w.file.Rows(sheet)
	if err != nil {
		return nil, identity.Invalid("list.sheet", "Name", shown(sheet)).Because(err)
	}
	merged, err := w.merged(sheet)
	if err != nil {
		return nil, errors.Join(err, table.Close())
	}
	return &sheetRows{table: table, merged: merged}, nil
}

// sheetRows reads the rows of a sheet: numbers and dates as they are shown, and
// what is merged downwards in each of its rows.
type sheetRows struct {
	table  *excelize.Rows
	line   int
	merged map[int][]span // by column, from 0
	held   map[int]string
}

// span is what a merged cell covers, lines counted from 1.
type span struct{ first, last int }

func (s *sheetRows) close() error { return s.table.Close() }

func (s *sheetRows) next() ([]string, int, error) {
	if !s.table.Next() {
		if err := s.table.Error(); err != nil {
			return nil, s.line, identity.Invalid("list.workbook-broken").Because(err)
		}
		return nil, s.line, io.EOF
	}
	s.line++
	if s.line > 2*MaxRows {
		return nil, s.line, identity.Invalid("list.rows", "Max", MaxRows)
	}
	cells, err := s.table.Columns()
	if err != nil {
		return nil, s.line, identity.Invalid("list.workbook-broken").Because(fmt.Errorf("row %d: %w", s.line, err))
	}
	for column, spans := range s.merged {
		for _, span := range spans {
			switch {
			case s.line == span.first && column < len(cells):
				if s.held == nil {
					s.held = make(map[int]string)
				}
				s.held[column] = cells[column]
			case s.line > span.first && s.line <= span.last && s.held[column] != "" && !blank(cells):
				for len(cells) <= column {
					cells = append(cells, "")
				}
				if cells[column] == "" {
					cells[column] = s.held[column]
				}
			case s.line == span.last+1:
				delete(s.held, column)
			}
		}
	}
	return cells, s.line, nil
}

// maxMerged is how many merged cells are followed.
const maxMerged = 2_000

// merged are the cells of a sheet that go over several rows and one column: a
// class that stands once beside its students. They are listed behind the rows,
// so the sheet is read once for them, unless it is large: nobody merges cells of
// ten thousand rows.
func (w *workbook) merged(sheet string) (map[int][]span, error) {
	for _, e := range w.zipped.files {
		if strings.HasPrefix(e.Name, "xl/worksheets/") && path.Ext(e.Name) == ".xml" && e.UncompressedSize64 > 2<<20 {
			return nil, nil
		}
	}
	cells, err := w.file.GetMergeCells(sheet, true)
	if err != nil {
		return nil, identity.Invalid("list.workbook-broken").Because(err)
	}
	merged := make(map[int][]span)
	for i, cell := range cells {
		from, first, err := excelize.CellNameToCoordinates(cell.GetStartAxis())
		if err != nil {
			continue
		}
		to, last, err := excelize.CellNameToCoordinates(cell.GetEndAxis())
		if err != nil || from != to || last <= first || from > MaxColumns || i > maxMerged {
			continue
		}
		merged[from-1] = append(merged[from-1], span{first, last})
	}
	return merged, nil
}
