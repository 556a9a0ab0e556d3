package identity

import (
	"context"
	"time"
)

// Gateway gives access to an opened organization at Zitadel. It is the
// service account homeroom-runtime.
type Gateway interface {
	In(Opened) Remote
	// LoginPages tells which of Zitadel's login pages the instance uses. It is
	// found out by asking the authorization endpoint, not configured.
	LoginPages(context.Context) (LoginPages, error)
	// ShownRoleAssignments answers which role assignments of at most [MaxShown]
	// users Zitadel shows in organizations that are opened. It looks once and does
	// not wait.
	ShownRoleAssignments(ctx context.Context, users []UserID, in ...Opened) ([]RoleAssignment, error)
	// AnswerBadge hands Zitadel the token for a sign-in that waits for one, and
	// returns the URL at Zitadel where the browser goes on. A sign-in that nobody
	// waits for, and a token that Zitadel refuses, are gone ("sign-in.lost").
	AnswerBadge(ctx context.Context, request BadgeRequest, header, token string) (string, error)
}

// LoginPages is where an instance lets people type their credentials.
type LoginPages struct {
	Version int    // 1 or 2
	Base    string // URL of the pages without a slash at the end
}

// Remote is one opened organization at Zitadel: all that pages and machine
// doors may change there. No method has an organization parameter. Before any
// call by ID the object is loaded and its owner compared with the opened
// organization; anything that is not there is an [Error] of kind not-found.
// Every method may answer unavailable.
//
// Facts are what Zitadel answered, to be applied to the projection at once.
type Remote interface {
	// CreateUser creates a user in the home of the organization and reads it
	// back. A taken user name is a conflict ("user.name-taken"). The same
	// NewUser.ID again answers the user that is there. A row that Zitadel does
	// not show after a bounded wait is repaired, or unavailable
	// ("remote.not-shown") if that fails.
	CreateUser(context.Context, NewUser) (Fact, error)
	// User is the user at Zitadel now: one who is at home in the home of the
	// organization, or who holds a role in the organization.
	User(context.Context, UserID) (User, error)
	// FirstSignIn makes a fresh invite code and returns the URL at Zitadel's
	// login where the user, who has no credential yet, sets one. A user who has
	// one already is a conflict ("user.has-credential").
	FirstSignIn(context.Context, UserID) (string, error)
	// ResetSignIn ends the user's sessions, removes second factors and
	// passkeys, and returns the URL at Zitadel's login where the user sets a new
	// password. Only for users at home here.
	ResetSignIn(context.Context, UserID) (string, error)
	// ResetSecret does the same for a user without e-mail: secret becomes the
	// password, and mustChange asks for another one at the next sign-in. Only for
	// users at home here.
	ResetSecret(ctx context.Context, user UserID, secret string, mustChange bool) error

	// CreateRoleAssignment assigns roles to a user of any home. An assignment
	// that is there already is brought to these roles and activated.
	CreateRoleAssignment(context.Context, UserID, []Role) (Fact, error)
	// UpdateRoleAssignment replaces the roles of the user here.
	UpdateRoleAssignment(context.Context, UserID, []Role) (Fact, error)
	// SuspendRoleAssignment keeps the assignment and takes its roles out of
	// tokens; ActivateRoleAssignment gives them back. Both may be repeated.
	SuspendRoleAssignment(context.Context, UserID) (Fact, error)
	ActivateRoleAssignment(context.Context, UserID) (Fact, error)
	// DeleteRoleAssignment ends the assignment. It may be repeated: one that is
	// gone already is no error.
	DeleteRoleAssignment(context.Context, UserID) (Fact, error)

	// SetName changes the name people see (metadata homeroom.name).
	SetName(context.Context, string) (Fact, error)

	Federation
	Accounts
	Policies
	Enrolment
	Badging
}

