package handlers

import (
	"context"
	"net/http"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// accountOf is a change to the account of the person of the path.
func accountOf(r *http.Request, org Organization) identity.AccountChange {
	return identity.AccountChange{School: org.Opened, Rows: org.Store, Remote: org.Remote, User: memberID(r)}
}

// changeAccount makes a change to an account and goes back to the person's page,
// which says so.
func changeAccount(
	w http.ResponseWriter, r *http.Request, org Organization,
	change func(identity.AccountChange, context.Context) error, said func(name string) identity.Message,
) error {
	person, err := org.Store.SchoolPerson(r.Context(), memberID(r))
	if err != nil {
		return err
	}
	if err := change(accountOf(r, org), r.Context()); err != nil {
		return err
	}
	return redirect(w, r, views.PersonPath(org.ID(), person.User.ID), said(person.User.DisplayName()))
}

// signPersonOut serves POST /o/{organization}/people/{user}/sign-out: their
// sessions end, here and at Zitadel.
func signPersonOut(w http.ResponseWriter, r *http.Request, org Organization) error {
	return changeAccount(w, r, org, identity.AccountChange.SignOut, func(name string) identity.Message {
		return identity.Say("person.signed-out", "Name", name)
	})
}

// resetFactors serves POST /o/{organization}/people/{user}/factors: second
// factors and passkeys are gone, the password stays.
func resetFactors(w http.ResponseWriter, r *http.Request, org Organization) error {
	return changeAccount(w, r, org, identity.AccountChange.ResetFactors, func(name string) identity.Message {
		return identity.Say("person.factors-reset", "Name", name)
	})
}

// resetPersonSignIn serves POST /o/{organization}/people/{user}/sign-in. Its
// answer shows the new way in, which is stored nowhere, so there is nothing to
// redirect to.
func resetPersonSignIn(w http.ResponseWriter, r *http.Request, org Organization) error {
	in, err := accountOf(r, org).ResetSignIn(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.SignInReset(org.Page, org.Opened, in, org.Portal.PublicURL))
}

// deactivatePerson serves POST /o/{organization}/people/{user}/deactivate.
func deactivatePerson(w http.ResponseWriter, r *http.Request, org Organization) error {
	return changeAccount(w, r, org, identity.AccountChange.Deactivate, func(name string) identity.Message {
		return identity.Say("person.deactivated", "Name", name)
	})
}

// reactivatePerson serves POST /o/{organization}/people/{user}/reactivate.
func reactivatePerson(w http.ResponseWriter, r *http.Request, org Organization) error {
	return changeAccount(w, r, org, identity.AccountChange.Reactivate, func(name string) identity.Message {
		return identity.Say("person.reactivated", "Name", name)
	})
}

// unlockPerson serves POST /o/{organization}/people/{user}/unlock.
func unlockPerson(w http.ResponseWriter, r *http.Request, org Organization) error {
	return changeAccount(w, r, org, identity.AccountChange.Unlock, func(name string) identity.Message {
		return identity.Say("person.unlocked", "Name", name)
	})
}

// askDeletionOfPerson serves GET /o/{organization}/people/{user}/delete: what
// goes and what stays.
func askDeletionOfPerson(w http.ResponseWriter, r *http.Request, org Organization) error {
	account, err := org.Store.Account(r.Context(), memberID(r))
	if err != nil {
		return err
	}
	form := views.DeletionForm{Typed: again(r).Get("user-name")}
	return render(w, r, http.StatusOK, views.DeletePerson(org.Page, org.Opened, account, form))
}

// deletePerson serves POST /o/{organization}/people/{user}/delete. Form:
// user-name, typed to confirm it.
func deletePerson(w http.ResponseWriter, r *http.Request, org Organization) error {
	account, err := org.Store.Account(r.Context(), memberID(r))
	if err != nil {
		return err
	}
	if err := org.MayDeleteAccount(account); err != nil {
		return err
	}
	form := views.DeletionForm{Typed: strings.TrimSpace(r.PostFormValue("user-name"))}
	if !strings.EqualFold(form.Typed, account.User.UserName) {
		form.Problems.Add("user-name", "person.delete.not-so", "UserName", account.User.UserName)
		return render(w, r, http.StatusUnprocessableEntity, views.DeletePerson(org.Page, org.Opened, account, form))
	}
	if err := accountOf(r, org).Delete(r.Context()); err != nil {
		status, problems := retryable(err, "user-name")
		if problems == nil {
			return err
		}
		form.Problems = problems
		return render(w, r, status, views.DeletePerson(org.Page, org.Opened, account, form))
	}
	return redirect(w, r, views.PeoplePath(org.ID()), identity.Say("person.deleted", "Name", account.User.DisplayName()))
}
