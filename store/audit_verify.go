package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// AuditVerification says what is verified, against what.
type AuditVerification struct {
	// Home is the one log to verify; empty for all. A classroom of a school has
	// none of its own.
	Home identity.OrganizationID
	// Keys are those that checkpoints may have been signed with; none means those
	// of this installation.
	Keys []audit.PublicKey
	// Kept are checkpoints that were kept elsewhere.
	Kept []audit.Checkpoint
	// Progress is told now and then how many records were read; nil for nobody.
	Progress func(home identity.OrganizationID, records int64)
}

// AuditReport is what the verification found.
type AuditReport struct {
	Homes       int
	Records     int64
	Checkpoints int
	Problems    []audit.Problem // at most [MaxAuditProblems]
	Found       int             // how many there are
}

// MaxAuditProblems bounds what a report names: a log whose beginning was changed
// is not better understood by every record that follows.
const MaxAuditProblems = 1000

// VerifyAudit reads every record, and every checkpoint, and says what is wrong.
// An error is a failure to read.
func (s *Store) VerifyAudit(ctx context.Context, v AuditVerification) (AuditReport, error) {
	check := &auditCheck{store: s, verification: v, marks: map[identity.OrganizationID][]audit.Mark{}}
	if len(v.Keys) == 0 {
		var err error
		if check.verification.Keys, err = s.CheckpointKeys(); err != nil {
			return AuditReport{}, err
		}
	}
	if err := check.all(ctx); err != nil {
		return AuditReport{}, fmt.Errorf("verify the audit log: %w", translate(err))
	}
	return check.report, nil
}

// auditCheck is a verification under way.
type auditCheck struct {
	store        *Store
	verification AuditVerification
	report       AuditReport
	marks        map[identity.OrganizationID][]audit.Mark
	erased       map[identity.OrganizationID]audit.Removed
}

func (c *auditCheck) all(ctx context.Context) error {
	if err := c.checkpoints(ctx); err != nil {
		return err
	}
	homes, err := c.homes(ctx)
	if err != nil {
		return err
	}
	if home := c.verification.Home; home != "" && home != c.store.operators {
		if err := c.erasures(ctx); err != nil {
			return err
		}
		if slices.Contains(homes, home) {
			return c.chain(ctx, home)
		}
		homes, c.marks = nil, map[identity.OrganizationID][]audit.Mark{home: c.marks[home]}
	} else if home != "" {
		return c.chain(ctx, home)
	}
	for _, home := range homes {
		if err := c.chain(ctx, home); err != nil {
			return err
		}
		delete(c.marks, home)
	}
	for home, marks := range c.marks { // of logs that are not there at all
		c.erasedRightly(home, marks)
	}
	return c.loose(ctx)
}

// erasures reads which logs were erased, without verifying the platform's log,
// which says so.
func (c *auditCheck) erasures(ctx context.Context) error {
	reader := &auditCheck{store: c.store, marks: map[identity.OrganizationID][]audit.Mark{}}
	err := reader.chain(ctx, c.store.operators)
	c.erased = reader.erased
	return err
}

func (c *auditCheck) problem(p audit.Problem) {
	c.report.Found++
	if len(c.report.Problems) < MaxAuditProblems {
		c.report.Problems = append(c.report.Problems, p)
	}
}

// homes lists whose logs there are, by their records and by their ends, the
// operators' first: it says which logs were erased.
func (c *auditCheck) homes(ctx context.Context) ([]identity.OrganizationID, error) {
	operators := c.store.operators
	seen := map[identity.OrganizationID]bool{operators: true, "": true}
	homes := []identity.OrganizationID{operators}
	for after := ""; ; {
		home, err := c.store.read().NextAuditHome(ctx, after)
		if err != nil {
			return nil, err
		}
		if home == "" {
			break
		}
		if id := identity.OrganizationID(home); !seen[id] {
			seen[id] = true
			homes = append(homes, id)
		}
		after = home
	}
	heads, err := c.store.read().AuditHeadsAfter(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		if id := identity.OrganizationID(h.HomeID); !seen[id] {
			seen[id] = true
			homes = append(homes, id)
		}
	}
	return homes, nil
}

// verifySlice is how many records are read at a time.
const verifySlice = 2000

