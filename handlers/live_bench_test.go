package handlers

import (
	"fmt"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/crowd"
	"homeroom.dev/homeroom/views"
)

// BenchmarkLessonStreams does what a second of 100 streams of the lesson of a
// class of 30 costs: for each its session, its rights and what it shows, and for
// all of them together the students' state. Its time is a part of that second.
func BenchmarkLessonStreams(b *testing.B) {
	c := newCrowded(b, 5_000)
	for _, streams := range []int{1, 100} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			ctx := views.WithNow(b.Context(), time.Now())
			opened, err := c.server.store.OpenFor(ctx, identity.Actor{User: crowd.Teacher, Name: "Teacher"}, "room-30")
			if err != nil {
				b.Fatal(err)
			}
			open := make([]*following, streams)
			for b.Loop() {
				all := &lessons{} // nothing is left of the second before
				for i := range open {
					if open[i] == nil {
						open[i] = &following{token: c.cookie.Value, server: c.server, needs: identity.ManageStudents}
					}
					open[i].look = all.look
					seen, err := open[i].again(ctx, Organization{Opened: opened, Portal: c.server.portal})
					if err != nil {
						b.Fatal(err)
					}
					open[i].event(seen)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1e4, "%core")
		})
	}
}
