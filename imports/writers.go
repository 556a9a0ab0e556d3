package imports

import "sync"

// writers are the places for writes under way, of all imports together. Where
// more wait than are free, the oldest batch is first: so batches end one after
// the other, and while one is read back the next ones write.
type writers struct {
	mu      sync.Mutex
	free    int
	turns   int64
	waiting []waiter
}

type waiter struct {
	turn int64
	come chan struct{}
}

// turn is the place in the order of a batch that begins now.
func (w *writers) turn() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turns++
	return w.turns
}

// take waits for a place.
func (w *writers) take(turn int64) {
	w.mu.Lock()
	if w.free > 0 {
		w.free--
		w.mu.Unlock()
		return
	}
	come := make(chan struct{})
	w.waiting = append(w.waiting, waiter{turn: turn, come: come})
	w.mu.Unlock()
	<-come
}

// give leaves a place to who waits for one.
func (w *writers) give() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		w.free++
		return
	}
	first := 0
	for n, other := range w.waiting {
		if other.turn < w.waiting[first].turn {
			first = n
		}
	}
	close(w.waiting[first].come)
	w.waiting = append(w.waiting[:first], w.waiting[first+1:]...)
}
