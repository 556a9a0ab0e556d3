package views

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// settingsItem leads to a part of a school's settings.
type settingsItem struct{ Label, Hint, Href string }

// schoolSettings are the parts of a school's settings that have pages of their
// own.
func schoolSettings(ctx context.Context, org identity.Opened) []settingsItem {
	return []settingsItem{
		{text(ctx, "policy.title"), text(ctx, "settings.policies.hint"), PoliciesPath(org.ID())},
		{text(ctx, "students.rules.title"), text(ctx, "settings.students.hint"), StudentRulesPath(org.ID())},
		{text(ctx, "badge.title"), text(ctx, "settings.badges.hint"), BadgesPath(org.ID())},
		{text(ctx, "branding.title"), text(ctx, "settings.branding.hint"), BrandingPath(org.ID())},
		{text(ctx, "privacy.title"), text(ctx, "settings.privacy.hint"), PrivacyPath(org.ID())},
	}
}
