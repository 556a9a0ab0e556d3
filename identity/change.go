package identity

import (
	"context"
	"time"
)

// Change is a change at Zitadel as its audit record will tell it.
type Change struct {
	Action        Action
	Target        string // ID of the user, or empty
	TargetName    string // as it is now
	Before, After map[string]string
}

// Roster is what the use cases of this package use of the store for an opened
// organization.
type Roster interface {
	// InTurn runs f while no other f of this organization runs, so that two
	// teachers who remove each other at the same moment do not both find that
	// the other one stays.
	InTurn(ctx context.Context, f func(context.Context) error) error
	// Member is somebody on the roster, or not-found ("member.not-found").
	Member(context.Context, UserID) (Member, error)
	// EndSessions ends the sessions of somebody on the roster at the portal.
	EndSessions(context.Context, UserID) error
	// Change writes the audit record as begun, runs act outside any
	// transaction, and then applies its facts and closes the record in one
	// transaction. If act fails, the record is closed as failed and the error
	// returned.
	Change(ctx context.Context, change Change, act func(context.Context) ([]Fact, error)) error
	FirstSecrets
}

// FirstSecrets is what the use cases that give students a first secret use of
// the store for an opened organization.
type FirstSecrets interface {
	// StudentRules are those that hold here: a classroom's are its school's, but
	// for the band.
	StudentRules(context.Context) (StudentRules, error)
	// PasswordRules are Zitadel's as they were last read, and false if they never
	// were.
	PasswordRules(context.Context) (PasswordRules, bool, error)
	// KeepPasswordRules notes what Zitadel answered to a question asked then.
	KeepPasswordRules(ctx context.Context, rules PasswordRules, asked time.Time) error
	// FirstSecret is what is kept of somebody at home here, empty for nothing.
	FirstSecret(ctx context.Context, user UserID, home OrganizationID) (string, error)
	// ChangeSecret is [Roster.Change] for a change of somebody's secret: what is
	// kept of it goes with the begun record, and kept.Secret, as act left it, is
	// kept with the facts. Empty keeps none.
	ChangeSecret(ctx context.Context, change Change, kept *FirstSecret, act func(context.Context) ([]Fact, error)) error
}

// Keys of [AuditRecord.Before] and [AuditRecord.After]. Values are role keys,
// states, names and numbers; never a secret and never an address.
const (
	AuditRole     = "role"
	AuditState    = "state"
	AuditUserName = "user-name"
	AuditName     = "name" // of an organization
)
