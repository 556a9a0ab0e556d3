package doctor

import (
	"net/netip"
	"net/url"

	"homeroom.dev/homeroom/identity"
)

// badges looks whether Zitadel may fetch the keys of badges, where schools use
// them: as it is shipped it calls no private address.
func (e *examination) badges() {
	schools, err := e.Store.SchoolsWithBadges(e.ctx)
	if err != nil || schools == 0 {
		return // the database has a finding of its own
	}
	u, err := url.Parse(e.PublicURL)
	if err != nil {
		return // and so has the URL
	}
	addresses, err := e.Resolve(e.ctx, u.Hostname())
	if err != nil {
		e.say(identity.LevelWarning, "badge-host", "Host", u.Hostname())
		return
	}
	inside := ""
	for _, address := range addresses {
		if denied(address) {
			inside = address.Unmap().String()
		}
	}
	e.check(inside == "", identity.LevelWarning, "badge-keys", "Host", u.Hostname(), "Address", inside, "Count", schools)
}

// denied reports whether Zitadel's own deny list has an address, as it is shipped.
func denied(address netip.Addr) bool {
	address = address.Unmap()
	return address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() || address.IsUnspecified()
}
