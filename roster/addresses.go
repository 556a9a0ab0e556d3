package roster

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"homeroom.dev/homeroom/identity"
)

// Entry is one person of a pasted list.
type Entry struct {
	Line       int    // counted from 1
	Text       string // as pasted, trimmed
	Address    string // as it can be mailed to; empty if Problem says why not
	GivenName  string
	FamilyName string
	Problem    identity.Message // zero if the entry is good
}

// Good reports whether the entry can be invited.
func (e Entry) Good() bool { return e.Problem.ID == "" }

// Repeats reports whether the entry is only the second appearance of an
// address, which is harmless: it is invited once.
func (e Entry) Repeats() bool { return e.Problem.ID == "address.twice" }

// maxAddress is the longest address SMTP carries (RFC 5321, section 4.5.3.1.3,
// less the angle brackets).
const maxAddress = 254

// ParseAddresses reads addresses as people paste them: one in a line, or
// separated by commas, semicolons, tabs or spaces; bare, in angle brackets, or
// with a name before or after them as mail programs and spreadsheets write it.
// Nothing is dropped silently: what cannot be an address is an entry with a
// problem, and so is the second appearance of an address.
func ParseAddresses(pasted string) []Entry {
	var entries []Entry
	seen := map[string]bool{}
	for i, line := range strings.Split(normalize(pasted), "\n") {
		for _, e := range parseLine(line) {
			e.Line = i + 1
			if e.Good() {
				key := strings.ToLower(e.Address)
				if seen[key] {
					e.Problem = identity.Say("address.twice", "Address", e.Address)
				}
				seen[key] = true
			}
			entries = append(entries, e)
		}
	}
	return entries
}

// normalize makes one kind of line end, space and quotation mark of the many
// that word processors produce, and drops characters nobody can see.
func normalize(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case strings.ContainsRune("“”„‟«»＂", r):
			return '"'
		case r == '＠':
			return '@'
		case r == '，' || r == '、':
			return ','
		case r == '；':
			return ';'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}

// parseLine reads the people of one line. A part without an address is part of
// the name of the person whose address follows, or, at the end of a line with
// one address, of the one before it.
func parseLine(line string) []Entry {
	var entries []Entry
	var names []string
	for _, part := range splitParts(line) {
		switch {
		case strings.Contains(part, "@"):
			found := parsePart(part)
			if len(names) > 0 && found[0].GivenName+found[0].FamilyName == "" {
				found[0].name(names)
			} else if len(names) > 0 {
				// "Lee, Sam <sam@…>" without quotation marks: the comma parted the name.
				found[0].name(append(names, found[0].GivenName+" "+found[0].FamilyName))
			}
			names = nil
			entries = append(entries, found...)
		case looksLikeDomain(part):
			entries = append(entries, Entry{Text: part, Problem: identity.Say("address.no-at", "Address", part)})
		default:
			names = append(names, part)
		}
	}
	switch {
	case len(names) == 0:
	case len(entries) == 1 && entries[0].Good() && entries[0].GivenName+entries[0].FamilyName == "":
		entries[0].name(names)
	default:
		text := strings.Join(names, ", ")
		entries = append(entries, Entry{Text: text, Problem: identity.Say("address.no-at", "Address", text)})
	}
	return entries
}

// splitParts parts a line at commas, semicolons and tabs that stand outside
// quotation marks and angle brackets.
func splitParts(line string) []string {
	var parts []string
	var part strings.Builder
	end := func() {
		if s := strings.TrimSpace(part.String()); s != "" {
			parts = append(parts, s)
		}
		part.Reset()
	}
	// An odd mark belongs to a name such as O"Neil and parts nothing.
	quotes := strings.Count(line, `"`) / 2 * 2
	quoted, bracketed := false, false
	for _, r := range line {
		switch {
		case r == '"' && quotes > 0:
			quoted = !quoted
			quotes--
		case r == '<':
			bracketed = true
		case r == '>':
			bracketed = false
		case (r == ',' || r == ';' || r == '\t') && !quoted && !bracketed:
			end()
			continue
		}
		part.WriteRune(r)
	}
	end()
	return parts
}

