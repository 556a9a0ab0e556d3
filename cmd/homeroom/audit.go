package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

type auditCommand struct {
	Verify     auditVerifyCommand     `cmd:"" help:"Verify that no record of the audit log was changed, deleted or inserted."`
	Checkpoint auditCheckpointCommand `cmd:"" help:"Sign what the audit log looks like now, and print it, to be kept elsewhere."`
	Archive    auditArchiveCommand    `cmd:"" name:"verify-archive" help:"Verify the archive that a school left with: its signature, and every file in it."`
}

// auditing is what the commands about the audit log need: the database, and
// neither Zitadel nor a mail server.
type auditing struct {
	storage
	Config    kong.ConfigFlag `help:"The configuration file that bootstrap wrote." placeholder:"FILE"`
	Operators string          `help:"ID of the operators' organization." placeholder:"ID"`
}

func (a auditing) open(ctx context.Context) (*store.Store, error) {
	if _, err := os.Stat(a.Database); err != nil {
		return nil, fmt.Errorf("--database: %w", err)
	}
	return openStore(ctx, a.storage, identity.OrganizationID(a.Operators))
}

type auditVerifyCommand struct {
	auditing
	Organization  string   `help:"Verify the log of this school alone." placeholder:"ID"`
	CheckpointKey []string `help:"Public key that checkpoints have to be signed with, instead of those that --seal-keys make. It may be repeated." placeholder:"KEY"`
	Checkpoint    []string `help:"A checkpoint that was kept elsewhere, as homeroom audit checkpoint printed it. It may be repeated." placeholder:"FILE"`
}

// errAudit ends the command with a status that scripts can tell from success.
var errAudit = errors.New("the audit log is not as it was written")

// Run verifies the log and names what is wrong with it. It may run beside serve.
func (a *auditVerifyCommand) Run(ctx context.Context, c console) (err error) {
	v := store.AuditVerification{Home: identity.OrganizationID(a.Organization), Progress: auditProgress(c.Err)}
	for _, text := range a.CheckpointKey {
		key, err := audit.ParsePublicKey(text)
		if err != nil {
			return fmt.Errorf("--checkpoint-key: %w", err)
		}
		v.Keys = append(v.Keys, key)
	}
	for _, path := range a.Checkpoint {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("--checkpoint: %w", err)
		}
		kept, err := audit.ParseCheckpoint(string(text))
		if err != nil {
			return fmt.Errorf("--checkpoint: %s: %w", path, err)
		}
		v.Kept = append(v.Kept, kept)
	}
	if a.SealKeys == "" && len(v.Keys) > 0 {
		a.SealKeys = store.NewKey() // nothing is opened: an auditor has no need of the secrets
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	began := time.Now()
	report, err := s.VerifyAudit(ctx, v)
	if err != nil {
		return err
	}
	if err := printVerified(c.Out, s, report, time.Since(began)); err != nil {
		return err
	}
	if report.Found > 0 {
		return errAudit
	}
	return nil
}

func printVerified(w io.Writer, s *store.Store, report store.AuditReport, took time.Duration) error {
	for _, p := range report.Problems {
		fmt.Fprintln(w, p)
	}
	if more := report.Found - len(report.Problems); more > 0 {
		fmt.Fprintf(w, "… and %d more\n", more)
	}
	fmt.Fprintf(w, "Read %d records in %d logs and %d signed checkpoints in %s: ",
		report.Records, report.Homes, report.Checkpoints, took.Round(time.Millisecond))
	if report.Found == 0 {
		fmt.Fprintln(w, "nothing was changed, deleted or inserted.")
	} else {
		fmt.Fprintf(w, "%d problems.\n", report.Found)
	}
	keys, err := s.CheckpointKeys()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "Checkpoints are signed with the key", keys[0])
	last, err := s.LastCheckpoint(context.Background())
	if err != nil {
		fmt.Fprintln(w, "There is no checkpoint yet: only what is changed without the chain being made anew is found.")
		return nil
	}
	fmt.Fprintf(w, "The last checkpoint is number %d of %s, at position %d.\n",
		last.Number, last.At.UTC().Format(time.RFC3339), last.Position)
	return nil
}

// auditProgress prints a line at most every two seconds.
func auditProgress(w io.Writer) func(identity.OrganizationID, int64) {
	last := time.Now()
	return func(home identity.OrganizationID, records int64) {
		if time.Since(last) < 2*time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(w, "%d records read, in the log of %s\n", records, home)
	}
}

type auditCheckpointCommand struct {
	auditing
}

// Run signs a checkpoint, if anything was recorded since the last, and prints the
// newest.
func (a *auditCheckpointCommand) Run(ctx context.Context, c console) (err error) {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	checkpoint, made, err := s.MakeCheckpoint(ctx)
	if err != nil {
		return err
	}
	if checkpoint.Number == 0 {
		return errors.New("nothing was recorded yet: there is nothing to sign")
	}
	if !made {
		fmt.Fprintln(c.Err, "Nothing was recorded since the last checkpoint.")
	}
	fmt.Fprint(c.Out, checkpoint.Text())
	return nil
}
