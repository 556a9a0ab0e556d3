package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/views"
)

// childVariable makes of this test binary the program itself: its value are the
// arguments, one a line.
const childVariable = "HOMEROOM_TEST_COMMAND"

// beforeChild is done first, where the system can do it.
var beforeChild = func() error { return nil }

func TestMain(m *testing.M) {
	arguments, child := os.LookupEnv(childVariable)
	if !child {
		os.Exit(m.Run())
	}
	if err := beforeChild(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx, strings.Split(arguments, "\n"), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is the program, running beside the test.
type process struct {
	s    *site
	cmd  *exec.Cmd
	mu   sync.Mutex
	said strings.Builder
}

// Write keeps what the program says.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(text)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// start runs a command of the program in a process of its own.
func (s *site) start(arguments ...string) *process {
	s.t.Helper()
	p := s.prepare(arguments...)
	s.check(p.cmd.Start())
	return p
}

func (s *site) prepare(arguments ...string) *process {
	p := &process{s: s, cmd: exec.Command(os.Args[0])}
	arguments = append(arguments, "--config", s.config)
	p.cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(arguments, "\n"))
	p.cmd.Stdout, p.cmd.Stderr = io.Discard, p
	s.t.Cleanup(func() {
		if p.cmd.Process != nil && p.cmd.ProcessState == nil {
			p.kill()
		}
		if address := anAddress.FindString(p.text()); address != "" {
			s.t.Errorf("the log holds an address, %s", address)
		}
		if s.t.Failed() {
			s.t.Log(p.text())
		}
	})
	return p
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // killed
}

// stop ends the program as an operator does.
func (p *process) stop() {
	p.s.t.Helper()
	p.s.check(p.cmd.Process.Signal(syscall.SIGTERM))
	if err := p.cmd.Wait(); err != nil {
		p.s.t.Errorf("homeroom ends with %v\n%s", err, p.text())
	}
}

// pupils are as many addresses, for one batch of invitations.
func pupils(batch string, count int) []string {
	addresses := make([]string, count)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("%s-%03d@pupils.example", batch, i)
	}
	return addresses
}

// A batch of invitations is there whole or not at all, whenever the portal is
// killed, and the form can be sent again until it is. Every mail goes out, and
// one that went out twice is the same one.
func TestKillingThePortalWhileItInvites(t *testing.T) {
	t.Parallel()
	const size = 150
	s := newSchool(t)
	s.command("sync")
	portal := s.start("serve")
	s.answers()
	teacher := s.signIn(siteTeacher)

	// The first batch is written undisturbed, to know how long that takes. Its
	// mails are cut off: some sent, some in the hands of the mail server.
	held, release := make(chan struct{}, size), make(chan struct{})
	s.mail.refuse(func(at, to string) string {
		if at == onceTaken && s.mail.total() > size/4 {
			held <- struct{}{}
			<-release
		}
		return ""
	})
	began := time.Now()
	teacher.invite("undisturbed", pupils("undisturbed", size)...).says(t, "invite", http.StatusOK, fmt.Sprint(size, " people are invited."))
	whole := time.Since(began)
	<-held
	portal.kill()
	s.mail.refuse(nil)
	close(release)
	batches := []string{"undisturbed"}
	s.checkBatch("undisturbed", size, true)
	kills := 1

	for _, percent := range []int{40, 80, 120} {
		batch := fmt.Sprint("at-", percent)
		batches = append(batches, batch)
		portal = s.start("serve")
		s.answers()
		confirmed := make(chan bool, 1)
		go func() {
			seen, err := teacher.try(http.MethodPost, views.InvitationsPath(s.class), invitationForm(batch, pupils(batch, size)...))
			confirmed <- err == nil && seen.status == http.StatusOK
		}()
		<-time.After(whole * time.Duration(percent) / 100) // the moment is what is tested
		portal.kill()
		kills++
		s.checkBatch(batch, size, <-confirmed)
	}

	portal = s.start("serve")
	s.answers()
	for _, batch := range batches {
		for range 2 {
			teacher.invite(batch, pupils(batch, size)...).says(t, "the form again", http.StatusOK, fmt.Sprint(size, " people are invited."))
		}
		s.checkBatch(batch, size, true)
	}
	s.eventually("mails are left over", func() bool {
		return s.count("SELECT COUNT(*) FROM outbox WHERE state = 'queued'") == 0
	})
	portal.stop()

	want := map[string]int{}
	for _, batch := range batches {
		for _, address := range pupils(batch, size) {
			want[address] = 1
		}
	}
	if diff := cmp.Diff(want, s.mail.perAddress()); diff != "" {
		t.Errorf("mails per address (-want +got):\n%s", diff)
	}
	// Only what was in the hands of the mail server is sent again: four at once.
	if extra := s.mail.total() - len(want); extra < 1 || extra > 4*kills {
		t.Errorf("%d mails went out twice after %d kills", extra, kills)
	}
	for what, query := range map[string]string{
		"invitations whose mail is sent": "SELECT COUNT(*) FROM invitations WHERE mail = 'sent'",
		"mails":                          "SELECT COUNT(*) FROM outbox",
		"records":                        "SELECT COUNT(*) FROM audit_records WHERE action = 'invitation.created'",
	} {
		if got := s.count(query); got != len(want) {
			t.Errorf("%d %s, want %d", got, what, len(want))
		}
	}
}

// checkBatch complains if a batch is there in part, or was confirmed and is not
// there.
func (s *site) checkBatch(batch string, size int, confirmed bool) {
	s.t.Helper()
	like := batch + "-%"
	there := s.count("SELECT COUNT(*) FROM invitations WHERE address LIKE ?", like)
	mails := s.count(`SELECT COUNT(*) FROM outbox o JOIN invitations i
		ON i.organization_id = o.organization_id AND i.id = o.invitation_id WHERE i.address LIKE ?`, like)
	if there != 0 && there != size || mails != there {
		s.t.Errorf("batch %s: %d invitations with %d mails, want %d of each or none", batch, there, mails, size)
	}
	if confirmed && there == 0 {
		s.t.Errorf("batch %s was confirmed and is lost", batch)
	}
}
