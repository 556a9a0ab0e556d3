package doctor

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Clocks that differ by more make sign-ins fail: an ID token may be ten seconds
// from the future.
const (
	skewWarning = 3 * time.Second
	skewBad     = 9 * time.Second
)

// The oldest server whose security fixes Homeroom leans on, and the first one
// that nobody has tried.
var oldest, untried = [3]int{4, 16, 0}, [3]int{5, 0, 0}

// server looks at Zitadel itself.
func (e *examination) server() {
	s, err := e.Zitadel.InspectServer(e.ctx)
	if err != nil {
		e.unread("server", err)
		return
	}
	version, known := parseVersion(s.Version)
	switch {
	case !known:
		e.say(identity.LevelWarning, "version-unknown", "Version", s.Version)
	case slices.Compare(version[:], oldest[:]) < 0:
		e.say(identity.LevelBad, "version", "Version", s.Version)
	case slices.Compare(version[:], untried[:]) >= 0:
		e.say(identity.LevelWarning, "version", "Version", s.Version)
	default:
		e.say(identity.LevelGood, "version", "Version", s.Version)
	}
	level := identity.LevelGood
	switch skew := s.Skew.Abs(); {
	case skew >= skewBad:
		level = identity.LevelBad
	case skew >= skewWarning:
		level = identity.LevelWarning
	}
	e.say(level, "clock", "Seconds", int(s.Skew.Abs().Seconds()))
}

// parseVersion reads v4.17.1 and v4.17.1-rc.2.
func parseVersion(text string) (version [3]int, ok bool) {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "-")
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return version, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return version, false
		}
		version[i] = n
	}
	return version, true
}

// Lifetimes of access tokens: for as long a token tells of a role that is gone.
const (
	tokenWarning = 15 * time.Minute
	tokenBad     = time.Hour
)

// instance looks at the policies of the instance that everything leans on.
func (e *examination) instance() {
	in, err := e.Zitadel.InspectInstance(e.ctx)
	if err != nil {
		e.unread("instance", err)
		return
	}
	e.check(in.ValidateDomains, identity.LevelBad, "domain-validation")
	e.check(!in.PublicRegistration, identity.LevelBad, "organization-registration")
	e.check(!in.Policy.SelfRegistration, identity.LevelBad, "self-registration")
	e.check(in.Policy.Passwords, identity.LevelBad, "passwords")
	e.check(!in.UserNamesPerOrganization, identity.LevelWarning, "user-names")
	e.check(!in.PermissionCheckV2, identity.LevelBad, "permission-check")
	e.check(!slices.Contains(in.ImprovedPerformance, "USER_GRANT"), identity.LevelWarning, "improved-performance",
		"Flags", cmp.Or(strings.Join(in.ImprovedPerformance, ", "), "–"))
	e.check(in.Redirect == e.PublicURL+e.Paths.Welcome, identity.LevelWarning, "default-redirect",
		"Is", cmp.Or(in.Redirect, "–"), "Wanted", e.PublicURL+e.Paths.Welcome)
	level := identity.LevelGood
	switch lifetime := in.AccessTokenLifetime; {
	case lifetime > tokenBad:
		level = identity.LevelBad
	case lifetime > tokenWarning:
		level = identity.LevelWarning
	}
	e.say(level, "access-tokens", "Minutes", int(in.AccessTokenLifetime.Minutes()))
	pages := "1"
	if in.NewLogin {
		pages = "2"
	}
	e.say(identity.LevelGood, "login-pages", "Version", pages)
}

// needed are the administrator roles each account has on the instance. Who
// hosts Zitadel may give it others.
var needed = map[string][]string{
	"runtime": nil, "provisioner": {"IAM_ORG_MANAGER"}, "events": {"IAM_OWNER_VIEWER"},
}

// memberRoles are what the runtime holds in each school and classroom.
const memberRoles = "ORG_SETTINGS_MANAGER,ORG_USER_MANAGER"

// keyWarning is how long before its end a key should be replaced.
const keyWarning = 30 * 24 * time.Hour

