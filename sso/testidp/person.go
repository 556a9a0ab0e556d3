package testidp

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Person is somebody the identity provider vouches for.
type Person struct {
	ID          string // what never changes, such as Entra's object ID
	UserName    string // user principal name
	Address     string // empty: no mailbox, as many pupils have none
	GivenName   string
	FamilyName  string
	Affiliation string // staff or student
	District    string // Clever and ClassLink
}

func (p Person) name() string { return strings.TrimSpace(p.GivenName + " " + p.FamilyName) }

// is reports whether person, a user name, an address or an ID, means p.
func (p Person) is(person string) bool {
	return person != "" && (p.ID == person || strings.EqualFold(p.UserName, person) || strings.EqualFold(p.Address, person))
}

// LindenDistrict is Linden School's district at Clever and ClassLink.
const LindenDistrict = "5f1d6c2ab0c1e90017a1d001"

// LindenPeople are the people of the demo's Linden School, as its directory has
// them: some are on its rosters already, some the school has never seen.
func LindenPeople() []Person {
	people := []Person{
		{UserName: "maria.lee@linden.example", GivenName: "Maria", FamilyName: "Lee", Affiliation: "staff"},
		{UserName: "jon.okafor@linden.example", GivenName: "Jon", FamilyName: "Okafor", Affiliation: "staff"},
		{UserName: "priya.nair@linden.example", GivenName: "Priya", FamilyName: "Nair", Affiliation: "staff"},
		{UserName: "sam.kim@linden.example", GivenName: "Sam", FamilyName: "Kim", Affiliation: "student"},
		{UserName: "ada.newman@linden.example", GivenName: "Ada", FamilyName: "Newman", Affiliation: "student"},
		{UserName: "zoe.grun@linden.example", GivenName: "Zoë", FamilyName: "Grün", Affiliation: "staff"},
		{UserName: "leo.winter@linden.example", GivenName: "Leo", FamilyName: "Winter", Affiliation: "student"},
		{UserName: "casey.moss@maple.example", GivenName: "Casey", FamilyName: "Moss", Affiliation: "staff"},
	}
	for i, p := range people {
		people[i].ID = personID(p.UserName)
		people[i].District = LindenDistrict
		if p.GivenName != "Leo" {
			people[i].Address = p.UserName
		}
	}
	return people
}

// personID is a stable ID in the shape of a GUID.
func personID(of string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(of)))
	text := hex.EncodeToString(sum[:16])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// People lists everybody, those typed in on the sign-in page included.
func (s *Server) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.people)
}

// AddPerson adds somebody, or replaces who has the same user name. An empty ID
// is made from the user name.
func (s *Server) AddPerson(p Person) Person {
	if p.ID == "" {
		p.ID = personID(p.UserName)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people = slices.DeleteFunc(s.people, func(other Person) bool { return strings.EqualFold(other.UserName, p.UserName) })
	s.people = append(s.people, p)
	return p
}

// Person is who goes by a user name, an address or an ID.
func (s *Server) Person(named string) (Person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.people, func(p Person) bool { return p.is(named) })
	if i < 0 {
		return Person{}, false
	}
	return s.people[i], true
}

// typed is who was typed into the sign-in page: somebody known, or a new person
// whose names come from the address.
func (s *Server) typed(address string) Person {
	if p, known := s.Person(address); known {
		return p
	}
	local, _, _ := strings.Cut(address, "@")
	given, family, _ := strings.Cut(local, ".")
	return s.AddPerson(Person{
		UserName: address, Address: address, GivenName: capital(given), FamilyName: capital(family),
		Affiliation: "student", District: LindenDistrict,
	})
}

func capital(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
