package store

import (
	"fmt"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// What a list says of a student's contacts, and what becomes of those that are
// kept. The same list again changes nothing.
func TestAListBringsGuardiansUpToDate(t *testing.T) {
	hand := identity.Guardian{ID: "h", Name: "Rana Haddad", Phone: "030 1"}
	ours := identity.Guardian{ID: "o", Name: "Omar Haddad", Address: "omar@example.com", Source: "list"}
	theirs := identity.Guardian{ID: "t", Name: "Tante Ida", Phone: "1", Source: "sds"}
	for _, tt := range []struct {
		name          string
		present, said []identity.Guardian
		wanted        string
		changes       bool
	}{
		{"nothing is said", []identity.Guardian{hand, ours}, nil, "Rana Haddad 030 1 |Omar Haddad  omar@example.com", false},
		{"somebody new", nil, []identity.Guardian{{Name: " Ida  Roth ", Phone: "7"}}, "Ida Roth 7 ", true},
		{"another number", []identity.Guardian{hand}, []identity.Guardian{{Name: "rana haddad", Phone: "030 2"}}, "rana haddad 030 2 ", true},
		{"another language", []identity.Guardian{hand}, []identity.Guardian{{Name: "Rana Haddad", Language: "es"}}, "Rana Haddad 030 1 ", true},
		{"known by address", []identity.Guardian{ours}, []identity.Guardian{{Name: "O. Haddad", Address: "Omar@Example.com"}}, "O. Haddad  Omar@Example.com", true},
		{"what is left open stays", []identity.Guardian{hand}, []identity.Guardian{{Name: "Rana Haddad"}}, "Rana Haddad 030 1 ", false},
		{"the list's own goes", []identity.Guardian{ours}, []identity.Guardian{{Name: "Ida", Phone: "7"}}, "Ida 7 ", true},
		{"others stay", []identity.Guardian{hand, theirs}, []identity.Guardian{{Name: "Ida", Phone: "7"}}, "Rana Haddad 030 1 |Tante Ida 1 |Ida 7 ", true},
		{"two of one name", nil, []identity.Guardian{{Name: "Ida", Phone: "1"}, {Name: "Ida", Phone: "2"}}, "Ida 1 |Ida 2 ", true},
		{
			"no more than fit",
			[]identity.Guardian{hand},
			[]identity.Guardian{{Name: "A", Phone: "1"}, {Name: "B", Phone: "1"}, {Name: "C", Phone: "1"}, {Name: "D", Phone: "1"}, {Name: "E", Phone: "1"}, {Name: "F", Phone: "1"}},
			"Rana Haddad 030 1 |A 1 |B 1 |C 1 |D 1 |E 1 ", true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wanted, changes := wantedGuardians("list", tt.present, tt.said)
			var said []string
			for _, g := range wanted {
				said = append(said, fmt.Sprintf("%s %s %s", g.Name, g.Phone, g.Address))
			}
			if got := strings.Join(said, "|"); got != tt.wanted || changes != tt.changes {
				t.Errorf("%q, changes %v; want %q, %v", got, changes, tt.wanted, tt.changes)
			}
			if again, changes := wantedGuardians("list", wanted, tt.said); changes || len(again) != len(wanted) {
				t.Errorf("the same again changes %v", again)
			}
		})
	}
}

// Contacts go with the student's account, and ticks with whoever ticked or is
// ticked.
func TestGuardiansAndTicksGoWithTheAccount(t *testing.T) {
	w := newWorld(t)
	tom := w.as("linden-tom", "linden-7b")
	if err := tom.AddGuardian(t.Context(), "linden-sam", identity.Guardian{ID: "g", Name: "Rana", Phone: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := tom.ChangeSelection(t.Context(), []identity.UserID{"linden-sam"}, nil); err != nil {
		t.Fatal(err)
	}
	w.apply(identity.UserRemoved{User: "linden-sam", At: noon.Add(1)})
	for _, table := range []string{"guardians", "list_selections"} {
		var n int
		if err := w.reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left in %s, %v", n, table, err)
		}
	}
}