// accounts looks at the rights of the service accounts, and at their keys.
func (e *examination) accounts() {
	for _, name := range []string{"runtime", "provisioner", "events"} {
		if signIn := e.Accounts[name]; signIn != nil {
			if err := signIn(e.ctx); err != nil {
				e.say(identity.LevelBad, "account-key", "Account", name, "Error", plainly(err))
				continue
			}
			e.say(identity.LevelGood, "account-key", "Account", name)
		}
	}
	rights, err := e.Zitadel.InspectAccounts(e.ctx)
	if err != nil {
		e.unread("accounts", err)
		return
	}
	for _, account := range rights {
		e.account(account)
	}
}

func (e *examination) account(a identity.AccountRights) {
	e.check(a.State == identity.UserActive, identity.LevelBad, "account-state", "Account", a.Name)
	held, wanted := strings.Join(a.Instance, ", "), needed[a.Name]
	switch {
	case slices.Equal(a.Instance, wanted):
		e.say(identity.LevelGood, "account-rights", "Account", a.Name, "Held", cmp.Or(held, "–"))
	case slices.Contains(a.Instance, "IAM_OWNER"), a.Name == "runtime", len(a.Instance) == 0:
		e.say(identity.LevelBad, "account-rights", "Account", a.Name, "Held", cmp.Or(held, "–"))
	default:
		e.say(identity.LevelWarning, "account-rights", "Account", a.Name, "Held", held)
	}
	e.check(len(a.Operators) == 0, identity.LevelBad, "account-operators", "Account", a.Name)
	others := 0
	for roles, n := range a.Organizations {
		if roles != memberRoles || a.Name != "runtime" {
			others += n
		}
	}
	e.check(others == 0, identity.LevelWarning, "account-members", "Account", a.Name, "Count", others)
	if a.KeyExpires.IsZero() {
		return
	}
	left := a.KeyExpires.Sub(e.Now())
	level := identity.LevelGood
	switch {
	case left <= 0:
		level = identity.LevelBad
	case left < keyWarning:
		level = identity.LevelWarning
	}
	e.say(level, "account-key-age", "Account", a.Name, "Days", max(0, int(left.Hours()/24)))
}

// project looks at the platform project, its grants and the portal's
// application.
func (e *examination) project() {
	p, err := e.Zitadel.InspectProject(e.ctx)
	if err != nil {
		e.unread("project", err)
		return
	}
	e.check(p.RoleAssertion && p.RolesInTokens, identity.LevelBad, "roles-in-tokens")
	e.check(p.SignedTokens, identity.LevelWarning, "signed-tokens")
	e.check(p.SchoolBranding, identity.LevelWarning, "school-branding")
	var missing []string
	for _, role := range identity.Roles {
		if !slices.Contains(p.Roles, string(role)) {
			missing = append(missing, string(role))
		}
	}
	e.check(len(missing) == 0, identity.LevelBad, "project-roles", "Roles", cmp.Or(strings.Join(missing, ", "), "–"))
	_, own := p.Grants[e.Operators]
	e.check(!own, identity.LevelBad, "own-grant")
	e.grants(p)

	e.check(slices.Contains(p.RedirectURIs, e.PublicURL+e.Paths.Callback), identity.LevelBad, "callback",
		"Wanted", e.PublicURL+e.Paths.Callback)
	e.check(slices.Contains(p.SignedOutURIs, e.PublicURL+e.Paths.SignedOut), identity.LevelWarning, "signed-out",
		"Wanted", e.PublicURL+e.Paths.SignedOut)
	e.check(p.BackChannelURI == e.PublicURL+e.Paths.BackChannelLogout, identity.LevelWarning, "back-channel",
		"Wanted", e.PublicURL+e.Paths.BackChannelLogout)
	e.check(!p.DevelopmentMode || strings.HasPrefix(e.PublicURL, "http://"), identity.LevelWarning, "development-mode")
}

// grants looks for schools and classrooms that may not use the project, or not
// all the roles they need.
func (e *examination) grants(p identity.ProjectSettings) {
	organizations, err := e.Store.ProjectedOrganizations(e.ctx)
	if err != nil {
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	}
	without := 0
	for _, o := range organizations {
		if o.Kind == "" {
			continue // not Homeroom's
		}
		granted := p.Grants[o.ID]
		for _, role := range identity.RolesIn(o.Kind) {
			if !slices.Contains(granted, string(role)) {
				without++
				break
			}
		}
	}
	e.check(without == 0, identity.LevelBad, "grants", "Count", without)
}
