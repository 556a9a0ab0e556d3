package imports

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// maxTries is how many user names are made up for one person before none is free.
const maxTries = 40

// derived are bytes that nobody guesses who has not the import's key, and that are
// the same again after a crash.
func derived(key []byte, purpose string, position int64) []byte {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "homeroom import\x00%s\x00%d", purpose, position)
	return mac.Sum(nil)
}

// derivedID is the ID of who a row makes: 26 characters, 130 bits.
func derivedID(key []byte, position int64) identity.UserID {
	text := base32.StdEncoding.EncodeToString(derived(key, "user", position))
	return identity.UserID(strings.ToLower(text[:26]))
}

// derivedSubmission is the form's key of the invitation that a step of a row sends.
func derivedSubmission(key []byte, position int64, place identity.OrganizationID) string {
	text := base32.StdEncoding.EncodeToString(derived(key, "invitation "+string(place), position))
	return strings.ToLower(text[:26])
}

// making is how people are made by an import: by the school's rules and Zitadel's,
// which are read again for each batch.
type making struct {
	key       []byte
	rules     identity.StudentRules
	bands     map[identity.OrganizationID]identity.SecretBand // of classrooms that have their own
	passwords identity.PasswordRules
	one       store.Import
}

func (w work) making(ctx context.Context) (making, error) {
	m := making{one: w.one}
	var err error
	if m.key, err = w.rows.ImportKey(ctx, w.one.ID); err != nil {
		return m, err
	}
	if m.rules, err = w.rows.StudentRules(ctx); err != nil {
		return m, err
	}
	if w.opened.Organization().Kind == identity.KindSchool {
		if m.bands, err = w.rows.ClassroomBands(ctx); err != nil {
			return m, err
		}
	}
	known := false
	if m.passwords, known, err = w.rows.PasswordRules(ctx); err == nil && !known {
		m.passwords, err = identity.AskPasswordRules(ctx, w.rows, w.remote)
	}
	return m, err
}

// makes reports whether a row makes an account, rather than an invitation.
func makes(row store.ImportRow) bool {
	return row.Kind == roster.KindCreate && slices.ContainsFunc(row.Steps, func(s roster.Step) bool { return s.Kind == roster.StepCreate })
}

// name gives a row that makes somebody an account its ID, a user name that is free
// here and, if they have no address, a first secret.
func (m making) name(row *store.ImportRow, taken store.UserNameTaken) error {
	if !makes(*row) {
		return nil
	}
	row.User = derivedID(m.key, row.Position)
	if row.Person.Address == "" {
		row.Secret = m.secret(*row, m.passwords)
	}
	if row.UserName = cmp.Or(row.Person.UserName, row.Person.Address); row.UserName != "" {
		return nil // taken or not: it is theirs
	}
	for try := range maxTries {
		row.UserName = m.userName(*row, try)
		if used, err := taken(row.UserName); err != nil || !used {
			return err
		}
	}
	return nil // Zitadel will say so
}

func (m making) userName(row store.ImportRow, try int) string {
	return m.rules.UserName(identity.UserNameOf{
		GivenName: row.Person.GivenName, FamilyName: row.Person.FamilyName, Year: row.Person.Year,
	}, try, derived(m.key, "user name", row.Position))
}

// otherNames are user names for a row whose present one is taken at Zitadel, one
// after the other.
func (m making) otherNames(row store.ImportRow) func() (string, bool) {
	if row.Person.UserName != "" || row.Person.Address != "" {
		return func() (string, bool) { return "", false }
	}
	try, present := 0, row.UserName
	return func() (string, bool) {
		for try < maxTries {
			name := m.userName(row, try)
			if try++; name != present {
				return name, true
			}
		}
		return "", false
	}
}

// user is who a row makes.
func (m making) user(row store.ImportRow) identity.NewUser {
	p := row.Person
	return identity.NewUser{
		ID: row.User, UserName: row.UserName, GivenName: p.GivenName, FamilyName: p.FamilyName, Address: p.Address,
		Language: m.one.Options.Language, Secret: row.Secret,
		MustChange: row.Secret != "" && (m.one.Options.MustChange || m.rulesFor(row).Changes()),
	}
}

// secret is the first secret of who a row makes, as Zitadel wants passwords.
func (m making) secret(row store.ImportRow, passwords identity.PasswordRules) string {
	return m.rulesFor(row).FirstSecret(passwords, derived(m.key, "secret", row.Position))
}

// rulesFor are those of their first class that has its own.
func (m making) rulesFor(row store.ImportRow) identity.StudentRules {
	rules := m.rules
	if row.Person.Role != "" && row.Person.Role != identity.RoleStudent {
		rules.Band = identity.BandPassphrase // whoever teaches can type
		return rules
	}
	for _, s := range row.Steps {
		if band := m.bands[s.Place]; s.Kind == roster.StepAssign && band != "" {
			rules.Band = band
			break
		}
	}
	return rules
}
