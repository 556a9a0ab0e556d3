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
	MeansGivenName    Meaning = "given-name"
	MeansFamilyName   Meaning = "family-name"
	MeansFullName     Meaning = "full-name"    // "Sam Lee"
	MeansFamilyFirst  Meaning = "family-first" // "Lee, Sam" or "Lee Sam"
	MeansAddress      Meaning = "address"
	MeansUserName     Meaning = "user-name"
	MeansClassroom    Meaning = "classroom"
	MeansYear         Meaning = "year" // year group, grade
	MeansRole         Meaning = "role"
	MeansGuardianName Meaning = "guardian-name"
	MeansGuardianMail Meaning = "guardian-address"
	MeansGuardianCall Meaning = "guardian-phone"
)

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
	Role      identity.Role
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
