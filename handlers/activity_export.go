package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// askExport serves GET /o/{organization}/activity/export: the form, with the
// filter of the list it comes from.
func askExport(w http.ResponseWriter, r *http.Request, org Organization) error {
	v := exportForm(r, views.LogOf(org.Opened))
	return render(w, r, http.StatusOK, views.ExportActivity(org.Page, org.Opened, v))
}

// exportActivity serves POST /o/{organization}/activity/export.
func exportActivity(w http.ResponseWriter, r *http.Request, org Organization) error {
	v := views.ExportView{
		Log: views.LogOf(org.Opened), Filter: readFilter(r.PostForm), Format: r.PostFormValue("format"),
	}
	q, problems := auditQueryOf(r.Context(), v.Filter)
	if v.Problems = checkFormat(problems, v.Format); len(v.Problems) > 0 {
		return render(w, r, http.StatusUnprocessableEntity, views.ExportActivity(org.Page, org.Opened, v))
	}
	d := newDownload(w, v.Format, string(org.ID()), org.Portal.Now())
	return d.finish(org.Store.ExportAudit(r.Context(), q, exported(v), d.write))
}

// exportForm is the form as the list, or a sender who had to sign in again, filled
// it in.
func exportForm(r *http.Request, at views.Log) views.ExportView {
	values := r.URL.Query()
	if f := again(r); f != nil {
		values = f
	}
	v := views.ExportView{Log: at, Filter: readFilter(values), Format: views.ExportCSV}
	if format := values.Get("format"); format != "" {
		v.Format = format
	}
	return v
}

func checkFormat(problems identity.Problems, format string) identity.Problems {
	if format != views.ExportCSV && format != views.ExportJSON {
		problems.Add("format", "activity.export.format.missing")
	}
	return problems
}

// exported says on record what was asked for.
func exported(v views.ExportView) map[string]string {
	values := map[string]string{"format": v.Format}
	for name, value := range map[string]string{
		"text": v.Filter.Text, "person": v.Filter.Person, "what": v.Filter.What, "since": v.Filter.Since,
		"until": v.Filter.Until, "source": v.Filter.Source, "outcome": v.Filter.Outcome,
	} {
		if value != "" {
			values[name] = value
		}
	}
	return values
}

// download is a file that is written while it is read from the store. What it
// takes of memory does not depend on its length.
type download struct {
	w      http.ResponseWriter
	format string
	name   string // without an ending
	to     audit.Writer
	lines  int
}

// newDownload prepares a file of the log of whose.
func newDownload(w http.ResponseWriter, format, whose string, now time.Time) *download {
	return &download{w: w, format: format, name: "homeroom-audit-" + whose + "-" + now.UTC().Format("20060102-150405")}
}

// flushEvery is after how many records what was written is sent on its way, and
// downloadPause how long the browser may take for that many.
const (
	flushEvery    = 500
	downloadPause = time.Minute
)

func (d *download) begin() error {
	kind, ending := "text/csv; charset=utf-8", ".csv"
	d.to = audit.NewCSV(d.w)
	if d.format == views.ExportJSON {
		kind, ending = "application/x-ndjson", ".jsonl"
		d.to = audit.NewJSONLines(d.w)
	}
	header := d.w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", strings.ReplaceAll(d.name, `"`, "")+ending))
	return d.allow()
}

// allow gives the browser more time: the server's own limit is for pages.
func (d *download) allow() error {
	err := http.NewResponseController(d.w).SetWriteDeadline(time.Now().Add(downloadPause))
	if errors.Is(err, http.ErrNotSupported) {
		return nil // not on a network
	}
	return err
}

func (d *download) write(r identity.AuditRecord) error {
	if d.to == nil {
		if err := d.begin(); err != nil {
			return err
		}
	}
	if err := d.to.Write(r); err != nil {
		return err
	}
	if d.lines++; d.lines%flushEvery == 0 {
		if err := d.to.Flush(); err != nil {
			return err
		}
		return d.allow()
	}
	return nil
}

// finish ends the file. One that broke off is cut off, so that nobody takes it for
// a whole one.
func (d *download) finish(err error) error {
	if err != nil && d.to == nil {
		return err // nothing was sent: there is a page for that
	}
	if err == nil && d.to == nil {
		err = d.begin() // nothing to export is a file, too
	}
	if err == nil {
		err = d.to.Flush()
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}
