package main

import (
	"fmt"
	"strings"
)

// demoPassword signs in everybody in the demo who has a password.
const demoPassword = "Homeroom-1!"

// demoSchool is a school of the demo, with everybody in it.
type demoSchool struct {
	name       string
	domain     string
	classrooms []string
	students   int
}

// demoSchools are one school to know by heart and one to get lost in.
var demoSchools = []demoSchool{
	{"Linden School", "linden.example", []string{"Biology 7B", "History 8A", "Maths 6C"}, 90},
	{"Birch Academy", "birch.example", birchClassrooms(), 5000},
}

// demoClub is the classroom without a school.
const demoClub = "Saturday Coding Club"

// demoAccount is somebody to sign in as.
type demoAccount struct {
	given, family string
	userName      string // the address of those who have one
	is            string // for the list that the demo prints
}

// The people the demo names. Everybody else is made from lists.
var (
	demoTeacher     = demoAccount{"Maria", "Lee", "maria.lee@linden.example", "teaches in both schools"}
	demoCoTeacher   = demoAccount{"Jon", "Okafor", "jon.okafor@linden.example", "co-teacher of Biology 7B"}
	demoSchoolAdmin = demoAccount{"Priya", "Nair", "priya.nair@linden.example", "school admin of Linden School"}
	demoBirchAdmin  = demoAccount{"Tomás", "Vidal", "tomas.vidal@birch.example", "school admin of Birch Academy"}
	demoBirchStaff  = demoAccount{"Hanna", "Berg", "hanna.berg@birch.example", "teaches in Birch Academy"}
	demoTutor       = demoAccount{"Ruth", "Adler", "ruth.adler@example.com", "teaches the club, which has no school"}
	demoOperator    = demoAccount{"Olu", "Adeyemi", "olu.adeyemi@operators.example", "operator"}
	demoStudent     = demoAccount{"Sam", "Kim", "sam.kim@linden.example", "student with e-mail, in Biology 7B and the club"}
	demoPupil       = demoAccount{"Noor", "Haddad", "noor.h-7b", "student without e-mail, in Biology 7B"}
)

// demoAccounts are the accounts the demo prints, in this order.
var demoAccounts = []demoAccount{
	demoTeacher, demoCoTeacher, demoSchoolAdmin, demoBirchAdmin, demoBirchStaff, demoTutor, demoStudent, demoPupil, demoOperator,
}

func birchClassrooms() []string {
	var names []string
	for _, subject := range []string{"Maths", "English", "Biology", "History", "Art", "Music", "Physics", "Chemistry"} {
		for _, form := range []string{"5A", "6A", "7A", "8A", "9A"} {
			names = append(names, subject+" "+form)
		}
	}
	return names
}

// Names from many places, so that search, sorting and layout meet accents,
// short and long ones.
var (
	givenNames = strings.Fields(`Ada Aisha Alejandro Amina Anton Aroha Astrid Ayşe Beatriz Bilal Björn Camille Chidi Chloé Dario
		Elif Emeka Emil Enzo Esi Ewa Fatima Felix Fiona Freya Giulia Grace Hana Hugo Ibrahim Ines Isla Ivan Jada Jakub Jamal
		João Kai Kofi Lars Layla Leila Leo Lena Liam Linh Luca Lucía Maja Malik Mateo Mei Mila Mina Nadia Naomi Nia Niels Nina
		Noah Oliver Omar Oskar Paula Priyanka Quinn Rafael Rania Rosa Ruben Saoirse Sara Selma Sofia Søren Stella Tariq Theo Tove
		Uma Valentina Viktor Wanjiru Wei Yara Yusuf Zara Zoë Łukasz Øyvind`)
	familyNames = strings.Fields(`Abara Acosta Ahmed Andersson Bakker Banerjee Baptiste Becker Bianchi Brown Campbell Çelik Chen
		Costa Cruz Dahl Dubois Duarte Eriksen Evans Fernández Ferrari Fischer Flores García Gómez Grant Haddad Hansen Hernández
		Hoang Ibáñez Ivanova Jansen Jensen Kaya Khan Kowalski Larsen Laurent Lindqvist López Malik Mbeki Mendes Meyer Moreau
		Moyo Müller Murphy Nakamura Ndiaye Nguyen Novák Nowak O’Brien Ochoa Okoye Olsen Patel Pereira Petrov Quiroga Ramos Reyes
		Rossi Said Santos Schmidt Sharma Silva Singh Smith Sørensen Suzuki Tanaka Thompson Torres Traoré Tran Vargas Walker Weber
		Williams Wójcik Yılmaz Zhang Zimmermann Żak`)
)

// demoStudentNamed is the nth student of the school: two out of three have an
// address, the others a user name alone.
func (s demoSchool) demoStudentNamed(n int) (given, family, userName string, hasAddress bool) {
	// The strides share no factor with the lists' lengths, so names repeat late.
	given = givenNames[(n*37+11)%len(givenNames)]
	family = familyNames[(n*53+n/len(familyNames)*7+5)%len(familyNames)]
	plain := asciiName(given) + "." + asciiName(family)
	if n%3 == 2 {
		return given, family, fmt.Sprintf("%s-%d.%s", plain, n+1, strings.SplitN(s.domain, ".", 2)[0]), false
	}
	return given, family, fmt.Sprintf("%s.%d@%s", plain, n+1, s.domain), true
}

// signsIn tells who of the students has a password and comes now and then. The
// others never came.
func (s demoSchool) signsIn(n int) bool {
	if s.students > 1000 {
		return n%8 == 0
	}
	return n%7 != 3
}

// often is how likely one of those signs in on a school day.
func (s demoSchool) often() float64 {
	if s.students > 1000 {
		return .12
	}
	return .4
}

// asciiName is a name as it stands in an address.
func asciiName(name string) string {
	plain := strings.NewReplacer("ş", "s", "ö", "o", "é", "e", "ã", "a", "í", "i", "ø", "o", "ë", "e", "ł", "l",
		"ç", "c", "á", "a", "ñ", "n", "ó", "o", "ü", "u", "ı", "i", "ż", "z", "’", "").Replace(strings.ToLower(name))
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, plain)
}
