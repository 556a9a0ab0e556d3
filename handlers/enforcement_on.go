package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// maxAdmins is how many admins of a school are shown with how they sign in.
const maxAdmins = 25

// chooseAdmins serves POST …/enforcement/admins: the school's admins with how
// each can sign in, which Zitadel is asked for now. It changes nothing.
func chooseAdmins(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	return askAdmins(w, r, setup, http.StatusOK, readChoice(r.PostForm), nil)
}

func askAdmins(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, status int, choice views.EnforcementChoice, problems identity.Problems,
) error {
	if err := mayEnforce(r.Context(), setup); err != nil {
		return err
	}
	admins, err := schoolAdmins(r.Context(), setup)
	if err != nil {
		return err
	}
	if choice.Admins == nil {
		// Who asks is the one most likely to be there on the day.
		for _, a := range admins {
			if a.Able() && a.User.ID == setup.Actor().User {
				choice.Admins = append(choice.Admins, a.User.ID)
			}
		}
	}
	return render(w, r, status, views.EnforcementAdmins(setup.Page, setup.Opened, choice, admins, problems))
}

func mayEnforce(ctx context.Context, setup SignInSetup) error {
	connections, err := setup.Store.Connections(ctx)
	if err != nil {
		return err
	}
	return identity.MayEnforce(connections)
}

// schoolAdmins are the school's active admins, with how those at home here sign
// in.
func schoolAdmins(ctx context.Context, setup SignInSetup) ([]views.BreakGlassAdmin, error) {
	page, err := setup.Store.Roster(ctx, store.RosterQuery{
		Role: identity.RoleSchoolAdmin, State: identity.AssignmentActive, Limit: maxAdmins,
	})
	if err != nil {
		return nil, err
	}
	admins := make([]views.BreakGlassAdmin, len(page.Rows))
	for i, row := range page.Rows {
		admins[i] = views.BreakGlassAdmin{User: row.User, Guest: row.Guest}
		if row.Guest {
			continue // the rule does not touch them, so they are no way out of it either
		}
		if admins[i].Methods, err = setup.Remote.SignInMethods(ctx, row.User.ID); err != nil {
			return nil, err
		}
	}
	return admins, nil
}

// checkEnforcement serves POST …/enforcement/check: all that was chosen, and
// what will happen. It changes nothing.
func checkEnforcement(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	choice := readChoice(r.PostForm)
	if len(choice.Admins) == 0 {
		choice.Admins = []identity.UserID{}
		return askAdmins(w, r, setup, http.StatusUnprocessableEntity, choice,
			identity.Problems{{Field: "admin", Message: identity.Say("enforcement.no-break-glass")}})
	}
	if err := mayEnforce(r.Context(), setup); err != nil {
		return err
	}
	return askToEnforce(w, r, setup, choice)
}

func askToEnforce(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, choice views.EnforcementChoice,
) error {
	ctx := r.Context()
	exceptions, err := exceptionsOf(ctx, setup, choice)
	if err != nil {
		return err
	}
	found, err := setup.Store.Rehearse(ctx, store.RehearsalQuery{Limit: 1})
	if err != nil {
		return err
	}
	before, err := setup.Store.Enforcement(ctx)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.CheckEnforcement(setup.Page, setup.Opened, views.EnforcementCheck{
		Choice: choice, Exceptions: exceptions, People: found.People,
		LockedOut: lockedOut(found.Counts), On: before.On,
	}))
}

// lockedOut is how many could not sign in any more, were nobody excepted.
func lockedOut(counts map[identity.LockedOutWhy]int) int {
	var n int
	for why, count := range counts {
		if why != identity.LockedOutGuest && why != identity.LockedOutNeverTested {
			n += count
		}
	}
	return n
}

// exceptionsOf are those who were chosen, by name. Only people at home here are
// found.
func exceptionsOf(ctx context.Context, setup SignInSetup, choice views.EnforcementChoice) ([]identity.EnforcementException, error) {
	var exceptions []identity.EnforcementException
	known := make(map[identity.UserID]bool)
	for _, id := range slices.Concat(choice.Admins, choice.Except) {
		if known[id] {
			continue
		}
		known[id] = true
		person, err := setup.Store.Person(ctx, id)
		if err != nil {
			return nil, err
		}
		exceptions = append(exceptions, identity.EnforcementException{
			User: id, Name: person.User.DisplayName(), BreakGlass: slices.Contains(choice.Admins, id),
		})
	}
	if !choice.WithoutAddress {
		return exceptions, nil
	}
	query := store.RehearsalQuery{Why: identity.LockedOutNoAddress, Limit: 500}
	for {
		found, err := setup.Store.Rehearse(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, row := range found.Rows {
			if !known[row.User.ID] {
				known[row.User.ID] = true
				exceptions = append(exceptions, identity.EnforcementException{User: row.User.ID, Name: row.User.DisplayName()})
			}
		}
		if query.After = found.Next; query.After == "" {
			return exceptions, nil
		}
	}
}

// switchEnforcementOn serves POST …/enforcement/on. Form: as
// chooseExceptions.
func switchEnforcementOn(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	choice := readChoice(r.PostForm)
	exceptions, err := exceptionsOf(r.Context(), setup, choice)
	if err != nil {
		return err
	}
	token, err := identity.Enforce(r.Context(), setup.Opened, setup.Store, setup.Remote, exceptions)
	var known *identity.Error
	switch {
	case errors.As(err, &known) && known.Message.ID == "enforcement.no-break-glass":
		return askAdmins(w, r, setup, http.StatusUnprocessableEntity, choice, identity.Problems{{Field: "admin", Message: known.Message}})
	case err != nil:
		return err
	case token == "":
		return redirect(w, r, setup.Door.Enforcement(), identity.Say("enforcement.changed"))
	}
	return showRecovery(w, r, setup, token)
}

// showRecovery shows the recovery link, the one time that it can be seen.
func showRecovery(w http.ResponseWriter, r *http.Request, setup SignInSetup, token string) error {
	return render(w, r, http.StatusOK, views.RecoveryLink(setup.Page, setup.Opened, setup.Portal.URL(views.RecoveryPath(token))))
}

// renewRecovery serves POST …/enforcement/recovery: a new recovery link, with
// which the one before is worth nothing.
func renewRecovery(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	token, err := setup.Store.RenewRecovery(r.Context())
	if err != nil {
		return err
	}
	return showRecovery(w, r, setup, token)
}

// switchEnforcementOff serves POST …/enforcement/off.
func switchEnforcementOff(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	if err := identity.EndEnforcement(r.Context(), setup.Opened, setup.Store); err != nil {
		return err
	}
	return redirect(w, r, setup.Door.Enforcement(), identity.Say("enforcement.ended"))
}
