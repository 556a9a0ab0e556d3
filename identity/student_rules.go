package identity

import (
	"slices"
	"time"
)

// SecretBand is how long a first secret is, by the age of who types it.
type SecretBand string

// The bands. Their lengths and bits are at [StudentRules.FirstSecret].
const (
	BandTwoWords   SecretBand = "two-words"   // 5 to 8 years
	BandThreeWords SecretBand = "three-words" // 9 to 12
	BandPassphrase SecretBand = "passphrase"  // 13 and older
)

// SecretBands lists the bands from the youngest on.
var SecretBands = []SecretBand{BandTwoWords, BandThreeWords, BandPassphrase}

// StudentRules are how accounts of students without e-mail are made: those of a
// school, in a classroom with its own band, or of a classroom that stands alone.
type StudentRules struct {
	Pattern  UserNamePattern
	Spelling Spelling
	// Words is the language of the words in first secrets: one of [SecretLanguages].
	Words string
	Band  SecretBand
	// MustChange are the bands whose students choose a secret of their own at the
	// first sign-in.
	MustChange []SecretBand
}

// DefaultStudentRules are those of a school that has set none.
var DefaultStudentRules = StudentRules{
	Pattern: DefaultUserNamePattern, Spelling: SpellPlain, Words: "en", Band: BandThreeWords,
}

// Changes reports whether who gets a first secret now has to choose another one
// at the first sign-in.
func (r StudentRules) Changes() bool { return slices.Contains(r.MustChange, r.Band) }

// Check finds what is wrong with rules that somebody wrote.
func (r StudentRules) Check() Problems {
	problems := r.Pattern.Check()
	if !slices.Contains(Spellings, r.Spelling) {
		problems.Add("spelling", "students.spelling.choose")
	}
	if !slices.Contains(SecretLanguages, r.Words) {
		problems.Add("words", "students.words.choose")
	}
	if !slices.Contains(SecretBands, r.Band) {
		problems.Add("band", "students.band.choose")
	}
	for _, band := range r.MustChange {
		if !slices.Contains(SecretBands, band) {
			problems.Add("must-change", "students.band.choose")
			break
		}
	}
	return problems
}

// FirstSecret is the first password of a student without e-mail. The store keeps
// it sealed for login cards until the student has signed in, it is reset, or
// [FirstSecretKept] is over.
type FirstSecret struct {
	User   UserID
	Home   OrganizationID // where the student is at home
	Secret string
}

// CardStudent is a student who may get a login card.
type CardStudent struct {
	User      User // the parts a card needs
	Classroom OrganizationID
	Higher    bool // holds a higher role somewhere
	// KeptAt is when the first secret was made that is still kept; zero if none is.
	KeptAt time.Time
}

// MayCard decides whether a student gets a login card, which shows how to become
// them: only who is at home here, has no e-mail, and is nothing but a student
// anywhere. The others are named, not left out in silence.
func (o Opened) MayCard(s CardStudent) error {
	switch {
	case !o.Permits(ManageStudents):
		return Forbidden("permission.missing")
	case s.Higher:
		return Forbidden("rule.higher-role-elsewhere")
	case s.User.UserName == "":
		return NotFound("member.not-found") // whose event is still to come
	case s.User.Home != "" && o.Organization().Kind == KindClassroom && o.Guest(s.User):
		return Forbidden("rule.guest-sign-in")
	case s.User.Address != "":
		return Conflict("cards.has-address")
	case s.User.State == UserInactive:
		return Conflict("rule.inactive")
	}
	return nil
}

// Card is one login card, as it was asked for.
type Card struct {
	User      UserID
	Classroom OrganizationID // whose name stands on it; may be empty
	// Link is what the picture leads to: a badge. Empty leads to the sign-in page.
	Link string
	// Why is the ID of the message that says why there is no card for this one; they
	// are named beside the cards. Empty: there is one.
	Why string
}

// CardSheetID is the ID of a sheet of login cards.
type CardSheetID string

// NewCardSheetID makes one (130 bits from crypto/rand).
func NewCardSheetID() CardSheetID { return CardSheetID(newID()) }

// MaxCards is how many cards one sheet has at most.
const MaxCards = 400

// ShownCard is a login card of a sheet, as it is printed.
type ShownCard struct {
	User      User // ID, home and names
	Classroom string
	Secret    string // empty: it is not known any more
	Link      string // of a badge, or empty
}

// CardSheet is a sheet of login cards: for who made it, for an hour.
type CardSheet struct {
	ID        CardSheetID
	Cards     []ShownCard
	LeftOut   []LeftOutCard
	ExpiresAt time.Time
}

// LeftOutCard is somebody who was asked for and has no card, and why.
type LeftOutCard struct {
	User User // ID, home and names
	Why  Message
}
