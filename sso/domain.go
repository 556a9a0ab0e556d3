package sso

import (
	"errors"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"homeroom.dev/homeroom/identity"
)

// CheckDomain reads a domain as somebody typed it and returns it as it is
// kept, in lower case and A-labels. The problems' field is "domain": what is no
// domain, what is somebody else's by nature, such as a public suffix, and where
// everybody can have an address.
func CheckDomain(name string) (string, identity.Problems) {
	var problems identity.Problems
	typed := strings.TrimSpace(name)
	bare := strings.TrimSuffix(strings.TrimPrefix(typed, "@"), ".")
	switch {
	case bare == "":
		problems.Add("domain", "domain-check.empty")
		return "", problems
	case strings.Contains(bare, "@"):
		problems.Add("domain", "domain-check.address", "Domain", clip(bare[strings.LastIndex(bare, "@")+1:], 253))
		return "", problems
	case strings.Contains(bare, "/"):
		problems.Add("domain", "domain-check.url")
		return "", problems
	case strings.ContainsAny(bare, ",;") || strings.ContainsFunc(bare, unicode.IsSpace):
		problems.Add("domain", "domain-check.several")
		return "", problems
	}
	domain, ok := toASCII(bare)
	if !ok {
		problems.Add("domain", "domain-check.malformed", "Name", clip(typed, 100))
		return "", problems
	}
	if _, err := publicsuffix.EffectiveTLDPlusOne(domain); err != nil {
		problems.Add("domain", "domain-check.public-suffix", "Domain", domain)
		return "", problems
	}
	if PublicMail(domain) {
		problems.Add("domain", "domain-check.public-mail", "Domain", domain)
		return "", problems
	}
	return domain, nil
}

// toASCII is a domain with a dot in it in lower case and A-labels. The profile
// is that for look-ups; it refuses what does not look like letters, digits and
// hyphens.
func toASCII(name string) (string, bool) {
	if len(name) > 1000 || !utf8.ValidString(name) {
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(name)
	if err != nil || len(domain) > 253 || !strings.Contains(domain, ".") {
		return "", false
	}
	// What is kept has to be the same when it is read again.
	if again, err := idna.Lookup.ToASCII(domain); err != nil || again != domain {
		return "", false
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return "", false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notHostname) {
			return "", false
		}
	}
	last := domain[strings.LastIndex(domain, ".")+1:]
	return domain, strings.ContainsFunc(last, unicode.IsLetter)
}

func notHostname(r rune) bool {
	return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
}

// PublicMail reports whether everybody, or every customer of a network, can
// have an address of the domain, or of the domain it is below.
func PublicMail(domain string) bool {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	for domain != "" {
		if publicMail[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// challengeLabel is the label at which Zitadel looks for a TXT record.
const challengeLabel = "_zitadel-challenge"

// ChallengePlaces are the names to look for TXT records at: the right one, and
// then where people put the record instead.
func ChallengePlaces(domain string) []string {
	return []string{
		challengeLabel + "." + domain,
		challengeLabel + "." + domain + "." + domain, // the form adds the zone by itself
		strings.TrimPrefix(challengeLabel, "_") + "." + domain,
		domain,
	}
}

// Comparison is what a look at a domain's proof came to: proven, or a sentence
// that says what was found instead.
type Comparison struct {
	Proven  bool
	Message identity.Message
	Found   []string // what is at the right place, or where the sentence says
}

// CompareDNS compares the TXT records found at [ChallengePlaces] with a
// challenge. older are the tokens of challenges it replaced. Zitadel compares to
// the letter, and so does Proven.
func CompareDNS(domain string, challenge identity.DomainChallenge, found map[string][]string, older []string) Comparison {
	places := ChallengePlaces(domain)
	right, doubled, bare, apex := places[0], places[1], places[2], places[3]
	here := found[right]
	if contains(here, challenge.Token) {
		return Comparison{Proven: true, Message: identity.Say("challenge.proven"), Found: here}
	}
	for _, record := range here {
		if tidy(record) == challenge.Token {
			return Comparison{Message: identity.Say("challenge.whitespace", "Place", right), Found: shown(here)}
		}
	}
	for _, record := range here {
		switch {
		case contains(older, tidy(record)):
			return Comparison{Message: identity.Say("challenge.older", "Place", right), Found: shown(here)}
		case len(tidy(record)) >= 8 && strings.HasPrefix(challenge.Token, tidy(record)):
			return Comparison{Message: identity.Say("challenge.part", "Place", right), Found: shown(here)}
		case strings.Contains(record, challenge.Token):
			return Comparison{Message: identity.Say("challenge.more", "Place", right), Found: shown(here)}
		}
	}
	for _, elsewhere := range []struct{ place, message string }{
		{doubled, "challenge.doubled"}, {bare, "challenge.underscore"}, {apex, "challenge.apex"},
	} {
		for _, record := range found[elsewhere.place] {
			if token := tidy(record); token == challenge.Token || contains(older, token) {
				return Comparison{
					Message: identity.Say(elsewhere.message, "Place", elsewhere.place, "Right", right, "Domain", domain),
					Found:   []string{clip(record, 500)},
				}
			}
		}
	}
	if len(here) > 0 {
		return Comparison{Message: identity.Say("challenge.other", "Place", right, "Count", len(here)), Found: shown(here)}
	}
	return Comparison{Message: identity.Say("challenge.nothing", "Place", right)}
}

// CompareHTTP compares a file, or the failure to fetch it, with a challenge.
func CompareHTTP(challenge identity.DomainChallenge, body []byte, err error, older []string) Comparison {
	if err != nil {
		return Comparison{Message: fetchFailure(challenge, err)}
	}
	text := string(body)
	found := []string{clip(text, 200)}
	switch {
	case text == challenge.Token:
		return Comparison{Proven: true, Message: identity.Say("challenge.proven"), Found: found}
	case tidy(text) == challenge.Token:
		return Comparison{Message: identity.Say("challenge.http-whitespace", "Place", challenge.Place), Found: found}
	case contains(older, tidy(text)):
		return Comparison{Message: identity.Say("challenge.http-older", "Place", challenge.Place), Found: found}
	case sniff(body) == looksHTML:
		return Comparison{Message: identity.Say("challenge.http-page", "Place", challenge.Place)}
	case sniff(body) == looksEmpty:
		return Comparison{Message: identity.Say("challenge.http-empty", "Place", challenge.Place)}
	}
	return Comparison{Message: identity.Say("challenge.http-other", "Place", challenge.Place), Found: found}
}

// fetchFailure is why a file could not be fetched, in the words of whoever tried.
func fetchFailure(challenge identity.DomainChallenge, err error) identity.Message {
	var said *identity.Error
	if !errors.As(err, &said) {
		return identity.Say("challenge.http-nothing", "Place", challenge.Place)
	}
	if said.Message.Args["Status"] == 404 {
		return identity.Say("challenge.http-nothing", "Place", challenge.Place)
	}
	return said.Message
}

// tidy takes off what forms and editors put around a token.
func tidy(record string) string {
	return strings.TrimFunc(record, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("\"'“”«»`\u200b\ufeff", r)
	})
}

func contains(all []string, one string) bool {
	for _, each := range all {
		if each == one {
			return true
		}
	}
	return false
}
