package projection

import (
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkApply folds a school of 5,000 students, 15,000 events, into an empty
// database.
func BenchmarkApply(b *testing.B) {
	log := smallSchool(bigSchool)
	folder := b.TempDir()
	b.ReportAllocs()
	for i := range b.N {
		s := openStore(b, log, filepath.Join(folder, string(rune('a'+i%26)), "homeroom.sqlite"))
		p := newProjection(b, log, s)
		b.StartTimer()
		update(b, p)
		b.StopTimer()
	}
	b.ReportMetric(float64(len(log.events))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkApplyOne folds single events, as the tail does.
func BenchmarkApplyOne(b *testing.B) {
	log := smallSchool(bigSchool)
	s := newStore(b, log)
	p := newProjection(b, log, s)
	update(b, p)
	log.pass(10 * time.Minute) // the overlap holds what is new alone
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		log.user("linden", "one", "Una", "One")
		b.StartTimer()
		poll(b, p)
	}
}

// BenchmarkRebuild makes the rows of 5,000 students anew and finds them right.
func BenchmarkRebuild(b *testing.B) {
	log := smallSchool(bigSchool)
	s := newStore(b, log)
	p := newProjection(b, log, s)
	update(b, p)
	b.ResetTimer()
	for range b.N {
		rebuild(b, p)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/rebuild")
}

// BenchmarkExport writes the rosters of 5,000 students.
func BenchmarkExport(b *testing.B) {
	log := smallSchool(bigSchool)
	s := newStore(b, log)
	update(b, newProjection(b, log, s))
	b.ResetTimer()
	for range b.N {
		export(b, s)
	}
}
