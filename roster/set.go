package roster

import (
	"archive/zip"
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
	s := &set{zipped: zipped, files: make(map[string]*zip.File), encodings: make(map[string]Encoding)}
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
	return r.titles, r.close()
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
