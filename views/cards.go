package views

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"homeroom.dev/homeroom/identity"
)

// CardChoice is the form that chooses who gets a login card, or a new first
// password.
type CardChoice struct {
	Students []identity.CardStudent // those who may
	LeftOut  []identity.LeftOutCard
	Chosen   []identity.UserID // none: everybody
	Secrets  bool              // new first passwords for who has none any more
	Badges   bool              // the school uses badges
	Plain    bool              // and these cards are to have none
	Problems identity.Problems
}

// Of is the choice with none but these.
func (v CardChoice) Of(users []identity.UserID) CardChoice {
	v.Students = slices.DeleteFunc(slices.Clone(v.Students), func(s identity.CardStudent) bool { return !slices.Contains(users, s.User.ID) })
	v.LeftOut = slices.DeleteFunc(slices.Clone(v.LeftOut), func(l identity.LeftOutCard) bool { return !slices.Contains(users, l.User.ID) })
	return v
}

// withoutCard names who gets no card.
func withoutCard(left []identity.LeftOutCard) []LeftOut {
	named := make([]LeftOut, len(left))
	for i, l := range left {
		named[i] = LeftOut{Name: l.User.DisplayName(), Why: l.Why}
	}
	return named
}

// NextCards is where the cards of an import go on, if one sheet does not hold
// them all.
type NextCards struct {
	Import string // empty: they do not
	After  identity.UserID
}

// Params are those of the sheet's page that lead on to the next one.
func (n NextCards) Params() []Param {
	if n.Import == "" {
		return nil
	}
	return []Param{{"import", n.Import}, {"after", string(n.After)}}
}

// LeftOut is a student who gets no card, or no new password, and why.
type LeftOut struct {
	Name string
	Why  identity.Message
}

func (v CardChoice) chosen(s identity.CardStudent) bool {
	return len(v.Chosen) == 0 || slices.Contains(v.Chosen, s.User.ID)
}

// CardSheetView is a sheet as somebody wants it.
type CardSheetView struct {
	Sheet    identity.CardSheet
	Next     NextCards
	Paper    string
	Layout   string
	Language string
	PerPage  int
	Address  string // of the portal, without its scheme
	Codes    []CardCode
	Boxes    []string // names the PDF has no letters for
	Teacher  string   // who can be asked
}

// CardCode is the picture on a card: the data of an SVG path in a box of Size.
type CardCode struct {
	Path string
	Size int
}

// printedCard is a card with its picture.
type printedCard struct {
	identity.ShownCard
	Code CardCode
}

// pages are the cards, page by page.
func (v CardSheetView) pages() [][]printedCard {
	var printed []printedCard
	for i, card := range v.Sheet.Cards {
		printed = append(printed, printedCard{card, v.Codes[i]})
	}
	return slices.Collect(slices.Chunk(printed, max(1, v.PerPage)))
}

// Params are what was chosen about the sheet.
func (v CardSheetView) Params() []Param {
	return append([]Param{{"paper", v.Paper}, {"layout", v.Layout}, {"language", v.Language}}, v.Next.Params()...)
}

// withoutSecret is how many cards have none.
func (v CardSheetView) withoutSecret() int {
	n := 0
	for _, card := range v.Sheet.Cards {
		if card.Secret == "" {
			n++
		}
	}
	return n
}

func (v CardSheetView) undrawable() string { return strings.Join(v.Boxes, ", ") }

// paperOptions, layoutOptions and languageOptions are the choices about a sheet.
func paperOptions(ctx context.Context) []Option {
	return []Option{{Value: "a4", Label: text(ctx, "cards.paper.a4")}, {Value: "letter", Label: text(ctx, "cards.paper.letter")}}
}

func layoutOptions(ctx context.Context) []Option {
	return []Option{
		{Value: "cards", Label: text(ctx, "cards.layout.cards")},
		{Value: "labels", Label: text(ctx, "cards.layout.labels")},
		{Value: "single", Label: text(ctx, "cards.layout.single")},
	}
}

