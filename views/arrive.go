package views

import (
	"homeroom.dev/homeroom/identity"
)

// ThisAttempt stands for the ID of an attempt that is about to begin, in the
// path that it goes back to.
const ThisAttempt identity.AttemptID = "{attempt}"

// PasswordSignInPath leads to Zitadel's login whatever the school has, and back
// to next: for those who keep a password or a passkey for the day the school's
// own sign-in fails.
func PasswordSignInPath(next string) string {
	return WithQuery(SignInPath, Param{"local", "1"}, Param{"next", next})
}

// ReturningSchoolStartPath is [SchoolStartPath] that goes on to next.
func ReturningSchoolStartPath(school identity.OrganizationID, next string) string {
	return WithQuery(SchoolStartPath(school), Param{"next", next})
}

// SchoolOnlyPath tells somebody who signed in otherwise that their school has
// one way in.
func SchoolOnlyPath(school identity.OrganizationID, next string) string {
	return WithQuery(SchoolStartPath(school)+at("only"), Param{"next", next})
}

// SignInBox is the sign-in page as it was filled in.
type SignInBox struct {
	Address  string // or user name
	Next     string
	Problems identity.Problems
}

// SignInChoice is a connection to choose.
type SignInChoice struct {
	Connection identity.ConnectionID
	Name       string // of the connection
	School     string
}

// SignInChoices asks which of several connections to sign in through.
type SignInChoices struct {
	Path    string // where the answer goes
	Address string // as typed; empty on a school's own page
	School  string // empty: several schools
	Next    string
	Choices []SignInChoice
}

// ArrivalRefused is why somebody who comes from their school's sign-in is not
// let in.
type ArrivalRefused struct {
	School     identity.Organization
	Connection string // its name
	Message    identity.Message
	Attempt    identity.AttemptID
	Next       string
}

// ArrivalOther is somebody who arrives where somebody else is signed in.
type ArrivalOther struct {
	Attempt identity.AttemptID
	School  string
	Name    string // who arrives
	Now     string // who is signed in
}
