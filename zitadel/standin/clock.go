package standin

import "time"

// SetClock moves the clock of events, IDs and codes on to t, from where it goes
// on with the real one; it never goes back. Tokens and sign-ins through the
// pages always follow the real clock, so a demo that lets a past happen must
// call Present before people come.
func (s *Server) SetClock(t time.Time) {
	s.Lock()
	defer s.Unlock()
	if ahead := t.Sub(s.now()); ahead > 0 {
		s.shift += ahead
	}
}

// Present brings the clock to the real time, for good.
func (s *Server) Present() {
	s.Lock()
	defer s.Unlock()
	s.shift = 0
}

// now is the clock of events, IDs and codes. The caller holds the lock.
func (s *state) now() time.Time { return s.real().Add(s.shift) }
