package testidp

import "homeroom.dev/homeroom/identity"

// Verdict is what Zitadel makes of a misbehaviour, and what the portal says of
// it. Tests compare both with what really happens.
type Verdict struct {
	Misbehaviour Misbehaviour
	// Accepted: Zitadel lets the person in, as who they are.
	Accepted bool
	// Reason is a part of what Zitadel writes down when it refuses.
	Reason string
	// Finding is the code of the finding that names what is wrong, and Level its
	// weight; no code: everything is good.
	Finding string
	Level   identity.Level
}

// Verdicts has one for each of a protocol's [Misbehaviours], at an app of no
// vendor in particular. Where the NameID is an address, a missing one is worth a
// warning alone.
func Verdicts(protocol identity.Protocol) []Verdict {
	const bad, warning = identity.LevelBad, identity.LevelWarning
	if protocol == identity.ProtocolOIDC {
		return []Verdict{
			{Misbehaviour: Behaves, Accepted: true},
			{WrongIssuer, false, "issuer does not match", "issuer", bad},
			{WrongAudience, false, "audience is not valid", "audience", bad},
			// Zitadel sends no nonce, and takes no token with one.
			{WrongNonce, false, "nonce", "token", bad},
			{Expired, false, "token has expired", "clock", bad},
			{WrongCertificate, false, "signature", "token", bad},
			{Tampered, false, "signature", "token", bad},
			{MissingAddress, true, "", "address", bad},
			{MissingNames, true, "", "given-name", warning},
			{OtherDomain, true, "", "domain", bad},
			{UnverifiedAddress, true, "", "address", bad},
			{OtherSubject, false, "sub from userinfo does not match", "token", bad},
			{AccessDenied, false, "access_denied", "status", bad},
			{BadClient, false, "invalid_client", "client", bad},
			// Districts matter at Clever and ClassLink alone.
			{Misbehaviour: WrongDistrict, Accepted: true},
		}
	}
	const (
		notOverThis = "Missing signature referencing the top-level element"
		otherAnswer = "`InResponseTo` does not match any of the possible request IDs"
	)
	return []Verdict{
		{Misbehaviour: Behaves, Accepted: true},
		{Unsigned, false, "signature element not present", "signature", bad},
		{WrongAudience, false, "AudienceRestriction does not contain", "audience", bad},
		{WrongRecipient, false, "Recipient is not", "recipient", bad},
		{WrongDestination, false, "`Destination` does not match", "destination", bad},
		{WrongIssuer, false, "response Issuer does not match the IDP metadata", "issuer", bad},
		{Expired, false, "assertion Conditions is expired", "clock", bad},
		{NotYetValid, false, "assertion Conditions is not yet valid", "clock", bad},
		{ClockBehind, false, "response IssueInstant expired", "clock", bad},
		{ClockAhead, true, "", "clock", warning},
		{WrongCertificate, false, "Could not verify certificate against trusted certs", "certificate", bad},
		// Accepted, and only a pasted response shows it: Zitadel keeps no signature.
		{Misbehaviour: SHA1, Accepted: true},
		{Tampered, false, "Signature could not be verified", "signature", bad},
		{MissingNameID, false, "Errors.Intent.MissingTransientMappingAttributeName", "name-id", bad},
		{EmptyNameID, true, "", "name-id", bad},
		{TransientNameID, false, "Errors.Intent.MissingSingleMappingAttribute", "name-id-format", bad},
		{MissingAddress, true, "", "address", bad},
		{MissingNames, true, "", "given-name", warning},
		{OtherDomain, true, "", "domain", bad},
		{Wrapped1, false, notOverThis, "signature", bad},
		{Wrapped2, false, notOverThis, "signature", bad},
		// The forged assertion is passed over for want of a signature; the signed
		// one counts.
		{Misbehaviour: Wrapped3, Accepted: true},
		{Wrapped4, false, "signature element not present", "signature", bad},
		{Wrapped5, false, notOverThis, "signature", bad},
		{Wrapped6, false, notOverThis, "signature", bad},
		// Nobody reads Extensions.
		{Misbehaviour: Wrapped7, Accepted: true},
		{Wrapped8, false, notOverThis, "signature", bad},
		{ExternalEntity, false, "invalid character entity", "response", bad},
		{EntityBomb, false, "invalid character entity", "response", bad},
		// The name arrives whole, with what follows the comment: somebody else.
		{Misbehaviour: CommentInNameID, Accepted: true},
		{Unsolicited, false, otherAnswer, "unsolicited", bad},
		{OtherRequest, false, otherAnswer, "unsolicited", bad},
		{StatusResponder, false, "urn:oasis:names:tc:SAML:2.0:status:Responder", "status", bad},
		{StatusDenied, false, "urn:oasis:names:tc:SAML:2.0:status:Responder", "status", bad},
		{StatusAuthn, false, "urn:oasis:names:tc:SAML:2.0:status:Responder", "status", bad},
		{StatusNameID, false, "urn:oasis:names:tc:SAML:2.0:status:Requester", "status", bad},
		{NotXML, false, "cannot unmarshal response", "response", bad},
		{WrongEncryption, false, "failed to decrypt EncryptedAssertion", "encryption", bad},
	}
}
