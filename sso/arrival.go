package sso

import (
	"slices"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// How far Zitadel lets clocks differ, as its library crewjam/saml has it, and
// from where on it is worth a warning.
const (
	maxClockSkew  = 180 * time.Second // of conditions
	maxIssueDelay = 90 * time.Second  // of when it was issued
	warnAhead     = 30 * time.Second
	warnBehind    = 60 * time.Second
)

// CheckArrival compares a sign-in that Zitadel accepted with what was expected,
// and tells everything that was compared, the bad first. Zitadel has verified
// the signature then, and does not keep it: its algorithms can be read only
// from a response that somebody pastes, see [CheckResponse].
func CheckArrival(expected Expected, arrival identity.Arrival) []identity.Finding {
	var f findings
	if arrival.Protocol == identity.ProtocolOIDC {
		f.claims(expected, arrival.Attributes)
	} else {
		f.add(codeSignature, identity.LevelGood, "", "")
		f.certificateExpiry(expected)
		if a, err := readAssertion(arrival.Assertion); err == nil {
			// Zitadel lets the identity provider of another connection answer. Where an
			// assertion was sent to is what tells them apart.
			f.assertion(expected, a, expected.Provider.ACS)
			f.clock(expected, a)
		}
		f.nameID(expected, arrival)
	}
	f.person(expected, Map(arrival))
	return f.ordered()
}

// assertion compares what an assertion says of whom it is from and for. It may
// have been sent to any of consumers.
func (f *findings) assertion(e Expected, a assertionXML, consumers ...string) {
	f.same(codeIssuer, e.Metadata.EntityID, strings.TrimSpace(a.Issuer))
	effective, all := a.audiences()
	switch {
	case len(all) == 0: // Zitadel accepts that
		f.add(codeAudience, identity.LevelWarning, e.Provider.EntityID, "")
	case slices.Contains(effective, e.Provider.EntityID):
		f.add(codeAudience, identity.LevelGood, e.Provider.EntityID, list(all))
	default:
		f.add(codeAudience, identity.LevelBad, e.Provider.EntityID, list(all))
	}
	recipients := a.recipients()
	level := identity.LevelGood
	if len(recipients) != 1 || recipients[0] == "" || !slices.Contains(consumers, recipients[0]) {
		level = identity.LevelBad
	}
	f.add(codeRecipient, level, e.Provider.ACS, list(recipients))
	if a.solicited() {
		f.add(codeUnsolicited, identity.LevelGood, "InResponseTo", "InResponseTo")
	} else {
		f.add(codeUnsolicited, identity.LevelBad, "InResponseTo", "")
	}
}

// clock compares when an assertion was issued with now.
func (f *findings) clock(e Expected, a assertionXML) {
	t := a.times()
	ahead := t.issued.Sub(e.Now)
	level := identity.LevelGood
	switch {
	case t.issued.IsZero():
		return
	case t.notBefore.Sub(e.Now) > maxClockSkew || ahead < -maxIssueDelay:
		level = identity.LevelBad
	case ahead > warnAhead || ahead < -warnBehind || t.notBefore.Sub(e.Now) > warnAhead:
		level = identity.LevelWarning
	}
	f.add(codeClock, level, moment(e.Now), moment(t.issued))
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// certificateExpiry looks at the certificates of the metadata: the one that
// lasts longest decides.
func (f *findings) certificateExpiry(e Expected) {
	var last time.Time
	for _, c := range e.Metadata.Certificates {
		if c.NotAfter.After(last) {
			last = c.NotAfter
		}
	}
	if !last.IsZero() {
		f.expiry(e, last)
	}
}

func (f *findings) expiry(e Expected, last time.Time) {
	level := identity.LevelGood
	switch {
	case e.Now.After(last):
		level = identity.LevelBad
	case last.Sub(e.Now) < CertificateSoon:
		level = identity.LevelWarning
	}
	f.add(codeCertificateExpiry, level, day(e.Now), day(last))
}

// nameIDFormats are those by which somebody can be found again.
const nameIDFormats = "persistent, emailAddress, unspecified"

func (f *findings) nameID(e Expected, arrival identity.Arrival) {
	a, err := readAssertion(arrival.Assertion)
	if err != nil {
		f.same(codeNameID, arrival.ExternalID, arrival.ExternalID)
		return
	}
	given, format := a.nameID(), a.nameIDFormat()
	byAttribute := e.TransientID != "" && arrival.ExternalID != "" && len(a.attributes()[e.TransientID]) == 1
	switch {
	case given == "" && byAttribute:
		f.add(codeNameID, identity.LevelWarning, nameID, e.TransientID+" = "+arrival.ExternalID)
		return
	case given == "":
		f.add(codeNameID, identity.LevelBad, nameID, "")
		return
	}
	f.add(codeNameID, identity.LevelGood, nameID, given)
	level := identity.LevelGood
	if format == formatTransient && !byAttribute {
		level = identity.LevelBad
	}
	f.add(codeNameIDFormat, level, nameIDFormats, lastWord(format))
}

// lastWord is what tells a format or binding from its siblings.
func lastWord(urn string) string {
	if urn == "" {
		return "unspecified"
	}
	return urn[strings.LastIndexAny(urn, ":#/")+1:]
}

// person says whether what the portal needs to know of somebody arrived.
func (f *findings) person(e Expected, p Person) {
	fromNameID := slices.ContainsFunc(p.Received, func(r identity.Received) bool { return r.Name == nameID && r.Use == useAddress })
	switch {
	case p.Address == "":
		f.add(codeAddress, identity.LevelBad, "email", "")
	case !p.AddressVerified:
		f.add(codeAddress, identity.LevelBad, "email_verified=true", p.Address+" (email_verified=false)")
	case fromNameID:
		f.add(codeAddress, identity.LevelWarning, "email", nameID+" = "+p.Address)
	default:
		f.add(codeAddress, identity.LevelGood, "email", p.Address)
	}
	f.name(codeGivenName, p.GivenName)
	f.name(codeFamilyName, p.FamilyName)
	if p.Address != "" {
		f.domain(e, p.Address)
	}
	if e.Vendor.InstanceWide() {
		f.same(codeDistrict, e.District, p.District)
	}
}

// name finds a missing name worth a warning: the portal makes do without.
func (f *findings) name(code, received string) {
	level := identity.LevelGood
	if received == "" {
		level = identity.LevelWarning
	}
	f.add(code, level, strings.ReplaceAll(code, "-", "_"), received)
}

func (f *findings) domain(e Expected, address string) {
	domain := identity.AddressDomain(address)
	switch {
	case len(e.Domains) == 0:
		f.add(codeDomain, identity.LevelWarning, "", domain)
	case slices.Contains(e.Domains, domain):
		f.add(codeDomain, identity.LevelGood, list(e.Domains), domain)
	default:
		f.add(codeDomain, identity.LevelBad, list(e.Domains), domain)
	}
}

// claims compares what an OpenID provider said, as far as Zitadel passes it on:
// user info need not tell issuer and audience, which Zitadel has checked in the
// ID token.
func (f *findings) claims(e Expected, claims map[string][]string) {
	if values := claims["iss"]; len(values) > 0 && e.Issuer != "" {
		f.same(codeIssuer, e.Issuer, values[0])
	}
	if values := claims["aud"]; len(values) > 0 && e.ClientID != "" {
		level := identity.LevelBad
		if slices.Contains(values, e.ClientID) && azpFits(claims["azp"], e.ClientID) {
			level = identity.LevelGood
		}
		f.add(codeAudience, level, e.ClientID, list(values))
	}
}

func azpFits(azp []string, clientID string) bool {
	return len(azp) == 0 || azp[0] == "" || azp[0] == clientID
}
