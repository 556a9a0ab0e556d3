package identity

import "slices"

// PolicyFigures are the numbers a preview of new policies is made of. They are
// of the people at home in the school, and of what waits there.
type PolicyFigures struct {
	People, Staff int // who can sign in at all
	// Without a second factor that Zitadel knows; and among them those who come
	// through the school's own sign-in alone.
	WithoutFactor, StaffWithoutFactor int
	WithoutFactorByProvider           int
	// Holding a second factor of a kind.
	Holding map[Credential]int
	// Waiting are invitations by the domain they went to.
	Waiting map[string]int
	// ShowingNames are classrooms that show students each other's names.
	ShowingNames int
}

// PolicyEffect is one thing that new policies do to people, with how many it
// concerns.
type PolicyEffect struct {
	Message Message
	People  int
	// Which of the school's people they are, as the people page filters; empty
	// where it cannot show them.
	Filter string
}

// Filters of the people page that effects lead to.
const (
	FilterWithoutFactor      = "without-factor"
	FilterStaffWithoutFactor = "staff-without-factor"
)

// PolicyEffects says whom a change of policies concerns, what hurts most first.
func PolicyEffects(
	was, is SchoolPolicies, wasLogin, isLogin LoginPolicy, figures PolicyFigures,
) []PolicyEffect {
	var effects []PolicyEffect
	add := func(people int, filter, message string, args ...any) {
		effects = append(effects, PolicyEffect{
			Message: Say(message, append(args, "Count", people)...), People: people, Filter: filter,
		})
	}
	switch {
	case isLogin.RequireFactor && (!wasLogin.RequireFactor || wasLogin.LocalOnly && !isLogin.LocalOnly):
		asked := figures.WithoutFactor
		if isLogin.LocalOnly {
			asked -= figures.WithoutFactorByProvider
		}
		add(asked, FilterWithoutFactor, "policy.effect.factor-all")
	case !isLogin.RequireFactor && wasLogin.RequireFactor:
		add(figures.People, "", "policy.effect.factor-none")
	}
	if is.StaffFactor && !was.StaffFactor && !isLogin.RequireFactor {
		add(figures.StaffWithoutFactor, FilterStaffWithoutFactor, "policy.effect.factor-staff")
	}
	for _, f := range Credentials {
		if holds := figures.Holding[f]; holds > 0 && allows(wasLogin, f) && !allows(isLogin, f) {
			add(holds, "", "policy.effect.kind-gone", "Kind", Say("credential."+string(f)))
		}
	}
	if isLogin.SelfRegistration && !wasLogin.SelfRegistration {
		add(0, "", "policy.effect.registration")
	}
	if !isLogin.PasswordReset && wasLogin.PasswordReset {
		add(figures.People, "", "policy.effect.no-reset")
	}
	if isLogin.PasswordLifetime < wasLogin.PasswordLifetime || isLogin.ProviderLifetime < wasLogin.ProviderLifetime ||
		isLogin.FactorLifetime < wasLogin.FactorLifetime || isLogin.PasskeyLifetime < wasLogin.PasskeyLifetime {
		add(figures.People, "", "policy.effect.sooner")
	}
	if is.Names == NamesNever && was.Names != NamesNever {
		add(figures.ShowingNames, "", "policy.effect.names")
	}
	if outside := figures.outside(is.InvitationDomains); len(is.InvitationDomains) > 0 && outside > figures.outside(was.InvitationDomains) {
		add(outside, "", "policy.effect.invitations")
	}
	if is.TeachersOpenClassrooms != was.TeachersOpenClassrooms && !is.TeachersOpenClassrooms {
		add(figures.Staff, "", "policy.effect.teachers-open")
	}
	return effects
}

// allows reports whether people may use a kind of credential under a policy.
// What the policy does not speak of stays as it is.
func allows(p LoginPolicy, c Credential) bool {
	if c == CredentialPasskey {
		return p.Passkeys
	}
	return !slices.Contains(PolicyFactors, c) || slices.Contains(p.Factors, c)
}

// outside counts the waiting invitations to other domains; none if every domain
// is one.
func (f PolicyFigures) outside(domains []string) int {
	if len(domains) == 0 {
		return 0
	}
	n := 0
	for domain, waiting := range f.Waiting {
		if !MayInviteTo(domains, domain) {
			n += waiting
		}
	}
	return n
}
