package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// landing serves GET /: what Homeroom is, or home for those who are signed in.
func (s *Server) landing(w http.ResponseWriter, r *http.Request) error {
	live, err := s.live(r)
	if err != nil {
		return err
	}
	if live {
		return redirect(w, r, views.HomePath)
	}
	return render(w, r, http.StatusOK, views.Landing(frame(r)))
}

// home serves GET /home: my classrooms, my schools, and invitations that wait.
func (s *Server) home(w http.ResponseWriter, r *http.Request, who Person) error {
	view, err := s.places(r, &who)
	if err != nil {
		return err
	}
	waiting, err := s.store.InvitationsFor(r.Context(), who.Actor.User)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		view.Offers = append(view.Offers, views.Offer{
			Organization: w.Organization,
			School:       w.School,
			Inviter:      w.Invitation.Inviter.Name,
			Role:         w.Invitation.Role,
			ExpiresAt:    w.Invitation.ExpiresAt,
			Path:         views.AcceptPath(w.Token),
		})
	}
	asked, err := s.store.RequestsOf(r.Context(), who.Actor.User)
	if err != nil {
		return err
	}
	for _, a := range asked {
		view.Asked = append(view.Asked, views.AskedPlace{Name: a.Name, School: a.School, At: a.AskedAt})
	}
	return render(w, r, http.StatusOK, views.Home(who.Page, view))
}

// organizations serves GET /organizations: every school and classroom of mine,
// to go from one to another.
func (s *Server) organizations(w http.ResponseWriter, r *http.Request, who Person) error {
	view, err := s.places(r, &who)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Switch(who.Page, view))
}

// places are the schools and classrooms the person holds a role in.
func (s *Server) places(r *http.Request, who *Person) (views.HomeView, error) {
	var err error
	if who.Page.Operates, err = (desk{s}).Operates(r.Context(), who.Actor.User); err != nil {
		return views.HomeView{}, err
	}
	memberships, err := s.store.Memberships(r.Context(), who.Actor.User)
	if err != nil {
		return views.HomeView{}, err
	}
	requests, err := s.store.RequestsToAnswer(r.Context(), who.Actor.User)
	if err != nil {
		return views.HomeView{}, err
	}
	until, err := s.store.SubstitutionsOf(r.Context(), who.Actor.User)
	if err != nil {
		return views.HomeView{}, err
	}
	var view views.HomeView
	for _, m := range memberships {
		place := views.Place{
			Organization: m.Organization,
			Role:         identity.Highest(m.Roles),
			State:        m.State,
			Students:     m.Students,
			Teachers:     m.Teachers,
			Waiting:      m.Waiting,
			Requests:     requests[m.Organization.ID],
			Until:        until[m.Organization.ID],
		}
		if m.Organization.Kind == identity.KindSchool {
			view.Schools = append(view.Schools, place)
		} else {
			view.Classrooms = append(view.Classrooms, place)
		}
	}
	archived, err := s.store.ArchivedMemberships(r.Context(), who.Actor.User)
	if err != nil {
		return views.HomeView{}, err
	}
	for _, m := range archived {
		view.Archived = append(view.Archived, views.Place{Organization: m.Organization, Role: identity.Highest(m.Roles)})
	}
	if s.anyoneOpens {
		view.Opens = views.NewClassroomPath
	}
	return view, nil
}

// styleguide serves GET /styleguide, in the demo: every component in all its
// states.
func styleguide(w http.ResponseWriter, r *http.Request) error {
	return render(w, r, http.StatusOK, views.Styleguide(frame(r)))
}
