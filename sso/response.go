package sso

import (
	"bytes"
	"encoding/xml"
	"errors"
	"slices"
	"strings"

	"github.com/beevik/etree"
	xrv "github.com/mattermost/xml-roundtrip-validator"

	"homeroom.dev/homeroom/identity"
)

// CheckResponse compares a SAML response that somebody copied from a browser
// with what was expected: as XML, in base64, or as the form carried it. Unlike
// [CheckArrival] it verifies the signature itself, as Zitadel would, and cannot
// know which request it answers. The error is an [identity.Error] for what is no
// SAML response at all; everything else is findings.
func CheckResponse(expected Expected, pasted string) ([]identity.Finding, []identity.Received, error) {
	document, err := unpack(pasted)
	if err != nil {
		return nil, nil, err
	}
	var f findings
	if trouble := malformed(document); trouble != "" {
		f.add(codeResponse, identity.LevelBad, "Response", trouble)
		return f.ordered(), nil, nil
	}
	tree := etree.NewDocument()
	if err := tree.ReadFromBytes(document); err != nil || tree.Root() == nil {
		f.add(codeResponse, identity.LevelBad, "Response", "XML")
		return f.ordered(), nil, nil
	}
	root := tree.Root()
	switch {
	case root.Tag == "AuthnRequest" && root.NamespaceURI() == nsProtocol:
		return nil, nil, identity.Invalid("pasted.request")
	case root.Tag == "LogoutResponse" && root.NamespaceURI() == nsProtocol:
		return nil, nil, identity.Invalid("pasted.logout")
	case root.Tag != "Response" || root.NamespaceURI() != nsProtocol:
		return nil, nil, identity.Invalid("pasted.other", "Root", clip(root.Tag, 60))
	}
	received := f.response(expected, root)
	return f.ordered(), received, nil
}

// malformed says why a document is no XML that Zitadel would read.
func malformed(document []byte) string {
	roots, err := scan(document)
	switch {
	case errors.Is(err, errDoctype):
		return "DOCTYPE"
	case err != nil:
		return detail(err)
	case len(roots) != 1:
		return "XML"
	}
	// What is read differently the second time could be signed as one thing and
	// understood as another.
	if err := xrv.Validate(bytes.NewReader(document)); err != nil {
		return detail(err)
	}
	return ""
}

// responseXML is what the outside of a response says.
type responseXML struct {
	IssueInstant string `xml:"IssueInstant,attr"`
	InResponseTo string `xml:"InResponseTo,attr"`
	Destination  string `xml:"Destination,attr"`
	Issuer       string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Status       struct {
		Code    statusXML `xml:"urn:oasis:names:tc:SAML:2.0:protocol StatusCode"`
		Message string    `xml:"urn:oasis:names:tc:SAML:2.0:protocol StatusMessage"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:protocol Status"`
}

type statusXML struct {
	Value string     `xml:"Value,attr"`
	Inner *statusXML `xml:"urn:oasis:names:tc:SAML:2.0:protocol StatusCode"`
}

const statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"

// response checks a response from the outside in.
func (f *findings) response(e Expected, root *etree.Element) []identity.Received {
	var r responseXML
	if err := decodeElement(root, &r); err != nil {
		f.add(codeResponse, identity.LevelBad, "Response", detail(err))
		return nil
	}
	if readable(r.IssueInstant).IsZero() {
		f.add(codeResponse, identity.LevelBad, "IssueInstant", r.IssueInstant)
	}
	if r.Status.Code.Value != statusSuccess {
		f.status(r)
		return nil
	}
	if trick := tricks(root); trick != "" {
		f.add(codeSignature, identity.LevelBad, "", trick)
		return nil
	}
	if r.Destination != "" || childOf(root, nsSignature, "Signature") != nil {
		level := identity.LevelBad
		if r.Destination != "" && slices.Contains(e.consumers(), r.Destination) {
			level = identity.LevelGood
		}
		f.add(codeDestination, level, e.Provider.ACS, r.Destination)
	}
	if issuer := strings.TrimSpace(r.Issuer); issuer != "" && issuer != e.Metadata.EntityID {
		f.add(codeIssuer, identity.LevelBad, e.Metadata.EntityID, issuer)
	}
	if r.InResponseTo == "" {
		f.add(codeUnsolicited, identity.LevelBad, "InResponseTo", "")
	}
	assertion := childOf(root, nsAssertion, "Assertion")
	switch {
	case assertion == nil && childOf(root, nsAssertion, "EncryptedAssertion") != nil:
		f.encrypted(e, root)
		return nil
	case assertion == nil:
		f.add(codeResponse, identity.LevelBad, "Assertion", "")
		return nil
	}
	// What was signed has lost its comments.
	comment := commented(assertion)
	return f.pasted(e, f.signatures(e, root, assertion), comment)
}

// consumers are where a response may have been sent to that somebody copied:
// to either of Zitadel's login pages.
func (e Expected) consumers() []string { return []string{e.Provider.ACS, e.Provider.ACSV1} }

// encrypted says what can be said of a response whose assertion only Zitadel
// can open.
func (f *findings) encrypted(e Expected, root *etree.Element) {
	f.add(codeEncryption, identity.LevelWarning, "Assertion", "EncryptedAssertion")
	if childOf(root, nsSignature, "Signature") != nil {
		f.signature(e, root)
	}
}

// pasted checks the assertion that was signed, or the one there is. comment is
// whether its NameID held one.
func (f *findings) pasted(e Expected, element *etree.Element, comment bool) []identity.Received {
	document, err := standAlone(element)
	if err != nil {
		f.add(codeResponse, identity.LevelBad, "Assertion", detail(err))
		return nil
	}
	a, err := readAssertion(document)
	if err != nil {
		f.add(codeResponse, identity.LevelBad, "Assertion", detail(err))
		return nil
	}
	// Zitadel's library looks into these without asking whether they are there.
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"Subject", a.Subject == nil},
		{"Conditions", a.Conditions == nil},
		{"SubjectConfirmationData", a.Subject != nil && slices.ContainsFunc(a.Subject.Confirmations, withoutData)},
	} {
		if part.missing {
			f.add(codeResponse, identity.LevelBad, part.name, "")
			return nil
		}
	}
	f.assertion(e, a, e.consumers()...)
	f.pastedClock(e, a)
	arrival := a.arrival(document, e.TransientID)
	f.nameID(e, arrival)
	if comment {
		f.add(codeNameID, identity.LevelWarning, nameID, a.nameID()+" (<!-- -->)")
	}
	person := Map(arrival)
	f.person(e, person)
	return person.Received
}

