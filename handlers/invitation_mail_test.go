package handlers

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/jobs"
	"homeroom.dev/homeroom/mail"
)

// A mail server that knows one address and refuses the other for good: the list
// tells both apart, without being loaded anew, and a refused one can be sent
// again.
func TestWhatTheMailServerRefusesIsShownOnTheInvitation(t *testing.T) {
	p := newPortal(t)
	server := newMailServer(t, "unknown@x.example")
	mailer, err := mail.NewSMTP(mail.SMTPOptions{
		Host: server.host, Port: server.port, TLS: mail.NoTLS, From: "homeroom@homeroom.example",
	})
	p.check(err)
	queue, err := jobs.New(p.ctx, p.store, mailer, slog.New(slog.DiscardHandler))
	p.check(err)
	p.store.UseQueue(queue)
	running, stop := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { _ = queue.Run(running) })
	t.Cleanup(func() { stop(); wait.Wait() })

	p.run(biology, []scenario{{
		name: "invited", who: lee, method: "POST", path: "/o/{biology}/invitations", status: 303,
		form: inviting("addresses", "known@x.example, unknown@x.example"), redirect: "/o/{biology}/invitations", audit: created(2),
	}})
	region := p.signIn(lee).with("HX-Request", "true").with("HX-Target", "invitations")
	path := p.fill("/o/{biology}/invitations")
	var said string
	eventually(t, func() bool {
		said = region.get(path).text()
		return strings.Contains(said, "Mail sent") && strings.Contains(said, "Mail failed")
	})
	if want := "does not know this address"; !strings.Contains(said, want) {
		t.Errorf("the list does not say %q: %s", want, said)
	}

	server.know("unknown@x.example")
	id := string(p.invitationTo(biology, "unknown@x.example").ID)
	p.signIn(lee).do("POST", path+"/"+id+"/resend", url.Values{})
	eventually(t, func() bool {
		said = region.get(path).text()
		return strings.Count(said, "Mail sent") == 4 // a state and a step for each
	})
	if strings.Contains(said, "Mail failed") {
		t.Errorf("the failure stays: %s", said)
	}
	if got := fmt.Sprint(server.received()); got != "[known@x.example unknown@x.example]" {
		t.Errorf("the server has mail for %s", got)
	}
}

// mailServer speaks just enough SMTP (RFC 5321) to take mail, or to refuse it
// for the addresses it does not know.
type mailServer struct {
	host string
	port int

	mu      sync.Mutex
	unknown map[string]bool
	got     []string
}

func newMailServer(t *testing.T, unknown ...string) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr)
	s := &mailServer{host: address.IP.String(), port: address.Port, unknown: map[string]bool{}}
	for _, u := range unknown {
		s.unknown[u] = true
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // closed
			}
			wait.Go(func() { s.serve(connection) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); wait.Wait() })
	return s
}

func (s *mailServer) know(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.unknown, address)
}

func (s *mailServer) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

func (s *mailServer) serve(connection net.Conn) {
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
	lines := bufio.NewScanner(connection)
	say := func(text string) { _, _ = fmt.Fprintf(connection, "%s\r\n", text) }
	say("220 mail.example")
	var to string
	for data := false; lines.Scan(); {
		line := lines.Text()
		command, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case data && line == ".":
			data = false
			s.mu.Lock()
			s.got = append(s.got, to)
			s.mu.Unlock()
			say("250 taken")
		case data:
		case command == "RCPT":
			to = strings.Trim(strings.TrimPrefix(line, "RCPT TO:"), "<> ")
			s.mu.Lock()
			refused := s.unknown[to]
			s.mu.Unlock()
			if refused {
				say("550 5.1.1 no such user")
			} else {
				say("250 ok")
			}
		case command == "DATA":
			data = true
			say("354 go on")
		case command == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
