package views

import (
	"net/url"

	"homeroom.dev/homeroom/identity"
)

// StudentRulesPath is where a school says how accounts of students are made.
func StudentRulesPath(organization identity.OrganizationID) string {
	return in(organization, "students", "rules")
}

// StudentsResetPath gives students of a class new first secrets.
func StudentsResetPath(organization identity.OrganizationID) string {
	return in(organization, "students", "reset")
}

// CardsPath is where login cards are made.
func CardsPath(organization identity.OrganizationID) string { return in(organization, "cards") }

// CardsForPath chooses one student there.
func CardsForPath(organization identity.OrganizationID, user identity.UserID) string {
	return CardsPath(organization) + "?" + url.Values{"user": {string(user)}}.Encode()
}

// CardSheetPath is a sheet of cards, as it is printed.
func CardSheetPath(organization identity.OrganizationID, sheet identity.CardSheetID) string {
	return in(organization, "cards", string(sheet))
}

// CardFilePath is the sheet as PDF.
func CardFilePath(organization identity.OrganizationID, sheet identity.CardSheetID) string {
	return in(organization, "cards", string(sheet), "cards.pdf")
}

// CardLettersPath are letters to the parents of who is on the sheet.
func CardLettersPath(organization identity.OrganizationID, sheet identity.CardSheetID) string {
	return in(organization, "cards", string(sheet), "letters")
}

// SignInAsPath is the sign-in page with a user name filled in: what the picture
// on a card leads to where there are no badges.
func SignInAsPath(userName string) string {
	return SignInPath + "?" + url.Values{"as": {userName}}.Encode()
}
