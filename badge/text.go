package badge

import (
	"strings"
	"unicode"
)

// fields splits a list as people write it.
func fields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}
