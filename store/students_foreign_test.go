package store

import (
	"context"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// studentCalls are the calls of what belongs to students without e-mail, on
// Linden with IDs of Birch's: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func studentCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	theirs := identity.DefaultStudentRules
	theirs.Pattern = "{family}.{given:1}"
	w.must(birch.SetStudentRules(t.Context(), theirs))
	w.must(birch.KeepPasswordRules(t.Context(), identity.PasswordRules{MinLength: 20}, noon))
	kept := identity.FirstSecret{User: "birch-zoe", Home: "birch", Secret: "birch-secret-48"}
	w.must(birch.ChangeSecret(t.Context(), identity.Change{Action: identity.ActionSignInReset}, &kept, nothingChanged))
	sheet, err := birch.MakeCardSheet(t.Context(), []identity.Card{{User: "birch-zoe", Link: "https://birch.example/b"}})
	w.must(err)
	return map[string]func(context.Context) (any, error){
		"StudentRules": func(ctx context.Context) (any, error) { return linden.StudentRules(ctx) },
		"ClassroomBand": func(ctx context.Context) (any, error) {
			own, school, err := linden.ClassroomBand(ctx)
			return []identity.SecretBand{own, school}, err
		},
		"ClassroomBands": func(ctx context.Context) (any, error) { return linden.ClassroomBands(ctx) },
		"SetStudentRules": func(ctx context.Context) (any, error) {
			return nil, linden.SetStudentRules(ctx, identity.StudentRules{Pattern: "{given}"})
		},
		"SetClassroomBand": func(ctx context.Context) (any, error) {
			return nil, w.as("linden-ada", "linden-7b").SetClassroomBand(ctx, identity.BandTwoWords)
		},
		"PasswordRules": func(ctx context.Context) (any, error) {
			rules, _, err := linden.PasswordRules(ctx)
			return rules, err
		},
		"KeepPasswordRules": func(ctx context.Context) (any, error) {
			return nil, linden.KeepPasswordRules(ctx, identity.DefaultPasswordRules, noon)
		},
		"AskPasswordRulesLater": func(ctx context.Context) (any, error) { return nil, linden.AskPasswordRulesLater(ctx) },
		"FirstSecret":           func(ctx context.Context) (any, error) { return linden.FirstSecret(ctx, "birch-zoe", "birch") },
		"ChangeSecret": func(ctx context.Context) (any, error) {
			own := identity.FirstSecret{User: "linden-zoe", Home: "linden", Secret: "linden-secret-48"}
			return nil, linden.ChangeSecret(ctx, identity.Change{Action: identity.ActionSignInReset}, &own, nothingChanged)
		},
		"ClassStudents": func(ctx context.Context) (any, error) { return linden.ClassStudents(ctx) },
		"SchoolStudent": func(ctx context.Context) (any, error) { return linden.SchoolStudent(ctx, "birch-zoe") },
		"MakeCardSheet": func(ctx context.Context) (any, error) {
			return linden.MakeCardSheet(ctx, []identity.Card{{User: "linden-zoe"}})
		},
		"CardSheet": func(ctx context.Context) (any, error) { return linden.CardSheet(ctx, sheet) },
	}
}

func nothingChanged(context.Context) ([]identity.Fact, error) { return nil, nil }
