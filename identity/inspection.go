package identity

import (
	"context"
	"time"
)

// Inspection answers how an installation stands at Zitadel, for the doctor. It
// only reads. Each method may fail by itself, so that what one service account
// may not see does not hide the rest.
type Inspection interface {
	// Server tells the version of the server and the time on its clock.
	Server(context.Context) (Server, error)
	// InstancePolicies are the instance's settings that Homeroom leans on.
	InstancePolicies(context.Context) (InstancePolicies, error)
	// PlatformProject is the project whose roles are assigned.
	PlatformProject(context.Context) (PlatformProject, error)
	// Application is the portal's web application in that project.
	Application(context.Context) (Application, error)
	// ServiceAccounts are the three that Homeroom acts by: runtime, provisioner,
	// events, in this order, each with the roles of administrators it holds.
	ServiceAccounts(context.Context) ([]ServiceAccount, error)
}

// Server is a Zitadel as it answers.
type Server struct {
	Version string    // such as "v4.17.1"; empty if it does not say
	Time    time.Time // of its answer's Date; zero if it had none
	Asked   time.Time // the middle of the time the question took, on our clock
}

// InstancePolicies are settings of a Zitadel instance.
type InstancePolicies struct {
	ValidatesDomains    bool // organizations prove their domains
	OrganizationsForAll bool // strangers may register organizations
	RegistrationForAll  bool // the instance's login policy lets people register
	NamesNeedDomain     bool // user names end with the organization's domain
	DefaultRedirect     string
	AccessTokenLifetime time.Duration
	PermissionCheckV2   bool     // feature permission_check_v2
	ImprovedPerformance []string // feature improved_performance, such as USER_GRANT
	LoginV2             bool     // the newer login pages are required for all
	MailProvider        bool     // Zitadel has one to send its own mail by
}

// PlatformProject is the platform project as it is.
type PlatformProject struct {
	Found              bool
	Active             bool
	RoleAssertion      bool // roles are in tokens
	AuthorizationNeeds bool // only who holds a role signs in
	AccessNeeds        bool // only organizations with a grant sign in
	Roles              []Role
	// GrantedToOperators breaks the role assignments of operators.
	GrantedToOperators bool
}

// Application is the portal's web application as it is.
type Application struct {
	Found             bool
	Active            bool
	ClientID          string
	RedirectURLs      []string
	PostLogoutURLs    []string
	BackChannelLogout string
	Public            bool // PKCE without a secret
	RefreshTokens     bool
	HomeInIDToken     bool // the ID token carries what userinfo says
	DevelopmentMode   bool // http is let pass
}

// ServiceAccount is one of the accounts that Homeroom acts by.
type ServiceAccount struct {
	Name   string // homeroom-runtime, …
	User   UserID
	Found  bool
	Active bool
	// Instance and Operators are the roles it holds as an administrator of the
	// instance and of the operators' organization.
	Instance, Operators []string
	// Elsewhere are the other organizations it is an administrator of, with other
	// roles than it needs: at most a few of them.
	Elsewhere map[OrganizationID][]string
	// KeyExpires is when its key stops working; zero if it is not known.
	KeyExpires time.Time
	// Err is why signing in with its key failed, or nil.
	Err error
}
