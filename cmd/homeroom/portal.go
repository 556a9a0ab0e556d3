package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/bulk"
	"homeroom.dev/homeroom/doctor"
	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/handlers"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/imports"
	"homeroom.dev/homeroom/jobs"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/rollover"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/stream"
	"homeroom.dev/homeroom/watch"
	"homeroom.dev/homeroom/zitadel"
)

// settings are what a portal is built from, whether on a real Zitadel or in
// the demo.
type settings struct {
	made                 zitadel.Installation
	storage              storage
	mailer               identity.Mailer
	mailServer           string // empty: none is configured
	publicURL            string
	trustedProxies       []string
	standaloneClassrooms bool
	demo                 bool
	fetch                *outbound.Client
	streamDirectory      string // of the platform's streams into files; empty: none
	importWriters        int    // zero: as many as imports have by themselves
	log                  *slog.Logger
}

// portal is everything that runs beside each other in one process.
type portal struct {
	store       *store.Store
	runtime     *zitadel.Runtime
	provisioner *zitadel.Provisioner
	events      *zitadel.Events
	projection  *projection.Projection
	jobs        *jobs.Jobs
	doctor      *doctor.Doctor
	settled     sync.Once // see examine
	streams     *stream.Streams
	handler     http.Handler
	log         *slog.Logger
}

// openStore opens the database with its keys.
func openStore(ctx context.Context, s storage, operators identity.OrganizationID) (*store.Store, error) {
	if s.SealKeys == "" {
		return nil, errors.New("not set: --seal-keys; homeroom bootstrap writes them into the file for --config")
	}
	keys, err := store.ParseKeyRing(s.SealKeys)
	if err != nil {
		return nil, fmt.Errorf("--seal-keys: %w", err)
	}
	return store.Open(ctx, store.Options{Path: s.Database, Keys: keys, Operators: operators})
}

