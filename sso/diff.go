package sso

import (
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Diff tells what of an identity provider's metadata changed, in the order of
// how much it matters. It is empty if nothing did that a sign-in would notice.
func Diff(before, after Metadata) []identity.Message {
	var changes []identity.Message
	if before.EntityID != after.EntityID {
		changes = append(changes, identity.Say("metadata.diff.entity-id", "Before", before.EntityID, "After", after.EntityID))
	}
	old, _ := before.SignOn()
	if now, _ := after.SignOn(); old != now {
		changes = append(changes, identity.Say("metadata.diff.sign-on", "Before", old.URL, "After", now.URL))
	}
	for _, c := range after.Certificates {
		if !slices.ContainsFunc(before.Certificates, sameAs(c)) {
			changes = append(changes, identity.Say("metadata.diff.certificate-new",
				"Subject", c.Subject, "Date", day(c.NotAfter), "Fingerprint", c.Fingerprint))
		}
	}
	for _, c := range before.Certificates {
		if !slices.ContainsFunc(after.Certificates, sameAs(c)) {
			changes = append(changes, identity.Say("metadata.diff.certificate-gone",
				"Subject", c.Subject, "Date", day(c.NotAfter), "Fingerprint", c.Fingerprint))
		}
	}
	if was, is := sorted(before.NameIDFormats), sorted(after.NameIDFormats); !slices.Equal(was, is) {
		changes = append(changes, identity.Say("metadata.diff.name-id-formats",
			"Before", strings.Join(was, ", "), "After", strings.Join(is, ", ")))
	}
	return changes
}

func sameAs(c identity.Certificate) func(identity.Certificate) bool {
	return func(other identity.Certificate) bool { return other.Fingerprint == c.Fingerprint }
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }
