package imports

import "time"

// Blind keeps an engine from reading back what it writes.
func (e *Engine) Blind() *Engine {
	e.blind = true
	return e
}

// Hurried lets an engine look for what it has written at once and no more, and
// wait for nobody.
func (e *Engine) Hurried() *Engine {
	e.looks, e.pauses = []time.Duration{0}, nil
	return e
}

// Batches lets an engine begin so many rows at once.
func (e *Engine) Batches(size int) *Engine {
	e.batch = size
	return e
}

// Patient lets an engine wait for Zitadel within a job, so many times.
func (e *Engine) Patient(times int) *Engine {
	e.pauses = make([]time.Duration, times)
	return e
}
