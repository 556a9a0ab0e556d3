package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel/standin"
)

// as is an opened organization as a page of somebody's gets it.
func (p *portal) as(organization, userName string) Organization {
	p.t.Helper()
	opened := p.opened(organization, userName)
	return Organization{Opened: opened, Store: p.store.In(opened), Remote: p.gateway.In(opened), Portal: p.inside.portal}
}

// cardForm is the form of a school that lets badges in always.
func cardForm(fields ...string) url.Values {
	form := url.Values{"kind": {"standing"}, "zone": {"UTC"}, "days": {"30"}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

// cards turns badges of Linden on.
func (p *portal) cards(fields ...string) {
	p.t.Helper()
	b := p.signIn(priya)
	seen := b.do(http.MethodPost, views.BadgesPath(p.id(linden)), cardForm(fields...))
	if seen.Status != http.StatusOK || !strings.Contains(seen.Body, "Badges are on") {
		p.t.Fatalf("turn badges on: %d\n%s", seen.Status, seen.Body)
	}
}

// card gives a student of Biology a badge and answers its path.
func (p *portal) card(userName string) string {
	p.t.Helper()
	user := p.people[userName].ID
	urls, err := p.inside.badging().issue(p.ctx, p.as(biology, lee), []identity.UserID{user})
	p.check(err)
	path, ok := strings.CutPrefix(urls[user], p.url)
	if !ok {
		p.t.Fatalf("%s got no badge: %v", userName, urls)
	}
	return path
}

// secretOf is the secret of a badge's path.
func secretOf(path string) string { return strings.TrimPrefix(path, "/b/") }

// scans holds a card to the camera and presses the button.
func (b *browser) scans(path string) page {
	b.p.t.Helper()
	b.get(path)
	return b.post(views.BadgePath, "card", secretOf(path))
}

// badgeRecords are the records of Linden's log with an action, oldest first.
func (p *portal) badgeRecords(action identity.Action) []identity.AuditRecord {
	p.t.Helper()
	page, err := p.in(linden, priya).Audit(p.ctx, store.AuditQuery{Action: action})
	p.check(err)
	slices.Reverse(page.Records)
	return page.Records
}

func TestACardSignsItsStudentIn(t *testing.T) {
	for name, version := range map[string]int{"Login V1": 1, "Login V2": 2} {
		t.Run(name, func(t *testing.T) {
			p := newPortalOn(t, standin.Options{LoginVersion: version})
			p.cards()
			path := p.card(noor)
			b := p.browser()
			asked := b.get(path)
			if asked.URL.Path != views.BadgePath || asked.Status != http.StatusOK || !strings.Contains(asked.Body, "Sign in as Noor H.?") {
				t.Fatalf("scanned: %d at %s\n%s", asked.Status, asked.URL, asked.Body)
			}
			if !strings.Contains(asked.Header.Get("Cache-Control"), "no-store") {
				t.Error("the page is kept by browsers")
			}
			seen := b.post(views.BadgePath, "card", secretOf(path))
			if seen.Status != http.StatusOK || seen.URL.Path != views.HomePath || !strings.Contains(seen.Body, biology) {
				t.Fatalf("signed in: %d at %s\n%s", seen.Status, seen.URL, seen.Body)
			}
			if account := b.get("/account"); !strings.Contains(account.Body, "QR card") {
				t.Error("the list of sessions does not tell the badge")
			}
			used := p.badgeRecords(identity.ActionBadgeUsed)
			if len(used) != 1 || used[0].Target != string(p.people[noor].ID) || used[0].Address == "" {
				t.Errorf("used = %+v", used)
			}
			if strings.Contains(p.log.String(), secretOf(path)) {
				t.Error("the secret is in the log")
			}
			list, err := p.as(biology, lee).Store.Badges(p.ctx)
			p.check(err)
			for _, s := range list {
				if s.User.ID == p.people[noor].ID && (s.Badge.Uses != 1 || s.Badge.UsedAt.IsZero()) {
					t.Errorf("badge = %+v", s.Badge)
				}
			}
			class := p.signIn(lee).get(views.BadgesPath(p.id(biology)))
			if class.Status != http.StatusOK || !strings.Contains(class.Body, "used 1 time") {
				t.Errorf("class page: %d\n%s", class.Status, class.Body)
			}
		})
	}
}

// Whoever is stopped, and what they read.
func TestACardThatIsNotGoodLetsNobodyIn(t *testing.T) {
	p := newPortal(t)
	p.cards()
	yesterday := []string{"0", "1", "2", "3", "4", "5", "6"}[(int(time.Now().UTC().Weekday())+6)%7]
	over := "Ask your teacher for a new one."
	for _, test := range []struct {
		name   string
		before func(path string)
		reads  string
		reason identity.BadgeRefusal // on record; empty: none
	}{
		{"voided", func(string) { p.check(p.as(biology, lee).Store.VoidBadge(p.ctx, p.people[noor].ID)) }, over, identity.BadgeVoid},
		{"replaced", func(string) { p.card(noor) }, over, identity.BadgeReplaced},
		{"the whole class's", func(string) { _, err := p.as(biology, lee).Store.VoidBadges(p.ctx); p.check(err) }, over, identity.BadgeVoid},
		{"another day", func(string) { p.cards("weekdays", yesterday) }, "It works at these times", identity.BadgeOutOfTime},
		{"another network", func(string) { p.cards("networks", "192.0.2.0/24") }, "works at school only", identity.BadgeElsewhere},
		{"badges off", func(string) {
			if seen := p.signIn(priya).post(views.BadgesOffPath(p.id(linden))); !strings.Contains(seen.Body, "All of them are void") {
				t.Fatalf("off: %d\n%s", seen.Status, seen.Body)
			}
		}, over, identity.BadgesAreOff},
		{"promoted since", func(string) {
			p.assign(history, noor, identity.RoleCoTeacher)
			p.settled()
		}, over, identity.BadgeStaff},
	} {
		p.cards()
		path := p.card(noor)
		test.before(path)
		before := len(p.badgeRecords(identity.ActionBadgeRefused))
		b := p.browser()
		for _, seen := range []page{b.get(path), b.post(views.BadgePath, "card", secretOf(path))} {
			if seen.Status < 400 || !strings.Contains(seen.Body, test.reads) || strings.Contains(seen.Body, "Noor") {
				t.Errorf("%s: %d at %s\n%s", test.name, seen.Status, seen.URL, seen.Body)
			}
		}
		if records := p.badgeRecords(identity.ActionBadgeRefused); len(records) != before+1 || records[before].After["reason"] != string(test.reason) {
			t.Errorf("%s: records = %+v", test.name, records[before:])
		}
	}
	for _, path := range []string{"/b/unknown", "/b/" + strings.Repeat("a", 26)} {
		if seen := p.browser().get(path); seen.Status != http.StatusGone || !strings.Contains(seen.Body, over) {
			t.Errorf("%s: %d\n%s", path, seen.Status, seen.Body)
		}
	}
}

// Only students at home in the school get a badge.
func TestOnlyStudentsOfTheSchoolGetBadges(t *testing.T) {
	p := newPortal(t)
	p.cards()
	p.assign(biology, mallory, identity.RoleStudent) // teaches at Birch, and is at home there
	p.assign(history, sam, identity.RoleTeacher)
	p.settled()
	users := []identity.UserID{p.people[noor].ID, p.people[mallory].ID, p.people[sam].ID, p.people[lee].ID, p.people[lea].ID, p.people[bob].ID}
	urls, err := p.inside.badging().issue(p.ctx, p.as(biology, lee), users)
	p.check(err)
	if len(urls) != 1 || urls[p.people[noor].ID] == "" {
		t.Errorf("badges = %v", urls)
	}
	for _, user := range []string{mallory, bob} {
		if seen := p.signIn(lee).post(views.VoidBadgePath(p.id(history), p.people[user].ID)); seen.Status != http.StatusNotFound {
			t.Errorf("void %s elsewhere: %d", user, seen.Status)
		}
	}
}

func TestAOneTimeCardLetsOneInOnce(t *testing.T) {
	p := newPortal(t)
	p.cards("kind", "once")
	path := p.card(noor)

	// Cut off: nobody came back, so it is given back after a while, and to the same
	// browser at once.
	cut := p.browser()
	cut.pending(path)
	if seen := p.browser().scans(path); seen.Status != http.StatusConflict || !strings.Contains(seen.Body, "being used on another device") {
		t.Errorf("held by another: %d\n%s", seen.Status, seen.Body)
	}
	cut.pending(path)
	p.now.advance(6 * time.Minute)
	p.browser().pending(path)

	path = p.card(sam)
	p.now.advance(-6 * time.Minute) // Zitadel takes no token from the future
	browsers := []*browser{p.browser(), p.browser(), p.browser()}
	in := make(chan *browser, len(browsers))
	var all sync.WaitGroup
	for _, b := range browsers {
		all.Go(func() {
			if seen := b.scans(path); seen.URL.Path == views.HomePath {
				in <- b
			}
		})
	}
	all.Wait()
	if len(in) != 1 {
		t.Fatalf("%d of %d got in", len(in), len(browsers))
	}
	if seen := p.browser().scans(path); seen.Status != http.StatusGone {
		t.Errorf("used twice: %d\n%s", seen.Status, seen.Body)
	}
}

// Somebody else who is signed in on a shared device is told, and signed out here
// and at Zitadel.
func TestACardSignsOutWhoWasThere(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	b := p.signIn(sam)
	if asked := b.get(path); !strings.Contains(asked.Body, "Sam Kim will be signed out first") {
		t.Errorf("asked:\n%s", asked.Body)
	}
	seen := b.post(views.BadgePath, "card", secretOf(path))
	if seen.URL.Path != views.HomePath || !strings.Contains(seen.Body, "Noor") {
		t.Fatalf("signed in: %d at %s\n%s", seen.Status, seen.URL, seen.Body)
	}
	sessions, err := p.store.Sessions().Of(p.ctx, p.people[sam].ID, time.Time{})
	p.check(err)
	if len(sessions) != 0 {
		t.Errorf("Sam's sessions = %+v", sessions)
	}
	if asked := b.get(path); !strings.Contains(asked.Body, "You are signed in, Noor H.") {
		t.Errorf("scanned again:\n%s", asked.Body)
	}
}

// A session that a badge began is a student's and nothing more, and ends with the
// badge.
func TestASessionByACardIsLess(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	b := p.browser()
	b.scans(path)
	if seen := b.staying().get("/home"); seen.Status != http.StatusOK {
		t.Fatalf("home: %d", seen.Status)
	}
	p.assign(history, noor, identity.RoleTeacher)
	p.settled()
	if seen := b.staying().get(views.OrganizationPath(p.id(history))); seen.Status != http.StatusSeeOther {
		t.Errorf("promoted: %d", seen.Status)
	}
	// Zitadel still knows them, by the badge: that is not enough for a teacher.
	if seen := b.get("/sign-in?local=1"); seen.URL.Path == views.HomePath {
		t.Error("back in by the badge's session at Zitadel")
	}

	p.cards()
	other := p.card(sam)
	c := p.browser()
	c.scans(other)
	p.check(p.as(biology, lee).Store.VoidBadge(p.ctx, p.people[sam].ID))
	if seen := c.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("after the badge was voided: %d", seen.Status)
	}
	if seen := c.get("/sign-in?local=1"); seen.URL.Path == views.HomePath {
		t.Error("back in by a void badge")
	}
}

// A sign-in behind the portal's back ends when the card's session has to.
func TestASessionByACardEndsInTime(t *testing.T) {
	p := newPortal(t)
	p.cards()
	b := p.browser()
	b.scans(p.card(noor))
	for range 17 { // a click every half an hour, so that it is not the pause that ends it
		p.now.advance(29 * time.Minute)
		b.staying().get("/home")
	}
	if seen := b.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("after more than eight hours: %d", seen.Status)
	}
}

