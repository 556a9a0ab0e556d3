package handlers

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/static"
	"homeroom.dev/homeroom/store"
)

// greedy is a form that asks for more than any page offers.
func (p *portal) greedy(user string) url.Values {
	return url.Values{
		"role": {"teacher"}, "user": {string(p.people[user].ID)}, "organization": {string(p.id(maths))},
		"as": {"me"}, "answer": {"yes"}, "teaches": {"on"}, "teacher": {user}, "addresses": {"more@evil.example"}, "address": {"more@evil.example"},
		"days": {"14"}, "language": {"en"}, "name": {"Mine"}, "given-name": {"A"}, "family-name": {"B"},
		"submission": {identity.NewSubmission()}, "state": {"active"}, "students-see-names": {"on"},
		"teachers-open-classrooms": {"on"}, "next": {"//evil.example"}, "home": {string(p.id(birch))},
	}
}

// unchanged runs f and reports what it changed at Zitadel or on Biology's
// record. The event log knows of every change there is.
func (p *portal) unchanged(f func()) {
	p.t.Helper()
	events, calls, recorded := p.zitadel.EventCount(), p.calls(), len(p.audited(biology))
	f()
	if after := p.zitadel.EventCount(); after != events {
		p.t.Errorf("%d events were written", after-events)
	}
	if after := p.calls(); !maps.Equal(after, calls) {
		p.t.Errorf("calls were made: %v, before %v", after, calls)
	}
	if after := p.audited(biology); len(after) != recorded {
		p.t.Errorf("on record: %v", after[recorded:])
	}
}

// The walks of walk_test.go take each route as it stands. Other methods and full
// forms are no way around.
func TestOtherMethodsAndFullFormsAreNoWayAround(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	stranger, nobody := p.signIn(mallory).staying(), p.browser().staying()
	p.unchanged(func() {
		for _, s := range p.walk() {
			if slices.Contains(openRoutes, s.String()) || !s.inside() {
				continue
			}
			path := strings.TrimSuffix(p.real(s, invitation), "/")
			for _, method := range []string{s.method, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
				var form url.Values
				if method == http.MethodPost {
					form = p.greedy(mallory)
				}
				asked := nobody.do(method, path, form)
				toSignIn := asked.Status == http.StatusSeeOther && strings.HasPrefix(asked.Header.Get("Location"), "/sign-in?next=")
				if !toSignIn && asked.Status != http.StatusNotFound || toSignIn != (method == s.method || method == http.MethodHead && p.reads(s.route)) {
					t.Errorf("%s %s signed out = %d to %q", method, s.route, asked.Status, asked.Header.Get("Location"))
				}
				if got := stranger.do(method, path, form); got.Status != http.StatusNotFound {
					t.Errorf("%s %s as a stranger = %d, want 404", method, s.route, got.Status)
				}
			}
		}
	})
}

// reads reports whether a route has a page.
func (p *portal) reads(route string) bool {
	return slices.ContainsFunc(p.walk(), func(s step) bool { return s.route == route && s.method == http.MethodGet })
}

// A teacher names people and invitations of other organizations below their own.
func TestWhatIsElsewhereIsNotReachedFromHere(t *testing.T) {
	p := newPortal(t)
	theirs := p.invitation(p.invite(maths, mallory, "theirs@birch.example", identity.RoleStudent)).ID
	// On no roster of Biology: of another school, of the school itself, of none.
	elsewhere := []string{mallory, bob, ruth, olu, priya, lea}
	for _, who := range []string{lee, priya} {
		b := p.signIn(who).staying()
		p.unchanged(func() {
			for _, s := range p.walk() {
				if !s.inside() || !strings.Contains(s.route, "{user}") && !strings.Contains(s.route, "{invitation}") {
					continue
				}
				for _, user := range elsewhere {
					if s.school && p.people[user].Home == p.id(linden) {
						continue // the school's pages of people are about them
					}
					path := strings.Replace(p.real(s, theirs), string(p.people[noor].ID), string(p.people[user].ID), 1)
					var form url.Values
					if s.method == http.MethodPost {
						form = p.greedy(user)
					}
					if got := b.do(s.method, path, form); got.Status != http.StatusNotFound || strings.Contains(got.text(), "birch") {
						t.Errorf("%s of %s as %s = %d, want 404\n%s", s, user, who, got.Status, got.text())
					}
				}
			}
		})
	}
	if got, err := p.in(maths, mallory).Invitation(p.ctx, theirs); err != nil || got.State != identity.InvitationPending {
		t.Errorf("the invitation is %+v, %v", got, err)
	}
}

