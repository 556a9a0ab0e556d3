package roster

import (
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// oneRosterNeeds are the columns without which a file of OneRoster cannot be
// read (1EdTech OneRoster CSV Binding 1.1 and 1.2, section 4: those that are
// required and say something about people).
var oneRosterNeeds = map[string][]string{
	"manifest":         {"propertyName", "value"},
	"academicSessions": {"sourcedId", "title", "startDate", "endDate"},
	"orgs":             {"sourcedId", "name", "type"},
	"courses":          {"sourcedId", "title"},
	"classes":          {"sourcedId", "title", "schoolSourcedId"},
	"users":            {"sourcedId", "enabledUser", "username", "givenName", "familyName"},
	"roles":            {"userSourcedId", "role", "orgSourcedId"},
	"enrollments":      {"classSourcedId", "userSourcedId", "role"},
}

// oneRosterFiles are the files that are read, in this order.
var oneRosterFiles = []string{"orgs", "academicSessions", "courses", "classes", "users", "roles", "enrollments"}

// manifest reads the properties of a OneRoster set.
func (s *set) manifest() (map[string]string, error) {
	properties := make(map[string]string)
	err := s.each("manifest", oneRosterNeeds["manifest"], func(r *recordFile) error {
		if len(properties) < 200 {
			properties[r.get("propertyName")] = r.get("value")
		}
		return nil
	})
	return properties, err
}

func (s *set) oneRosterVersion() (Format, error) {
	properties, err := s.manifest()
	if err != nil {
		return "", err
	}
	switch version := properties["oneroster.version"]; {
	case version == "1.1":
		return FormatOneRoster11, nil
	case version == "1.2" || strings.HasPrefix(version, "1.2."):
		return FormatOneRoster12, nil
	default:
		return "", identity.Invalid("list.version", "Version", shown(version))
	}
}

// modes are what the manifest says of the files that are read: bulk or delta. It
// refuses sets that say one thing and hold another.
func (s *set) modes() (modes map[string]string, delta bool, undeclared []string, err error) {
	properties, err := s.manifest()
	if err != nil {
		return nil, false, nil, err
	}
	modes = make(map[string]string)
	met := make(map[string]bool)
	for _, name := range oneRosterFiles {
		mode, declared := properties["file."+name]
		switch mode = strings.ToLower(mode); {
		case mode == "absent" || !declared:
			if s.has(name) {
				undeclared = append(undeclared, name)
			}
		case mode != "bulk" && mode != "delta":
			return nil, false, nil, identity.Invalid("list.manifest-value", "Name", "file."+name, "Text", shown(mode))
		case !s.has(name):
			return nil, false, nil, identity.Invalid("list.file-missing", "Name", name+".csv")
		default:
			modes[name], met[mode] = mode, true
		}
	}
	if met["bulk"] && met["delta"] {
		return nil, false, nil, identity.Invalid("list.set-mixed")
	}
	if !met["delta"] && modes["users"] == "" {
		return nil, false, nil, identity.Invalid("list.file-missing", "Name", "users.csv")
	}
	return modes, met["delta"], undeclared, nil
}

// needs are the columns of a file in this version.
func (s *set) needs(name string) []string {
	needs := oneRosterNeeds[name]
	if name == "users" && !s.has("roles") {
		needs = append(slices.Clone(needs), "role")
	}
	return needs
}

func (s *set) sampleOneRoster(r *Reading, sample *Sample) error {
	modes, delta, undeclared, err := s.modes()
	if err != nil {
		return err
	}
	r.Delta = delta
	for _, name := range undeclared {
		sample.Warnings = append(sample.Warnings, identity.Say("list.file-undeclared", "Name", name+".csv"))
	}
	for _, name := range oneRosterFiles {
		if modes[name] == "" {
			continue
		}
		if err := s.sampleFile(sample, name, modes[name], s.needs(name)); err != nil {
			return err
		}
	}
	if modes["orgs"] == "" {
		return nil
	}
	return s.sampleSchools(sample, "orgs", "sourcedId", "name")
}

// sampleSchools lists the schools of a set.
func (s *set) sampleSchools(sample *Sample, file, id, name string) error {
	return s.each(file, nil, func(r *recordFile) error {
		if (!r.has("type") || strings.EqualFold(r.get("type"), "school")) && !gone(r) && len(sample.Schools) < maxSchools {
			sample.Schools = append(sample.Schools, SampleSchool{ID: r.get(id), Name: shown(r.get(name))})
		}
		return nil
	})
}
