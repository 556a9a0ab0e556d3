package store

import "testing"

// More than a tenth of whom a list is about, or more than 25: their number has to
// be typed.
func TestWhenTheNumberHasToBeTyped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ leaving, concerned, want int }{
		{0, 0, 0},
		{0, 10, 0},
		{1, 9, 1}, // more than a tenth
		{1, 10, 0},
		{1, 11, 0},
		{2, 19, 2},
		{2, 20, 0},
		{10, 100, 0},
		{11, 100, 11},
		{25, 250, 0},
		{25, 1_000, 0},
		{26, 1_000, 26}, // more than 25
		{26, 100_000, 26},
		{1, 0, 0}, // of no class that the list speaks for: a list of changes
	} {
		if got := (Import{Leaving: test.leaving, Concerned: test.concerned}).NeedsNumber(); got != test.want {
			t.Errorf("%d of %d leave: %d is to be typed, want %d", test.leaving, test.concerned, got, test.want)
		}
	}
}
