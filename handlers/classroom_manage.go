package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// listClassrooms serves GET /o/{school}/classrooms. Query: q, show, after.
func listClassrooms(w http.ResponseWriter, r *http.Request, org Organization) error {
	q := r.URL.Query()
	view := views.ClassroomList{
		Search: identity.CleanName(q.Get("q")), Show: views.ClassroomFilter(q.Get("show")), Paged: q.Get("after") != "",
	}
	if !slices.Contains(views.ClassroomFilters, view.Show) {
		view.Show = views.ShowInUse
	}
	page, err := org.Store.Classrooms(r.Context(), store.ClassroomQuery{
		Search: view.Search, After: q.Get("after"), Archived: view.Show == views.ShowArchived,
		WithoutTeacher: view.Show == views.ShowWithoutTeacher, Waiting: view.Show == views.ShowWaiting,
	})
	if err != nil {
		return err
	}
	view.Total, view.Next = page.Total, page.Next
	for _, row := range page.Rows {
		view.Rows = append(view.Rows, views.ClassroomRow{
			ID: row.Organization.ID, Name: row.Organization.Name, Students: row.Students, Teachers: row.Teachers,
			Waiting: row.Waiting, CreatedAt: row.Organization.CreatedAt,
		})
	}
	return render(w, r, http.StatusOK, views.Classrooms(org.Page, org.Opened, view))
}

// classroomOf opens the classroom of the path for who manages its school.
func (f founding) classroomOf(r *http.Request, org Organization) (Organization, error) {
	found, err := org.Store.ClassroomIn(r.Context(), identity.OrganizationID(chi.URLParam(r, "classroom")))
	if err != nil {
		return Organization{}, err
	}
	opened, err := identity.OpenClassroomOf(org.Opened, found)
	if err != nil {
		return Organization{}, err
	}
	return Organization{
		Opened: opened, Store: f.store.In(opened), Remote: f.gateway.In(opened), Portal: org.Portal, Page: org.Page,
	}, nil
}

// manageClassroom serves GET /o/{school}/classrooms/{classroom}. Query: q, who
// may become a teacher.
func (f founding) manageClassroom(w http.ResponseWriter, r *http.Request, org Organization) error {
	classroom, err := f.classroomOf(r, org)
	if err != nil {
		return err
	}
	view := views.ManageClassroomView{Search: identity.CleanName(r.URL.Query().Get("q")), Name: classroom.Organization().Name}
	return f.showManaged(w, r, org, classroom, http.StatusOK, view)
}

// showManaged fills in and shows the page of one classroom.
func (f founding) showManaged(
	w http.ResponseWriter, r *http.Request, org, classroom Organization, status int, view views.ManageClassroomView,
) error {
	view.Classroom = classroom.Organization()
	for _, role := range []identity.Role{identity.RoleTeacher, identity.RoleCoTeacher} {
		page, err := classroom.Store.Roster(r.Context(), store.RosterQuery{Role: role, State: identity.AssignmentActive})
		if err != nil {
			return err
		}
		view.Teachers = append(view.Teachers, rosterPeople(page.Rows)...)
		view.Students = page.Counts.Roles[identity.RoleStudent]
	}
	invitations, err := classroom.Store.Invitations(r.Context(), store.InvitationQuery{Limit: 1})
	if err != nil {
		return err
	}
	view.Waiting = invitations.Counts[identity.InvitationPending] + invitations.Counts[identity.InvitationOpened]
	if view.Found, err = teachersToBe(r.Context(), org, view); err != nil {
		return err
	}
	return render(w, r, status, views.ManageClassroom(org.Page, org.Opened, view))
}

