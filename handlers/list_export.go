package handlers

import (
	"context"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"

	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/views"
)

// askListExport serves GET /o/{class}/roster/export. Query: that of the list.
func askListExport(w http.ResponseWriter, r *http.Request, org Organization) error {
	q := rosterQuery(r.URL.Query(), org)
	return renderListExport(w, r, org, q, views.FormatXLSX, nil)
}

func renderListExport(
	w http.ResponseWriter, r *http.Request, org Organization, q views.RosterQuery, format string, problems identity.Problems,
) error {
	total, err := org.Store.CountListed(r.Context(), storedQuery(q))
	if err != nil {
		return err
	}
	return render(w, r, exportStatus(problems), views.ExportList(org.Page, org.Opened, views.ListExport{
		Path: views.ListExportPath(org.ID()), Back: views.WithQuery(views.RosterPath(org.ID()), q.Params()...),
		Filter: q.Params(), Format: format, Total: total, Problems: problems,
	}))
}

func exportStatus(problems identity.Problems) int {
	if len(problems) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// checkListFormat says what is wrong with a form in which a list is to be taken
// out.
func checkListFormat(format string) (problems identity.Problems) {
	if !slices.Contains(views.ExportFormats, format) {
		problems.Add("format", "lists.export.format.missing")
	}
	return problems
}

// exportList serves POST /o/{class}/roster/export: what the list shows, as a
// file. Form: format, and the query of the list.
func exportList(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx, format := r.Context(), r.PostFormValue("format")
	shown := rosterQuery(r.PostForm, org)
	shown.After, shown.Before = "", ""
	if problems := checkListFormat(format); len(problems) > 0 {
		return renderListExport(w, r, org, shown, views.FormatXLSX, problems)
	}
	q := storedQuery(shown)
	total, err := org.Store.CountListed(ctx, q)
	if err != nil {
		return err
	}
	if err := org.Store.ListTaken(ctx, takenWith(format, total, shown.Params())); err != nil {
		return err
	}
	file := listFile{org: org, titles: views.ListTitles(ctx), rows: func(yield func(listed, error) bool) {
		for row, err := range org.Store.RosterRows(ctx, q) {
			person := views.RosterPerson{User: row.User, Assignment: row.Assignment, Guest: row.Guest}
			if !yield(listed{row.User, row.Assignment.Role(), row.Assignment, views.ListCells(ctx, person)}, err) {
				return
			}
		}
	}, assignments: func(one listed) ([]identity.RoleAssignment, error) {
		return []identity.RoleAssignment{one.assignment}, nil
	}, classrooms: func() iter.Seq2[identity.Organization, error] {
		return func(yield func(identity.Organization, error) bool) { yield(org.Organization(), nil) }
	}}
	return file.send(w, r, format)
}

// askPeopleExport serves GET /o/{school}/people/export. Query: that of the list.
func askPeopleExport(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := r.URL.Query()
	if sent := again(r); sent != nil {
		form = sent
	}
	view := views.PeopleView{Filter: peopleFilter(form), Reversed: form.Get("sort") == views.SortNameReversed}
	format := form.Get("format")
	if !slices.Contains(views.ExportFormats, format) {
		format = views.FormatXLSX
	}
	return renderPeopleExport(w, r, org, view, format, nil)
}

func renderPeopleExport(
	w http.ResponseWriter, r *http.Request, org Organization, v views.PeopleView, format string, problems identity.Problems,
) error {
	total, err := org.Store.CountMatching(r.Context(), peopleQuery(v.Filter))
	if err != nil {
		return err
	}
	return render(w, r, exportStatus(problems), views.ExportList(org.Page, org.Opened, views.ListExport{
		Path: views.PeopleExportPath(org.ID()), Back: v.Path(org.ID()),
		Filter: v.Here(), Format: format, Total: total, Problems: problems,
	}))
}

// exportPeople serves POST /o/{school}/people/export: what the list of a school's
// people shows, as a file. Form: format, and the query of the list.
func exportPeople(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx, format := r.Context(), r.PostFormValue("format")
	view := views.PeopleView{Filter: peopleFilter(r.PostForm), Reversed: r.PostFormValue("sort") == views.SortNameReversed}
	if problems := checkListFormat(format); len(problems) > 0 {
		return renderPeopleExport(w, r, org, view, views.FormatXLSX, problems)
	}
	q := peopleQuery(view.Filter)
	q.Reversed = view.Reversed
	total, err := org.Store.CountMatching(ctx, q)
	if err != nil {
		return err
	}
	if err := org.Store.ListTaken(ctx, takenWith(format, total, view.Here())); err != nil {
		return err
	}
	file := listFile{org: org, titles: views.PeopleTitles(ctx), rows: func(yield func(listed, error) bool) {
		for p, err := range org.Store.PeopleRows(ctx, q) {
			if !yield(listed{user: p.User, role: p.Role(), cells: views.PeopleCells(ctx, p)}, err) {
				return
			}
		}
	}, assignments: func(one listed) ([]identity.RoleAssignment, error) {
		return standingsOf(ctx, org, one.user.ID)
	}, classrooms: func() iter.Seq2[identity.Organization, error] { return org.Store.EveryClassroom(ctx) }}
	return file.send(w, r, format)
}

// standingsOf are somebody's roles in the school and its classrooms.
func standingsOf(ctx context.Context, org Organization, user identity.UserID) ([]identity.RoleAssignment, error) {
	p, err := org.Store.SchoolPerson(ctx, user)
	if identity.IsKind(err, identity.KindNotFound) {
		return nil, nil // has left meanwhile
	}
	if err != nil {
		return nil, err
	}
	var all []identity.RoleAssignment
	for _, s := range p.InUse() {
		all = append(all, s.Assignment)
	}
	return all, nil
}

// takenWith is what stands on record of an export. What was searched for is often
// a name: that it was, is enough.
func takenWith(format string, total int, filter []views.Param) map[string]string {
	values := map[string]string{"format": format, "count": strconv.Itoa(total)}
	for _, p := range filter {
		switch {
		case p.Value == "":
		case p.Name == "q":
			values["search"] = "yes"
		default:
			values[p.Name] = p.Value
		}
	}
	return values
}

// listed is somebody on a list that is taken out.
type listed struct {
	user       identity.User
	role       identity.Role           // the highest
	assignment identity.RoleAssignment // in the class; of a school's people there are several, which are read apart
	cells      []string
}

// listFile is a list that is taken out. Its rows are read while they are written,
// and OneRoster reads them more than once.
type listFile struct {
	org         Organization
	titles      []string
	rows        iter.Seq2[listed, error]
	assignments func(listed) ([]identity.RoleAssignment, error)
	classrooms  func() iter.Seq2[identity.Organization, error]
}

// send answers the file.
func (f listFile) send(w http.ResponseWriter, r *http.Request, format string) error {
	name := f.org.Organization().Name + " " + views.FileDay(r.Context())
	switch format {
	case views.FormatXLSX:
		d := newDownload(w, r, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", name+".xlsx")
		return d.finish(roster.WriteXLSX(d, f.org.Organization().Name, f.titles, f.cells()))
	case views.FormatOneRoster:
		d := newDownload(w, r, "application/zip", name+" OneRoster.zip")
		return d.finish(f.oneRoster(d))
	case views.FormatGuardians:
		d := newDownload(w, r, "text/csv; charset=utf-8", views.Text(r.Context(), identity.Say("lists.export.guardians.file", "List", name))+".csv")
		most, err := f.mostGuardians(r.Context())
		if err != nil {
			return d.finish(err)
		}
		return d.finish(roster.WriteCSV(d, "", views.GuardianTitles(r.Context(), most), f.guardians(r.Context(), most)))
	}
	d := newDownload(w, r, "text/csv; charset=utf-8", name+".csv")
	return d.finish(roster.WriteCSV(d, "", f.titles, f.cells()))
}

// cells are the rows as a table has them.
func (f listFile) cells() iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for one, err := range f.rows {
			if !yield(one.cells, err) || err != nil {
				return
			}
		}
	}
}

