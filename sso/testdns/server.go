package testdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// Record is what is known of one name.
type Record struct {
	Name      string // in lower case, without the dot at the end
	TXT       []string
	Addresses []netip.Addr // A and AAAA
	CNAME     string
	// Fails makes the server answer SERVFAIL for the name, as a broken zone does.
	Fails bool
}

// Server is a name server. Its methods may be called while it answers.
type Server struct {
	conn    net.PacketConn
	stopped chan struct{}

	mu      sync.Mutex
	records map[string]Record
	asked   []string
}

// Start answers on address, such as "127.0.0.1:0", until Close.
func Start(address string) (*Server, error) {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for questions: %w", err)
	}
	s := &Server{conn: conn, stopped: make(chan struct{}), records: map[string]Record{}}
	go s.run()
	return s, nil
}

// Close stops answering.
func (s *Server) Close() error {
	if err := s.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the name server: %w", err)
	}
	<-s.stopped
	return nil
}

// Addr is where it answers, host and port.
func (s *Server) Addr() string { return s.conn.LocalAddr().String() }

// Resolver asks this server alone.
func (s *Server) Resolver() *net.Resolver {
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", s.Addr())
		},
	}
}

// SetTXT replaces a name's TXT records; none leaves the name without.
func (s *Server) SetTXT(name string, values ...string) {
	s.change(name, func(r *Record) { r.TXT = slices.Clone(values) })
}

// SetAddresses replaces a name's A and AAAA records.
func (s *Server) SetAddresses(name string, addresses ...netip.Addr) {
	s.change(name, func(r *Record) { r.Addresses = slices.Clone(addresses) })
}

// SetCNAME makes name another name for target; an empty target ends that.
func (s *Server) SetCNAME(name, target string) {
	s.change(name, func(r *Record) { r.CNAME = canonical(target) })
}

// SetFailing makes questions about name fail, or answers them again.
func (s *Server) SetFailing(name string, fails bool) {
	s.change(name, func(r *Record) { r.Fails = fails })
}

// Remove forgets a name.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, canonical(name))
}

// TXT is what is published at name.
func (s *Server) TXT(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records[canonical(name)].TXT)
}

// Records lists all names, in alphabetical order.
func (s *Server) Records() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Record
	for _, r := range s.records {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Record) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Asked lists the questions so far, as "TXT name".
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *Server) change(name string, change func(*Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = canonical(name)
	record := s.records[name]
	record.Name = name
	change(&record)
	if len(record.TXT) == 0 && len(record.Addresses) == 0 && record.CNAME == "" && !record.Fails {
		delete(s.records, name)
		return
	}
	s.records[name] = record
}

func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
}

// run answers questions one after the other until the port is closed.
func (s *Server) run() {
	defer close(s.stopped)
	packet := make([]byte, 4096)
	for {
		n, from, err := s.conn.ReadFrom(packet)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // of one packet; the next may be fine
		}
		if answer, err := s.answer(packet[:n]); err == nil {
			// Who asked asks again if the answer is lost.
			_, _ = s.conn.WriteTo(answer, from)
		}
	}
}

// answer is the answer to one packet. What is no question gets none.
func (s *Server) answer(packet []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(packet)
	if err != nil || header.Response {
		return nil, errors.New("no question")
	}
	question, err := parser.Question()
	if err != nil {
		return nil, fmt.Errorf("read the question: %w", err)
	}
	message := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: header.ID, Response: true, Authoritative: true,
			RecursionDesired: header.RecursionDesired, RecursionAvailable: true,
		},
		Questions: []dnsmessage.Question{question},
	}
	message.RCode, message.Answers = s.lookUp(question)
	return message.Pack()
}

// maxAliases is how many CNAMEs are followed, so that a circle ends.
const maxAliases = 8

func (s *Server) lookUp(question dnsmessage.Question) (dnsmessage.RCode, []dnsmessage.Resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := canonical(question.Name.String())
	s.asked = append(s.asked, strings.TrimPrefix(question.Type.String(), "Type")+" "+name)
	var answers []dnsmessage.Resource
	for range maxAliases {
		record, known := s.records[name]
		switch {
		case record.Fails:
			return dnsmessage.RCodeServerFailure, nil
		case !known:
			return dnsmessage.RCodeNameError, answers
		case record.CNAME == "" || question.Type == dnsmessage.TypeCNAME:
			return dnsmessage.RCodeSuccess, append(answers, resources(record, question.Type)...)
		}
		answers = append(answers, resources(record, dnsmessage.TypeCNAME)...)
		name = record.CNAME
	}
	return dnsmessage.RCodeServerFailure, nil
}

// resources are a record's answers to a question of one type.
func resources(record Record, kind dnsmessage.Type) []dnsmessage.Resource {
	var bodies []dnsmessage.ResourceBody
	switch kind {
	case dnsmessage.TypeTXT:
		for _, value := range record.TXT {
			bodies = append(bodies, &dnsmessage.TXTResource{TXT: chunks(value)})
		}
	case dnsmessage.TypeCNAME:
		if target, err := dnsmessage.NewName(record.CNAME + "."); err == nil && record.CNAME != "" {
			bodies = append(bodies, &dnsmessage.CNAMEResource{CNAME: target})
		}
	case dnsmessage.TypeA:
		for _, address := range record.Addresses {
			if address.Is4() {
				bodies = append(bodies, &dnsmessage.AResource{A: address.As4()})
			}
		}
	case dnsmessage.TypeAAAA:
		for _, address := range record.Addresses {
			if address.Is6() {
				bodies = append(bodies, &dnsmessage.AAAAResource{AAAA: address.As16()})
			}
		}
	}
	name, err := dnsmessage.NewName(record.Name + ".")
	if err != nil {
		return nil // nobody can have asked for it
	}
	var all []dnsmessage.Resource
	for _, body := range bodies {
		all = append(all, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: body,
		})
	}
	return all
}

// chunks cuts a TXT record's value into the strings of at most 255 bytes that
// the wire has.
func chunks(value string) []string {
	parts := []string{}
	for len(value) > 255 {
		parts, value = append(parts, value[:255]), value[255:]
	}
	return append(parts, value)
}
