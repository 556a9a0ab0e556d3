package testidp

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"

	"homeroom.dev/homeroom/identity"
)

// samlAnswer is one response in the making.
type samlAnswer struct {
	app     *App
	options AppOptions
	habits  habits
	does    Misbehaviour
	request samlRequest
	person  Person
	at      time.Time
	foreign signingKey
	signs   signs
}

// lifetime is how long an assertion holds.
const lifetime = 5 * time.Minute

// elsewhere is a service that the school also has, whose values end up in this
// app when somebody copies from the wrong page.
const elsewhere = "https://library.linden.example/saml/"

// respond writes the response to a request, about a person, as the app is set.
func (a *App) respond(request samlRequest, person Person) ([]byte, error) {
	foreign, err := a.server.foreignKey()
	if err != nil {
		return nil, err
	}
	options := a.Options()
	answer := &samlAnswer{
		app: a, options: options, habits: habitsOf(options.Vendor), does: options.Misbehaviour,
		request: request, person: person, at: a.server.now().UTC(), foreign: foreign,
	}
	return answer.write()
}

func (s *samlAnswer) write() ([]byte, error) {
	s.signs = s.habits.signs
	switch s.does {
	case NotXML:
		return []byte("<html><body>502 Bad Gateway</body></html>"), nil
	case Unsigned, ExternalEntity, EntityBomb:
		s.signs = 0
	case Wrapped1, Wrapped2:
		s.signs = signsResponse
	case Wrapped3, Wrapped4, Wrapped5, Wrapped6, Wrapped7, Wrapped8:
		s.signs = signsAssertion
	case Unsolicited:
		s.request.id = ""
	case OtherRequest:
		s.request.id = newXMLID()
	case OtherDomain:
		s.person.UserName = "casey.moss@maple.example"
		s.person.Address = s.person.UserName
	case ClockAhead:
		s.at = s.at.Add(2 * time.Minute)
	case NotYetValid:
		s.at = s.at.Add(time.Hour)
	case ClockBehind:
		s.at = s.at.Add(-time.Hour)
	}
	if status := s.failure(); status != nil {
		return s.finish(s.response(*status))
	}
	response := s.response(saml.Status{StatusCode: saml.StatusCode{Value: saml.StatusSuccess}})
	assertion, err := s.assertion()
	if err != nil {
		return nil, err
	}
	response.AddChild(assertion)
	return s.finish(response)
}

// failure is the status the identity provider answers instead of an assertion.
func (s *samlAnswer) failure() *saml.Status {
	status := func(code, below, message string) *saml.Status {
		return &saml.Status{
			StatusCode:    saml.StatusCode{Value: code, StatusCode: &saml.StatusCode{Value: below}},
			StatusMessage: &saml.StatusMessage{Value: message},
		}
	}
	format := s.request.format
	if s.does == Behaves && s.habits.refusesFormat && format != "" && format != string(saml.UnspecifiedNameIDFormat) && format != s.app.nameIDFormat() {
		return status(saml.StatusRequester, saml.StatusInvalidNameIDPolicy,
			"MSIS7070: The SAML request contained a NameIDPolicy that was not satisfied by the issued token.")
	}
	switch s.does {
	case StatusResponder:
		return &saml.Status{StatusCode: saml.StatusCode{Value: saml.StatusResponder}}
	case StatusAuthn:
		return status(saml.StatusResponder, saml.StatusAuthnFailed, "The person could not be authenticated.")
	case StatusDenied:
		return status(saml.StatusResponder, saml.StatusRequestDenied, "The person is not assigned to this application.")
	case StatusNameID:
		return status(saml.StatusRequester, saml.StatusInvalidNameIDPolicy, "The requested NameIDPolicy cannot be met.")
	}
	return nil
}

// response is the envelope without an assertion.
func (s *samlAnswer) response(status saml.Status) *etree.Element {
	response := saml.Response{
		ID: newXMLID(), InResponseTo: s.request.id, Version: "2.0", IssueInstant: s.at, Destination: s.request.acs,
		Issuer: s.issuer(), Status: status,
	}
	if s.does == WrongDestination {
		response.Destination = elsewhere + "acs"
	}
	return response.Element()
}

func (s *samlAnswer) issuer() *saml.Issuer {
	if s.does == WrongIssuer {
		return &saml.Issuer{Value: "https://old-idp.linden.example/idp"}
	}
	return &saml.Issuer{Value: s.app.EntityID()}
}

