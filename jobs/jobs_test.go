package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/mail"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func newStore(t *testing.T) *store.Store {
	t.Helper()
	keys, err := store.ParseKeyRing(store.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: storetest.Path(t), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newJobs(t *testing.T, s *store.Store, mailer identity.Mailer) *Jobs {
	t.Helper()
	j, err := New(t.Context(), s, mailer, quiet)
	if err != nil {
		t.Fatal(err)
	}
	s.UseQueue(j)
	return j
}

// run runs j until the test ends.
func run(t *testing.T, j *Jobs) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

// enqueue adds a job in a transaction that ends as commit says.
func enqueue(t *testing.T, s *store.Store, j *Jobs, name string, payload any, commit bool) {
	t.Helper()
	tx, err := s.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Enqueue(t.Context(), tx, name, payload); err != nil {
		t.Fatal(err)
	}
	end := (*sql.Tx).Rollback
	if commit {
		end = (*sql.Tx).Commit
	}
	if err := end(tx); err != nil {
		t.Fatal(err)
	}
}

func TestAJobRunsIfItsTransactionCommits(t *testing.T) {
	s := newStore(t)
	j := newJobs(t, s, new(mail.Mailbox))
	got := make(chan string, 10)
	j.Handle("echo", func(_ context.Context, payload json.RawMessage, _ bool) error {
		got <- string(payload)
		return nil
	})
	enqueue(t, s, j, "echo", "rolled back", false)
	enqueue(t, s, j, "echo", "committed", true)
	run(t, j)
	select {
	case payload := <-got:
		if payload != `"committed"` {
			t.Errorf("payload = %s", payload)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the job did not run")
	}
	enqueue(t, s, j, "echo", "last", true)
	if payload := <-got; payload != `"last"` {
		t.Errorf("payload = %s: a job ran twice, or one that was rolled back did", payload)
	}
}

// A killed process leaves its jobs running. The next one does not wait until
// they count as stuck.
func TestJobsOfAKilledProcessAreTakenUpAtOnce(t *testing.T) {
	s := newStore(t)
	j := newJobs(t, s, new(mail.Mailbox))
	got := make(chan string, 10)
	j.Handle("echo", func(_ context.Context, payload json.RawMessage, _ bool) error {
		got <- string(payload)
		return nil
	})
	enqueue(t, s, j, "echo", "cut off", true)
	_, err := s.Writer().ExecContext(t.Context(), `UPDATE river_job
		SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP, attempted_by = json('["killed"]')`)
	if err != nil {
		t.Fatal(err)
	}
	run(t, j)
	select {
	case payload := <-got:
		if payload != `"cut off"` {
			t.Errorf("payload = %s", payload)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the job was not taken up")
	}
}

func TestTheTriesOfAJobLastMoreThanADay(t *testing.T) {
	var all time.Duration
	for i, pause := range pauses {
		if i > 0 && pause < pauses[i-1] {
			t.Errorf("pause %d is shorter than the one before", i)
		}
		all += pause
	}
	if all < 24*time.Hour {
		t.Errorf("the tries last %s", all)
	}
}

func TestWhatMailServersAnswerIsToldApart(t *testing.T) {
	down := errors.New("connection refused")
	refused := identity.Invalid("mail.refused-address", "Code", 550)
	for _, test := range []struct {
		name   string
		answer error
		last   bool
		again  bool               // a further try is asked for
		mail   identity.MailState // of the invitation
		why    string
	}{
		{"taken", nil, false, false, identity.MailSent, ""},
		{"away", down, false, true, identity.MailQueued, ""},
		{"away at the last try", down, true, true, identity.MailFailed, "mail.gave-up"},
		{"refused for good", refused, false, false, identity.MailFailed, "mail.refused-address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStore(t)
			box := new(mail.Mailbox)
			box.Refuse(func(identity.Mail) error { return test.answer })
			org, payload := invite(t, s)
			err := sendMail(s, box)(t.Context(), payload, test.last)
			if (err != nil) != (test.answer != nil) {
				t.Errorf("error = %v", err)
			}
			if test.again && isFinal(err) || !test.again && err != nil && !isFinal(err) {
				t.Errorf("a further try: %v, want %v", !isFinal(err), test.again)
			}
			page, err := org.Invitations(t.Context(), store.InvitationQuery{})
			if err != nil {
				t.Fatal(err)
			}
			if got := page.Rows[0]; got.Mail != test.mail || got.MailError.ID != test.why {
				t.Errorf("mail = %s (%s), want %s (%s)", got.Mail, got.MailError.ID, test.mail, test.why)
			}
		})
	}
}

func isFinal(err error) bool {
	return err != nil && errors.Is(err, Final(nil))
}

// recorder keeps the payload of the last job enqueued.
type recorder struct{ payload json.RawMessage }

func (r *recorder) Enqueue(_ context.Context, _ *sql.Tx, _ string, payload any) (err error) {
	r.payload, err = json.Marshal(payload)
	return err
}

// invite invites one person into a new classroom, and returns the classroom's
// rows with the payload of the job that sends the mail.
func invite(t *testing.T, s *store.Store) (*store.Organization, json.RawMessage) {
	t.Helper()
	queue := new(recorder)
	s.UseQueue(queue)
	opened, err := identity.OpenFounded(
		identity.Organization{ID: "o1", Kind: identity.KindClassroom, Name: "Biology 7B"},
		identity.Actor{User: "u1", Name: "Maria Lee"}, identity.RoleTeacher)
	if err != nil {
		t.Fatal(err)
	}
	org := s.In(opened)
	drafts := []identity.Invitation{{
		Address: "sam@linden.example", Role: identity.RoleStudent, Inviter: opened.Actor(),
		ExpiresAt: time.Now().Add(identity.InvitationLifetime),
	}}
	_, err = org.Invite(t.Context(), drafts, "s1", func(i identity.Invitation, token string) (identity.Mail, error) {
		return identity.Mail{To: i.Address, Subject: "Join", Text: token}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return org, queue.payload
}
