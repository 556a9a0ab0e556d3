package handlers

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// showAcceptance serves GET /i/{token}: who invites to what, or why the link
// does not work any more. It tells nothing about whether the address has an
// account.
func (s *Server) showAcceptance(w http.ResponseWriter, r *http.Request) error {
	offer, err := s.offer(r)
	if err != nil {
		return err
	}
	if offer.mine() {
		return redirect(w, r, views.OrganizationPath(offer.opened.ID()))
	}
	if offer.state == identity.InvitationPending && r.Method == http.MethodGet {
		if err := s.store.In(offer.opened).OpenedInvitation(r.Context()); err != nil {
			return err
		}
	}
	return offer.show(w, r, http.StatusOK, identity.Newcomer{
		GivenName: offer.invitation.GivenName, FamilyName: offer.invitation.FamilyName,
	}, nil)
}

// accept serves POST /i/{token}. Form: user, the ID of whom the page showed as
// signed in, to accept as them; or given-name and family-name, to accept without
// an account. Who follows a copied link without one is sent the mail instead.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) error {
	offer, err := s.offer(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("as") == "me" {
		return s.acceptAsMe(w, r, offer)
	}
	n := identity.Newcomer{
		GivenName:  r.PostFormValue("given-name"),
		FamilyName: r.PostFormValue("family-name"),
		Language:   views.LanguageOf(r.Context()),
	}
	switch {
	case offer.person.ID != "":
		// Somebody is signed in: ask first.
		return offer.show(w, r, http.StatusConflict, n, nil)
	case offer.resumable():
		return s.firstSignIn(w, r, offer)
	case !offer.open():
		return offer.show(w, r, http.StatusGone, n, nil)
	case offer.invitation.Handed:
		return s.mailInstead(w, r, offer)
	}
	if problems := n.Check(); problems != nil {
		return offer.show(w, r, http.StatusUnprocessableEntity, n, problems)
	}
	user := identity.User{
		ID:        identity.NewcomerID(offer.invitation),
		GivenName: n.GivenName, FamilyName: n.FamilyName,
	}
	opened, invitation, err := s.store.OpenInvited(r.Context(),
		identity.Actor{User: user.ID, Name: user.DisplayName()}, chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	link, err := identity.AcceptAsNewcomer(r.Context(), opened, s.store.In(opened), s.gateway.In(opened), invitation, n)
	if err != nil {
		return s.notAccepted(w, r, offer, n, err)
	}
	return s.goSetCredential(w, r, offer, link)
}

// mailInstead sends the invitation to its address: only who opens the link there
// gets an account that counts as that address's owner. The answer is the same
// whether the address has an account, and whether a mail was on its way already.
func (s *Server) mailInstead(w http.ResponseWriter, r *http.Request, offer offer) error {
	logged(r.Context()).organization = offer.opened.ID()
	compose := invitationMail(r, Organization{Opened: offer.opened, Store: s.store.In(offer.opened), Portal: s.portal})
	if err := s.store.In(offer.opened).MailInvited(r.Context(), compose); err != nil {
		return s.notAccepted(w, r, offer, identity.Newcomer{}, err)
	}
	offer.mailed = true
	return offer.show(w, r, http.StatusOK, identity.Newcomer{}, nil)
}

// acceptAsMe takes the invitation up as whoever is signed in, if that is still
// the one the page showed.
func (s *Server) acceptAsMe(w http.ResponseWriter, r *http.Request, offer offer) error {
	n := identity.Newcomer{}
	switch {
	case offer.person.ID == "":
		http.Redirect(w, r, views.ReturningSignInPath(r.URL.Path), http.StatusSeeOther)
		return nil
	case offer.mine():
		return redirect(w, r, views.OrganizationPath(offer.opened.ID()))
	case !offer.open():
		return offer.show(w, r, http.StatusGone, n, nil)
	case r.PostFormValue("user") != string(offer.person.ID):
		return offer.show(w, r, http.StatusConflict, n, nil)
	}
	logged(r.Context()).organization = offer.opened.ID()
	err := identity.Accept(r.Context(), s.store.In(offer.opened), s.gateway.In(offer.opened), offer.invitation, offer.person)
	if err != nil {
		return s.notAccepted(w, r, offer, n, err)
	}
	return redirect(w, r, views.OrganizationPath(offer.opened.ID()),
		identity.Say("accept.welcome", "Organization", offer.opened.Organization().Name))
}

// notAccepted answers what kept an invitation from being taken up.
func (s *Server) notAccepted(w http.ResponseWriter, r *http.Request, offer offer, n identity.Newcomer, err error) error {
	switch {
	case identity.IsKind(err, identity.KindConflict), identity.IsKind(err, identity.KindGone):
		return s.again(w, r, n, err)
	case identity.IsKind(err, identity.KindUnavailable):
		return s.notNow(w, r, offer, n, err)
	}
	return err
}

// again looks at the invitation anew after it turned out to be otherwise than
// it seemed: a second click was faster, or the address has an account.
func (s *Server) again(w http.ResponseWriter, r *http.Request, n identity.Newcomer, cause error) error {
	offer, err := s.offer(r)
	switch {
	case err != nil:
		return err
	case offer.mine():
		return redirect(w, r, views.OrganizationPath(offer.opened.ID()))
	case offer.resumable() && offer.person.ID == "":
		return s.firstSignIn(w, r, offer)
	}
	logged(r.Context()).aside = cause
	_, message := answer(cause)
	offer.trouble = message
	return offer.show(w, r, http.StatusConflict, n, nil)
}

// notNow shows the page again, with what was typed: Zitadel is away.
func (s *Server) notNow(w http.ResponseWriter, r *http.Request, offer offer, n identity.Newcomer, cause error) error {
	logged(r.Context()).err = cause
	_, offer.trouble = answer(cause)
	w.Header().Set("Retry-After", "10")
	return offer.show(w, r, http.StatusServiceUnavailable, n, nil)
}

// firstSignIn gives somebody whose account was made by this invitation, and
// who did not get to set a password or a passkey, another way there. It ends
// with the invitation's own time.
func (s *Server) firstSignIn(w http.ResponseWriter, r *http.Request, offer offer) error {
	link, err := s.gateway.In(offer.opened).FirstSignIn(r.Context(), offer.invitation.AcceptedBy)
	switch {
	case identity.IsKind(err, identity.KindConflict):
		_, offer.trouble = answer(err) // they have one: sign in
		return offer.show(w, r, http.StatusConflict, identity.Newcomer{}, nil)
	case identity.IsKind(err, identity.KindUnavailable):
		return s.notNow(w, r, offer, identity.Newcomer{}, err)
	case err != nil:
		return err
	}
	return s.goSetCredential(w, r, offer, link)
}

// goSetCredential leads to Zitadel's login. Its default redirect leads back to
// /welcome, which signs them in and goes on to the classroom.
func (s *Server) goSetCredential(w http.ResponseWriter, r *http.Request, offer offer, link string) error {
	s.sessions.Put(r.Context(), sessionLanding, views.OrganizationPath(offer.opened.ID()))
	s.sessions.Put(r.Context(), sessionHint, offer.invitation.Address)
	return leave(w, r, link)
}

// offer is an invitation as it stands for whoever looks at it.
type offer struct {
	token      string
	opened     identity.Opened
	invitation identity.Invitation
	state      identity.InvitationState
	person     identity.User // signed in; zero if nobody is
	inTime     bool
	mailed     bool // the link is on its way to the address
	trouble    identity.Message
}

// offer loads the invitation of the path's token and who looks at it.
func (s *Server) offer(r *http.Request) (offer, error) {
	person, err := s.visitor(r)
	if err != nil {
		return offer{}, err
	}
	o := offer{token: chi.URLParam(r, "token"), person: person}
	actor := identity.Actor{User: person.ID, Name: person.DisplayName()}
	if o.opened, o.invitation, err = s.store.OpenInvited(r.Context(), actor, o.token); err != nil {
		return offer{}, err
	}
	now := s.portal.Now()
	o.state, o.inTime = o.invitation.StateAt(now), now.Before(o.invitation.ExpiresAt)
	return o, nil
}

// visitor is who is signed in on an open page; zero if nobody is.
func (s *Server) visitor(r *http.Request) (identity.User, error) {
	if _, err := s.live(r); err != nil {
		return identity.User{}, err
	}
	user, err := s.person(r.Context())
	if err != nil || user.ID == "" || user.State != identity.UserActive {
		return identity.User{}, err
	}
	actor := identity.Actor{User: user.ID, Name: user.DisplayName()}
	rec := logged(r.Context())
	rec.user, rec.page = user.ID, s.page(r, actor, user)
	return user, nil
}

// open reports whether the invitation can be taken up.
func (o offer) open() bool {
	return o.state == identity.InvitationPending || o.state == identity.InvitationOpened
}

// mine reports whether the person looking has accepted it.
func (o offer) mine() bool {
	return o.state == identity.InvitationAccepted && o.person.ID != "" && o.invitation.AcceptedBy == o.person.ID
}

// resumable reports whether an account was made by this invitation, whose
// owner may not have set a credential yet, and who follows the mailed link.
func (o offer) resumable() bool {
	return !o.invitation.Handed && o.state == identity.InvitationAccepted && o.inTime && o.invitation.AcceptedBy != ""
}

// same reports whether the person looking owns the address that was invited.
func (o offer) same() bool {
	return o.person.AddressVerified && identity.SameAddress(o.person.Address, o.invitation.Address)
}

// show renders the page of the invitation as it stands.
func (o offer) show(w http.ResponseWriter, r *http.Request, status int, n identity.Newcomer, problems identity.Problems) error {
	if status == http.StatusOK && !o.open() {
		status = http.StatusGone
	}
	return render(w, r, status, views.Accept(frame(r), views.Acceptance{
		Token:        o.token,
		Organization: o.opened.Organization(),
		Invitation:   o.invitation,
		State:        o.state,
		Person:       o.person,
		Same:         o.same(),
		Resumable:    o.resumable(),
		Mailed:       o.mailed,
		Newcomer:     n,
		Problems:     problems,
		Trouble:      o.trouble,
	}))
}

// invitedName is the login name to sign in with when coming from an
// invitation's page.
func (s *Server) invitedName(ctx context.Context, next string) string {
	token, ok := strings.CutPrefix(next, views.AcceptPath(""))
	if !ok || token == "" {
		return ""
	}
	_, invitation, err := s.store.OpenInvited(ctx, identity.Actor{}, token)
	if err != nil || invitation.Handed {
		return "" // the page itself will say so; a copied link tells no address
	}
	return invitation.Address
}
