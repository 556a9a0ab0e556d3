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
	ActionLookEnded           Action = "look.ended"           // by the operator, before its time was over
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
	ActionSubstituteAdded     Action = "substitute.added"
	ActionSubstituteChanged   Action = "substitute.changed" // until when
	ActionSubstituteEnded     Action = "substitute.ended"   // by itself
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
	ActionJoined              Action = "join.joined" // by a code, without being asked about
	ActionJoinBlocked         Action = "join.blocked"
	ActionJoinUnblocked       Action = "join.unblocked"
	ActionJoinCodeMade        Action = "join-code.made"
	ActionJoinCodeChanged     Action = "join-code.changed"
	ActionJoinCodeStopped     Action = "join-code.stopped"

	// People of a school.
	ActionSessionsEnded    Action = "sessions.ended"
	ActionFactorsReset     Action = "factors.reset"
	ActionUserDeactivated  Action = "user.deactivated"
	ActionUserReactivated  Action = "user.reactivated"
	ActionUserUnlocked     Action = "user.unlocked"
	ActionUserDeleted      Action = "user.deleted"
	ActionBulkBegun        Action = "bulk.begun"
	ActionBulkFinished     Action = "bulk.finished"
	ActionBulkUndone       Action = "bulk.undone"
	ActionBasisRecorded    Action = "basis.recorded" // on which an account exists
	ActionRetentionChanged Action = "retention.changed"

	// Students without e-mail.
	ActionStudentRules Action = "student.rules" // how their accounts are made
	ActionCardsMade    Action = "cards.made"    // login cards, with first secrets on them

	// Contacts of students.
	ActionGuardianAdded   Action = "guardian.added"
	ActionGuardianChanged Action = "guardian.changed"
	ActionGuardianRemoved Action = "guardian.removed"

	// Badges: QR codes on students' cards.
	ActionBadgesOn      Action = "badges.on"
	ActionBadgesOff     Action = "badges.off"
	ActionBadgesChanged Action = "badges.changed"
	ActionBadgesVoided  Action = "badges.voided" // all of a classroom or school
	ActionBadgeIssued   Action = "badge.issued"
	ActionBadgeVoided   Action = "badge.voided"
	ActionBadgeUsed     Action = "badge.used"
	ActionBadgeRefused  Action = "badge.refused"

	// Lists of people that were brought.
	ActionImportBegun    Action = "import.begun"
	ActionImportFinished Action = "import.finished"
	ActionImportUndone   Action = "import.undone"
	ActionImportCreated  Action = "import.created" // an account, and its roles
	ActionImportUpdated  Action = "import.updated" // what an account says
	ActionImportMoved    Action = "import.moved"   // roles in classes
	ActionImportRemoved  Action = "import.removed"
	ActionImportBack     Action = "import.put-back" // as it was before

	// Terms, and what happens between two of them.
	ActionTermAdded         Action = "term.added"
	ActionTermChanged       Action = "term.changed"
	ActionTermDeleted       Action = "term.deleted"
	ActionImportsPaused     Action = "imports.paused"  // between two days
	ActionImportsUnpaused   Action = "imports.resumed" // before the pause was over
	ActionRolloverBegun     Action = "rollover.begun"
	ActionRolloverFinished  Action = "rollover.finished"
	ActionRolloverUndone    Action = "rollover.undone" // its undoing was begun
	ActionRolloverBack      Action = "rollover.back"   // its undoing is done
	ActionClassroomFollowed Action = "classroom.followed"
	ActionClassroomKept     Action = "classroom.kept"

	// Classrooms and schools.
	ActionClassroomArchived Action = "classroom.archived"
	ActionClassroomRestored Action = "classroom.restored"
	ActionClassroomDeleted  Action = "classroom.deleted"
	ActionClassroomAdopted  Action = "classroom.adopted" // one that stood alone, by a school
	ActionPoliciesChanged   Action = "policies.changed"
	ActionBrandingChanged   Action = "branding.changed"
	ActionSchoolSuspended   Action = "school.suspended"
	ActionSchoolRestored    Action = "school.restored"
	ActionSchoolExported    Action = "school.exported"
	ActionExportTaken       Action = "school.export-taken" // its archive was fetched
	ActionSchoolErased      Action = "school.erased"
	ActionDataExported      Action = "data.exported" // a person's own
	ActionListExported      Action = "list.exported" // of a class, or of a school's people

	// The log itself and where it is sent.
	ActionAuditExported Action = "audit.exported"
	ActionAuditPruned   Action = "audit.pruned"
	ActionAuditErased   Action = "audit.erased" // with the school it was of; on the platform's log
	ActionStreamAdded   Action = "stream.added"
	ActionStreamChanged Action = "stream.changed"
	ActionStreamDeleted Action = "stream.deleted"

	// The platform.
	ActionJobRetried      Action = "job.retried"
	ActionReconciled      Action = "projection.reconciled"
	ActionInstanceChecked Action = "instance.checked"

	// Seen in Zitadel's events alone.
	ActionSignedIn         Action = "sign-in.done"
	ActionSignInFailed     Action = "sign-in.failed"
	ActionSignedOut        Action = "sign-in.ended"
	ActionPasswordChanged  Action = "password.changed"
	ActionFactorAdded      Action = "factor.added"
	ActionFactorRemoved    Action = "factor.removed"
	ActionProviderLinked   Action = "provider.linked"
	ActionProviderUnlinked Action = "provider.unlinked"
	ActionRemotePolicy     Action = "remote.policy"   // login policy of the organization
	ActionRemoteProvider   Action = "remote.provider" // identity provider
	ActionRemoteDomain     Action = "remote.domain"
	ActionRemoteBranding   Action = "remote.branding"
	ActionRemoteManager    Action = "remote.manager" // administrator of the organization at Zitadel
	ActionRemoteState      Action = "remote.state"   // the organization was deactivated or activated
	ActionRemoteOther      Action = "remote.other"   // something else, named by its event type
)

