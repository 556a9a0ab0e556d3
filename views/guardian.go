package views

import (
	"context"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// GuardiansView is the contacts of a student.
type GuardiansView struct {
	Student   identity.User
	Guardians []identity.Guardian
	// Form is the contact that is added or changed; with an ID it is changed.
	Form     identity.Guardian
	Changing bool
	Name     string // of the contact that is changed, as it is kept
	Problems identity.Problems
}

// path is where the form is sent to.
func (v GuardiansView) path(org identity.OrganizationID) string {
	if v.Changing {
		return GuardianPath(org, v.Student.ID, string(v.Form.ID))
	}
	return GuardiansPath(org, v.Student.ID)
}

func guardianLanguages(ctx context.Context) []Option {
	return append([]Option{{Value: "", Label: text(ctx, "guardian.language.unknown")}}, languageOptions()...)
}

// reach is how a contact is reached, and in which language, in a line.
func reach(g identity.Guardian) string {
	said := []string{g.Phone, g.Address, languageName(g.Language)}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · ")
}
