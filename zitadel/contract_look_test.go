package zitadel_test

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
)

// The school's logo is on the login pages as soon as it is known whose they are:
// the portal names the school, or the person. Everybody else sees the instance's.
func TestContractASchoolsLookIsOnItsLoginPages(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		pages, err := w.runtime.LoginPages(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if pages.Version != 1 {
			t.Skip("login pages that need a real browser")
		}
		school, here := w.ownSchool(t)
		pupil := w.student(t, school)
		if err := w.in(t, school).SetBranding(t.Context(), identity.Branding{Colour: "#2f7d31", OnLight: "#2f7d31", OnDark: "#7fd182", Logo: picture(t)}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the look is in force", func() bool { return w.labels(t, here).GetLogoUrl() != "" })
		_, logo, _ := strings.Cut(w.labels(t, here).GetLogoUrl(), string(school.ID)+"/")
		if logo == "" {
			t.Fatalf("the logo is at %s, want a path with the school", w.labels(t, here).GetLogoUrl())
		}
		for _, test := range []struct {
			name, scope, hint string
			want              bool
		}{
			{"nobody named", "", "", false},
			{"the school named", "urn:zitadel:iam:org:id:" + string(school.ID), "", true},
			{"a pupil named", "", pupil.UserName, true},
			{"another school named", "urn:zitadel:iam:org:id:" + string(w.birch.ID), "", false},
		} {
			flow := w.signInFlow()
			options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(oauth2.GenerateVerifier())}
			if test.scope != "" {
				flow.Scopes = append(flow.Scopes, test.scope)
			}
			if test.hint != "" {
				options = append(options, oauth2.SetAuthURLParam("login_hint", test.hint))
			}
			answer, err := newBrowser(t).Get(flow.AuthCodeURL("state", options...))
			if err != nil {
				t.Fatal(err)
			}
			page, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if shown := strings.Contains(string(page), logo); err != nil || shown != test.want {
				t.Errorf("%s: logo %s shown %v, %v, want %v", test.name, logo, shown, err, test.want)
			}
		}
	})
}
