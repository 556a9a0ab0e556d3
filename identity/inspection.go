package identity

import (
	"context"
	"time"
)

// Inspector reads how Zitadel is set up, so that the traps of an instance are
// seen before somebody falls into one. It changes nothing. Each method fails on
// its own: where the service account may not read something, the rest is
// answered all the same.
type Inspector interface {
	// InspectServer tells the server's version and how far its clock is from ours.
	InspectServer(context.Context) (ServerSettings, error)
	// InspectInstance reads the settings that hold for every organization.
	InspectInstance(context.Context) (InstanceSettings, error)
	// InspectAccounts reads the rights of our service accounts: the runtime, the
	// provisioner and the events account, in this order.
	InspectAccounts(context.Context) ([]AccountRights, error)
	// InspectProject reads the platform project, the portal's application in it,
	// and to whom it is granted.
	InspectProject(context.Context) (ProjectSettings, error)
}

// ServerSettings are what a server tells about itself.
type ServerSettings struct {
	Version string        // such as "v4.15.3"; empty where a build has none
	Skew    time.Duration // the server's clock less ours, to the second
}

// InstanceSettings hold for every organization of the instance.
type InstanceSettings struct {
	// ValidateDomains makes organizations prove their domains; without it any
	// school can claim any domain, and with it the user names of others.
	ValidateDomains bool
	// UserNamesPerOrganization makes user names unique in an organization alone.
	UserNamesPerOrganization bool
	// PublicRegistration lets strangers make organizations.
	PublicRegistration bool
	// Policy is the login policy where a school has none of its own, and Redirect
	// where it leads people who came from nowhere.
	Policy   LoginPolicy
	Redirect string
	// DomainDiscovery leads people by the domain of what they type to the
	// organization that proved it.
	DomainDiscovery bool

	AccessTokenLifetime, IDTokenLifetime time.Duration
	RefreshTokenIdle, RefreshTokenLife   time.Duration

	// PermissionCheckV2 hides sessions from the members of organizations.
	PermissionCheckV2 bool
	// ImprovedPerformance are the names of what is switched on by that flag, such
	// as "USER_GRANT".
	ImprovedPerformance []string
	// NewLogin tells whether the newer login pages are asked for, and NewLoginBase
	// where they are; empty for Zitadel's own.
	NewLogin     bool
	NewLoginBase string
}

// AccountRights are what a service account may do at Zitadel.
type AccountRights struct {
	Name      string // "runtime", "provisioner", "events"
	User      UserID
	State     UserState
	Instance  []string // administrator roles on the instance
	Operators []string // in the operators' organization
	// Organizations counts the memberships elsewhere by their roles, joined by a
	// comma: "ORG_SETTINGS_MANAGER,ORG_USER_MANAGER".
	Organizations map[string]int
	// KeyExpires is when the key in use ends; zero where it is not known.
	KeyExpires time.Time
}

// ProjectSettings are those of the platform project and its application.
type ProjectSettings struct {
	RoleAssertion bool // roles stand in tokens
	// SchoolBranding shows the look of the school whose people sign in.
	SchoolBranding bool
	Roles          []string // keys
	// Grants are the organizations that may use the project, with the role keys;
	// those that are switched off are missing.
	Grants map[OrganizationID][]string

	RedirectURIs, SignedOutURIs []string
	BackChannelURI              string
	SignedTokens                bool // access tokens that can be read without asking Zitadel
	RolesInTokens               bool
	DevelopmentMode             bool // plain http is taken
}