// newPortal wires a portal. It calls nobody: Zitadel and the mail server may be
// away.
func newPortal(ctx context.Context, s settings) (_ *portal, err error) {
	p := &portal{log: s.log}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.store, err = openStore(ctx, s.storage, s.made.Operators); err != nil {
		return nil, err
	}
	if p.runtime, err = zitadel.NewRuntime(ctx, s.made.RuntimeConfig()); err != nil {
		return nil, err
	}
	if p.provisioner, err = zitadel.NewProvisioner(ctx, s.made.ProvisionerConfig()); err != nil {
		return nil, err
	}
	if p.events, err = zitadel.NewEvents(ctx, s.made.EventsConfig()); err != nil {
		return nil, err
	}
	p.projection = projection.New(p.store, p.events, projection.Options{Logger: s.log})
	if p.jobs, err = jobs.New(ctx, p.store, s.mailer, s.log); err != nil {
		return nil, err
	}
	p.store.UseQueue(p.jobs)
	p.jobs.Every(24*time.Hour, "watch the schools' connections", watch.New(watch.Options{
		Store: p.store, Fetch: s.fetch, Zitadel: s.made.Issuer, PublicURL: s.publicURL, Log: s.log,
	}).Run)
	p.jobs.Handle(store.OpeningJob, bulk.Openings{
		Store: p.store, Provisioner: p.provisioner, Gateway: p.runtime, Log: s.log, Compose: handlers.InvitationMails(p.store, s.publicURL),
	}.Handle)
	runs := bulk.New(bulk.Options{Store: p.store, Gateway: p.runtime, Log: s.log})
	p.jobs.Handle(store.BulkJob, runs.Handle)
	lists := imports.New(imports.Options{
		Store: p.store, Gateway: p.runtime, Provisioner: p.provisioner, Compose: handlers.InvitationMails(p.store, s.publicURL),
		Writers: s.importWriters, Log: s.log,
	})
	p.jobs.HandleLong(store.ImportJob, imports.Within, lists.Handle)
	p.jobs.Every(time.Minute, "go on with imports whose pause is over", lists.Resume)
	rollovers := rollover.New(rollover.Options{
		Store: p.store, Gateway: p.runtime, Provisioner: p.provisioner, Runs: runs.Handle, Log: s.log,
	})
	p.jobs.HandleLong(store.RolloverJob, rollover.Within, rollovers.Handle)
	p.jobs.Every(time.Hour, "finish deletions that were cut off", p.store.FinishDeletions)
	p.jobs.Every(policyEvery, "read login policies that changed", p.readLoginPolicies)
	p.jobs.Every(policyEvery, "read password rules that changed", p.readPasswordRules)
	p.jobs.Every(time.Hour, "forget first passwords and cards", p.store.StudentChores)
	p.jobs.Every(time.Minute, "finish turning badges off", p.finishBadges)
	p.jobs.Every(time.Hour, "look after the audit log", p.store.AuditChores)
	p.jobs.Every(time.Minute, "end substitutions", p.endSubstitutions)
	leaving := export.Works{Store: p.store, Provisioner: p.provisioner, Now: time.Now}
	p.jobs.HandleLong(store.ExportJob, leavingWithin, leaving.Handle)
	p.jobs.HandleLong(store.EraseJob, leavingWithin, leaving.Erase)
	p.jobs.Every(time.Hour, "delete old archives", leaving.Clear)
	p.jobs.Every(24*time.Hour, "delete old invitations", p.store.PruneInvitations)
	p.streams = stream.New(stream.Options{
		Store: p.store, Outbound: s.fetch, Directory: s.streamDirectory, Log: s.log,
		Product: audit.Product{Version: version(), URL: s.publicURL},
	})
	p.doctor = newDoctor(p, s)
	p.jobs.Every(24*time.Hour, "look at the installation", p.examine)
	p.jobs.Handle(store.CheckupJob, func(ctx context.Context, _ json.RawMessage, _ bool) error { return p.doctor.Run(ctx) })
	p.jobs.Handle(store.ReconcileJob, p.reconcile)
	p.handler, err = handlers.New(handlers.Options{
		Store: p.store, Gateway: p.runtime, Provisioner: p.provisioner,
		DoAtOnce:   runs.AtOnce,
		OIDC:       handlers.OIDC{Issuer: s.made.Issuer, ClientID: s.made.ClientID, Individuals: s.made.Individuals},
		PublicURL:  s.publicURL,
		Projection: p.projectionStatus, MailReady: s.mailer.Ready,
		AnyoneOpensClassrooms: s.standaloneClassrooms,
		TrustedProxies:        s.trustedProxies, Log: s.log, Demo: s.demo,
		Fetch: s.fetch, Intents: p.events, Offered: offered(s.made), Streams: p.streams, Background: p.jobs,
		Exports: leaving, PlanImport: lists.Plan, PlanRollover: rollovers.Plan,
	})
	return p, err
}

// offered are the vendors that one registration connects for every school, in
// the order of the wizard.
func offered(made zitadel.Installation) []identity.Vendor {
	known := made.Offered()
	return slices.DeleteFunc(slices.Clone(identity.Vendors), func(v identity.Vendor) bool { return known[v] == "" })
}

// leavingWithin bounds one try to write the archive of a school, or to erase one.
const leavingWithin = 2 * time.Hour

// policyEvery is how soon a login policy that was changed at Zitadel's console is
// known here, and policiesAtOnce how many are asked for at a time.
const (
	policyEvery    = 10 * time.Second
	policiesAtOnce = 20
)

// readLoginPolicies asks Zitadel for the login policies of schools where they are
// not known, or not any more, so that no page has to. A school where that fails
// waits behind the others.
func (p *portal) readLoginPolicies(ctx context.Context) error {
	schools, err := p.store.StaleLoginPolicies(ctx, policiesAtOnce)
	if err != nil {
		return err
	}
	var failures []error
	for _, school := range schools {
		err := p.readLoginPolicy(ctx, school)
		if err == nil {
			continue
		}
		failures = append(failures, fmt.Errorf("school %s: %w", school.ID(), err), p.store.In(school).AskLoginPolicyLater(ctx))
		if identity.IsKind(err, identity.KindUnavailable) {
			break // the others would only wait for the same
		}
	}
	return errors.Join(failures...)
}

func (p *portal) readLoginPolicy(ctx context.Context, school identity.Opened) error {
	asked := time.Now()
	policy, err := p.runtime.In(school).LoginPolicy(ctx)
	if err != nil {
		return err
	}
	return p.store.In(school).KeepLoginPolicy(ctx, policy, asked)
}

