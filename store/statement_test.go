package store

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// spans reports whether the statements of a file may leave the organization
// out, because nothing opened reaches them: across*.sql and projection.sql.
func spans(file string) bool {
	name := filepath.Base(file)
	return strings.HasPrefix(name, "across") || name == "projection.sql"
}

// Every statement on a table of an organization's names organization_id, and
// compares it with an argument unless it inserts.
func TestEveryStatementOnAnOrganizationsTableNamesIt(t *testing.T) {
	w := newWorld(t)
	owned := append(w.tables("organization_id"), "organizations")
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) < 8 {
		t.Fatalf("query files: %v, %v", files, err)
	}
	name := regexp.MustCompile(`(?m)^-- name: (\S+) `)
	comment := regexp.MustCompile(`(?m)--.*$`)
	checked := 0
	for _, file := range files {
		if spans(file) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		starts := name.FindAllStringSubmatchIndex(string(text), -1)
		for i, start := range starts {
			end := len(text)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			called := string(text[start[2]:start[3]])
			statement := comment.ReplaceAllString(string(text[start[0]:end]), "")
			checked++
			if problem := unscoped(statement, owned); problem != "" {
				t.Errorf("%s: %s %s", file, called, problem)
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d statements were read", checked)
	}
}

var (
	tableName = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_]+)(?:\s+(?:AS\s+)?([a-z]+))?`)
	scope     = regexp.MustCompile(`(?i)\b(?:organization_id|school_id|home_id|id) = sqlc\.arg\(organization_id\)`)
	scoped    = regexp.MustCompile(`(?i)\b([a-z]+)\.(?:organization_id|school_id|home_id) = (?:sqlc\.arg\([a-z_]+\)|o\.id|o\.school_id)`)
)

// unscoped says what is missing in a statement, or nothing.
func unscoped(statement string, owned []string) string {
	touches := false
	for _, m := range tableName.FindAllStringSubmatch(statement, -1) {
		touches = touches || slices.Contains(owned, strings.ToLower(m[1]))
	}
	switch {
	case !touches:
		return "touches no table of an organization; is it in the right file?"
	case strings.Contains(strings.ToUpper(statement), "INSERT INTO"):
		if !strings.Contains(statement, "sqlc.arg(organization_id)") {
			return "inserts without organization_id"
		}
	case !scope.MatchString(statement):
		return "does not compare organization_id with its argument"
	}
	// Each joined table of an organization is bound, to the argument or to the
	// row that is; users are reached through a role assignment alone.
	for _, m := range tableName.FindAllStringSubmatch(statement, -1) {
		table, alias := strings.ToLower(m[1]), m[2]
		if !slices.Contains(owned, table) || table == "users" || table == "organizations" || alias == "" ||
			slices.Contains([]string{"where", "set"}, strings.ToLower(alias)) {
			continue
		}
		bound := false
		for _, s := range scoped.FindAllStringSubmatch(statement, -1) {
			bound = bound || s[1] == alias
		}
		if !bound {
			return "joins " + table + " without binding its organization_id"
		}
	}
	return ""
}

func TestStatementsWithoutTheirOrganizationAreFound(t *testing.T) {
	owned := []string{"invitations", "role_assignments", "users"}
	for statement, wanted := range map[string]bool{
		"SELECT * FROM invitations WHERE id = sqlc.arg(id);":                                                                           true,
		"UPDATE invitations SET state = 'x' WHERE id = sqlc.arg(id);":                                                                  true,
		"INSERT INTO invitations (id) VALUES (sqlc.arg(id));":                                                                          true,
		"SELECT * FROM invitations WHERE organization_id = organization_id;":                                                           true,
		"SELECT 1 FROM invitations i JOIN role_assignments a ON a.user_id = i.id WHERE i.organization_id = sqlc.arg(organization_id);": true,
		"SELECT * FROM invitations WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);":                           false,
		"DELETE FROM invitations WHERE organization_id = sqlc.arg(organization_id);":                                                   false,
	} {
		if got := unscoped(statement, owned) != ""; got != wanted {
			t.Errorf("%s: found = %v, want %v", statement, got, wanted)
		}
	}
}
