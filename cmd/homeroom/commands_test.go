package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"homeroom.dev/homeroom/zitadel/standin"
)

// homeroom runs a command to its end and returns what it printed.
func homeroom(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, io.Discard)
	return out.String(), err
}

// newStandin is a Zitadel nothing was prepared in, with its owner's key in a
// file.
func newStandin(t *testing.T) (s *standin.Server, ownerKey string) {
	t.Helper()
	s, err := standin.New(standin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ownerKey = filepath.Join(t.TempDir(), "owner-key.json")
	if err := os.WriteFile(ownerKey, s.OwnerKey(), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, ownerKey
}

// prepared bootstraps a stand-in and returns the configuration file, which
// names a database of the test.
func prepared(t *testing.T, s *standin.Server, ownerKey, publicURL string) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "homeroom.yaml")
	err := os.WriteFile(config, []byte("# ours\ndatabase: "+filepath.Join(t.TempDir(), "homeroom.sqlite")+"\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := homeroom(t, "bootstrap", "--issuer", s.Issuer(), "--key", ownerKey, "--public-url", publicURL, "--out", config); err != nil {
		t.Fatal(err)
	}
	return config
}

func TestBootstrapTwiceChangesNothingTheSecondTime(t *testing.T) {
	s, key := newStandin(t)
	config := prepared(t, s, key, "http://localhost:8080")
	first, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(config); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the keys: %v, %v", info.Mode(), err)
	}
	if !strings.HasPrefix(string(first), "# ours\ndatabase: ") {
		t.Errorf("what stood in the file is gone:\n%s", first)
	}
	events := s.EventCount()
	out, err := homeroom(t, "bootstrap", "--issuer", s.Issuer(), "--key", key, "--public-url", "http://localhost:8080", "--out", config)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, "Nothing to change") || strings.Contains(out, "\nchanged") {
		t.Errorf("the second run says:\n%s", out)
	}
	if second, err := os.ReadFile(config); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the second run wrote the file anew: %v", err)
	}
	if n := s.EventCount() - events; n != 0 {
		t.Errorf("the second run left %d events", n)
	}
}

func TestOpenSchoolInvitesOnceAndGoesOnWhereItStopped(t *testing.T) {
	s, key := newStandin(t)
	config := prepared(t, s, key, "http://localhost:8080")
	command := []string{"open-school", "--config", config, "--name", "Linden School", "--admin", "head@linden.example"}

	s.Faults().Unavailable("/zitadel.project.v2.ProjectService/CreateProjectGrant", 0, -1)
	if _, err := homeroom(t, command...); err == nil {
		t.Fatal("a school was opened although its grant could not be made")
	}
	s.Faults().Heal()

	link := regexp.MustCompile(`http://localhost:8080/i/\S+`)
	first, err := homeroom(t, command...)
	if err != nil {
		t.Fatal(err)
	}
	if !link.MatchString(first) || !strings.Contains(first, "Linden School is open") {
		t.Errorf("open-school says:\n%s", first)
	}
	events := s.EventCount()
	second, err := homeroom(t, command...)
	if err != nil {
		t.Fatal(err)
	}
	if link.FindString(second) != link.FindString(first) {
		t.Errorf("another link the second time:\n%s", second)
	}
	if n := s.EventCount() - events; n != 0 {
		t.Errorf("opening the same school again left %d events", n)
	}
	for _, wrong := range [][]string{{"--name", "", "--admin", "head@linden.example"}, {"--name", "Birch", "--admin", "head"}} {
		if _, err := homeroom(t, append([]string{"open-school", "--config", config}, wrong...)...); err == nil {
			t.Errorf("open-school %v: accepted", wrong)
		}
	}
}

