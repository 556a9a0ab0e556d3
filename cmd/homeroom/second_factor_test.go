package main

import (
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"homeroom.dev/homeroom/zitadel/standin"
)

// Where the school wants a second factor, somebody sets one up on the way in,
// is asked for it the next time, and looks after it at Zitadel. The pages have
// no barriers.
func TestPeopleSetASecondFactorUpOnTheWayIn(t *testing.T) {
	b := newBrowser(t)
	d := startDemo(t)
	if err := d.standin.Seed().RequireFactor("390000000000000001"); err != nil {
		t.Fatal(err)
	}
	look := func(w *window, what string) {
		t.Helper()
		(&examiner{window: w, portal: d.standin.Issuer(), seen: new(sync.Map)}).examine(what)
	}
	first := b.window("a teacher at the desk")
	first.signIn(d, demoTeacher.userName, demoPassword)
	first.sees("Enter this secret in an authenticator app")
	look(first, "setting up")
	secret, err := chromedp.Run(first.ctx, chromedp.Evaluate[string](`document.getElementById("secret").innerText`))
	if err != nil {
		t.Fatal(err)
	}
	first.fill("Code", "000000")
	first.press("Confirm")
	first.sees("The code is wrong or too old.")
	first.fill("Code", standin.Code(secret, time.Now()))
	first.press("Confirm")
	first.sees(demoTeacher.given)

	second := b.window("the same on a phone")
	second.signIn(d, demoTeacher.userName, demoPassword)
	second.sees("Enter the code that the authenticator app shows.")
	look(second, "asking")
	second.fill("Code", standin.Code(secret, time.Now()))
	second.press("Sign in")
	second.sees(demoTeacher.given)

	second.open(d.standin.Issuer() + "/ui/console/users/me?id=security")
	second.sees("Authenticator app")
	look(second, "looking after it")
	second.press("Remove")
	second.sees("There is no second factor.")
	second.press("Add an authenticator app")
	second.sees("Enter this secret in an authenticator app")
	look(second, "adding another")
}
