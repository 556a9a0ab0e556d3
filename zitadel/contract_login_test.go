package zitadel_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel"
)

func TestContractSignInsAreTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.biology)
		began := w.latest(t)
		if asked := w.atLoginPages(t, newBrowser(t), user.UserName, "Correct-horse-7"); !asked {
			t.Error("no password was asked for")
		}
		eventually(t, "the sign-in is told", func() bool {
			page, err := w.events.Events(t.Context(), identity.EventQuery{After: began, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			for _, event := range page.Events {
				if fact, ok := event.Fact.(identity.UserSignedIn); ok && fact.User == user.ID && fact.At.Equal(event.At) && event.Organization == user.Home {
					return true
				}
			}
			return false
		})
	})
}

// Sessions of the older login are in no list, and end all the same.
func TestContractAResetEndsTheSessionOfTheBrowser(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user, browser := w.student(t, w.biology), newBrowser(t)
		w.atLoginPages(t, browser, user.UserName, "Correct-horse-7")
		if asked := w.atLoginPages(t, browser, user.UserName, "Correct-horse-7"); asked {
			t.Fatal("a password was asked for although the browser is signed in")
		}
		if err := w.in(t, w.biology).ResetSecret(t.Context(), user.ID, "Better-horse-9", false); err != nil {
			t.Fatal(err)
		}
		if asked := w.atLoginPages(t, browser, user.UserName, "Better-horse-9"); !asked {
			t.Error("the browser is still signed in")
		}
	})
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// failAtLoginPages tries a wrong password.
func (w *world) failAtLoginPages(t *testing.T, browser *http.Client, name string) {
	t.Helper()
	pages, err := w.runtime.LoginPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if pages.Version != 1 {
		t.Skip("login pages that need a real browser")
	}
	flow := w.signInFlow()
	answer, err := browser.Get(flow.AuthCodeURL("state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()), oauth2.SetAuthURLParam("login_hint", name)))
	for range 3 {
		if err != nil {
			t.Fatal(err)
		}
		action, fields := form(t, answer)
		asked := fields.Has("password")
		for field, value := range map[string]string{"loginName": name, "password": "wrong"} {
			if fields.Has(field) {
				fields.Set(field, value)
			}
		}
		answer, err = browser.PostForm(answer.Request.URL.ResolveReference(action).String(), fields)
		if asked && err == nil {
			answer.Body.Close()
			return
		}
	}
	t.Fatalf("no password was asked for: %v", err)
}

// atLoginPages signs in to the portal in a browser, through to the tokens, and
// reports whether a password was asked for.
func (w *world) atLoginPages(t *testing.T, browser *http.Client, name, password string) (asked bool) {
	t.Helper()
	pages, err := w.runtime.LoginPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if pages.Version != 1 {
		t.Skip("login pages that need a real browser")
	}
	flow := w.signInFlow()
	verifier := oauth2.GenerateVerifier()
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), flow.RedirectURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	answer, err := browser.Get(flow.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", name)))
	for range 6 {
		if err != nil {
			t.Fatal(err)
		}
		if location, _ := answer.Location(); location != nil {
			answer.Body.Close()
			code := location.Query().Get("code")
			if _, err := flow.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); err != nil {
				t.Fatalf("exchange the code of %s: %v", location, err)
			}
			return asked
		}
		action, fields := form(t, answer)
		for field, value := range map[string]string{"loginName": name, "password": password, "skip": "true"} {
			if fields.Has(field) { // skip is the offer of a second factor
				fields.Set(field, value)
			}
		}
		asked = asked || fields.Has("password")
		answer, err = browser.PostForm(answer.Request.URL.ResolveReference(action).String(), fields)
	}
	t.Fatalf("still at %s after many pages", answer.Request.URL)
	return false
}

// changeAtLoginPages signs in with a password that has to be changed, up to where
// another one is set. It reports whether Zitadel took that: an instance whose
// hashes are made cheap for tests refuses to change any.
func (w *world) changeAtLoginPages(t *testing.T, name, before, after string) (took bool) {
	t.Helper()
	browser, flow := newBrowser(t), w.signInFlow()
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), flow.RedirectURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	answer, err := browser.Get(flow.AuthCodeURL("state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()), oauth2.SetAuthURLParam("login_hint", name)))
	for range 6 {
		if err != nil {
			t.Fatal(err)
		}
		if location, _ := answer.Location(); location != nil {
			t.Fatalf("came to %s, and no other password was asked for", location)
		}
		action, fields := form(t, answer)
		typed, changing := map[string]string{"loginName": name, "password": before, "skip": "true"}, false
		if fields.Has("change-new-password") || fields.Has("passwordconfirm") {
			changing = true
			typed = map[string]string{
				"change-old-password": before, "change-new-password": after, "change-password-confirmation": after,
				"password": after, "passwordconfirm": after,
			}
		}
		for field, value := range typed {
			if fields.Has(field) {
				fields.Set(field, value)
			}
		}
		answer, err = browser.PostForm(answer.Request.URL.ResolveReference(action).String(), fields)
		if changing && err == nil {
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			return !strings.Contains(string(body), "CRYPT-5uV9n")
		}
	}
	t.Fatalf("still at %s after many pages", answer.Request.URL)
	return false
}

// signInFlow is how the portal sends a browser to sign in.
func (w *world) signInFlow() oauth2.Config {
	return oauth2.Config{
		ClientID:    w.installation.ClientID,
		Endpoint:    oauth2.Endpoint{AuthURL: w.issuer + "/oauth/v2/authorize", TokenURL: w.issuer + "/oauth/v2/token", AuthStyle: oauth2.AuthStyleInParams},
		RedirectURL: w.installation.PortalURL + zitadel.CallbackPath,
		Scopes:      []string{"openid", "offline_access"},
	}
}

// form reads the first form of a page.
func form(t *testing.T, page *http.Response) (action *url.URL, fields url.Values) {
	t.Helper()
	defer page.Body.Close()
	body, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	document, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	for node := range document.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" {
			continue
		}
		if action, err = url.Parse(attribute(node, "action")); err != nil {
			t.Fatal(err)
		}
		fields = url.Values{}
		for input := range node.Descendants() {
			name := attribute(input, "name")
			button := input.Data == "button" || attribute(input, "type") == "radio"
			if name == "" || button && name != "skip" {
				continue
			}
			fields.Set(name, attribute(input, "value"))
		}
		return action, fields
	}
	t.Fatalf("no form at %s (%s):\n%.2000s", page.Request.URL, page.Status, body)
	return nil, nil
}

func attribute(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