// The portal starts without Zitadel, says so, recovers by itself, and ends when
// it is told to.
func TestServeStartsWithoutZitadelAndRecovers(t *testing.T) {
	s, key := newStandin(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	config := prepared(t, s, key, "http://"+addr)
	s.Faults().Unavailable("", 0, -1)

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--config", config, "--addr", addr}, io.Discard, io.Discard)
	}()
	get := func(path string) (int, string) {
		answer, err := http.Get("http://" + addr + path)
		if err != nil {
			return 0, err.Error()
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return 0, err.Error()
		}
		return answer.StatusCode, string(body)
	}
	await := func(path string, status int, has string) {
		t.Helper()
		for deadline := time.Now().Add(patience); ; {
			got, body := get(path)
			if got == status && strings.Contains(body, has) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s = %d, want %d with %q:\n%s", path, got, status, has, body)
			}
			time.Sleep(50 * time.Millisecond) // until the process answers, which it does not announce
		}
	}
	await("/healthz", http.StatusOK, "ok")
	await("/readyz", http.StatusOK, "zitadel: away")
	if status, body := get("/readyz"); status != http.StatusOK || !strings.Contains(body, "database: ok") || !strings.Contains(body, "mail: away") {
		t.Errorf("/readyz = %d:\n%s", status, body)
	}
	if status, _ := get("/sign-in"); status != http.StatusServiceUnavailable {
		t.Errorf("/sign-in without Zitadel = %d", status)
	}
	s.Faults().Heal()
	await("/readyz", http.StatusOK, "zitadel: ok")
	await("/readyz", http.StatusOK, "projection: ok")

	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("serve ended with %v", err)
		}
	case <-time.After(2 * graceful):
		t.Fatal("serve does not end")
	}
}

func TestEverythingThatIsMissingIsSaidAtOnce(t *testing.T) {
	_, err := homeroom(t, "serve", "--issuer", "https://id.example.org")
	if err == nil {
		t.Fatal("serve started without a configuration")
	}
	for _, flag := range []string{"--project", "--client-id", "--operators", "--individuals", "--runtime-key", "--provisioner-key", "--events-key"} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("%v does not name %s", err, flag)
		}
	}
	if strings.Contains(err.Error(), "--issuer") {
		t.Errorf("%v names what was given", err)
	}
}

func TestAMisspeltSettingIsRefused(t *testing.T) {
	config := filepath.Join(t.TempDir(), "homeroom.yaml")
	if err := os.WriteFile(config, []byte("isuer: https://id.example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := homeroom(t, "serve", "--config", config); err == nil || !strings.Contains(err.Error(), "isuer") {
		t.Errorf("error = %v", err)
	}
}

func TestAFlagWinsOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	config := filepath.Join(t.TempDir(), "homeroom.yaml")
	if err := os.WriteFile(config, []byte("smtp-host: file\nsmtp-username: file\nsmtp-from: file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOMEROOM_SMTP_HOST", "environment")
	t.Setenv("HOMEROOM_SMTP_USERNAME", "environment")
	var c commands
	parser, err := kong.New(&c, kong.DefaultEnvars("HOMEROOM"), kong.Configuration(readConfiguration))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve", "--config", config, "--smtp-host", "flag"}); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Serve.SMTP.Host, " ", c.Serve.SMTP.Username, " ", c.Serve.SMTP.From)
	if got != "flag environment file" {
		t.Errorf("host, user name, from = %s", got)
	}
}

func TestPublicURLsNeedTLSOffThisMachine(t *testing.T) {
	for url, want := range map[string]bool{
		"https://homeroom.example.org": true, "http://localhost:8080": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"http://homeroom.example.org": false, "homeroom.example.org": false, "ftp://localhost": false, "": false,
	} {
		if got := (listen{PublicURL: url}).check() == nil; got != want {
			t.Errorf("%q is accepted: %v, want %v", url, got, want)
		}
	}
}

// The page about configuration knows every setting.
func TestEverySettingIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := kong.New(new(commands))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		for _, flag := range command.Flags {
			if flag.Name != "help" && !strings.Contains(string(page), "`"+flag.Name+"`") && !strings.Contains(string(page), "`--"+flag.Name+"`") {
				t.Errorf("docs/configuration.md lacks %s of %s", flag.Name, command.Name)
			}
			if flag.Help == "" {
				t.Errorf("--%s of %s is not explained", flag.Name, command.Name)
			}
		}
	}
}
