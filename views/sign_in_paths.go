package views

import "homeroom.dev/homeroom/identity"

// SignInDoor is where a school's sign-in is set up: in the portal, for a
// school_admin, or by a set-up link, for somebody without an account. Behind
// both are the same pages.
type SignInDoor struct {
	base string
	link bool
}

// InPortal is the door of a school's admins.
func InPortal(school identity.OrganizationID) SignInDoor {
	return SignInDoor{base: in(school, "sign-in")}
}

// ByLink is the door of a set-up link whose code was confirmed.
func ByLink(link identity.SetupLinkID) SignInDoor {
	return SignInDoor{base: at("setup", string(link)), link: true}
}

// Link reports whether the door is a set-up link's.
func (d SignInDoor) Link() bool { return d.link }

// Overview shows connections, domains and what is still to do.
func (d SignInDoor) Overview() string { return d.base }

// Leave forgets, by POST, that this browser confirmed the link's code.
func (d SignInDoor) Leave() string { return d.base + at("leave") }

// Domains lists the domains, and takes a new one by POST.
func (d SignInDoor) Domains() string { return d.base + at("domains") }

// Domain is one domain; parts name what is done with it.
func (d SignInDoor) Domain(name string, parts ...string) string {
	return d.base + at("domains", name) + at(parts...)
}

// JoinRequests lists who asked to join.
func (d SignInDoor) JoinRequests(parts ...string) string {
	return d.base + at("requests") + at(parts...)
}

// NewConnection asks for the vendor and makes a connection by POST.
func (d SignInDoor) NewConnection() string { return d.base + at("connections", "new") }

// Connection is one connection; parts name the step or what is done with it.
func (d SignInDoor) Connection(id identity.ConnectionID, parts ...string) string {
	return d.base + at("connections", string(id)) + at(parts...)
}

// Attempt is what was found in one test or sign-in.
func (d SignInDoor) Attempt(connection identity.ConnectionID, attempt identity.AttemptID) string {
	return d.Connection(connection, "attempts", string(attempt))
}

// Enforcement rehearses and switches school sign-in as the only way in.
func (d SignInDoor) Enforcement(parts ...string) string {
	return d.base + at("enforcement") + at(parts...)
}

// SetupLinksPath lists a school's set-up links, and makes one by POST.
func SetupLinksPath(school identity.OrganizationID, parts ...string) string {
	return in(school, "sign-in", "links") + at(parts...)
}

// SetupTokenPath is what a set-up link leads to; the token is its only secret.
func SetupTokenPath(token string) string { return at("set-up", token) }

// RecoveryPath is what a school's recovery link leads to.
func RecoveryPath(token string) string { return at("recover", token) }

// SchoolStartPath begins a sign-in through the school's connection: the URL of
// tiles on the launch pages of Okta, Entra, Google and Clever.
func SchoolStartPath(school identity.OrganizationID) string { return at("s", string(school)) }

// ArrivalPath is where Zitadel sends people back to who were at their school's
// identity provider.
func ArrivalPath(attempt identity.AttemptID) string { return at("arrive", string(attempt)) }

// SetupCodePath asks for the code that a set-up link's address was sent.
func SetupCodePath(token string) string {
	return WithQuery(SetupTokenPath(token), Param{"code", "sent"})
}
