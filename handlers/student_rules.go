package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// showStudentRules serves GET /o/{organization}/students/rules of a school or of
// a classroom that stands alone. Query: the fields of the form, to see what they
// would make.
func showStudentRules(w http.ResponseWriter, r *http.Request, org Organization) error {
	if org.Organization().School != "" {
		return redirect(w, r, views.SettingsPath(org.ID())) // a classroom has its school's
	}
	rules, err := org.Store.StudentRules(r.Context())
	if err != nil {
		return err
	}
	var problems identity.Problems
	if query := r.URL.Query(); query.Has("pattern") {
		rules = readStudentRules(query)
		problems = rules.Check()
	}
	return renderStudentRules(w, r, org, http.StatusOK, rules, problems)
}

// saveStudentRules serves POST /o/{organization}/students/rules. Form: pattern,
// spelling, words, band, must-change; of a classroom of a school band alone.
func saveStudentRules(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	if org.Organization().School != "" {
		if err := org.Store.SetClassroomBand(ctx, identity.SecretBand(r.PostFormValue("band"))); err != nil {
			return err
		}
		return redirect(w, r, views.SettingsPath(org.ID()), identity.Say("students.rules.saved"))
	}
	rules := readStudentRules(r.PostForm)
	if problems := rules.Check(); problems != nil {
		return renderStudentRules(w, r, org, http.StatusUnprocessableEntity, rules, problems)
	}
	if err := org.Store.SetStudentRules(ctx, rules); err != nil {
		return err
	}
	return redirect(w, r, views.StudentRulesPath(org.ID()), identity.Say("students.rules.saved"))
}

func readStudentRules(form url.Values) identity.StudentRules {
	rules := identity.StudentRules{
		Pattern: identity.UserNamePattern(form.Get("pattern")), Spelling: identity.Spelling(form.Get("spelling")),
		Words: form.Get("words"), Band: identity.SecretBand(form.Get("band")),
	}
	for _, band := range form["must-change"] {
		rules.MustChange = append(rules.MustChange, identity.SecretBand(band))
	}
	return rules
}

// exampleNames are those that show what a pattern does with names as they are.
var exampleNames = []identity.UserNameOf{
	{GivenName: "Sam", FamilyName: "Kowalski", Year: "7"},
	{GivenName: "Zoë", FamilyName: "Ángel Müller", Year: "7"},
	{GivenName: "Jean-Luc", FamilyName: "de la Tour", Year: "8"},
	{GivenName: "Ana", FamilyName: "López", Year: "10"},
	{GivenName: "Зоя", FamilyName: "Иванова", Year: "9"},
	{GivenName: "李明"},
}

func renderStudentRules(
	w http.ResponseWriter, r *http.Request, org Organization, status int, rules identity.StudentRules, problems identity.Problems,
) error {
	password, known, err := org.Store.PasswordRules(r.Context())
	if err != nil {
		return err
	}
	view := views.StudentRulesView{Rules: rules, Password: password, Known: known, Problems: problems}
	if rules.Pattern.Check() == nil {
		for _, of := range exampleNames {
			// The same at every look: an example that changes by itself explains nothing.
			view.Examples = append(view.Examples, views.UserNameExample{
				Name: identity.User{GivenName: of.GivenName, FamilyName: of.FamilyName}.DisplayName(), Year: of.Year,
				UserName: rules.UserName(of, 0, []byte(of.GivenName)),
			})
		}
	}
	for _, band := range identity.SecretBands {
		example := rules
		example.Band = band
		view.Secrets = append(view.Secrets, example.FirstSecret(password, []byte("an example for everybody")))
	}
	return render(w, r, status, views.StudentRules(org.Page, org.Opened, view))
}

