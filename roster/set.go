package roster

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// set is a ZIP of CSV files.
type set struct {
	zipped *archive
	folder string
	files  map[string]*zip.File // by name without folder and ending, as written
	format Format
	// encodings are those of the files that were opened, by their whole name.
	encodings map[string]Encoding
}

// maxIDs bounds what is kept of one set: the external IDs that others refer to.
const maxIDs = 1_000_000

// openSet finds the files of a set. All stand in one place: at the top, or, which
// no format allows and many do, in one folder.
func openSet(zipped *archive) (*set, error) {
	s := &set{zipped: zipped, files: make(map[string]*zip.File)}
	folders := make(map[string]bool)
	for _, e := range zipped.files {
		if !strings.EqualFold(path.Ext(e.Name), ".csv") {
			continue
		}
		folder, name := path.Split(e.Name)
		folders[folder] = true
		s.folder = folder
		name = name[:len(name)-len(".csv")]
		if _, twice := s.files[name]; twice {
			return nil, identity.Invalid("list.set-folders")
		}
		s.files[name] = e
	}
	switch {
	case len(s.files) == 0:
		return nil, identity.Invalid("list.zip-no-lists")
	case len(folders) > 1:
		return nil, identity.Invalid("list.set-folders")
	}
	format, err := s.recognise()
	s.format = format
	return s, err
}

// has reports whether the set has all of files.
func (s *set) has(files ...string) bool {
	for _, name := range files {
		if s.files[name] == nil {
			return false
		}
	}
	return true
}

// recognise tells the formats of sets apart: by their files, and where the names
// are the same by what only one of them has.
func (s *set) recognise() (Format, error) {
	switch {
	case s.has("manifest"):
		return s.oneRosterVersion()
	case s.has("students") && (s.has("sections") || s.has("schools") || s.has("enrollments")):
		return FormatClever, nil
	case s.has("Student") && (s.has("School") || s.has("Section")):
		return "", identity.Invalid("list.sds-1")
	case !s.has("users"):
		for _, name := range []string{"manifest", "users", "students"} {
			for other := range s.files {
				if strings.EqualFold(name, other) && name != other {
					return "", identity.Invalid("list.file-name", "Name", shown(other)+".csv", "Right", name+".csv")
				}
			}
		}
		return "", identity.Invalid("list.zip-unknown")
	}
	columns, err := s.columns("users")
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, "enabledUser") }) {
		return "", identity.Invalid("list.manifest-missing")
	}
	return FormatSDS21, nil
}

// columns are the titles of a file.
func (s *set) columns(name string) ([]string, error) {
	r, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer r.close()
	return r.titles, nil
}

// recordFile reads the rows of a file of a set by the names of its columns.
type recordFile struct {
	name   string // with its ending
	table  *textRows
	file   io.Closer
	titles []string
	at     map[string]int
	cells  []string
	line   int
	rows   int
}

