package views

import (
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// contactsOf takes the contacts on a list.
type contactsOf struct{ guardians []roster.Guardian }

func (*contactsOf) Term(roster.Term) error           { return nil }
func (*contactsOf) Classroom(roster.Classroom) error { return nil }
func (*contactsOf) Enrolment(roster.Enrolment) error { return nil }

func (c *contactsOf) Person(p roster.Person) error {
	c.guardians = append(c.guardians, p.Guardians...)
	return nil
}

// The language of a guardian is written so that it is read again, whatever
// language the file is in.
func TestTheLanguageOfGuardiansIsReadAgain(t *testing.T) {
	for _, file := range Languages {
		ctx := WithLanguage(t.Context(), file.Tag)
		for _, reads := range Languages {
			text, person := "", identity.User{GivenName: "Sam", FamilyName: "Kim", UserName: "sam.k"}
			contact := identity.Guardian{Name: "Rana Haddad", Phone: "030 12345", Language: reads.Tag}
			for _, row := range [][]string{GuardianTitles(ctx, 1), GuardianCells(person, []identity.Guardian{contact}, 1)} {
				for _, cell := range row {
					text += cell + "\t"
				}
				text += "\n"
			}
			reading, _, err := roster.Recognise(roster.Pasted(text))
			if err != nil {
				t.Fatal(err)
			}
			var read contactsOf
			if _, err := roster.Read(roster.Pasted(text), reading, &read); err != nil {
				t.Fatal(err)
			}
			if want := (roster.Guardian{Name: "Rana Haddad", Phone: "030 12345", Language: reads.Tag}); len(read.guardians) != 1 || read.guardians[0] != want {
				t.Errorf("%s in a file in %s is read as %+v", reads.Name, file.Name, read.guardians)
			}
		}
	}
}
