package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/store"
)

type syncCommand struct {
	running
	Rebuild bool   `help:"Read Zitadel's whole event log anew. Rosters change in one moment, at the end."`
	Export  string `help:"Write every roster to this file afterwards, one line a person, always in the same order. - is standard output." placeholder:"FILE"`
}

// Run brings the database up to date, compares it with what Zitadel answers by
// ID, and names what differs. It may run beside serve and may be cut off.
func (s *syncCommand) Run(ctx context.Context, c console) (err error) {
	p, err := s.portal(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	show := progress(c.Err)
	if s.Rebuild {
		replaced, err := p.projection.Rebuild(ctx, show)
		if err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
		fmt.Fprintf(c.Out, "Rebuilt: %d rows read, %d of them new or different, %d removed.\n",
			replaced.Rows, replaced.Written, replaced.Removed)
	} else {
		if err := p.projection.Sync(ctx, show); err != nil {
			return fmt.Errorf("bring up to date: %w", err)
		}
		fmt.Fprintln(c.Out, "Up to date.")
	}
	report, err := p.projection.Reconcile(ctx, show)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	printDrift(c.Out, report)
	if s.Export == "" {
		return nil
	}
	return p.export(ctx, s.Export, c.Out)
}

func printDrift(w io.Writer, report store.DriftReport) {
	if len(report.Rows) == 0 {
		fmt.Fprintf(w, "Compared %d rows with Zitadel: no difference.\n", report.Checked)
		return
	}
	fmt.Fprintf(w, "Compared %d rows with Zitadel: %d differ.\n", report.Checked, len(report.Rows))
	for _, row := range report.Rows {
		fmt.Fprintf(w, "  %s %s in organization %s: %s\n", row.Kind, row.ID, row.Organization, row.What)
	}
}

// progress prints a line at most twice a second.
func progress(w io.Writer) func(projection.Progress) {
	var last time.Time
	return func(p projection.Progress) {
		if time.Since(last) < 500*time.Millisecond {
			return
		}
		last = time.Now()
		switch {
		case p.Step == projection.StepEvents && !p.At.IsZero():
			fmt.Fprintf(w, "%s: %d, up to %s\n", p.Step, p.Done, p.At.UTC().Format(time.RFC3339))
		case p.Total > 0:
			fmt.Fprintf(w, "%s: %d of %d\n", p.Step, p.Done, p.Total)
		default:
			fmt.Fprintf(w, "%s: %d\n", p.Step, p.Done)
		}
	}
}
