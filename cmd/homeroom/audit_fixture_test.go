package main

import (
	"fmt"
	"testing"
)

// logged are records of the logs of organizations, each of which gets a stream
// that fails and one that does not. Nothing is sent: they are paused.
func (d *demo) logged(t *testing.T, organizations ...string) (records []string) {
	t.Helper()
	for _, organization := range organizations {
		var record string
		err := d.store.Writer().QueryRowContext(t.Context(),
			"SELECT id FROM audit_records WHERE organization_id = ? ORDER BY row_id DESC LIMIT 1", organization).Scan(&record)
		if err != nil {
			t.Fatalf("a record of %s: %v", organization, err)
		}
		records = append(records, record)
		for i, trouble := range []string{`{"ID":"stream.refused","Args":{"Host":"siem.example","Status":"503"}}`, ""} {
			_, err := d.store.Writer().ExecContext(t.Context(), `INSERT INTO streams
				(organization_id, id, kind, name, address, bucket, paused, position, failures, trouble, failed_us, created_us)
				VALUES (?, ?, ?, ?, 'https://siem.example', 'audit', TRUE, 0, ?, ?, 1, ?)`,
				organization, []string{"failing", "current"}[i], []string{"webhook", "bucket"}[i], fmt.Sprint("SIEM ", i), 1-i, trouble, i)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return records
}
