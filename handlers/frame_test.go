package handlers

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestPagesSayHowOldTheyAre(t *testing.T) {
	var age atomic.Int64 // since the projection was known to be complete; negative: never
	p := newPortal(t, func(o *Options) {
		o.Projection = func() ProjectionStatus {
			if age.Load() < 0 {
				return ProjectionStatus{}
			}
			return ProjectionStatus{KnownAt: o.Now().Add(-time.Duration(age.Load()))}
		}
	})
	b := p.signIn(lee)
	const never, old = "has not reached the sign-in service yet", "This page shows what was known"
	for _, c := range []struct {
		age  time.Duration
		says string
	}{{time.Second, ""}, {staleAfter - 5*time.Second, ""}, {staleAfter + 5*time.Second, old}, {-1, never}} {
		age.Store(int64(c.age))
		for _, path := range []string{"/home", "/o/" + string(p.id(biology)) + "/roster", "/nothing"} {
			seen := b.get(path).text()
			for _, notice := range []string{never, old} {
				if strings.Contains(seen, notice) != (notice == c.says) {
					t.Errorf("%s after %v says %q: %v\n%s", path, c.age, notice, notice != c.says, seen)
				}
			}
		}
	}
}
