package mail

import (
	"bufio"
	"context"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// smtpServer speaks enough SMTP to take mail, and answers a command that
// refusals names with that answer.
type smtpServer struct {
	port     int
	received chan string
}

func newSMTPServer(t *testing.T, refusals map[string]string) *smtpServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s := &smtpServer{received: make(chan string, 4)}
	s.port, _ = strconv.Atoi(port)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.talk(conn, refusals)
		}
	}()
	return s
}

func (s *smtpServer) talk(conn net.Conn, refusals map[string]string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	say("220 test")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		if answer, refused := refusals[verb]; refused {
			say(answer)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-test\r\n250 8BITMIME")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			s.received <- text.String()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *smtpServer) mailer(t *testing.T, tls string) *SMTP {
	t.Helper()
	m, err := NewSMTP(SMTPOptions{Host: "127.0.0.1", Port: s.port, TLS: tls, From: "homeroom@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var invitation = identity.Mail{
	Key: "m1", To: "sam@linden.example", FromName: "Schüle «Linden»", Subject: "Ihre Einladung – 7b",
	Text: "Hello Sam\n", HTML: "<p>Hello Sam</p>",
}

func TestAMailArrivesInBothFormsInTheSchoolsName(t *testing.T) {
	server := newSMTPServer(t, nil)
	if err := server.mailer(t, NoTLS).Send(context.Background(), invitation); err != nil {
		t.Fatal(err)
	}
	raw := <-server.received
	message, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	from, err := message.Header.AddressList("From")
	if err != nil || from[0].Name != invitation.FromName || from[0].Address != "homeroom@example.org" {
		t.Errorf("From = %v, %v", from, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil || subject != invitation.Subject {
		t.Errorf("Subject = %q, %v", subject, err)
	}
	if got := message.Header.Get("Message-ID"); got != "<m1@example.org>" {
		t.Errorf("Message-ID = %q", got)
	}
	for _, want := range []string{"text/plain", "text/html", "Hello Sam", "<p>Hello Sam</p>"} {
		if !strings.Contains(raw, want) {
			t.Errorf("the mail lacks %q", want)
		}
	}
}

func TestOnlyARefusalOfTheMailItselfIsFinal(t *testing.T) {
	for _, test := range []struct {
		name    string
		refuse  map[string]string
		tls     string
		final   bool
		message string
	}{
		{"the recipient for good", map[string]string{"RCPT": "550 5.1.1 <Sam@linden.example>: nobody called sam here"}, NoTLS, true, "mail.refused-address"},
		{"the recipient for now", map[string]string{"RCPT": "451 4.7.1 later"}, NoTLS, false, ""},
		{"the sender for good", map[string]string{"MAIL": "553 5.7.1 not you"}, NoTLS, true, "mail.refused"},
		{"the text for good", map[string]string{"DATA": "554 5.7.1 spam"}, NoTLS, true, "mail.refused"},
		{"the greeting", map[string]string{"EHLO": "421 busy", "HELO": "421 busy"}, NoTLS, false, ""},
		{"no TLS where it is required", nil, StartTLS, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := newSMTPServer(t, test.refuse).mailer(t, test.tls).Send(context.Background(), invitation)
			if err == nil {
				t.Fatal("the mail went out")
			}
			if got := identity.IsKind(err, identity.KindInvalid); got != test.final {
				t.Errorf("final = %v, want %v: %v", got, test.final, err)
			}
			if test.final && !strings.Contains(err.Error(), "("+test.message+")") {
				t.Errorf("%v does not say %s", err, test.message)
			}
			if said := strings.ToLower(err.Error()); strings.Contains(said, "sam") {
				t.Errorf("%q says whom it is about, and errors are logged", said)
			}
		})
	}
}

func TestReadySaysWhetherTheServerAnswers(t *testing.T) {
	if err := newSMTPServer(t, nil).mailer(t, NoTLS).Ready(context.Background()); err != nil {
		t.Errorf("a server that answers: %v", err)
	}
	if err := newSMTPServer(t, nil).mailer(t, StartTLS).Ready(context.Background()); err == nil {
		t.Error("a server without TLS counts as ready where TLS is required")
	}
	unset, err := NewSMTP(SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if unset.Ready(context.Background()) == nil || unset.Send(context.Background(), invitation) == nil {
		t.Error("without a server mail counts as sent")
	}
}

func TestWrongSettingsAreRefusedAtTheStart(t *testing.T) {
	for name, options := range map[string]SMTPOptions{
		"no sender":     {Host: "mail.example.org", Port: 587},
		"no way of TLS": {Host: "mail.example.org", Port: 587, From: "a@example.org", TLS: "ssl3"},
	} {
		if _, err := NewSMTP(options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
