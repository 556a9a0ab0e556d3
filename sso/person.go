package sso

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"homeroom.dev/homeroom/identity"
)

// Person is who an identity provider says arrived.
type Person struct {
	ExternalID string // as Zitadel has it: NameID, transient attribute or sub
	Address    string // empty if none arrived
	// AddressVerified is false only where the identity provider says so: what it
	// says of addresses of its own school counts.
	AddressVerified bool
	GivenName       string
	FamilyName      string
	UserName        string
	Affiliation     string // "student", "staff", "faculty", …, or what was said
	District        string // Clever, ClassLink
	// Received is everything that arrived, sorted by name, with what it was
	// taken for.
	Received []identity.Received
}

// What an attribute was taken for, in [identity.Received].
const (
	useAddress     = "address"
	useGivenName   = "given-name"
	useFamilyName  = "family-name"
	useUserName    = "user-name"
	useAffiliation = "affiliation"
	useDistrict    = "district"
)

// nameID is how a NameID is listed among the attributes.
const nameID = "NameID"

const (
	schemas   = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	microsoft = "http://schemas.microsoft.com/"
	eduPerson = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
)

// aliases are the names an attribute goes by, in lower case; the first that
// arrived with a usable value wins. The URIs are those of WS-Federation and
// Microsoft, the OIDs those of LDAP and eduPerson, the rest what vendors and
// Zitadel's own guides tell people to type.
var aliases = map[string][]string{
	useAddress: {
		"email", "mail", "emailaddress", "email_address", "e-mail", "user.email", schemas + "emailaddress",
		"urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.2.840.113549.1.9.1",
	},
	useGivenName: {
		"firstname", "givenname", "first_name", "given_name", "user.firstname", "first name", schemas + "givenname",
		"urn:oid:2.5.4.42",
	},
	useFamilyName: {
		"lastname", "sn", "surname", "last_name", "family_name", "familyname", "user.lastname", "last name",
		schemas + "surname", "urn:oid:2.5.4.4",
	},
	useUserName: {
		"preferred_username", "username", "user_name", "upn", "userprincipalname", schemas + "upn", schemas + "name",
		"uid", "urn:oid:0.9.2342.19200300.100.1.1", "edupersonprincipalname", eduPerson + "6", "loginid", "login_id",
	},
	useAffiliation: {
		"edupersonprimaryaffiliation", eduPerson + "5", "edupersonaffiliation", eduPerson + "1",
		"edupersonscopedaffiliation", eduPerson + "9", "user_type", "role", "roles",
		microsoft + "ws/2008/06/identity/claims/role",
	},
	useDistrict: {"district", "district_id", "tenantid", "tenant_id"},
}

// wholeNames are the names by which a whole name goes, for people of whom no
// parts arrive.
var wholeNames = []string{
	"displayname", "display_name", microsoft + "identity/claims/displayname", "urn:oid:2.16.840.1.113730.3.1.241",
	"cn", "commonname", "urn:oid:2.5.4.3", "name",
}

// affiliations are eduPerson's words and the vendors', the weightier first: who
// is faculty and student at once counts as faculty.
var affiliations = []string{
	"faculty", "teacher", "staff", "employee", "district_admin", "school_admin", "student", "pupil", "learner", "alum", "member", "affiliate",
}

// Map reads a person out of what arrived through any vendor's identity
// provider, by the names its attributes go by.
func Map(arrival identity.Arrival) Person {
	m := mapper{attributes: arrival.Attributes, uses: make(map[string]string)}
	p := Person{ExternalID: arrival.ExternalID}
	p.GivenName = m.take(useGivenName, asName)
	p.FamilyName = m.take(useFamilyName, asName)
	if p.GivenName == "" || p.FamilyName == "" {
		m.splitWhole(&p)
	}
	p.Address = m.take(useAddress, asAddress)
	p.UserName = m.take(useUserName, asPlain)
	p.Affiliation = m.affiliation()
	p.District = m.take(useDistrict, asPlain)
	p.AddressVerified = !m.saysFalse("email_verified") && !m.saysFalse("emailverified")
	if p.UserName == "" {
		p.UserName, _ = asPlain(arrival.UserName)
	}
	if arrival.Protocol == identity.ProtocolSAML && arrival.ExternalID != "" {
		m.takeNameID(&p, arrival)
	}
	for name, values := range arrival.Attributes {
		p.Received = append(p.Received, identity.Received{Name: clip(name, 200), Values: shown(values), Use: m.uses[name]})
	}
	slices.SortFunc(p.Received, func(a, b identity.Received) int { return strings.Compare(a.Name, b.Name) })
	return p
}

