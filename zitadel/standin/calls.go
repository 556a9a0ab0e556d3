package standin

import (
	"maps"
	"sync"
)

// counter counts calls by method.
type counter struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counter) add(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[method]++
}

// Calls are all calls so far: gRPC by full method name, HTTP as
// "POST /oauth/v2/token". A call that failed counts as well.
func (s *Server) Calls() map[string]int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return maps.Clone(s.calls.of)
}
