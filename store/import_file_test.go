package store

import (
	"bytes"
	"testing"

	"homeroom.dev/homeroom/roster"
)

// A list may hold anything that a school's program wrote into it.
func TestTheListOfAnImportIsSealedAndBelongsToIt(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	list := []byte("Given name,Password\nSam,hunter2\n")
	const id, other ImportID = "abcdefghijklmnopqrstuvwxyz", "bbcdefghijklmnopqrstuvwxyz"
	for _, id := range []ImportID{id, other} {
		_, err := o.BeginImport(t.Context(), NewImport{
			Submission: string(id), File: list, Reading: roster.Reading{Format: roster.FormatTable},
		})
		w.must(err)
	}
	got, err := o.ImportFile(t.Context(), id)
	w.must(err)
	if !bytes.Equal(got, list) {
		t.Errorf("the list came back as %q", got)
	}
	var kept []byte
	w.must(w.Writer().QueryRowContext(t.Context(), "SELECT content FROM import_files WHERE import_id = $1", string(id)).Scan(&kept))
	if len(kept) == 0 || bytes.Contains(kept, []byte("hunter2")) {
		t.Errorf("the list is kept as %q", kept)
	}
	_, err = w.Writer().ExecContext(t.Context(), "UPDATE import_files SET content = $1 WHERE import_id = $2", kept, string(other))
	w.must(err)
	if got, err := o.ImportFile(t.Context(), other); err == nil {
		t.Errorf("the list of another import opens as %q", got)
	}
}