// A co-teacher sends every form there is with everything one could wish for.
func TestACoTeacherGetsNoHigher(t *testing.T) {
	p := newPortal(t)
	invitation := p.invitation(p.invite(biology, lee, "teacher@linden.example", identity.RoleTeacher)).ID
	roles := func() map[identity.UserID]identity.Role {
		page, err := p.in(biology, priya).Roster(p.ctx, store.RosterQuery{})
		p.check(err)
		held := map[identity.UserID]identity.Role{}
		for _, row := range page.Rows {
			held[row.User.ID] = row.Assignment.Role()
		}
		return held
	}
	before := roles()
	b := p.signIn(jon).staying()
	for _, s := range p.walk() {
		if !s.inside() || s.method != http.MethodPost || strings.HasSuffix(s.route, "/leave") {
			continue
		}
		for _, user := range []string{jon, lee, sam} {
			path := strings.Replace(p.real(s, invitation), string(p.people[noor].ID), string(p.people[user].ID), 1)
			for _, role := range identity.Roles {
				form := p.greedy(jon)
				form.Set("role", string(role))
				if got := b.do(s.method, path+"?role="+string(role), form); got.Status >= 500 {
					t.Errorf("%s = %d", s, got.Status)
				}
			}
		}
	}
	p.settled()
	for user, role := range roles() {
		if was, there := before[user]; role.Rank() > max(was.Rank(), identity.RoleStudent.Rank()) {
			t.Errorf("%s is %s now, was %q (%v)", user, role, was, there)
		}
	}
	for _, who := range []string{lee, second, jon} {
		if got := roles()[p.people[who].ID]; got != before[p.people[who].ID] {
			t.Errorf("%s is %q now, was %s", who, got, before[p.people[who].ID])
		}
	}
	page, err := p.in(biology, lee).Invitations(p.ctx, store.InvitationQuery{})
	p.check(err)
	for _, i := range page.Rows {
		if i.ID != invitation && i.Role != identity.RoleStudent || i.ID == invitation && i.State != identity.InvitationPending {
			t.Errorf("an invitation as %s, %s, by %s", i.Role, i.State, i.Inviter.Name)
		}
	}
	for _, organization := range []string{linden, maths, history} {
		if _, err := p.store.OpenFor(p.ctx, identity.Actor{User: p.people[jon].ID}, p.id(organization)); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("%s is open: %v", organization, err)
		}
	}
}

func TestEveryKindOfAnswerIsSecured(t *testing.T) {
	p := newPortal(t)
	b, nobody := p.signIn(lee).staying(), p.browser().staying()
	var limited page
	for range triesPerInvitation + 1 {
		limited = nobody.post("/i/guess", "as", "new")
	}
	for name, c := range map[string]struct {
		seen   page
		status int
	}{
		"a file":             {nobody.get(static.Path("app.css")), 200},
		"no file":            {nobody.get(static.Prefix + "none.css"), 404},
		"health":             {nobody.get("/healthz"), 200},
		"readiness":          {nobody.get("/readyz"), 200},
		"a redirect":         {nobody.get("/home"), 303},
		"a head":             {b.do(http.MethodHead, "/home", nil), 200},
		"no such method":     {b.do(http.MethodDelete, "/home", nil), 404},
		"another site":       {b.with("Sec-Fetch-Site", "cross-site").post("/language"), 403},
		"too large":          {b.post("/language", "language", strings.Repeat("x", maxBody)), 413},
		"broken":             {b.with("Content-Type", "multipart/form-data").do(http.MethodPost, "/language", nil), 400},
		"a forged logout":    {nobody.post("/auth/backchannel-logout"), 400},
		"too many":           {limited, 429},
		"a broken path":      {nobody.get("/%00/%ff"), 404},
		"an encoded segment": {b.get("/o/..%2f" + string(p.id(biology))), 404},
	} {
		h := c.seen.Header
		if c.seen.Status != c.status {
			t.Errorf("%s: %d, want %d", name, c.seen.Status, c.status)
		}
		if h.Get("Content-Security-Policy") != contentSecurityPolicy || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") != "same-origin" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s is not secured: %v", name, h)
		}
		if name != "a file" && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, h.Get("Cache-Control"))
		}
	}
}

