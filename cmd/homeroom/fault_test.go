package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

const zitadelAway = "The sign-in service does not answer. Try again in a moment."

// invite posts the form to invite students, with a key of its own.
func (v *visitor) invite(key string, addresses ...string) sight {
	v.s.t.Helper()
	return v.post(views.InvitationsPath(v.s.class), invitationForm(key, addresses...)...)
}

func invitationForm(key string, addresses ...string) []string {
	return []string{
		"submission", key, "addresses", strings.Join(addresses, "\n"),
		"role", string(identity.RoleStudent), "days", "14", "language", "en", "message", "See you on Monday.",
	}
}

// mailTo waits for the one mail that an address gets.
func (s *site) mailTo(address string) delivery {
	s.t.Helper()
	s.eventually("no mail to "+address, func() bool { return len(s.mail.mailsTo(address)) > 0 })
	return s.mail.mailsTo(address)[0]
}

// count asks the database from outside, while nobody else uses it or beside the
// portal.
func (s *site) count(query string, arguments ...any) (n int) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.database+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	s.check(err)
	defer func() { _ = db.Close() }()
	s.check(db.QueryRowContext(s.t.Context(), query, arguments...).Scan(&n))
	return n
}

// Zitadel goes away while people are invited and accept, at each step of it.
func TestInvitationsOutliveZitadelsAbsence(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.command("sync")
	s.serve()
	teacher := s.signIn(siteTeacher)

	steps := []struct {
		name   string
		away   string // what does not answer; empty: everything
		typed  bool   // the form comes back, with what was typed in it
		joined int    // people on the roster while it is away
	}{
		{"whole", "", true, 0},
		{"account", "/zitadel.user.v2.UserService/CreateUser", true, 0},
		{"role", "/zitadel.authorization.v2.AuthorizationService/CreateAuthorization", true, 0},
		{"code", "/zitadel.user.v2.UserService/CreateInviteCode", true, 1},
	}
	address := func(name string) string { return name + "@elsewhere.example" }

	// Inviting needs the portal alone.
	s.zitadel.Faults().Unavailable("", 0, -1)
	addresses := []string{siteGuest.userName}
	for _, step := range steps {
		addresses = append(addresses, address(step.name))
	}
	teacher.invite("a-form", addresses...).says(t, "invite without Zitadel", http.StatusOK, fmt.Sprint(len(addresses), " people are invited."))
	teacher.invite("a-form", addresses...).says(t, "the same form again", http.StatusOK, fmt.Sprint(len(addresses), " people are invited."))
	links := map[string]string{}
	for _, a := range addresses {
		links[a] = s.mailTo(a).link(t)
	}
	s.zitadel.Faults().Heal()

	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			to, v := address(step.name), s.visitor()
			form := []string{"as", "new", "given-name", "Nora", "family-name", "Lind"}
			s.zitadel.Faults().Unavailable(step.away, 0, -1)
			for range 2 { // somebody tries again, and it is still away
				v.get(links[to]).says(t, "the link", map[int]int{0: http.StatusOK, 1: http.StatusGone}[s.accepted(to)])
				seen := v.post(links[to], form...)
				seen.says(t, "accept", http.StatusServiceUnavailable, zitadelAway)
				if step.typed && s.accepted(to) == 0 && (seen.value("given-name") != "Nora" || seen.value("family-name") != "Lind") {
					t.Errorf("the name typed is lost:\n%s", seen.text())
				}
				if joined := s.onRoster(to); joined != step.joined {
					t.Errorf("%d on the roster, want %d", joined, step.joined)
				}
			}
			s.zitadel.Faults().Heal()
			seen := v.through(v.post(links[to], form...), to, "A-new-password-1")
			seen.says(t, "accept with Zitadel back", http.StatusOK)
			if seen.url.Path != views.OrganizationPath(s.class) && !strings.HasPrefix(seen.url.Path, views.OrganizationPath(s.class)+"/") {
				t.Errorf("it ends at %s, want the class", seen.url)
			}
		})
	}

	// Somebody with an account.
	guest := s.signIn(siteGuest)
	s.zitadel.Faults().Unavailable("/zitadel.authorization.v2.AuthorizationService/CreateAuthorization", 0, -1)
	form := []string{"as", "me", "user", guest.get(links[siteGuest.userName]).value("user")}
	guest.post(links[siteGuest.userName], form...).says(t, "join", http.StatusServiceUnavailable, zitadelAway)
	s.zitadel.Faults().Heal()
	guest.post(links[siteGuest.userName], form...).says(t, "join with Zitadel back", http.StatusOK)

	s.command("sync") // what Zitadel says
	for _, a := range addresses {
		users := s.count("SELECT COUNT(*) FROM users WHERE address = ?", a)
		if users != 1 || s.onRoster(a) != 1 || s.accepted(a) != 1 || s.mail.perAddress()[a] != 1 {
			t.Errorf("%s: %d accounts, %d times on the roster, %d accepted invitations, %d mails; want one of each",
				a, users, s.onRoster(a), s.accepted(a), s.mail.perAddress()[a])
		}
	}
	if begun := s.count("SELECT COUNT(*) FROM audit_records WHERE outcome = 'begun'"); begun != 0 {
		t.Errorf("%d changes are on record as under way", begun)
	}
}

