package views

import (
	"time"

	"homeroom.dev/homeroom/identity"
)

// ConnectionView is how a connection stands.
type ConnectionView struct {
	Classroom           string // the name of the one that people join
	Certificates        []CertificateRow
	OwnCertificates     []CertificateRow // Zitadel's, as service provider
	Proposed            bool             // a refetch brought other metadata
	Successes, Failures int              // sign-ins within a week
	Causes              []FailureCause   // of the failures, the most frequent first
	FetchedAt           time.Time        // the last refetch of the metadata; zero if none
	Trouble             identity.Message // why it brought nothing; no ID if it did
	Start               string           // where tiles lead, once it is active
}

// FailureCause is why sign-ins failed, and how many of them.
type FailureCause struct {
	Label identity.Message
	Count int
}

// step is the step of the wizard the connection has come to.
func (v ConnectionView) step(c identity.Connection) int {
	switch {
	case c.State == identity.ConnectionTested:
		return stepActivate
	case c.Complete():
		return stepTest
	case c.Provider != "":
		return stepSettings
	}
	return stepVendor
}
