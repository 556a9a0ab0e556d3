package identity_test

import (
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

func TestJoinCodesAreEasyToReadAndSpellNothing(t *testing.T) {
	counts := map[rune]int{}
	seen := map[string]bool{}
	const n = 20_000
	for range n {
		code := identity.NewJoinCode()
		if len(code) != 8 || strings.ContainsAny(code, "AEIOUYBLSZ012568") {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
		for _, r := range code {
			counts[r]++
		}
		folded := strings.NewReplacer("3", "E", "4", "A", "7", "T", "9", "G").Replace(code)
		for _, word := range []string{"FCK", "CNT", "KKK", "WTF", "HATE", "DEAD", "PTN"} {
			if strings.Contains(code, word) || strings.Contains(folded, word) {
				t.Errorf("%q reads as %s", code, word)
			}
		}
	}
	// Of 20^8 codes, two of 20,000 are the same once in 128 times; four are never.
	if len(seen) < n-2 {
		t.Errorf("%d codes were made, and only %d different ones", n, len(seen))
	}
	if len(counts) != 20 {
		t.Errorf("%d characters are used, want 20", len(counts))
	}
	for r, times := range counts {
		if want := n * 8 / 20; times < want*9/10 || times > want*11/10 {
			t.Errorf("%c came %d times, about %d were to be expected", r, times, want)
		}
	}
}

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	for typed, want := range map[string]string{
		"K7QM-3TXW":              "K7QM3TXW",
		"k7qm3txw":               "K7QM3TXW",
		" k7 qm – 3t xw ":        "K7QM3TXW",
		"K7QM—3TXW\n":            "K7QM3TXW",
		"k.7.q.m_3txw":           "K7QM3TXW",
		"K7QM 3TXW":              "K7QM3TXW",
		"":                       "",
		"K7QM3TX":                "",
		"K7QM3TXWW":              "",
		"K7QM3TX0":               "", // no code has it
		"K7QM3TXß":               "",
		"ｋ7QM3TXW":               "",
		"K7QM3TX\x00":            "",
		strings.Repeat(" ", 80):  "",
		"'; DROP TABLE codes;--": "",
	} {
		if got := identity.ParseJoinCode(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
	if got := identity.SpellJoinCode("K7QM3TXW"); got != "K7QM-3TXW" {
		t.Errorf("spelled %q", got)
	}
}

func TestWhomACodesDomainsAdmit(t *testing.T) {
	code := identity.JoinCode{JoinCodeSettings: identity.JoinCodeSettings{Domains: []string{"linden.example"}}}
	for _, tt := range []struct {
		address  string
		verified bool
		admits   bool
	}{
		{"sam@linden.example", true, true},
		{"SAM@Linden.Example", true, true},
		{"sam@linden.example", false, false},
		{"sam@evil.example", true, false},
		{"sam@linden.example.evil.example", true, false},
		{"sam@sub.linden.example", true, false},
		{"\"sam@evil.example\"@linden.example", true, false},
		{"", true, false},
	} {
		err := code.Admits(identity.User{Address: tt.address, AddressVerified: tt.verified})
		if (err == nil) != tt.admits {
			t.Errorf("%q, verified %v: %v", tt.address, tt.verified, err)
		}
	}
	if err := (identity.JoinCode{}).Admits(identity.User{}); err != nil {
		t.Errorf("without domains: %v", err)
	}
}

func TestWhatACodeMayBeSetTo(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	good := identity.JoinCodeSettings{Seats: 40, ExpiresAt: now.Add(time.Hour)}
	for _, tt := range []struct {
		name   string
		change func(*identity.JoinCodeSettings)
		field  string
	}{
		{"as it is", func(*identity.JoinCodeSettings) {}, ""},
		{"no seats", func(s *identity.JoinCodeSettings) { s.Seats = 0 }, "seats"},
		{"a stadium", func(s *identity.JoinCodeSettings) { s.Seats = 501 }, "seats"},
		{"over", func(s *identity.JoinCodeSettings) { s.ExpiresAt = now }, "expires"},
		{"never over", func(s *identity.JoinCodeSettings) { s.ExpiresAt = now.AddDate(1, 0, 0) }, "expires"},
		{"half a year", func(s *identity.JoinCodeSettings) { s.ExpiresAt = now.Add(identity.JoinCodeLongest) }, ""},
		{"a domain", func(s *identity.JoinCodeSettings) { s.Domains = []string{"linden.example"} }, ""},
		{"no domain", func(s *identity.JoinCodeSettings) { s.Domains = []string{"linden"} }, "domains"},
		{"an address", func(s *identity.JoinCodeSettings) { s.Domains = []string{"sam@linden.example"} }, "domains"},
		{"many domains", func(s *identity.JoinCodeSettings) {
			for _, l := range "abcdefghijk" {
				s.Domains = append(s.Domains, string(l)+"x.example")
			}
		}, "domains"},
	} {
		settings := good
		tt.change(&settings)
		problems := settings.Check(now)
		if tt.field == "" && problems != nil || tt.field != "" && len(problems.On(tt.field)) == 0 {
			t.Errorf("%s: %+v, want a problem of %q", tt.name, problems, tt.field)
		}
	}
}

func TestWhoNeedsHelpComesFirst(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 8, 5, 0, 0, paris)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	student := func(name string, state identity.UserState, seen time.Time, suspended bool) identity.LessonStudent {
		return identity.LessonStudent{User: identity.User{ID: identity.UserID(name), State: state}, SeenAt: seen, Suspended: suspended}
	}
	const active = identity.UserActive
	students := []identity.LessonStudent{
		student("a in", active, ago(9*time.Minute), false),
		student("b just out", active, ago(10*time.Minute), false),
		student("c suspended and locked", identity.UserLocked, ago(time.Minute), true),
		student("d locked", identity.UserLocked, ago(time.Minute), false),
		student("e never", active, time.Time{}, false),
		student("f yesterday, half past eleven", active, time.Date(2026, 11, 20, 23, 30, 0, 0, paris).UTC(), false),
		student("g midnight", active, time.Date(2026, 11, 21, 0, 0, 0, 0, paris).UTC(), false),
		student("h deactivated", identity.UserInactive, ago(time.Minute), false),
		student("i in, the clock ahead", active, now.Add(time.Second), false),
	}
	identity.SortLesson(students, now)
	var got []string
	for _, s := range students {
		got = append(got, string(s.State(now))+": "+string(s.User.ID))
	}
	want := []string{
		"locked: d locked", "never: e never", "away: f yesterday, half past eleven", "today: b just out", "today: g midnight",
		"in: a in", "in: i in, the clock ahead", "suspended: c suspended and locked", "inactive: h deactivated",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("order\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
