package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"homeroom.dev/homeroom/identity"
)

// nameServer answers TXT questions from records until the test ends; a name
// with nil records it does not answer at all.
func nameServer(t *testing.T, records map[string][]string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			found, known := records[strings.TrimSuffix(m.Questions[0].Name.String(), ".")]
			if known && found == nil {
				continue
			}
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			if !known {
				m.RCode = dnsmessage.RCodeNameError
			}
			for _, text := range found {
				m.Answers = append(m.Answers, dnsmessage.Resource{
					Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.TXTResource{TXT: strings.SplitAfter(text, "|")},
				})
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

func TestLookupTXT(t *testing.T) {
	server := nameServer(t, map[string][]string{
		"_zitadel-challenge.linden.example": {"token", "two|parts"}, "silent.example": nil, "empty.example": {},
	})
	client := New(Options{DNS: server, Timeout: 300 * time.Millisecond})
	for _, tt := range []struct {
		name, lookup, want, message string
	}{
		{"records", "_zitadel-challenge.linden.example", "[token two|parts]", ""},
		{"with the dot", "_zitadel-challenge.linden.example.", "[token two|parts]", ""},
		{"an unknown name", "nowhere.example", "[]", ""},
		{"a name without records", "empty.example", "[]", ""},
		{"no answer", "silent.example", "[]", "outbound.dns"},
	} {
		got, err := client.LookupTXT(context.Background(), tt.lookup)
		var said *identity.Error
		if fmt.Sprint(got) != tt.want || errors.As(err, &said) != (tt.message != "") || said != nil && said.Message.ID != tt.message {
			t.Errorf("%s: %v, %v, want %s, %s", tt.name, got, err, tt.want, tt.message)
		}
	}
}
