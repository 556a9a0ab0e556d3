package rostertest

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
)

var givenNames = []string{"Amara", "Noah", "Zoë", "Mei", "Sofía", "Jörg", "Aylin", "Łukasz", "Inès", "Tolu", "Arjun", "Chloé"}

var familyNames = []string{"Okafor", "Walker", "Lindqvist", "Chen", "García López", "Bäcker", "Öztürk", "Wójcik", "Beaumont", "Adeyemi", "Singh"}

// Pupil names the nth person of a generated list.
func Pupil(n int) (given, family string) {
	return givenNames[n%len(givenNames)], fmt.Sprintf("%s %s", familyNames[n/len(givenNames)%len(familyNames)], letters(n))
}

// letters spells a number, because names have no digits.
func letters(n int) string {
	name := []byte{byte('A' + n%26)}
	for n /= 26; n > 0; n /= 26 {
		name = append(name, byte('a'+n%26))
	}
	return string(name)
}

// CSV writes a table of rows students, 25 to a class. Every second one has an
// address.
func CSV(w io.Writer, rows int) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "Student ID,Given name,Family name,Class,E-mail\r\n")
	for i := range rows {
		given, family := Pupil(i)
		address := ""
		if i%2 == 0 {
			address = fmt.Sprintf("s%06d@birch.example", i)
		}
		fmt.Fprintf(b, "%06d,%s,\"%s\",Class %d,%s\r\n", i, given, family, i/25, address)
	}
	return b.Flush()
}

// OneRoster writes a set of OneRoster 1.2 in bulk mode: students in two classes
// each, 25 to a class, with a teacher for every two classes. Students have no
// addresses, teachers have.
func OneRoster(w io.Writer, students int) error {
	archive := zip.NewWriter(w)
	classes := max(1, students/25)
	teachers := (classes*2 + 1) / 2
	file := func(name string, content func(p func(string, ...any))) error {
		return write(archive, name+".csv", func(w io.Writer) error {
			b := bufio.NewWriter(w)
			content(func(format string, args ...any) { fmt.Fprintf(b, format+"\r\n", args...) })
			return b.Flush()
		})
	}
	err := errors.Join(
		file("manifest", func(p func(string, ...any)) {
			p("propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.2")
			for _, name := range []string{"academicSessions", "orgs", "courses", "classes", "users", "roles", "enrollments"} {
				p("file.%s,bulk", name)
			}
			p("source.systemName,Invented")
		}),
		file("academicSessions", func(p func(string, ...any)) {
			p("sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear")
			p("y26,,,2026/2027,schoolYear,2026-08-01,2027-07-31,,2027")
		}),
		file("orgs", func(p func(string, ...any)) {
			p("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\r\nbirch,,,Birch School,school,,")
		}),
		file("courses", func(p func(string, ...any)) {
			p("sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes")
			p("home,,,y26,Homeroom,,,birch,,\r\nart,,,y26,Art,,,birch,,")
		}),
		file("classes", func(p func(string, ...any)) {
			p("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods")
			for i := range classes {
				p("h%d,,,Homeroom %d,%02d,home,,homeroom,,birch,y26,,,\r\na%d,,,Art %d,%02d,art,,scheduled,,birch,y26,,,", i, i, 5+i%8, i, i, 5+i%8)
			}
		}),
		file("users", func(p func(string, ...any)) {
			p("sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password," +
				"userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns")
			for i := range teachers {
				given, family := Pupil(7 * i)
				p("t%d,,,true,teacher%d,,%s,%s,,,teacher%d@birch.example,,,,,,,,,,,birch,", i, i, given, family, i)
			}
			for i := range students {
				given, family := Pupil(i)
				p("s%d,,,true,pupil%05d,,%s,%s,,,,,,,%02d,,,,,,,birch,", i, i, given, family, 5+i/25%8)
			}
		}),
		file("roles", func(p func(string, ...any)) {
			p("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId")
			for i := range teachers {
				p("rt%d,,,t%d,primary,teacher,,,birch,", i, i)
			}
			for i := range students {
				p("rs%d,,,s%d,primary,student,,,birch,", i, i)
			}
		}),
		file("enrollments", func(p func(string, ...any)) {
			p("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate")
			for i := range classes {
				p("eth%d,,,h%d,birch,t%d,teacher,true,,\r\neta%d,,,a%d,birch,t%d,teacher,true,,", i, i, i%teachers, i, i, i%teachers)
			}
			for i := range students {
				p("esh%d,,,h%d,birch,s%d,student,,,\r\nesa%d,,,a%d,birch,s%d,student,,,", i, i/25%classes, i, i, (i/25+1)%classes, i)
			}
		}),
	)
	return errors.Join(err, archive.Close())
}
