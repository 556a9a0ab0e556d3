package roster

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"

	"homeroom.dev/homeroom/identity"
)

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

// text is a file of the set as UTF-8. It is looked through once before.
func (s *set) text(e *zip.File, r io.Reader) (io.Reader, error) {
	encoding, found := s.encodings[e.Name]
	if !found {
		var err error
		if encoding, err = s.encoding(e); err != nil {
			return nil, err
		}
		s.encodings[e.Name] = encoding
	}
	if encoding == UTF8 {
		return r, nil
	}
	return decoders[encoding].NewDecoder().Reader(r), nil
}

// encoding finds the encoding of a file of the set: all formats ask for UTF-8, and
// what is not came out of Excel.
func (s *set) encoding(e *zip.File) (encoding Encoding, err error) {
	r, err := s.zipped.open(e)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	head, err := io.ReadAll(io.LimitReader(r, regionBytes))
	if err != nil {
		return "", err
	}
	for _, m := range marks {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			return m.encoding, nil
		}
	}
	valid, err := validUTF8(io.MultiReader(bytes.NewReader(head), r))
	switch {
	case err != nil:
		return "", err
	case valid:
		return UTF8, nil
	}
	return regionOf(head), nil
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
		return identity.CleanName(r.cells[i])
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
