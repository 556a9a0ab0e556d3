package identity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
)

// NewStudent is a student without e-mail, as a teacher types them in.
type NewStudent struct {
	GivenName  string
	FamilyName string
	UserName   string // empty: one is made from the name
	Language   string
	// Submission is the random key of the form, from [NewSubmission]. The same
	// form sent twice creates one student and shows the same secret both times.
	Submission string
}

// NewSubmission makes the key of a form (130 bits from crypto/rand).
func NewSubmission() string { return newID() }

const (
	maxPersonName = 100
	minUserName   = 3
	maxUserName   = 40
)

var (
	userNamePattern   = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)
	submissionPattern = regexp.MustCompile(`^[a-z2-7]{26}$`)
)

// Clean returns s as it will be stored.
func (s NewStudent) Clean() NewStudent {
	s.GivenName, s.FamilyName = CleanName(s.GivenName), CleanName(s.FamilyName)
	s.UserName = strings.ToLower(strings.TrimSpace(s.UserName))
	return s
}

// Check finds what is wrong with the input of a person.
func (s NewStudent) Check() Problems {
	s = s.Clean()
	var p Problems
	if s.GivenName == "" {
		p.Add("given-name", "student.given-name.missing")
	}
	for field, name := range map[string]string{"given-name": s.GivenName, "family-name": s.FamilyName} {
		if len([]rune(name)) > maxPersonName {
			p.Add(field, "student.name.too-long", "Max", maxPersonName)
		}
	}
	switch {
	case s.UserName == "":
	case len(s.UserName) < minUserName, len(s.UserName) > maxUserName:
		p.Add("user-name", "student.user-name.length", "Min", minUserName, "Max", maxUserName)
	case !userNamePattern.MatchString(s.UserName):
		p.Add("user-name", "student.user-name.characters")
	}
	return p
}

// userNameTries bounds how often another made-up user name is tried. The last
// ones come from a space of more than 25,000 per name.
const userNameTries = 6

// CreateStudent creates a student without e-mail at home here and puts them on
// the roster. The secret of the answer is their first password, made by the
// rules that hold here. It is kept sealed, for login cards, until the student has
// signed in.
//
// A typed user name that is taken is a conflict ("user.name-taken"); one that
// is made up is replaced until it fits.
func CreateStudent(ctx context.Context, org Opened, rows Roster, remote Remote, s NewStudent) (SignIn, error) {
	if err := org.MayInvite(RoleStudent); err != nil {
		return SignIn{}, err
	}
	if !submissionPattern.MatchString(s.Submission) {
		return SignIn{}, Invalid("form.stale")
	}
	s = s.Clean()
	rules, err := rows.StudentRules(ctx)
	if err != nil {
		return SignIn{}, fmt.Errorf("load rules: %w", err)
	}
	n := NewUser{
		ID:        UserID(s.derive(org, "id")),
		GivenName: s.GivenName, FamilyName: s.FamilyName, Language: s.Language,
		MustChange: rules.Changes(),
	}
	var in SignIn
	change := Change{
		Action: ActionStudentCreated,
		Target: string(n.ID), TargetName: User{GivenName: s.GivenName, FamilyName: s.FamilyName}.DisplayName(),
		After: auditedRole(RoleStudent),
	}
	err = rows.InTurn(ctx, func(ctx context.Context) error {
		kept := FirstSecret{User: n.ID, Home: org.Organization().Home()}
		again, err := sentAgain(ctx, rows, kept)
		if err != nil {
			return err
		}
		sum := s.sum(org, "secret")
		return rows.ChangeSecret(ctx, change, &kept, func(ctx context.Context) ([]Fact, error) {
			var created Fact
			secret, err := withSecret(ctx, rows, remote, rules, sum[:], func(secret string) error {
				n.Secret = cmp.Or(again.secret, secret)
				created, err = createUser(ctx, remote, n, s.UserName, rules)
				return err
			})
			if err != nil {
				return nil, err
			}
			in.Secret = cmp.Or(again.secret, secret)
			if !again.there || again.secret != "" {
				kept.Secret = in.Secret
			}
			if c, ok := created.(UserCreated); ok {
				in.User = c.User
			}
			assigned, err := remote.CreateRoleAssignment(ctx, n.ID, []Role{RoleStudent})
			if err != nil {
				return nil, fmt.Errorf("assign role: %w", err)
			}
			return []Fact{created, assigned}, nil
		})
	})
	if err != nil {
		return SignIn{}, err
	}
	return in, nil
}

// earlier is what a form that was sent before left: a student, and the secret
// that was set then, if it is still kept.
type earlier struct {
	there  bool
	secret string
}

// sentAgain looks whether this very form was sent before. The rules may have
// changed since, the student's secret has not.
func sentAgain(ctx context.Context, rows Roster, of FirstSecret) (earlier, error) {
	_, err := rows.Member(ctx, of.User)
	if IsKind(err, KindNotFound) {
		return earlier{}, nil
	}
	if err != nil {
		return earlier{}, fmt.Errorf("look for an earlier form: %w", err)
	}
	secret, err := rows.FirstSecret(ctx, of.User, of.Home)
	if err != nil {
		return earlier{}, fmt.Errorf("load first secret: %w", err)
	}
	return earlier{there: true, secret: secret}, nil
}

// createUser creates n with the user name wanted, or with made-up ones until
// one is free.
func createUser(ctx context.Context, remote Remote, n NewUser, wanted string, rules StudentRules) (Fact, error) {
	random := randomBytes()
	for try := 0; ; try++ {
		if n.UserName = wanted; wanted == "" {
			n.UserName = rules.UserName(UserNameOf{GivenName: n.GivenName, FamilyName: n.FamilyName}, try, random)
		}
		fact, err := remote.CreateUser(ctx, n)
		if err == nil {
			return fact, nil
		}
		if wanted != "" || try+1 >= userNameTries || !IsKind(err, KindConflict) {
			return nil, fmt.Errorf("create user: %w", err)
		}
	}
}

// derive makes 160 bits that belong to this form, filled in like this, by this
// actor in this organization. Nobody can aim them at somebody who exists, and
// the form sent twice meets its own first sending at Zitadel. A form taken from
// the browser's history and filled in for the next student is another one.
func (s NewStudent) derive(org Opened, purpose string) string {
	sum := s.sum(org, purpose)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20]))
}

// sum depends on the submission, which comes from crypto/rand, so that the
// answer to a repeated form shows the password that was set the first time.
func (s NewStudent) sum(org Opened, purpose string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join([]string{
		"homeroom new student", purpose, string(org.ID()), string(org.Actor().User),
		s.Submission, s.GivenName, s.FamilyName, s.UserName,
	}, "\x00")))
}
