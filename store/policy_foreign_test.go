package store

import (
	"context"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// policyCalls are the calls of what a school sets about itself: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func policyCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	theirs := identity.SchoolPolicies{Names: identity.NamesNever, InvitationDays: 3, InvitationDomains: []string{"birch.example"}}
	if err := birch.SetPolicies(t.Context(), theirs, identity.LoginPolicy{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := birch.SetBranding(t.Context(), identity.Branding{Colour: "#b17c41"}, nothing); err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context) (any, error){
		"Policies": func(ctx context.Context) (any, error) { return linden.Policies(ctx) },
		"InvitationPolicies": func(ctx context.Context) (any, error) {
			_, domains, err := linden.InvitationPolicies(ctx)
			return domains, err
		},
		"LoginPolicy": func(ctx context.Context) (any, error) { return linden.LoginPolicy(ctx) },
		"KeepLoginPolicy": func(ctx context.Context) (any, error) {
			return nil, linden.KeepLoginPolicy(ctx, identity.LoginPolicy{Passkeys: true}, noon)
		},
		"AskLoginPolicyLater": func(ctx context.Context) (any, error) { return nil, linden.AskLoginPolicyLater(ctx) },
		"SetPolicies": func(ctx context.Context) (any, error) {
			return nil, linden.SetPolicies(ctx, identity.DefaultPolicies, identity.LoginPolicy{Passkeys: true}, nothing)
		},
		"PolicyFigures": func(ctx context.Context) (any, error) {
			return linden.PolicyFigures(ctx, identity.LoginPolicy{Passkeys: true}, identity.LoginPolicy{})
		},
		"Branding":     func(ctx context.Context) (any, error) { return linden.Branding(ctx) },
		"HomeBranding": func(ctx context.Context) (any, error) { return linden.HomeBranding(ctx) },
		"SetBranding": func(ctx context.Context) (any, error) {
			return nil, linden.SetBranding(ctx, identity.Branding{Colour: "#0f5c47"}, nothing)
		},
	}
}
