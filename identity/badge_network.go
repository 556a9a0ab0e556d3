package identity

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// ReadNetworks reads networks as people write them: one a line, or with commas and
// spaces between; a single address is a network of one. What cannot be read is
// answered as well.
func ReadNetworks(text string) (networks []netip.Prefix, wrong []string) {
	for _, field := range networkFields(text) {
		network, err := netip.ParsePrefix(field)
		if err != nil {
			ip, problem := netip.ParseAddr(field)
			if problem != nil || ip.Zone() != "" {
				wrong = append(wrong, field)
				continue
			}
			network = netip.PrefixFrom(ip, ip.BitLen())
		}
		if ip := network.Addr(); ip.Is4In6() {
			wrong = append(wrong, field) // written as nobody's address is
			continue
		}
		if network = network.Masked(); !slices.Contains(networks, network) {
			networks = append(networks, network)
		}
	}
	return networks, wrong
}

func networkFields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}
