package imports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// plannedAtOnce is how many people a list may have to be read and planned while
// who brought it waits. Longer ones are left to a job.
const plannedAtOnce = 1_000

// Plan reads the list of an import and plans it, from its beginning: at once if it
// is short, and else by a job, until which the import stays
// [store.ImportReading]. A list that cannot be read is no error: the import is
// [store.ImportFailed] then, and says why.
func (e *Engine) Plan(ctx context.Context, org *store.Organization, id store.ImportID) error {
	// A job first: should this be cut off, the list is read all the same.
	if err := org.QueueImport(ctx, id); err != nil {
		return err
	}
	now, free := e.reading.take(ctx, id, true)
	defer free()
	err := e.plan(now, org, id, plannedAtOnce)
	if errors.Is(err, store.ErrImportLong) {
		return org.QueueImport(ctx, id) // that job may have passed by
	}
	return err
}

// planning is [Engine.Plan] in a job. Whatever is there already of the rows of a
// list that is still being read, it begins anew: so a job that was cut off doubles
// nothing.
func (e *Engine) planning(ctx context.Context, w work) error {
	for {
		now, free := e.reading.take(ctx, w.one.ID, false)
		one, err := w.rows.Import(now, w.one.ID)
		if err == nil && one.State == store.ImportReading && !unsaid(one.Reading) {
			err = e.plan(now, w.rows, one.ID, 0)
		}
		left := now.Err() != nil && ctx.Err() == nil
		free()
		if !left {
			return err
		}
		// Somebody reads it in another way, and may leave that to a job.
	}
}

// unsaid reports whether nobody has said yet what the columns of a table are.
func unsaid(r roster.Reading) bool { return r.Format == roster.FormatTable && len(r.Columns) == 0 }

// plan reads and plans a list of at most so many people; zero is any number.
func (e *Engine) plan(ctx context.Context, org *store.Organization, id store.ImportID, most int) error {
	one, err := org.Import(ctx, id)
	if err != nil {
		return err
	}
	content, err := org.ImportFile(ctx, id)
	if err != nil {
		return err
	}
	stage, err := org.StageImport(ctx, id, most)
	if err != nil {
		return stopped(err)
	}
	taken := &taking{Sink: stage}
	file := roster.File{ReaderAt: bytes.NewReader(content), Size: int64(len(content)), Name: one.FileName}
	read, err := roster.Read(file, one.Reading, taken)
	var known *identity.Error
	switch {
	case taken.err != nil:
		return stopped(taken.err)
	case errors.As(err, &known):
		return org.EndImport(ctx, id, store.ImportFailed, known.Message)
	case err != nil:
		return fmt.Errorf("read a list: %w", err)
	}
	if err := stage.Close(read); err != nil {
		return stopped(err)
	}
	for after := int64(0); ; {
		if after, err = org.PlanImport(ctx, id, after); err != nil || after == 0 {
			return stopped(err)
		}
	}
}

// stopped is nothing where an import is not being read any more: it was thrown
// away, or planned by somebody else.
func stopped(err error) error {
	var known *identity.Error
	if errors.As(err, &known) && known.Message.ID == "import.not-now" {
		return nil
	}
	return err
}

// taking tells errors of the rows' place from those of the list.
type taking struct {
	roster.Sink
	err error
}

func (t *taking) note(err error) error {
	if err != nil {
		t.err = err
	}
	return err
}

// Term takes a term.
func (t *taking) Term(one roster.Term) error { return t.note(t.Sink.Term(one)) }

// Classroom takes a class.
func (t *taking) Classroom(one roster.Classroom) error { return t.note(t.Sink.Classroom(one)) }

// Person takes a person.
func (t *taking) Person(one roster.Person) error { return t.note(t.Sink.Person(one)) }

// Enrolment takes an enrolment.
func (t *taking) Enrolment(one roster.Enrolment) error { return t.note(t.Sink.Enrolment(one)) }

// readers are the lists that are being read in this process: each by one at a
// time, or its rows would be mixed.
type readers struct {
	mu   sync.Mutex
	busy map[store.ImportID]*reader
}

// reader is somebody who reads a list.
type reader struct {
	stop context.CancelFunc
	left chan struct{} // closed when they are done
}

// take waits until nobody else reads a list; instead has who does leave it. free
// lets the next one in.
func (r *readers) take(ctx context.Context, id store.ImportID, instead bool) (now context.Context, free func()) {
	for {
		r.mu.Lock()
		there := r.busy[id]
		if there == nil {
			break
		}
		r.mu.Unlock()
		if instead {
			there.stop()
		}
		select {
		case <-there.left:
		case <-ctx.Done():
			return ctx, func() {} // whatever is done with it fails
		}
	}
	defer r.mu.Unlock()
	now, cancel := context.WithCancel(ctx)
	me := &reader{stop: cancel, left: make(chan struct{})}
	if r.busy == nil {
		r.busy = map[store.ImportID]*reader{}
	}
	r.busy[id] = me
	return now, func() {
		cancel()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.busy, id)
		close(me.left)
	}
}
