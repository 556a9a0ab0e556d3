package zitadel

// The event types that mean something to us where they are about people, who
// cause most events. What happens to organizations, projects and the instance
// is rare, and asked for whole.
const (
	userAdded           = "user.human.added"
	userRegistered      = "user.human.selfregistered"
	userProfileChanged  = "user.human.profile.changed"
	userAddressChanged  = "user.human.email.changed"
	userAddressVerified = "user.human.email.verified"
	userNameChanged     = "user.username.changed"
	userNameClaimed     = "user.domain.claimed" // an organization verified the domain it ends in
	userLocked          = "user.locked"
	userUnlocked        = "user.unlocked"
	userDeactivated     = "user.deactivated"
	userReactivated     = "user.reactivated"
	userRemoved         = "user.removed"

	// signedIn is the one event every kind of sign-in ends in, with Zitadel's own
	// pages of either version, a school's identity provider or a passkey.
	signedIn = "oidc_session.added"
	// signedOut is the end of a sign-in at the older login pages, sessionEnded at
	// the newer ones, and sessionUser tells whose that one was.
	signedOut    = "user.human.signed.out"
	sessionEnded = "session.terminated"
	sessionUser  = "session.user.checked"

	// With one of these a sign-in begins. They tell the address that signedIn lacks
	// where the older login pages were used.
	passwordChecked = "user.human.password.check.succeeded"
	providerChecked = "user.human.externallogin.check.succeeded"
	passkeyChecked  = "user.human.passwordless.token.check.succeeded"

	passwordChanged = "user.human.password.changed"
	passwordFailed  = "user.human.password.check.failed"
	passwordCode    = "user.human.password.code.added"

	linkAdded          = "user.human.externalidp.added"
	linkRemoved        = "user.human.externalidp.removed"
	linkCascadeRemoved = "user.human.externalidp.cascade.removed" // with the provider

	// A factor is added before its owner has proven to have it. What counts is
	// verified; codes by mail and text message need no such proof.
	passkeyVerified     = "user.human.passwordless.token.verified"
	passkeyRemoved      = "user.human.passwordless.token.removed"
	passkeyFailed       = "user.human.passwordless.token.check.failed"
	totpVerified        = "user.human.mfa.otp.verified"
	totpRemoved         = "user.human.mfa.otp.removed"
	totpFailed          = "user.human.mfa.otp.check.failed"
	securityKeyVerified = "user.human.mfa.u2f.token.verified"
	securityKeyRemoved  = "user.human.mfa.u2f.token.removed"
	securityKeyFailed   = "user.human.mfa.u2f.token.check.failed"
	mailCodeAdded       = "user.human.mfa.otp.email.added"
	mailCodeRemoved     = "user.human.mfa.otp.email.removed"
	mailCodeFailed      = "user.human.mfa.otp.email.check.failed"
	textCodeAdded       = "user.human.mfa.otp.sms.added"
	textCodeRemoved     = "user.human.mfa.otp.sms.removed"
	textCodeFailed      = "user.human.mfa.otp.sms.check.failed"
	recoveryAdded       = "user.human.mfa.recoverycode.added"
	recoveryRemoved     = "user.human.mfa.recoverycode.removed"
	recoveryFailed      = "user.human.mfa.recoverycode.check.failed"

	userImpersonated  = "user.impersonated"
	machineAdded      = "user.machine.added"
	machineKeyAdded   = "user.machine.key.added"
	machineSecretSet  = "user.machine.secret.set"
	machineTokenAdded = "user.pat.added"

	assignmentAdded          = "user.grant.added"
	assignmentChanged        = "user.grant.changed"
	assignmentCascadeChanged = "user.grant.cascade.changed" // also by UpdateAuthorization
	assignmentDeactivated    = "user.grant.deactivated"
	assignmentReactivated    = "user.grant.reactivated"
	assignmentRemoved        = "user.grant.removed"
	assignmentCascadeRemoved = "user.grant.cascade.removed"
)

// Those about organizations and grants that the projection is built from.
const (
	organizationAdded       = "org.added"
	organizationChanged     = "org.changed"
	organizationDeactivated = "org.deactivated"
	organizationReactivated = "org.reactivated"
	organizationRemoved     = "org.removed"
	metadataSet             = "org.metadata.set"
	metadataRemoved         = "org.metadata.removed"

	// A role taken from the project reaches the assignments with events of their
	// own, so project.grant.cascade.changed has nothing to add.
	grantAdded   = "project.grant.added"
	grantChanged = "project.grant.changed"
	grantRemoved = "project.grant.removed"
)

// question is what Zitadel is asked for at once: 30 types at most, or 10 kinds
// of aggregate.
type question struct{ types, aggregates []string }

// questions are asked one after the other and their answers put together. The
// one with the most answers comes first: it bounds how far the others are read.
// What two of them ask for is taken once.
var questions = []question{
	{types: []string{
		userAdded, userRegistered, userProfileChanged, userAddressChanged, userAddressVerified,
		userNameChanged, userNameClaimed, userLocked, userUnlocked, userDeactivated, userReactivated, userRemoved,
		assignmentAdded, assignmentChanged, assignmentCascadeChanged, assignmentDeactivated, assignmentReactivated,
		assignmentRemoved, assignmentCascadeRemoved,
		signedIn, sessionEnded, signedOut, passwordChanged, passwordFailed,
		linkAdded, linkRemoved, linkCascadeRemoved,
		grantAdded, grantChanged, grantRemoved, // before the assignments that go with one
	}},
	{types: []string{
		passwordChecked, providerChecked, passkeyChecked, sessionUser,
		passkeyVerified, passkeyRemoved, passkeyFailed,
		totpVerified, totpRemoved, totpFailed,
		securityKeyVerified, securityKeyRemoved, securityKeyFailed,
		mailCodeAdded, mailCodeRemoved, mailCodeFailed,
		textCodeAdded, textCodeRemoved, textCodeFailed,
		recoveryAdded, recoveryRemoved, recoveryFailed,
		passwordCode, userImpersonated, machineAdded, machineKeyAdded, machineSecretSet, machineTokenAdded,
	}},
	{aggregates: []string{"org", "project", "instance", "feature", "restrictions"}},
}
