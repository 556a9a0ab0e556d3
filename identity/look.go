package identity

import (
	"strings"
	"time"
	"unicode/utf8"
)

// LookLasts is how long an operator's look into a school lasts, if nobody ends
// it.
const LookLasts = time.Hour

// maxReason bounds what is written down of why an operator did something.
const maxReason = 300

// CleanReason is a reason as it is kept: one line without blanks around it.
func CleanReason(typed string) string { return strings.Join(strings.Fields(typed), " ") }

// CheckReason finds what is wrong with the reason an operator gave. The school
// reads it on its log.
func CheckReason(reason string) Problems {
	var p Problems
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		p.Add("reason", "reason.missing")
	case n < 3:
		p.Add("reason", "reason.short")
	case n > maxReason:
		p.Add("reason", "reason.long", "Max", maxReason)
	}
	return p
}
