package zitadel

import (
	"homeroom.dev/homeroom/identity"
)

// Installation is what [Bootstrap] made at Zitadel: all that the portal must
// know, and the three keys. It is written to the configuration file.
type Installation struct {
	Issuer      string                  `yaml:"issuer"`
	PortalURL   string                  `yaml:"portal_url"`
	Project     string                  `yaml:"project"`
	Application string                  `yaml:"application"`
	ClientID    string                  `yaml:"client_id"`
	Operators   identity.OrganizationID `yaml:"operators_organization"`
	Individuals identity.OrganizationID `yaml:"individuals_organization"`
	Runtime     ServiceAccount          `yaml:"runtime"`
	Provisioner ServiceAccount          `yaml:"provisioner"`
	Events      ServiceAccount          `yaml:"events"`
	// Clever and ClassLink are the identity providers of the whole installation;
	// empty where it is not registered there.
	Clever    Offer `yaml:"clever,omitempty"`
	ClassLink Offer `yaml:"classlink,omitempty"`
}

// Offered are the installation's own identity providers, by whose they are.
func (i Installation) Offered() map[identity.Vendor]identity.ProviderID {
	offered := make(map[identity.Vendor]identity.ProviderID)
	for vendor, id := range map[identity.Vendor]identity.ProviderID{
		identity.VendorClever: i.Clever.Provider, identity.VendorClassLink: i.ClassLink.Provider,
	} {
		if id != "" {
			offered[vendor] = id
		}
	}
	return offered
}

// ServiceAccount is a service account with its key, which is the JSON document
// Zitadel hands out once.
type ServiceAccount struct {
	User identity.UserID `yaml:"user"`
	Key  string          `yaml:"key"`
}

// Paths of the portal that Zitadel has to know.
const (
	CallbackPath          = "/auth/callback"
	BackChannelLogoutPath = "/auth/backchannel-logout"
	SignedOutPath         = "/signed-out"
	WelcomePath           = "/welcome" // where Zitadel leads people who came from nowhere
)

// Config is what one service account needs. [Installation] makes it.
type Config struct {
	Issuer      string // the origin to the letter, without a slash at the end
	Key         []byte // the key document of the service account
	Project     string // the platform project
	ClientID    string // of the portal's OIDC application
	RedirectURI string // one that is registered for ClientID
	Operators   identity.OrganizationID
	Individuals identity.OrganizationID
	Runtime     identity.UserID // becomes a member of every organization opened
	// ServiceAccounts are all three.
	ServiceAccounts []identity.UserID
	// Offered are the installation's own identity providers, which every school
	// may use.
	Offered map[identity.Vendor]identity.ProviderID
}

// RuntimeConfig is the configuration of [NewRuntime].
func (i Installation) RuntimeConfig() Config { return i.config(i.Runtime) }

// ProvisionerConfig is the configuration of [NewProvisioner].
func (i Installation) ProvisionerConfig() Config { return i.config(i.Provisioner) }

// EventsConfig is the configuration of [NewEvents].
func (i Installation) EventsConfig() Config { return i.config(i.Events) }

func (i Installation) config(account ServiceAccount) Config {
	return Config{
		Issuer:          i.Issuer,
		Key:             []byte(account.Key),
		Project:         i.Project,
		ClientID:        i.ClientID,
		RedirectURI:     i.PortalURL + CallbackPath,
		Operators:       i.Operators,
		Individuals:     i.Individuals,
		Runtime:         i.Runtime.User,
		ServiceAccounts: []identity.UserID{i.Runtime.User, i.Provisioner.User, i.Events.User},
		Offered:         i.Offered(),
	}
}
