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
		prepareAll(t, newWorld(t).writer)
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
