package store

import (
	"path/filepath"
	"testing"
)

func newKeys(t testing.TB) *KeyRing {
	t.Helper()
	keys, err := ParseKeyRing(NewKey())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestTheDatabaseIsMadeAndReady(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "sub", "a b.sqlite"), Keys: newKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}
