package handlers

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/views"
)

// connectionRoutes are the pages of the school's connections, behind one of its
// doors. What ends sign-in for people needs the permission of the school's own
// admins: a set-up link sets up.
func connectionRoutes(r chi.Router, door setupDoor) {
	r.Method("GET", "/connections/new", door(identity.ConnectSignIn, newConnection))
	r.Method("POST", "/connections/new", door(identity.ConnectSignIn, makeConnection))

	r.Route("/connections/{connection}", func(r chi.Router) {
		page := func(method, path string, h connectionHandler) {
			r.Method(method, path, door(identity.ConnectSignIn, ofConnection(h)))
		}
		ends := func(method, path string, h connectionHandler) {
			r.Method(method, path, door(identity.ManageSchool, ofConnection(h)))
		}
		page("GET", "/", showConnection)
		page("GET", "/name", askConnectionName)
		page("POST", "/name", renameConnection)
		page("GET", "/guide", showGuide)
		page("GET", "/guide/{file}", downloadGuideFile)
		page("GET", "/provider", askProvider)
		page("POST", "/provider", giveProvider)
		page("GET", "/people", askPeople)
		page("POST", "/people", choosePeople)
		page("GET", "/test", showTest)
		page("POST", "/test", beginTest)
		page("GET", "/pasted", askResponse)
		page("POST", "/pasted", checkResponse)
		page("GET", "/attempts", listAttempts)
		page("GET", "/attempts/{attempt}", showAttempt)
		page("GET", "/attempts/{attempt}/text", attemptAsText)
		page("GET", "/activate", askActivation)
		page("POST", "/activate", activateConnection)
		page("GET", "/certificate", askProposal)
		page("POST", "/certificate", acceptProposal)
		ends("GET", "/off", askSwitchOff)
		ends("POST", "/off", switchOff)
		ends("GET", "/delete", askDeletion)
		r.Method("POST", "/delete", dangerous(door(identity.ManageSchool, ofConnection(deleteConnection))))
	})
}

type connectionHandler func(http.ResponseWriter, *http.Request, SignInSetup, identity.Connection) error

// ofConnection finds the connection of the path in the opened school.
func ofConnection(h connectionHandler) setupHandler {
	return func(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
		c, err := setup.Store.Connection(r.Context(), identity.ConnectionID(chi.URLParam(r, "connection")))
		if err != nil {
			return err
		}
		return h(w, r, setup, c)
	}
}

// frame is what every page of the connection says around its own.
func (s SignInSetup) frame(c identity.Connection) views.ConnectionFrame {
	frame := views.ConnectionFrame{Page: s.Page, Org: s.Opened, Door: s.Door, Connection: c}
	if provider := s.serviceProvider(c); s.LoginV1 && c.Protocol == identity.ProtocolSAML {
		frame.SecondURL = provider.ACSV1
	} else if s.LoginV1 && !c.Vendor.InstanceWide() {
		frame.SecondURL = provider.RedirectV1
	}
	return frame
}

// serviceProvider are Zitadel's URLs for the connection.
func (s SignInSetup) serviceProvider(c identity.Connection) identity.ServiceProvider {
	return identity.ServiceProviderAt(s.Zitadel, c.Provider)
}

// expected is what a sign-in through the connection has to look like now.
func (s SignInSetup) expected(c identity.Connection) sso.Expected {
	return sso.ExpectedOf(c, s.serviceProvider(c), s.Portal.Now())
}

// startURL is where tiles on launch pages lead.
func (s SignInSetup) startURL() string { return s.Portal.URL(views.SchoolStartPath(s.ID())) }

// providerOf is the connection as Zitadel is told of it. An empty secret keeps
// the one that is there.
func providerOf(c identity.Connection, secret string) identity.Provider {
	p := identity.Provider{Vendor: c.Vendor, Protocol: c.Protocol, Name: c.Name}
	if c.Protocol == identity.ProtocolSAML {
		p.Metadata, p.TransientID = c.Metadata, sso.TransientID(c.Vendor)
	} else {
		p.Issuer, p.ClientID, p.ClientSecret = c.Issuer, c.ClientID, secret
	}
	return p
}

// update tells Zitadel of a changed connection. One of the installation's own
// is the same for every school: there is nothing to tell.
func (s SignInSetup) update(secret string) func(context.Context, *identity.Connection) error {
	return func(ctx context.Context, c *identity.Connection) error {
		if c.Vendor.InstanceWide() {
			return nil
		}
		return s.Remote.UpdateProvider(ctx, c.Provider, providerOf(*c, secret))
	}
}

// changed is a change of the connection for its audit record.
func changed(action identity.Action, c identity.Connection) identity.Change {
	return identity.Change{Action: action, Target: string(c.ID), TargetName: c.Name}
}

