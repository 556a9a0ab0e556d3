package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"math/big"
	"strings"
)

// Openings is what opening an organization uses of the store. Between the two
// calls the opening is on record as begun, and is completed after a crash.
type Openings interface {
	BeginOpening(ctx context.Context, founder Actor, organization NewOrganization, first Role) error
	FinishOpening(ctx context.Context, opened Opened, facts []Fact) error
}

// NewOrganizationID makes the ID of an organization that is to be opened.
func NewOrganizationID() OrganizationID {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return organizationID(random)
}

// organizationID writes 128 bits in digits: Zitadel's newer login pages take
// nothing else for the ID of an organization, and would not ask a school's
// identity provider.
func organizationID(bits [16]byte) OrganizationID {
	return OrganizationID(fmt.Sprintf("%039d", new(big.Int).SetBytes(bits[:])))
}

// submittedID is the ID of what a form opens: the same form, filled in the same
// way and sent again by the same person, opens the same thing. A form that
// failed because Zitadel was away completes what it began when it is sent
// again, and a form that was corrected or used twice opens another.
func submittedID(founder Actor, submission, name string) OrganizationID {
	sum := sha256.Sum256([]byte("homeroom opening\x00" + string(founder.User) + "\x00" + submission + "\x00" + name))
	return organizationID([16]byte(sum[:16]))
}

// IsSubmission reports whether a text can be a form's key, from [NewSubmission].
func IsSubmission(key string) bool { return submissionPattern.MatchString(key) }

// LineSubmission is the key of one line of a list that was sent with a form's
// key: each line opens its own classroom, and the same line again the same one.
func LineSubmission(submission string, line int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "homeroom line\x00%s\x00%d", submission, line))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
}

// newID is 26 characters from crypto/rand (130 bits), fit for URLs.
func newID() string { return strings.ToLower(rand.Text()) }

// FirstRole is what the founder of a classroom in school becomes there: teacher
// where they are one of the school's teachers, or say that they teach it.
// Empty is a school_admin or an operator who opens it for others.
func FirstRole(school Opened, teaches bool) Role {
	if teaches || school.Role() == RoleTeacher {
		return RoleTeacher
	}
	return ""
}

// FoundClassroom opens a classroom in school at Zitadel and here. What the
// founder becomes in it, [FirstRole] says. submission is the key of the form,
// from [NewSubmission].
func FoundClassroom(
	ctx context.Context, school Opened, openings Openings, provisioner Provisioner, gateway Gateway,
	submission, name string, teaches bool,
) (OrganizationID, error) {
	if !school.Permits(OpenClassroom) {
		return "", Forbidden("permission.missing")
	}
	if !submissionPattern.MatchString(submission) {
		return "", Invalid("form.stale")
	}
	name = CleanName(name)
	n := NewOrganization{
		ID: submittedID(school.Actor(), submission, name), Kind: KindClassroom, Name: name, School: school.ID(),
	}
	first := FirstRole(school, teaches)
	if err := openings.BeginOpening(ctx, school.Actor(), n, first); err != nil {
		return "", fmt.Errorf("begin opening: %w", err)
	}
	return n.ID, CompleteOpening(ctx, openings, provisioner, gateway, school.Actor(), n, first)
}

// FoundAlone opens a classroom that belongs to no school. Its founder becomes
// its teacher; who may found one is the installation's setting.
func FoundAlone(
	ctx context.Context, founder Actor, openings Openings, provisioner Provisioner, gateway Gateway,
	submission, name string,
) (OrganizationID, error) {
	if !submissionPattern.MatchString(submission) {
		return "", Invalid("form.stale")
	}
	name = CleanName(name)
	n := NewOrganization{ID: submittedID(founder, submission, name), Kind: KindClassroom, Name: name}
	if err := openings.BeginOpening(ctx, founder, n, RoleTeacher); err != nil {
		return "", fmt.Errorf("begin opening: %w", err)
	}
	return n.ID, CompleteOpening(ctx, openings, provisioner, gateway, founder, n, RoleTeacher)
}

// FoundSchool opens a school at Zitadel and here, by an operator, who takes no
// role in it.
func FoundSchool(
	ctx context.Context, platform OpenedPlatform, openings Openings, provisioner Provisioner, gateway Gateway,
	submission, name string,
) (OrganizationID, error) {
	founder := platform.Actor()
	if founder.User == "" {
		return "", Forbidden("permission.missing")
	}
	if !submissionPattern.MatchString(submission) {
		return "", Invalid("form.stale")
	}
	name = CleanName(name)
	n := NewOrganization{ID: submittedID(founder, submission, name), Kind: KindSchool, Name: name}
	if err := openings.BeginOpening(ctx, founder, n, ""); err != nil {
		return "", fmt.Errorf("begin opening: %w", err)
	}
	return n.ID, CompleteOpening(ctx, openings, provisioner, gateway, founder, n, "")
}

// CompleteOpening does what BeginOpening put on record. Every step may be
// repeated, so the same call resumes an opening that a crash or an absent
// Zitadel cut off.
func CompleteOpening(
	ctx context.Context, openings Openings, provisioner Provisioner, gateway Gateway,
	founder Actor, n NewOrganization, first Role,
) error {
	facts, err := provisioner.Open(ctx, n)
	if err != nil {
		return fmt.Errorf("open organization: %w", err)
	}
	organization := Organization{
		ID: n.ID, Kind: n.Kind, Name: n.Name, School: n.School, State: OrganizationActive,
	}
	// Somebody has to be written down as who opened it, also where the founder
	// takes no role: the opened value lives no longer than this call.
	as := first
	if as == "" {
		as = Highest(RolesIn(n.Kind))
	}
	opened, err := OpenFounded(organization, founder, as)
	if err != nil {
		return err
	}
	if first != "" {
		fact, err := gateway.In(opened).CreateRoleAssignment(ctx, founder.User, []Role{first})
		if err != nil {
			return fmt.Errorf("assign the founder's role: %w", err)
		}
		facts = append(facts, fact)
	}
	if err := openings.FinishOpening(ctx, opened, facts); err != nil {
		return fmt.Errorf("finish opening: %w", err)
	}
	return nil
}