// Links and redirects are made of the configured URL, whatever a request says.
func TestTheHostOfARequestIsNotBelieved(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	paths := []string{"/", "/home", "/sign-in", "/i/" + token, "/i/wrong", "/signed-out", "//evil.example/x", "/nothing"}
	for _, path := range paths {
		request, err := http.NewRequestWithContext(p.ctx, http.MethodGet, p.url+path, nil)
		p.check(err)
		request.Host = "evil.example"
		request.Header.Set("X-Forwarded-Host", "evil.example")
		request.Header.Set("Forwarded", "host=evil.example")
		answer, err := (&http.Transport{}).RoundTrip(request)
		p.check(err)
		_ = answer.Body.Close()
		if to := answer.Header.Get("Location"); strings.Contains(to, "evil.example") {
			t.Errorf("%s leads to %s", path, to)
		}
	}
}

func TestNamesAreTextOnEveryPage(t *testing.T) {
	const name = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	p := newPortal(t)
	b := p.signIn(lee)
	classroom := "/o/" + string(p.id(biology))
	form := b.get(classroom + "/students/new")
	made := b.post(classroom+"/students/new", "submission", form.field("submission"), "given-name", name, "family-name", `{{.Actor}} %s`, "user-name", "mark.up")
	invited := b.post(classroom+"/invitations", "submission", identity.NewSubmission(), "role", "student", "days", "14", "language", "en",
		"addresses", `"x <b>y</b> z" <m@x.example>`, "message", name)
	found, err := p.in(biology, lee).Roster(p.ctx, store.RosterQuery{Search: "mark.up"})
	p.check(err)
	if len(found.Rows) != 1 || made.Status != 200 || invited.Status != 200 {
		t.Fatalf("made %d, invited %d, found %+v\n%s", made.Status, invited.Status, found.Rows, made.text())
	}
	user := classroom + "/people/" + string(found.Rows[0].User.ID)
	p.settled()
	for _, seen := range []struct {
		what string
		page page
		says string
	}{
		{"created", made, name},
		{"invited", invited, "x <b>y</b> z"},
		{"roster", b.get(classroom + "/roster?q=mark.up"), name},
		{"member", b.get(user), name},
		{"removal", b.get(user + "/remove"), name},
		{"reset", b.get(user + "/reset"), name},
		{"activity", b.get(classroom + "/activity"), name},
		{"invitations", b.get(classroom + "/invitations"), "x <b>y</b> z"},
		{"search", b.get(classroom + "/roster?q=" + url.QueryEscape(name)), ""},
		{"suspended", b.post(user + "/suspend"), name},
	} {
		if !strings.Contains(seen.page.text(), seen.says) {
			t.Errorf("%s does not say %q:\n%s", seen.what, seen.says, seen.page.text())
		}
		for n := range seen.page.doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			script := n.Data == "script" && attribute(n, "src") == ""
			handler := slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return strings.HasPrefix(a.Key, "on") })
			if script || handler || n.Data == "b" || n.Data == "img" && attribute(n, "src") == "x" {
				t.Errorf("%s has an element <%s %v>", seen.what, n.Data, n.Attr)
			}
		}
	}
}

// What fails is logged as well, and with as little.
func TestFailuresAreLoggedWithoutWhoAndWhat(t *testing.T) {
	p := newPortal(t)
	known := p.invite(biology, lee, lea, identity.RoleStudent)
	fresh := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	handed := p.handed(biology, lee, fresh)
	before := len(p.log.String())
	b := p.browser()
	b.post("/i/"+known, "as", "new", "given-name", "Leonora") // has an account
	b.post("/i/"+handed, "as", "new")
	b.get("/i/" + fresh + "x")
	b.get("/sign-in?next=/i/" + fresh)
	b.get("/auth/callback?state=stolen&code=secretcode&error=a@b.example")
	b.post("/auth/backchannel-logout", "logout_token", "secretcode.a.b")
	p.zitadel.Faults().Unavailable("", 0, -1)
	b.post("/i/"+fresh, "as", "new", "given-name", "Leonora")
	p.zitadel.Faults().Heal()
	logged := p.log.String()[before:]
	if strings.Count(logged, "\n") < 6 {
		t.Errorf("only\n%s", logged)
	}
	for _, personal := range []string{"@", "Leonora", "Lea", "linden.example", known, fresh, handed, "secretcode", "stolen"} {
		if strings.Contains(logged, personal) {
			t.Errorf("the log holds %q:\n%s", personal, logged)
		}
	}
}
