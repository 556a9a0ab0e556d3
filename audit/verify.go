package audit

import (
	"fmt"
	"slices"
	"strconv"

	"homeroom.dev/homeroom/identity"
)

// Trouble is a kind of thing that is wrong with a log.
type Trouble string

// What can be wrong. Each is said about the record where it shows.
const (
	// Changed: the record is not what it was when it was chained, or its hash is not.
	Changed Trouble = "changed"
	// Missing: records between two others, or before the first, are not there.
	Missing Trouble = "missing"
	// Inserted: a record stands where no record was chained.
	Inserted Trouble = "inserted"
	// Cut: the newest records are not there.
	Cut Trouble = "cut"
	// Forged: the log is whole in itself and is not the one that a checkpoint saw.
	Forged Trouble = "forged"
	// Unsigned: a checkpoint was not made with a key that is trusted, or was
	// changed since.
	Unsigned Trouble = "unsigned"
)

// Problem is one thing that is wrong.
type Problem struct {
	Trouble Trouble
	Home    identity.OrganizationID // whose log; empty for a checkpoint
	Record  string                  // ID, where one is to blame
	Number  int64                   // of the record
	Detail  string                  // a sentence, for school IT
}

// String is the problem as a line of text.
func (p Problem) String() string {
	var where string
	if p.Home != "" {
		where = fmt.Sprintf("log of %s: ", p.Home)
	}
	if p.Record != "" {
		where += fmt.Sprintf("record %d (%s): ", p.Number, p.Record)
	}
	return string(p.Trouble) + ": " + where + p.Detail
}

// Mark is what a checkpoint says about a chain.
type Mark struct {
	Head
	Checkpoint int64 // its number
}

// Chain verifies the records of one home, handed to it in the order of their
// positions.
type Chain struct {
	anchor  Head
	last    Head
	marks   []Mark // not met yet, by position
	pruned  bool   // the anchor is explained by the latest record about pruning
	erased  map[identity.OrganizationID]Removed
	records int64
	tell    func(Problem)
}

// NewChain begins at the anchor: what was removed before it is known, or nothing
// was, then all but its Home is empty. marks are what checkpoints say about the
// home, in any order. tell is called with every problem, in order.
func NewChain(anchor Head, marks []Mark, tell func(Problem)) *Chain {
	c := &Chain{anchor: anchor, last: anchor, marks: slices.Clone(marks), tell: tell}
	slices.SortFunc(c.marks, func(a, b Mark) int { return int(a.Position - b.Position) })
	for len(c.marks) > 0 && c.marks[0].Position <= anchor.Position {
		if m := c.marks[0]; m.Position == anchor.Position && (m.Hash != anchor.Hash || m.Number != anchor.Number) {
			c.problem(Forged, identity.AuditRecord{}, "what was removed from its beginning does not end as checkpoint %d says", m.Checkpoint)
		}
		c.marks = c.marks[1:]
	}
	return c
}

// Next verifies one record.
func (c *Chain) Next(r identity.AuditRecord) {
	c.records++
	switch {
	case r.Number <= c.last.Number:
		c.problem(Inserted, r, "its number was taken, or removed with what came before")
		return // it is no part of the chain: what follows does not follow from it
	case r.Number > c.last.Number+1:
		c.problem(Missing, r, "%s before it %s missing", count(r.Number-c.last.Number-1, "record"), are(r.Number-c.last.Number-1))
	case r.Hash != Hash(c.last.Hash, r):
		c.problem(Changed, r, "it is not what it was when it was written")
	}
	for len(c.marks) > 0 && c.marks[0].Position <= r.Position {
		c.meet(c.marks[0], r)
		c.marks = c.marks[1:]
	}
	if r.Action == identity.ActionAuditPruned {
		c.pruned = saysRemoved(r.After, c.anchor)
	}
	if r.Action == identity.ActionAuditErased {
		if c.erased == nil {
			c.erased = map[identity.OrganizationID]Removed{}
		}
		c.erased[identity.OrganizationID(r.Target)] = Removed(r.After)
	}
	c.last = headOf(r)
}

// Removed is what a record says about records that were removed: the values of
// [RemovedValues].
type Removed map[string]string

// Covers reports whether h was among them: it is the last one, or precedes it.
// Positions tell, because a home whose log was erased numbers anew.
func (r Removed) Covers(h Head) bool {
	position, err := strconv.ParseInt(r[ValuePosition], 10, 64)
	return err == nil && (h.Position < position || saysRemoved(r, h))
}

// Erased are the logs that the records of this chain say were erased, by home.
func (c *Chain) Erased() map[identity.OrganizationID]Removed { return c.erased }

// meet compares a record with what a checkpoint says about its place.
func (c *Chain) meet(m Mark, r identity.AuditRecord) {
	switch {
	case m.Position < r.Position:
		c.problem(Missing, r, "the record at position %d, which checkpoint %d names, is not before it", m.Position, m.Checkpoint)
	case m.Hash != r.Hash || m.Number != r.Number:
		c.problem(Forged, r, "it is not the record that checkpoint %d saw here", m.Checkpoint)
	}
}

// End verifies that the chain ends at head, and answers how many records it had.
func (c *Chain) End(head Head) int64 {
	at := identity.AuditRecord{}
	switch {
	case c.last.Number < head.Number:
		c.problem(Cut, at, "the last %s %s missing: it ends at %d, not at %d",
			count(head.Number-c.last.Number, "record"), are(head.Number-c.last.Number), c.last.Number, head.Number)
	case c.last.Number > head.Number:
		c.problem(Inserted, at, "%s after its end", count(c.last.Number-head.Number, "record"))
	case c.last.Hash != head.Hash || c.last.Position != head.Position:
		c.problem(Changed, at, "what is written down as its end is not its last record")
	}
	for _, m := range c.marks {
		c.problem(Cut, at, "checkpoint %d saw %s, and it ends at %d", m.Checkpoint, count(m.Number, "record"), c.last.Number)
	}
	if c.anchor.Number > 0 && !c.pruned {
		c.problem(Missing, at, "its first %s %s missing, and no record says that they were removed",
			count(c.anchor.Number, "record"), are(c.anchor.Number))
	}
	return c.records
}

func (c *Chain) problem(trouble Trouble, r identity.AuditRecord, detail string, args ...any) {
	c.tell(Problem{
		Trouble: trouble, Home: c.anchor.Home, Record: r.ID, Number: r.Number, Detail: fmt.Sprintf(detail, args...),
	})
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func are(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