// oneRoster writes the rows as OneRoster 1.2. Who stands alone is its own school.
func (f listFile) oneRoster(w io.Writer) error {
	here := f.org.Organization()
	school := here
	if here.School != "" {
		school = identity.Organization{ID: here.School, Kind: identity.KindSchool, Name: here.SchoolName}
	}
	return export.WriteOneRoster(w, export.Roster{
		School: school, Classrooms: f.classrooms,
		People: func() iter.Seq2[identity.User, error] {
			return func(yield func(identity.User, error) bool) {
				for one, err := range f.rows {
					if !yield(one.user, err) || err != nil {
						return
					}
				}
			}
		},
		Assignments: func() iter.Seq2[identity.RoleAssignment, error] {
			return func(yield func(identity.RoleAssignment, error) bool) {
				for one, err := range f.rows {
					var held []identity.RoleAssignment
					if err == nil {
						held, err = f.assignments(one)
					}
					if err != nil {
						yield(identity.RoleAssignment{}, err)
						return
					}
					for _, a := range held {
						if !yield(a, nil) {
							return
						}
					}
				}
			}
		},
	}, f.org.Portal.Now())
}

// guardiansOf are the contacts of somebody on the list, if it is for who takes
// it out to know them.
func (f listFile) guardiansOf(ctx context.Context, one listed) ([]identity.Guardian, error) {
	if f.org.MayKeepGuardians(one.user, one.role) != nil {
		return nil, nil
	}
	return f.org.Store.GuardiansOf(ctx, one.user)
}

// mostGuardians is how many contacts anybody on the list has.
func (f listFile) mostGuardians(ctx context.Context) (most int, err error) {
	for one, err := range f.rows {
		if err != nil {
			return 0, err
		}
		contacts, err := f.guardiansOf(ctx, one)
		if err != nil {
			return 0, err
		}
		most = max(most, len(contacts))
	}
	return most, nil
}

// guardians are the students among the rows with their contacts, in columns that
// the portal's own import reads.
func (f listFile) guardians(ctx context.Context, most int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for one, err := range f.rows {
			if err == nil && one.role.Rank() > identity.RoleStudent.Rank() {
				continue
			}
			var contacts []identity.Guardian
			if err == nil {
				contacts, err = f.guardiansOf(ctx, one)
			}
			if !yield(views.GuardianCells(one.user, contacts, most), err) || err != nil {
				return
			}
		}
	}
}