// mapper takes attributes and remembers for what.
type mapper struct {
	attributes map[string][]string
	uses       map[string]string // by the attribute's name as it arrived
}

// named is the attribute that goes by alias, whatever its capitals. Of several
// that differ in nothing else the first in the alphabet counts, so that the
// same person is mapped the same way every time.
func (m mapper) named(alias string) (string, bool) {
	found, ok := "", false
	for name := range m.attributes {
		if strings.EqualFold(strings.TrimSpace(name), alias) && (!ok || name < found) {
			found, ok = name, true
		}
	}
	return found, ok
}

func (m mapper) take(use string, usable func(string) (string, bool)) string {
	for _, alias := range aliases[use] {
		name, ok := m.named(alias)
		if !ok {
			continue
		}
		for _, value := range m.attributes[name] {
			if value, ok := usable(value); ok {
				m.uses[name] = use
				return value
			}
		}
	}
	return ""
}

// splitWhole fills what is missing of a name out of a whole one: "Ada
// Lovelace", or "Lovelace, Ada" as directories sort it.
func (m mapper) splitWhole(p *Person) {
	for _, alias := range wholeNames {
		name, ok := m.named(alias)
		if !ok || len(m.attributes[name]) == 0 {
			continue
		}
		whole, ok := asName(m.attributes[name][0])
		if !ok || strings.Contains(whole, "@") {
			continue
		}
		family, given, turned := strings.Cut(whole, ",")
		if !turned {
			last := strings.LastIndex(whole, " ")
			given, family = whole[:max(last, 0)], whole[last+1:]
			if last < 0 {
				given, family = whole, ""
			}
		}
		given, family = strings.TrimSpace(given), strings.TrimSpace(family)
		if p.GivenName == "" && given != "" && given != p.FamilyName {
			p.GivenName, m.uses[name] = given, useGivenName
		}
		if p.FamilyName == "" && family != "" && family != p.GivenName {
			p.FamilyName, m.uses[name] = family, useFamilyName
		}
		return
	}
}

func (m mapper) affiliation() string {
	for _, alias := range aliases[useAffiliation] {
		name, ok := m.named(alias)
		if !ok {
			continue
		}
		var said []string
		for _, value := range m.attributes[name] {
			// student@linden.example says the same as student.
			value, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(value)), "@")
			if value, ok := asPlain(value); ok {
				said = append(said, value)
			}
		}
		if len(said) == 0 {
			continue
		}
		m.uses[name] = useAffiliation
		for _, known := range affiliations {
			if slices.Contains(said, known) {
				return known
			}
		}
		return said[0]
	}
	return ""
}

func (m mapper) saysFalse(alias string) bool {
	name, ok := m.named(alias)
	return ok && len(m.attributes[name]) > 0 && strings.EqualFold(strings.TrimSpace(m.attributes[name][0]), "false")
}

// takeNameID lists the NameID and takes it for the address where nothing else
// is one: its format says it is, or it looks like one.
func (m mapper) takeNameID(p *Person, arrival identity.Arrival) {
	received := identity.Received{Name: nameID, Values: shown([]string{arrival.ExternalID})}
	transient := false
	if a, err := readAssertion(arrival.Assertion); err == nil {
		transient = a.nameIDFormat() == formatTransient
	}
	if address, ok := asAddress(arrival.ExternalID); ok && p.Address == "" && !transient {
		p.Address, received.Use = address, useAddress
	}
	p.Received = append(p.Received, received)
}

// asPlain is a value without what no field of ours may hold.
func asPlain(value string) (string, bool) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > 1000 || strings.ContainsFunc(value, unicode.IsControl) {
		return "", false
	}
	return value, true
}

// asName is a name of at most 200 characters, Zitadel's limit, with single
// spaces.
func asName(value string) (string, bool) {
	value, ok := asPlain(strings.Join(strings.Fields(value), " "))
	if !ok {
		return "", false
	}
	if runes := []rune(value); len(runes) > 200 {
		value = strings.TrimSpace(string(runes[:200]))
	}
	return value, true
}

// asAddress is an e-mail address as people write it, nothing around it.
func asAddress(value string) (string, bool) {
	value, ok := asPlain(value)
	if !ok || len(value) > 200 || strings.ContainsAny(value, " ,;<>\"") {
		return "", false
	}
	parsed, err := mail.ParseAddress(value)
	if err != nil || parsed.Address != value || !strings.Contains(strings.Trim(identity.AddressDomain(value), "."), ".") {
		return "", false
	}
	return value, true
}

// shown are values short enough for a page.
func shown(values []string) []string {
	some := make([]string, 0, min(len(values), 50))
	for _, value := range values[:min(len(values), 50)] {
		some = append(some, clip(value, 500))
	}
	return some
}
