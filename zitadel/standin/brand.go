package standin

import (
	"fmt"
	"net/http"
)

// brand is what a login page shows of an organization's label policy.
type brand struct {
	Org        string // whose colours, or empty for the stand-in's own
	Logo, Name string
}

// brandOf is that of an organization; empty where it has no policy of its own.
func (s *Server) brandOf(orgID string) brand {
	s.RLock()
	defer s.RUnlock()
	l, _, own := s.labelOf(orgID)
	if !own {
		return brand{}
	}
	b := brand{Org: orgID, Name: s.orgs[orgID].name}
	if l.assets[0] != "" {
		b.Logo = "/assets/v1/" + orgID + "/" + l.assets[0]
	}
	return b
}

// brandStyle serves an organization's colours, which are checked when they are
// set. The text on a button is Zitadel's, white or black, whatever is read
// better.
func (s *Server) brandStyle(w http.ResponseWriter, r *http.Request) {
	s.RLock()
	l, _, own := s.labelOf(r.PathValue("org"))
	s.RUnlock()
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !own {
		return
	}
	c := l.colours
	for i, colour := range c {
		if colour == "" {
			c[i] = shippedLook.colours[i]
		}
	}
	fmt.Fprintf(w, ":root{--act:light-dark(%s,%s);--on-act:light-dark(%s,%s);--paper:light-dark(%s,%s);--ink:light-dark(%s,%s);--bad:light-dark(%s,%s)}\n",
		c[0], c[4], onColour(c[0]), onColour(c[4]), c[1], c[5], c[3], c[7], c[2], c[6])
}

// onColour is white or black: what can be read on a colour.
func onColour(hex string) string {
	var r, g, b int
	if len(hex) == 4 {
		hex = "#" + hex[1:2] + hex[1:2] + hex[2:3] + hex[2:3] + hex[3:4] + hex[3:4]
	}
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil || 299*r+587*g+114*b < 140_000 {
		return "#ffffff"
	}
	return "#000000"
}

// brandFor is that of the organization a request is for, or in which the person
// is at home whom it names.
func (s *Server) brandFor(a authRequest) brand {
	s.RLock()
	org := s.requestedOrg(a)
	if u := s.byLoginName(a.in.LoginHint); org == "" && u != nil {
		org = u.owner
	}
	s.RUnlock()
	return s.brandOf(org)
}
