package store

import (
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
)

// statements are those sqlc made, by name.
func statements(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("query/*.sql.go")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			constants, ok := declaration.(*ast.GenDecl)
			if !ok || constants.Tok != token.CONST {
				continue
			}
			for _, spec := range constants.Specs {
				value := spec.(*ast.ValueSpec)
				text, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found[value.Names[0].Name] = text
			}
		}
	}
	if len(found) < 60 {
		t.Fatalf("only %d statements were found", len(found))
	}
	return found
}

// The statements are generated for PostgreSQL and run on SQLite: both have to
// understand each of them. PostgreSQL is asked when HOMEROOM_POSTGRES is the URL
// of an empty database.
func TestEveryStatementIsUnderstoodByBothDatabases(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		db := newWorld(t).writer
		prepareAll(t, db)
		forgetsWithAccounts(t, db)
	})
	t.Run("postgres", func(t *testing.T) {
		url := os.Getenv("HOMEROOM_POSTGRES")
		if url == "" {
			t.Skip("HOMEROOM_POSTGRES names no database")
		}
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		files, err := fs.Sub(migrations, "migrations/postgres")
		if err != nil {
			t.Fatal(err)
		}
		provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provider.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		prepareAll(t, db)
		copiesAndCounts(t, db)
		forgetsWithAccounts(t, db)
	})
}

func prepareAll(t *testing.T, db *sql.DB) {
	t.Helper()
	for name, statement := range statements(t) {
		prepared, err := db.PrepareContext(t.Context(), statement)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = prepared.Close()
	}
}

// copiesAndCounts makes sure that PostgreSQL's triggers keep what SQLite's keep.
func copiesAndCounts(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		`DELETE FROM role_assignments`, `DELETE FROM users`, `DELETE FROM roster_counts`,
		`INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state) VALUES ('o', 'u', 'a', 'student', 'student', 'active')`,
		`INSERT INTO users (organization_id, id, sort_name, last_seen_us) VALUES ('o', 'u', 'li', 5)`,
		`UPDATE users SET sort_name = 'wu' WHERE id = 'u'`,
		`INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state) VALUES ('p', 'u', 'b', 'teacher', 'teacher', 'active')`,
		`UPDATE role_assignments SET state = 'suspended' WHERE id = 'a'`,
		`DELETE FROM role_assignments WHERE id = 'b'`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	var got string
	err := db.QueryRowContext(t.Context(), `SELECT a.sort_name || ' ' || a.last_seen_us || ' ' || a.role_order || ' ' ||
		(SELECT string_agg(c.organization_id || c.role || c.state || c.people, ' ' ORDER BY c.organization_id, c.state) FROM roster_counts c)
		FROM role_assignments a`).Scan(&got)
	if want := "wu 5 4 ostudentactive0 ostudentsuspended1 pteacheractive0"; err != nil || strings.TrimSpace(got) != want {
		t.Errorf("copies and counts = %q, %v; want %q", got, err, want)
	}
}

// forgetsWithAccounts makes sure that triggers let go of what is kept of somebody
// whose account goes, and of a first secret that was used.
func forgetsWithAccounts(t *testing.T, db *sql.DB) {
	t.Helper()
	tables := map[string]string{
		"first_secrets":   `INSERT INTO first_secrets (organization_id, user_id, sealed, kept_us) VALUES ('o', 'gone', 's', 100)`,
		"join_requests":   `INSERT INTO join_requests (organization_id, user_id, state, asked_us) VALUES ('o', 'gone', 'asked', 1)`,
		"list_selections": `INSERT INTO list_selections (organization_id, actor_id, user_id, chosen_us) VALUES ('o', 'other', 'gone', 1), ('o', 'gone', 'other', 1)`,
		"guardians": `INSERT INTO guardians (organization_id, user_id, id, source, position, name, relation, address, phone, language, changed_us)
			VALUES ('o', 'gone', 'g', '', 1, 'n', '', '', '', '', 1)`,
		"substitutions": `INSERT INTO substitutions (organization_id, user_id, assignment_id, until_us, by_id, by_name, made_us) VALUES ('o', 'gone', 'a', 2, '', '', 1)`,
	}
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	left := func(table string, want int) {
		t.Helper()
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE organization_id = 'o'").Scan(&n); err != nil || n != want {
			t.Errorf("%d rows are in %s, %v, want %d", n, table, err, want)
		}
	}
	do(`INSERT INTO users (organization_id, id, sort_name, last_seen_us) VALUES ('o', 'gone', 'go', 5)`)
	for _, statement := range tables {
		do(statement)
	}
	do(`UPDATE users SET sort_name = 'ga' WHERE id = 'gone'`)
	left("first_secrets", 1)
	do(`UPDATE users SET last_seen_us = 200 WHERE id = 'gone'`)
	left("first_secrets", 0)
	do(tables["first_secrets"])
	do(`DELETE FROM users WHERE id = 'gone'`)
	for table := range tables {
		left(table, 0)
	}
}
