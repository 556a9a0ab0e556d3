package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// founding opens classrooms. Only its handlers hold the service account that
// can.
type founding struct {
	store       *store.Store
	gateway     identity.Gateway
	provisioner identity.Provisioner
	anyone      bool // may open one that belongs to no school
}

// newClassroom serves GET /o/{organization}/classrooms/new.
func (f founding) newClassroom(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := views.NewClassroomForm{Chooses: foundsForOthers(org), Submission: identity.NewSubmission()}
	return render(w, r, http.StatusOK, views.OpenClassroom(org.Page, org.Opened, form, nil))
}

// foundsForOthers reports whether who opens a classroom need not teach it.
func foundsForOthers(org Organization) bool { return identity.FirstRole(org.Opened, false) == "" }

// openClassroom serves POST /o/{organization}/classrooms/new. Form: name,
// submission, and of those who open it for others also teaches ("on") and
// teacher, an address to invite. The same form sent again completes what the
// first one began.
func (f founding) openClassroom(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := newClassroomForm(r)
	form.Chooses = foundsForOthers(org)
	problems := identity.NewOrganization{Name: form.Name}.Check()
	teacher, ok := oneAddress(form.Teacher)
	if !form.Chooses {
		form.Teaches, teacher = true, ""
	} else if !ok {
		problems.Add("teacher", "classroom.teacher.wrong")
	}
	days, domains, err := org.Store.InvitationPolicies(r.Context())
	if err != nil {
		return err
	}
	if refusal := identity.CheckInvited(domains, teacher); teacher != "" && refusal.ID != "" {
		problems = append(problems, identity.Problem{Field: "teacher", Message: refusal})
	}
	again := func(status int, problems identity.Problems) error {
		return render(w, r, status, views.OpenClassroom(org.Page, org.Opened, form, problems))
	}
	if problems != nil {
		return again(http.StatusUnprocessableEntity, problems)
	}
	id, err := identity.FoundClassroom(r.Context(), org.Opened, f.store, f.provisioner, f.gateway,
		form.Submission, form.Name, form.Teaches)
	if err == nil && teacher != "" {
		err = f.inviteTeacher(r, org, id, teacher, days, form.Submission)
	}
	if err != nil {
		if status, problems := retryable(err, "name"); problems != nil {
			return again(status, problems)
		}
		return err
	}
	switch name := identity.CleanName(form.Name); {
	case teacher != "":
		return redirect(w, r, views.InvitationsPath(id),
			identity.Say("classroom.founded-invited", "Name", name, "Address", teacher))
	case !form.Teaches:
		return redirect(w, r, views.WithQuery(views.NewInvitationPath(id), views.Param{Name: "role", Value: string(identity.RoleTeacher)}),
			identity.Say("classroom.founded", "Name", name))
	default:
		return redirect(w, r, views.NewInvitationPath(id), identity.Say("classroom.founded", "Name", name))
	}
}

// inviteTeacher invites somebody to teach the classroom that org, its school,
// has just opened.
func (f founding) inviteTeacher(
	r *http.Request, org Organization, id identity.OrganizationID, address string, days int, submission string,
) error {
	opened, err := f.store.OpenFor(r.Context(), org.Actor(), id)
	if err != nil {
		return err
	}
	classroom := Organization{Opened: opened, Store: f.store.In(opened), Portal: org.Portal}
	invitation := identity.InvitationDraft{
		Role:     identity.RoleTeacher,
		Language: views.LanguageOf(r.Context()),
		Days:     days,
	}.For(opened, org.Portal.Now(), address, "", "")
	_, err = classroom.Store.Invite(r.Context(), []identity.Invitation{invitation}, submission, invitationMail(r, classroom))
	return err
}

// newAlone serves GET /classrooms/new.
func (f founding) newAlone(w http.ResponseWriter, r *http.Request, who Person) error {
	if !f.anyone {
		return identity.Forbidden("classroom.alone.forbidden")
	}
	form := views.NewClassroomForm{Submission: identity.NewSubmission()}
	return render(w, r, http.StatusOK, views.OpenClassroomAlone(who.Page, form, nil))
}

// openAlone serves POST /classrooms/new. Form: name, submission.
func (f founding) openAlone(w http.ResponseWriter, r *http.Request, who Person) error {
	if !f.anyone {
		return identity.Forbidden("classroom.alone.forbidden")
	}
	form := newClassroomForm(r)
	if problems := (identity.NewOrganization{Name: form.Name}).Check(); problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.OpenClassroomAlone(who.Page, form, problems))
	}
	id, err := identity.FoundAlone(r.Context(), who.Actor, f.store, f.provisioner, f.gateway, form.Submission, form.Name)
	if err != nil {
		if status, problems := retryable(err, "name"); problems != nil {
			return render(w, r, status, views.OpenClassroomAlone(who.Page, form, problems))
		}
		return err
	}
	return redirect(w, r, views.NewInvitationPath(id), identity.Say("classroom.founded", "Name", identity.CleanName(form.Name)))
}

func newClassroomForm(r *http.Request) views.NewClassroomForm {
	return views.NewClassroomForm{
		Name:       r.PostFormValue("name"),
		Teaches:    r.PostFormValue("teaches") == "on",
		Teacher:    r.PostFormValue("teacher"),
		Submission: r.PostFormValue("submission"),
	}
}

// oneAddress reads a field that holds one address or nothing, and reports
// whether it does.
func oneAddress(typed string) (string, bool) {
	entries := roster.ParseAddresses(typed)
	switch {
	case len(entries) == 0:
		return "", true
	case len(entries) == 1 && entries[0].Good():
		return entries[0].Address, true
	}
	return "", false
}