// chain verifies the log of one home, as it was at one moment.
func (c *auditCheck) chain(ctx context.Context, home identity.OrganizationID) error {
	tx, err := c.store.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it only read
	q := query.New(tx)
	row, err := q.AuditHead(ctx, string(home))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	head := audit.Head{Home: home, Number: row.Number, Position: row.Position, Hash: row.Hash}
	anchor := audit.Head{Home: home, Number: row.AnchorNumber, Position: row.AnchorPosition, Hash: row.AnchorHash}
	marks := slices.DeleteFunc(slices.Clone(c.marks[home]), func(m audit.Mark) bool {
		return c.erased[home].Covers(m.Head) // of a log that was erased before this one began
	})
	chain := audit.NewChain(anchor, marks, c.problem)
	var read int64
	for after := int64(0); ; {
		rows, err := q.AuditOfHomeAfter(ctx, query.AuditOfHomeAfterParams{
			OrganizationID: string(home), After: after, Most: verifySlice,
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = row.Number
			r, err := auditRecordOf(row)
			if err != nil { // values that cannot be read are not what was written
				r = identity.AuditRecord{ID: row.ID, Home: home, Number: row.Number, Position: row.Position, Hash: row.Hash}
			}
			chain.Next(r)
		}
		read += int64(len(rows))
		if c.verification.Progress != nil {
			c.verification.Progress(home, c.report.Records+read)
		}
		if len(rows) < verifySlice {
			break
		}
	}
	c.report.Records += chain.End(head)
	c.report.Homes++
	if home == c.store.operators {
		c.erased = chain.Erased()
	}
	return nil
}

// erasedRightly looks for the platform's record of a log that is gone.
func (c *auditCheck) erasedRightly(home identity.OrganizationID, marks []audit.Mark) {
	for _, m := range marks {
		if removed, ok := c.erased[home]; !ok || !removed.Covers(m.Head) {
			c.problem(audit.Problem{
				Trouble: audit.Cut, Home: home,
				Detail: fmt.Sprintf("checkpoint %d saw %d records, none is there, and the platform's log does not say that it was erased",
					m.Checkpoint, m.Number),
			})
			return
		}
	}
}

// loose looks for closed records that stand in no chain.
func (c *auditCheck) loose(ctx context.Context) error {
	rows, err := c.store.read().AuditClosedUnchained(ctx, MaxAuditProblems)
	if err != nil {
		return err
	}
	for _, row := range rows {
		c.problem(audit.Problem{
			Trouble: audit.Inserted, Home: identity.OrganizationID(row.HomeID), Record: row.ID,
			Detail: "it is closed and stands in no chain",
		})
	}
	return nil
}

// checkpoints verifies the checkpoints, those kept here and those kept
// elsewhere, and collects what they say about each log.
func (c *auditCheck) checkpoints(ctx context.Context) error {
	kept := map[int64]audit.Checkpoint{}
	for _, k := range c.verification.Kept {
		kept[k.Number] = k
		c.take(k)
	}
	var last audit.Checkpoint
	for {
		rows, err := c.store.read().AuditCheckpointsAfter(ctx, query.AuditCheckpointsAfterParams{After: last.Number, Most: 100})
		if err != nil {
			return err
		}
		for _, row := range rows {
			next, err := checkpointOf(row)
			if err != nil {
				c.unsigned("%v", err)
				next = audit.Checkpoint{Number: row.Number}
			} else {
				c.follows(last, next)
				if k, ok := kept[next.Number]; ok && k.Body() != next.Body() {
					c.unsigned("checkpoint %d is not the one that was kept elsewhere", next.Number)
				}
				c.take(next)
			}
			last = next
		}
		if len(rows) < 100 {
			break
		}
	}
	for number := range kept {
		if number > last.Number {
			c.unsigned("checkpoint %d, which was kept elsewhere, is not in the database", number)
		}
	}
	return nil
}

// take verifies a checkpoint's signature and remembers what it says.
func (c *auditCheck) take(k audit.Checkpoint) {
	if err := k.Verify(c.verification.Keys); err != nil {
		c.unsigned("%v", err)
		return // it proves nothing
	}
	c.report.Checkpoints++
	for _, h := range k.Heads {
		c.marks[h.Home] = append(c.marks[h.Home], audit.Mark{Head: h, Checkpoint: k.Number})
	}
}

// follows verifies that no checkpoint is missing between two.
func (c *auditCheck) follows(last, next audit.Checkpoint) {
	switch {
	case next.Number != last.Number+1:
		c.unsigned("checkpoints %d to %d are missing", last.Number+1, next.Number-1)
	case last.Key != (audit.PublicKey{}) && next.Previous != last.Hash():
		c.unsigned("checkpoint %d does not follow from the one before it", next.Number)
	}
}

func (c *auditCheck) unsigned(detail string, args ...any) {
	c.problem(audit.Problem{Trouble: audit.Unsigned, Detail: fmt.Sprintf(detail, args...)})
}
