package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// Background is the work that operators see and have tried again.
type Background interface {
	List(context.Context, identity.JobQuery) (identity.JobPage, error)
	Counts(context.Context) (map[identity.JobState]int, error)
	// Waits reports whether a job of name waits or runs.
	Waits(ctx context.Context, name string) (bool, error)
	// Retry tries a job again at once; see [identity.Job.Retryable].
	Retry(ctx context.Context, id int64) (identity.Job, error)
}

// idle is background work of which there is none.
type idle struct{}

// List implements [Background].
func (idle) List(context.Context, identity.JobQuery) (identity.JobPage, error) {
	return identity.JobPage{}, nil
}

// Counts implements [Background].
func (idle) Counts(context.Context) (map[identity.JobState]int, error) { return nil, nil }

// Waits implements [Background].
func (idle) Waits(context.Context, string) (bool, error) { return false, nil }

// Retry implements [Background].
func (idle) Retry(context.Context, int64) (identity.Job, error) {
	return identity.Job{}, identity.NotFound("platform.jobs.not-found")
}

// showPlatform serves GET /platform: what needs the operators.
func (s *Server) showPlatform(w http.ResponseWriter, r *http.Request, p Platform) error {
	ctx := r.Context()
	schools, err := p.Store.Schools(ctx, store.SchoolQuery{Limit: 1})
	if err != nil {
		return err
	}
	standalone, err := p.Store.StandaloneClassrooms(ctx, store.ClassroomQuery{Limit: 1})
	if err != nil {
		return err
	}
	view := views.PlatformView{Schools: schools.Total, Suspended: schools.Suspended, Standalone: standalone.Total}
	if view.Checkup, err = p.Store.Checkup(ctx); err != nil {
		return err
	}
	if view.Projection, err = s.projectionView(ctx, p); err != nil {
		return err
	}
	if view.Jobs, err = s.background.Counts(ctx); err != nil {
		return err
	}
	looks, err := p.Store.Looks(ctx)
	if err != nil {
		return err
	}
	for _, look := range looks {
		view.Looks = append(view.Looks, views.LookRow{
			Organization: look.Organization, Name: look.Name, By: look.By.Name, Reason: look.Reason, Until: look.Until,
		})
	}
	return render(w, r, http.StatusOK, views.Platform(p.Page, view))
}

// showHealth serves GET /platform/health: what the doctor found last.
func (s *Server) showHealth(w http.ResponseWriter, r *http.Request, p Platform) error {
	checkup, err := p.Store.Checkup(r.Context())
	if err != nil {
		return err
	}
	waits, err := s.background.Waits(r.Context(), store.CheckupJob)
	if err != nil {
		return err
	}
	view := views.HealthView{Checkup: checkup, Waiting: waits}
	keys, err := s.store.CheckpointKeys()
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		view.Key = keys[0].String() // the one that signs
	}
	last, err := s.store.LastCheckpoint(r.Context())
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return err
	}
	view.Point = last.At
	return render(w, r, http.StatusOK, views.Health(p.Page, view))
}

// checkNow serves POST /platform/health: the doctor looks in the background,
// because it asks Zitadel and the mail server.
func (s *Server) checkNow(w http.ResponseWriter, r *http.Request, p Platform) error {
	waits, err := s.background.Waits(r.Context(), store.CheckupJob)
	if err != nil {
		return err
	}
	if !waits {
		if err := p.Store.RequestCheckup(r.Context()); err != nil {
			return err
		}
	}
	return redirect(w, r, views.PlatformHealthPath, identity.Say("platform.health.asked"))
}

// driftShown is how many differing rows the page names.
const driftShown = 200

// projectionView is how far the projection is.
func (s *Server) projectionView(ctx context.Context, p Platform) (views.ProjectionView, error) {
	status := s.projection()
	view := views.ProjectionView{
		HeardAt: status.HeardAt, LastEvent: status.LastEvent, Behind: status.Behind, Built: status.Built,
		Trouble: status.Err != nil, Stale: s.portal.Now().Sub(status.KnownAt) > staleAfter,
	}
	if view.HeardAt.IsZero() {
		view.HeardAt = status.KnownAt
	}
	var err error
	if view.Rereading, view.Since, err = p.Store.Rereading(ctx); err != nil {
		return view, err
	}
	report, err := p.Store.Drift(ctx)
	if err != nil {
		return view, err
	}
	view.ComparedAt, view.Compared, view.Differing = report.At, report.Checked, len(report.Rows)
	for i, row := range report.Rows {
		if i == driftShown {
			break
		}
		view.Drift = append(view.Drift, views.DriftRow{
			Kind: string(row.Kind), ID: row.ID, Name: row.Name, Organization: row.Organization, What: string(row.What),
		})
	}
	return view, nil
}

// showProjection serves GET /platform/projection.
func (s *Server) showProjection(w http.ResponseWriter, r *http.Request, p Platform) error {
	view, err := s.projectionView(r.Context(), p)
	if err != nil {
		return err
	}
	if view.Waiting, err = s.background.Waits(r.Context(), store.ReconcileJob); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Projection(p.Page, view))
}

// reconcileNow serves POST /platform/projection.
func (s *Server) reconcileNow(w http.ResponseWriter, r *http.Request, p Platform) error {
	waits, err := s.background.Waits(r.Context(), store.ReconcileJob)
	if err != nil {
		return err
	}
	if !waits {
		if err := p.Store.RequestReconciliation(r.Context()); err != nil {
			return err
		}
	}
	return redirect(w, r, views.PlatformProjectionPath, identity.Say("platform.projection.asked"))
}

// listJobs serves GET /platform/jobs. Query: state, after.
func (s *Server) listJobs(w http.ResponseWriter, r *http.Request, p Platform) error {
	view := views.JobsView{State: identity.JobState(r.URL.Query().Get("state")), After: r.URL.Query().Get("after")}
	if view.State == "" {
		view.State = identity.JobFailed
	}
	page, err := s.background.List(r.Context(), identity.JobQuery{State: view.State, After: view.After})
	if err != nil {
		return err
	}
	if view.Counts, err = s.background.Counts(r.Context()); err != nil {
		return err
	}
	view.Rows, view.Next = page.Rows, page.Next
	return render(w, r, http.StatusOK, views.Jobs(p.Page, view))
}

// retryJob serves POST /platform/jobs/{job}/retry.
func (s *Server) retryJob(w http.ResponseWriter, r *http.Request, p Platform) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "job"), 10, 64)
	if err != nil {
		return identity.NotFound("platform.jobs.not-found")
	}
	job, err := s.background.Retry(r.Context(), id)
	if err != nil {
		return err
	}
	err = p.Store.Record(r.Context(), identity.Change{
		Action: identity.ActionJobRetried, Target: strconv.FormatInt(id, 10), TargetName: job.Name,
	})
	if err != nil {
		return err
	}
	return redirect(w, r, views.PlatformJobsPath, identity.Say("platform.jobs.retried"))
}
