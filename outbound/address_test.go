package outbound

import (
	"net/netip"
	"testing"
)

func TestOnlyPublicAddressesMayBeAsked(t *testing.T) {
	c := New(Options{Allowed: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}})
	for _, tt := range []struct {
		address string
		want    bool
	}{
		{"8.8.8.8", true},
		{"93.184.215.14", true},
		{"2606:4700::1111", true},
		{"::ffff:8.8.8.8", true}, // the same as 8.8.8.8
		{"10.1.2.3", true},       // allowed by the configuration
		{"::ffff:10.1.2.3", true},
		{"10.2.0.1", false},
		{"127.0.0.1", false},
		{"127.8.8.8", false},
		{"::ffff:127.0.0.1", false},
		{"::1", false},
		{"0.0.0.0", false},
		{"0.1.2.3", false},
		{"::", false},
		{"172.16.0.1", false},
		{"192.168.1.1", false},
		{"100.64.0.1", false},      // carrier-grade NAT
		{"169.254.169.254", false}, // metadata of clouds
		{"168.63.129.16", false},
		{"fd00:ec2::254", false},
		{"192.0.0.8", false},
		{"192.0.2.1", false},
		{"198.51.100.7", false},
		{"203.0.113.9", false},
		{"198.18.0.1", false},
		{"224.0.0.1", false},
		{"239.255.255.250", false},
		{"240.0.0.1", false},
		{"255.255.255.255", false},
		{"fe80::1", false},
		{"fe80::1%eth0", false},
		{"fc00::1", false},
		{"ff02::1", false},
		{"2001:db8::1", false},
		{"3fff::1", false},
		{"2002:7f00:1::", false},        // 6to4 of 127.0.0.1
		{"2001:0:7f00:1::", false},      // Teredo
		{"64:ff9b::7f00:1", false},      // NAT64 of 127.0.0.1
		{"64:ff9b:1::a00:1", false},     // local NAT64
		{"::127.0.0.1", false},          // IPv4-compatible
		{"2606:4700::1111%zone", false}, // no zone has a place in a public address
	} {
		if got := c.mayAsk(netip.MustParseAddr(tt.address)); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.address, got, tt.want)
		}
	}
	if c.mayAsk(netip.Addr{}) {
		t.Error("no address at all may be asked")
	}
}
