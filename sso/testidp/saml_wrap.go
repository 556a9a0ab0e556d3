package testidp

import (
	"github.com/beevik/etree"
)

// ForgedAddress is whom a wrapped or tampered response pretends to be about. It
// must never arrive.
const ForgedAddress = "forged@linden.example"

// promote turns every name and address of a signed element into the forged
// one.
func promote(element *etree.Element) {
	for _, nameID := range element.FindElements(".//NameID") {
		nameID.SetText(ForgedAddress)
	}
	for _, value := range element.FindElements(".//AttributeValue") {
		value.SetText(ForgedAddress)
	}
}

// forgery is a copy of a signed element under another ID, about somebody else
// and without a signature of its own.
func forgery(signed *etree.Element) *etree.Element {
	forged := unsigned(signed)
	forged.CreateAttr("ID", newXMLID())
	for _, inner := range forged.FindElements(".//Assertion") {
		inner.CreateAttr("ID", newXMLID())
	}
	promote(forged)
	return forged
}

// unsigned is a copy without the element's own signature.
func unsigned(signed *etree.Element) *etree.Element {
	bare := signed.Copy()
	if signature := bare.SelectElement("Signature"); signature != nil {
		bare.RemoveChild(signature)
	}
	return bare
}

// wrap moves the signed element where the signature still finds it and puts a
// forged one where a careless service provider looks: the eight arrangements of
// "On Breaking SAML: Be Whoever You Want to Be" (Somorovsky and others, 2012).
func (s *samlAnswer) wrap(response *etree.Element) *etree.Element {
	switch s.does {
	case Wrapped1, Wrapped2:
		return wrapResponse(response, s.does)
	case Wrapped3, Wrapped4, Wrapped5, Wrapped6, Wrapped7, Wrapped8:
		wrapAssertion(response, s.does)
	}
	return response
}

// wrapResponse wraps a signed response into a forged one that carries its
// signature.
func wrapResponse(signed *etree.Element, how Misbehaviour) *etree.Element {
	forged, original := forgery(signed), unsigned(signed)
	signature := signed.SelectElement("Signature").Copy()
	forged.InsertChildAt(1, signature)
	if how == Wrapped1 {
		signature.AddChild(original)
		return forged
	}
	forged.InsertChildAt(1, original)
	return forged
}

// wrapAssertion does the same with a signed assertion inside its response.
func wrapAssertion(response *etree.Element, how Misbehaviour) {
	signed := response.SelectElement("Assertion")
	forged := forgery(signed)
	if how == Wrapped3 {
		response.InsertChildAt(signed.Index(), forged)
		return
	}
	if how == Wrapped7 {
		extensions := etree.NewElement("samlp:Extensions")
		extensions.AddChild(forged)
		response.InsertChildAt(1, extensions)
		return
	}
	response.RemoveChild(signed)
	response.AddChild(forged)
	if how == Wrapped4 {
		forged.AddChild(signed)
		return
	}
	signature := signed.SelectElement("Signature").Copy()
	forged.InsertChildAt(1, signature)
	original := unsigned(signed)
	switch how {
	case Wrapped5:
		response.AddChild(original)
	case Wrapped6:
		signature.AddChild(original)
	case Wrapped8:
		object := signature.CreateElement("ds:Object")
		object.AddChild(original)
	}
}
