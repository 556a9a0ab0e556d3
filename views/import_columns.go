package views

import (
	"context"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// ImportColumnsView is a list that was recognised, with its first rows.
type ImportColumnsView struct {
	Import   ImportOf
	Reading  roster.Reading
	Sample   roster.Sample
	Problems identity.Problems
}

// columnField is the name of the select of a column.
func columnField(i int) string { return "column-" + strconv.Itoa(i) }

// Width is how many columns there are.
func (v ImportColumnsView) Width() int {
	width := max(len(v.Sample.Titles), len(v.Reading.Columns))
	for _, row := range v.Sample.Rows {
		width = max(width, len(row))
	}
	return width
}

func (v ImportColumnsView) meaning(i int) string {
	if i < len(v.Reading.Columns) {
		return string(v.Reading.Columns[i])
	}
	return string(roster.MeansNothing)
}

// title is what a column is called in the list, or by its place.
func (v ImportColumnsView) title(ctx context.Context, i int) string {
	if i < len(v.Sample.Titles) && v.Sample.Titles[i] != "" {
		return shortened(v.Sample.Titles[i], 40)
	}
	return text(ctx, "import.column", "Number", strconv.Itoa(i+1))
}

// how is how the rows were got out of the file, for the form of the columns.
func (v ImportColumnsView) how() []Param {
	return []Param{
		{"header", strconv.Itoa(v.Reading.Header)},
		{"sheet", v.Reading.Sheet},
		{"encoding", string(v.Reading.Encoding)},
		{"delimiter", v.Reading.Delimiter},
	}
}

// headers are the lines that may be the titles of the columns.
func (v ImportColumnsView) headers(ctx context.Context) []Option {
	options := []Option{{Value: "0", Label: text(ctx, "import.header.none")}}
	most := 5
	for line := 1; line <= max(most, v.Reading.Header); line++ {
		options = append(options, Option{Value: strconv.Itoa(line), Label: text(ctx, "import.row.line", "Line", strconv.Itoa(line))})
	}
	return options
}

func (v ImportColumnsView) sheets() []Option {
	options := make([]Option, len(v.Sample.Sheets))
	for i, sheet := range v.Sample.Sheets {
		options[i] = Option{Value: sheet, Label: sheet}
	}
	return options
}

func (v ImportColumnsView) schools(ctx context.Context) []Option {
	options := []Option{{Value: "", Label: text(ctx, "import.set.school.all")}}
	for _, school := range v.Sample.Schools {
		options = append(options, Option{Value: school.ID, Label: school.Name})
	}
	return options
}

// encodingOptions name the ways in which characters are written, as programs name
// them.
func encodingOptions(ctx context.Context) []Option {
	names := map[roster.Encoding]string{
		roster.UTF8: "UTF-8", roster.UTF16LE: "UTF-16 LE", roster.UTF16BE: "UTF-16 BE",
		roster.Windows1252: text(ctx, "import.encoding.western"), roster.Windows1250: text(ctx, "import.encoding.central"),
		roster.ISO88592: "ISO 8859-2", roster.Macintosh: "Mac OS Roman", roster.IBM850: "DOS (850)",
	}
	options := make([]Option, len(roster.Encodings))
	for i, encoding := range roster.Encodings {
		options[i] = Option{Value: string(encoding), Label: names[encoding]}
	}
	return options
}

func delimiterOptions(ctx context.Context, now string) []Option {
	options := []Option{
		{Value: "\t", Label: text(ctx, "import.delimiter.tab")},
		{Value: ",", Label: text(ctx, "import.delimiter.comma")},
		{Value: ";", Label: text(ctx, "import.delimiter.semicolon")},
		{Value: "|", Label: "|"},
		{Value: "", Label: text(ctx, "import.delimiter.none")},
	}
	for _, option := range options {
		if option.Value == now {
			return options
		}
	}
	return append(options, Option{Value: now, Label: now})
}

// meaningOptions are what a column can be. Where classes and roles come from the
// page, columns that name them still tell what they are.
func meaningOptions(ctx context.Context, org identity.Opened) []Option {
	meanings := []struct {
		meaning roster.Meaning
		label   string
	}{
		{roster.MeansNothing, text(ctx, "import.means.nothing")},
		{roster.MeansGivenName, text(ctx, "import.means.given-name")},
		{roster.MeansFamilyName, text(ctx, "import.means.family-name")},
		{roster.MeansFamilyPrefix, text(ctx, "import.means.family-prefix")},
		{roster.MeansFullName, text(ctx, "import.means.full-name")},
		{roster.MeansFamilyFirst, text(ctx, "import.means.family-first")},
		{roster.MeansAddress, text(ctx, "import.means.address")},
		{roster.MeansUserName, text(ctx, "import.means.user-name")},
		{roster.MeansExternalID, text(ctx, "import.means.external-id")},
		{roster.MeansClassroom, text(ctx, "import.means.classroom")},
		{roster.MeansYear, text(ctx, "import.means.year")},
		{roster.MeansRole, text(ctx, "import.means.role")},
		{roster.MeansGuardianName, text(ctx, "import.means.guardian-name")},
		{roster.MeansGuardianGiven, text(ctx, "import.means.guardian-given-name")},
		{roster.MeansGuardianFamily, text(ctx, "import.means.guardian-family-name")},
		{roster.MeansGuardianMail, text(ctx, "import.means.guardian-address")},
		{roster.MeansGuardianCall, text(ctx, "import.means.guardian-phone")},
		{roster.MeansGuardianRole, text(ctx, "import.means.guardian-role")},
		{roster.MeansGuardianReads, text(ctx, "import.means.guardian-language")},
	}
	var options []Option
	for _, m := range meanings {
		if m.meaning == roster.MeansClassroom && !isSchool(org) {
			continue // everybody of the list is for the one class
		}
		options = append(options, Option{Value: string(m.meaning), Label: m.label})
	}
	return options
}
