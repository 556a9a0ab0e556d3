package identity

import (
	"regexp"
	"testing"
)

// Zitadel's newer login pages read digits alone as the ID of an organization.
func TestIDsOfOrganizationsAreDigits(t *testing.T) {
	digits := regexp.MustCompile(`^[0-9]{39}$`)
	anna, ben := Actor{User: "anna"}, Actor{User: "ben"}
	ids := []OrganizationID{
		NewOrganizationID(), NewOrganizationID(),
		submittedID(anna, "form", "Biology"), submittedID(anna, "form", "Chemistry"),
		submittedID(anna, "another form", "Biology"), submittedID(ben, "form", "Biology"),
	}
	seen := map[OrganizationID]bool{}
	for _, id := range ids {
		if !digits.MatchString(string(id)) || seen[id] {
			t.Errorf("ID %q, want 39 digits that no other has", id)
		}
		seen[id] = true
	}
	if submittedID(anna, "form", "Biology") != ids[2] {
		t.Error("the same form opens another organization")
	}
}
