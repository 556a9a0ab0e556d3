package handlers

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// joining decides who may join. It opens the classroom somebody asked for, for
// the same person who decides.
type joining struct {
	store   *store.Store
	gateway identity.Gateway
}

// list serves GET /o/{school}/sign-in/requests.
func (j joining) list(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	requests, err := setup.Store.JoinRequests(r.Context())
	if err != nil {
		return err
	}
	lines := make([]views.JoinLine, len(requests.Rows))
	for i, row := range requests.Rows {
		lines[i] = views.JoinLine{Request: row.JoinRequest, Classroom: row.ClassroomName}
	}
	return render(w, r, http.StatusOK, views.JoinRequests(setup.Page, setup.Opened, setup.Door, lines, requests.Waiting))
}

// decide serves POST /o/{school}/sign-in/requests/{user}. Form: answer, yes or
// no.
func (j joining) decide(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	user := identity.UserID(chi.URLParam(r, "user"))
	switch r.PostFormValue("answer") {
	case "yes":
		change := identity.Change{Action: identity.ActionJoinApproved, Target: string(user)}
		err := setup.Store.DecideJoin(r.Context(), change, user, true,
			func(ctx context.Context, request identity.JoinRequest) ([]identity.Fact, error) {
				return j.assign(ctx, setup, request)
			})
		if err != nil {
			return err
		}
		return redirect(w, r, setup.Door.JoinRequests(), identity.Say("join.approved"))
	case "no":
		change := identity.Change{Action: identity.ActionJoinDeclined, Target: string(user)}
		if err := setup.Store.DecideJoin(r.Context(), change, user, false, nil); err != nil {
			return err
		}
		return redirect(w, r, setup.Door.JoinRequests(), identity.Say("join.declined"))
	}
	return identity.Invalid("form.stale")
}

// assign gives the role that was asked for, in the classroom or, of a teacher
// without one, in the school, and has it on record there. What they got
// meanwhile stays as it is.
func (j joining) assign(ctx context.Context, setup SignInSetup, request identity.JoinRequest) ([]identity.Fact, error) {
	opened := setup.Opened
	if request.Classroom != "" {
		var err error
		if opened, err = j.store.OpenFor(ctx, setup.Actor(), request.Classroom); err != nil {
			return nil, err
		}
		if opened.Organization().School != setup.ID() {
			return nil, identity.NotFound("organization.not-found")
		}
	}
	rows := j.store.In(opened)
	return nil, rows.InTurn(ctx, func(ctx context.Context) error {
		switch _, err := rows.Member(ctx, request.User); {
		case err == nil:
			return nil
		case !identity.IsKind(err, identity.KindNotFound):
			return err
		}
		change := identity.Change{
			Action: identity.ActionRoleAssigned, Target: string(request.User), TargetName: request.Name,
			After: map[string]string{identity.AuditRole: string(request.Role)},
		}
		return rows.Change(ctx, change, func(ctx context.Context) ([]identity.Fact, error) {
			fact, err := j.gateway.In(opened).CreateRoleAssignment(ctx, request.User, []identity.Role{request.Role})
			if err != nil {
				return nil, err
			}
			return []identity.Fact{fact}, nil
		})
	})
}
