package handlers

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// showEnd shows the receipt, with those who have to be named.
func (i importing) showEnd(w http.ResponseWriter, r *http.Request, org Organization, one store.Import) error {
	v := views.ImportEndView{Import: importOf(one, org)}
	for _, named := range []struct {
		n    int
		q    store.ImportRowQuery
		into *[]views.ImportRow
	}{
		{one.Receipt.Hidden, store.ImportRowQuery{Outcome: store.OutcomeHidden}, &v.Hidden},
		{one.Receipt.Refused, store.ImportRowQuery{Outcome: store.OutcomeRefused}, &v.Refused},
		{one.UndoReceipt.Kept, store.ImportRowQuery{Undo: store.UndoKept}, &v.Kept},
		{one.UndoReceipt.Refused, store.ImportRowQuery{Undo: store.UndoRefused}, &v.NotUndone},
	} {
		if named.n == 0 {
			continue
		}
		page, err := org.Store.ImportRows(r.Context(), one.ID, named.q)
		if err != nil {
			return err
		}
		*named.into = importRows(page.Rows)
	}
	setup, err := org.Store.BadgeSetup(r.Context())
	if err != nil {
		return err
	}
	v.Badges = setup.On()
	return render(w, r, http.StatusOK, views.ImportEnd(org.Page, org.Opened, v))
}

// askUndo serves GET /o/{organization}/import/{import}/undo: what it would do.
func (i importing) askUndo(w http.ResponseWriter, r *http.Request, org Organization) error {
	one, err := org.Store.Import(r.Context(), importID(r))
	if err != nil {
		return err
	}
	v := importOf(one, org)
	if v.UndoUntil.IsZero() {
		return redirect(w, r, importPath(org, one.ID))
	}
	return render(w, r, http.StatusOK, views.ImportUndo(org.Page, org.Opened, v))
}

// undo serves POST /o/{organization}/import/{import}/undo.
func (i importing) undo(w http.ResponseWriter, r *http.Request, org Organization) error {
	return i.then(w, r, org, org.Store.UndoImport)
}

// allRows are the rows of an import, page by page.
func allRows(ctx context.Context, org Organization, id store.ImportID, kind roster.Kind) iter.Seq2[store.ImportRow, error] {
	return func(yield func(store.ImportRow, error) bool) {
		q := store.ImportRowQuery{Kind: kind, Limit: 500}
		for {
			page, err := org.Store.ImportRows(ctx, id, q)
			if err != nil {
				yield(store.ImportRow{}, err)
				return
			}
			for _, row := range page.Rows {
				if !yield(row, nil) {
					return
				}
			}
			if q.After = page.Next; q.After == "" {
				return
			}
		}
	}
}

// mistakes serves GET /o/{organization}/import/{import}/mistakes.csv: the rows that
// cannot be imported as they stand in the list, with one column more that says
// what to change.
func (i importing) mistakes(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	one, err := org.Store.Import(ctx, importID(r))
	if err != nil {
		return err
	}
	titles, width, err := titlesOf(ctx, org, one)
	if err != nil {
		return err
	}
	change := views.Text(ctx, identity.Say("import.csv.change"))
	rows := func(yield func([]string, error) bool) {
		for _, kind := range []roster.Kind{roster.KindError, roster.KindConflict} {
			for row, err := range allRows(ctx, org, one.ID, kind) {
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(append(cellsOf(row, width), saidOf(ctx, row.Reasons)), nil) {
					return
				}
			}
		}
	}
	d := newDownload(w, r, "text/csv; charset=utf-8", listName(ctx, org, one, "import.csv.mistakes")+".csv")
	return d.finish(roster.WriteCSV(d, one.Reading.Delimiter, append(titles, change), rows))
}

