package store

import (
	"strings"
	"testing"
)

// Each student of a class that ends is looked up in their own few classes, and not
// among the thousands that go on.
func TestWhoIsWithoutAClassIsFoundByTheirOwnClasses(t *testing.T) {
	plan := newWorld(t).explain(statements(t)["findWithoutClass"], make([]any, 3)...)
	for _, index := range []string{"rollover_items_by_classroom", "role_assignments_by_user"} {
		if !strings.Contains(plan, index) {
			t.Errorf("%s is not used:\n%s", index, plan)
		}
	}
}
