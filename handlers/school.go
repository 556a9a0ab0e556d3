package handlers

import (
	"net/http"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// signInDays is of how many days an overview shows the sign-ins.
const signInDays = 30

// showSchool is a school at a glance, for those who manage it.
func showSchool(w http.ResponseWriter, r *http.Request, org Organization) error {
	overview, err := org.Store.Overview(r.Context())
	if err != nil {
		return err
	}
	people, err := org.Store.PeopleCounts(r.Context())
	if err != nil {
		return err
	}
	failedRuns, err := org.Store.TroubledRuns(r.Context())
	if err != nil {
		return err
	}
	view := views.SchoolView{
		Students:   people.Roles[identity.RoleStudent],
		Teachers:   people.Roles[identity.RoleTeacher] + people.Roles[identity.RoleCoTeacher],
		Classrooms: overview.Classrooms, Waiting: overview.Waiting,
		Attention: attention(org, overview, failedRuns),
	}
	unused, err := org.Store.Unused(r.Context(), "", 1)
	if err != nil {
		return err
	}
	if unused.Total > 0 {
		view.Attention = append(view.Attention, views.Attention{
			What: identity.Say("privacy.unused.due", "Count", unused.Total), Mend: identity.Say("privacy.unused.look"),
			Path: views.PrivacyPath(org.ID(), "unused"),
		})
	}
	today := org.Portal.Now().UTC().Truncate(24 * time.Hour)
	first := today.AddDate(0, 0, 1-signInDays)
	days, err := org.Store.SignInDays(r.Context(), first)
	if err != nil {
		return err
	}
	view.Days = everyDay(first, days)
	return render(w, r, http.StatusOK, views.School(org.Page, org.Opened, view))
}

// everyDay fills in the days without a sign-in.
func everyDay(first time.Time, days []store.SignInDay) []views.SignInDay {
	all := make([]views.SignInDay, signInDays)
	for i := range all {
		all[i].Day = first.AddDate(0, 0, i)
	}
	for _, d := range days {
		if i := int(d.Day.Sub(first) / (24 * time.Hour)); i >= 0 && i < len(all) {
			all[i].People, all[i].SignIns = d.People, d.SignIns
		}
	}
	return all
}

// attention lists what needs looking after, what keeps people from working
// first, each with the way to its mend.
func attention(org Organization, v store.Overview, failedRuns int) []views.Attention {
	var bad, soon []views.Attention
	school, door := org.ID(), views.InPortal(org.ID())
	switch {
	case org.Page.Trouble.ID != "":
		bad = append(bad, views.Attention{
			What: identity.Say("school.stale.never"), Mend: identity.Say("school.stale.mend"), Path: views.OrganizationPath(school),
		})
	case !org.Page.KnownAt.IsZero():
		bad = append(bad, views.Attention{
			What: identity.Say("school.stale", "At", org.Page.KnownAt), Mend: identity.Say("school.stale.mend"), Path: views.OrganizationPath(school),
		})
	}
	for _, p := range v.Places {
		if p.Unmailed > 0 {
			bad = append(bad, views.Attention{
				What: identity.Say("school.unmailed", "Count", p.Unmailed, "Place", p.Name),
				Mend: identity.Say("school.unmailed.mend"), Path: views.InvitationsPath(p.ID),
			})
		}
		if p.Expiring > 0 {
			soon = append(soon, views.Attention{
				What: identity.Say("school.expiring", "Count", p.Expiring, "Place", p.Name),
				Mend: identity.Say("school.expiring.mend"), Path: views.RemindPath(p.ID),
			})
		}
	}
	for _, f := range v.FailedOpenings {
		bad = append(bad, views.Attention{
			What: identity.Say("school.failed-openings", "Count", f.Failed),
			Mend: identity.Say("school.failed-openings.mend"), Path: views.OpeningRunPath(school, f.ID),
		})
	}
	add := func(list *[]views.Attention, count int, what, mend identity.Message, path string) {
		if count > 0 {
			*list = append(*list, views.Attention{What: what, Mend: mend, Path: path})
		}
	}
	add(&bad, v.UnfinishedOpening, identity.Say("school.unfinished", "Count", v.UnfinishedOpening),
		identity.Say("school.unfinished.mend"), views.UnfinishedOpeningsPath(school))
	add(&bad, failedRuns, identity.Say("school.failed-runs"), identity.Say("school.failed-runs.mend"), views.RunsPath(school))
	add(&bad, v.WithoutTeacher, identity.Say("school.without-teacher", "Count", v.WithoutTeacher),
		identity.Say("school.without-teacher.mend"),
		views.WithQuery(views.ClassroomsPath(school), views.Param{Name: "show", Value: string(views.ShowWithoutTeacher)}))
	add(&bad, v.JoinRequests, identity.Say("school.join-requests", "Count", v.JoinRequests),
		identity.Say("school.join-requests.mend"), door.JoinRequests())
	if v.MorePlaces {
		add(&soon, 1, identity.Say("school.more-places"), identity.Say("school.more-places.mend"),
			views.WithQuery(views.ClassroomsPath(school), views.Param{Name: "show", Value: string(views.ShowWaiting)}))
	}
	add(&soon, v.EndingLinks, identity.Say("school.links", "Count", v.EndingLinks), identity.Say("school.links.mend"), views.SetupLinksPath(school))
	add(&soon, v.Certificates, identity.Say("school.certificates", "Count", v.Certificates, "Until", v.FirstCertificate),
		identity.Say("school.certificates.mend"), door.Overview())
	for i := range bad {
		bad[i].Bad = true
	}
	return append(bad, soon...)
}
