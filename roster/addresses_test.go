package roster

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestAddressesAreReadInEveryUsualForm(t *testing.T) {
	good := func(line int, text, address, given, family string) Entry {
		return Entry{Line: line, Text: text, Address: address, GivenName: given, FamilyName: family}
	}
	bad := func(line int, text, problem string) Entry {
		return Entry{Line: line, Text: text, Problem: identity.Say(problem, "Address", text)}
	}
	for _, test := range []struct {
		name, pasted string
		want         []Entry
	}{
		{"nothing", " \n\t\r\n ", nil},
		{"one in a line", "sam@linden.example\nkim@linden.example", []Entry{
			good(1, "sam@linden.example", "sam@linden.example", "", ""),
			good(2, "kim@linden.example", "kim@linden.example", "", ""),
		}},
		{"commas, semicolons, spaces", "a@x.org, b@x.org;c@x.org d@x.org", []Entry{
			good(1, "a@x.org", "a@x.org", "", ""), good(1, "b@x.org", "b@x.org", "", ""),
			good(1, "c@x.org", "c@x.org", "", ""), good(1, "d@x.org", "d@x.org", "", ""),
		}},
		{"as mail programs write it", `Sam Lee <sam@x.org>, "Kim, Ada" <ada@x.org>; <b@x.org>`, []Entry{
			good(1, "Sam Lee <sam@x.org>", "sam@x.org", "Sam", "Lee"),
			good(1, `"Kim, Ada" <ada@x.org>`, "ada@x.org", "Ada", "Kim"),
			good(1, "<b@x.org>", "b@x.org", "", ""),
		}},
		{"family name first without quotation marks", "Kim, Ada <ada@x.org>", []Entry{
			{Line: 1, Text: "Ada <ada@x.org>", Address: "ada@x.org", GivenName: "Ada", FamilyName: "Kim"},
		}},
		{"columns of a spreadsheet", "Ada\tvan Dyck\tada@x.org\nben@x.org\tBen\tOtt", []Entry{
			good(1, "ada@x.org", "ada@x.org", "Ada", "van Dyck"),
			good(2, "ben@x.org", "ben@x.org", "Ben", "Ott"),
		}},
		{"links, brackets, full stops and invisible characters", "mailto:sam@x.org?subject=hi\n(kim@x.org).\n\u200bzo\u00eb@x.org", []Entry{
			good(1, "mailto:sam@x.org?subject=hi", "sam@x.org", "", ""),
			good(2, "(kim@x.org).", "kim@x.org", "", ""),
			good(3, "zo\u00eb@x.org", "zo\u00eb@x.org", "", ""),
		}},
		{"a domain in another script", "sam@schüle.example", []Entry{
			good(1, "sam@schüle.example", "sam@xn--schle-mva.example", "", ""),
		}},
		{"the second appearance, in other case", "Sam@x.org\nsam@X.org", []Entry{
			good(1, "Sam@x.org", "Sam@x.org", "", ""),
			{Line: 2, Text: "sam@X.org", Address: "sam@x.org", Problem: identity.Say("address.twice", "Address", "sam@x.org")},
		}},
		{"a forgotten @ among good ones", "a@x.org, ben.x.org, c@x.org", []Entry{
			good(1, "a@x.org", "a@x.org", "", ""), bad(1, "ben.x.org", "address.no-at"), good(1, "c@x.org", "c@x.org", "", ""),
		}},
		{"what is wrong is told apart", "a@@x.org\n@x.org\na@\na@x\na@x..org\nSam Lee", []Entry{
			bad(1, "a@@x.org", "address.two-ats"), bad(2, "@x.org", "address.no-name"), bad(3, "a@", "address.no-domain"),
			bad(4, "a@x", "address.no-dot"), bad(5, "a@x..org", "address.bad-domain"), bad(6, "Sam Lee", "address.no-at"),
		}},
		{"an odd quotation mark", `Sam O"Neil <sam@x.org>, kim@x.org`, []Entry{
			good(1, `Sam O"Neil <sam@x.org>`, "sam@x.org", "Sam", `O"Neil`), good(1, "kim@x.org", "kim@x.org", "", ""),
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ParseAddresses(test.pasted)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A pasted megabyte is read in the time of one request, whatever it is made of.
func TestLongPastesAreReadInGoodTime(t *testing.T) {
	const size = 1 << 20
	manyRunes := make([]rune, 0, size/3)
	for i := range size / 3 {
		manyRunes = append(manyRunes, rune(0x4e00+i%20000))
	}
	for _, test := range []struct{ name, pasted string }{
		{"one domain in another script", "sam@" + string(manyRunes) + ".example"},
		{"at signs", strings.Repeat("@", size)},
		{"at signs apart", strings.Repeat("@ ", size/2)},
		{"commas", strings.Repeat(",", size)},
		{"names", strings.Repeat("Sam, ", size/5) + "sam@x.org"},
		{"words before an address", strings.Repeat("Sam ", size/4) + "sam@x.org"},
		{"brackets", strings.Repeat("<", size) + "sam@x.org"},
		{"quotation marks", strings.Repeat(`"`, size) + "sam@x.org"},
		{"lines", strings.Repeat("sam@x.org\n", size/10)},
		{"dots", "a@" + strings.Repeat("x.", size/2) + "org"},
	} {
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			ParseAddresses(test.pasted)
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// Whatever is pasted: every good entry can be mailed to and appears once, and
// no line with something in it is lost.
func FuzzParseAddresses(f *testing.F) {
	for _, seed := range []string{
		"sam@x.org", `"Kim, Ada" <ada@x.org>; b@x.org`, "a@@x.org", "Ada\tOtt\ta@x.org", "<<@>>", `"`, "a@x.org <b@x.org", "@", "\u202ea@x.org",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pasted string) {
		entries := ParseAddresses(pasted)
		lines := strings.Split(normalize(pasted), "\n")
		found := map[int]bool{}
		addresses := map[string]bool{}
		for _, e := range entries {
			if e.Line < 1 || e.Line > len(lines) {
				t.Fatalf("entry %q on line %d of %d", e.Text, e.Line, len(lines))
			}
			found[e.Line] = true
			if !e.Good() {
				continue
			}
			key := strings.ToLower(e.Address)
			if addresses[key] {
				t.Errorf("%q is good twice", e.Address)
			}
			addresses[key] = true
			if strings.Count(e.Address, "@") != 1 || strings.ContainsAny(e.Address, " \t\r\n,;<>\x00") || len(e.Address) > maxAddress {
				t.Errorf("%q counts as an address", e.Address)
			}
			if utf8.ValidString(pasted) && !utf8.ValidString(e.GivenName+e.FamilyName) {
				t.Errorf("the name of %q is broken", e.Address)
			}
		}
		for i, line := range lines {
			if strings.Trim(line, " \t,;") != "" && !found[i+1] {
				t.Errorf("line %d %q is lost", i+1, line)
			}
		}
	})
}