func TestAFormOfAnotherSiteBeginsNothing(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	seen := p.browser().with("Sec-Fetch-Site", "cross-site").post(views.BadgePath, "card", secretOf(path))
	if seen.Status != http.StatusForbidden {
		t.Errorf("cross-site: %d", seen.Status)
	}
	if seen := p.browser().post(views.BadgePath, "card", strings.Repeat("b", 26)); seen.Status != http.StatusGone {
		t.Errorf("made up: %d", seen.Status)
	}
}

// Where everybody needs a second factor, Zitadel would refuse: badges stay off.
func TestBadgesDoNotGoWithASecondFactorForAll(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	remote := p.as(linden, priya).Remote
	policy, err := remote.LoginPolicy(p.ctx)
	p.check(err)
	policy.RequireFactor, policy.LocalOnly = true, false
	p.check(remote.SetLoginPolicy(p.ctx, policy))
	seen := b.do(http.MethodPost, views.BadgesPath(p.id(linden)), cardForm())
	if seen.Status != http.StatusConflict || !strings.Contains(seen.Body, "Zitadel refuses badges") {
		t.Errorf("turned on: %d\n%s", seen.Status, seen.Body)
	}
	if setup, err := p.as(linden, priya).Store.BadgeSetup(p.ctx); err != nil || setup.On() {
		t.Errorf("on = %+v, %v", setup, err)
	}
}

// A new card for one student, from the class's page of badges: the old one is void.
func TestANewCardReplacesTheOld(t *testing.T) {
	p := newPortal(t)
	p.cards()
	old := p.card(noor)
	lee := p.signIn(lee)
	seen := lee.post(views.CardsPath(p.id(biology)), "user", string(p.people[noor].ID), "badges", "on")
	if seen.Status != http.StatusOK || !strings.Contains(seen.Body, "Noor") {
		t.Fatalf("cards: %d at %s\n%s", seen.Status, seen.URL, seen.Body)
	}
	if seen := p.browser().get(old); seen.Status != http.StatusGone {
		t.Errorf("the old card: %d", seen.Status)
	}
	if issued := p.badgeRecords(identity.ActionBadgeIssued); len(issued) != 2 {
		t.Errorf("issued = %+v", issued)
	}
}
