package outbound

import (
	"net/netip"
	"slices"
)

// refused are the addresses that are not the public internet's, beyond those
// that netip knows by name. Sources: IANA's special-purpose address registries.
var refused = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32", // Azure's own wire server, reachable from its machines alone
	"2001::/23",        // protocol assignments, Teredo among them, which wraps IPv4
	"2001:db8::/32", "2002::/16", "3fff::/20",
)

// global is where all public IPv6 addresses are. NAT64 (64:ff9b::/96 and
// 64:ff9b:1::/48), which wraps IPv4, is outside.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		parsed[i] = netip.MustParsePrefix(text)
	}
	return parsed
}

// mayAsk reports whether the client may connect to address: it is public, or
// the configuration allows it.
func (c *Client) mayAsk(address netip.Addr) bool {
	if !address.IsValid() || address.Zone() != "" {
		return false
	}
	// ::ffff:127.0.0.1 is 127.0.0.1 to the kernel.
	address = address.Unmap()
	contains := func(p netip.Prefix) bool { return p.Contains(address) }
	if slices.ContainsFunc(c.allowed, contains) {
		return true
	}
	if !address.IsGlobalUnicast() || address.IsPrivate() || slices.ContainsFunc(refused, contains) {
		return false
	}
	return address.Is4() || global.Contains(address)
}
