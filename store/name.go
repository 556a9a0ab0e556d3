package store

import (
	"strings"
	"unicode"

	"homeroom.dev/homeroom/identity"
)

// words splits text into its folded words: runs of letters and digits.
func words(text string) []string {
	return strings.FieldsFunc(foldName(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// searchWords is the column search_words of a user: the words of given name,
// family name, user name and address, each once.
func searchWords(u identity.User) string {
	return joinWords(u.GivenName+" "+u.FamilyName, u.UserName, u.Address)
}

// joinWords puts the words of a name and of addresses together.
func joinWords(name string, addresses ...string) string {
	all := words(name)
	for _, address := range addresses {
		all = append(all, addressWords(address)...)
	}
	seen := make(map[string]bool, len(all))
	unique := all[:0]
	for _, w := range all {
		if !seen[w] {
			seen[w] = true
			unique = append(unique, w)
		}
	}
	return strings.Join(unique, " ")
}

// domainMark is put before the words behind an @. A school's people share a
// domain: without the mark, somebody called Linden could not be found at
// linden.example.
const domainMark = "00"

// addressWords are the words of an address or of what somebody typed of one.
func addressWords(address string) []string {
	local, domain, _ := strings.Cut(address, "@")
	all := words(local)
	for _, w := range words(domain) {
		all = append(all, domainMark+w)
	}
	return all
}
