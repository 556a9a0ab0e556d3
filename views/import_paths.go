package views

import (
	"strings"

	"homeroom.dev/homeroom/identity"
)

// ImportsPath is where a list is brought: into a classroom, or for a school.
func ImportsPath(organization identity.OrganizationID) string { return in(organization, "import") }

// IsImportsPath reports whether path is the [ImportsPath] of some organization.
func IsImportsPath(path string) bool {
	parts := strings.Split(path, "/")
	return len(parts) == 4 && parts[1] == "o" && parts[3] == "import"
}

// ImportPath is one list: its plan, how far it has come, or its receipt.
func ImportPath(organization identity.OrganizationID, id string) string {
	return in(organization, "import", id)
}

// ImportStepPath is a page of an import, or what is done with it.
func ImportStepPath(organization identity.OrganizationID, id, step string) string {
	return in(organization, "import", id, step)
}
