package identity_test

import (
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestNamesHoldNothingThatCannotBeSeen(t *testing.T) {
	for _, c := range []struct{ name, typed, want string }{
		{"white space", " \tSam \n\u00a0 Kim ", "Sam Kim"},
		{"control characters", "Sa\x00m\x1b[31m", "Sam[31m"},
		{"an override", "\u202eSam\u202c", "Sam"},
		{"isolates and marks", "\u2066Sam\u2069\u200e", "Sam"},
		{"a zero-width space", "Sa\u200bm\ufeff Ki\u2060m", "Sam Kim"},
		{"a soft hyphen", "Sa\u00adm", "Sam"},
		{"tags", "Sam\U000e0041\U000e007f", "Sam"},
		{"fillers alone", "\u3164\u2800\uffa0", ""},
		{"joiners alone", "\u200d\u200c", ""},
		{"joiners in Persian", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"},
		{"other scripts", "Zo\u00eb \u674e \u660e", "Zo\u00eb \u674e \u660e"},
		{"markup, which pages escape", "<b>Sam</b>", "<b>Sam</b>"},
	} {
		if got := identity.CleanName(c.typed); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
