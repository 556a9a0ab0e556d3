package identity

import "context"

// Enrolment is the part of [Remote] for many people at once: each write is one
// call, and what was written is read back together. Zitadel loses rows of its
// read side when writes overlap, so who calls AddUser or AssignRoles must ask
// for what is shown afterwards, and repair or name what is not: ShownUsers and
// [Gateway.ShownRoleAssignments].
type Enrolment interface {
	// AddUser is [Remote.CreateUser] without reading back. The same NewUser.ID
	// again answers the user that is there.
	AddUser(context.Context, NewUser) (Fact, error)
	// AssignRoles is [Remote.CreateRoleAssignment] without reading back.
	AssignRoles(context.Context, UserID, []Role) (Fact, error)
	// ShownUsers answers which of at most [MaxShown] users at home here Zitadel
	// shows whole, with a name to sign in by. It looks once and does not wait.
	ShownUsers(context.Context, []UserID) ([]UserID, error)
	// RepairUser deletes a user at home here who was created a moment ago and is
	// not shown, creates it again with the same ID, and reads it back. Their role
	// assignments have to be made again.
	RepairUser(context.Context, NewUser) (Fact, error)
	// RepairRoleAssignment does the same for a role assignment here.
	RepairRoleAssignment(context.Context, UserID, []Role) (Fact, error)
	// UpdateUser changes a user at home here. A taken user name is a conflict
	// ("user.name-taken"). A changed address is unverified.
	UpdateUser(context.Context, UserID, UserUpdate) (Fact, error)
}

// MaxShown is how many can be asked for at once.
const MaxShown = 100

// UserUpdate is what changes about a user; nil leaves it as it is.
type UserUpdate struct {
	UserName, GivenName, FamilyName *string
	// Address empty makes the user one without e-mail.
	Address *string
}

// Empty reports whether nothing changes.
func (u UserUpdate) Empty() bool { return u == UserUpdate{} }

// PasswordRules are what Zitadel asks of a password of people at home in an
// organization (password complexity policy).
type PasswordRules struct {
	MinLength                   int
	Upper, Lower, Digit, Symbol bool
}

// DefaultPasswordRules are Zitadel's own.
var DefaultPasswordRules = PasswordRules{MinLength: 8, Upper: true, Lower: true, Digit: true, Symbol: true}

// Badging is the part of [Remote] that lets students of a school come in with a
// badge: an identity provider of the school that takes the portal's word for who
// somebody is, in a signed token that lives for seconds.
type Badging interface {
	// CreateBadgeProvider makes the school's JWT identity provider, attached to
	// nothing. It may be repeated: a provider of the same name is brought to what
	// is asked for. [Federation] attaches, detaches, deletes and links it.
	CreateBadgeProvider(context.Context, BadgeProvider) (ProviderID, error)
}

// BadgeProvider is a JWT identity provider (AddJWTProvider).
type BadgeProvider struct {
	Name     string
	Issuer   string // of the tokens
	Endpoint string // where Zitadel sends the browser for a token
	Keys     string // where Zitadel reads the keys (JWKS)
	Header   string // in which Zitadel is handed the token
}

// BadgeRequest is a sign-in that waits at Zitadel for a token: the parameters
// with which the browser was sent to [BadgeProvider.Endpoint]
// (authRequestID, userAgentID).
type BadgeRequest struct {
	AuthRequest string
	UserAgent   string
	// Browser and Address are the User-Agent header and the IP address of the
	// browser that waits. Zitadel writes down whoever brings the token, which is
	// the portal: so it is told whom the portal speaks for.
	Browser, Address string
}
