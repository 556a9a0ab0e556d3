package identity

import "time"

// Enforcement is whether the people at home in a school have to sign in through
// one of its connections.
//
// The portal refuses every other sign-in of theirs. Zitadel does not: its policy
// knows no exceptions, and with passwords it refuses passkeys.
type Enforcement struct {
	On         bool
	Since      time.Time
	Exceptions []EnforcementException
	// RecoveryMadeAt is when the one-time recovery link was made, and
	// RecoveryUsedAt when it was used; zero if not.
	RecoveryMadeAt time.Time
	RecoveryUsedAt time.Time
}

// EnforcementException is somebody who may sign in otherwise.
type EnforcementException struct {
	User UserID
	Name string
	// BreakGlass is a school_admin who keeps a passkey or a password for the day
	// the identity provider fails. Enforcement needs one at least.
	BreakGlass bool
}

// LockedOutWhy is why somebody could not sign in any more.
type LockedOutWhy string

// The reasons a rehearsal tells.
const (
	LockedOutNoAddress   LockedOutWhy = "no-address"   // signs in with a user name
	LockedOutDomain      LockedOutWhy = "domain"       // no active connection serves their domain
	LockedOutUnverified  LockedOutWhy = "unverified"   // linking needs a verified address
	LockedOutNeverTested LockedOutWhy = "never-tested" // would work, but never signed in that way
	LockedOutGuest       LockedOutWhy = "guest"        // at home elsewhere: not touched by the rule
)

// LockedOut is a line of a rehearsal.
type LockedOut struct {
	User     User
	Role     Role // the highest they hold in the school or one of its classrooms
	Why      LockedOutWhy
	Excepted bool
}

// SignInMethod is a way somebody can sign in at Zitadel.
type SignInMethod string

// The methods that matter here.
const (
	MethodPassword SignInMethod = "password"
	MethodPasskey  SignInMethod = "passkey"
	MethodExternal SignInMethod = "external" // linked to an identity provider
	MethodOTP      SignInMethod = "otp"      // a second factor
)
