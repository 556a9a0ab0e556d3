package views

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// SettingsView are the forms of the settings.
type SettingsView struct {
	// Name and Problems are those of the form that changes the name.
	Name     string
	Problems identity.Problems
	// Band is the classroom's own length of first passwords, empty for the school's,
	// which is SchoolBand; both are for a classroom of a school.
	Band, SchoolBand identity.SecretBand
}

// settingsItem leads to a part of a school's settings.
type settingsItem struct{ Label, Hint, Href string }

// schoolSettings are the parts of a school's settings that have pages of their
// own.
func schoolSettings(ctx context.Context, org identity.Opened) []settingsItem {
	return []settingsItem{
		{text(ctx, "policy.title"), text(ctx, "settings.policies.hint"), PoliciesPath(org.ID())},
		{text(ctx, "term.title"), text(ctx, "settings.terms.hint"), TermsPath(org.ID())},
		{text(ctx, "students.rules.title"), text(ctx, "settings.students.hint"), StudentRulesPath(org.ID())},
		{text(ctx, "badge.title"), text(ctx, "settings.badges.hint"), BadgesPath(org.ID())},
		{text(ctx, "branding.title"), text(ctx, "settings.branding.hint"), BrandingPath(org.ID())},
		{text(ctx, "privacy.title"), text(ctx, "settings.privacy.hint"), PrivacyPath(org.ID())},
	}
}
