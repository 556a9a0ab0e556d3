package identity

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// LoginPolicy is what a school may set about how Zitadel signs its people in:
// the fields of Zitadel's login policy that Homeroom lets schools change. The
// gateway reads the whole policy, changes these, and keeps all others, because
// Zitadel replaces a policy as a whole (UpdateCustomLoginPolicy).
type LoginPolicy struct {
	// RequireFactor asks everybody at home in the school for a second factor;
	// with LocalOnly not those who come through the school's own sign-in, which
	// has its own rules.
	RequireFactor bool
	LocalOnly     bool
	// Factors are the second factors that may be used: totp, security-key,
	// mail-code, text-code.
	Factors []Credential
	// Passkeys lets people sign in without a password.
	Passkeys bool
	// Passwords is read only: whether passwords are taken is decided by the
	// portal's enforcement, see [Enforcement].
	Passwords bool
	// PasswordReset lets people ask for a new password at the login page.
	PasswordReset bool
	// SelfRegistration lets strangers make an account in the school.
	SelfRegistration bool
	// AddressAsName lets people sign in by their e-mail address.
	AddressAsName bool
	// How long a check counts before Zitadel asks again.
	PasswordLifetime, FactorLifetime, PasskeyLifetime, ProviderLifetime time.Duration
	// Own tells the school's own policy from the instance's, which holds where
	// there is none. It is read only.
	Own bool
}

// With is the policy with what a school may set taken from asked.
func (p LoginPolicy) With(asked LoginPolicy) LoginPolicy {
	asked.Passwords, asked.Own = p.Passwords, p.Own
	return asked
}

// PolicyFactors are the second factors a policy can allow.
var PolicyFactors = []Credential{CredentialTOTP, CredentialSecurityKey, CredentialMailCode, CredentialTextCode}

// Bounds of a lifetime in a policy.
const (
	MinLifetime = time.Hour
	MaxLifetime = 90 * 24 * time.Hour
)

// Check finds what is wrong with a policy that somebody wrote.
func (p LoginPolicy) Check() Problems {
	var problems Problems
	for _, lifetime := range []struct {
		field string
		value time.Duration
	}{
		{"password-lifetime", p.PasswordLifetime},
		{"factor-lifetime", p.FactorLifetime},
		{"passkey-lifetime", p.PasskeyLifetime},
		{"provider-lifetime", p.ProviderLifetime},
	} {
		if lifetime.value < MinLifetime || lifetime.value > MaxLifetime {
			problems.Add(lifetime.field, "policy.lifetime.range", "Most", int(MaxLifetime.Hours()/24))
		}
	}
	if p.RequireFactor && len(p.Factors) == 0 && !p.Passkeys {
		problems.Add("factors", "policy.factors.none")
	}
	for _, f := range p.Factors {
		if !slices.Contains(PolicyFactors, f) {
			problems.Add("factors", "policy.factors.unknown")
			break
		}
	}
	return problems
}

// NamesRule is whether students of a school may see each other's names.
type NamesRule string

// The rules for names.
const (
	NamesByClassroom NamesRule = "classroom" // each classroom decides
	NamesNever       NamesRule = "never"
)

// SchoolPolicies are the rules of a school that the portal itself keeps.
type SchoolPolicies struct {
	// StaffFactor asks staff for a second factor, where Zitadel cannot tell who
	// is staff: the portal lets them in only after a sign-in with one.
	StaffFactor bool
	Names       NamesRule
	// InvitationDays is how long an invitation can be accepted.
	InvitationDays int
	// InvitationDomains are the only domains to which invitations may go; none
	// means any.
	InvitationDomains []string
	// TeachersOpenClassrooms is [OrganizationSettings.TeachersOpenClassrooms].
	TeachersOpenClassrooms bool
}

// DefaultPolicies are those of a school that has set none.
var DefaultPolicies = SchoolPolicies{Names: NamesByClassroom, InvitationDays: 14}

// MayInviteTo reports whether an invitation may go to a domain. No domains mean
// any.
func MayInviteTo(domains []string, domain string) bool {
	return len(domains) == 0 || slices.Contains(domains, strings.ToLower(domain))
}

// CheckInvited says why an invitation may not go to an address, if the school
// names the only domains it may go to; the zero Message otherwise.
func CheckInvited(domains []string, address string) Message {
	_, domain, _ := strings.Cut(address, "@")
	if MayInviteTo(domains, domain) {
		return Message{}
	}
	return Say("policy.domains.refused", "Domains", strings.Join(domains, ", "), "Address", address)
}

// maxInvitationDomains bounds a list that somebody typed.
const maxInvitationDomains = 50

// Check finds what is wrong with rules that somebody wrote.
func (p SchoolPolicies) Check() Problems {
	var problems Problems
	if p.InvitationDays < 1 || p.InvitationDays > MaxInvitationDays {
		problems.Add("invitation-days", "invitation.days.out-of-range", "Max", MaxInvitationDays)
	}
	if p.Names != NamesByClassroom && p.Names != NamesNever {
		problems.Add("names", "policy.names.choose")
	}
	if len(p.InvitationDomains) > maxInvitationDomains {
		problems.Add("invitation-domains", "policy.domains.many", "Max", maxInvitationDomains)
	}
	for _, domain := range p.InvitationDomains {
		if !domainPattern.MatchString(domain) {
			problems.Add("invitation-domains", "policy.domains.wrong", "Domain", domain)
		}
	}
	return problems
}

// domainPattern is a host name of two labels and more, in lower case (RFC 1123).
var domainPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)

// ReadDomains reads a list of domains as people write it: one a line, or with
// commas and spaces between, with or without an @ before.
func ReadDomains(text string) []string {
	var domains []string
	for _, field := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r == ',' || r == ';' || unicode.IsSpace(r)
	}) {
		if domain := strings.TrimPrefix(field, "@"); domain != "" && !slices.Contains(domains, domain) {
			domains = append(domains, domain)
		}
	}
	slices.Sort(domains)
	return domains
}

// MaxInvitationDays bounds how long an invitation can be accepted.
const MaxInvitationDays = 90
