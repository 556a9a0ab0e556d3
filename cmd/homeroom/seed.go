package main

import (
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// demoSeed fills a stand-in with the demo's schools. Everything it makes is
// what the portal itself would have made.
type demoSeed struct {
	*standin.Seed
	made zitadel.Installation
	next int // for IDs

	lively   bool // some students have passwords and come now and then
	linden   seededSchool
	visitors []demoVisitor     // who signs in now and then
	named    map[string]string // IDs of the named people by user name
}

func seedDemo(s *standin.Server, made zitadel.Installation) error {
	return newDemoSeed(s, made).people()
}

func newDemoSeed(s *standin.Server, made zitadel.Installation) *demoSeed {
	return &demoSeed{Seed: s.Seed().As(string(made.Provisioner.User)), made: made, lively: true, named: map[string]string{}}
}

// people makes the schools and everybody in them.
func (d *demoSeed) people() error {
	linden, err := d.school(demoSchools[0])
	if err != nil {
		return err
	}
	birch, err := d.school(demoSchools[1])
	if err != nil {
		return err
	}
	club, err := d.organization(identity.KindClassroom, demoClub, "")
	if err != nil {
		return err
	}
	d.linden = linden
	return d.everybodyNamed(linden, birch, club)
}

// seededSchool is a school with its classrooms, in the order of the demo's list.
type seededSchool struct {
	id         string
	classrooms []string
	students   []string // user IDs, in the order of their numbers
}

// everybodyNamed places the named people, who meet everything there is to see.
func (d *demoSeed) everybodyNamed(linden, birch seededSchool, club string) error {
	individuals, operators := string(d.made.Individuals), string(d.made.Operators)
	for _, p := range []struct {
		demoAccount
		home  string
		roles map[string]identity.Role
	}{
		{demoTeacher, linden.id, map[string]identity.Role{
			linden.id: identity.RoleTeacher, linden.classrooms[0]: identity.RoleTeacher,
			linden.classrooms[1]: identity.RoleTeacher, birch.classrooms[12]: identity.RoleTeacher,
		}},
		{demoCoTeacher, linden.id, map[string]identity.Role{
			linden.id: identity.RoleTeacher, linden.classrooms[0]: identity.RoleCoTeacher, linden.classrooms[2]: identity.RoleTeacher,
		}},
		{demoSchoolAdmin, linden.id, map[string]identity.Role{linden.id: identity.RoleSchoolAdmin}},
		{demoBirchAdmin, birch.id, map[string]identity.Role{birch.id: identity.RoleSchoolAdmin}},
		{demoBirchStaff, birch.id, d.teachesAll(birch)},
		{demoTutor, individuals, map[string]identity.Role{club: identity.RoleTeacher}},
		{demoStudent, linden.id, map[string]identity.Role{linden.classrooms[0]: identity.RoleStudent, club: identity.RoleStudent}},
		{demoPupil, linden.id, map[string]identity.Role{linden.classrooms[0]: identity.RoleStudent}},
		{demoOperator, operators, map[string]identity.Role{operators: identity.RoleOperator}},
	} {
		user := d.user(p.home, p.given, p.family, p.userName, strings.Contains(p.userName, "@"))
		user.Password = demoPassword
		if _, err := d.User(user); err != nil {
			return err
		}
		d.named[p.userName] = user.ID
		d.visitors = append(d.visitors, demoVisitor{user: user.ID, often: .7})
		for organization, role := range p.roles {
			if _, err := d.Authorize(user.ID, d.made.Project, organization, string(role)); err != nil {
				return err
			}
		}
	}
	return nil
}

// teachesAll makes one person the teacher of every classroom, so that none is
// without.
func (d *demoSeed) teachesAll(s seededSchool) map[string]identity.Role {
	roles := map[string]identity.Role{s.id: identity.RoleTeacher}
	for _, classroom := range s.classrooms {
		roles[classroom] = identity.RoleTeacher
	}
	return roles
}

// school makes a school with its classrooms and students.
func (d *demoSeed) school(s demoSchool) (seededSchool, error) {
	id, err := d.organization(identity.KindSchool, s.name, "")
	if err != nil {
		return seededSchool{}, err
	}
	made := seededSchool{id: id}
	for _, name := range s.classrooms {
		classroom, err := d.organization(identity.KindClassroom, name, id)
		if err != nil {
			return seededSchool{}, err
		}
		made.classrooms = append(made.classrooms, classroom)
	}
	users := make([]standin.SeedUser, s.students)
	for n := range users {
		given, family, userName, hasAddress := s.demoStudentNamed(n)
		users[n] = d.user(id, given, family, userName, hasAddress)
		if d.lively && s.signsIn(n) {
			users[n].Password = demoPassword
			d.visitors = append(d.visitors, demoVisitor{user: users[n].ID, often: s.often()})
		}
	}
	if _, err := d.Users(users); err != nil {
		return seededSchool{}, err
	}
	for n, user := range users {
		made.students = append(made.students, user.ID)
		classroom := made.classrooms[n%len(made.classrooms)]
		if _, err := d.Authorize(user.ID, d.made.Project, classroom, string(identity.RoleStudent)); err != nil {
			return seededSchool{}, err
		}
	}
	return made, nil
}

// organization makes a school or a classroom as the provisioner does.
func (d *demoSeed) organization(kind identity.Kind, name, school string) (string, error) {
	d.next++
	id := fmt.Sprintf("3900000000000%05d", d.next)
	metadata := map[string]string{identity.MetadataKind: string(kind), identity.MetadataName: name}
	if school != "" {
		metadata[identity.MetadataSchool] = school
	}
	_, err := d.Organization(standin.SeedOrganization{
		ID: id, Name: fmt.Sprintf("%s %04d", name, d.next), Metadata: metadata,
		Managers: map[string][]string{string(d.made.Runtime.User): {"ORG_USER_MANAGER", "ORG_SETTINGS_MANAGER"}},
	})
	if err != nil {
		return "", err
	}
	var roles []string
	for _, role := range identity.RolesIn(kind) {
		roles = append(roles, string(role))
	}
	return id, d.Grant(d.made.Project, id, roles...)
}

func (d *demoSeed) user(home, given, family, userName string, hasAddress bool) standin.SeedUser {
	d.next++
	user := standin.SeedUser{
		ID: fmt.Sprintf("3910000000000%05d", d.next), Organization: home, UserName: userName,
		GivenName: given, FamilyName: family, Address: userName,
	}
	if !hasAddress {
		user.Address = identity.PlaceholderAddress(identity.UserID(user.ID))
	}
	return user
}
