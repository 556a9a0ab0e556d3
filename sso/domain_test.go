package sso

import (
	"errors"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestCheckDomain(t *testing.T) {
	say := sayer(t, "es")
	for _, tt := range []struct{ typed, want, problem string }{
		{"linden.example", "linden.example", ""},
		{" Linden.EXAMPLE. ", "linden.example", ""},
		{"@linden.example", "linden.example", ""},
		{"students.linden.k12.ca.us", "students.linden.k12.ca.us", ""},
		{"schule-zürich.ch", "xn--schule-zrich-klb.ch", ""},
		{"学校.中国", "xn--48s290a.xn--fiqs8s", ""},
		{"straße.example", "xn--strae-oqa.example", ""},
		{"xn--schule-zrich-klb.ch", "xn--schule-zrich-klb.ch", ""},
		{"a.b", "a.b", ""},
		{"mail.linden.example", "mail.linden.example", ""},
		{"", "", "domain-check.empty"},
		{" . ", "", "domain-check.empty"},
		{"ada@linden.example", "", "domain-check.address"},
		{"https://linden.example/", "", "domain-check.url"},
		{"linden.example, birch.example", "", "domain-check.several"},
		{"linden.example birch.example", "", "domain-check.several"},
		{"linden", "", "domain-check.malformed"},
		{"linden..example", "", "domain-check.malformed"},
		{".linden.example", "", "domain-check.malformed"},
		{"-linden.example", "", "domain-check.malformed"},
		{"linden_.example", "", "domain-check.malformed"},
		{"*.linden.example", "", "domain-check.malformed"},
		{"linden.example:443", "", "domain-check.malformed"},
		{"192.0.2.1", "", "domain-check.malformed"},
		{"linden.1", "", "domain-check.malformed"},
		{"xn--a.example", "", "domain-check.malformed"},
		{strings.Repeat("a", 64) + ".example", "", "domain-check.malformed"},
		{strings.Repeat("a.", 127) + "example", "", "domain-check.malformed"},
		{strings.Repeat("ü", 2000), "", "domain-check.malformed"},
		{"co.uk", "", "domain-check.public-suffix"},
		{"k12.ca.us", "", "domain-check.public-suffix"},
		{"github.io", "", "domain-check.public-suffix"},
		{"gmail.com", "", "domain-check.public-mail"},
		{"GMX.de", "", "domain-check.public-mail"},
		{"vip.qq.com", "", "domain-check.public-mail"},
		{"nyc.rr.com", "", "domain-check.public-mail"},
	} {
		domain, problems := CheckDomain(tt.typed)
		got := ""
		for _, p := range problems {
			if got = p.Message.ID; p.Field != "domain" {
				t.Errorf("%q: about %q", tt.typed, p.Field)
			}
			say(p.Message)
		}
		if domain != tt.want || got != tt.problem {
			t.Errorf("%q: %q and %q, want %q and %q", tt.typed, domain, got, tt.want, tt.problem)
		}
	}
}

func TestPublicMailKnowsTheWorld(t *testing.T) {
	if len(publicMail) < 100 {
		t.Errorf("only %d are known", len(publicMail))
	}
	for domain := range publicMail {
		if ascii, ok := toASCII(domain); !ok || ascii != domain {
			t.Errorf("%s is no domain", domain)
		}
	}
	for _, domain := range strings.Fields("gmail.com outlook.com hotmail.co.uk live.com yahoo.co.jp ymail.com icloud.com me.com proton.me " +
		"protonmail.com gmx.net web.de t-online.de orange.fr laposte.net libero.it qq.com 163.com 126.com mail.ru yandex.ru naver.com " +
		"rediffmail.com uol.com.br seznam.cz wp.pl bigpond.com comcast.net aol.com fastmail.com mailinator.com Gmail.com. mail.gmail.com") {
		if !PublicMail(domain) {
			t.Errorf("%s is not known", domain)
		}
	}
	for _, domain := range []string{"linden.example", "notgmail.com", "gmail.com.linden.example", "", "com", "mit.edu"} {
		if PublicMail(domain) {
			t.Errorf("%q is taken for a mail provider", domain)
		}
	}
}

func TestCompareDNSSaysWhatIsThereInstead(t *testing.T) {
	const domain, right = "linden.example", "_zitadel-challenge.linden.example"
	const token, before = "hq3FA8ZLzk2mV7xN", "oldTokenOfYesterday"
	for _, tt := range []struct {
		name    string
		found   map[string][]string
		proven  bool
		message string
		told    string
	}{
		{"the token", map[string][]string{right: {token}}, true, "challenge.proven", token},
		{"the token among others", map[string][]string{right: {"v=spf1 -all", token}}, true, "challenge.proven", "v=spf1 -all, " + token},
		{"nothing", nil, false, "challenge.nothing", ""},
		{"in quotation marks", map[string][]string{right: {`"` + token + `"`}}, false, "challenge.whitespace", `"` + token + `"`},
		{"with a space", map[string][]string{right: {token + " "}}, false, "challenge.whitespace", token + " "},
		{"with an invisible space", map[string][]string{right: {"\u200b" + token}}, false, "challenge.whitespace", "\u200b" + token},
		{"an older one", map[string][]string{right: {before}}, false, "challenge.older", before},
		{"cut off", map[string][]string{right: {token[:10]}}, false, "challenge.part", token[:10]},
		{"with its name before it", map[string][]string{right: {"TXT=" + token}}, false, "challenge.more", "TXT=" + token},
		{"in other capitals", map[string][]string{right: {strings.ToLower(token)}}, false, "challenge.other", strings.ToLower(token)},
		{"something else", map[string][]string{right: {"google-site-verification=1"}}, false, "challenge.other", "google-site-verification=1"},
		{"the domain doubled", map[string][]string{right + "." + domain: {token}}, false, "challenge.doubled", token},
		{"the domain doubled, an older one", map[string][]string{right + "." + domain: {before}}, false, "challenge.doubled", before},
		{"without the underscore", map[string][]string{"zitadel-challenge." + domain: {token}}, false, "challenge.underscore", token},
		{"at the domain itself", map[string][]string{domain: {"v=spf1 -all", token}}, false, "challenge.apex", token},
		{"other records of the domain", map[string][]string{domain: {"v=spf1 -all"}}, false, "challenge.nothing", ""},
		{"an older one, and the new one elsewhere", map[string][]string{right: {before}, domain: {token}}, false, "challenge.older", before},
	} {
		say := sayer(t, "en")
		got := CompareDNS(domain, identity.DomainChallenge{Proof: identity.ProofDNS, Token: token, Place: right}, tt.found, []string{before})
		say(got.Message)
		if got.Proven != tt.proven || got.Message.ID != tt.message || list(got.Found) != tt.told {
			t.Errorf("%s: %+v, want %t %s %q", tt.name, got, tt.proven, tt.message, tt.told)
		}
		for place := range tt.found {
			if !contains(ChallengePlaces(domain), place) {
				t.Errorf("%s: nobody looks at %s", tt.name, place)
			}
		}
	}
}

func TestCompareHTTPSaysWhatIsThereInstead(t *testing.T) {
	const token = "hq3FA8ZLzk2mV7xN"
	challenge := identity.DomainChallenge{Proof: identity.ProofHTTP, Token: token, Place: "https://linden.example/.well-known/zitadel-challenge/x.txt"}
	for _, tt := range []struct {
		name, body string
		err        error
		proven     bool
		message    string
	}{
		{"the token", token, nil, true, "challenge.proven"},
		{"a line break behind it", token + "\n", nil, false, "challenge.http-whitespace"},
		{"an older one", "oldToken", nil, false, "challenge.http-older"},
		{"a page", "<!doctype html><html></html>", nil, false, "challenge.http-page"},
		{"nothing in it", "\n", nil, false, "challenge.http-empty"},
		{"something else", "hello", nil, false, "challenge.http-other"},
		{"no file", "", identity.Unavailable("outbound.status", "Host", "linden.example", "Status", 404), false, "challenge.http-nothing"},
		{"a failure of the server", "", identity.Unavailable("outbound.status", "Host", "linden.example", "Status", 500), false, "outbound.status"},
		{"no server", "", identity.Unavailable("outbound.unresolvable", "Host", "linden.example"), false, "outbound.unresolvable"},
		{"a failure of ours", "", errors.New("broken"), false, "challenge.http-nothing"},
	} {
		got := CompareHTTP(challenge, []byte(tt.body), tt.err, []string{"oldToken"})
		sayer(t, "en")(got.Message)
		if got.Proven != tt.proven || got.Message.ID != tt.message {
			t.Errorf("%s: %+v, want %t %s", tt.name, got, tt.proven, tt.message)
		}
	}
}

func FuzzCheckDomain(f *testing.F) {
	for _, seed := range []string{"linden.example", "schule-zürich.ch", "xn--a.example", "@a.b.", "1.2.3.4", "a\x00.b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		domain, problems := CheckDomain(typed)
		if (domain == "") != (len(problems) > 0) {
			t.Fatalf("%q: %q and %v", typed, domain, problems)
		}
		if domain == "" {
			return
		}
		// What is kept is kept the same when it is read again.
		if again, problems := CheckDomain(domain); again != domain || len(problems) > 0 {
			t.Errorf("%q is kept as %q and that as %q, %v", typed, domain, again, problems)
		}
		if identity.AddressDomain("x@"+domain) != domain {
			t.Errorf("%q is the domain of no address", domain)
		}
	})
}
