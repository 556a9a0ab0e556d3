package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

// invitedAtOnce is how many people the process that is killed invites.
const invitedAtOnce = 60

// post is a mail server that speaks HTTP: it outlives the process that is
// killed, and knows what it was given.
type post struct {
	*httptest.Server
	mu   sync.Mutex
	got  map[string][]string // keys by address
	seen chan int            // how many mails came so far
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{got: make(map[string][]string), seen: make(chan int, 10*invitedAtOnce)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m identity.Mail
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		p.got[m.To] = append(p.got[m.To], m.Key)
		p.mu.Unlock()
		p.seen <- 1
	}))
	t.Cleanup(p.Close)
	return p
}

// poster sends mail to a post.
type poster struct{ url string }

func (p poster) Ready(context.Context) error { return nil }

func (p poster) Send(ctx context.Context, m identity.Mail) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// inviteMany sends the form that invites everybody.
func inviteMany(ctx context.Context, s *store.Store) (*store.Organization, error) {
	opened, err := identity.OpenFounded(
		identity.Organization{ID: "o1", Kind: identity.KindClassroom, Name: "Biology 7B"},
		identity.Actor{User: "u1", Name: "Maria Lee"}, identity.RoleTeacher)
	if err != nil {
		return nil, err
	}
	drafts := make([]identity.Invitation, invitedAtOnce)
	for i := range drafts {
		drafts[i] = identity.Invitation{Address: fmt.Sprintf("student%d@x.example", i), Role: identity.RoleStudent}
	}
	org := s.In(opened)
	_, err = org.Invite(ctx, drafts, "form", func(i identity.Invitation, token string) (identity.Mail, error) {
		return identity.Mail{To: i.Address, Subject: "Come in", Text: token}, nil
	})
	return org, err
}

// TestTheProcessThatIsKilled is no test but that process.
func TestTheProcessThatIsKilled(t *testing.T) {
	path, url := os.Getenv("HOMEROOM_KILLED_STORE"), os.Getenv("HOMEROOM_KILLED_POST")
	if path == "" {
		t.Skip("it is started by the test of the killed process")
	}
	keys, err := store.ParseKeyRing(os.Getenv("HOMEROOM_KILLED_KEYS"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: path, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	j := newJobs(t, s, poster{url})
	if _, err := http.Post(url+"/started", "application/json", bytes.NewReader([]byte("{}"))); err != nil {
		t.Fatal(err)
	}
	if _, err := inviteMany(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := j.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A process is killed while it invites a class, or while it sends the mails.
// The next one and the same form again: everybody is invited once, everybody
// gets the mail, and what comes twice comes with the same key.
func TestKilledWhileInvitingNothingIsLostOrDoubled(t *testing.T) {
	for _, after := range []int{1, 2, 20} { // the first mail is the word that it has started
		t.Run(fmt.Sprintf("after %d", after-1), func(t *testing.T) {
			t.Parallel()
			p, path, key := newPost(t), storetest.Path(t), store.NewKey()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTheProcessThatIsKilled$")
			child.Env = append(os.Environ(), "HOMEROOM_KILLED_STORE="+path, "HOMEROOM_KILLED_POST="+p.URL, "HOMEROOM_KILLED_KEYS="+key)
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			for range after {
				select {
				case <-p.seen:
				case <-time.After(time.Minute):
					t.Fatal("the process sends nothing")
				}
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // it was killed
			p.mu.Lock()
			delete(p.got, "") // the word
			p.mu.Unlock()

			keys, err := store.ParseKeyRing(key)
			if err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(t.Context(), store.Options{Path: path, Keys: keys})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			j := newJobs(t, s, poster{p.URL})
			org, err := inviteMany(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			run(t, j)
			waitForMails(t, org)

			p.mu.Lock()
			defer p.mu.Unlock()
			if len(p.got) != invitedAtOnce {
				t.Errorf("%d people got a mail, want %d", len(p.got), invitedAtOnce)
			}
			twice := 0
			for address, keys := range p.got {
				if len(keys) > 2 || keys[0] != keys[len(keys)-1] {
					t.Errorf("%s got %v", address, keys)
				}
				twice += len(keys) - 1
			}
			if twice > workers {
				t.Errorf("%d mails came twice; no more than %d were on their way", twice, workers)
			}
		})
	}
}

// waitForMails waits until every invitation says that its mail was sent.
func waitForMails(t *testing.T, org *store.Organization) {
	t.Helper()
	end := time.After(2 * time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		page, err := org.Invitations(t.Context(), store.InvitationQuery{Limit: 2 * invitedAtOnce})
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		for _, i := range page.Rows {
			if i.Mail == identity.MailSent {
				sent++
			}
		}
		if len(page.Rows) != invitedAtOnce {
			t.Fatalf("%d invitations, want %d", len(page.Rows), invitedAtOnce)
		}
		if sent == invitedAtOnce {
			return
		}
		select {
		case <-end:
			t.Fatalf("%d of %d mails are sent", sent, invitedAtOnce)
		case <-tick.C:
		}
	}
}
