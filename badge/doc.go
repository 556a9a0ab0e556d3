// Package badge is what stands behind the QR code on a student's card: the keys
// and tokens with which the portal tells Zitadel who somebody is (RFC 7519, RFC
// 7517), and the limits a school sets. All of it is pure: it reads no clock and
// no database.
//
// It imports identity. Start reading at [Signer] and [Check].
package badge
