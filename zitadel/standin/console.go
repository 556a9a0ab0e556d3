package standin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// Pages of Zitadel's own console that the stand-in has: the one on which people
// look after their own second factors.
const (
	consoleMe       = "/ui/console/users/me"
	consoleSecurity = consoleMe + "?id=security"
	consoleCallback = "/ui/console/auth/callback"
)

func (s *Server) routeConsole(pages *http.ServeMux) {
	pages.HandleFunc("GET "+consoleMe, s.showSecurity)
	pages.HandleFunc("POST "+consoleMe, s.changeSecurity)
	pages.HandleFunc("GET "+consoleCallback, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, consoleSecurity, http.StatusFound)
	})
}

// me is who signed in last in this browser, if that still counts.
func (s *Server) me(r *http.Request) (user, userMore, bool) {
	s.RLock()
	defer s.RUnlock()
	b := s.v1[agentOf(r.Context())]
	if b == nil {
		return user{}, userMore{}, false
	}
	var found *user
	var last *signIn
	for id, in := range b.users {
		u := s.users[id]
		if u == nil || u.state != userActive || s.needsMore(u, in) || last != nil && in.at().Before(last.at()) {
			continue
		}
		found, last = u, in
	}
	if found == nil {
		return user{}, userMore{}, false
	}
	return *found, found.details(), true
}

// needsMore tells whether somebody in a browser has shown too little to look
// after the own account: a second factor is there and was not asked for.
func (s *state) needsMore(u *user, in *signIn) bool {
	return len(s.readyFactors(u)) > 0 && in.second.IsZero()
}

// toConsole is where somebody signs in to see the console.
func (s *Server) toConsole(prompt string) string {
	s.RLock()
	defer s.RUnlock()
	query := url.Values{
		"client_id": {s.instance.console}, "redirect_uri": {s.issuer + consoleCallback}, "response_type": {"code"}, "scope": {"openid profile email"},
		"code_challenge": {randomToken(32)}, "code_challenge_method": {"S256"}, "state": {randomToken(12)},
	}
	if prompt != "" {
		query.Set("prompt", prompt)
	}
	return "/oauth/v2/authorize?" + query.Encode()
}

func ownTexts(r *http.Request, u user) texts {
	var wanted []language.Tag
	if tag, err := language.Parse(u.languageTag()); err == nil && tag != language.Und {
		wanted = append(wanted, tag)
	}
	return textsFor(append(accepted(r), wanted...)...)
}

// showSecurity shows the second factors of who is signed in in this browser.
func (s *Server) showSecurity(w http.ResponseWriter, r *http.Request) {
	u, d, ok := s.me(r)
	if !ok {
		http.Redirect(w, r, s.toConsole(""), http.StatusFound)
		return
	}
	render(w, http.StatusOK, "security", s.securityView(r, u, d, ""))
}

func (s *Server) securityView(r *http.Request, u user, d userMore, problem string) view {
	t := ownTexts(r, u)
	v := view{
		Language: t.code, Brand: s.brandOf(u.owner), Title: t.security, Lead: strings.ReplaceAll(t.signedInAs, "%s", u.userName), Error: problem,
		Action: consoleMe, Links: []link{{s.toConsole("login"), t.other}}, Heading: t.hasFactors, Empty: t.hasNone, Remove: t.remove,
	}
	for _, f := range []int32{factorTOTP, factorKey, factorMail, factorText} {
		if d.has(f) {
			v.Factors = append(v.Factors, choice{Value: strconv.Itoa(int(f)), Text: t.factors[f]})
		}
	}
	switch {
	case d.totp:
	case d.secret != "":
		v.Secret = secretViewOf(t, &u, d.secret)
		v.Hint, v.Button = t.setUpAppLead, t.confirm
		v.Hidden = []field{{Name: "do", Value: "confirm"}}
		v.Fields = []field{{Name: "code", Label: t.appCode, Type: "text", Autocomplete: "one-time-code", Focus: true}}
	default:
		v.Button, v.Hidden = t.addApp, []field{{Name: "do", Value: "add"}}
	}
	return v
}

// changeSecurity adds or removes an own second factor. The events have the user
// as their editor, as those of Zitadel's console have.
func (s *Server) changeSecurity(w http.ResponseWriter, r *http.Request) {
	u, _, ok := s.me(r)
	if !ok {
		http.Redirect(w, r, s.toConsole(""), http.StatusSeeOther)
		return
	}
	switch r.PostFormValue("do") {
	case "add":
		s.pendingSecret(u.id, u.id)
	case "confirm":
		if !s.confirmApp(u.id, u.id, agentOf(r.Context()), r.PostFormValue("code")) {
			_, d, _ := s.me(r)
			render(w, http.StatusUnprocessableEntity, "security", s.securityView(r, u, d, ownTexts(r, u).wrongCode))
			return
		}
	case "remove":
		if n, err := strconv.Atoi(r.PostFormValue("factor")); err == nil {
			s.removeOwn(u.id, int32(n))
		}
	}
	http.Redirect(w, r, consoleSecurity, http.StatusSeeOther)
}

// removeOwn takes a second factor away from the user who asks for it.
func (s *Server) removeOwn(userID string, factor int32) {
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	if u == nil || !u.extra().has(factor) {
		return
	}
	s.takeFactor(s.begin(userID), u, factor)
}

// takeFactor takes a second factor away with the events that tell of it.
func (s *state) takeFactor(t *tx, u *user, factor int32) {
	m := u.more
	switch factor {
	case factorTOTP:
		m.totp, m.secret = false, ""
		t.emit(&u.aggregate, "user.human.mfa.otp.removed", nil)
	case factorKey:
		for _, key := range m.u2f {
			t.emit(&u.aggregate, "user.human.mfa.u2f.token.removed", values{"webAuthNTokenId": key.id})
		}
		m.u2f = nil
	case factorMail:
		m.otpEmail = false
		t.emit(&u.aggregate, "user.human.mfa.otp.email.removed", nil)
	case factorText:
		m.otpSMS = false
		t.emit(&u.aggregate, "user.human.mfa.otp.sms.removed", nil)
	}
}
