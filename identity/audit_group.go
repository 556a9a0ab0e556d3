package identity

import "slices"

// ActionGroup is a kind of thing that happens, by which people look for what
// happened.
type ActionGroup string

// The groups. Every action is in one of them.
const (
	GroupSignIns     ActionGroup = "sign-ins"
	GroupCredentials ActionGroup = "credentials" // passwords, second factors, sessions
	GroupJoined      ActionGroup = "joined"      // somebody got a role
	GroupLeft        ActionGroup = "left"        // somebody lost one, or the use of it
	GroupInvitations ActionGroup = "invitations"
	GroupAccounts    ActionGroup = "accounts"
	GroupClassrooms  ActionGroup = "classrooms"
	GroupRules       ActionGroup = "rules"  // settings, policies, branding
	GroupSchool      ActionGroup = "school" // how the school signs in: connections, domains
	GroupPlatform    ActionGroup = "platform"
	GroupData        ActionGroup = "data" // what was taken out, and the log itself
)

// ActionGroups lists the groups in the order in which people choose from them.
var ActionGroups = []ActionGroup{
	GroupSignIns, GroupJoined, GroupLeft, GroupInvitations, GroupAccounts, GroupCredentials,
	GroupClassrooms, GroupRules, GroupSchool, GroupPlatform, GroupData,
}

var groupedActions = map[ActionGroup][]Action{
	GroupSignIns: {ActionSignedIn, ActionSignInFailed, ActionSignedOut, ActionBadgeUsed, ActionBadgeRefused},
	GroupCredentials: {
		ActionSignInReset, ActionPasswordChanged, ActionFactorAdded, ActionFactorRemoved, ActionFactorsReset,
		ActionProviderLinked, ActionProviderUnlinked, ActionSessionsEnded,
		ActionBadgeIssued, ActionBadgeVoided, ActionBadgesVoided, ActionCardsMade,
	},
	GroupJoined: {
		ActionImportCreated, ActionImportMoved,
		ActionRoleAssigned, ActionRoleChanged, ActionRoleActivated, ActionStudentCreated, ActionInvitationAccepted,
		ActionArrivalLinked, ActionArrivalCreated, ActionJoinAsked, ActionJoinApproved, ActionJoinDeclined,
		ActionJoined, ActionJoinBlocked, ActionJoinUnblocked,
		ActionSubstituteAdded, ActionSubstituteChanged,
	},
	GroupLeft: {
		ActionImportRemoved,
		ActionRoleRemoved, ActionSubstituteEnded, ActionLeft, ActionRoleSuspended, ActionUserRemoved, ActionUserDeleted, ActionUserDeactivated,
	},
	GroupInvitations: {
		ActionInvited, ActionInvitationResent, ActionInvitationRevoked, ActionInvitationCopied, ActionInvitationAsked,
		ActionInvitationAccepted,
	},
	GroupAccounts: {
		ActionUserChanged, ActionUserRemoved, ActionUserDeactivated, ActionUserReactivated, ActionUserUnlocked,
		ActionUserDeleted, ActionStudentCreated, ActionArrivalCreated, ActionBasisRecorded,
		ActionBulkBegun, ActionBulkFinished, ActionBulkUndone,
		ActionGuardianAdded, ActionGuardianChanged, ActionGuardianRemoved,
		ActionImportBegun, ActionImportFinished, ActionImportUndone, ActionImportCreated, ActionImportUpdated, ActionImportBack,
	},
	GroupClassrooms: {
		ActionClassroomOpened, ActionClassroomArchived, ActionClassroomRestored, ActionClassroomDeleted,
		ActionClassroomAdopted, ActionOrganizationRenamed, ActionJoinCodeMade, ActionJoinCodeChanged, ActionJoinCodeStopped,
		ActionClassroomFollowed, ActionClassroomKept, ActionRolloverBegun, ActionRolloverFinished, ActionRolloverUndone, ActionRolloverBack,
	},
	GroupRules: {
		ActionBadgesOn, ActionBadgesOff, ActionBadgesChanged, ActionSettingsChanged, ActionPoliciesChanged, ActionBrandingChanged, ActionRetentionChanged,
		ActionStudentRules, ActionTermAdded, ActionTermChanged, ActionTermDeleted, ActionImportsPaused, ActionImportsUnpaused,
		ActionRemotePolicy, ActionRemoteBranding,
	},
	GroupSchool: {
		ActionConnectionMade, ActionConnectionChanged, ActionConnectionTested, ActionConnectionActivated,
		ActionConnectionOff, ActionConnectionDeleted, ActionCertificateAccepted, ActionDomainAdded, ActionDomainVerified,
		ActionDomainChanged, ActionDomainDeleted, ActionSetupLinkMade, ActionSetupLinkOpened, ActionSetupLinkRevoked,
		ActionSetupLinkFinished, ActionEnforced, ActionEnforcementEnded, ActionRecoveryMade, ActionRecoveryUsed,
		ActionRemoteProvider, ActionRemoteDomain,
	},
	GroupPlatform: {
		ActionSchoolOpened, ActionVisited, ActionLookEnded, ActionSchoolSuspended, ActionSchoolRestored, ActionSchoolErased,
		ActionJobRetried, ActionReconciled, ActionInstanceChecked, ActionRemoteManager, ActionRemoteState, ActionRemoteOther,
	},
	GroupData: {
		ActionAuditExported, ActionAuditPruned, ActionAuditErased, ActionStreamAdded, ActionStreamChanged, ActionStreamDeleted,
		ActionSchoolExported, ActionExportTaken, ActionDataExported, ActionListExported, ActionSchoolErased,
	},
}

// Actions are those of the group; none if there is no such group.
func (g ActionGroup) Actions() []Action { return slices.Clone(groupedActions[g]) }
