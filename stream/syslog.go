package stream

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
)

// syslog sends records to a server as messages of RFC 5424, over TLS with the
// octet counting of RFC 5425.
//
// Syslog acknowledges nothing. What stands in for it: after a batch the
// connection is closed by TLS's close_notify, and the batch counts as taken when
// the server has closed its side in answer, which it can only do once it has read
// everything before. A write that merely succeeded may still be in a buffer of
// this machine when the server dies.
type syslog struct {
	client  *outbound.Client
	roots   *x509.CertPool
	address string
	host    string        // of this machine
	closing time.Duration // how long the server may take to close its side
}

// Priorities of RFC 5424 section 6.2.1: facility 13, log audit.
const (
	priorityNotice  = 13*8 + 5
	priorityWarning = 13*8 + 4
)

// closing is how long a server may take to close its side.
const closing = 10 * time.Second

// send sends a batch over a connection of its own.
func (s syslog) send(ctx context.Context, b batch) error {
	connection, err := s.client.DialTLS(ctx, s.address, s.roots)
	if err != nil {
		return err
	}
	defer connection.Close()
	stop := context.AfterFunc(ctx, func() { _ = connection.NetConn().Close() })
	defer stop()
	host, _, _ := net.SplitHostPort(s.address)

	var frames bytes.Buffer
	for _, l := range b.lines {
		message := s.message(l)
		frames.WriteString(strconv.Itoa(len(message)) + " ")
		frames.Write(message)
	}
	if _, err := connection.Write(frames.Bytes()); err != nil {
		return outbound.Explain(ctx, host, fmt.Errorf("send: %w", err))
	}
	if err := connection.CloseWrite(); err != nil {
		return outbound.Explain(ctx, host, fmt.Errorf("close: %w", err))
	}
	if err := connection.SetReadDeadline(time.Now().Add(s.closing)); err != nil {
		return outbound.Explain(ctx, host, err)
	}
	// A server says nothing; whatever it says all the same is bounded.
	_, err = io.Copy(io.Discard, io.LimitReader(connection, 64<<10))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return identity.Unavailable("stream.unconfirmed", "Host", host).Because(err)
	}
	return outbound.Explain(ctx, host, fmt.Errorf("wait for the end: %w", err))
}

// message is a record as RFC 5424 section 6 has it, with the event as its text.
func (s syslog) message(l line) []byte {
	priority := priorityNotice
	if l.bad {
		priority = priorityWarning
	}
	var m bytes.Buffer
	fmt.Fprintf(&m, "<%d>1 %s %s Homeroom - %s - ", priority,
		l.at.UTC().Format("2006-01-02T15:04:05.000000Z07:00"), header(s.host, 255), header(string(l.kind), 32))
	escaped(&m, l.json)
	return m.Bytes()
}

// escaped writes JSON in ASCII alone. A text in UTF-8 would have to begin with a
// byte order mark (RFC 5424 section 6.4), with which JSON must not (RFC 8259
// section 8.1). Outside of strings JSON is ASCII anyway.
func escaped(to *bytes.Buffer, json []byte) {
	for _, r := range string(json) {
		switch {
		case r < utf8.RuneSelf:
			to.WriteByte(byte(r))
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(to, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(to, `\u%04x`, r)
		}
	}
}

// header is a field of a message's header: printable ASCII, or "-" for nothing.
func header(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	if text == "" {
		return "-"
	}
	return text[:min(len(text), most)]
}
