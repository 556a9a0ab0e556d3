package roster

import (
	"io"
	"iter"

	"homeroom.dev/homeroom/identity"
)

func recognise(File, *Reading) (Reading, Sample, error) {
	return Reading{}, Sample{}, identity.Invalid("list.unknown")
}

func read(File, Reading, Sink) (Summary, error) { return Summary{}, identity.Invalid("list.unknown") }

// WriteXLSX writes rows as a workbook of one sheet, every cell as text, none of
// them a formula.
func WriteXLSX(w io.Writer, sheet string, header []string, rows iter.Seq2[[]string, error]) error {
	return identity.Invalid("list.unknown")
}

// WriteCSV writes rows as Excel reads them everywhere: UTF-8 with a byte order
// mark, CRLF, none of the cells a formula.
func WriteCSV(w io.Writer, header []string, rows iter.Seq2[[]string, error]) error {
	return identity.Invalid("list.unknown")
}
