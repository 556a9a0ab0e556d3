package identity

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed offensive.txt
var offensiveList string

// offensive are the words of the list: anywhere those with a star, apart the
// others.
var offensive = func() (words struct{ anywhere, apart []string }) {
	for line := range strings.Lines(offensiveList) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, word := range strings.Fields(line) {
			if starred, ok := strings.CutPrefix(word, "*"); ok {
				words.anywhere = append(words.anywhere, starred)
			} else {
				words.apart = append(words.apart, word)
			}
		}
	}
	return words
}()

// crossing is from how many letters on a word may not lie across two parts of a
// name. Shorter ones do so all the time: thomas.s is nobody's offence.
const crossing = 4

// lookAlikes turn digits into the letters they stand for to who wants to read
// them. A 1 is an i or an l, a 6 a g or a b.
var lookAlikes = []*strings.Replacer{
	strings.NewReplacer("0", "o", "1", "i", "2", "z", "3", "e", "4", "a", "5", "s", "6", "g", "7", "t", "8", "b", "9", "g"),
	strings.NewReplacer("0", "o", "1", "l", "2", "z", "3", "e", "4", "a", "5", "s", "6", "b", "7", "t", "8", "b", "9", "g"),
}

// offends reports whether a word of the list can be read in a user name that is
// put together from pieces.
func offends(pieces []string) bool {
	for i, fold := range lookAlikes {
		if i > 0 && !slices.ContainsFunc(pieces, func(piece string) bool { return strings.ContainsAny(piece, "16") }) {
			return false // it reads the same again
		}
		var name strings.Builder
		var ends []int // where pieces meet
		for _, piece := range pieces {
			for _, part := range strings.FieldsFunc(piece, separates) {
				ends = append(ends, name.Len())
				name.WriteString(fold.Replace(part))
			}
		}
		if offendsFolded(name.String(), append(ends, name.Len())) {
			return true
		}
	}
	return false
}

func separates(r rune) bool { return strings.ContainsRune(".-_", r) }

func offendsFolded(name string, ends []int) bool {
	for _, word := range offensive.anywhere {
		if strings.Contains(name, word) {
			return true
		}
	}
	at := make([]bool, len(name)+1)
	for _, end := range ends {
		at[end] = true
	}
	for _, word := range offensive.apart {
		for from := 0; ; from++ {
			found := strings.Index(name[from:], word)
			if found < 0 {
				break
			}
			from += found
			if at[from] && at[from+len(word)] {
				return true
			}
			for inside := from + 1; len(word) >= crossing && inside < from+len(word); inside++ {
				if at[inside] {
					return true
				}
			}
		}
	}
	return false
}
