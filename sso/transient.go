package sso

import "homeroom.dev/homeroom/identity"

// TransientID is the SAML attribute that identifies people of a vendor whose
// NameID is often left out or made anew for every sign-in; empty where the
// NameID does. Zitadel needs its name beforehand.
func TransientID(vendor identity.Vendor) string {
	switch vendor {
	case identity.VendorADFS:
		return "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
	case identity.VendorShibboleth, identity.VendorSAML:
		return "urn:oid:1.3.6.1.4.1.5923.1.1.1.6" // eduPersonPrincipalName
	}
	return ""
}
