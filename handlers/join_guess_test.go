package handlers

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/views"
)

// When all of the installation tries too many wrong codes, whoever is signed out
// signs in first, and learns nothing before; a class with accounts goes on.
func TestManyWhoGuessCloseNoClass(t *testing.T) {
	p := newPortal(t)
	code := p.coded(p.signIn(lee), biology, "seats", "9")
	_, err := p.store.Writer().ExecContext(p.ctx, "INSERT INTO join_tries (hour, wrong) VALUES (?, 2000)", p.now.Now().UnixMicro()/time.Hour.Microseconds())
	p.check(err)
	b := p.browser()
	for _, typed := range []string{code.Code, "CCCC-CCCC"} {
		seen := b.get(views.JoinCodePath(typed))
		seen.says(t, "Sign in and type the code again.")
		if strings.Contains(seen.Body, biology) {
			t.Error("a right code is told from a wrong one")
		}
	}
	p.signIn(lea).get(views.JoinCodePath(code.Code)).says(t, "Join "+biology)
	p.now.advance(time.Hour)
	b.get(views.JoinCodePath(code.Code)).says(t, "Join "+biology)
}

// What the documentation says about guessing is what the code does.
func TestTheLimitsAreAsWritten(t *testing.T) {
	text, err := os.ReadFile("../docs/join-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	minutes := func(d time.Duration) string {
		return map[time.Duration]string{10 * time.Minute: "in ten minutes", time.Hour: "in an hour"}[d]
	}
	for _, want := range []string{
		fmt.Sprintf("| %d %s |", wrongPerAddress, minutes(wrongAddressEvery)),
		fmt.Sprintf("| %d %s |", wrongPerPerson, minutes(wrongPersonEvery)),
		fmt.Sprintf("held to %d,%03d a minute", joinsPerAddress/1000, joinsPerAddress%1000),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/join-codes.md does not say %q", want)
		}
	}
}