func withoutData(c confirmationXML) bool { return c.Data == nil }

// pastedClock judges what can still be judged when a response is hours old: a
// clock that is ahead, and a validity that ends before it begins.
func (f *findings) pastedClock(e Expected, a assertionXML) {
	t := a.times()
	if t.issued.IsZero() {
		f.add(codeResponse, identity.LevelBad, "IssueInstant", a.IssueInstant)
		return
	}
	level := identity.LevelGood
	expected := moment(e.Now)
	switch {
	case t.notBefore.Sub(e.Now) > maxClockSkew:
		level = identity.LevelBad
	case t.notOnOrAfter.Add(maxClockSkew).Before(t.issued), t.confirmUntil.Add(maxClockSkew).Before(t.issued):
		// Expired when it was made: a missing end counts as the year 1 at Zitadel.
		level, expected = identity.LevelBad, moment(t.issued)
		f.add(codeClock, level, expected, ending(t))
		return
	case t.issued.Sub(e.Now) > warnAhead, t.notBefore.Sub(e.Now) > warnAhead:
		level = identity.LevelWarning
	}
	f.add(codeClock, level, expected, moment(t.issued))
}

// ending is when an assertion stops to count.
func ending(t times) string {
	until := t.notOnOrAfter
	if t.confirmUntil.Before(until) {
		until = t.confirmUntil
	}
	if until.IsZero() {
		return ""
	}
	return moment(until)
}

// status tells why the identity provider itself refused.
func (f *findings) status(r responseXML) {
	codes := []string{lastWord(r.Status.Code.Value)}
	for inner, depth := r.Status.Code.Inner, 0; inner != nil && depth < 5; inner, depth = inner.Inner, depth+1 {
		codes = append(codes, lastWord(inner.Value))
	}
	said := strings.Join(codes, " › ")
	if message := strings.TrimSpace(r.Status.Message); message != "" {
		said += ": " + clip(message, 500)
	}
	f.add(codeStatus, identity.LevelBad, "Success", said)
	if slices.Contains(codes, "InvalidNameIDPolicy") {
		f.add(codeNameIDFormat, identity.LevelBad, nameIDFormats, "InvalidNameIDPolicy")
	}
}

// tricks recognizes a response that was put together to be understood
// otherwise than it was signed.
func tricks(root *etree.Element) string {
	seen := make(map[string]bool)
	assertions := 0
	trick := ""
	var walk func(el *etree.Element)
	walk = func(el *etree.Element) {
		if id := el.SelectAttrValue("ID", ""); id != "" {
			if seen[id] {
				trick = "ID " + clip(id, 100)
			}
			seen[id] = true
		}
		switch el.Tag {
		case "Assertion", "EncryptedAssertion":
			if assertions++; assertions > 1 || el.Parent() != root {
				trick = "Assertion × 2"
			}
		case "Response":
			if el != root {
				trick = "Response × 2"
			}
		}
		for _, child := range el.ChildElements() {
			walk(child)
		}
	}
	walk(root)
	return trick
}

// commented reports whether a NameID holds a comment, by which some readers cut
// it off.
func commented(assertion *etree.Element) bool {
	for _, el := range assertion.FindElements(".//NameID") {
		for _, child := range el.Child {
			if _, ok := child.(*etree.Comment); ok {
				return true
			}
		}
	}
	return false
}

// childOf is the child of a name, or nil. Of several it is the first; tricks
// has told of them.
func childOf(parent *etree.Element, namespace, tag string) *etree.Element {
	for _, child := range parent.ChildElements() {
		if child.Tag == tag && child.NamespaceURI() == namespace {
			return child
		}
	}
	return nil
}

func decodeElement(el *etree.Element, into any) error {
	document, err := standAlone(el)
	if err != nil {
		return err
	}
	return xml.Unmarshal(document, into)
}
