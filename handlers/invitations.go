package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// invitationsPerPage is how many rows a page has.
const invitationsPerPage = 50

// listInvitations serves GET /o/{organization}/invitations. Query: state, q,
// after.
func listInvitations(w http.ResponseWriter, r *http.Request, org Organization) error {
	q := r.URL.Query()
	state := identity.InvitationState(q.Get("state"))
	if !slices.Contains(identity.InvitationStates, state) {
		state = ""
	}
	query := store.InvitationQuery{
		State: state, Search: q.Get("q"), After: q.Get("after"), Limit: invitationsPerPage,
	}
	page, err := org.Store.Invitations(r.Context(), query)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Invitations(org.Page, org.Opened, views.InvitationList{
		Rows:       page.Rows,
		Now:        org.Portal.Now(),
		State:      state,
		Search:     query.Search,
		Counts:     page.Counts,
		After:      query.After,
		Next:       page.Next,
		Remindable: page.Remindable,
	}))
}

// invitationOf loads the invitation of the path.
func invitationOf(r *http.Request, org Organization) (identity.Invitation, error) {
	return org.Store.Invitation(r.Context(), identity.InvitationID(chi.URLParam(r, "invitation")))
}

// waitingInvitationOf loads the invitation of the path for what can be done
// only while it waits. Somebody may have accepted or revoked it since the list
// was shown. Whoever may not offer its role may not act on it either: with the
// link of a teacher's invitation a co-teacher could become one.
func waitingInvitationOf(r *http.Request, org Organization) (identity.Invitation, error) {
	invitation, err := invitationOf(r, org)
	if err != nil {
		return identity.Invitation{}, err
	}
	if err := org.MayInvite(invitation.Role); err != nil {
		return identity.Invitation{}, err
	}
	switch {
	case invitation.State == identity.InvitationAccepted:
		return identity.Invitation{}, identity.Conflict("invitation.accepted-meanwhile", "Person", views.Invited(invitation))
	case !invitation.Waiting():
		return identity.Invitation{}, identity.Conflict("invitation.revoked-meanwhile", "Person", views.Invited(invitation))
	}
	return invitation, nil
}

// resendInvitation serves POST /o/{organization}/invitations/{invitation}/resend.
// It revives an expired one.
func resendInvitation(w http.ResponseWriter, r *http.Request, org Organization) error {
	invitation, err := waitingInvitationOf(r, org)
	if err != nil {
		return err
	}
	if err := org.Store.ResendInvitation(r.Context(), invitation.ID, invitationMail(r, org)); err != nil {
		return err
	}
	return redirect(w, r, invitationsAsSeen(org), identity.Say("invitation.resent", "Person", views.Invited(invitation)))
}

// confirmRevoke serves GET /o/{organization}/invitations/{invitation}/revoke.
func confirmRevoke(w http.ResponseWriter, r *http.Request, org Organization) error {
	invitation, err := waitingInvitationOf(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.RevokeInvitation(org.Page, org.Opened, invitation))
}

// revokeInvitation serves POST /o/{organization}/invitations/{invitation}/revoke.
// Revoking twice is no error.
func revokeInvitation(w http.ResponseWriter, r *http.Request, org Organization) error {
	invitation, err := invitationOf(r, org)
	if err != nil {
		return err
	}
	if err := org.MayInvite(invitation.Role); err != nil {
		return err
	}
	if err := org.Store.RevokeInvitation(r.Context(), invitation.ID); err != nil {
		return err
	}
	return redirect(w, r, views.InvitationsPath(org.ID()), identity.Say("invitation.revoked", "Person", views.Invited(invitation)))
}

// confirmLink serves GET /o/{organization}/invitations/{invitation}/link.
func confirmLink(w http.ResponseWriter, r *http.Request, org Organization) error {
	invitation, err := waitingInvitationOf(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.InvitationLink(org.Page, org.Opened, invitation, ""))
}

// showLink serves POST /o/{organization}/invitations/{invitation}/link: the
// link itself, which goes on the audit record.
func showLink(w http.ResponseWriter, r *http.Request, org Organization) error {
	invitation, err := waitingInvitationOf(r, org)
	if err != nil {
		return err
	}
	token, err := org.Store.InvitationToken(r.Context(), invitation.ID)
	if err != nil {
		return err
	}
	link := org.Portal.URL(views.AcceptPath(token))
	return render(w, r, http.StatusOK, views.InvitationLink(org.Page, org.Opened, invitation, link))
}

// confirmRemind serves GET /o/{organization}/invitations/remind.
func confirmRemind(w http.ResponseWriter, r *http.Request, org Organization) error {
	page, err := org.Store.Invitations(r.Context(), store.InvitationQuery{Limit: 1})
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.RemindAll(org.Page, org.Opened, page.Remindable))
}

// remindAll serves POST /o/{organization}/invitations/remind.
func remindAll(w http.ResponseWriter, r *http.Request, org Organization) error {
	count, err := org.Store.RemindAll(r.Context(), invitationMail(r, org))
	if err != nil {
		return err
	}
	return redirect(w, r, views.InvitationsPath(org.ID()), identity.Say("invitation.reminded", "Count", count))
}

// invitationsAsSeen is the list of invitations, filtered as it was when a
// button on it was pressed.
func invitationsAsSeen(org Organization) string {
	list := views.InvitationsPath(org.ID())
	if here := org.Page.Here; here == list || strings.HasPrefix(here, list+"?") {
		return here
	}
	return list
}
