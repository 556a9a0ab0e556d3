package store

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

func unwritten() error { return identity.Unavailable("store.unavailable") }

// Connections lists the school's connections.
func (o *Organization) Connections(context.Context) ([]identity.Connection, error) {
	return nil, unwritten()
}

// Connection is one of them.
func (o *Organization) Connection(context.Context, identity.ConnectionID) (identity.Connection, error) {
	return identity.Connection{}, unwritten()
}

// ChangeConnection changes one.
func (o *Organization) ChangeConnection(
	context.Context, identity.Change, identity.Connection, func(context.Context, *identity.Connection) error,
) error {
	return unwritten()
}

// DeleteConnection deletes one.
func (o *Organization) DeleteConnection(
	context.Context, identity.Change, identity.ConnectionID, func(context.Context) error,
) error {
	return unwritten()
}

// Certificates lists those of all connections.
func (o *Organization) Certificates(context.Context) ([]identity.Certificate, error) {
	return nil, unwritten()
}

// SetCertificates replaces those of a side.
func (o *Organization) SetCertificates(context.Context, identity.ConnectionID, string, []identity.Certificate) error {
	return unwritten()
}

// ProposeMetadata keeps what a refetch brought.
func (o *Organization) ProposeMetadata(context.Context, identity.ConnectionID, string, []identity.Certificate) error {
	return unwritten()
}

// Proposal is what a refetch brought.
func (o *Organization) Proposal(context.Context, identity.ConnectionID) (metadata string, at time.Time, err error) {
	return "", time.Time{}, unwritten()
}

// AttemptWay is how an attempt goes on when it comes back.
type AttemptWay struct {
	Intent  string // Zitadel's ID, if it is known
	Browser string // a secret of the browser's session
	Next    string // where the person wanted to go
	Return  string // where a test goes back to
}

// BeginAttempt notes an attempt.
func (o *Organization) BeginAttempt(context.Context, identity.Attempt, AttemptWay) error {
	return unwritten()
}

// FinishAttempt notes what became of one.
func (o *Organization) FinishAttempt(context.Context, identity.Attempt) error { return unwritten() }

// RecordAttempt notes one that is finished already.
func (o *Organization) RecordAttempt(context.Context, identity.Attempt) error { return unwritten() }

// AttemptQuery selects attempts.
type AttemptQuery struct {
	Connection identity.ConnectionID // empty: of all
	Kind       identity.AttemptKind  // empty: of every kind
	State      identity.AttemptState // empty: in every state
	After      string                // a page's Next
	Limit      int                   // 50 if 0
}

// AttemptPage is a page of attempts, newest first.
type AttemptPage struct {
	Attempts []identity.Attempt
	Next     string // empty on the last page
}

// Attempts lists attempts.
func (o *Organization) Attempts(context.Context, AttemptQuery) (AttemptPage, error) {
	return AttemptPage{}, unwritten()
}

// Attempt is one of them.
func (o *Organization) Attempt(context.Context, identity.AttemptID) (identity.Attempt, error) {
	return identity.Attempt{}, unwritten()
}

// ConnectionHealth is how sign-ins through a connection went lately.
type ConnectionHealth struct {
	Connection    identity.ConnectionID
	LastSuccessAt time.Time
	LastFailureAt time.Time
	Successes     int
	Failures      int
	Causes        []HealthCause // the most frequent first
}

// HealthCause is how often one finding was why a sign-in failed.
type HealthCause struct {
	Code  string
	Count int
}

// Health tells of every connection.
func (o *Organization) Health(context.Context) ([]ConnectionHealth, error) { return nil, unwritten() }

// SignedInThrough remembers who came through a connection.
func (o *Organization) SignedInThrough(
	_ context.Context, connection identity.ConnectionID, user identity.UserID, externalID string,
) error {
	return unwritten()
}

// CameThrough reports whether SignedInThrough was called for the user.
func (o *Organization) CameThrough(context.Context, identity.ConnectionID, identity.UserID) (bool, error) {
	return false, unwritten()
}

// Domains lists the school's domains.
func (o *Organization) Domains(context.Context) ([]identity.Domain, error) { return nil, unwritten() }

// Domain is one of them.
func (o *Organization) Domain(_ context.Context, name string) (identity.Domain, error) {
	return identity.Domain{}, unwritten()
}

// ChangeDomain changes one.
func (o *Organization) ChangeDomain(
	context.Context, identity.Change, identity.Domain, func(context.Context, *identity.Domain) error,
) error {
	return unwritten()
}

// DomainChecked notes a live check.
func (o *Organization) DomainChecked(_ context.Context, name string, proven bool) error {
	return unwritten()
}

// DeleteDomain deletes one.
func (o *Organization) DeleteDomain(
	_ context.Context, _ identity.Change, name string, act func(context.Context) error,
) error {
	return unwritten()
}

// RenamedBy lists whom Zitadel would rename.
func (o *Organization) RenamedBy(_ context.Context, domain string) ([]identity.Renamed, int, error) {
	return nil, 0, unwritten()
}

// AskToJoin notes that somebody asks.
func (o *Organization) AskToJoin(context.Context, identity.JoinRequest) error { return unwritten() }

// JoinRequests lists those that wait.
func (o *Organization) JoinRequests(context.Context) ([]identity.JoinRequest, error) {
	return nil, unwritten()
}

// DecideJoin decides one.
func (o *Organization) DecideJoin(
	_ context.Context, _ identity.Change, user identity.UserID, approve bool,
	act func(context.Context, identity.JoinRequest) ([]identity.Fact, error),
) error {
	return unwritten()
}