// parsePart reads a part that contains an @: a name and an address, or several
// addresses with spaces between them.
func parsePart(part string) []Entry {
	if open := strings.LastIndex(part, "<"); open >= 0 {
		inside, _, _ := strings.Cut(part[open+1:], ">")
		e := Entry{Text: part}
		e.check(inside)
		e.name([]string{part[:open]})
		return []Entry{e}
	}
	var entries []Entry
	var words []string
	for _, word := range strings.Fields(part) {
		if !strings.Contains(word, "@") {
			words = append(words, word)
			continue
		}
		e := Entry{Text: strings.Join(append(words, word), " ")}
		e.check(word)
		e.name([]string{strings.Join(words, " ")})
		entries, words = append(entries, e), nil
	}
	if last := &entries[len(entries)-1]; len(words) > 0 {
		last.Text += " " + strings.Join(words, " ")
		if len(entries) == 1 && last.GivenName+last.FamilyName == "" {
			last.name([]string{strings.Join(words, " ")}) // "sam@example.org Sam Lee", "sam@example.org (Sam Lee)"
		}
	}
	return entries
}

// looksLikeDomain tells sam.example.org, where an @ was forgotten, from a name.
func looksLikeDomain(part string) bool {
	before, after, found := strings.Cut(part, ".")
	return found && !strings.ContainsAny(part, " ") && before != "" && len(after) > 1 && !strings.HasSuffix(part, ".")
}

// name fills in the names from the parts around an address: "Sam Lee",
// "Lee, Sam", or one column each.
func (e *Entry) name(parts []string) {
	var clean []string
	for _, part := range parts {
		part = identity.CleanName(strings.Trim(part, ` "'()[]<>:;,-`))
		if family, given, comma := strings.Cut(part, ","); comma && len(parts) == 1 {
			e.FamilyName, e.GivenName = identity.CleanName(family), identity.CleanName(given)
			return
		}
		if part != "" {
			clean = append(clean, part)
		}
	}
	switch len(clean) {
	case 0:
	case 1:
		words := strings.Fields(clean[0])
		e.GivenName = words[0]
		e.FamilyName = strings.Join(words[1:], " ")
	default:
		// Two columns of a spreadsheet come given name first; a name that a comma
		// parted before its bracketed address comes family name first.
		if strings.Contains(e.Text, "<") {
			e.FamilyName, e.GivenName = clean[0], strings.Join(clean[1:], " ")
		} else {
			e.GivenName, e.FamilyName = clean[0], strings.Join(clean[1:], " ")
		}
	}
}

// check decides whether text is an address that mail can be sent to, and says
// what is wrong with it otherwise.
func (e *Entry) check(text string) {
	text = strings.Trim(strings.TrimSpace(text), `"'()[]<>.,;:`)
	if len(text) > len("mailto:") && strings.EqualFold(text[:len("mailto:")], "mailto:") {
		text = text[len("mailto:"):]
	}
	text, _, _ = strings.Cut(text, "?")
	problem := func(id string) { e.Problem = identity.Say(id, "Address", e.Text) }
	local, domain, _ := strings.Cut(text, "@")
	switch {
	case strings.Count(text, "@") > 1:
		problem("address.two-ats")
		return
	case local == "":
		problem("address.no-name")
		return
	case domain == "":
		problem("address.no-domain")
		return
	case strings.ContainsAny(text, " \t"):
		problem("address.space")
		return
	}
	// Before the domain is encoded, which takes the square of its length.
	if utf8.RuneCountInString(text) > maxAddress {
		problem("address.malformed")
		return
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || strings.Contains(domain, "..") || strings.HasPrefix(domain, ".") {
		problem("address.bad-domain")
		return
	}
	if !strings.Contains(ascii, ".") {
		problem("address.no-dot")
		return
	}
	address := local + "@" + ascii
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxAddress {
		problem("address.malformed")
		return
	}
	e.Address = address
}

// mailable is the address that text is; empty if it is none.
func mailable(text string) string {
	var e Entry
	e.check(normalize(text))
	return e.Address
}
