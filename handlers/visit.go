package handlers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
)

// visits remembers which operators looked into which organization, so that one
// look is one line of its audit log and not one for every page. What is
// forgotten by a restart is recorded again.
type visits struct {
	mu   sync.Mutex
	last map[visit]time.Time
}

type visit struct {
	user         identity.UserID
	organization identity.OrganizationID
}

// visitEvery is how long one look lasts.
const visitEvery = 30 * time.Minute

// due reports whether a visit is to be recorded.
func (v *visits) due(key visit, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return now.Sub(v.last[key]) >= visitEvery
}

func (v *visits) done(key visit, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil {
		v.last = make(map[visit]time.Time)
	}
	for k, at := range v.last {
		if now.Sub(at) >= visitEvery {
			delete(v.last, k)
		}
	}
	v.last[key] = now
}

// recordVisit puts an operator's look on the audit log of the organization. A
// look that cannot be recorded does not happen.
func (s *Server) recordVisit(ctx context.Context, org Organization) error {
	key, now := visit{org.Actor().User, org.ID()}, s.portal.Now()
	if !s.visitRecorded.due(key, now) {
		return nil
	}
	change := identity.Change{Action: identity.ActionVisited}
	if err := org.Store.Change(ctx, change, func(context.Context) ([]identity.Fact, error) { return nil, nil }); err != nil {
		return fmt.Errorf("record the visit: %w", err)
	}
	s.visitRecorded.done(key, now)
	return nil
}
