package views

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// PoliciesPath shows the rules of a school, and takes new ones.
func PoliciesPath(school identity.OrganizationID) string { return in(school, "policies") }

// PoliciesCheckPath is what new rules would do.
func PoliciesCheckPath(school identity.OrganizationID) string { return in(school, "policies", "check") }

// Whom a school asks for a second factor, as the form says it.
const (
	factorNobody = "nobody"
	factorStaff  = "staff"
	factorAll    = "all"
)

// PolicyForm is the form of a school's rules, as it was typed.
type PolicyForm struct {
	SecondFactor                                             string
	LocalOnly                                                bool
	Factors                                                  []string
	Passkeys, PasswordReset, SelfRegistration, AddressAsName bool
	PasswordHours, FactorHours, PasskeyHours, ProviderHours  string
	Names                                                    string
	TeachersOpen                                             bool
	Days, Domains                                            string
}

// PolicyFormOf is the form filled in with what is in force.
func PolicyFormOf(p identity.SchoolPolicies, l identity.LoginPolicy) PolicyForm {
	f := PolicyForm{
		SecondFactor: factorNobody, LocalOnly: l.LocalOnly || !l.RequireFactor,
		Passkeys: l.Passkeys, PasswordReset: l.PasswordReset, SelfRegistration: l.SelfRegistration, AddressAsName: l.AddressAsName,
		PasswordHours: hours(l.PasswordLifetime), FactorHours: hours(l.FactorLifetime),
		PasskeyHours: hours(l.PasskeyLifetime), ProviderHours: hours(l.ProviderLifetime),
		Names: string(p.Names), TeachersOpen: p.TeachersOpenClassrooms,
		Days: strconv.Itoa(p.InvitationDays), Domains: strings.Join(p.InvitationDomains, "\n"),
	}
	switch {
	case l.RequireFactor:
		f.SecondFactor = factorAll
	case p.StaffFactor:
		f.SecondFactor = factorStaff
	}
	for _, c := range l.Factors {
		f.Factors = append(f.Factors, string(c))
	}
	return f
}

func hours(d time.Duration) string { return strconv.Itoa(int(d.Round(time.Hour).Hours())) }

// ReadPolicyForm reads the form as it was sent.
func ReadPolicyForm(values url.Values) PolicyForm {
	on := func(name string) bool { return values.Get(name) == "on" }
	return PolicyForm{
		SecondFactor: values.Get("second-factor"), LocalOnly: on("local-only"), Factors: values["factors"],
		Passkeys: on("passkeys"), PasswordReset: on("password-reset"), SelfRegistration: on("self-registration"),
		AddressAsName: on("address-as-name"),
		PasswordHours: values.Get("password-lifetime"), FactorHours: values.Get("factor-lifetime"),
		PasskeyHours: values.Get("passkey-lifetime"), ProviderHours: values.Get("provider-lifetime"),
		Names: values.Get("names"), TeachersOpen: on("teachers-open-classrooms"),
		Days: values.Get("invitation-days"), Domains: values.Get("invitation-domains"),
	}
}

// Params are the form's fields, for a link back to it and for the form that
// confirms it.
func (f PolicyForm) Params() []Param {
	params := []Param{
		{"second-factor", f.SecondFactor},
		{"password-lifetime", f.PasswordHours},
		{"factor-lifetime", f.FactorHours},
		{"passkey-lifetime", f.PasskeyHours},
		{"provider-lifetime", f.ProviderHours},
		{"names", f.Names},
		{"invitation-days", f.Days},
		{"invitation-domains", f.Domains},
	}
	for _, box := range []struct {
		name string
		on   bool
	}{
		{"local-only", f.LocalOnly},
		{"passkeys", f.Passkeys},
		{"password-reset", f.PasswordReset},
		{"self-registration", f.SelfRegistration},
		{"address-as-name", f.AddressAsName},
		{"teachers-open-classrooms", f.TeachersOpen},
	} {
		if box.on {
			params = append(params, Param{box.name, "on"})
		}
	}
	for _, factor := range f.Factors {
		params = append(params, Param{"factors", factor})
	}
	return params
}

// Read is what the form means, or what is wrong with it. Of the login policy
// only what the form speaks of is set.
func (f PolicyForm) Read() (identity.SchoolPolicies, identity.LoginPolicy, identity.Problems) {
	number := func(text string) int {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return 0 // out of every range
		}
		return n
	}
	lifetime := func(text string) time.Duration {
		return time.Duration(min(number(text), 1e6)) * time.Hour
	}
	policies := identity.SchoolPolicies{
		StaffFactor: f.SecondFactor == factorStaff, Names: identity.NamesRule(f.Names),
		InvitationDays: number(f.Days), InvitationDomains: identity.ReadDomains(f.Domains),
		TeachersOpenClassrooms: f.TeachersOpen,
	}
	login := identity.LoginPolicy{
		RequireFactor: f.SecondFactor == factorAll, LocalOnly: f.SecondFactor == factorAll && f.LocalOnly,
		Passkeys: f.Passkeys, PasswordReset: f.PasswordReset, SelfRegistration: f.SelfRegistration, AddressAsName: f.AddressAsName,
		PasswordLifetime: lifetime(f.PasswordHours), FactorLifetime: lifetime(f.FactorHours),
		PasskeyLifetime: lifetime(f.PasskeyHours), ProviderLifetime: lifetime(f.ProviderHours),
	}
	for _, c := range identity.PolicyFactors {
		if slices.Contains(f.Factors, string(c)) {
			login.Factors = append(login.Factors, c)
		}
	}
	var problems identity.Problems
	if !slices.Contains([]string{factorNobody, factorStaff, factorAll}, f.SecondFactor) {
		problems.Add("second-factor", "policy.factor.choose")
	}
	if policies.StaffFactor && len(login.Factors) == 0 && !login.Passkeys {
		problems.Add("factors", "policy.factors.none")
	}
	problems = append(problems, login.Check()...)
	return policies, login, append(problems, policies.Check()...)
}