// assertion is the signed and, if so set, encrypted assertion.
func (s *samlAnswer) assertion() (*etree.Element, error) {
	audience, recipient := s.options.EntityID, s.request.acs
	switch s.does {
	case WrongAudience:
		audience = elsewhere + "metadata"
	case WrongRecipient:
		recipient = elsewhere + "acs"
	}
	assertion := saml.Assertion{
		ID: newXMLID(), Version: "2.0", IssueInstant: s.at, Issuer: *s.issuer(),
		Subject: &saml.Subject{
			NameID: s.nameID(),
			SubjectConfirmations: []saml.SubjectConfirmation{{
				Method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
				SubjectConfirmationData: &saml.SubjectConfirmationData{
					InResponseTo: s.request.id, NotOnOrAfter: s.at.Add(lifetime), Recipient: recipient,
				},
			}},
		},
		Conditions: &saml.Conditions{
			// Vendors that leave no room before now make every fast clock a failure.
			NotBefore: s.at, NotOnOrAfter: s.at.Add(lifetime),
			AudienceRestrictions: []saml.AudienceRestriction{{Audience: saml.Audience{Value: audience}}},
		},
		AuthnStatements: []saml.AuthnStatement{{
			AuthnInstant: s.at, SessionIndex: newXMLID(),
			AuthnContext: saml.AuthnContext{AuthnContextClassRef: &saml.AuthnContextClassRef{
				Value: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
			}},
		}},
	}
	if s.does == Expired {
		assertion.Conditions.NotBefore, assertion.Conditions.NotOnOrAfter = s.at.Add(-time.Hour-lifetime), s.at.Add(-time.Hour)
	}
	if attributes := s.attributes(); len(attributes) > 0 {
		assertion.AttributeStatements = []saml.AttributeStatement{{Attributes: attributes}}
	}
	element := assertion.Element()
	if s.signs&signsAssertion != 0 {
		if err := s.sign(element); err != nil {
			return nil, err
		}
	}
	recipientKey := s.options.EncryptFor
	switch {
	case s.does == WrongEncryption:
		recipientKey = s.foreign.certificate
	case recipientKey == nil && s.options.Encrypt:
		return nil, fmt.Errorf("encrypt the assertion: the certificate of %s is not known", s.options.EntityID)
	case recipientKey == nil || !(s.options.Encrypt || s.habits.encrypts) || s.rewrites():
		return element, nil
	}
	return encrypt(element, recipientKey)
}

// rewrites reports whether the misbehaviour needs the assertion in the clear.
func (s *samlAnswer) rewrites() bool {
	switch s.does {
	case Wrapped1, Wrapped2, Wrapped3, Wrapped4, Wrapped5, Wrapped6, Wrapped7, Wrapped8, ExternalEntity, EntityBomb, CommentInNameID, Tampered:
		return true
	}
	return false
}

func encrypt(assertion *etree.Element, recipient *x509.Certificate) (*etree.Element, error) {
	doc := etree.NewDocument()
	doc.SetRoot(assertion)
	plain, err := doc.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("write the assertion: %w", err)
	}
	encryptor := xmlenc.OAEP()
	encryptor.BlockCipher, encryptor.DigestMethod = xmlenc.AES256CBC, &xmlenc.SHA1
	data, err := encryptor.Encrypt(recipient, plain, nil)
	if err != nil {
		return nil, fmt.Errorf("encrypt the assertion: %w", err)
	}
	data.CreateAttr("Type", "http://www.w3.org/2001/04/xmlenc#Element")
	encrypted := etree.NewElement("saml:EncryptedAssertion")
	encrypted.AddChild(data)
	return encrypted, nil
}

// nameID is who it is, in the vendor's habit.
func (s *samlAnswer) nameID() *saml.NameID {
	nameID := &saml.NameID{Format: s.app.nameIDFormat(), Value: s.habits.nameID(s.person)}
	if s.habits.takesFormat && s.request.format != "" && s.options.NameIDFormat == "" {
		nameID.Format = s.request.format
	}
	switch {
	case s.does == MissingNameID:
		return nil
	case s.does == EmptyNameID:
		nameID.Value = ""
	case s.does == TransientNameID || nameID.Format == string(saml.TransientNameIDFormat):
		nameID.Format, nameID.Value = string(saml.TransientNameIDFormat), newXMLID()
	case s.does == CommentInNameID:
		// Signed for somebody of another domain; the comment makes careless
		// parsers read the part before it.
		nameID.Value += commentTail
	}
	return nameID
}

// commentTail follows the name that CommentInNameID pretends to be.
const commentTail = ".evil.example"

func (s *samlAnswer) attributes() []saml.Attribute {
	if s.options.WithoutAttributes {
		return nil
	}
	format := "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
	if s.options.Vendor == identity.VendorShibboleth {
		format = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
	}
	var attributes []saml.Attribute
	for _, a := range s.habits.attributes(s.person) {
		missing := s.does == MissingAddress && a.use == useAddress ||
			s.does == MissingNames && (a.use == useGivenName || a.use == useFamilyName)
		if a.value == "" || missing {
			continue
		}
		attributes = append(attributes, saml.Attribute{
			Name: a.name, FriendlyName: a.friendly, NameFormat: format,
			Values: []saml.AttributeValue{{Type: "xs:string", Value: a.value}},
		})
	}
	return attributes
}

// newXMLID is a random ID that may stand in an XML document.
func newXMLID() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	return "_" + hex.EncodeToString(random)
}
