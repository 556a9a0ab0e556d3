package main

import (
	"os"
	"strings"
	"testing"
)

// What Clever gave is said once; later runs keep it, and serve offers it.
func TestBootstrapRegistersAtClever(t *testing.T) {
	s, key := newStandin(t)
	config := prepared(t, s, key, "http://localhost:8080")
	run := func(arguments ...string) string {
		t.Helper()
		out, err := homeroom(t, append([]string{
			"bootstrap", "--issuer", s.Issuer(), "--key", key, "--public-url", "http://localhost:8080", "--out", config,
		}, arguments...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	registered := []string{"--clever-client-id", "homeroom", "--clever-client-secret", "a-secret-of-clever"}
	if out := run(registered...); !strings.Contains(out, "changed          sign-in with Clever") {
		t.Errorf("the first run says:\n%s", out)
	}
	written, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), "a-secret-of-clever") || strings.Contains(string(written), "classlink") {
		t.Errorf("the file holds the secret, or what nobody registered:\n%s", written)
	}
	file, err := openConfigurationFile(config)
	if err != nil {
		t.Fatal(err)
	}
	made, err := file.installation()
	if err != nil {
		t.Fatal(err)
	}
	if made.Clever.Provider == "" || made.Clever.Mark == "" || made.ClassLink.Provider != "" || len(made.Offered()) != 1 {
		t.Errorf("installation offers %+v and %+v, want Clever alone", made.Clever, made.ClassLink)
	}
	for _, again := range [][]string{registered, registered[:2], nil} {
		if out := run(again...); !strings.Contains(out, "Nothing to change") || !strings.Contains(out, "as it should be  sign-in with Clever") {
			t.Errorf("with %v the next run says:\n%s", again, out)
		}
	}
	if out := run("--clever-client-id", "homeroom", "--clever-client-secret", "another"); !strings.Contains(out, "changed          sign-in with Clever") {
		t.Errorf("with another secret it says:\n%s", out)
	}
}
