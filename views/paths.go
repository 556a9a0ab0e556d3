package views

import (
	"net/url"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Paths without parameters.
const (
	LandingPath      = "/"
	SignInPath       = "/sign-in"
	SignUpPath       = "/sign-in?create=1" // Zitadel's own form to register
	SignOutPath      = "/sign-out"
	SignedOutPath    = "/signed-out"
	CallbackPath     = "/auth/callback"
	BackChannelPath  = "/auth/backchannel-logout"
	WelcomePath      = "/welcome"
	HomePath         = "/home"
	SwitchPath       = "/organizations"
	NewClassroomPath = "/classrooms/new" // one that stands alone
	LanguagePath     = "/language"
	StyleguidePath   = "/styleguide"
	HealthPath       = "/healthz"
	ReadyPath        = "/readyz"
)

// at joins the parts of a path, each escaped as one segment.
func at(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(part))
	}
	return b.String()
}

func in(organization identity.OrganizationID, parts ...string) string {
	return at("o", string(organization)) + at(parts...)
}

// ReturningSignInPath leads through sign-in and back to the path first asked
// for.
func ReturningSignInPath(next string) string {
	return SignInPath + "?" + url.Values{"next": {next}}.Encode()
}

// AcceptPath is where an invitation is accepted; the token is the only secret
// of the link.
func AcceptPath(token string) string { return at("i", token) }

// OrganizationPath is the front page of a school or a classroom.
func OrganizationPath(organization identity.OrganizationID) string { return in(organization) }

// ClassroomsPath lists the classrooms of a school.
func ClassroomsPath(school identity.OrganizationID) string { return in(school, "classrooms") }

// PeoplePath lists the people of a school.
func PeoplePath(school identity.OrganizationID) string { return in(school, "people") }

// RosterPath lists who is in the classroom.
func RosterPath(organization identity.OrganizationID) string { return in(organization, "roster") }

// NewStudentPath creates a student without e-mail.
func NewStudentPath(organization identity.OrganizationID) string {
	return in(organization, "students", "new")
}

// InvitationsPath lists invitations, and takes new ones by POST.
func InvitationsPath(organization identity.OrganizationID) string {
	return in(organization, "invitations")
}

// NewInvitationPath is the form to invite.
func NewInvitationPath(organization identity.OrganizationID) string {
	return in(organization, "invitations", "new")
}

// RemindPath sends every waiting invitation again.
func RemindPath(organization identity.OrganizationID) string {
	return in(organization, "invitations", "remind")
}

// ResendInvitationPath sends one invitation again.
func ResendInvitationPath(organization identity.OrganizationID, invitation identity.InvitationID) string {
	return in(organization, "invitations", string(invitation), "resend")
}

// RevokeInvitationPath takes an invitation back.
func RevokeInvitationPath(organization identity.OrganizationID, invitation identity.InvitationID) string {
	return in(organization, "invitations", string(invitation), "revoke")
}

// InvitationLinkPath shows an invitation's link, to be handed over by hand.
func InvitationLinkPath(organization identity.OrganizationID, invitation identity.InvitationID) string {
	return in(organization, "invitations", string(invitation), "link")
}

// MemberPath is one person in a school or classroom.
func MemberPath(organization identity.OrganizationID, user identity.UserID) string {
	return in(organization, "people", string(user))
}

// MemberRolePath changes a member's role.
func MemberRolePath(organization identity.OrganizationID, user identity.UserID) string {
	return in(organization, "people", string(user), "role")
}

// SuspendPath suspends a member here.
func SuspendPath(organization identity.OrganizationID, user identity.UserID) string {
	return in(organization, "people", string(user), "suspend")
}

// ActivatePath ends a suspension.
func ActivatePath(organization identity.OrganizationID, user identity.UserID) string {
	return in(organization, "people", string(user), "activate")
}

// ResetPath asks about, and by POST does, the reset of a member's sign-in.
func ResetPath(organization identity.OrganizationID, user identity.UserID) string {
	return in(organization, "people", string(user), "reset")
}

// RemovePath asks about, and by POST does, the removal of a member.
func RemovePath(organization identity.OrganizationID, user identity.UserID) string {
	return in(organization, "people", string(user), "remove")
}

// ActivityPath is the audit record as plain sentences.
func ActivityPath(organization identity.OrganizationID) string { return in(organization, "activity") }

// SettingsPath shows and changes the settings.
func SettingsPath(organization identity.OrganizationID) string { return in(organization, "settings") }

// RenamePath changes the name of a school or a classroom.
func RenamePath(organization identity.OrganizationID) string { return in(organization, "name") }

// OpenClassroomPath opens a classroom in a school.
func OpenClassroomPath(school identity.OrganizationID) string { return in(school, "classrooms", "new") }

// LeavePath asks about, and by POST does, leaving.
func LeavePath(organization identity.OrganizationID) string { return in(organization, "leave") }

// Param is one parameter of a query string.
type Param struct{ Name, Value string }

// WithQuery appends those parameters that have a value, in the order given, so
// that the same view always has the same URL.
func WithQuery(path string, params ...Param) string {
	var b strings.Builder
	b.WriteString(path)
	separator := byte('?')
	for _, p := range params {
		if p.Value == "" {
			continue
		}
		b.WriteByte(separator)
		b.WriteString(url.QueryEscape(p.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.Value))
		separator = '&'
	}
	return b.String()
}
