package sso

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// The formats of a NameID that matter (core, section 8.3).
const (
	formatTransient  = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	formatPersistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	formatAddress    = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
)

// assertionXML is what is read of an assertion. Zitadel keeps it without its
// signature, and with the last of several audiences only.
type assertionXML struct {
	XMLName      xml.Name
	ID           string         `xml:"ID,attr"`
	IssueInstant string         `xml:"IssueInstant,attr"`
	Issuer       string         `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Subject      *subjectXML    `xml:"urn:oasis:names:tc:SAML:2.0:assertion Subject"`
	Conditions   *conditionsXML `xml:"urn:oasis:names:tc:SAML:2.0:assertion Conditions"`
	Statements   []struct {
		Attributes []struct {
			Name   string   `xml:"Name,attr"`
			Values []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion AttributeValue"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Attribute"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AttributeStatement"`
}

type subjectXML struct {
	NameID *struct {
		Format string `xml:"Format,attr"`
		Value  string `xml:",chardata"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
	EncryptedID   *struct{}         `xml:"urn:oasis:names:tc:SAML:2.0:assertion EncryptedID"`
	Confirmations []confirmationXML `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmation"`
}

type confirmationXML struct {
	Data *struct {
		InResponseTo string `xml:"InResponseTo,attr"`
		Recipient    string `xml:"Recipient,attr"`
		NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmationData"`
}

type conditionsXML struct {
	NotBefore    string `xml:"NotBefore,attr"`
	NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
	Restrictions []struct {
		Audiences []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Audience"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AudienceRestriction"`
}

// readAssertion reads an assertion that stands alone.
func readAssertion(document []byte) (assertionXML, error) {
	var a assertionXML
	if len(document) == 0 {
		return a, errors.New("no assertion")
	}
	if roots, err := scan(document); err != nil {
		return a, fmt.Errorf("read assertion: %w", err)
	} else if len(roots) != 1 || roots[0] != (xml.Name{Space: nsAssertion, Local: "Assertion"}) {
		return a, errors.New("read assertion: another document")
	}
	if err := newDecoder(document).Decode(&a); err != nil {
		return a, fmt.Errorf("read assertion: %w", err)
	}
	return a, nil
}

func (a assertionXML) nameID() string {
	if a.Subject == nil || a.Subject.NameID == nil {
		return ""
	}
	return strings.TrimSpace(a.Subject.NameID.Value)
}

func (a assertionXML) nameIDFormat() string {
	if a.Subject == nil || a.Subject.NameID == nil {
		return ""
	}
	return a.Subject.NameID.Format
}

// audiences are those Zitadel looks at, and all there are.
func (a assertionXML) audiences() (effective, all []string) {
	if a.Conditions == nil {
		return nil, nil
	}
	for _, restriction := range a.Conditions.Restrictions {
		for i, audience := range restriction.Audiences {
			audience = strings.TrimSpace(audience)
			all = append(all, audience)
			if i == len(restriction.Audiences)-1 {
				effective = append(effective, audience)
			}
		}
	}
	return effective, all
}

// recipients are where the assertion says it is to be delivered.
func (a assertionXML) recipients() []string {
	var all []string
	if a.Subject != nil {
		for _, c := range a.Subject.Confirmations {
			if c.Data != nil && !slices.Contains(all, c.Data.Recipient) {
				all = append(all, c.Data.Recipient)
			}
		}
	}
	return all
}

// solicited reports whether every confirmation names the request it answers.
func (a assertionXML) solicited() bool {
	if a.Subject == nil {
		return true
	}
	for _, c := range a.Subject.Confirmations {
		if c.Data == nil || c.Data.InResponseTo == "" {
			return false
		}
	}
	return true
}

// attributes are the assertion's, as Zitadel tells them: of two of one name the
// later.
func (a assertionXML) attributes() map[string][]string {
	all := make(map[string][]string)
	for _, statement := range a.Statements {
		for _, attribute := range statement.Attributes {
			all[attribute.Name] = attribute.Values
		}
	}
	return all
}

// arrival is what Zitadel would make of the assertion.
func (a assertionXML) arrival(document []byte, transientID string) identity.Arrival {
	arrival := identity.Arrival{
		Protocol: identity.ProtocolSAML, ExternalID: a.nameID(), Attributes: a.attributes(), Assertion: document,
	}
	if values := arrival.Attributes[transientID]; len(values) == 1 &&
		(arrival.ExternalID == "" || a.nameIDFormat() == formatTransient) {
		arrival.ExternalID = values[0]
	}
	return arrival
}

// times of an assertion; zero where there is none.
type times struct {
	issued, notBefore, notOnOrAfter, confirmUntil time.Time
}

func (a assertionXML) times() times {
	var t times
	t.issued = readable(a.IssueInstant)
	if a.Conditions != nil {
		t.notBefore, t.notOnOrAfter = readable(a.Conditions.NotBefore), readable(a.Conditions.NotOnOrAfter)
	}
	if a.Subject != nil {
		for _, c := range a.Subject.Confirmations {
			if c.Data == nil {
				continue
			}
			if until := readable(c.Data.NotOnOrAfter); t.confirmUntil.IsZero() || until.Before(t.confirmUntil) {
				t.confirmUntil = until
			}
		}
	}
	return t
}

// readable is a time, or zero; Zitadel keeps a missing one as the year 1.
func readable(text string) time.Time {
	t, ok := readTime(text)
	if !ok || t.Year() <= 1 {
		return time.Time{}
	}
	return t
}
