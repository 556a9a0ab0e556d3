package handlers

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// locked has the portal know that too many wrong passwords locked somebody.
func (p *portal) locked(userName string) {
	p.t.Helper()
	state := identity.UserLocked
	p.told(identity.UserChanged{User: p.people[userName].ID, State: &state, At: time.Now()})
}

// watched is an open stream of server-sent events.
type watched struct {
	t      *testing.T
	lines  *bufio.Scanner
	status int
	close  context.CancelFunc
}

// follows opens a stream of a page.
func (b *browser) follows(t *testing.T, path string, headers ...string) *watched {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.p.url+path, nil)
	b.p.check(err)
	r.Header.Set("Accept", streamAccepted)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := *b.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(r)
	b.p.check(err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return &watched{t: t, lines: bufio.NewScanner(response.Body), status: response.StatusCode, close: cancel}
}

// next is the next event: its name, ID and data. The end of the stream has no
// name.
func (s *watched) next() (name, id, data string) {
	s.t.Helper()
	for s.lines.Scan() {
		line := s.lines.Text()
		switch field, value, _ := strings.Cut(line, ": "); {
		case field == "event":
			name = value
		case field == "id":
			id = value
		case field == "data":
			data += value + "\n"
		case line == "" && name != "":
			return name, id, data
		}
	}
	return "", "", ""
}

