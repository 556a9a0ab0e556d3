package audit

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Columns are the first line of a CSV file.
var Columns = []string{
	"time", "action", "outcome", "actor", "actor_name", "actor_role", "target", "target_name",
	"organization", "before", "after", "address", "device", "request", "source",
	"event_type", "event_aggregate", "event_sequence", "id", "home", "closed", "position", "number", "hash",
}

// NewCSV writes records as CSV with a first line of [Columns]. A text that a
// spreadsheet would take for a formula gets an apostrophe before it; who needs
// the very bytes takes [NewJSONLines].
func NewCSV(w io.Writer) Writer { return &csvWriter{w: csv.NewWriter(w)} }

type csvWriter struct {
	w     *csv.Writer
	begun bool
}

func (c *csvWriter) Write(r identity.AuditRecord) error {
	if err := c.begin(); err != nil {
		return err
	}
	cells := []string{
		csvTime(r.At), string(r.Action), string(r.Outcome), string(r.Actor.User), r.Actor.Name, string(r.ActorRole),
		r.Target, r.TargetName, string(r.Organization), csvValues(r.Before), csvValues(r.After),
		r.Address, r.Device, r.RequestID, string(r.Source),
		r.Event.Type, r.Event.Aggregate, csvNumber(int64(r.Event.Sequence)),
		r.ID, string(r.Home), csvTime(r.ClosedAt), csvNumber(r.Position), csvNumber(r.Number), r.Hash,
	}
	for i, cell := range cells {
		cells[i] = identity.HarmlessCell(cell)
	}
	return wrap(c.w.Write(cells))
}

func (c *csvWriter) Flush() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.w.Flush()
	return wrap(c.w.Error())
}

// begin writes the first line, of a file without records as well.
func (c *csvWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return wrap(c.w.Write(Columns))
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func csvNumber(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func csvValues(values map[string]string) string {
	if len(values) == 0 {
		return ""
	}
	return string(encode(values))
}
