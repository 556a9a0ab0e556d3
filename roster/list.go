package roster

import (
	"io"
	"regexp"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// readAddresses reads people as mail programs write them, line by line.
func readAddresses(f File, r Reading, sink Sink) (Summary, error) {
	text, err := f.text(r.Encoding)
	if err != nil {
		return Summary{}, err
	}
	var s Summary
	lines := newTextRows(text, 0)
	met := make(map[string]bool)
	for {
		line, err := lines.physical()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		for part := range strings.SplitSeq(normalize(line), "\n") {
			for _, e := range parseLine(part) {
				place, key := Place{Line: lines.line}, strings.ToLower(e.Address)
				if e.Good() && met[key] {
					s.skip(place, []string{e.Text}, "list.skipped.twice")
					continue
				}
				met[key] = e.Good()
				if s.Rows++; s.Rows > MaxRows {
					return s, identity.Invalid("list.rows", "Max", MaxRows)
				}
				if err := sink.Person(e.person(r, place)); err != nil {
					return s, err
				}
			}
		}
	}
}

// person is the entry as a row of a list.
func (e Entry) person(r Reading, place Place) Person {
	p := Person{Place: place, Role: r.Role, Address: e.Address, Cells: []string{e.Text}}
	if !e.Good() {
		e.Problem.Args = map[string]any{"Address": shown(e.Text)}
		p.Problems = identity.Problems{{Field: shown(e.Text), Message: e.Problem}}
	}
	if e.Good() && identity.IsPlaceholderAddress(e.Address) {
		p.Address = ""
		p.Problems.Add(shown(e.Text), "address.malformed", "Address", shown(e.Text))
	}
	for _, part := range []struct {
		from string
		to   *string
	}{{e.GivenName, &p.GivenName}, {e.FamilyName, &p.FamilyName}} {
		name, pictures := cleanName(part.from)
		if pictures {
			p.Notes.Add(shown(e.Text), "list.name-pictures")
		}
		if message := checkName(name); message != "" {
			p.Problems.Add(shown(e.Text), message, "Max", longestName)
		}
		*part.to = name
	}
	return p
}

// dates are what Excel makes of "7-1" and "7.1": a day of January.
var dates = regexp.MustCompile(`(?i)^(\d{1,2}[-. /]{1,2}(jan|jän|ene|feb|fév|mar|mär|mrz|apr|avr|abr|may|mai|mei|jun|juin|jul|juil|aug|aoû|ago|sep|oct|okt|out|nov|dec|dez|dic|déc)[a-zäéû]{0,2}\.?([-. /]\d{2,4})?|` +
	`(jan|ene|feb|mar|apr|abr|may|mai|jun|jul|aug|ago|sep|oct|okt|nov|dec|dez|dic)[-. /]\d{2,4}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?|\d{2}-\d{2}-\d{2})$`)

// dated reports whether a cell is a date.
func dated(cell string) bool { return len(cell) < 24 && dates.MatchString(cell) }
