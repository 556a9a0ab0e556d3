package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// Organization is all a handler of an organization page may touch. Nothing
// reachable from it accepts another organization's ID.
type Organization struct {
	identity.Opened                     // which one, who asks, what is permitted
	Store           *store.Organization // its rows; every page reads from here
	Remote          identity.Remote     // the same one at Zitadel; only changes go there
	Portal          Portal
	Page            views.Page // the frame of the page: who, where, notice
}

// Person is who asks, for signed-in pages outside an organization.
type Person struct {
	identity.Actor
	User   identity.User // as projected, or as the ID token said when still unknown
	Portal Portal
	Page   views.Page
}

// Portal is what a page may need of the portal itself.
type Portal struct {
	PublicURL string // without a slash at the end
	Now       func() time.Time
}

// URL makes a path of the portal a link for a mail.
func (p Portal) URL(path string) string { return p.PublicURL + path }

// Typed is a path of the portal as people type it: without a scheme.
func (p Portal) Typed(path string) string {
	_, address, _ := strings.Cut(p.URL(path), "://") // there always is one; see newServer
	return address
}

type (
	openHandler         func(http.ResponseWriter, *http.Request) error
	signedInHandler     func(http.ResponseWriter, *http.Request, Person) error
	organizationHandler func(http.ResponseWriter, *http.Request, Organization) error
)

// open serves a page that needs no sign-in. Only routes.go uses it, for the
// few paths of its open list.
func (s *Server) open(h openHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := parseForm(r); err != nil {
			s.fail(w, r, err)
			return
		}
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// signedIn serves a page to somebody who is signed in, and leads everybody
// else to sign-in first. What is posted to a fresh route needs a fresh one.
func (s *Server) signedIn(h signedInHandler) http.Handler {
	return s.known(func(w http.ResponseWriter, r *http.Request, who Person) error {
		if asked, err := s.askFresh(w, r, who.User); asked || err != nil {
			return err
		}
		return h(w, r, who)
	})
}

// known is signedIn for doors that have more to decide before they ask for a
// fresh sign-in.
func (s *Server) known(h signedInHandler) http.Handler {
	return s.open(func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.live(r); err != nil {
			return err
		}
		user, err := s.person(r.Context())
		if err != nil {
			return err
		}
		if user.ID == "" {
			return s.askToSignIn(w, r)
		}
		if shutOut(user) != nil {
			// The projection ends the sessions of such a user; this is for the
			// moment in between.
			if err := s.sessions.Destroy(r.Context()); err != nil {
				return err
			}
			return s.askToSignIn(w, r)
		}
		if gone, err := s.outgrown(r.Context(), user); err != nil {
			return err
		} else if gone {
			return s.askToSignIn(w, r)
		}
		r, waited, err := s.refill(r, user.ID)
		if err != nil {
			return err
		}
		actor := identity.Actor{User: user.ID, Name: user.DisplayName()}
		rec := logged(r.Context())
		rec.user, rec.page = user.ID, s.page(r, actor, user)
		if err := s.homeOpen(r.Context(), user.Home); err != nil {
			return err
		}
		if waited {
			rec.page.Notice = identity.Say("fresh.again")
		}
		return h(w, r, Person{Actor: actor, User: user, Portal: s.portal, Page: rec.page})
	})
}

// shutOut is why somebody's account opens nothing here; nil if it does.
func shutOut(user identity.User) error {
	switch user.State {
	case identity.UserLocked:
		return identity.Forbidden("sign-in.locked")
	case identity.UserInactive:
		return identity.Forbidden("sign-in.deactivated")
	}
	return nil
}

// accountOpen is [shutOut] for somebody who comes from Zitadel, which may not know
// yet, or not any more, what the portal does: without it, each page would send them
// to sign in again, and Zitadel would send them back.
func (s *Server) accountOpen(ctx context.Context, user identity.UserID) error {
	known, err := s.store.User(ctx, user)
	switch {
	case identity.IsKind(err, identity.KindNotFound):
		return nil // has registered just now
	case err != nil:
		return fmt.Errorf("look up who signs in: %w", err)
	}
	return shutOut(known)
}

// inOrganization opens the organization of the path for who asks. It is the
// one place where that happens: a handler gets the opened organization and has
// no other way to data.
func (s *Server) inOrganization(needs identity.Permission, h organizationHandler) http.Handler {
	return gate{needs: needs, Handler: s.known(func(w http.ResponseWriter, r *http.Request, who Person) error {
		id := identity.OrganizationID(chi.URLParam(r, "organization"))
		opened, err := s.store.OpenFor(r.Context(), who.Actor, id)
		if err != nil {
			return err // no role that counts there: not found
		}
		logged(r.Context()).organization = opened.ID()
		if err := opened.Refusal(needs); err != nil {
			return err
		}
		if opened.Organization().Archived() && !reads(r) && r.Context().Value(archivedKey{}) == nil {
			return identity.Conflict("classroom.archived", "Classroom", opened.Organization().Name)
		}
		if asked, err := s.askFresh(w, r, who.User); asked || err != nil {
			return err
		}
		org := Organization{
			Opened: opened,
			Store:  s.store.In(opened),
			Remote: s.gateway.In(opened),
			Portal: s.portal,
			Page:   who.Page,
		}
		if answered, err := s.sees(w, r, &org); answered || err != nil {
			return err
		}
		return h(w, r, org)
	})}
}

// inSchool is inOrganization for the pages that only schools have. Elsewhere
// they are not found.
func (s *Server) inSchool(needs identity.Permission, h organizationHandler) http.Handler {
	opened := s.inOrganization(needs, func(w http.ResponseWriter, r *http.Request, org Organization) error {
		if org.Organization().Kind != identity.KindSchool {
			return identity.NotFound("organization.not-found")
		}
		return h(w, r, org)
	}).(gate)
	opened.school = true
	return opened
}

// inArchived is inOrganization for what changes an archived classroom too: that
// it is restored or deleted. Whatever else is posted to one is refused.
func (s *Server) inArchived(needs identity.Permission, h organizationHandler) http.Handler {
	opened := s.inOrganization(needs, h).(gate)
	inside := opened.Handler
	opened.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inside.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), archivedKey{}, true)))
	})
	return opened
}

type archivedKey struct{}

// gate is a route of an organization with the permission it needs, which the
// tests that walk every route compare with the table.
type gate struct {
	needs  identity.Permission
	school bool // a page of schools alone
	fresh  bool // what is posted counts only soon after a sign-in
	http.Handler
}