// teachersToBe are people of the school by name or address who may become
// teachers of a classroom: its staff, and those who hold no role yet.
func teachersToBe(ctx context.Context, org Organization, view views.ManageClassroomView) ([]views.TeacherChoice, error) {
	if view.Search == "" {
		return nil, nil
	}
	var found []views.TeacherChoice
	for _, q := range []store.PeopleQuery{
		{Search: view.Search, State: identity.PersonActive, Staff: true, Limit: 10},
		{Search: view.Search, State: identity.PersonActive, NoRole: true, Limit: 10},
	} {
		page, err := org.Store.People(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Rows {
			if p.Guest || p.User.ID == org.Actor().User {
				continue // invited like anybody else; one's own role is nobody's to change
			}
			found = append(found, views.TeacherChoice{
				User: p.User, Role: p.Role(),
				Here: slices.ContainsFunc(view.Teachers, func(t views.RosterPerson) bool {
					return t.User.ID == p.User.ID && t.Assignment.Role() == identity.RoleTeacher
				}),
			})
		}
	}
	return found, nil
}

// assignTeacher serves POST /o/{school}/classrooms/{classroom}/teachers. Form:
// user, somebody at home in the school, or address, of anybody to be invited.
func (f founding) assignTeacher(w http.ResponseWriter, r *http.Request, org Organization) error {
	classroom, err := f.classroomOf(r, org)
	if err != nil {
		return err
	}
	if err := classroom.Refusal(identity.ManageTeachers); err != nil {
		return err
	}
	back := views.ManageClassroomPath(org.ID(), classroom.ID())
	if user := identity.UserID(r.PostFormValue("user")); user != "" {
		person, err := org.Store.Person(r.Context(), user)
		if err != nil {
			return err
		}
		if err := identity.AssignTeacher(r.Context(), classroom.Opened, classroom.Store, classroom.Remote, person); err != nil {
			return err
		}
		return redirect(w, r, back, identity.Say("classroom.assigned",
			"Person", person.User.DisplayName(), "Classroom", classroom.Organization().Name))
	}
	view := views.ManageClassroomView{Address: r.PostFormValue("address"), Name: classroom.Organization().Name}
	notice, problems, err := inviteToTeach(r, org, classroom, view.Address)
	if err != nil {
		status, again := retryable(err, "address")
		if again == nil {
			return err
		}
		view.Problems = again
		return f.showManaged(w, r, org, classroom, status, view)
	}
	if view.Problems = problems; problems != nil {
		return f.showManaged(w, r, org, classroom, http.StatusUnprocessableEntity, view)
	}
	return redirect(w, r, back, notice)
}

// inviteToTeach makes who has the address a teacher of the classroom: at once if
// it is somebody of the school, by an invitation otherwise.
func inviteToTeach(r *http.Request, org, classroom Organization, typed string) (notice identity.Message, problems identity.Problems, err error) {
	address, ok := oneAddress(typed)
	if !ok || address == "" {
		problems.Add("address", "classroom.assign.address.wrong")
		return notice, problems, nil
	}
	name := classroom.Organization().Name
	if person, found, err := teacherAt(r.Context(), org, address); err != nil {
		return notice, nil, err
	} else if found {
		err := identity.AssignTeacher(r.Context(), classroom.Opened, classroom.Store, classroom.Remote, person)
		return identity.Say("classroom.assigned", "Person", person.User.DisplayName(), "Classroom", name), nil, err
	}
	days, domains, err := org.Store.InvitationPolicies(r.Context())
	if err != nil {
		return notice, nil, err
	}
	if refusal := identity.CheckInvited(domains, address); refusal.ID != "" {
		return notice, identity.Problems{{Field: "address", Message: refusal}}, nil
	}
	invitation := identity.InvitationDraft{
		Role: identity.RoleTeacher, Language: views.LanguageOf(r.Context()), Days: days,
	}.For(classroom.Opened, org.Portal.Now(), address, "", "")
	result, err := classroom.Store.Invite(r.Context(), []identity.Invitation{invitation}, identity.NewSubmission(), invitationMail(r, classroom))
	if err != nil {
		return notice, nil, err
	}
	if len(result.Invited) == 0 {
		return identity.Say("classroom.invited-already", "Address", address, "Classroom", name), nil, nil
	}
	return identity.Say("classroom.invited", "Address", address, "Classroom", name), nil, nil
}

// teacherAt is the one person at home in the school whose verified address it is,
// and who can be given a role without being asked.
func teacherAt(ctx context.Context, org Organization, address string) (identity.Candidate, bool, error) {
	people, err := org.Store.PeopleByAddress(ctx, address)
	if err != nil || len(people) != 1 {
		return identity.Candidate{}, false, err
	}
	p := people[0]
	return p, p.User.AddressVerified && p.User.State == identity.UserActive && !p.Operator, nil
}

// renameClassroom serves POST /o/{school}/classrooms/{classroom}/name. Form:
// name.
func (f founding) renameClassroom(w http.ResponseWriter, r *http.Request, org Organization) error {
	classroom, err := f.classroomOf(r, org)
	if err != nil {
		return err
	}
	view := views.ManageClassroomView{Name: r.PostFormValue("name")}
	status := http.StatusUnprocessableEntity
	view.Problems = (identity.NewOrganization{Name: view.Name}).Check()
	if view.Problems == nil {
		if err := identity.Rename(r.Context(), classroom.Opened, classroom.Store, classroom.Remote, view.Name); err != nil {
			if status, view.Problems = retryable(err, "name"); view.Problems == nil {
				return err
			}
		}
	}
	if view.Problems != nil {
		return f.showManaged(w, r, org, classroom, status, view)
	}
	return redirect(w, r, views.ManageClassroomPath(org.ID(), classroom.ID()),
		identity.Say("classroom.renamed", "Name", identity.CleanName(view.Name)))
}
