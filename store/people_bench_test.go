package store

import (
	"slices"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// BenchmarkPeople lists the people of one of 20 schools: of 250 and, among a
// million, of 50,000.
func BenchmarkPeople(b *testing.B) {
	teacher := identity.RoleTeacher
	queries := []struct {
		name  string
		query func(o *Organization, i int) PeopleQuery
	}{
		{"first", func(*Organization, int) PeopleQuery { return PeopleQuery{} }},
		{"last", func(*Organization, int) PeopleQuery { return PeopleQuery{Reversed: true} }},
		{"name", func(_ *Organization, i int) PeopleQuery {
			return PeopleQuery{Search: []string{"samantha", "zoe nunez", "okafor", "li wei", "muller"}[i%5]}
		}},
		{"letter", func(_ *Organization, i int) PeopleQuery {
			return PeopleQuery{Search: []string{"s", "a", "m", "jo", "an"}[i%5]}
		}},
		{"teachers", func(*Organization, int) PeopleQuery { return PeopleQuery{Role: teacher} }},
		{"staff-without-factor", func(*Organization, int) PeopleQuery { return PeopleQuery{Staff: true, NoFactor: true} }},
		{"never-seen", func(*Organization, int) PeopleQuery { return PeopleQuery{NeverSeen: true} }},
		{"suspended", func(*Organization, int) PeopleQuery { return PeopleQuery{State: identity.PersonSuspended} }},
		{"letter-without-factor", func(_ *Organization, i int) PeopleQuery {
			return PeopleQuery{Search: []string{"s", "a", "m", "jo", "an"}[i%5], NoFactor: true}
		}},
		{"letter-teachers", func(_ *Organization, i int) PeopleQuery {
			return PeopleQuery{Search: []string{"s", "a", "m", "jo", "an"}[i%5], Role: teacher}
		}},
		{"letter-never-seen", func(_ *Organization, i int) PeopleQuery {
			return PeopleQuery{Search: []string{"s", "a", "m", "jo", "an"}[i%5], NeverSeen: true}
		}},
	}
	forEachStore(b, func(b *testing.B, s *Store, _ []string) {
		o := s.In(founded(b, identity.Organization{ID: "school-0", Kind: identity.KindSchool, State: identity.OrganizationActive}))
		for _, q := range queries {
			b.Run(q.name, func(b *testing.B) {
				var took []time.Duration
				i := 0
				for b.Loop() {
					begun := time.Now()
					if _, err := o.People(b.Context(), q.query(o, i)); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begun))
					i++
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
		b.Run("room-30", func(b *testing.B) {
			for b.Loop() {
				if _, err := o.People(b.Context(), PeopleQuery{Classroom: "room-30"}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("counts", func(b *testing.B) {
			for b.Loop() {
				if _, err := o.PeopleCounts(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

func founded(tb testing.TB, o identity.Organization) identity.Opened {
	tb.Helper()
	opened, err := identity.OpenFounded(o, identity.Actor{User: "bench"}, identity.RoleSchoolAdmin)
	if err != nil {
		tb.Fatal(err)
	}
	return opened
}
