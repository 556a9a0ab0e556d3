package identity

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode"
)

// JoinCode lets students join a classroom: a whole class types it, or follows
// its link. There is none for anybody else.
type JoinCode struct {
	ID        string
	Classroom OrganizationID
	Code      string // [JoinCodeLength] characters; see [JoinCode.Spelled]
	JoinCodeSettings
	Taken   int // seats
	MadeAt  time.Time
	EndedAt time.Time // replaced or stopped; zero while neither
}

// JoinCodeSettings are what a teacher chooses about a code.
type JoinCodeSettings struct {
	// Approval has each student wait until a teacher lets them in.
	Approval bool
	Seats    int // how many may come in by it
	// Domains are those of which a verified address is needed; none: everybody.
	Domains   []string // in lower case
	ExpiresAt time.Time
}

// JoinCodeLength is the number of characters of a code, and joinAlphabet what
// they are: no two look alike, none is a vowel, so that codes spell no words.
// 20^8 codes are 34.6 bits; docs/join-codes.md says what that is worth with the
// limits on trying.
const (
	JoinCodeLength = 8
	joinAlphabet   = "CDFGHJKMNPQRTVWX3479"
)

// What a code may be set to, and is at first.
const (
	JoinCodeWeek     = 7 * 24 * time.Hour
	JoinCodeLongest  = 26 * 7 * 24 * time.Hour // half a year: a term
	JoinCodeSeats    = 40
	MaxJoinCodeSeats = 500
	maxJoinDomains   = 10
)

// NewJoinCode makes a code from crypto/rand.
func NewJoinCode() string {
	for {
		var code strings.Builder
		random := make([]byte, 1)
		for code.Len() < JoinCodeLength {
			_, _ = rand.Read(random) // never fails: the program ends instead
			// 240 is a multiple of 20: no character is likelier than another.
			if random[0] < 240 {
				code.WriteByte(joinAlphabet[int(random[0])%len(joinAlphabet)])
			}
		}
		if !offensiveCode(code.String()) {
			return code.String()
		}
	}
}

// offensiveConsonants are what readers make a word of that no class should read
// on its wall, in English, German, Spanish and French.
var offensiveConsonants = []string{
	"fck", "fvck", "fkc", "fkn", "fcg", "cnt", "cvnt", "dck", "dyk", "fgt", "fag", "ngr", "ngg", "neg", "kkk", "twt", "twat", "wnk",
	"wank", "wtf", "wth", "prn", "pkr", "xxx", "rtrd", "tard", "rape", "fart", "crap", "hate", "dead", "mrd", "ptn", "pvt", "cvm", "jvd",
	"cbr", "pnd", "fdp", "ntm", "fkk", "wxr", "hrn", "npd", "jew", "gay", "kvm", "dmn", "pcp", "krkt", "krck",
}

// offensiveCode reports whether a code reads as one of them, with digits for the
// letters that they stand for elsewhere.
func offensiveCode(code string) bool {
	folded := strings.NewReplacer("3", "e", "4", "a", "7", "t", "9", "g").Replace(strings.ToLower(code))
	return slices.ContainsFunc(offensiveConsonants, func(word string) bool { return strings.Contains(folded, word) })
}

// ParseJoinCode reads a code as somebody types it: in small letters or capitals,
// with or without dashes and spaces. Empty is what cannot be one.
func ParseJoinCode(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	code := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '_' || r == '.' || r == '\u2212' {
			return -1
		}
		return r
	}, typed)
	code = strings.ToUpper(code)
	if len(code) != JoinCodeLength || strings.Trim(code, joinAlphabet) != "" {
		return ""
	}
	return code
}

// SpellJoinCode writes a code in two groups, as it is shown.
func SpellJoinCode(code string) string {
	if len(code) != JoinCodeLength {
		return code
	}
	return code[:JoinCodeLength/2] + "-" + code[JoinCodeLength/2:]
}

// Spelled is the code as it is shown.
func (c JoinCode) Spelled() string { return SpellJoinCode(c.Code) }

// LiveAt reports whether the code opens anything.
func (c JoinCode) LiveAt(now time.Time) bool {
	return c.Code != "" && c.EndedAt.IsZero() && now.Before(c.ExpiresAt)
}

// Full reports whether as many came in by it as may.
func (c JoinCode) Full() bool { return c.Taken >= c.Seats }

// Admits decides whether the code's domains let somebody in. An address that
// nobody has verified is no proof.
func (c JoinCode) Admits(user User) error {
	if len(c.Domains) == 0 || user.AddressVerified && slices.Contains(c.Domains, AddressDomain(user.Address)) {
		return nil
	}
	return Forbidden("code.domain", "Domains", strings.Join(c.Domains, ", "))
}

// Check finds what is wrong with settings that a teacher chose.
func (s JoinCodeSettings) Check(now time.Time) Problems {
	var p Problems
	if s.Seats < 1 || s.Seats > MaxJoinCodeSeats {
		p.Add("seats", "code.seats.wrong", "Max", MaxJoinCodeSeats)
	}
	if !s.ExpiresAt.After(now) || s.ExpiresAt.After(now.Add(JoinCodeLongest+24*time.Hour)) {
		p.Add("expires", "code.expires.wrong")
	}
	if len(s.Domains) > maxJoinDomains {
		p.Add("domains", "code.domains.many", "Max", maxJoinDomains)
	}
	for _, domain := range s.Domains {
		if !domainPattern.MatchString(domain) {
			p.Add("domains", "code.domains.wrong", "Domain", domain)
		}
	}
	return p
}
