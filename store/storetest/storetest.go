// Package storetest gives tests databases to begin from. It imports package store
// alone. Start reading at [Path].
package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"homeroom.dev/homeroom/store"
)

// Path is where a database of the test's own lies: empty, with every migration
// done, to be opened with any keys. Migrating takes longer than most tests, so
// it is done once in a test binary.
func Path(t testing.TB) string {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "homeroom.sqlite")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// migrated is the file of an empty database.
var migrated = sync.OnceValues(func() (file []byte, err error) {
	folder, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the first database: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is the system's temporary folder
	keys, err := store.ParseKeyRing(store.NewKey())
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "homeroom.sqlite")
	s, err := store.Open(context.Background(), store.Options{Path: path, Keys: keys})
	if err != nil {
		return nil, err
	}
	// Closing writes what is still in the write-ahead log into the file.
	if err := s.Close(); err != nil {
		return nil, fmt.Errorf("close the first database: %w", err)
	}
	return os.ReadFile(path)
})