// readPasswordRules asks Zitadel for password rules that changed, so that first
// passwords are made by those of now. Where that fails waits behind the others.
func (p *portal) readPasswordRules(ctx context.Context) error {
	homes, err := p.store.StalePasswordRules(ctx, policiesAtOnce)
	if err != nil {
		return err
	}
	var failures []error
	for _, home := range homes {
		_, err := identity.AskPasswordRules(ctx, p.store.In(home), p.runtime.In(home))
		if err == nil {
			continue
		}
		failures = append(failures, fmt.Errorf("organization %s: %w", home.ID(), err), p.store.In(home).AskPasswordRulesLater(ctx))
		if identity.IsKind(err, identity.KindUnavailable) {
			break // the others would only wait for the same
		}
	}
	return errors.Join(failures...)
}

// finishBadges deletes the connections of schools that turned badges off while
// Zitadel did not answer.
func (p *portal) finishBadges(ctx context.Context) error {
	schools, err := p.store.EndingBadges(ctx, policiesAtOnce)
	if err != nil {
		return err
	}
	var failures []error
	for _, school := range schools {
		rows := p.store.In(school)
		err := rows.InTurn(ctx, func(ctx context.Context) error { return rows.FinishBadges(ctx, p.runtime.In(school).DeleteProvider) })
		if err != nil {
			failures = append(failures, fmt.Errorf("school %s: %w", school.ID(), err))
		}
		if identity.IsKind(err, identity.KindUnavailable) {
			break // the others would only wait for the same
		}
	}
	return errors.Join(failures...)
}

// projectionStatus is the projection's in the words of the pages.
func (p *portal) projectionStatus() handlers.ProjectionStatus {
	status := p.projection.Status(context.Background())
	known := handlers.ProjectionStatus{KnownAt: status.HeardAt, Err: status.Err}
	known.HeardAt, known.LastEvent, known.Behind, known.Built = status.HeardAt, status.LastEvent, status.Behind, status.Built
	if status.Behind > 0 {
		known.KnownAt = status.LastEvent
	}
	return known
}

// close releases what newPortal took.
func (p *portal) close() error {
	var all []error
	if p.events != nil {
		all = append(all, p.events.Close())
	}
	if p.provisioner != nil {
		all = append(all, p.provisioner.Close())
	}
	if p.runtime != nil {
		all = append(all, p.runtime.Close())
	}
	if p.store != nil {
		all = append(all, p.store.Close())
	}
	return errors.Join(all...)
}

// resumeEvery is how often openings that something cut off are taken up again.
const resumeEvery = time.Minute

// run works in the background and answers on listener until ctx ends; then it
// finishes what it has begun.
func (p *portal) run(ctx context.Context, listener net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.projection.Run(ctx) })
	group.Go(func() error { return p.jobs.Run(ctx) })
	group.Go(func() error { return p.streams.Run(ctx) })
	group.Go(func() error { return p.resumeOpenings(ctx) })
	group.Go(func() error { return serveHTTP(ctx, listener, p.handler) })
	return group.Wait()
}

// resumeOpenings completes the organizations whose opening a crash or an absent
// Zitadel cut off.
func (p *portal) resumeOpenings(ctx context.Context) error {
	ticker := time.NewTicker(resumeEvery)
	defer ticker.Stop()
	for {
		openings, err := p.store.Openings(ctx)
		if err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "list unfinished openings", "error", err)
		}
		for _, o := range openings {
			err := identity.CompleteOpening(ctx, p.store, p.provisioner, p.runtime, o.Founder, o.Organization, o.First)
			if err != nil && ctx.Err() == nil {
				p.log.WarnContext(ctx, "complete an opening", "organization", o.Organization.ID, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// graceful is how long requests may take to finish after the signal to stop.
const graceful = 10 * time.Second

// serveHTTP answers on listener until ctx ends, and lets requests finish.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
		defer cancel()
		stopped <- server.Shutdown(late)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return <-stopped
}

// listenOn opens a port, with a sentence about what to do if it is taken.
func listenOn(flag, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be listened on (choose another with --%s): %w", address, flag, err)
	}
	return listener, nil
}

// localURL is how a browser on this machine reaches listener.
func localURL(listener net.Listener) string {
	return fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
}