// PolicyView is what the page of a school's rules shows beside its form.
type PolicyView struct {
	ReadAt  time.Time // when Zitadel last told its part; zero if it has not yet
	Stale   bool
	Message identity.Message // why it cannot be saved now; zero otherwise
}

// PolicyPreview is what new rules would do.
type PolicyPreview struct {
	Changes []PolicyChange
	Effects []identity.PolicyEffect
	Form    PolicyForm
	Message identity.Message // why it is shown once more; zero otherwise
}

// PolicyChange is one rule before and after.
type PolicyChange struct {
	Label, Was, Is string
}

// PolicyChanges lists what differs between two states of the rules, in the order
// of the form.
func PolicyChanges(ctx context.Context, was, is PolicyForm) []PolicyChange {
	yes := map[bool]string{true: text(ctx, "policy.on"), false: text(ctx, "policy.off")}
	hoursOf := func(n string) string { return text(ctx, "policy.hours", "Hours", n) }
	domains := func(list string) string {
		if list == "" {
			return text(ctx, "policy.domains.any")
		}
		return strings.Join(identity.ReadDomains(list), ", ")
	}
	var changes []PolicyChange
	for _, row := range []PolicyChange{
		{text(ctx, "policy.second-factor"), secondFactorText(ctx, was), secondFactorText(ctx, is)},
		{text(ctx, "policy.factors"), factorList(ctx, was.Factors), factorList(ctx, is.Factors)},
		{text(ctx, "policy.passkeys"), yes[was.Passkeys], yes[is.Passkeys]},
		{text(ctx, "policy.password-reset"), yes[was.PasswordReset], yes[is.PasswordReset]},
		{text(ctx, "policy.address-as-name"), yes[was.AddressAsName], yes[is.AddressAsName]},
		{text(ctx, "policy.self-registration"), yes[was.SelfRegistration], yes[is.SelfRegistration]},
		{text(ctx, "policy.password-lifetime"), hoursOf(was.PasswordHours), hoursOf(is.PasswordHours)},
		{text(ctx, "policy.factor-lifetime"), hoursOf(was.FactorHours), hoursOf(is.FactorHours)},
		{text(ctx, "policy.passkey-lifetime"), hoursOf(was.PasskeyHours), hoursOf(is.PasskeyHours)},
		{text(ctx, "policy.provider-lifetime"), hoursOf(was.ProviderHours), hoursOf(is.ProviderHours)},
		{text(ctx, "policy.names"), namesText(ctx, was.Names), namesText(ctx, is.Names)},
		{text(ctx, "settings.teachers-open"), yes[was.TeachersOpen], yes[is.TeachersOpen]},
		{text(ctx, "policy.invitation-days"), was.Days, is.Days},
		{text(ctx, "policy.invitation-domains"), domains(was.Domains), domains(is.Domains)},
	} {
		if row.Was != row.Is {
			changes = append(changes, row)
		}
	}
	return changes
}

func secondFactorText(ctx context.Context, f PolicyForm) string {
	switch {
	case f.SecondFactor == factorStaff:
		return text(ctx, "policy.factor.staff")
	case f.SecondFactor == factorAll && f.LocalOnly:
		return text(ctx, "policy.factor.local")
	case f.SecondFactor == factorAll:
		return text(ctx, "policy.factor.all")
	}
	return text(ctx, "policy.factor.nobody")
}

func factorList(ctx context.Context, factors []string) string {
	var names []string
	for _, c := range identity.PolicyFactors {
		if slices.Contains(factors, string(c)) {
			names = append(names, CredentialName(ctx, c))
		}
	}
	if names == nil {
		return text(ctx, "policy.factors.nothing")
	}
	return strings.Join(names, ", ")
}

// CredentialName is a kind of credential in words.
func CredentialName(ctx context.Context, c identity.Credential) string {
	return text(ctx, "credential."+string(c))
}

func namesText(ctx context.Context, rule string) string {
	if identity.NamesRule(rule) == identity.NamesNever {
		return text(ctx, "policy.names.never")
	}
	return text(ctx, "policy.names.classroom")
}

// effectPath is where the people of an effect are listed.
func effectPath(school identity.OrganizationID, effect identity.PolicyEffect) string {
	role := ""
	if effect.Filter == identity.FilterStaffWithoutFactor {
		role = PeopleStaff
	}
	return WithQuery(PeoplePath(school), Param{"role", role}, Param{"sign-in", PeopleNoFactor})
}
