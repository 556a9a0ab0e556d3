package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The main job, as people do it: a teacher invites, a student accepts from the
// mail and signs in, the teacher makes her co-teacher and removes her, and it
// is so on the roster, in the token and on record.
func TestATeacherInvitesAStudentWhoComesAndGoes(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	const address = "alma.brandt@linden.example"

	teacher := b.window("teacher")
	teacher.open(d.urls.portal + "/")
	teacher.picture("landing")
	teacher.signIn(d, demoTeacher.userName, demoPassword)
	teacher.sees("Biology 7B")
	teacher.picture("home")
	teacher.press("Biology 7B")
	teacher.sees("32 students")
	teacher.picture("roster")
	classroom := strings.Split(strings.TrimPrefix(teacher.location(), d.urls.portal+"/o/"), "/")[0]

	// Three addresses, one malformed: kept, explained, nothing sent.
	teacher.press("Add students")
	teacher.press("Invite by e-mail")
	teacher.fill("E-mail addresses", "Alma Brandt <"+address+">, ben.linden.example, cleo@linden.example")
	teacher.press("Send invitations")
	teacher.sees("The @ is missing. An address looks like name@school.org.")
	teacher.sees("nothing was sent yet")
	teacher.picture("invite")
	if typed := teacher.value("E-mail addresses"); !strings.Contains(typed, address) || !strings.Contains(typed, "ben.linden.example") {
		t.Errorf("what was typed is lost: %q", typed)
	}
	if _, sent := d.mailbox.To(address); sent {
		t.Error("a mail went out although the list has to be corrected")
	}
	teacher.press("Invite the 2 good ones and leave out 1")
	teacher.sees("2 people are invited")
	teacher.press("See all invitations")
	teacher.sees("Mail sent")
	teacher.picture("invitations")

	// The student opens the mail, sets a password, lands in the classroom.
	student := b.window("student")
	student.open(d.urls.mailbox + "/?q=alma")
	student.pressRow(address)
	student.follow(d.urls.portal + "/i/")
	student.sees("Maria Lee invites you to Biology 7B")
	student.picture("accept")
	student.press("Join Biology 7B")
	student.sees("Activate your account")
	student.fill("New password", "Blue-Table-42!")
	student.fill("New password again", "Blue-Table-42!")
	student.press("Set password")
	student.sees("Taught by")
	student.picture("student")

	// The open list of invitations says so without a reload, and so does the roster.
	teacher.sees("Accepted")
	teacher.open(d.urls.portal + "/o/" + classroom + "/roster?q=alma")
	teacher.sees("Alma Brandt")

	if roles := student.token(d); !slices.Contains(roles["student"], classroom) {
		t.Errorf("roles in the token: %v, want student in %s", roles, classroom)
	}

	// Made co-teacher.
	teacher.pressRow("Alma Brandt")
	teacher.sees("Alma Brandt is")
	teacher.press("Co-teacher")
	teacher.press("Change role")
	teacher.sees("Alma Brandt is now Co-teacher.")
	teacher.picture("member")
	student.open(d.urls.portal + "/o/" + classroom)
	student.sees("Add students")
	if roles := student.token(d); !slices.Contains(roles["co_teacher"], classroom) || len(roles) != 1 {
		t.Errorf("roles in the token: %v, want co_teacher in %s alone", roles, classroom)
	}

	// Removed: the next click is refused, a new token has no such role.
	student.open(d.urls.portal + "/o/" + classroom)
	student.sees("Add students")
	teacher.press("Remove Alma Brandt from Biology 7B")
	teacher.sees("Remove Alma Brandt from Biology 7B?")
	teacher.picture("remove")
	teacher.press("Remove Alma Brandt from Biology 7B")
	teacher.sees("Alma Brandt was removed.")
	removed := time.Now()
	student.open(d.urls.portal + "/o/" + classroom + "/invitations/new") // what is open may have noticed by itself
	student.until(`performance.getEntriesByType("navigation")[0].responseStatus === 404`, "is not refused")
	if took := time.Since(removed); took > 2*time.Second {
		t.Logf("refused %s after the removal", took) // a loaded machine is no reason to fail
	}
	student.picture("refused")
	if roles := student.token(d); len(roles) != 0 {
		t.Errorf("roles in the token after the removal: %v", roles)
	}

	// The activity page tells it in sentences.
	teacher.open(d.urls.portal + "/o/" + classroom + "/activity")
	for _, sentence := range []string{
		"Maria Lee invited Alma Brandt as a student.",
		"Alma Brandt accepted an invitation and is now a student.",
		"Maria Lee made Alma Brandt a co-teacher.",
		"Maria Lee removed Alma Brandt.",
	} {
		teacher.sees(sentence)
	}
	teacher.picture("activity")
}

