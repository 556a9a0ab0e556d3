package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// newSchool serves GET /platform/schools/new.
func newSchool(w http.ResponseWriter, r *http.Request, p Platform) error {
	form := views.NewSchoolForm{Submission: identity.NewSubmission(), Language: views.LanguageOf(r.Context())}
	return render(w, r, http.StatusOK, views.NewSchool(p.Page, form))
}

// openSchool serves POST /platform/schools. Form: name, admin, language,
// submission. The same form sent again completes what the first one began.
func (f founding) openSchool(w http.ResponseWriter, r *http.Request, p Platform) error {
	form := views.NewSchoolForm{
		Name: identity.CleanName(r.PostFormValue("name")), Admin: r.PostFormValue("admin"),
		Language: r.PostFormValue("language"), Submission: r.PostFormValue("submission"),
	}
	again := func(status int) error { return render(w, r, status, views.NewSchool(p.Page, form)) }
	form.Problems = identity.NewOrganization{Name: form.Name}.Check()
	admin, ok := oneAddress(form.Admin)
	if !ok || admin == "" {
		form.Problems.Add("admin", "platform.school.admin.wrong")
	}
	if !slices.ContainsFunc(views.Languages, func(l views.Language) bool { return l.Tag == form.Language }) {
		form.Language = views.LanguageOf(r.Context())
	}
	if form.Problems != nil {
		return again(http.StatusUnprocessableEntity)
	}
	id, err := identity.FoundSchool(r.Context(), p.OpenedPlatform, f.store, f.provisioner, f.gateway, form.Submission, form.Name)
	if err == nil {
		err = f.inviteFirst(r, p, id, admin, form)
	}
	if err != nil {
		var status int
		if status, form.Problems = retryable(err, "name"); form.Problems != nil {
			return again(status)
		}
		return err
	}
	return redirect(w, r, views.PlatformSchoolPath(id),
		identity.Say("platform.school.opened", "Name", form.Name, "Address", admin))
}

// inviteFirst invites the first school admin, and puts the school on the
// platform's log, both once for the same form.
func (f founding) inviteFirst(r *http.Request, p Platform, id identity.OrganizationID, admin string, form views.NewSchoolForm) error {
	opened, err := p.Store.Open(r.Context(), id)
	if err != nil {
		return err
	}
	invitation := identity.InvitationDraft{
		Role: identity.RoleSchoolAdmin, Language: form.Language, Days: int(identity.InvitationLifetime / (24 * time.Hour)),
	}.For(opened, p.Portal.Now(), admin, "", "")
	invited, err := InviteAdmin(r.Context(), f.store, opened, invitation, form.Submission, p.Portal.PublicURL)
	if err != nil || invited.Link == "" {
		return err // the same form once more
	}
	return p.Store.Record(r.Context(), identity.Change{
		Action: identity.ActionSchoolOpened, Target: string(id), TargetName: form.Name,
	})
}

// AdminInvited is what became of the invitation of a school's first admin.
type AdminInvited struct {
	ID   identity.InvitationID
	Link string // the one that is mailed; empty if the same submission invited them before
}

// InviteAdmin invites who is to run a school that has just been opened. The mail
// goes out in the background. Somebody who is there already is a conflict
// ("platform.admin-there").
func InviteAdmin(
	ctx context.Context, s *store.Store, opened identity.Opened, invitation identity.Invitation, submission, publicURL string,
) (AdminInvited, error) {
	links := make(map[identity.InvitationID]string)
	compose := func(i identity.Invitation, token string) (identity.Mail, error) {
		links[i.ID] = publicURL + views.AcceptPath(token)
		return views.InvitationMail(ctx, opened.Organization(), identity.Branding{}, i, links[i.ID])
	}
	result, err := s.In(opened).Invite(ctx, []identity.Invitation{invitation}, submission, compose)
	if err != nil {
		return AdminInvited{}, fmt.Errorf("invite the first school admin: %w", err)
	}
	if len(result.Invited) == 0 {
		return AdminInvited{}, identity.Conflict("platform.admin-there", "Address", invitation.Address)
	}
	id := result.Invited[0].ID
	return AdminInvited{ID: id, Link: links[id]}, nil
}