// Candidate is somebody at home in the school.
type Candidate = identity.Candidate

// PeopleByAddress lists who has the address.
func (o *Organization) PeopleByAddress(_ context.Context, address string) ([]Candidate, error) {
	return nil, unwritten()
}

// Person is somebody at home here.
func (o *Organization) Person(context.Context, identity.UserID) (Candidate, error) {
	return Candidate{}, unwritten()
}

// ClassroomIn is a classroom of the school.
func (o *Organization) ClassroomIn(context.Context, identity.OrganizationID) (identity.Organization, error) {
	return identity.Organization{}, unwritten()
}

// RehearsalQuery selects lines of a rehearsal.
type RehearsalQuery struct {
	Why   identity.LockedOutWhy // empty: all
	After string                // a page's Next
	Limit int                   // 50 if 0
}

// Rehearsal is what enforcement would do.
type Rehearsal struct {
	People int // at home here who can sign in at all
	Fine   int // of these, have come through an active connection
	Counts map[identity.LockedOutWhy]int
	Rows   []identity.LockedOut // by name, without guests
	Next   string               // empty on the last page
}

// Rehearse tells what enforcement would do.
func (o *Organization) Rehearse(context.Context, RehearsalQuery) (Rehearsal, error) {
	return Rehearsal{}, unwritten()
}

// Enforcement is the school's.
func (o *Organization) Enforcement(context.Context) (identity.Enforcement, error) {
	return identity.Enforcement{}, unwritten()
}

// SetEnforcement changes it.
func (o *Organization) SetEnforcement(
	_ context.Context, _ identity.Change, _ identity.Enforcement, recovery bool,
	act func(context.Context, *identity.Enforcement) error,
) (token string, err error) {
	return "", unwritten()
}

// Links lists the school's set-up links.
func (o *Organization) Links(context.Context) ([]identity.SetupLink, error) { return nil, unwritten() }

// Link is one of them.
func (o *Organization) Link(context.Context, identity.SetupLinkID) (identity.SetupLink, error) {
	return identity.SetupLink{}, unwritten()
}

// MakeLink makes one.
func (o *Organization) MakeLink(
	_ context.Context, _ identity.SetupLink, compose func(token string) (identity.Mail, error),
) (token string, err error) {
	return "", unwritten()
}

// RevokeLink revokes one.
func (o *Organization) RevokeLink(context.Context, identity.SetupLinkID) error { return unwritten() }

// RenewLink gives one a new token.
func (o *Organization) RenewLink(
	context.Context, identity.SetupLinkID, func(token string) (identity.Mail, error),
) (token string, err error) {
	return "", unwritten()
}

// LinkProgress notes how far it is.
func (o *Organization) LinkProgress(_ context.Context, step int) error { return unwritten() }

// FinishLink ends it.
func (o *Organization) FinishLink(context.Context) error { return unwritten() }

// OpenSetupToken finds a set-up link.
func (s *Store) OpenSetupToken(_ context.Context, token string) (identity.SetupLink, identity.Organization, error) {
	return identity.SetupLink{}, identity.Organization{}, unwritten()
}

// SendSetupCode sends a code.
func (s *Store) SendSetupCode(
	_ context.Context, _ identity.SetupLinkID, compose func(link identity.SetupLink, code string) (identity.Mail, error),
) error {
	return unwritten()
}

// ConfirmSetupCode uses a code up.
func (s *Store) ConfirmSetupCode(_ context.Context, _ identity.SetupLinkID, code string) error {
	return unwritten()
}

// OpenSetup opens a school for who has a usable link.
func (s *Store) OpenSetup(context.Context, identity.SetupLinkID) (identity.Opened, error) {
	return identity.Opened{}, unwritten()
}

// SchoolSignIn is a school with its active connections.
func (s *Store) SchoolSignIn(
	_ context.Context, school identity.OrganizationID,
) (identity.Organization, []identity.Connection, error) {
	return identity.Organization{}, nil, unwritten()
}

// AnyConnection reports whether any school has an active connection.
func (s *Store) AnyConnection(context.Context) (bool, error) { return false, nil }

// SchoolConnection is a connection with its school.
type SchoolConnection struct {
	School     identity.Organization
	Connection identity.Connection
}

// ConnectionsForAddress lists the active connections that serve an address.
func (s *Store) ConnectionsForAddress(_ context.Context, address string) ([]SchoolConnection, error) {
	return nil, unwritten()
}

// OpenAttempt opens a school for who comes back.
func (s *Store) OpenAttempt(
	_ context.Context, _ identity.AttemptID, browser string,
) (identity.Opened, identity.Attempt, AttemptWay, error) {
	return identity.Opened{}, identity.Attempt{}, AttemptWay{}, unwritten()
}

// EnforcedFor tells whether somebody has to come through a connection.
func (s *Store) EnforcedFor(
	context.Context, identity.UserID,
) (on bool, school identity.OrganizationID, excepted bool, err error) {
	return false, "", false, unwritten()
}

// RecoveryOf is the school of a recovery link.
func (s *Store) RecoveryOf(_ context.Context, token string) (identity.Organization, error) {
	return identity.Organization{}, unwritten()
}

// Recover ends enforcement by its recovery link.
func (s *Store) Recover(_ context.Context, token string, act func(context.Context, identity.Opened) error) error {
	return unwritten()
}

// EverySchoolConnection visits every connection.
func (s *Store) EverySchoolConnection(
	context.Context, func(identity.Opened, identity.Connection) error,
) error {
	return unwritten()
}
