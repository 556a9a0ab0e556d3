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

// Slice has an engine leave the rest of an import to another job after so long.
func (e *Engine) Slice(d time.Duration) *Engine {
	e.slice = d
	return e
}
