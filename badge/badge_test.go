package badge

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"homeroom.dev/homeroom/identity"
)

func seed(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// What Zitadel does with a token: it looks for the key in the document and
// checks the signature.
func TestATokenIsSignedByAKeyOfTheDocument(t *testing.T) {
	signer, err := NewSigner(seed(1), seed(2))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	token, err := signer.Token(Claims{Issuer: "https://portal.example/badge/1", Subject: "sub", Audience: "https://id.example", ID: "jti", At: now})
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(signer.Keys(), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 2 || set.Keys[0].KeyID == set.Keys[1].KeyID {
		t.Fatalf("keys = %+v", set.Keys)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() || !k.Valid() {
			t.Errorf("key %s is not a valid public key", k.KeyID)
		}
	}
	parsed, err := jose.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if id := parsed.Signatures[0].Header.KeyID; id != set.Keys[0].KeyID {
		t.Errorf("kid = %q, want the first key's", id)
	}
	body, err := parsed.Verify(set.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"iss": "https://portal.example/badge/1", "sub": "sub", "aud": "https://id.example", "jti": "jti",
		"iat": float64(now.Unix() - 5), "exp": float64(now.Unix() + 25),
	}
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s = %v, want %v", name, claims[name], value)
		}
	}
	if len(claims) != len(want) {
		t.Errorf("claims = %v", claims)
	}
	if _, err := parsed.Verify(set.Keys[1]); err == nil {
		t.Error("the other key verifies it too")
	}
	header, _, _ := strings.Cut(token, ".")
	if text, _ := base64.RawURLEncoding.DecodeString(header); strings.Contains(string(text), "none") {
		t.Errorf("header = %s", text)
	}
}

func TestTheSameSeedIsTheSameKey(t *testing.T) {
	first, _ := NewSigner(seed(1))
	again, _ := NewSigner(seed(1))
	other, _ := NewSigner(seed(3))
	if !bytes.Equal(first.Keys(), again.Keys()) || bytes.Equal(first.Keys(), other.Keys()) {
		t.Error("keys do not belong to their seeds")
	}
	if bytes.Contains(first.Keys(), []byte(`"d"`)) {
		t.Error("the document has a private key in it")
	}
}

func TestThereIsNoTokenWithoutItsParts(t *testing.T) {
	signer, _ := NewSigner(seed(1))
	whole := Claims{Issuer: "i", Subject: "s", ID: "j", At: time.Unix(1, 0)}
	for name, change := range map[string]func(*Claims){
		"issuer": func(c *Claims) { c.Issuer = "" }, "subject": func(c *Claims) { c.Subject = "" },
		"ID": func(c *Claims) { c.ID = "" }, "time": func(c *Claims) { c.At = time.Time{} },
	} {
		claims := whole
		change(&claims)
		if token, err := signer.Token(claims); err == nil {
			t.Errorf("a token without %s: %s", name, token)
		}
	}
	if _, err := NewSigner(); err == nil {
		t.Error("a signer without a seed")
	}
	if _, err := NewSigner([]byte("short")); err == nil {
		t.Error("a signer of a short seed")
	}
}