// titlesOf are the columns of the list as it was brought, and how many there are.
// Of a set, whose files differ, and of a list that is no longer kept, they are
// ours.
func titlesOf(ctx context.Context, org Organization, one store.Import) (titles []string, width int, err error) {
	if one.Reading.Format == roster.FormatTable {
		content, err := org.Store.ImportFile(ctx, one.ID)
		if err == nil {
			reading := one.Reading
			if reading.Header == 0 {
				reading.Header = -1
			}
			file := roster.File{ReaderAt: bytes.NewReader(content), Size: int64(len(content)), Name: one.FileName}
			_, sample, err := roster.RecogniseAs(file, reading)
			if err != nil {
				return nil, 0, err
			}
			width = max(len(sample.Titles), len(one.Reading.Columns))
			titles = append(titles, sample.Titles...)
			for len(titles) < width {
				titles = append(titles, "")
			}
			return titles, width, nil
		}
		if !identity.IsKind(err, identity.KindGone) {
			return nil, 0, err
		}
	}
	for _, id := range []string{"import.csv.file", "import.row.line.short", "import.means.external-id", "import.row.name", "import.means.address"} {
		titles = append(titles, views.Text(ctx, identity.Say(id)))
	}
	return titles, 0, nil
}

// cellsOf is a row as it stands in the list, or, with no width, what is known of
// it.
func cellsOf(row store.ImportRow, width int) []string {
	if width == 0 {
		return []string{row.Person.Place.File, lineOf(row), row.Person.ExternalID, row.Name(), row.Person.Address}
	}
	cells := slices.Clone(row.Person.Cells)
	for len(cells) < width {
		cells = append(cells, "")
	}
	return cells[:width]
}

func lineOf(row store.ImportRow) string {
	if row.Person.Place.Line == 0 {
		return ""
	}
	return strconv.Itoa(row.Person.Place.Line)
}

func saidOf(ctx context.Context, messages []identity.Message) string {
	said := make([]string, len(messages))
	for i, m := range messages {
		said[i] = views.Text(ctx, m)
	}
	return strings.Join(said, " ")
}

// receipt serves GET /o/{organization}/import/{import}/receipt.csv: every row of
// the list and what became of it.
func (i importing) receipt(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	one, err := org.Store.Import(ctx, importID(r))
	if err != nil {
		return err
	}
	var header []string
	for _, id := range []string{
		"import.row.line.short", "import.row.name", "import.csv.user-name", "import.means.address", "import.row.classes",
		"import.what", "import.csv.outcome", "import.row.why",
	} {
		header = append(header, views.Text(ctx, identity.Say(id)))
	}
	rows := func(yield func([]string, error) bool) {
		for row, err := range allRows(ctx, org, one.ID, "") {
			if err != nil {
				yield(nil, err)
				return
			}
			shown := importRow(row)
			line := []string{
				lineOf(row), row.Name(), views.ImportUserName(shown), row.Person.Address, strings.Join(row.Person.Classrooms, ", "),
				views.ImportKindName(ctx, org.Opened, row.Kind), outcomeOf(ctx, row), strings.Join(views.ImportSaid(ctx, org.Opened, shown), " "),
			}
			if !yield(line, nil) {
				return
			}
		}
	}
	d := newDownload(w, r, "text/csv; charset=utf-8", listName(ctx, org, one, "import.csv.receipt")+".csv")
	return d.finish(roster.WriteCSV(d, "", header, rows))
}

// outcomeOf says how a row ended that was worked on.
func outcomeOf(ctx context.Context, row store.ImportRow) string {
	var id string
	switch row.Outcome {
	case store.OutcomeVerified:
		id = "import.csv.outcome.verified"
	case store.OutcomeRepaired:
		id = "import.csv.outcome.repaired"
	case store.OutcomeHidden:
		id = "import.csv.outcome.hidden"
	case store.OutcomeChanged:
		id = "import.csv.outcome.changed"
	case store.OutcomeInvited:
		id = "import.csv.outcome.invited"
	case store.OutcomeRefused:
		id = "import.csv.outcome.refused"
	default:
		return ""
	}
	return views.Text(ctx, identity.Say(id))
}

// listName is what a file about an import is called.
func listName(ctx context.Context, org Organization, one store.Import, id string) string {
	return views.Text(ctx, identity.Say(id, "Place", org.Organization().Name, "Day", one.BegunAt.UTC().Format("2006-01-02")))
}
