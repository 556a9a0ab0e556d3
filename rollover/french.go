package rollover

import (
	"regexp"
	"strings"
)

// frenchYears are the years of a French school in their order, from the first year
// of schooling on, in the spellings that are taken for them. The first spelling of
// each is what is written where another stage begins.
var frenchYears = [][]string{
	{"CP"},
	{"CE1"},
	{"CE2"},
	{"CM1"},
	{"CM2"},
	{"6e", "6ème", "6eme", "sixième"},
	{"5e", "5ème", "5eme", "cinquième"},
	{"4e", "4ème", "4eme", "quatrième"},
	{"3e", "3ème", "3eme", "troisième"},
	{"2de", "2nde", "seconde"},
	{"1re", "1ère", "1ere", "première"},
	{"Tle", "Tle", "term", "terminale"},
}

var (
	// frenchSure is what no other school writes.
	frenchSure = regexp.MustCompile(`(?:^|[^\pL\pN])(CP|CE1|CE2|CM1|CM2|[3-6](?:ème|eme)|2n?de|1(?:re|ère|ere)|Tle|(?i:sixième|cinquième|quatrième|troisième|seconde|première|terminale))(?:$|[^\pL])`)
	// frenchMaybe may be class e of a German year as well.
	frenchMaybe = regexp.MustCompile(`(?:^|[^\pL\pN])([3-6]e)(?:$|[^\pL])`)
)

// French reports whether a school counts its years as French schools do, by the
// names of its classes: what is certain in one of them tells what the others mean.
func French(names []string) bool {
	sure, maybe := 0, 0
	for _, name := range names {
		switch {
		case frenchSure.MatchString(name):
			sure++
		case frenchMaybe.MatchString(name):
			maybe++
		}
	}
	return sure > 0 && 2*(sure+maybe) > len(names)
}

// frenchYear reads "5ème B", "CM2", "Terminale 3", and in a French school "6e".
func frenchYear(name string, french bool) (token, bool) {
	at := frenchSure.FindStringSubmatchIndex(name)
	if at == nil && french {
		at = frenchMaybe.FindStringSubmatchIndex(name)
	}
	if at == nil {
		return token{}, false
	}
	written := name[at[2]:at[3]]
	for i, spellings := range frenchYears {
		for n, spelling := range spellings {
			if !strings.EqualFold(spelling, written) {
				continue
			}
			t := token{start: at[2], end: at[3], year: i + 1}
			if i+1 < len(frenchYears) {
				t.next = frenchAs(frenchYears[i+1], n, written)
			}
			return t, true
		}
	}
	return token{}, false
}

// frenchAs is the next year in the spelling of this one, as far as there is one.
func frenchAs(next []string, n int, written string) string {
	spelled := next[0]
	long := len([]rune(written)) > 4 // a word
	switch {
	case long:
		spelled = next[len(next)-1]
	case n > 0 && n < len(next)-1:
		spelled = next[n]
	}
	if long && written[:1] == strings.ToUpper(written[:1]) {
		spelled = strings.ToUpper(spelled[:1]) + spelled[1:]
	}
	return spelled
}