func (s *site) onRoster(address string) int {
	s.t.Helper()
	return s.count(`SELECT COUNT(*) FROM role_assignments a JOIN users u ON u.id = a.user_id
		WHERE a.organization_id = ? AND u.address = ?`, s.class, address)
}

func (s *site) accepted(address string) int {
	s.t.Helper()
	return s.count("SELECT COUNT(*) FROM invitations WHERE organization_id = ? AND address = ? AND state = 'accepted'", s.class, address)
}

// A mail server that is in trouble gets the mail again, once; one that refuses
// it is on the invitation's line, and another try is the teacher's.
func TestWhatTheMailServerRefuses(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.command("sync")
	s.serve()
	teacher := s.signIn(siteTeacher)

	const full, greylisted, unknown, spam = "full@x.example", "greylisted@x.example", "unknown@x.example", "spam@x.example"
	refused := map[string]*atomic.Int32{full: {}, greylisted: {}, unknown: {}, spam: {}}
	s.mail.refuse(func(at, to string) string {
		answer := map[string]string{
			full + atText: "452 mailbox full", greylisted + atRecipient: "451 try later",
			unknown + atRecipient: "550 nobody here", spam + atText: "554 looks like spam",
		}[to+at]
		if answer != "" && refused[to].Add(1) > 1 && answer[0] == '4' {
			return "" // trouble that passes
		}
		return answer
	})
	teacher.invite("a-form", full, greylisted, unknown, spam).says(t, "invite", http.StatusOK, "4 people are invited.")

	list := func() sight { return teacher.get(views.InvitationsPath(s.class)) }
	s.eventually("the refusals are not shown", func() bool { return strings.Count(list().text(), "Mail failed") == 2 })
	list().says(t, "the list", http.StatusOK,
		"The mail server does not know this address (550). Check it, or hand the link over yourself.",
		"The mail server refused this mail (554). Hand the link over yourself, and tell whoever runs Homeroom.")
	for _, to := range []string{full, greylisted} {
		if got := len(s.mail.mailsTo(to)); got > 0 {
			t.Errorf("%s got %d mails before the next try", to, got)
		}
	}
	for _, to := range []string{full, greylisted} {
		s.mailTo(to)
	}
	for _, to := range []string{unknown, spam} {
		if got := refused[to].Load(); got != 1 {
			t.Errorf("%s was tried %d times after a final refusal", to, got)
		}
	}

	// The address came to exist, and the mail stopped looking like spam.
	s.mail.refuse(nil)
	for _, to := range []string{unknown, spam} {
		var id string
		for _, row := range list().all("tr") {
			if line := (sight{doc: row}).text(); strings.Contains(line, to) {
				id = strings.TrimPrefix(attribute(row, "id"), "invitation-")
			}
		}
		seen := teacher.post(views.ResendInvitationPath(s.class, identity.InvitationID(id)))
		seen.says(t, "send again", http.StatusOK, "The invitation of "+to+" is sent again.")
		s.mailTo(to)
	}
	s.eventually("an invitation still says that its mail was not sent", func() bool {
		return !strings.Contains(list().text(), "Mail failed") && s.count("SELECT COUNT(*) FROM outbox WHERE state = 'queued'") == 0
	})
	for to := range refused {
		if got := len(s.mail.mailsTo(to)); got != 1 {
			t.Errorf("%s got %d mails, want one", to, got)
		}
	}
}