// pressRow follows the link of a row by words that stand in it.
func (w *window) pressRow(words string) {
	w.t.Helper()
	find := `[...document.querySelectorAll("a")].find(a => a.innerText.includes(` + quote(words) + `))`
	w.click(find, "has no row with "+quote(words))
}

// follow goes to the first link on the page that begins with url.
func (w *window) follow(url string) {
	w.t.Helper()
	find := `[...document.links].find(a => a.href.startsWith(` + quote(url) + `))`
	w.click(find, "has no link to "+url)
}

// token signs the person in once more, as another service of the school would
// for itself, and returns the roles of the new access token with the
// organizations they are held in.
func (w *window) token(d *demo) map[string][]string {
	w.t.Helper()
	verifier := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	callback := d.urls.portal + "/auth/callback"
	request, err := http.NewRequest(http.MethodGet, d.standin.Issuer()+"/oauth/v2/authorize?"+url.Values{
		"client_id": {d.made.ClientID}, "redirect_uri": {callback}, "response_type": {"code"},
		"scope": {"openid urn:zitadel:iam:org:projects:roles"}, "state": {"elsewhere"}, "prompt": {"none"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, cookie := range w.cookies(d.standin.Issuer()) {
		request.AddCookie(cookie)
	}
	code := w.code(request, callback)
	answer, err := http.PostForm(d.standin.Issuer()+"/oauth/v2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"client_id": {d.made.ClientID}, "code_verifier": {verifier},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var tokens struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&tokens); err != nil || tokens.AccessToken == "" {
		w.t.Fatalf("%s: no token: %v %s", w.who, err, tokens.Error)
	}
	parts := strings.Split(tokens.AccessToken, ".")
	if len(parts) != 3 {
		w.t.Fatalf("%s: the access token is no JWT", w.who)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		w.t.Fatal(err)
	}
	var claims struct {
		Roles map[string]map[string]string `json:"urn:zitadel:iam:org:project:roles"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		w.t.Fatal(err)
	}
	roles := map[string][]string{}
	for role, organizations := range claims.Roles {
		roles[role] = slices.Collect(maps.Keys(organizations))
	}
	return roles
}

// cookies are the window's for url.
func (w *window) cookies(url string) []*http.Cookie {
	w.t.Helper()
	got, err := chromedp.Call(w.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{url}})
	if err != nil {
		w.t.Fatalf("%s: %v", w.who, err)
	}
	var cookies []*http.Cookie
	for _, c := range got.Cookies {
		cookies = append(cookies, &http.Cookie{Name: c.Name, Value: c.Value})
	}
	return cookies
}

// code follows request until it leads back to callback, and returns the code it
// brings.
func (w *window) code(request *http.Request, callback string) string {
	w.t.Helper()
	var found *url.URL
	client := &http.Client{CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(next.URL.String(), callback) {
			found = next.URL
			return http.ErrUseLastResponse
		}
		for _, cookie := range request.Cookies() {
			next.AddCookie(cookie)
		}
		return nil
	}}
	answer, err := client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	answer.Body.Close()
	if found == nil || found.Query().Get("code") == "" {
		w.t.Fatalf("%s: no code from %s: %v", w.who, answer.Request.URL.Path, found)
	}
	return found.Query().Get("code")
}
