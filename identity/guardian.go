package identity

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// GuardianID is the ID of a contact of a student.
type GuardianID string

// Guardian is a contact of a student: somebody to call or to write to. Guardians
// have no account, and nothing is mailed to them by itself.
type Guardian struct {
	ID        GuardianID
	Name      string
	Relation  string // what they are to the student, as people say it
	Address   string
	Phone     string // as written
	Language  string // of the portal's languages that they read; empty: not known
	Source    string // whose list brought them; empty: entered by hand
	ChangedAt time.Time
}

// MaxGuardians is how many contacts a student can have.
const MaxGuardians = 6

// What fields of a contact may hold.
const (
	maxGuardianName  = 100
	maxGuardianPhone = 40
)

// Clean is g with white space as it should be.
func (g Guardian) Clean() Guardian {
	g.Name, g.Relation = CleanName(g.Name), CleanName(g.Relation)
	g.Address, g.Phone = strings.TrimSpace(g.Address), CleanName(g.Phone)
	return g
}

// Check says what is wrong with a contact, by field: it needs a name, and one way
// to reach them. A telephone number is taken as it is written.
func (g Guardian) Check() Problems {
	var problems Problems
	switch {
	case g.Name == "":
		problems.Add("name", "guardian.name.missing")
	case utf8.RuneCountInString(g.Name) > maxGuardianName:
		problems.Add("name", "guardian.too-long", "Max", maxGuardianName)
	}
	if utf8.RuneCountInString(g.Relation) > maxGuardianName {
		problems.Add("relation", "guardian.too-long", "Max", maxGuardianName)
	}
	if g.Address == "" && g.Phone == "" {
		problems.Add("phone", "guardian.unreachable")
	}
	if parsed, err := mail.ParseAddress(g.Address); g.Address != "" && (err != nil || parsed.Address != g.Address) {
		problems.Add("address", "guardian.address.wrong")
	}
	if utf8.RuneCountInString(g.Phone) > maxGuardianPhone {
		problems.Add("phone", "guardian.too-long", "Max", maxGuardianPhone)
	} else if g.Phone != "" && !strings.ContainsAny(g.Phone, "0123456789") {
		problems.Add("phone", "guardian.phone.wrong")
	}
	return problems
}

// Says reports whether g says what other does, whoever entered it.
func (g Guardian) Says(other Guardian) bool {
	return g.Name == other.Name && g.Relation == other.Relation && g.Phone == other.Phone && g.Language == other.Language &&
		(g.Address == other.Address || SameAddress(g.Address, other.Address))
}

// MayKeepGuardians decides whether the actor may see and change the contacts of
// somebody here: of a student whom they manage, and only where the student's
// account belongs. role is the student's highest one here.
func (o Opened) MayKeepGuardians(u User, role Role) error {
	if err := o.Refusal(ManageStudents); err != nil {
		return err
	}
	switch {
	case role.Rank() > RoleStudent.Rank():
		return Conflict("guardian.students-alone")
	case o.Guest(u):
		return Forbidden("guardian.of-guests")
	}
	return nil
}
