package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel/standin"
)

// Where Zitadel would stop in the middle, the card says so before anybody is sent
// there, and works again when it would not.
func TestACardSaysWhatZitadelWouldNot(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	id := string(p.people[noor].ID)
	factor := func(on bool) {
		rows := p.in(linden, priya)
		known, err := rows.LoginPolicy(p.ctx)
		p.check(err)
		known.Policy.RequireFactor, known.Policy.LocalOnly = on, false
		p.check(rows.KeepLoginPolicy(p.ctx, known.Policy, p.now.Now()))
	}
	for _, test := range []struct {
		name       string
		turn, back func()
		reads      string
		status     int
		reason     identity.BadgeRefusal
	}{
		{"locked", func() { p.check(p.zitadel.Seed().Lock(id)) }, func() { p.check(p.zitadel.Seed().Unlock(id)) }, "Your account is locked", http.StatusForbidden, identity.BadgeLocked},
		{"deactivated", func() { p.check(p.zitadel.Seed().Deactivate(id)) }, func() {
			_, err := p.gateway.In(p.opened(linden, priya)).Reactivate(p.ctx, p.people[noor].ID)
			p.check(err)
		}, "This card no longer works", http.StatusGone, identity.BadgeNoStudent},
		{"a second factor for all", func() { factor(true) }, func() { factor(false) }, "Linden School asks everybody for a second factor now", http.StatusForbidden, identity.BadgeFactor},
	} {
		b := p.browser()
		ask := b.pending(path) // under way when it happens
		test.turn()
		p.settled()
		before := p.calls()
		for name, seen := range map[string]page{
			"scanned": p.browser().get(path), "pressed": p.browser().post(views.BadgePath, "card", secretOf(path)), "under way": b.staying().get(ask),
		} {
			if seen.Status != test.status || !strings.Contains(seen.text(), test.reads) || strings.Contains(seen.text(), "Noor") {
				t.Errorf("%s, %s: %d\n%s", test.name, name, seen.Status, seen.text())
			}
		}
		if after := p.calls(); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: Zitadel was asked: %v, before %v", test.name, after, before)
		}
		if records := p.badgeRecords(identity.ActionBadgeRefused); len(records) == 0 || records[len(records)-1].After["reason"] != string(test.reason) {
			t.Errorf("%s: records = %+v", test.name, records)
		}
		test.back()
		p.settled()
		if seen := p.browser().scans(path); seen.URL.Path != views.HomePath {
			t.Errorf("after %s: %d at %s\n%s", test.name, seen.Status, seen.URL, seen.text())
		}
	}
}

// A void badge ends the sessions that Zitadel lists, too: other applications do not
// go on with them. Where Zitadel is away, that is said.
func TestAVoidBadgeEndsTheSessionAtZitadel(t *testing.T) {
	p := newPortalOn(t, standin.Options{LoginVersion: 2})
	p.cards()
	id := p.people[noor].ID
	school := p.gateway.In(p.opened(linden, priya))
	for _, test := range []struct {
		name string
		void func() page
		says string
	}{
		{"by the class's page", func() page { return p.signIn(lee).post(views.VoidBadgePath(p.id(biology), id)) }, "The badge of Noor Haddad is void. Who used it is signed out."},
		{"by the student's page", func() page {
			it := p.signIn(priya)
			seen := it.get(views.PersonPath(p.id(linden), id))
			if !strings.Contains(seen.text(), "Badge on the card") || !strings.Contains(seen.text(), "used 1 time") {
				t.Errorf("the student's page:\n%s", seen.text())
			}
			seen = it.post(views.VoidBadgePath(p.id(linden), id), "from", "person")
			if seen.URL.Path != views.PersonPath(p.id(linden), id) || strings.Contains(seen.text(), "Badge on the card") {
				t.Errorf("back at %s:\n%s", seen.URL, seen.text())
			}
			return seen
		}, "The badge of Noor Haddad is void. Who used it is signed out."},
		{"all of the class", func() page { return p.signIn(lee).post(views.VoidBadgesPath(p.id(biology))) }, "1 badge is void."},
		{"all of the school", func() page { return p.signIn(priya).post(views.VoidBadgesPath(p.id(linden))) }, "1 badge is void."},
	} {
		b := p.browser()
		if seen := b.scans(p.card(noor)); seen.URL.Path != views.HomePath {
			t.Fatalf("%s: %d at %s\n%s", test.name, seen.Status, seen.URL, seen.text())
		}
		if seen := test.void(); !strings.Contains(seen.text(), test.says) {
			t.Errorf("%s: %d\n%s", test.name, seen.Status, seen.text())
		}
		if seen := b.staying().get("/home"); seen.Status != http.StatusSeeOther {
			t.Errorf("%s: still signed in here: %d", test.name, seen.Status)
		}
		if left, err := school.EndSessions(p.ctx, id); err != nil || left != 0 {
			t.Errorf("%s: %d sessions at Zitadel, %v", test.name, left, err)
		}
	}

	p.browser().scans(p.card(noor))
	teacher := p.signIn(lee)
	p.zitadel.Faults().Unavailable("", 0, -1)
	if seen := teacher.post(views.VoidBadgePath(p.id(biology), id)); !strings.Contains(seen.text(), "is void and signed out here. Zitadel did not answer") {
		t.Errorf("Zitadel away: %d\n%s", seen.Status, seen.text())
	}
}

