package roster

import (
	"io"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// File is a list as somebody brought it. It is read from several times.
type File struct {
	io.ReaderAt
	Size int64
	Name string // as uploaded; empty: pasted
}

// Pasted is a list out of the clipboard.
func Pasted(text string) File {
	return File{ReaderAt: strings.NewReader(text), Size: int64(len(text))}
}

// The most a list may hold. Beyond it a list is refused as a whole, with a
// sentence that says so; nothing is cut off in silence.
const (
	MaxFile    = 32 << 20 // bytes as uploaded
	MaxRows    = 200_000
	MaxColumns = 40
	maxCell    = 2_000   // characters; what is longer is a problem of the row
	maxLine    = 1 << 18 // bytes of a row
)

// Encoding is how the characters of a text file are written.
type Encoding string

// The encodings a text can be read in. The first six are recognised, the others
// chosen by a person who sees that the letters are wrong.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252" // western Europe
	Windows1250 Encoding = "windows-1250" // central Europe
	ISO88592    Encoding = "iso-8859-2"
	Macintosh   Encoding = "macintosh"
	IBM850      Encoding = "ibm850" // DOS
)

// Encodings are all of them.
var Encodings = []Encoding{UTF8, UTF16LE, UTF16BE, Windows1252, Windows1250, ISO88592, Macintosh, IBM850}

// Reading is how a list is to be read: what [Recognise] found, or what a person
// made of it. It is data that goes through a form and a database.
type Reading struct {
	Format Format `json:"format"`
	// Of a table.
	Encoding  Encoding  `json:"encoding,omitempty"`  // empty for a workbook
	Delimiter string    `json:"delimiter,omitempty"` // one character; empty: a single column, or a workbook
	Sheet     string    `json:"sheet,omitempty"`     // of a workbook
	Header    int       `json:"header,omitempty"`    // line of the column titles, counted from 1; 0: there are none
	Columns   []Meaning `json:"columns,omitempty"`
	// Role is what people are whose row does not say it; empty: students.
	Role identity.Role `json:"role,omitempty"`
	// Of a set.
	Folder string `json:"folder,omitempty"` // within the ZIP, with a slash at its end
	Delta  bool   `json:"delta,omitempty"`  // changes only: who is missing stays
	School string `json:"school,omitempty"` // external ID of the one that counts; empty: all
}

// Set reports whether the list is a ZIP of several files.
func (r Reading) Set() bool {
	switch r.Format {
	case FormatOneRoster11, FormatOneRoster12, FormatSDS21, FormatClever:
		return true
	}
	return false
}

// Source is the word under which external IDs of the list are kept.
func (r Reading) Source() string {
	switch r.Format {
	case FormatOneRoster11, FormatOneRoster12:
		return "oneroster"
	case FormatSDS21:
		return "sds"
	case FormatClever:
		return "clever"
	}
	return "list"
}

// Named reports whether a column says who somebody is, without which a table
// cannot be read.
func (r Reading) Named() bool {
	for _, c := range r.Columns {
		switch c {
		case MeansGivenName, MeansFamilyName, MeansFullName, MeansFamilyFirst, MeansAddress:
			return true
		}
	}
	return r.Format != FormatTable
}

// Sample is what a person looks at to judge a [Reading].
type Sample struct {
	// Of a table: all columns, each as wide as the widest row seen.
	Titles []string   `json:"titles,omitempty"` // of the columns; empty ones where there are none
	Rows   [][]string `json:"rows,omitempty"`   // the first SampleRows below the titles
	Lines  []int      `json:"lines,omitempty"`  // where they stand
	Sheets []string   `json:"sheets,omitempty"` // of a workbook, that have something in them
	// Of a set.
	Files   []SampleFile   `json:"files,omitempty"`
	Schools []SampleSchool `json:"schools,omitempty"`
	// Warnings are what may be wrong without keeping the list from being read.
	Warnings []identity.Message `json:"warnings,omitempty"`
}

// SampleRows is how many rows a [Sample] has at most.
const SampleRows = 12

// SampleFile is a file of a set.
type SampleFile struct {
	Name string `json:"name"`
	Mode string `json:"mode,omitempty"` // bulk or delta, of OneRoster
	Rows int    `json:"rows"`           // below the titles
}

// SampleSchool is a school that a set speaks of.
type SampleSchool struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Summary is what [Read] says at the end.
type Summary struct {
	Rows     int                // records handed on, of all kinds
	Skipped  []Skipped          // the first 50
	Skips    int                // all of them
	Warnings []identity.Message // as in [Sample]
}

// Skipped is a line that is no person: a title between rows, a total.
type Skipped struct {
	Place Place
	Text  string
	Why   identity.Message
}

// Recognise finds out what a list is and how it is to be read. An
// [identity.Error] says why it cannot be read at all.
func Recognise(file File) (Reading, Sample, error) {
	return recognise(file, nil)
}

// RecogniseAs is [Recognise] after a person changed what can be seen before the
// columns: of reading, Encoding, Delimiter, Sheet and Header count where they
// are set, and the columns are guessed anew. Header -1 says that there are no
// titles.
func RecogniseAs(file File, reading Reading) (Reading, Sample, error) {
	return recognise(file, &reading)
}

// Read reads a list and hands it to sink record by record. Rows that cannot be
// used are handed on with their problems. An [identity.Error] says why the list
// as a whole cannot be read; the sink may have got part of it by then.
func Read(file File, reading Reading, sink Sink) (Summary, error) {
	if file.Size > MaxFile {
		return Summary{}, identity.Invalid("list.too-large", "Max", MaxFile>>20)
	}
	switch {
	case reading.Set():
		return readSet(file, reading, sink)
	case reading.Format == FormatAddresses:
		return readAddresses(file, reading, sink)
	case reading.Format != FormatTable:
		return Summary{}, identity.Invalid("list.unknown")
	case reading.Sheet != "":
		return readSheet(file, reading, sink)
	}
	table, err := openTable(file, reading)
	if err != nil {
		return Summary{}, err
	}
	return readTable(table, reading, sink)
}
