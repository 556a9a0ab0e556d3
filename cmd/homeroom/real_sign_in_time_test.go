package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// How long the way from the address to the class takes somebody who is signed in
// at the school's identity provider: once to it and back for the portal, once
// more for Zitadel.
func TestRealZitadelSignsInWithoutDelay(t *testing.T) {
	const rounds = 10
	for _, protocol := range []identity.Protocol{identity.ProtocolSAML, identity.ProtocolOIDC} {
		t.Run(string(protocol), func(t *testing.T) {
			r := newRealSchools(t).school("Linden")
			c := r.connect(identity.VendorEntra, protocol, identity.JoinCreate)
			nia := c.knows("nia", "Nia", "Winter")
			phone := c.browser.window("Nia")
			phone.comesByAddress(c.realSchools, nia)
			var whole, first []time.Duration
			asked := 0
			for range rounds {
				phone.isAt(views.OrganizationPath(c.class.ID))
				phone.sends(views.SignOutPath)
				phone.isAt(views.SignedOutPath)
				phone.open(c.url + views.SignInPath)
				phone.types("input[name=address]", nia)
				began := time.Now()
				phone.sends(views.SignInPath)
				asked += phone.throughSchool(c.realSchools, nia)
				phone.isAt(views.OrganizationPath(c.class.ID))
				whole = append(whole, time.Since(began))
				first = append(first, c.arrivedAfter(began))
			}
			slices.Sort(whole)
			slices.Sort(first)
			t.Logf("%s, Login V%d, median of %d: back at the portal after %s, in the class after %s (fastest %s, slowest %s); asked %d times who signs in", protocol, c.version(), len(whole),
				first[len(first)/2].Round(time.Millisecond), whole[len(whole)/2].Round(time.Millisecond), whole[0].Round(time.Millisecond), whole[len(whole)-1].Round(time.Millisecond), asked)
		})
	}
}

var arrivedLine = regexp.MustCompile(`(?m)^time=(\S+) .*route="?GET /arrive/|^time=(\S+) .*route=/arrive/`)

// arrivedAfter is when the portal answered the last return from the identity
// provider, as its log says.
func (s *realSchools) arrivedAfter(began time.Time) time.Duration {
	s.t.Helper()
	var last time.Duration
	for line := range strings.Lines(s.portal.text()) {
		if found := arrivedLine.FindStringSubmatch(line); found != nil {
			at, err := time.Parse(time.RFC3339Nano, found[1]+found[2])
			s.check(err)
			last = at.Sub(began)
		}
	}
	return last
}
