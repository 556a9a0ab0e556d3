package identity

import "time"

// Action is what was done, as it stands in audit records. The sentence for
// people is the catalogue's entry "audit.<action>".
type Action string

// The actions the portal records.
const (
	ActionClassroomOpened     Action = "classroom.opened"
	ActionSchoolOpened        Action = "school.opened"
	ActionOrganizationRenamed Action = "organization.renamed"
	ActionSettingsChanged     Action = "settings.changed"
	ActionVisited             Action = "organization.visited" // by an operator
	ActionInvited             Action = "invitation.created"
	ActionInvitationResent    Action = "invitation.resent"
	ActionInvitationRevoked   Action = "invitation.revoked"
	ActionInvitationCopied    Action = "invitation.copied" // its link was shown
	ActionInvitationAsked     Action = "invitation.asked"  // its mail, by who has a copied link
	ActionInvitationAccepted  Action = "invitation.accepted"
	ActionStudentCreated      Action = "student.created"
	ActionRoleAssigned        Action = "role.assigned"
	ActionRoleChanged         Action = "role.changed"
	ActionRoleSuspended       Action = "role.suspended"
	ActionRoleActivated       Action = "role.activated"
	ActionRoleRemoved         Action = "role.removed"
	ActionLeft                Action = "role.left"
	ActionSignInReset         Action = "sign-in.reset"
	ActionUserChanged         Action = "user.changed" // seen at Zitadel only
	ActionUserRemoved         Action = "user.removed" // seen at Zitadel only
	ActionConnectionMade      Action = "connection.made"
	ActionConnectionChanged   Action = "connection.changed"
	ActionConnectionTested    Action = "connection.tested"
	ActionConnectionActivated Action = "connection.activated"
	ActionConnectionOff       Action = "connection.off"
	ActionConnectionDeleted   Action = "connection.deleted"
	ActionCertificateAccepted Action = "connection.certificate-accepted"
	ActionDomainAdded         Action = "domain.added"
	ActionDomainVerified      Action = "domain.verified"
	ActionDomainChanged       Action = "domain.changed" // whom it lets join
	ActionDomainDeleted       Action = "domain.deleted"
	ActionSetupLinkMade       Action = "setup-link.made"
	ActionSetupLinkOpened     Action = "setup-link.opened" // a code was confirmed
	ActionSetupLinkRevoked    Action = "setup-link.revoked"
	ActionSetupLinkFinished   Action = "setup-link.finished"
	ActionEnforced            Action = "enforcement.begun"
	ActionEnforcementEnded    Action = "enforcement.ended"
	ActionRecoveryMade        Action = "recovery.made"
	ActionRecoveryUsed        Action = "recovery.used"
	ActionArrivalLinked       Action = "arrival.linked"  // an account was tied to an identity provider
	ActionArrivalCreated      Action = "arrival.created" // an account was made for who came from one
	ActionJoinAsked           Action = "join.asked"
	ActionJoinApproved        Action = "join.approved"
	ActionJoinDeclined        Action = "join.declined"
)

// Outcome is what became of an action.
type Outcome string

// Outcomes of an action. One that is begun and never closed was cut off, and
// is settled by what Zitadel's events say.
const (
	OutcomeBegun  Outcome = "begun"
	OutcomeDone   Outcome = "done"
	OutcomeFailed Outcome = "failed"
)

// Source is where a change was made.
type Source string

// Sources of a change: the portal itself, or Zitadel, past the portal.
const (
	SourcePortal  Source = "portal"
	SourceZitadel Source = "zitadel"
)

// AuditRecord is one change: who, role, organization, target, action, before
// and after, request, address, time.
type AuditRecord struct {
	ID           string
	Organization OrganizationID
	At           time.Time
	Actor        Actor
	ActorRole    Role // highest effective role at the time
	Action       Action
	Target       string // ID of the user, invitation, … or empty
	TargetName   string // as it was then
	Before       map[string]string
	After        map[string]string
	RequestID    string
	Address      string // the client's
	Source       Source
	Outcome      Outcome
}

// Request is where a change comes from, for its audit record. The edge puts it
// into the context with [WithRequest].
type Request struct {
	ID      string
	Address string
}
