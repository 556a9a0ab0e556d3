package views

import "testing"

func TestPathsEscapeWhatTheyAreGiven(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"plain", MemberPath("42", "7"), "/o/42/people/7"},
		{"a slash stays one segment", MemberPath("42", "a/../b"), "/o/42/people/a%2F..%2Fb"},
		{"a query cannot begin", RosterPath("42?x=1#y"), "/o/42%3Fx=1%23y/roster"},
		{"a token", AcceptPath("x/y z"), "/i/x%2Fy%20z"},
		{"return path", ReturningSignInPath("/o/42/roster?q=a&b"), "/sign-in?next=%2Fo%2F42%2Froster%3Fq%3Da%26b"},
		{"query in order, empty left out", WithQuery("/o/42/roster", Param{"q", "Zoë & co"}, Param{"role", ""}, Param{"sort", "-name"}), "/o/42/roster?q=Zo%C3%AB+%26+co&sort=-name"},
		{"no parameters", WithQuery("/x", Param{"q", ""}), "/x"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}
