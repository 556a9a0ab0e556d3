package testidp

import "homeroom.dev/homeroom/identity"

// Misbehaviour is something that an identity provider, or somebody between it
// and the service provider, does wrong.
type Misbehaviour string

// What the test identity provider can do wrong over SAML.
const (
	Behaves Misbehaviour = ""

	Unsigned         Misbehaviour = "unsigned"
	WrongAudience    Misbehaviour = "wrong-audience"    // the Identifier (Entity ID) of another service
	WrongRecipient   Misbehaviour = "wrong-recipient"   // SubjectConfirmationData names another ACS
	WrongDestination Misbehaviour = "wrong-destination" // the response's Destination names another ACS
	WrongIssuer      Misbehaviour = "wrong-issuer"      // another issuer than the metadata's; OIDC: iss
	Expired          Misbehaviour = "expired"           // the Conditions ended an hour ago; OIDC: exp
	ClockBehind      Misbehaviour = "clock-behind"      // a clock an hour slow
	NotYetValid      Misbehaviour = "not-yet-valid"     // begins in an hour
	ClockAhead       Misbehaviour = "clock-ahead"       // a clock two minutes fast, which Zitadel forgives
	WrongCertificate Misbehaviour = "wrong-certificate" // a key that is not in the metadata; OIDC: not in the jwks
	SHA1             Misbehaviour = "sha1"              // RSA-SHA1 over SHA-1 digests
	Tampered         Misbehaviour = "tampered"          // an attribute changed after signing
	MissingNameID    Misbehaviour = "missing-name-id"
	EmptyNameID      Misbehaviour = "empty-name-id"
	TransientNameID  Misbehaviour = "transient-name-id" // another NameID at every sign-in
	MissingAddress   Misbehaviour = "missing-address"   // no address attribute; OIDC: no email claim
	MissingNames     Misbehaviour = "missing-names"
	OtherDomain      Misbehaviour = "other-domain" // an address outside the school's domains
	Wrapped1         Misbehaviour = "wrapped-1"    // forged response around the signed one
	Wrapped2         Misbehaviour = "wrapped-2"    // forged response, the signed one beside its signature
	Wrapped3         Misbehaviour = "wrapped-3"    // forged assertion before the signed one
	Wrapped4         Misbehaviour = "wrapped-4"    // forged assertion around the signed one
	Wrapped5         Misbehaviour = "wrapped-5"    // forged assertion keeps the signature, the signed one at the end
	Wrapped6         Misbehaviour = "wrapped-6"    // … the signed one inside the signature
	Wrapped7         Misbehaviour = "wrapped-7"    // the signed one's forgery inside Extensions
	Wrapped8         Misbehaviour = "wrapped-8"    // the signed one inside an Object of the signature
	ExternalEntity   Misbehaviour = "xxe"          // a DOCTYPE that reads a file into the NameID
	EntityBomb       Misbehaviour = "entity-bomb"  // a DOCTYPE whose entities multiply
	CommentInNameID  Misbehaviour = "comment-in-name-id"
	Unsolicited      Misbehaviour = "unsolicited"      // begun by the identity provider: no InResponseTo
	OtherRequest     Misbehaviour = "other-request"    // in response to a request nobody made
	StatusResponder  Misbehaviour = "status-responder" // the identity provider failed
	StatusDenied     Misbehaviour = "status-denied"    // the person is not assigned to the app
	StatusAuthn      Misbehaviour = "status-authn"     // Responder with AuthnFailed below it
	StatusNameID     Misbehaviour = "status-name-id"   // Requester with InvalidNameIDPolicy below it
	NotXML           Misbehaviour = "not-xml"          // a response that is none
	WrongEncryption  Misbehaviour = "wrong-encryption" // encrypted for another service's key
)

// What it can do wrong over OpenID Connect alone. WrongAudience, WrongIssuer,
// Expired, WrongCertificate, Tampered, MissingAddress, MissingNames and
// OtherDomain have their counterparts there.
const (
	WrongNonce        Misbehaviour = "wrong-nonce"
	UnverifiedAddress Misbehaviour = "unverified-address"
	AccessDenied      Misbehaviour = "access-denied" // error=access_denied at the redirect
	BadClient         Misbehaviour = "bad-client"    // the token endpoint answers invalid_client
	OtherSubject      Misbehaviour = "other-subject" // userinfo is about another sub than the ID token
	WrongDistrict     Misbehaviour = "wrong-district"
)

// Misbehaviours lists what can be chosen for a protocol, [Behaves] first.
func Misbehaviours(protocol identity.Protocol) []Misbehaviour {
	if protocol == identity.ProtocolOIDC {
		return []Misbehaviour{
			Behaves, WrongIssuer, WrongAudience, WrongNonce, Expired, WrongCertificate, Tampered, MissingAddress, MissingNames,
			OtherDomain, UnverifiedAddress, OtherSubject, AccessDenied, BadClient, WrongDistrict,
		}
	}
	return []Misbehaviour{
		Behaves, Unsigned, WrongAudience, WrongRecipient, WrongDestination, WrongIssuer, Expired, NotYetValid, ClockBehind, ClockAhead,
		WrongCertificate, SHA1, Tampered, MissingNameID, EmptyNameID, TransientNameID, MissingAddress, MissingNames, OtherDomain,
		Wrapped1, Wrapped2, Wrapped3, Wrapped4, Wrapped5, Wrapped6, Wrapped7, Wrapped8, ExternalEntity, EntityBomb, CommentInNameID,
		Unsolicited, OtherRequest, StatusResponder, StatusDenied, StatusAuthn, StatusNameID, NotXML, WrongEncryption,
	}
}
