package main

import (
	"bufio"
	"io"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"homeroom.dev/homeroom/views"
)

// mailServer takes mail over SMTP and keeps it, or does not, as a test says.
type mailServer struct {
	port string

	mu     sync.Mutex
	taken  []delivery
	answer func(at, to string) string
}

// delivery is a mail that was taken.
type delivery struct{ id, to, text string }

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	m := &mailServer{}
	_, m.port, _ = net.SplitHostPort(listener.Addr().String())
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go m.talk(conn)
		}
	}()
	return m
}

// The moments at which a mail can be refused.
const (
	atRecipient = "recipient"
	atText      = "text"
	onceTaken   = "taken" // the mail is kept, and the sender does not hear of it
)

// refuse decides from now on what is answered at each moment; an empty answer
// goes on, nil ends it.
func (m *mailServer) refuse(answer func(at, to string) string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = answer
}

func (m *mailServer) asked(at, to string) string {
	m.mu.Lock()
	answer := m.answer
	m.mu.Unlock()
	if answer == nil {
		return ""
	}
	return answer(at, to)
}

func (m *mailServer) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	say("220 test")
	var to string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		switch verb, rest, _ := strings.Cut(line, " "); strings.ToUpper(verb) {
		case "EHLO":
			say("250-test\r\n250 8BITMIME")
		case "RCPT":
			to = strings.Trim(rest[strings.IndexByte(rest, '<'):], "<>")
			if refusal := m.asked(atRecipient, to); refusal != "" {
				say(refusal)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			text, err := readData(in)
			if err != nil {
				return
			}
			if refusal := m.asked(atText, to); refusal != "" {
				say(refusal)
				continue
			}
			m.keep(to, text)
			if refusal := m.asked(onceTaken, to); refusal != "" {
				say(refusal)
				continue
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func readData(in *bufio.Reader) (string, error) {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return text.String(), err
		}
		text.WriteString(line)
	}
}

func (m *mailServer) keep(to, text string) {
	id := "?"
	if message, err := netmail.ReadMessage(strings.NewReader(text)); err == nil {
		id = message.Header.Get("Message-Id")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taken = append(m.taken, delivery{id, to, text})
}

// link is the invitation's link in the mail.
func (d delivery) link(t *testing.T) string {
	t.Helper()
	message, err := netmail.ReadMessage(strings.NewReader(d.text))
	if err != nil {
		t.Fatalf("read the mail to %s: %v", d.to, err)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatalf("read the mail to %s: %v", d.to, err)
	}
	part, err := multipart.NewReader(message.Body, parameters["boundary"]).NextPart() // the text comes first
	if err != nil {
		t.Fatalf("read the mail to %s: %v", d.to, err)
	}
	text, err := io.ReadAll(part)
	for word := range strings.FieldsSeq(string(text)) {
		if strings.HasPrefix(word, "http://") && strings.Contains(word, views.AcceptPath("")) {
			return word
		}
	}
	t.Fatalf("the mail to %s has no link (%v):\n%s", d.to, err, text)
	return ""
}

// mailsTo are the mails that an address got, the oldest first.
func (m *mailServer) mailsTo(to string) []delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []delivery
	for _, d := range m.taken {
		if d.to == to {
			found = append(found, d)
		}
	}
	return found
}

// perAddress counts, for every address, the different Message-IDs it got: a
// mail that came twice under the same one is shown once.
func (m *mailServer) perAddress() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := map[delivery]bool{}
	count := map[string]int{}
	for _, d := range m.taken {
		d.text = ""
		if !seen[d] {
			seen[d] = true
			count[d.to]++
		}
	}
	return count
}

// total is how many mails were taken, repetitions included.
func (m *mailServer) total() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.taken)
}
