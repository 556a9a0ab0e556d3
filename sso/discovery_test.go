package sso

import (
	"slices"
	"strings"
	"testing"
)

func TestParseDiscovery(t *testing.T) {
	const good = `{"issuer":"https://id.linden.example","authorization_endpoint":"https://id.linden.example/a",` +
		`"token_endpoint":"https://id.linden.example/t","userinfo_endpoint":"https://id.linden.example/u","jwks_uri":"https://id.linden.example/k",` +
		`"response_types_supported":["code","id_token"],"scopes_supported":["openid","email"],"claims_supported":["sub"]}`
	for _, tt := range []struct {
		name, document, issuer string
		problems, warnings     []string
	}{
		{"as it should be", good, "https://id.linden.example", nil, nil},
		{"a slash too many", good, "https://id.linden.example/", []string{"discovery.slash"}, nil},
		{"another's", good, "https://id.birch.example", []string{"discovery.other-issuer"}, nil},
		{"a page", "<!doctype html>", "https://id.linden.example", []string{"discovery.not-json"}, nil},
		{"nothing in it", "{}", "https://id.linden.example", []string{
			"discovery.no-issuer", "discovery.endpoint-missing", "discovery.endpoint-missing", "discovery.endpoint-missing",
		}, []string{"discovery.no-userinfo"}},
		{
			"everybody's of Entra", strings.Replace(good, `"issuer":"https://id.linden.example"`, `"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0"`, 1),
			"https://login.microsoftonline.com/common/v2.0",
			[]string{"discovery.everybody"},
			nil,
		},
		{
			"implicit flow alone", strings.Replace(good, `"code","id_token"`, `"id_token"`, 1), "https://id.linden.example",
			[]string{"discovery.no-code"},
			nil,
		},
		{
			"an endpoint that is none", strings.Replace(good, `https://id.linden.example/t`, `javascript:alert(1)`, 1), "https://id.linden.example",
			[]string{"discovery.endpoint-wrong"},
			nil,
		},
		{
			"an endpoint in the clear", strings.Replace(good, `https://id.linden.example/t`, `http://id.linden.example/t`, 1), "https://id.linden.example",
			[]string{"discovery.insecure"},
			nil,
		},
		{
			"no addresses", strings.Replace(good, `"openid","email"`, `"openid"`, 1), "https://id.linden.example",
			nil,
			[]string{"discovery.no-email"},
		},
		{"far too large", strings.Repeat(" ", MaxDiscovery) + good, "https://id.linden.example", []string{"discovery.too-large"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, problems := ParseDiscovery([]byte(tt.document), tt.issuer)
			var got, warned []string
			for _, p := range problems {
				got = append(got, p.Message.ID)
				if p.Field != "issuer" {
					t.Errorf("%s is about %q", p.Message.ID, p.Field)
				}
			}
			for _, p := range d.Warnings {
				warned = append(warned, p.Message.ID)
			}
			if !slices.Equal(got, tt.problems) || !slices.Equal(warned, tt.warnings) {
				t.Errorf("problems %v and warnings %v, want %v and %v", got, warned, tt.problems, tt.warnings)
			}
		})
	}
}

func TestCleanIssuer(t *testing.T) {
	for typed, want := range map[string]string{
		" https://id.linden.example ":                                "https://id.linden.example",
		"https://id.linden.example/.well-known/openid-configuration": "https://id.linden.example",
		"https://id.linden.example/":                                 "https://id.linden.example/",
	} {
		if got := CleanIssuer(typed); got != want {
			t.Errorf("%q is cleaned to %q, want %q", typed, got, want)
		}
	}
}
