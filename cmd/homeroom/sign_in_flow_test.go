package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// A school's sign-in, as people set it up: an admin sends a link, an IT person
// without an account proves the domain and connects Entra, is told what is
// wrong and mends it, the admin makes it the only way in after a rehearsal, and a
// student comes by address and by a tile.
func TestASchoolConnectsItsOwnSignIn(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	idp := d.school.idp.URL()
	const it = "ingrid.tech@linden.example"

	// The admin makes the link.
	admin := b.window("admin")
	admin.signIn(d, demoSchoolAdmin.userName, demoPassword)
	admin.press("Linden School")
	admin.press("Sign-in")
	admin.sees("Send a set-up link")
	school := strings.Split(strings.TrimPrefix(admin.location(), d.urls.portal+"/o/"), "/")[0]
	admin.press("Send a set-up link")
	admin.fill("Name of the IT person", "Ingrid Tech")
	admin.fill("Their e-mail address", it)
	admin.picture("set-up-link-new")
	admin.press("Send the link")
	admin.sees("The link for Ingrid Tech is on its way")
	admin.press("See all links")
	admin.sees("Not opened yet")

	// IT opens it on a device of their own. Every click and every value typed is
	// counted from here.
	tech := b.window("it")
	link := d.mailed(t, it, regexp.QuoteMeta(d.urls.portal)+`/set-up/\S+`)
	tech.open(link)
	tech.sees("Set up sign-in for Linden School")
	tech.picture("set-up")
	tech.press("Send the code")
	tech.sees("Enter the code")
	tech.fill("Code", d.mailed(t, it, `\b\d{8}\b`))
	tech.press("Continue")
	tech.sees("What is to do")

	// The domain, proven against the school's DNS.
	tech.press("Go on Prove a domain")
	tech.fill("Domain", "linden.example")
	tech.press("Add domain")
	tech.sees("Prove linden.example")
	place, token := tech.value("Host"), tech.value("Value")
	tech.press("Check now")
	tech.sees("There is no TXT record at")
	tech.picture("domain")
	dns := b.window("dns")
	dns.open(idp + "/dns")
	dns.fill("Name", place)
	dns.fill("Value (TXT); empty removes it", token)
	dns.press("Publish")
	dns.sees("answers")
	tech.press("Check now")
	tech.sees("linden.example is proven.")
	tech.press("Back to sign-in")

	// Entra: the wrong identifier first, as it happens.
	tech.press("Go on Choose the identity provider")

	tech.press("Microsoft Entra ID")
	tech.press("Continue")
	tech.press("Make the connection")
	tech.sees("Identifier (Entity ID)")
	tech.picture("entra")
	entityID := tech.value("Identifier (Entity ID)")
	replies := tech.text(`[...document.querySelectorAll("input")].map(i => i.value).filter(v => v.endsWith("/saml/acs")).join("\n")`)
	console := b.window("entra")
	console.open(idp + "/")
	console.choose("Behaves like", "Entra")
	console.press("Create app")
	console.fill("Identifier (Entity ID)", strings.Replace(entityID, "/metadata", "", 1))
	console.fill("Reply URL (ACS), one a line", replies)
	console.press("Save")
	console.sees("Saved.")
	tech.press("I have done these steps")
	tech.fill("Metadata URL", console.text(`document.querySelector("#metadata-url").innerText`))
	tech.press("Read metadata")
	tech.sees("Is this your identity provider?")
	tech.press("Save metadata")
	tech.sees("Who signs in through it")
	tech.press("Everybody whom the identity provider lets through")
	tech.choose("Classroom of newcomers", "Biology 7B")
	tech.press("Save")

	// The first test fails, and says which field in which menu.
	tech.press("Begin the test")
	tech.press("Priya Nair priya.nair@linden.example")
	tech.press("Sign in")
	tech.sees("The test failed")
	tech.sees("Basic SAML Configuration")
	tech.sees(entityID)
	tech.picture("test-failed")
	console.fill("Identifier (Entity ID)", entityID)
	console.press("Save")
	console.sees("Saved.")
	tech.press("Test again")
	tech.sees("The test passed")
	tech.sees("priya.nair@linden.example")
	tech.picture("test-passed")
	tech.press("Go on: check your answers")
	tech.sees("Check your answers")
	tech.press("Switch on Linden School")
	tech.sees("Linden School is on")
	tile := tech.value("Start URL")
	tech.picture("activated")
	t.Logf("IT: %d clicks and fields", tech.steps)
	tech.open(link)
	tech.sees("The set-up is done")

	// The admin rehearses, and makes it the only way in.
	admin.open(d.urls.portal + "/o/" + school + "/sign-in")
	admin.press("Rehearse and decide")
	admin.sees("could not sign in any more")
	admin.sees("Sign in with a user name")
	admin.picture("rehearsal")
	admin.press("Except all 31 people who sign in with a user name")
	admin.press("Continue")
	admin.sees("Who gets in when the identity provider fails?")
	admin.press("Continue")
	admin.sees("Check before it is switched on")
	admin.press("Allow only school sign-in")
	admin.sees("The school's recovery link")
	recovery := admin.value("Link")
	admin.picture("recovery-link")

	// A student comes by address, and lands in the classroom.
	student := b.window("student")
	student.open(d.urls.portal + "/sign-in")
	student.picture("sign-in-page")
	student.fill("E-mail address or user name", demoStudent.userName)
	student.press("Continue")
	student.press("Sam Kim sam.kim@linden.example")
	student.press("Sign in")
	student.press("Biology 7B")
	student.sees("Taught by")

	// With a password nobody gets in any more, except who was excepted.
	stubborn := b.window("stubborn")
	stubborn.open(d.urls.portal + "/sign-in")
	stubborn.press("Sign in with a password or a passkey")
	stubborn.credentials(demoTeacher.userName, demoPassword)
	stubborn.sees("Linden School has one way in")
	pupil := b.window("pupil")
	pupil.open(d.urls.portal + "/sign-in")
	pupil.press("Sign in with a password or a passkey")
	pupil.credentials(demoPupil.userName, demoPassword)
	pupil.sees("Biology 7B")

	// A tile of the school's launch page does the same for somebody new.
	console.fill("Start URL of the tile", tile)
	console.press("Save")
	newcomer := b.window("newcomer")
	newcomer.open(console.location())
	newcomer.click(`document.querySelector("#tile")`, "sees no tile")
	newcomer.press("Ada Newman ada.newman@linden.example")
	newcomer.press("Sign in")
	newcomer.sees("Ada Newman")

	// The recovery link ends it, once.
	lost := b.window("lost")
	lost.open(recovery)
	lost.press("Allow other ways to sign in")
	lost.sees("Other ways to sign in work again")
	stubborn.open(d.urls.portal + "/sign-in")
	stubborn.press("Sign in with a password or a passkey")
	stubborn.credentials(demoTeacher.userName, demoPassword)
	stubborn.sees("Biology 7B")
	admin.open(d.urls.portal + "/o/" + school + "/activity")
	admin.sees("The recovery link of the school was used.")
	admin.sees("Ingrid Tech finished the set-up.")
}

// choose chooses the option with these words from the list of that label.
func (w *window) choose(label, words string) {
	w.t.Helper()
	w.steps++
	find := strings.Replace(field, "%s", quote(label), 1)
	w.until(`(s => s && [...s.options].some(o => o.text.includes(`+quote(words)+`)) && (s.value = [...s.options].find(o =>
		o.text.includes(`+quote(words)+`)).value, true))(`+find+`)`, "cannot choose "+words)
}

// mailed is what matches in the newest mail to address, once it is there.
func (d *demo) mailed(t *testing.T, address, pattern string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		mail, _ := d.mailbox.To(address)
		if found := regexp.MustCompile(pattern).FindString(mail.Text); found != "" {
			return found
		}
	}
	t.Fatalf("no mail to %s with %s", address, pattern)
	return ""
}
