package identity

import "context"

// Federation is the part of [Remote] that connects a school's own sign-in. An
// identity provider that is not the opened organization's, nor one of the
// installation's own, is not found ("connection.not-found"): Zitadel itself
// starts a sign-in through any.
type Federation interface {
	// CreateProvider makes the identity provider, attached to nothing, with
	// automatic creation and linking off. SAML without metadata gets a stand-in
	// for it, so that there are URLs to copy. For a vendor that is
	// [Vendor.InstanceWide] it answers the installation's, or unavailable
	// ("connection.not-offered").
	CreateProvider(context.Context, Provider) (ProviderID, error)
	// UpdateProvider replaces what the provider is. An empty client secret keeps
	// the one that is there. Metadata that Zitadel refuses is invalid
	// ("connection.metadata-refused").
	UpdateProvider(context.Context, ProviderID, Provider) error
	// DeleteProvider detaches and deletes it; one of the installation's is only
	// detached. It may be repeated.
	DeleteProvider(context.Context, ProviderID) error
	// AttachProvider makes it usable on the login pages: the organization gets
	// a login policy of its own if it has none, a copy of the instance's with
	// every lifetime. DetachProvider ends that. Both may be repeated.
	AttachProvider(context.Context, ProviderID) error
	DetachProvider(context.Context, ProviderID) error

	// StartIntent begins a sign-in through the provider and returns the URL to
	// send the browser to. It comes back to success with the query parameters
	// id and token (and user), or to failure with id and error.
	StartIntent(ctx context.Context, provider ProviderID, success, failure string) (string, error)
	// Intent is what came back through the provider. An intent of another provider, a
	// wrong token and a used intent are gone ("sign-in.lost").
	Intent(ctx context.Context, provider ProviderID, id, token string) (Arrival, error)

	// LinkUser ties a user at home here to who they are at the provider. It may be repeated.
	LinkUser(ctx context.Context, user UserID, provider ProviderID, externalID, name string) error
	// CreateLinkedUser is CreateUser with such a tie.
	CreateLinkedUser(ctx context.Context, user NewUser, provider ProviderID, externalID string) (Fact, error)
	// SetPersonNames changes the names of a user at home here.
	SetPersonNames(ctx context.Context, user UserID, given, family string) (Fact, error)
	// SignInMethods are the ways the user at home here can sign in.
	SignInMethods(context.Context, UserID) ([]SignInMethod, error)

	// AddDomain adds an unverified domain; one that is there already is no error.
	// One that another organization has proven is a conflict ("domain.taken").
	AddDomain(ctx context.Context, domain string) error
	// ChallengeDomain makes a new challenge, which replaces the one before.
	ChallengeDomain(ctx context.Context, domain string, proof DomainProof) (DomainChallenge, error)
	// VerifyDomain lets Zitadel look. A proof it does not find is a conflict
	// ("domain.not-proven").
	VerifyDomain(ctx context.Context, domain string) error
	// Domains lists them with whether they are verified, and the challenge left
	// out.
	Domains(context.Context) ([]Domain, error)
	// DeleteDomain may be repeated.
	DeleteDomain(ctx context.Context, domain string) error
}

// Provider is an identity provider as Zitadel is told of it.
type Provider struct {
	Vendor   Vendor
	Protocol Protocol
	Name     string
	Metadata string // SAML: XML; empty: not known yet
	// TransientID is the SAML attribute that identifies people whose NameID is
	// transient or missing. Empty: the NameID does.
	TransientID  string
	Issuer       string // OIDC
	ClientID     string
	ClientSecret string
	Scopes       []string // OIDC; empty: openid, profile, email
}

// Arrival is who came back through an identity provider, as Zitadel tells it.
type Arrival struct {
	Protocol   Protocol
	ExternalID string              // NameID or sub
	UserName   string              // preferred_username of OIDC, empty for SAML
	Attributes map[string][]string // SAML attributes by name; claims of OIDC as text
	Assertion  []byte              // SAML: the response's XML as Zitadel keeps it
	User       UserID              // linked already, or empty
}

// IntentLog tells why a sign-in through an identity provider failed. It is
// homeroom-events.
type IntentLog interface {
	// IntentFailure is the cause in Zitadel's words; empty if there is none on
	// record (yet).
	IntentFailure(ctx context.Context, intent string) (string, error)
}

// ServiceProvider are the URLs of Zitadel as service provider and relying
// party of one identity provider, to be copied by a school's IT.
type ServiceProvider struct {
	EntityID    string // also where its metadata is
	ACS         string // intents and Login V2
	ACSV1       string // Login V1; both are needed where V1 is in use
	SLO         string
	Certificate string
	RedirectURI string // OIDC: intents and Login V2
	RedirectV1  string
}

// ServiceProviderAt is Zitadel at origin for the provider.
// Source: zitadel v4 internal/api/idp/idp.go.
func ServiceProviderAt(origin string, provider ProviderID) ServiceProvider {
	idp := origin + "/idps/" + string(provider) + "/saml/"
	return ServiceProvider{
		EntityID: idp + "metadata", ACS: idp + "acs", ACSV1: origin + "/ui/login/login/externalidp/saml/acs",
		SLO: idp + "slo", Certificate: idp + "certificate",
		RedirectURI: origin + "/idps/callback", RedirectV1: origin + "/ui/login/login/externalidp/callback",
	}
}
