package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// columns serves GET /o/{organization}/import/{import}/columns: the first rows and
// what each column is taken for; of a set, its files and schools. Query: header,
// sheet, encoding, delimiter, to read the rows in another way.
func (i importing) columns(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, err := org.Store.Import(r.Context(), importID(r))
	if err != nil {
		return err
	}
	if !correctable(one) {
		return redirect(w, r, importPath(org, one.ID))
	}
	reading, said := one.Reading, len(one.Reading.Columns) > 0
	if query := r.URL.Query(); query.Has("header") {
		reading, said = readAs(reading, query), false
	}
	return i.showColumns(w, r, org, one, reading, said, http.StatusOK, nil)
}

// correctable reports whether it can still be said how the list is to be read.
func correctable(one store.Import) bool {
	switch one.State {
	case store.ImportReading, store.ImportPlanned, store.ImportFailed:
		return true
	}
	return false
}

// readAs is a reading with what a form says about how rows are got out of the
// file. What no form of ours would say is left as it was.
func readAs(reading roster.Reading, form url.Values) roster.Reading {
	if line, err := strconv.Atoi(form.Get("header")); err == nil && line >= 0 && line <= roster.MaxRows {
		reading.Header = line
	}
	if sheet := form.Get("sheet"); sheet != "" && reading.Encoding == "" {
		reading.Sheet = sheet
	}
	if encoding := roster.Encoding(form.Get("encoding")); slices.Contains(roster.Encodings, encoding) && reading.Encoding != "" {
		reading.Encoding = encoding
	}
	if delimiter := form.Get("delimiter"); form.Has("delimiter") && utf8.RuneCountInString(delimiter) <= 1 && reading.Encoding != "" {
		reading.Delimiter = delimiter
	}
	return reading
}

// showColumns shows the columns as reading has them where somebody said them, or
// as they are guessed.
func (i importing) showColumns(
	w http.ResponseWriter, r *http.Request, org Organization, one store.Import, reading roster.Reading, said bool, status int,
	problems identity.Problems,
) error {
	file, err := fileOf(r.Context(), org, one)
	if err != nil {
		return err
	}
	asked := reading
	if asked.Header == 0 {
		asked.Header = -1 // there are none
	}
	guessed, sample, err := roster.RecogniseAs(file, asked)
	if message, known := sayable(err); known && problems == nil {
		// It cannot be read like that: as it was before, with the reason.
		problems = append(problems, identity.Problem{Field: "header", Message: message})
		status = http.StatusUnprocessableEntity
		guessed, sample, err = roster.Recognise(file)
		said = false
	}
	if err != nil {
		return err
	}
	v := views.ImportColumnsView{Import: importOf(one, org), Reading: guessed, Sample: sample, Problems: problems}
	if said {
		v.Reading.Columns = reading.Columns
	}
	if one.Reading.Set() {
		v.Reading.School = one.Reading.School
		return render(w, r, status, views.ImportSet(org.Page, org.Opened, v))
	}
	return render(w, r, status, views.ImportColumns(org.Page, org.Opened, v))
}

// setColumns serves POST /o/{organization}/import/{import}/columns. Form: that of
// the page: header, sheet, encoding, delimiter, column-0 and so on; of a set,
// school. The list is read and planned anew.
func (i importing) setColumns(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	one, err := org.Store.Import(ctx, importID(r))
	if err != nil {
		return err
	}
	reading := one.Reading
	if reading.Set() {
		reading.School = r.PostFormValue("school")
	} else {
		reading = readAs(reading, r.PostForm)
		reading.Format, reading.Columns = roster.FormatTable, columnsOf(r.PostForm)
		if !reading.Named() {
			var problems identity.Problems
			problems.Add("column-0", "import.columns.nobody")
			return i.showColumns(w, r, org, one, reading, true, http.StatusUnprocessableEntity, problems)
		}
	}
	if err := org.Store.SetImportReading(ctx, one.ID, reading, one.Options); err != nil {
		return err
	}
	return i.planned(w, r, org, one.ID)
}

// columnsOf are what the columns of a form are said to be.
func columnsOf(form url.Values) []roster.Meaning {
	var columns []roster.Meaning
	for i := range roster.MaxColumns {
		name := "column-" + strconv.Itoa(i)
		if !form.Has(name) {
			break
		}
		meaning := roster.Meaning(form.Get(name))
		if !slices.Contains(roster.Meanings, meaning) {
			meaning = roster.MeansNothing
		}
		columns = append(columns, meaning)
	}
	return columns
}

// setOptions serves POST /o/{organization}/import/{import}/options. Form: mail,
// whole, must-change. The list is planned anew.
func (i importing) setOptions(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	one, err := org.Store.Import(ctx, importID(r))
	if err != nil {
		return err
	}
	options := one.Options
	options.Invite = r.PostFormValue("mail") == "invite"
	options.Whole = r.PostFormValue("whole") != ""
	options.MustChange = r.PostFormValue("must-change") != ""
	if err := org.Store.SetImportReading(ctx, one.ID, one.Reading, options); err != nil {
		return err
	}
	return i.planned(w, r, org, one.ID)
}
