package store

import (
	"fmt"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// A school of 2,000 classrooms, a tenth of them without a teacher, with 10,000
// invitations that wait.
func BenchmarkOverview(b *testing.B) {
	w := newWorld(b)
	err := w.write(b.Context(), func(tx *transaction) error {
		for i := range 2000 {
			id := fmt.Sprintf("linden-%04d", i)
			if err := tx.applyFacts(b.Context(), organizationFacts(id, identity.KindClassroom, "linden")); err != nil {
				return err
			}
			if i%10 > 0 {
				if err := tx.applyFacts(b.Context(), []identity.Fact{assigned(id, "linden-tom", identity.RoleTeacher)}); err != nil {
					return err
				}
			}
			for j := range 5 {
				_, err := tx.tx.ExecContext(b.Context(), `INSERT INTO invitations (organization_id, id, token_hash, handed_hash, token_sealed,
					address, address_key, role, inviter_id, inviter_name, state, mail, created_us, expires_us)
					VALUES (?1, ?2, ?2, ?2, '', 'x', 'x', 'student', '', '', 'pending', 'sent', ?3, ?4)`,
					id, fmt.Sprint(id, j), micros(noon), micros(noon.AddDate(0, 0, 14)))
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	school := w.as("linden-ada", "linden")
	b.Run("overview", func(b *testing.B) {
		for b.Loop() {
			if v, err := school.Overview(b.Context()); err != nil || v.Classrooms != 2001 || v.WithoutTeacher != 200 || v.Waiting != 10000 {
				b.Fatalf("%+v, %v", v, err)
			}
		}
	})
	for name, q := range map[string]ClassroomQuery{
		"first page": {}, "without a teacher": {WithoutTeacher: true}, "a search": {Search: "1999"}, "waiting": {Waiting: true},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := school.Classrooms(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
