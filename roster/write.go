package roster

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"homeroom.dev/homeroom/identity"
)

// cellLimit is how much Excel takes in a cell.
const cellLimit = 32_767

// WriteXLSX writes rows as a workbook of one sheet, every cell as text, none of
// them a formula. The workbook is made in pieces; a long one waits in a temporary
// file until it is written to w.
func WriteXLSX(w io.Writer, sheet string, header []string, rows iter.Seq2[[]string, error]) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	name := sheetName(sheet)
	if err := book.SetSheetName("Sheet1", name); err != nil {
		return fmt.Errorf("name sheet: %w", err)
	}
	stream, err := book.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("begin sheet: %w", err)
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("style titles: %w", err)
	}
	for i, title := range header {
		width := float64(max(12, min(40, utf8.RuneCountInString(title)+4)))
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("set width: %w", err)
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("freeze titles: %w", err)
	}
	line := 1
	put := func(cells []string, options ...excelize.RowOpts) error {
		values := make([]any, len(cells))
		for i, cell := range cells {
			values[i] = cellText(cell)
		}
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return fmt.Errorf("row %d: %w", line, err)
		}
		line++
		return stream.SetRow(at, values, options...)
	}
	if err := put(header, excelize.RowOpts{StyleID: bold}); err != nil {
		return fmt.Errorf("write titles: %w", err)
	}
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if err := put(cells); err != nil {
			return fmt.Errorf("write row %d: %w", line, err)
		}
	}
	if err := stream.Flush(); err != nil {
		return fmt.Errorf("end sheet: %w", err)
	}
	if err := book.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// sheetName makes a name that a sheet may have.
func sheetName(name string) string {
	name = identity.CleanName(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, name))
	if r := []rune(name); len(r) > 31 {
		name = strings.TrimSpace(string(r[:31]))
	}
	if name == "" || strings.EqualFold(name, "history") { // Excel keeps that one for itself
		return "List"
	}
	return name
}

// cellText is a text as a cell may hold it: no formula, no characters that XML
// cannot say.
func cellText(cell string) string {
	cell = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(cell, "\ufffd"))
	cell = identity.HarmlessCell(cell)
	if len(cell) > cellLimit {
		if r := []rune(cell); len(r) > cellLimit {
			cell = string(r[:cellLimit])
		}
	}
	return cell
}

// WriteCSV writes rows as Excel reads them: UTF-8 with a byte order mark, CRLF,
// none of the cells a formula. delimiter is that of the list they came from, or
// empty for a comma: Excel opens what it would have written itself.
func WriteCSV(w io.Writer, delimiter string, header []string, rows iter.Seq2[[]string, error]) error {
	buffered := bufio.NewWriter(w)
	if _, err := buffered.WriteString("\ufeff"); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	lines := csv.NewWriter(buffered)
	lines.UseCRLF = true
	if delimiter == ";" || delimiter == "\t" || delimiter == "|" {
		lines.Comma = rune(delimiter[0])
	}
	put := func(cells []string) error {
		harmless := make([]string, len(cells))
		for i, cell := range cells {
			harmless[i] = identity.HarmlessCell(cell)
		}
		return lines.Write(harmless)
	}
	if err := put(header); err != nil {
		return fmt.Errorf("write titles: %w", err)
	}
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if err := put(cells); err != nil {
			return fmt.Errorf("write row: %w", err)
		}
	}
	lines.Flush()
	if err := errors.Join(lines.Error(), buffered.Flush()); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	return nil
}
