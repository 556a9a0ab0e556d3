package sso

import "homeroom.dev/homeroom/identity"

// CheckDomain reads a domain.
func CheckDomain(name string) (string, identity.Problems) { return name, nil }

// PublicMail reports whether everybody can have an address there.
func PublicMail(domain string) bool { return false }

// ChallengePlaces are the names to look for TXT records at.
func ChallengePlaces(domain string) []string { return nil }

// Comparison is what a look at a domain's proof came to.
type Comparison struct {
	Proven  bool
	Message identity.Message
	Found   []string
}

// CompareDNS compares TXT records with a challenge.
func CompareDNS(domain string, challenge identity.DomainChallenge, found map[string][]string, older []string) Comparison {
	return Comparison{}
}

// CompareHTTP compares a file with a challenge.
func CompareHTTP(challenge identity.DomainChallenge, body []byte, err error, older []string) Comparison {
	return Comparison{}
}
