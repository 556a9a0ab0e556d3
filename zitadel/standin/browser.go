package standin

import (
	"net"
	"net/http"
	"strings"
)

// visitor is what a request tells of the browser it came from.
type visitor struct {
	request, agent     string // ID of the auth request, cookie of the browser
	userAgent, accepts string
	address            string
	idp                string // identity provider that was chosen
}

func visitorOf(r *http.Request, request string) visitor {
	return visitor{
		request: request, agent: agentOf(r.Context()), userAgent: r.UserAgent(), accepts: r.Header.Get("Accept-Language"),
		address: addressOf(r),
	}
}

// addressOf is the client's: what the first proxy said, or who is connected.
func addressOf(r *http.Request) string {
	if first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ","); strings.TrimSpace(first) != "" {
		return strings.TrimSpace(first)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// fields are what Login V1 writes into the events of a check. Those of the
// session API, and so of Login V2, carry nothing.
func (v visitor) fields() map[string]any {
	return trimmed(values{
		"id": v.request, "userAgentID": v.agent, "selectedIDPConfigID": v.idp,
		"userAgent": v.userAgent, "acceptLanguage": v.accepts, "remoteIP": v.address,
	})
}

// check is the payload of a check's event in one generation of login pages.
func (v visitor) check(version int) payload {
	if version == 2 {
		return values{}
	}
	return values(v.fields())
}

// device is the browser as events of OIDC sessions have it: Login V1 describes
// it by its User-Agent and loses the address, Login V2 by what it read out of
// that, with address and header beside it.
func (v visitor) device(version int) values {
	d := trimmed(values{"fingerprint_id": v.agent, "description": v.userAgent})
	if version == 2 {
		if v.address != "" {
			d["ip"] = v.address
		}
		d["description"] = describe(v.userAgent)
		if v.userAgent != "" {
			d["header"] = values{"user-agent": strings.Split(v.userAgent, ",")}
		}
	}
	return d
}

// whole is the device of a sign-in that a token was brought for: all headers of
// the request that did, the token among them.
func (v visitor) whole(header http.Header) values {
	headers := values{}
	for name, list := range header {
		headers[name] = list
	}
	return trimmed(values{"fingerprint_id": v.agent, "ip": v.address, "description": v.userAgent, "header": headers})
}

// describe names browser and system of a User-Agent.
func describe(userAgent string) string {
	find := func(names ...string) string {
		for _, name := range names {
			_, rest, found := strings.Cut(userAgent, name+"/")
			if !found {
				continue
			}
			version, _, _ := strings.Cut(rest, " ")
			return strings.TrimSpace(name) + ", " + version + ", "
		}
		return ""
	}
	system := ""
	for _, s := range []struct{ mark, name string }{
		{"CrOS", "Chromium OS"},
		{"iPhone", "iOS"},
		{"iPad", "iOS"},
		{"Android", "Android"},
		{"Windows NT", "Windows"},
		{"Mac OS X", "Mac OS"},
		{"Linux", "Linux"},
	} {
		if strings.Contains(userAgent, s.mark) {
			system = s.name + ", "
			break
		}
	}
	return find("Edg", "Firefox", "Chrome", "Version") + ",   , " + find("AppleWebKit", "Gecko") + ", " + system
}
