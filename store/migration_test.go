package store

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
)

// A store that has people in it gets the domains of their names and addresses,
// as they would be written now.
func TestPeopleOfAnOlderStoreGetTheirDomains(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homeroom.sqlite")
	db, err := sql.Open("sqlite", dsn(path, true))
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	older, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := older.UpTo(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	names := []string{"zoe@Linden.Example", "a@b@linden.example", "zoe", "", "@", "zoe@", "@linden.example", "a@@b", "linden.example"}
	want := map[string][2]string{}
	for _, name := range names {
		want["u"+name] = [2]string{domainOf(name), domainOf(name + "@x.example")}
		if _, err := db.ExecContext(t.Context(), `INSERT INTO users (organization_id, id, user_name, address) VALUES ('o', ?, ?, ?)`,
			"u"+name, name, name+"@x.example"); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Path: path, Keys: newKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	got := map[string][2]string{}
	for id := range want {
		row, err := s.read().UserByID(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got[id] = [2]string{row.UserNameDomain, row.AddressDomain}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