// Badges are off at once, whether Zitadel answers or not. What it has to do is done
// when it answers again, unless they were turned on meanwhile.
func TestBadgesAreOffWithoutZitadel(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	it := p.signIn(priya)
	rows, remote := p.in(linden, priya), p.gateway.In(p.opened(linden, priya))
	p.zitadel.Faults().Unavailable("", 0, -1)
	if seen := it.post(views.BadgesOffPath(p.id(linden))); !strings.Contains(seen.text(), "is deleted as soon as it does") {
		t.Fatalf("off: %d\n%s", seen.Status, seen.text())
	}
	if seen := it.do(http.MethodPost, views.BadgesPath(p.id(linden)), cardForm()); seen.Status != http.StatusServiceUnavailable || !strings.Contains(seen.text(), "nothing was changed") {
		t.Errorf("on without Zitadel: %d\n%s", seen.Status, seen.text())
	}
	if seen := p.browser().get(path); seen.Status != http.StatusGone {
		t.Errorf("the card: %d", seen.Status)
	}
	waiting := func() int {
		schools, err := p.store.EndingBadges(p.ctx, 10)
		p.check(err)
		return len(schools)
	}
	if err := rows.FinishBadges(p.ctx, remote.DeleteProvider); !identity.IsKind(err, identity.KindUnavailable) || waiting() != 1 {
		t.Errorf("finished without Zitadel: %v, %d wait", err, waiting())
	}
	before, err := rows.BadgeSetup(p.ctx)
	p.check(err)
	p.zitadel.Faults().Heal()
	p.check(rows.FinishBadges(p.ctx, remote.DeleteProvider))
	after, err := rows.BadgeSetup(p.ctx)
	if err != nil || before.State != identity.BadgesEnding || after.State != identity.BadgesOff || after.Provider != "" || waiting() != 0 {
		t.Errorf("before %+v, after %+v, %v, %d wait", before, after, err, waiting())
	}
	if err := remote.DeleteProvider(p.ctx, before.Provider); err != nil && !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("its provider: %v", err)
	}

	p.cards()
	p.check(rows.FinishBadges(p.ctx, func(context.Context, identity.ProviderID) error {
		t.Error("the connection of badges that are on is deleted")
		return nil
	}))
	if seen := p.browser().scans(p.card(noor)); seen.URL.Path != views.HomePath {
		t.Errorf("on again: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	if len(p.badgeRecords(identity.ActionBadgesOff)) != 1 {
		t.Errorf("records = %+v", p.badgeRecords(identity.ActionBadgesOff))
	}
}

// The doors are limited by address, before anything is looked up.
func TestTheDoorsOfBadgesAreLimited(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	guesser := p.browser()
	refused := 0
	for range badgesPerAddress {
		// The cheapest of the doors: they are counted together.
		if seen := guesser.do(http.MethodHead, views.BadgeTokenPath, nil); seen.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	for _, door := range []string{path, views.BadgePath, views.BadgeGoPath, views.BadgeTokenPath} {
		if seen := p.browser().get(door); seen.Status != http.StatusTooManyRequests || seen.Header.Get("Retry-After") == "" {
			t.Errorf("%s after %d guesses: %d", door, badgesPerAddress, seen.Status)
		}
	}
	if seen := p.browser().post(views.BadgePath, "card", secretOf(path)); seen.Status != http.StatusTooManyRequests {
		t.Errorf("the button: %d", seen.Status)
	}
	if refused != 0 {
		t.Errorf("%d were refused before the limit", refused)
	}
}