// refusedBeside is retryable, and takes what Zitadel calls invalid for a
// problem with the field as well: the form stays as it was filled in.
func refusedBeside(err error, field string) (int, identity.Problems) {
	var known *identity.Error
	if errors.As(err, &known) && known.Kind == identity.KindInvalid {
		return http.StatusUnprocessableEntity, identity.Problems{{Field: field, Message: known.Message}}
	}
	return retryable(err, field)
}

// beside makes the problems those of one field of the page.
func beside(field string, problems identity.Problems) identity.Problems {
	moved := slices.Clone(problems)
	for i := range moved {
		moved[i].Field = field
	}
	return moved
}

// messages are what is said, each thing once: metadata names an endpoint for
// each binding.
func messages(problems identity.Problems) []identity.Message {
	var said []identity.Message
	for _, problem := range problems {
		if !slices.ContainsFunc(said, func(m identity.Message) bool { return reflect.DeepEqual(m, problem.Message) }) {
			said = append(said, problem.Message)
		}
	}
	return said
}

// maxConnectionName is as long as fits on a button.
const maxConnectionName = 100

// connectionName is a typed name as it is kept, or what is wrong with it.
func connectionName(typed string) (string, identity.Problems) {
	var problems identity.Problems
	name := identity.CleanName(typed)
	switch {
	case name == "":
		problems.Add("name", "connection.name.missing")
	case utf8.RuneCountInString(name) > maxConnectionName:
		problems.Add("name", "connection.name.long", "Max", maxConnectionName)
	}
	return name, problems
}

// showConnection serves GET …/connections/{connection}.
func showConnection(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	ctx := r.Context()
	var v views.ConnectionView
	var err error
	if v.Classroom, err = setup.classroomName(ctx, c.Rules.Classroom); err != nil {
		return err
	}
	certificates, err := setup.Store.Certificates(ctx)
	if err != nil {
		return err
	}
	for _, one := range certificates {
		switch {
		case one.Connection != c.ID || one.Proposed:
		case one.Side == "sp":
			v.OwnCertificates = append(v.OwnCertificates, certificateRow(one))
		default:
			v.Certificates = append(v.Certificates, certificateRow(one))
		}
	}
	if _, _, err := setup.Store.Proposal(ctx, c.ID); err == nil {
		v.Proposed = true
	} else if !identity.IsKind(err, identity.KindNotFound) {
		return err
	}
	health, err := setup.Store.Health(ctx)
	if err != nil {
		return err
	}
	for _, one := range health {
		if one.Connection == c.ID {
			v.Successes, v.Failures = one.Successes, one.Failures
			for _, cause := range one.Causes {
				v.Causes = append(v.Causes, views.FailureCause{
					Label: sso.Label(identity.Finding{Code: cause.Code}), Count: cause.Count,
				})
			}
		}
	}
	if c.MetadataURL != "" {
		if v.FetchedAt, v.Trouble, err = setup.Store.MetadataFetch(ctx, c.ID); err != nil {
			return err
		}
	}
	if c.State == identity.ConnectionActive {
		v.Start = setup.startURL()
	}
	return render(w, r, http.StatusOK, views.Connection(setup.frame(c), v))
}

func certificateRow(c identity.Certificate) views.CertificateRow {
	return views.CertificateRow{Subject: c.Subject, Fingerprint: c.Fingerprint, NotBefore: c.NotBefore, NotAfter: c.NotAfter}
}

func certificateRows(list []identity.Certificate) []views.CertificateRow {
	rows := make([]views.CertificateRow, len(list))
	for i, c := range list {
		rows[i] = certificateRow(c)
	}
	return rows
}

// classroomName is the name of a classroom of the school; one that is gone has
// none.
func (s SignInSetup) classroomName(ctx context.Context, id identity.OrganizationID) (string, error) {
	if id == "" {
		return "", nil
	}
	classroom, err := s.Store.ClassroomIn(ctx, id)
	if identity.IsKind(err, identity.KindNotFound) {
		return "", nil
	}
	return classroom.Name, err
}

// askConnectionName serves GET …/connections/{connection}/name.
func askConnectionName(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	return render(w, r, http.StatusOK, views.RenameConnection(setup.frame(c), c.Name, nil))
}

// renameConnection serves POST …/connections/{connection}/name. Form: name.
func renameConnection(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	typed, status := r.PostFormValue("name"), http.StatusUnprocessableEntity
	name, problems := connectionName(typed)
	if problems == nil {
		to := c
		to.Name = name
		if err := setup.Store.ChangeConnection(r.Context(), changed(identity.ActionConnectionChanged, c), to, setup.update("")); err != nil {
			if status, problems = refusedBeside(err, "name"); problems == nil {
				return err
			}
		}
	}
	if problems != nil {
		return render(w, r, status, views.RenameConnection(setup.frame(c), typed, problems))
	}
	return redirect(w, r, setup.Door.Connection(c.ID), identity.Say("connection.renamed", "Name", name))
}