// Outcome is what became of an action.
type Outcome string

// Outcomes of an action. One that is begun and never closed was cut off, and
// is settled by what Zitadel's events say.
const (
	OutcomeBegun  Outcome = "begun"
	OutcomeDone   Outcome = "done"
	OutcomeFailed Outcome = "failed"
	// OutcomeUnknown closes what was cut off and left no trace at Zitadel either
	// way.
	OutcomeUnknown Outcome = "unknown"
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
	// Home is the home of the organization when it happened: the school, whose
	// log a classroom's records are part of. Its records are one chain.
	Home       OrganizationID
	At         time.Time
	Actor      Actor
	ActorRole  Role // highest effective role at the time
	Action     Action
	Target     string // ID of the user, invitation, … or empty
	TargetName string // as it was then
	Before     map[string]string
	After      map[string]string
	RequestID  string
	Address    string // the client's
	Device     string // the client's User-Agent, cut off after [MaxDevice] bytes
	Source     Source
	Outcome    Outcome
	ClosedAt   time.Time // when Outcome was known; zero while it is begun
	Event      AuditEvent

	// Position counts the records of the installation in the order in which they
	// were closed, and Hash chains each to the one before of the same Home.
	// Number counts those of Home, from 1 and without gaps. All three are empty
	// while a record is begun.
	Position int64
	Number   int64
	Hash     string // hexadecimal
}

// AuditEvent is the event of Zitadel's log that a record tells of; zero for a
// change made in the portal.
type AuditEvent struct {
	Type      string
	Aggregate string
	Sequence  uint64
}

// MaxDevice bounds what is kept of a User-Agent.
const MaxDevice = 256

// Request is where a change comes from, for its audit record. The edge puts it
// into the context with [WithRequest].
type Request struct {
	ID      string
	Address string
	Device  string // User-Agent
	// Once names a step of work that is done again after a crash: its records get
	// their IDs from it, so that each is there once.
	Once string
}
