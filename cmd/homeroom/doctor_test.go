package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// examined is what the command doctor says, and the status it ends with.
func (s *site) examined(args ...string) (text string, status exitStatus) {
	s.t.Helper()
	var out, log bytes.Buffer
	err := run(s.t.Context(), append([]string{"doctor", "--config", s.config}, args...), &out, &log)
	if err != nil && !errors.As(err, &status) {
		s.t.Fatalf("doctor: %v\n%s", err, log.String())
	}
	return out.String(), status
}

// The command says what is wrong and what mends it, and ends with a status for
// scripts, whatever is wrong: with the configuration, with Zitadel, or with what
// was never done.
func TestTheDoctorSaysWhatIsWrong(t *testing.T) {
	s := newSchool(t)
	if text, status := s.examined(); status != statusFailing || !strings.Contains(text, "FAILS  configuration: The configuration cannot be used: --database") {
		t.Errorf("before the first start: status %d\n%s", status, text)
	}
	s.command("sync")
	text, status := s.examined()
	if status != statusWarnings || strings.Contains(text, "FAILS") ||
		!strings.Contains(text, "fine  grants: Every school and class may use the platform project.") ||
		!strings.Contains(text, "fine  account-rights: homeroom-provisioner has the instance roles it needs: IAM_ORG_MANAGER.") {
		t.Errorf("after sync: status %d\n%s", status, text)
	}
	said, status := s.examined("--format", "json")
	var found struct {
		Level    string
		Findings []struct{ Code, Level, Is, Mend string }
	}
	if err := json.Unmarshal([]byte(said), &found); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if status != statusWarnings || found.Level != "warning" || len(found.Findings) < 40 {
		t.Errorf("as JSON: status %d, %+v", status, found)
	}
	for _, f := range found.Findings {
		if f.Code == "" || f.Is == "" || strings.HasPrefix(f.Is, "doctor.") || strings.HasPrefix(f.Mend, "doctor.") || (f.Level == "good") != (f.Mend == "") {
			t.Errorf("finding %+v", f)
		}
	}
	for _, secret := range []string{s.made.Runtime.Key, s.made.Events.Key} {
		if strings.Contains(said, secret) {
			t.Error("a key is among the findings")
		}
	}
	s.zitadel.Faults().Unavailable("", 0, -1)
	if text, status := s.examined(); status != statusFailing || !strings.Contains(text, "FAILS  unread-server: ") {
		t.Errorf("without Zitadel: status %d\n%s", status, text)
	}
	s.zitadel.Faults().Heal()
	if text, status := s.examined("--issuer", "", "--seal-keys", ""); status != statusFailing || strings.Count(text, "FAILS  configuration") < 1 {
		t.Errorf("without settings: status %d\n%s", status, text)
	}
}