func languageOptions() []Option {
	options := make([]Option, len(Languages))
	for i, l := range Languages {
		options[i] = Option{Value: l.Tag, Label: l.Name}
	}
	return options
}

// languageName is what a language calls itself; empty for one that is not known.
func languageName(tag string) string {
	for _, l := range Languages {
		if l.Tag == tag {
			return l.Name
		}
	}
	return ""
}

// inLanguage renders a part of a page in another language than the page's.
func inLanguage(language string, part templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return part.Render(WithLanguage(ctx, language), w)
	})
}

// CardWords are the words on a card in a language.
func CardWords(ctx context.Context, language string) (open, userName, secret, noSecret, scan string) {
	ctx = WithLanguage(ctx, language)
	return text(ctx, "card.open"), text(ctx, "card.user-name"), text(ctx, "card.secret"), text(ctx, "card.no-secret"), text(ctx, "card.scan")
}

// StudentRulesView is the form of a school's rules for students' accounts.
type StudentRulesView struct {
	Rules    identity.StudentRules
	Examples []UserNameExample
	Password identity.PasswordRules
	Known    bool     // Zitadel's rules were read
	Secrets  []string // one example for each band
	Problems identity.Problems
}

// UserNameExample is a user name that the pattern of the form makes.
type UserNameExample struct {
	Name, Year, UserName string
}

func mustChange(v StudentRulesView, band identity.SecretBand) bool {
	return slices.Contains(v.Rules.MustChange, band)
}

func bandName(ctx context.Context, band identity.SecretBand) string {
	switch band {
	case identity.BandTwoWords:
		return text(ctx, "students.band.two-words")
	case identity.BandPassphrase:
		return text(ctx, "students.band.passphrase")
	default:
		return text(ctx, "students.band.three-words")
	}
}

// bandOptions are the bands with an example of each.
func bandOptions(ctx context.Context, v StudentRulesView) []Option {
	options := make([]Option, len(identity.SecretBands))
	for i, band := range identity.SecretBands {
		options[i] = Option{Value: string(band), Label: bandName(ctx, band), Hint: text(ctx, "students.band.example", "Secret", v.Secrets[i])}
	}
	return options
}

func classroomBandOptions(ctx context.Context, school identity.SecretBand) []Option {
	options := []Option{{Value: "", Label: text(ctx, "students.band.school", "Band", bandName(ctx, school))}}
	for _, band := range identity.SecretBands {
		options = append(options, Option{Value: string(band), Label: bandName(ctx, band)})
	}
	return options
}

// passwordRulesText says what Zitadel asks of passwords, in a sentence.
func passwordRulesText(ctx context.Context, v StudentRulesView) string {
	if !v.Known {
		return text(ctx, "students.password.unread")
	}
	var asked []string
	for _, rule := range []struct {
		asked bool
		text  string
	}{
		{v.Password.Upper, text(ctx, "students.password.upper")},
		{v.Password.Lower, text(ctx, "students.password.lower")},
		{v.Password.Digit, text(ctx, "students.password.digit")},
		{v.Password.Symbol, text(ctx, "students.password.symbol")},
	} {
		if rule.asked {
			asked = append(asked, rule.text)
		}
	}
	if len(asked) == 0 {
		return text(ctx, "students.password.length", "Count", v.Password.MinLength)
	}
	return text(ctx, "students.password.rules", "Count", v.Password.MinLength, "Kinds", strings.Join(asked, ", "))
}

// schoolName is whose letter it is: the school's, or the class's that stands alone.
func schoolName(org identity.Opened) string {
	if name := org.Organization().SchoolName; name != "" {
		return name
	}
	return org.Organization().Name
}

func classroomName(org identity.Opened, card printedCard) string {
	if card.Classroom != "" {
		return card.Classroom
	}
	return org.Organization().Name
}