func TestLimits(t *testing.T) {
	prefixes := func(list ...string) (out []netip.Prefix) {
		for _, text := range list {
			out = append(out, netip.MustParsePrefix(text))
		}
		return out
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	made := time.Date(2026, 9, 1, 8, 0, 0, 0, berlin)
	school := identity.BadgeRules{
		Kind: identity.BadgeStanding, Weekdays: []time.Weekday{time.Monday, time.Friday}, From: 7 * 60, Until: 17*60 + 30,
		Zone: "Europe/Berlin", Days: 365,
	}
	anytime := identity.BadgeRules{Kind: identity.BadgeStanding, Zone: "UTC", Days: 10}
	networks := anytime
	networks.Networks = prefixes("10.1.0.0/16", "2001:db8::/32")
	few, once := anytime, anytime
	few.Uses = 3
	once.Kind, once.Uses = identity.BadgeOnce, 3
	monday := func(hour, minute int) time.Time { return time.Date(2026, 9, 7, hour, minute, 0, 0, berlin) }
	for _, test := range []struct {
		name  string
		rules identity.BadgeRules
		use   Use
		want  identity.BadgeRefusal
	}{
		{"within all", school, Use{At: monday(9, 0), MadeAt: made}, ""},
		{"the first minute", school, Use{At: monday(7, 0), MadeAt: made}, ""},
		{"a minute early", school, Use{At: monday(6, 59), MadeAt: made}, identity.BadgeOutOfTime},
		{"the last minute", school, Use{At: monday(17, 29), MadeAt: made}, ""},
		{"when the hours are over", school, Use{At: monday(17, 30), MadeAt: made}, identity.BadgeOutOfTime},
		{"another day", school, Use{At: monday(9, 0).AddDate(0, 0, 1), MadeAt: made}, identity.BadgeOutOfTime},
		{"the zone decides about the hour", school, Use{At: time.Date(2026, 9, 7, 5, 30, 0, 0, time.UTC), MadeAt: made}, ""},
		{"in winter time as well", school, Use{At: time.Date(2026, 12, 7, 5, 30, 0, 0, time.UTC), MadeAt: made}, identity.BadgeOutOfTime},
		{"the zone decides about the day", school, Use{At: time.Date(2026, 9, 6, 23, 30, 0, 0, time.UTC), MadeAt: made}, identity.BadgeOutOfTime},
		{"at night where there are no hours", anytime, Use{At: made.Add(3 * time.Hour), MadeAt: made}, ""},
		{"its last day", anytime, Use{At: made.AddDate(0, 0, 10).Add(-time.Second), MadeAt: made}, ""},
		{"a day too old", anytime, Use{At: made.AddDate(0, 0, 10), MadeAt: made}, identity.BadgeExpired},
		{"rules without days let nobody in", identity.BadgeRules{Zone: "UTC"}, Use{At: made, MadeAt: made}, identity.BadgeExpired},
		{"old comes before the hour", school, Use{At: monday(3, 0).AddDate(2, 0, 0), MadeAt: made}, identity.BadgeExpired},
		{"uses left", few, Use{At: made, MadeAt: made, Uses: 2}, ""},
		{"no use left", few, Use{At: made, MadeAt: made, Uses: 3}, identity.BadgeUsedUp},
		{"any number of uses", anytime, Use{At: made, MadeAt: made, Uses: 5000}, ""},
		{"a one-time badge, new", once, Use{At: made, MadeAt: made}, ""},
		{"a one-time badge, used", once, Use{At: made, MadeAt: made, Uses: 1}, identity.BadgeUsedUp},
		{"from the school", networks, Use{At: made, MadeAt: made, Address: "10.1.200.3"}, ""},
		{"from the school, as an IPv6 socket says it", networks, Use{At: made, MadeAt: made, Address: "::ffff:10.1.200.3"}, ""},
		{"from the school by IPv6", networks, Use{At: made, MadeAt: made, Address: "2001:db8:5::1"}, ""},
		{"with a zone of the link", networks, Use{At: made, MadeAt: made, Address: "2001:db8:5::1%eth0"}, ""},
		{"from elsewhere", networks, Use{At: made, MadeAt: made, Address: "10.2.0.1"}, identity.BadgeElsewhere},
		{"from an address that is none", networks, Use{At: made, MadeAt: made, Address: "?"}, identity.BadgeElsewhere},
		{"from nowhere known", networks, Use{At: made, MadeAt: made}, identity.BadgeElsewhere},
	} {
		if got := Check(test.rules, test.use); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestASessionEndsWithTheDay(t *testing.T) {
	rules := identity.BadgeRules{From: 7 * 60, Until: 17 * 60, Zone: "Europe/Berlin"}
	zone := rules.Location()
	day := func(hour, minute int) time.Time { return time.Date(2026, 9, 7, hour, minute, 0, 0, zone) }
	for _, test := range []struct {
		name     string
		rules    identity.BadgeRules
		at, want time.Time
	}{
		{"in the morning after eight hours", rules, day(8, 0), day(16, 0)},
		{"in the afternoon with the hours", rules, day(15, 0), day(17, 0)},
		{"without hours after eight", identity.BadgeRules{Zone: "UTC"}, day(20, 0), day(28, 0)},
	} {
		if got := SessionEnd(test.rules, test.at); !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
