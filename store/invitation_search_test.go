package store

import "testing"

func TestInvitationsAreFoundByWhatIsTypedOfNameOrAddress(t *testing.T) {
	for _, test := range []struct{ typed, want string }{
		{"", "%"},
		{" \t", "%"},
		{"Kim", "%kim%"},
		{"Kim Ótt", "%kim%ott%"},
		{"kim@x.example", "%kim%00x%00example%"},
		{"kim@", "%kim%"},
		{"x.example", "%x%example%"},
		{"sam sam", "%sam%"},
		{"100%_", "%100%"},
	} {
		if got := likePerson(test.typed); got != test.want {
			t.Errorf("likePerson(%q) = %q, want %q", test.typed, got, test.want)
		}
	}
}