// Accounts is what may be done to the account of a user who is at home here.
// Everybody else's is not found: a guest keeps control of their account.
type Accounts interface {
	// EndSessions ends the sessions that Zitadel lists for the user and answers
	// how many. Sessions of its older login pages are not listed; those end with
	// the browser.
	EndSessions(context.Context, UserID) (int, error)
	// ResetFactors removes second factors and passkeys, and keeps the password.
	ResetFactors(context.Context, UserID) ([]Fact, error)
	// Deactivate keeps the user from signing in anywhere, and Reactivate lets
	// them in again. Both may be repeated.
	Deactivate(context.Context, UserID) (Fact, error)
	Reactivate(context.Context, UserID) (Fact, error)
	// Unlock ends a lock that too many wrong passwords caused. It may be repeated.
	Unlock(context.Context, UserID) (Fact, error)
	// DeleteUser removes the user for good, with the role assignments everywhere.
	// It may be repeated, and answers the same again.
	DeleteUser(context.Context, UserID) (Fact, error)
}

// Policies is what an organization sets about itself at Zitadel.
type Policies interface {
	// LoginPolicy is the policy in force now.
	LoginPolicy(context.Context) (LoginPolicy, error)
	// SetLoginPolicy changes it, and keeps every field that [LoginPolicy] does
	// not have. A school without one of its own gets a copy of the instance's.
	SetLoginPolicy(context.Context, LoginPolicy) error
	// SetBranding makes Zitadel's login pages and mail of the organization look so
	// (label policy, assets); the zero Branding returns to the instance's.
	SetBranding(context.Context, Branding) error
	// PasswordRules are the rules in force now for passwords of people at home here.
	PasswordRules(context.Context) (PasswordRules, error)
	// SetState deactivates or activates the organization at Zitadel. It may be
	// repeated.
	SetState(context.Context, OrganizationState) (Fact, error)
	// SetSchool puts a classroom that stands alone into a school (metadata
	// homeroom.school).
	SetSchool(ctx context.Context, school OrganizationID) (Fact, error)
}

// Provisioner opens and deletes organizations. It is the service account
// homeroom-provisioner; only the code that opens and deletes schools and
// classrooms holds it.
type Provisioner interface {
	// Open makes the organization with its ID, makes homeroom-runtime a member,
	// grants the platform project and writes the metadata. Every step may be
	// repeated: after a crash the same call completes what is missing.
	Open(context.Context, NewOrganization) ([]Fact, error)
	// Delete removes an organization that is an opened one for good, with its
	// users and the role assignments in it. It may be repeated.
	Delete(context.Context, Opened) (Fact, error)
}

// Events reads Zitadel's event log, which is the truth the projection is built
// from, and answers by ID for the reconciliation. It is the service account
// homeroom-events and cannot write.
type Events interface {
	// Events lists events in the order of their time, oldest first, strictly
	// after query.After. Types that mean nothing to us are left out, payload
	// fields outside the facts are dropped. Fewer than query.Limit events mean
	// that the end was reached.
	Events(context.Context, EventQuery) (EventPage, error)
	// Organization, User and RoleAssignments answer from Zitadel's read side,
	// which may lag and was seen to lose rows. They serve reconciliation alone.
	Organization(context.Context, OrganizationID) (Organization, error)
	User(context.Context, UserID) (User, error)
	RoleAssignments(context.Context, OrganizationID) ([]RoleAssignment, error)
	// Platform names what bootstrap made: the operators' organization holds
	// operator roles, and events edited by our service accounts are the portal's
	// own changes.
	Platform(context.Context) (Platform, error)
}

// Platform is what an installation of Homeroom consists of at Zitadel.
type Platform struct {
	Project         string
	Operators       OrganizationID // owns the platform project
	Individuals     OrganizationID // home of people who register themselves
	ServiceAccounts []UserID       // runtime, provisioner, events
}

// EventQuery selects events.
type EventQuery struct {
	After     time.Time // exclusive; Zitadel's precision is a microsecond
	Aggregate string    // only this aggregate, from its first event on
	Limit     int       // 1 to 1000; Zitadel's maximum
}

// EventPage is a page of events. Last is the time of the last event Zitadel
// returned, known to us or not, and More whether there may be further ones.
type EventPage struct {
	Events []Event
	Last   time.Time
	More   bool
}

// Event is one event of Zitadel's log. Aggregate and Sequence identify it.
type Event struct {
	Aggregate    string // ID of the user, authorization, organization, …
	Sequence     uint64 // counts per aggregate
	Organization OrganizationID
	At           time.Time
	Editor       UserID
	Type         string // Zitadel's name of it, such as "user.locked"
	Fact         Fact
}
