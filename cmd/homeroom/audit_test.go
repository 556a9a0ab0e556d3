package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// auditedStore is a configuration file, and the database that it names, in which
// two schools were opened.
func auditedStore(t *testing.T) (config, database string) {
	t.Helper()
	database = filepath.Join(t.TempDir(), "homeroom.sqlite")
	config = filepath.Join(t.TempDir(), "homeroom.yaml")
	keys := store.NewKey()
	if err := os.WriteFile(config, []byte("database: "+database+"\nseal-keys: "+keys+"\noperators: ops\nissuer: https://x.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), storage{Database: database, SealKeys: keys}, "ops")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range []identity.OrganizationID{"linden", "birch"} {
		n := identity.NewOrganization{ID: id, Kind: identity.KindSchool, Name: string(id)}
		if err := s.BeginOpening(t.Context(), identity.Actor{User: "olga"}, n, ""); err != nil {
			t.Fatal(err)
		}
		opened, err := identity.OpenFounded(
			identity.Organization{ID: id, Kind: identity.KindSchool}, identity.Actor{User: "olga"}, identity.RoleSchoolAdmin,
		)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.FinishOpening(t.Context(), opened, nil); err != nil {
			t.Fatal(err)
		}
		change := identity.Change{Action: identity.ActionPoliciesChanged, Target: string(id)}
		if err := s.In(opened).Change(t.Context(), change, func(context.Context) ([]identity.Fact, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
	return config, database
}

func TestTheAuditLogIsVerifiedFromTheCommandLine(t *testing.T) {
	config, database := auditedStore(t)
	if out, err := homeroom(t, "audit", "verify", "--config", config); err != nil ||
		!strings.Contains(out, "Read 4 records in 3 logs and 0 signed checkpoints") || !strings.Contains(out, "nothing was changed") {
		t.Errorf("before the first checkpoint: %v\n%s", err, out)
	}
	text, err := homeroom(t, "audit", "checkpoint", "--config", config)
	if err != nil || !strings.Contains(text, "head: birch 2 ") || !strings.Contains(text, "\nsignature: ") {
		t.Fatalf("checkpoint: %v\n%s", err, text)
	}
	kept := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(kept, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := homeroom(t, "audit", "checkpoint", "--config", config); err != nil || again != text {
		t.Errorf("nothing moved, and the checkpoint is another: %v\n%s", err, again)
	}
	key := regexp.MustCompile(`key: (\S+)`).FindStringSubmatch(text)[1]
	// An auditor has the key and no secret.
	out, err := homeroom(t, "audit", "verify", "--database", database, "--operators", "ops", "--checkpoint-key", key, "--checkpoint", kept)
	if err != nil || !strings.Contains(out, "2 signed checkpoints") {
		t.Errorf("as an auditor: %v\n%s", err, out)
	}

	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE audit_records SET actor_name = 'Mallory' WHERE home_id = 'linden' AND number = 1"); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args  []string
		found string // nothing: the log is as it was written
	}{
		"all":            {[]string{"--config", config}, "changed: log of linden: record 1 (opening-linden): it is not what it was"},
		"the school":     {[]string{"--config", config, "--organization", "linden"}, "record 1 (opening-linden)"},
		"another school": {[]string{"--config", config, "--organization", "birch"}, ""},
		"another key":    {[]string{"--config", config, "--organization", "birch", "--checkpoint-key", strings.Repeat("A", 43) + "="}, "unsigned: checkpoint 1"},
	} {
		out, err := homeroom(t, append([]string{"audit", "verify"}, tt.args...)...)
		if found := errors.Is(err, errAudit); found != (tt.found != "") || !found && err != nil || !strings.Contains(out, tt.found) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	for name, args := range map[string][]string{
		"a key that is none":        {"--checkpoint-key", "x"},
		"a checkpoint that is none": {"--checkpoint", config},
		"a file that is not there":  {"--checkpoint", config + ".none"},
	} {
		if _, err := homeroom(t, append([]string{"audit", "verify", "--config", config}, args...)...); err == nil || errors.Is(err, errAudit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := homeroom(t, "audit", "verify", "--database", database+".none", "--operators", "ops", "--checkpoint-key", key); err == nil {
		t.Error("a database that is not there is made")
	}
}
