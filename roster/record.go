package roster

import (
	"time"

	"homeroom.dev/homeroom/identity"
)

// Format is what kind of list somebody brought.
type Format string

// The formats that are recognised.
const (
	FormatTable       Format = "table"         // one table: pasted, CSV, TSV, XLSX
	FormatAddresses   Format = "addresses"     // people as mail programs write them, read by [ParseAddresses]
	FormatOneRoster11 Format = "oneroster-1.1" // ZIP of CSV files (1EdTech OneRoster)
	FormatOneRoster12 Format = "oneroster-1.2"
	FormatSDS21       Format = "sds-2.1" // Microsoft School Data Sync
	FormatClever      Format = "clever"
)

// Meaning is what a column of a table holds.
type Meaning string

// The meanings a column can have.
const (
	MeansNothing      Meaning = ""
	MeansExternalID   Meaning = "external-id"
	MeansGivenName    Meaning = "given-name"    // of several columns the parts are joined, as of the two below
	MeansFamilyName   Meaning = "family-name"   // "Primer apellido", "Segundo apellido"
	MeansFamilyPrefix Meaning = "family-prefix" // "van der", in a column of its own before or behind the family name
	MeansFullName     Meaning = "full-name"     // "Sam Lee"
	MeansFamilyFirst  Meaning = "family-first"  // "Lee, Sam" or "Lee Sam"
	MeansAddress      Meaning = "address"
	MeansUserName     Meaning = "user-name"
	MeansClassroom    Meaning = "classroom" // several columns, or several in one with ; or | between
	MeansYear         Meaning = "year"      // year group, grade
	MeansRole         Meaning = "role"
	MeansGuardianName Meaning = "guardian-name"
	MeansGuardianMail Meaning = "guardian-address"
	MeansGuardianCall Meaning = "guardian-phone"
	// Names of a guardian that stand in two columns, and what they are to the student.
	MeansGuardianGiven  Meaning = "guardian-given-name"
	MeansGuardianFamily Meaning = "guardian-family-name"
	MeansGuardianRole   Meaning = "guardian-relation"
	MeansGuardianReads  Meaning = "guardian-language"
)

// Meanings are all of them, in the order in which a person chooses.
var Meanings = []Meaning{
	MeansNothing, MeansGivenName, MeansFamilyName, MeansFamilyPrefix, MeansFullName, MeansFamilyFirst, MeansAddress, MeansUserName,
	MeansClassroom, MeansYear, MeansRole, MeansExternalID,
	MeansGuardianName, MeansGuardianGiven, MeansGuardianFamily, MeansGuardianMail, MeansGuardianCall, MeansGuardianRole, MeansGuardianReads,
}

// Place is where in a list something stands, for people who look for it there.
type Place struct {
	File string `json:"file,omitempty"` // of a set
	Line int    `json:"line,omitempty"` // counted from 1, as the file's own program shows it
}

// Person is one person of a list. What an empty field means, the format says:
// in a delta it is unknown, elsewhere there is nothing.
type Person struct {
	Place      Place
	ExternalID string // empty: the list has none
	GivenName  string
	FamilyName string
	Address    string
	UserName   string
	Role       identity.Role // empty: a student
	Year       string        // as written
	Classrooms []string      // names of classrooms in a table; sets have enrolments
	Guardians  []Guardian
	Gone       bool // the list says that this person is no longer (tobedeleted)
	// Notes are what was left out of a row that is imported all the same, such as
	// a guardian's address that is none, with the column as the field.
	Notes identity.Problems
	// Problems are what keeps the row from being imported, with the column they
	// are about as the field.
	Problems identity.Problems
	// Cells are the row as it stands in the file, to give it back with a column
	// more that says what to change. Empty for sets.
	Cells []string
}

// Guardian is a contact of a student. Guardians have no account.
type Guardian struct {
	Name     string
	Relation string // parent, guardian, relative, …, as written
	Address  string
	Phone    string
	Language string // as a tag; empty: not said, or one that the portal does not speak
}

// Classroom is a class of a set.
type Classroom struct {
	Place      Place
	ExternalID string
	Name       string
	Year       string
	Term       string // external ID of its term
	Gone       bool
	Problems   identity.Problems
}

// Enrolment is a role of a person in a class of a set, by external IDs.
type Enrolment struct {
	Place     Place
	Classroom string
	Person    string
	Role      identity.Role // one that classes have; empty: none that can be read
	Gone      bool
	Problems  identity.Problems
}

// Term is an academic session of a set.
type Term struct {
	ExternalID string
	Title      string
	Starts     time.Time // day
	Ends       time.Time
}

// Sink takes a list record by record, in this order: terms, classrooms, people,
// enrolments. An error ends the reading and is returned by it. Nothing is kept
// between two calls, so a list may be longer than memory.
type Sink interface {
	Term(Term) error
	Classroom(Classroom) error
	Person(Person) error
	Enrolment(Enrolment) error
}
