package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/static"
	"homeroom.dev/homeroom/views"
)

// routes is the map of the portal and its access matrix: each line has method,
// path, who may pass, and the handler. Whatever is not on the open list needs
// sign-in; whatever is below /o/{organization} needs a role there.
func (s *Server) routes() http.Handler {
	router := chi.NewRouter()
	router.Use(s.chain, middleware.GetHead)
	nothing := chi.Chain(s.withLanguage, s.withNotice, s.withSession).Handler(s.open(s.notFound))
	router.NotFound(nothing.ServeHTTP)
	router.MethodNotAllowed(nothing.ServeHTTP)

	// Open, and without a session: files, machines.
	router.Method("GET", static.Prefix+"*", static.Handler())
	router.Method("GET", "/brand/{school}/{version}.css", s.open(s.brandSheet))
	router.Method("GET", "/brand/{school}/{version}.png", s.open(s.brandLogo))
	router.Method("GET", views.HealthPath, s.open(healthz))
	router.Method("GET", views.ReadyPath, s.open(s.readyz))
	router.Method("GET", views.BadgeKeysPath, s.open(s.badgeKeys))
	router.With(s.withLanguage).Method("POST", views.BackChannelPath, s.open(s.backChannelLogout))

	router.Group(func(r chi.Router) {
		r.Use(s.withLanguage, s.crossOrigin.Handler, s.withNotice, s.withSession)

		// The open list.
		r.Group(func(r chi.Router) {
			r.Method("GET", "/", s.open(s.landing))
			r.Method("GET", "/signed-out", s.open(s.signedOut))
			r.Method("POST", "/sign-out", s.open(s.signOut))
			r.Method("POST", "/language", s.open(s.setLanguage))
		})
		r.Group(func(r chi.Router) {
			r.Use(s.limit(signInsPerAddress, byAddress))
			r.Method("GET", "/sign-in", s.open(s.signIn))
			r.Method("POST", "/sign-in", s.open(s.findSignIn))
			r.Method("GET", "/auth/callback", s.open(s.callback))
			r.Method("GET", "/s/{school}", s.open(s.startAtSchool))
			r.Method("POST", "/s/{school}", s.open(s.startAtSchool))
			r.Method("GET", "/s/{school}/only", s.open(s.schoolOnly))
			r.Method("GET", "/arrive/{attempt}", s.open(s.arrive))
			r.Method("POST", "/arrive/{attempt}", s.open(s.arriveInstead))
		})
		r.Group(func(r chi.Router) {
			r.Use(s.limit(invitationsPerAddress, byAddress))
			r.Method("GET", "/i/{token}", s.open(s.showAcceptance))
			r.With(s.limit(triesPerInvitation, byToken)).
				Method("POST", "/i/{token}", s.open(s.accept))
		})
		s.joinRoutes(r)
		r.Group(s.badgeDoor)
		// A set-up link, and behind its code the pages of sign-in; a recovery link.
		r.Group(func(r chi.Router) {
			r.Use(s.limit(setupsPerAddress, byAddress))
			r.Method("GET", "/set-up/{token}", s.open(s.showSetupLink))
			r.With(s.limit(triesPerSetup, byToken)).Method("POST", "/set-up/{token}", s.open(s.openSetupLink))
			r.Route("/setup/{link}", func(r chi.Router) {
				r.Use(middleware.GetHead, s.limit(changesPerSetup, bySetupLink))
				r.Method("GET", "/", s.byLink("", showSignIn))
				r.Method("POST", "/leave", s.open(s.leaveLink))
				setupRoutes(r, s.byLink)
			})
			r.Method("GET", "/recover/{token}", s.open(s.showRecover))
			r.With(s.limit(triesPerSetup, byToken)).Method("POST", "/recover/{token}", s.open(s.recoverSchool))
		})
		if s.demo {
			r.Method("GET", views.StyleguidePath, s.open(styleguide))
		}

		// Signed in.
		f := founding{s.store, s.gateway, s.provisioner, s.anyoneOpens}
		r.Group(func(r chi.Router) {
			r.Use(s.limit(changesPerPerson, s.byPerson))
			r.Method("GET", "/home", s.signedIn(s.home))
			r.Method("GET", "/welcome", s.signedIn(s.welcome))
			r.Method("GET", "/organizations", s.signedIn(s.organizations))
			s.accountRoutes(r)
			s.platformRoutes(r, f)
			r.Method("GET", "/classrooms/new", s.signedIn(f.newAlone))
			r.Method("POST", "/classrooms/new", s.signedIn(f.openAlone))

			// With a role there.
			r.Route("/o/{organization}", func(r chi.Router) {
				r.Use(middleware.GetHead) // chi's own does not see into a route's "/"
				org := s.inOrganization
				invites := r.With(s.limit(invitesPerPerson, s.byPerson))

				r.Method("GET", "/", org(identity.Visit, showOrganization))
				r.Method("GET", "/roster", org(identity.SeeRoster, showRoster))
				r.Method("GET", "/students/new", org(identity.ManageStudents, newStudent))
				r.Method("POST", "/students/new", org(identity.ManageStudents, createStudent))

				r.Method("GET", "/invitations", org(identity.ManageStudents, listInvitations))
				r.Method("GET", "/invitations/new", org(identity.ManageStudents, newInvitation))
				invites.Method("POST", "/invitations", org(identity.ManageStudents, invite))
				r.Method("GET", "/invitations/remind", org(identity.ManageStudents, confirmRemind))
				invites.Method("POST", "/invitations/remind", org(identity.ManageStudents, remindAll))
				r.Method("POST", "/invitations/{invitation}/resend", org(identity.ManageStudents, resendInvitation))
				r.Method("GET", "/invitations/{invitation}/revoke", org(identity.ManageStudents, confirmRevoke))
				r.Method("POST", "/invitations/{invitation}/revoke", org(identity.ManageStudents, revokeInvitation))
				r.Method("GET", "/invitations/{invitation}/link", org(identity.ManageStudents, confirmLink))
				r.Method("POST", "/invitations/{invitation}/link", org(identity.ManageStudents, showLink))

				s.studentRoutes(r)
				s.peopleRoutes(r)
				s.personRoutes(r)
				r.Method("POST", "/people/{user}/role", org(identity.ManageStudents, changeRole))
				r.Method("POST", "/people/{user}/suspend", org(identity.ManageStudents, suspend))
				r.Method("POST", "/people/{user}/activate", org(identity.ManageStudents, activate))
				r.Method("GET", "/people/{user}/reset", org(identity.ManageStudents, askReset))
				r.Method("POST", "/people/{user}/reset", org(identity.ManageStudents, resetSignIn))
				r.Method("GET", "/people/{user}/remove", org(identity.ManageStudents, askRemoval))
				r.Method("POST", "/people/{user}/remove", org(identity.ManageStudents, remove))

				s.listRoutes(r)
				s.substituteRoutes(r)
				s.lessonRoutes(r)
				s.activityRoutes(r)
				s.streamRoutes(r)
				s.policyRoutes(r)
				s.privacyRoutes(r)
				s.badgeRoutes(r)
				r.Method("GET", "/settings", org(identity.ManageClassroom, showSettings))
				r.Method("POST", "/settings", org(identity.ManageClassroom, saveSettings))
				r.Method("POST", "/name", org(identity.ManageClassroom, rename))
				r.Method("GET", "/classrooms/new", org(identity.OpenClassroom, f.newClassroom))
				r.Method("POST", "/classrooms/new", org(identity.OpenClassroom, f.openClassroom))
				s.classroomRoutes(r)
				s.importRoutes(r)
				s.termRoutes(r)
				r.Route("/sign-in", func(r chi.Router) {
					r.Use(middleware.GetHead)
					r.Method("GET", "/", s.inPortal(identity.ConnectSignIn, showSignIn))
					setupRoutes(r, s.inPortal)
					j := joining{s.store, s.gateway}
					r.Method("GET", "/requests", s.inPortal(identity.ManageSchool, j.list))
					r.Method("POST", "/requests/{user}", s.inPortal(identity.ManageSchool, j.decide))
					s.linkRoutes(r)
					s.enforcementRoutes(r)
				})
				r.Method("GET", "/leave", org(identity.Visit, askLeave))
				r.Method("POST", "/leave", org(identity.Visit, leaveOrganization))
			})
		})
	})
	return router
}
