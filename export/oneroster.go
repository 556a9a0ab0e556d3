package export

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Roster is what OneRoster is written from. Each call begins a sequence anew.
type Roster struct {
	School      identity.Organization
	Classrooms  func() iter.Seq2[identity.Organization, error]
	People      func() iter.Seq2[identity.User, error]           // at home in the school, or with a role there
	Assignments func() iter.Seq2[identity.RoleAssignment, error] // in the school and its classrooms
}

// absentFiles are the files of OneRoster 1.2 that Homeroom has nothing for. The
// manifest names them as well.
var absentFiles = []string{
	"categories", "classResources", "courseResources", "demographics", "lineItems", "lineItemLearningObjectiveIds",
	"lineItemScoreScales", "resources", "results", "resultLearningObjectiveIds", "resultScoreScales", "scoreScales",
	"userProfiles", "userResources",
}

// table is one file of OneRoster: its name, its columns in the order of the
// binding (1EdTech OneRoster CSV Binding 1.2.1, section 4), and what writes its
// rows.
type table struct {
	name, columns string
	rows          func(row func(...string) error) error
}

// WriteOneRoster writes a school's rosters as OneRoster 1.2 in bulk mode: a ZIP
// without folders. Status and date of change stay empty, as bulk mode wants.
// Archived classrooms and suspended roles are left out: the receiver takes what
// is there for what counts.
func WriteOneRoster(w io.Writer, r Roster, now time.Time) error {
	o := &oneRoster{Roster: r, year: schoolYearOf(now), live: make(map[identity.OrganizationID]bool)}
	tables := []table{
		{"academicSessions", "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear", o.sessions},
		{"orgs", "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId", o.orgs},
		{"courses", "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes", o.courses},
		{"classes", "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location," +
			"schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods", o.classes},
		{"users", "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier," +
			"email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName," +
			"preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns", o.users},
		{"roles", "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId", o.roles},
		{"enrollments", "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate", o.enrollments},
	}
	archive := zip.NewWriter(w)
	manifest := table{"manifest", "propertyName,value", func(row func(...string) error) error { return properties(tables, row) }}
	for _, t := range append([]table{manifest}, tables...) {
		if err := t.write(archive, now); err != nil {
			return fmt.Errorf("write %s.csv: %w", t.name, err)
		}
	}
	return archive.Close()
}

func (t table) write(archive *zip.Writer, now time.Time) error {
	file, err := archive.CreateHeader(&zip.FileHeader{Name: t.name + ".csv", Method: zip.Deflate, Modified: now})
	if err != nil {
		return err
	}
	lines := csv.NewWriter(file)
	lines.UseCRLF = true // RFC 4180, which the binding asks for
	if err := lines.Write(strings.Split(t.columns, ",")); err != nil {
		return err
	}
	if err := t.rows(func(fields ...string) error { return lines.Write(oneLine(fields)) }); err != nil {
		return err
	}
	lines.Flush()
	return lines.Error()
}

// oneLine takes line ends out of fields, which the binding does not allow, and
// leaves no field that a spreadsheet would take for a formula.
func oneLine(fields []string) []string {
	for i, field := range fields {
		fields[i] = identity.HarmlessCell(
			strings.Join(strings.FieldsFunc(field, func(r rune) bool { return r == '\r' || r == '\n' }), " "))
	}
	return fields
}

