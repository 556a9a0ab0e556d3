package views

import "homeroom.dev/homeroom/identity"

// AccountPath is everybody's page about their own account.
const AccountPath = "/account"

// EndOthersPath ends all of one's sessions but this one, by POST.
const EndOthersPath = AccountPath + "/sessions/end-others"

// EndSessionPath ends one of one's own sessions, by POST.
func EndSessionPath(session string) string { return AccountPath + "/sessions" + at(session, "end") }

// FreshSignInPath leads through Zitadel's login, where who signs in has to prove
// once more who they are, and on to next.
func FreshSignInPath(next string) string {
	return WithQuery(SignInPath, Param{"local", "1"}, Param{"fresh", "1"}, Param{"next", next})
}

// PersonPath is somebody of a school; parts name what is done with them.
func PersonPath(school identity.OrganizationID, user identity.UserID, parts ...string) string {
	return in(school, "people", string(user)) + at(parts...)
}
