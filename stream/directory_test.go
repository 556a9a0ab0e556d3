package stream

import (
	"os"
	"path/filepath"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestADirectoryGetsAFileForEachBatch(t *testing.T) {
	base := t.TempDir()
	target := identity.StreamTarget{ID: "t1", Kind: identity.StreamDirectory, Address: "audit"}
	to, err := senders{directory: base}.to(target, "", true)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the same batch again replaces its file
		if err := to.send(t.Context(), lines()); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(base, "audit/*/*/*/*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if want := filepath.Join(base, "audit/2026/03/10/t1-1-2.jsonl"); files[0] != want {
		t.Errorf("file %s, want %s", files[0], want)
	}
	if body, err := os.ReadFile(files[0]); err != nil || string(body) != string(lines().body()) {
		t.Errorf("it holds %q, %v", body, err)
	}
	if _, err := (senders{directory: base}).to(target, "", false); err == nil {
		t.Error("a school may write to the server's disk")
	}
}

// Whoever may choose a name does not choose where on the disk it is.
func TestADirectoryLeadsNowhereElse(t *testing.T) {
	outside, base := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(base, "link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, base, address, want string }{
		{"up", base, "../elsewhere", "stream.unwritable"},
		{"through a link", base, "link", "stream.unwritable"},
		{"none configured", "", "audit", "stream.no-directory"},
		{"one that is not there", filepath.Join(base, "none"), "audit", "stream.unwritable"},
	} {
		err := directory{base: tt.base, name: tt.address}.send(t.Context(), lines())
		if got := problemOf(t, err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 0 {
		t.Errorf("outside there is %v, %v", left, err)
	}
}