// properties are the rows of the manifest.
func properties(tables []table, row func(...string) error) error {
	rows := [][2]string{{"manifest.version", "1.0"}, {"oneroster.version", "1.2"}}
	for _, t := range tables {
		rows = append(rows, [2]string{"file." + t.name, "bulk"})
	}
	for _, name := range absentFiles {
		rows = append(rows, [2]string{"file." + name, "absent"})
	}
	rows = append(rows, [2]string{"source.systemName", "Homeroom"}, [2]string{"source.systemCode", "homeroom"})
	for _, r := range rows {
		if err := row(r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}

// oneRoster writes the rows of a roster's files.
type oneRoster struct {
	Roster
	year schoolYear
	live map[identity.OrganizationID]bool // classrooms that are in use
}

func (o *oneRoster) school() string { return string(o.School.ID) }

func (o *oneRoster) sessions(row func(...string) error) error {
	return row(o.year.id(), "", "", o.year.title(), "schoolYear", o.year.begins(), o.year.ends(), "", o.year.ending())
}

func (o *oneRoster) orgs(row func(...string) error) error {
	return row(o.school(), "", "", o.School.Name, "school", "", "")
}

func courseID(classroom identity.OrganizationID) string { return "course-" + string(classroom) }

func (o *oneRoster) courses(row func(...string) error) error {
	for c, err := range o.Classrooms() {
		if err != nil {
			return err
		}
		if c.State != identity.OrganizationActive {
			continue
		}
		o.live[c.ID] = true
		if err := row(courseID(c.ID), "", "", o.year.id(), c.Name, "", "", o.school(), "", ""); err != nil {
			return err
		}
	}
	return nil
}

func (o *oneRoster) classes(row func(...string) error) error {
	for c, err := range o.Classrooms() {
		if err != nil {
			return err
		}
		if !o.live[c.ID] {
			continue
		}
		err := row(string(c.ID), "", "", c.Name, "", courseID(c.ID), "", "scheduled", "", o.school(), o.year.id(), "", "", "")
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *oneRoster) users(row func(...string) error) error {
	for u, err := range o.People() {
		if err != nil {
			return err
		}
		primary := ""
		if u.Home == o.School.ID {
			primary = o.school()
		}
		err := row(string(u.ID), "", "", strconv.FormatBool(u.State == identity.UserActive), u.UserName, "",
			u.GivenName, u.FamilyName, "", "", u.Address, "", "", "", "", "", "", "", "", "", "", primary, "")
		if err != nil {
			return err
		}
	}
	return nil
}

// roles says once for each person and kind of role that they have it in the
// school. The first is the primary one.
func (o *oneRoster) roles(row func(...string) error) error {
	held := make(map[string]bool)
	for a, err := range o.active() {
		if err != nil {
			return err
		}
		user, role := string(a.User), oneRosterRoles[a.Role()]
		id := user + "-" + role
		if role == "" || held[id] {
			continue
		}
		kind := "primary"
		if held[user] {
			kind = "secondary"
		}
		held[user], held[id] = true, true
		if err := row(id, "", "", user, kind, role, "", "", o.school(), ""); err != nil {
			return err
		}
	}
	return nil
}

func (o *oneRoster) enrollments(row func(...string) error) error {
	for a, err := range o.active() {
		if err != nil {
			return err
		}
		role := oneRosterRoles[a.Role()]
		if role == "" || !o.live[a.Organization] {
			continue // of the school itself, or of an archived classroom
		}
		err := row(string(a.ID), "", "", string(a.Organization), o.school(), string(a.User), role,
			strconv.FormatBool(a.Role() == identity.RoleTeacher), "", "")
		if err != nil {
			return err
		}
	}
	return nil
}

// active are the role assignments that count.
func (o *oneRoster) active() iter.Seq2[identity.RoleAssignment, error] {
	return func(yield func(identity.RoleAssignment, error) bool) {
		for a, err := range o.Assignments() {
			if err != nil || a.State == identity.AssignmentActive {
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

// oneRosterRoles are our roles in the words of OneRoster 1.2 (RoleEnum). An
// operator is nobody of the school.
var oneRosterRoles = map[identity.Role]string{
	identity.RoleStudent: "student", identity.RoleCoTeacher: "aide", identity.RoleTeacher: "teacher",
	identity.RoleSchoolAdmin: "siteAdministrator",
}

// schoolYear is a school year by the year it begins in. Homeroom knows no terms;
// OneRoster wants one.
type schoolYear int

// schoolYearOf takes August for the first month.
func schoolYearOf(now time.Time) schoolYear {
	if now.Month() < time.August {
		return schoolYear(now.Year() - 1)
	}
	return schoolYear(now.Year())
}

func (y schoolYear) id() string     { return "year-" + strconv.Itoa(int(y)) }
func (y schoolYear) title() string  { return strconv.Itoa(int(y)) + "/" + strconv.Itoa(int(y)+1) }
func (y schoolYear) begins() string { return strconv.Itoa(int(y)) + "-08-01" }
func (y schoolYear) ends() string   { return strconv.Itoa(int(y)+1) + "-07-31" }
func (y schoolYear) ending() string { return strconv.Itoa(int(y) + 1) }