// open opens a file of the set. It is UTF-8, as all formats ask, or what Windows
// makes of it.
func (s *set) open(name string) (*recordFile, error) {
	e := s.files[name]
	if e == nil {
		return nil, identity.Invalid("list.file-missing", "Name", name+".csv")
	}
	f, err := s.zipped.open(e)
	if err != nil {
		return nil, err
	}
	r := &recordFile{name: name + ".csv", file: f, at: make(map[string]int)}
	text, err := s.text(e, f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.table = newTextRows(text, ',')
	cells, _, err := r.table.next()
	if err == io.EOF {
		return nil, errors.Join(identity.Invalid("list.file-empty", "Name", r.name), f.Close())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for i, cell := range tidyCells(trimmed(cells)) {
		r.titles = append(r.titles, cell)
		if _, twice := r.at[cell]; !twice {
			r.at[cell] = i
		}
	}
	return r, nil
}

// text is a file of the set as UTF-8. It is looked through once before: formats
// ask for UTF-8, and what is not came out of Excel.
func (s *set) text(e *zip.File, r io.Reader) (io.Reader, error) {
	if s.encodings == nil {
		s.encodings = make(map[string]Encoding)
	}
	encoding, found := s.encodings[e.Name]
	if !found {
		look, err := s.zipped.open(e)
		if err != nil {
			return nil, err
		}
		head := make([]byte, 3)
		n, err := io.ReadFull(look, head)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.Join(err, look.Close())
		}
		valid, err := validUTF8(io.MultiReader(bytes.NewReader(head[:n]), look))
		if err := errors.Join(err, look.Close()); err != nil {
			return nil, err
		}
		switch {
		case bytes.HasPrefix(head, []byte("\xff\xfe")):
			encoding = UTF16LE
		case bytes.HasPrefix(head, []byte("\xfe\xff")):
			encoding = UTF16BE
		case valid:
			encoding = UTF8
		default:
			encoding = Windows1252
		}
		s.encodings[e.Name] = encoding
	}
	if encoding == UTF8 {
		return bufio.NewReader(&unmarked{r: r}), nil
	}
	return decoders[encoding].NewDecoder().Reader(r), nil // of UTF-16 the mark is trimmed with the first title
}

// unmarked drops the byte order mark of UTF-8.
type unmarked struct {
	r       io.Reader
	checked bool
}

func (u *unmarked) Read(p []byte) (int, error) {
	if u.checked || len(p) < 3 {
		return u.r.Read(p)
	}
	u.checked = true
	n, err := io.ReadFull(u.r, p[:3])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if bytes.HasPrefix(p[:n], []byte("\xef\xbb\xbf")) {
		return 0, err
	}
	return n, err
}

func (r *recordFile) close() error { return r.file.Close() }

// need refuses a file without columns it must have. A column whose letters are
// small where they ought to be capitals is told apart: the formats know no other
// spelling.
func (r *recordFile) need(columns ...string) error {
	for _, column := range columns {
		if _, there := r.at[column]; there {
			continue
		}
		for _, title := range r.titles {
			if strings.EqualFold(title, column) {
				return identity.Invalid("list.column-case", "Name", r.name, "Column", shown(title), "Right", column)
			}
		}
		return identity.Invalid("list.column-missing", "Name", r.name, "Column", column)
	}
	return nil
}

// has reports whether the file has a column.
func (r *recordFile) has(column string) bool { _, there := r.at[column]; return there }

// next reads the next row that has something in it.
func (r *recordFile) next() error {
	for {
		cells, line, err := r.table.next()
		if err != nil {
			var ours *identity.Error
			if errors.As(err, &ours) && ours.Message.ID == "list.line-too-long" {
				return identity.Invalid("list.file-line-too-long", "Name", r.name, "Line", line+1)
			}
			return err
		}
		if blank(cells) {
			continue
		}
		if len(cells) > 3*MaxColumns {
			return identity.Invalid("list.columns", "Max", 3*MaxColumns, "Line", line)
		}
		if r.rows++; r.rows > MaxRows {
			return identity.Invalid("list.file-rows", "Name", r.name, "Max", MaxRows)
		}
		r.cells, r.line = tidyCells(cells), line
		return nil
	}
}

// get is the cell of a column in the present row; empty if there is none.
func (r *recordFile) get(column string) string {
	if i, there := r.at[column]; there && i < len(r.cells) {
		return oneLine(r.cells[i])
	}
	return ""
}

// list is a cell that holds several values.
func (r *recordFile) list(column string) []string {
	var values []string
	for value := range strings.SplitSeq(r.get(column), ",") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

func (r *recordFile) place() Place { return Place{File: r.name, Line: r.line} }

// each reads a file of the set to its end. A file that is not there has no rows.
func (s *set) each(name string, needs []string, row func(*recordFile) error) (err error) {
	if !s.has(name) {
		return nil
	}
	r, err := s.open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.need(needs...); err != nil {
		return err
	}
	for {
		switch err := r.next(); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if err := row(r); err != nil {
			return err
		}
	}
}

// recogniseSet says what a set is and what is in it.
func recogniseSet(zipped *archive) (Reading, Sample, error) {
	set, err := openSet(zipped)
	if err != nil {
		return Reading{}, Sample{}, err
	}
	r := Reading{Format: set.format, Folder: set.folder}
	var s Sample
	if set.folder != "" {
		s.Warnings = append(s.Warnings, identity.Say("list.set-folder", "Name", shown(strings.TrimSuffix(set.folder, "/"))))
	}
	switch set.format {
	case FormatOneRoster11, FormatOneRoster12:
		err = set.sampleOneRoster(&r, &s)
	case FormatSDS21:
		err = set.sampleSDS(&s)
	default:
		err = set.sampleClever(&s)
	}
	if err != nil {
		return Reading{}, Sample{}, err
	}
	if len(s.Schools) > 1 {
		s.Warnings = append(s.Warnings, identity.Say("list.schools", "Count", len(s.Schools)))
	}
	return r, s, nil
}

// sampleFile counts the rows of a file for the sample.
func (s *set) sampleFile(sample *Sample, name, mode string, needs []string) error {
	rows := 0
	if err := s.each(name, needs, func(*recordFile) error { rows++; return nil }); err != nil {
		return err
	}
	sample.Files = append(sample.Files, SampleFile{Name: name + ".csv", Mode: mode, Rows: rows})
	return nil
}

// maxSchools is how many schools of a set are shown to choose from.
const maxSchools = 500

// readSet reads a set that was recognised as r says.
func readSet(f File, r Reading, sink Sink) (Summary, error) {
	zipped, err := openZIP(f)
	if err != nil {
		return Summary{}, err
	}
	s, err := openSet(zipped)
	if err != nil {
		return Summary{}, err
	}
	if s.format != r.Format {
		return Summary{}, identity.Invalid("list.unknown")
	}
	reader := setReader{set: s, reading: r, sink: sink, people: make(map[string]met)}
	switch r.Format {
	case FormatSDS21:
		err = reader.readSDS()
	case FormatClever:
		err = reader.readClever()
	default:
		err = reader.readOneRoster()
	}
	return reader.summary, err
}

// setReader hands on the records of a set.
type setReader struct {
	set     *set
	reading Reading
	sink    Sink
	summary Summary
	kept    int            // IDs in maps
	people  map[string]met // by external ID
}

// met is what is known of a person of a set before their row is handed on.
type met struct {
	role    identity.Role // the highest; "" unknown
	other   string        // the word for a role that there is none for here
	inside  bool          // of the school that counts
	emitted bool
}

// keep counts an ID that is kept until the set is read.
func (s *setReader) keep() error {
	if s.kept++; s.kept > maxIDs {
		return identity.Invalid("list.rows", "Max", maxIDs)
	}
	return nil
}

func (s *setReader) term(t Term) error           { s.summary.Rows++; return s.sink.Term(t) }
func (s *setReader) classroom(c Classroom) error { s.summary.Rows++; return s.sink.Classroom(c) }
func (s *setReader) person(p Person) error       { s.summary.Rows++; return s.sink.Person(p) }
func (s *setReader) enrolment(e Enrolment) error { s.summary.Rows++; return s.sink.Enrolment(e) }

// names reads the two names of a person of a set, and what is wrong with them.
// In a delta an empty one is unknown.
func (s *setReader) names(p *Person, given, family, givenColumn, familyColumn string) {
	for _, part := range []struct {
		from, column string
		to           *string
	}{{given, givenColumn, &p.GivenName}, {family, familyColumn, &p.FamilyName}} {
		name, pictures := cleanName(part.from)
		if pictures {
			p.Notes.Add(part.column, "list.name-pictures")
		}
		if message := checkName(name); message != "" {
			p.Problems.Add(part.column, message, "Max", longestName)
		}
		*part.to = name
	}
	if p.GivenName == "" && !p.Gone && !s.reading.Delta {
		p.Problems.Add(givenColumn, "student.given-name.missing")
	}
}

// address reads the address of a person of a set.
func (s *setReader) address(p *Person, cell, column string) {
	reader := tableReader{titles: []string{column}}
	if cell != "" {
		reader.address(p, 0, cell)
	}
}

// className checks the name of a class of a set.
func className(c *Classroom, name, column string) {
	c.Name = identity.CleanName(name)
	if problems := (identity.NewOrganization{Name: c.Name}).Check(); problems != nil && !c.Gone {
		c.Problems = append(c.Problems, identity.Problem{Field: column, Message: problems[0].Message})
	}
}