// A stream tells within two seconds what changed, to each who follows, and ends
// with the rights of who does.
func TestALessonIsFollowed(t *testing.T) {
	p := newPortal(t)
	teacher, helper := p.signIn(lee), p.signIn(jon)
	path := views.LessonLivePath(p.id(biology))
	first, second := teacher.follows(t, path), helper.follows(t, path)
	_, version, before := first.next()
	if first.status != http.StatusOK || !strings.Contains(before, "Sam Kim") || !strings.Contains(before, "Never was in") {
		t.Fatalf("status %d, the first event is\n%s", first.status, before)
	}
	if strings.Contains(before, "Maria Lee") {
		t.Error("a teacher is among the students")
	}
	second.next()
	began := time.Now()
	p.locked(sam)
	for who, s := range map[string]*watched{lee: first, jon: second} {
		if name, _, data := s.next(); name != "change" || !strings.Contains(data, "Locked") || !strings.Contains(data, "Unlock") {
			t.Errorf("%s sees %q\n%s", who, name, data)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the change was seen after %s", took)
	}

	// Who has the version already is not sent it again.
	again := teacher.follows(t, path, "Last-Event-ID", version)
	if _, id, data := again.next(); id == version || !strings.Contains(data, "Locked") {
		t.Errorf("sent %s again", id)
	}

	// A co-teacher whose role is taken away sees nothing further.
	p.check(identity.RemoveFromRoster(p.ctx, p.opened(biology, lee), p.in(biology, lee), p.gateway.In(p.opened(biology, lee)), p.people[jon].ID))
	name, _, data := second.next()
	if name != "change" || !strings.Contains(data, "You do not see here any more") || strings.Contains(data, "Sam Kim") {
		t.Errorf("without the role: %q\n%s", name, data)
	}
	second.next()
	if name, _, _ := second.next(); name != "" {
		t.Errorf("the stream goes on: %q", name)
	}

	// Signing out ends it as well.
	teacher.post("/sign-out")
	if name, _, data := first.next(); name != "change" || !strings.Contains(data, "You do not see here any more") {
		t.Errorf("signed out: %q\n%s", name, data)
	}
}

func TestWhoMayFollowALesson(t *testing.T) {
	p := newPortal(t)
	path := views.LessonLivePath(p.id(biology))
	if s := p.browser().follows(t, path); s.status != http.StatusUnauthorized {
		t.Errorf("signed out = %d", s.status)
	}
	for who, want := range map[string]int{sam: http.StatusForbidden, mallory: http.StatusNotFound} {
		if s := p.signIn(who).follows(t, path); s.status != want {
			t.Errorf("%s = %d, want %d", who, s.status, want)
		}
	}
	teacher := p.signIn(lee)
	if seen := teacher.get(path); seen.URL.Path != views.LessonPath(p.id(biology)) {
		t.Errorf("the stream's own URL leads to %s", seen.URL)
	}
	open := make([]*watched, streamsOfOne)
	for i := range open {
		if open[i] = teacher.follows(t, path); open[i].status != http.StatusOK {
			t.Errorf("stream %d = %d", i, open[i].status)
		}
	}
	if s := teacher.follows(t, path); s.status != http.StatusServiceUnavailable {
		t.Errorf("one too many = %d", s.status)
	}
	// A stream is nobody's click: the session ends in its time.
	for _, s := range open {
		s.close()
	}
	p.now.advance(sessionIdle - time.Minute)
	if s := p.signIn(jon).follows(t, path); s.status != http.StatusOK {
		t.Errorf("jon = %d", s.status)
	}
	teacher.follows(t, path)
	p.now.advance(2 * time.Minute)
	if s := teacher.follows(t, path); s.status != http.StatusUnauthorized {
		t.Errorf("after half an hour without a click = %d", s.status)
	}
}

// In a lesson each deed is one tap, by the rules of whose account it is.
func TestDeedsOfALesson(t *testing.T) {
	p := newPortal(t)
	p.assign(biology, mallory, identity.RoleStudent) // a guest, who teaches elsewhere
	p.settled()
	p.locked(sam)
	p.locked(mallory)
	student := func(userName, deed string) string {
		return views.LessonStudentPath(p.id(biology), p.people[userName].ID, deed)
	}
	grid := p.signIn(lee).get(views.LessonPath(p.id(biology)))
	grid.says(t, "0 of 3 signed in", "3 may need help")
	if at, other := strings.Index(grid.Body, "Sam Kim"), strings.Index(grid.Body, "Noor Haddad"); at < 0 || at > other {
		t.Error("who is locked does not come first")
	}
	if strings.Contains(grid.Body, student(mallory, "unlock")) {
		t.Error("a guest can be unlocked")
	}
	p.run(biology, []scenario{
		{"not by a student", noor, "POST", student(sam, "password"), nil, "", 403, nil, nil, "", nil},
		{"one student", lee, "GET", student(sam, ""), nil, "", 200, []string{"Unlock Sam Kim", "Link for a new password", "End all sessions"}, nil, "", nil},
		{
			"without e-mail", lee, "GET", student(noor, ""), nil, "", 200,
			[]string{"New password", "Show the card", "noor.7b"},
			[]string{"Unlock Noor"},
			"", nil,
		},
		{
			"a guest", lee, "GET", student(mallory, ""), nil, "", 200,
			[]string{"Locked", "A guest's account belongs elsewhere."},
			[]string{"Too many wrong passwords locked"},
			"", nil,
		},
		{"no teacher is in the lesson", lee, "GET", student(jon, ""), nil, "", 404, nil, nil, "", nil},
		{
			"unlock", jon, "POST", student(sam, "unlock"), nil, "", 303, nil, nil, views.LessonPath(p.id(biology)),
			[]identity.Action{identity.ActionUserUnlocked},
		},
		{"a guest is not unlocked", lee, "POST", student(mallory, "unlock"), nil, "", 403, nil, nil, "", nil},
		{"nor signed out", lee, "POST", student(mallory, "sign-out"), nil, "", 403, nil, nil, "", nil},
		{"nor given a password", lee, "POST", student(mallory, "password"), nil, "", 403, nil, nil, "", nil},
		{
			"a new password", lee, "POST", student(noor, "password"), nil, "", 200,
			[]string{"noor.7b", "First password"},
			nil, "",
			[]identity.Action{identity.ActionSignInReset},
		},
		{
			"a link", lee, "POST", student(sam, "password"), nil, "", 200,
			[]string{"Link"},
			nil, "",
			[]identity.Action{identity.ActionSignInReset},
		},
		{
			"the sessions", lee, "POST", student(noor, "sign-out"), nil, "", 303, nil, nil, student(noor, ""),
			[]identity.Action{identity.ActionSessionsEnded},
		},
	})
}
