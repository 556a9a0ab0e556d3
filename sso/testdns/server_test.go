package testdns_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/sso/testdns"
)

func start(t *testing.T) *testdns.Server {
	t.Helper()
	s, err := testdns.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTXTRecordsAreWhatWasPublished(t *testing.T) {
	s := start(t)
	long := strings.Repeat("a", 300)
	s.SetTXT("proof.linden.example", "first", long)
	s.SetTXT("gone.linden.example", "x")
	s.SetTXT("gone.linden.example")
	s.SetCNAME("alias.linden.example", "proof.linden.example.")
	s.SetCNAME("round.linden.example", "round.linden.example")
	s.SetFailing("broken.linden.example", true)
	for _, tt := range []struct {
		name     string
		want     []string
		notFound bool
		fails    bool
	}{
		{"proof.linden.example", []string{"first", long}, false, false},
		{"PROOF.Linden.example.", []string{"first", long}, false, false},
		{"alias.linden.example", []string{"first", long}, false, false},
		{"gone.linden.example", nil, true, true},
		{"never.linden.example", nil, true, true},
		{"round.linden.example", nil, false, true},
		{"broken.linden.example", nil, false, true},
	} {
		got, err := s.Resolver().LookupTXT(t.Context(), tt.name)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if (err != nil) != tt.fails {
			t.Errorf("%s: %v, want failure %v", tt.name, err, tt.fails)
		}
		var dns *net.DNSError
		if notFound := errors.As(err, &dns) && dns.IsNotFound; notFound != tt.notFound {
			t.Errorf("%s: not found %v, want %v (%v)", tt.name, notFound, tt.notFound, err)
		}
	}
}

func TestAddressesOfBothKindsAreAnswered(t *testing.T) {
	s := start(t)
	s.SetAddresses("idp.linden.example", netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"))
	for _, tt := range []struct {
		network string
		want    []netip.Addr
	}{
		{"ip4", []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
		{"ip6", []netip.Addr{netip.MustParseAddr("::1")}},
	} {
		got, err := s.Resolver().LookupNetIP(t.Context(), tt.network, "idp.linden.example")
		if err != nil {
			t.Fatalf("%s: %v", tt.network, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s", tt.network, diff)
		}
	}
	asked := strings.Join(s.Asked(), "\n")
	for _, want := range []string{"A idp.linden.example", "AAAA idp.linden.example"} {
		if !strings.Contains(asked, want) {
			t.Errorf("asked %q, want %q in it", asked, want)
		}
	}
}

func TestRecordsAreListedInOrder(t *testing.T) {
	s := start(t)
	s.SetTXT("b.example", "2")
	s.SetTXT("a.example", "1")
	s.SetTXT("c.example", "3")
	s.Remove("c.example.")
	want := []testdns.Record{{Name: "a.example", TXT: []string{"1"}}, {Name: "b.example", TXT: []string{"2"}}}
	if diff := cmp.Diff(want, s.Records()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2"}, s.TXT("B.example")); diff != "" {
		t.Error(diff)
	}
}
