package standin

import (
	"slices"
	"time"
)

// domainPolicy, loginPolicy, oidcSettings and features are the instance's
// settings, with the sequence and time of their last change.
type domainPolicy struct {
	mustBeDomain, validateDomains, smtpMatches bool
	edited
}

type loginPolicy struct {
	userNamePassword, register, externalIDP, forceMFA, forceMFALocal bool
	hideReset, ignoreUnknown, domainDiscovery, noEmail, noPhone      bool
	passwordless                                                     int32
	redirect                                                         string
	lifetimes                                                        [5]time.Duration // password, external, MFA init skip, second, multi
	edited
}

// factors are the second and multi factors that a login policy allows.
type factors struct{ second, multi []int32 }

// shippedFactors are those of the instance.
var shippedFactors = factors{second: []int32{1, 2}, multi: []int32{1}}

type oidcSettings struct {
	access, id, refreshIdle, refresh time.Duration
	edited
}

type features struct {
	of                                                                          aggregate
	loginDefaultOrg, userSchema, debugParent, singleV1, permissionV2, consoleV2 *bool
	improved                                                                    []int32
	improvedSet                                                                 bool
	loginV2                                                                     *loginV2
	edited
}

type loginV2 struct {
	required bool
	base     *string
}

// restrictions are what the instance forbids.
type restrictions struct {
	of                   aggregate
	noPublicRegistration bool
	allowedLanguages     []string
	edited
}

type edited struct {
	seq              uint32
	created, changed int64
}

func (e *edited) note(t *tx, of *aggregate) {
	e.seq, e.changed = of.seq, t.at
	if e.created == 0 {
		e.created = t.at
	}
}

// userGrant tells whether authorizations are checked the shorter way, which
// forgets the organization's grant (improved_performance USER_GRANT).
func (f features) userGrant() bool { return slices.Contains(f.improved, 4) }