// askResets serves GET /o/{classroom}/students/reset: it asks who gets a new
// first password, and then whether that is right. Query: user, any number of
// them; ask, once they were chosen.
func askResets(w http.ResponseWriter, r *http.Request, org Organization) error {
	choice, err := resetChoice(r.Context(), org)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	chosen := userIDs(query["user"])
	if query.Get("ask") == "" {
		choice.Chosen = chosen
		return render(w, r, http.StatusOK, views.ResetStudents(org.Page, org.Opened, choice))
	}
	all := slices.Clone(choice.Students)
	choice = choice.Of(chosen)
	if n := len(choice.Students); n == 0 || n > identity.MaxResets {
		choice.Students, choice.Chosen = all, chosen
		choice.Problems.Add("user", "students.reset.number", "Max", identity.MaxResets)
		return render(w, r, http.StatusUnprocessableEntity, views.ResetStudents(org.Page, org.Opened, choice))
	}
	choice.LeftOut = nil // was said on the page before
	return render(w, r, http.StatusOK, views.ConfirmResets(org.Page, org.Opened, choice))
}

func resetChoice(ctx context.Context, org Organization) (views.CardChoice, error) {
	students, err := org.Store.ClassStudents(ctx)
	if err != nil {
		return views.CardChoice{}, err
	}
	return whoMay(org, students), nil
}

// resetStudents serves POST /o/{classroom}/students/reset and leads to the cards
// with the new passwords. Form: user, any number of them.
func resetStudents(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	choice, err := resetChoice(ctx, org)
	if err != nil {
		return err
	}
	choice = choice.Of(userIDs(r.PostForm["user"]))
	failed, err := resets(ctx, org, choice.Students)
	if err != nil {
		return err
	}
	done := slices.DeleteFunc(choice.Students, func(s identity.CardStudent) bool {
		return slices.ContainsFunc(failed, func(f failedReset) bool { return f.user == s.User.ID })
	})
	var sheet identity.CardSheetID
	if len(done) > 0 {
		if sheet, err = makeSheet(ctx, org, views.CardChoice{Students: done}, nil); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return render(w, r, http.StatusOK, views.ResetsDone(org.Page, org.Opened, sheet, len(done), leftOut(failed)))
	}
	return redirect(w, r, views.CardSheetPath(org.ID(), sheet),
		identity.Say("students.reset.done", "Count", len(done)))
}

// failedReset is a student who got no new password.
type failedReset struct {
	user identity.UserID
	views.LeftOut
}

func leftOut(failed []failedReset) []views.LeftOut {
	left := make([]views.LeftOut, len(failed))
	for i, f := range failed {
		left[i] = f.LeftOut
	}
	return left
}

// newSecrets makes new first passwords for those of whom none is known.
func newSecrets(ctx context.Context, org Organization, students []identity.CardStudent) ([]views.LeftOut, error) {
	unknown := slices.DeleteFunc(slices.Clone(students), func(s identity.CardStudent) bool { return !s.KeptAt.IsZero() })
	if len(unknown) == 0 {
		return nil, nil
	}
	if len(unknown) > identity.MaxResets {
		return nil, identity.Conflict("students.reset.number", "Max", identity.MaxResets)
	}
	failed, err := resets(ctx, org, unknown)
	return leftOut(failed), err
}

// resets gives students new first passwords, and says who got none, and why.
func resets(ctx context.Context, org Organization, students []identity.CardStudent) ([]failedReset, error) {
	done, err := identity.ResetSignIns(ctx, org.Opened, org.Store, org.Remote, usersOf(students))
	if err != nil {
		return nil, err
	}
	var failed []failedReset
	for i, reset := range done {
		if reset.Err == nil {
			continue
		}
		why := identity.Say("students.reset.failed")
		var told *identity.Error
		if errors.As(reset.Err, &told) {
			why = told.Message
		} else {
			logged(ctx).aside = reset.Err
		}
		failed = append(failed, failedReset{students[i].User.ID, views.LeftOut{Name: students[i].User.DisplayName(), Why: why}})
	}
	return failed, nil
}
