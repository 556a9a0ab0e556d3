package sso

import (
	"encoding/json"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// MaxDiscovery bounds a discovery document.
const MaxDiscovery = 200_000

// Discovery is what an OpenID provider says about itself.
type Discovery struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Keys          string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	Scopes        []string `json:"scopes_supported"`
	Claims        []string `json:"claims_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	// Warnings are what is worth knowing and stops nobody.
	Warnings identity.Problems `json:"-"`
}

// DiscoveryURL is where the discovery document of issuer is.
func DiscoveryURL(issuer string) string {
	return strings.TrimSuffix(issuer, "/") + discoveryPath
}

const discoveryPath = "/.well-known/openid-configuration"

// CleanIssuer is an issuer as somebody typed it: spaces around it and the path
// of the discovery document, which is what most consoles show, are taken off.
func CleanIssuer(typed string) string {
	return strings.TrimSuffix(strings.TrimSpace(typed), discoveryPath)
}

// ParseDiscovery reads the discovery document of issuer. Problems are about the
// field "issuer".
func ParseDiscovery(document []byte, issuer string) (Discovery, identity.Problems) {
	var d Discovery
	var problems identity.Problems
	if len(document) > MaxDiscovery {
		problems.Add("issuer", "discovery.too-large")
		return d, problems
	}
	if err := json.Unmarshal(document, &d); err != nil {
		problems.Add("issuer", "discovery.not-json")
		return Discovery{}, problems
	}
	if d.Issuer != issuer {
		switch {
		case strings.Contains(d.Issuer, "{"): // "…/{tenantid}/v2.0" of Entra's common endpoint
			problems.Add("issuer", "discovery.everybody")
		case strings.TrimSuffix(d.Issuer, "/") == strings.TrimSuffix(issuer, "/"):
			problems.Add("issuer", "discovery.slash", "Received", d.Issuer)
		case d.Issuer == "":
			problems.Add("issuer", "discovery.no-issuer")
		default:
			problems.Add("issuer", "discovery.other-issuer", "Expected", issuer, "Received", d.Issuer)
		}
	}
	for _, endpoint := range []struct{ name, value string }{
		{"authorization_endpoint", d.Authorization}, {"token_endpoint", d.Token}, {"jwks_uri", d.Keys},
	} {
		switch verdict := judgeURL(endpoint.value); {
		case endpoint.value == "":
			problems.Add("issuer", "discovery.endpoint-missing", "Name", endpoint.name)
		case verdict == urlMalformed:
			problems.Add("issuer", "discovery.endpoint-wrong", "Name", endpoint.name, "Received", clip(endpoint.value, 200))
		case verdict == urlPlain:
			problems.Add("issuer", "discovery.insecure", "URL", clip(endpoint.value, 200))
		}
	}
	if len(d.ResponseTypes) > 0 && !slices.Contains(d.ResponseTypes, "code") {
		problems.Add("issuer", "discovery.no-code")
	}
	if d.UserInfo == "" {
		d.Warnings.Add("", "discovery.no-userinfo")
	}
	if len(d.Scopes) > 0 && !slices.Contains(d.Scopes, "email") {
		d.Warnings.Add("", "discovery.no-email")
	}
	return d, problems
}
