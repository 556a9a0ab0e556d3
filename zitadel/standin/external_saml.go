package standin

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
)

// serviceProvider is Zitadel as service provider of one identity provider, made
// of the library Zitadel uses, so that it refuses what Zitadel refuses and for
// the same reasons.
func (s *Server) serviceProvider(p *idProvider, w way) (*saml.ServiceProvider, error) {
	c := p.saml
	entity, err := parseMetadata(c.metadata)
	if err != nil {
		return nil, err
	}
	root, err := url.Parse(w.root)
	if err != nil {
		return nil, err
	}
	sp := &saml.ServiceProvider{
		EntityID: w.entityID, Key: c.key, Certificate: c.certificate, IDPMetadata: entity, HTTPClient: s.client,
		MetadataURL: *root.JoinPath("saml/metadata"), AcsURL: *root.JoinPath("saml/acs"), SloURL: *root.JoinPath("saml/slo"),
		AuthnNameIDFormat: saml.PersistentNameIDFormat, MetadataValidDuration: time.Until(c.certificate.NotAfter),
		DefaultRedirectURI: "/", LogoutBindings: []string{saml.HTTPPostBinding},
	}
	if c.nameIDFormat != nil {
		sp.AuthnNameIDFormat = numbered(samlNameIDs, *c.nameIDFormat)
	}
	if c.signed {
		// SHA-1 unless the provider says otherwise, as the library has it.
		sp.SignatureMethod = cmp.Or(numbered(samlAlgorithms, c.algorithm), samlAlgorithms[1])
	}
	return sp, nil
}

// departSAML makes the request, by redirect unless the provider says otherwise.
func (s *Server) departSAML(p *idProvider, w way, state string) (departure, error) {
	sp, err := s.serviceProvider(p, w)
	if err != nil {
		return departure{}, err
	}
	binding := numbered(samlBindings, p.saml.binding)
	if binding == "" {
		binding = saml.HTTPRedirectBinding
		if sp.GetSSOBindingLocation(binding) == "" {
			binding = saml.HTTPPostBinding
		}
	}
	request, err := sp.MakeAuthenticationRequest(sp.GetSSOBindingLocation(binding), binding, saml.HTTPPostBinding)
	if err != nil {
		return departure{}, err
	}
	switch binding {
	case saml.HTTPRedirectBinding:
		target, err := request.Redirect(state, sp)
		if err != nil {
			return departure{}, err
		}
		return departure{url: target.String(), request: request.ID}, nil
	case saml.HTTPPostBinding:
		document := etree.NewDocument()
		document.SetRoot(request.Element())
		text, err := document.WriteToBytes()
		if err != nil {
			return departure{}, err
		}
		fields := map[string]string{"SAMLRequest": base64.StdEncoding.EncodeToString(text), "RelayState": state}
		return departure{url: request.Destination, fields: fields, request: request.ID}, nil
	default:
		return departure{}, refused("SAML-Eoi24", "Errors.Intent.Invalid", nil)
	}
}

// samlPerson is what an intent tells of somebody who came by SAML.
type samlPerson struct {
	ID         string              `json:"id,omitempty"`
	Attributes map[string][]string `json:"attributes,omitempty"`
}

const badResponse = "Errors.Intent.ResponseInvalid"

func (s *Server) arriveSAML(r *http.Request, p *idProvider, w way, request string) (*arrived, error) {
	sp, err := s.serviceProvider(p, w)
	if err != nil {
		return nil, err
	}
	if request == "" {
		return nil, refused("SAML-d09hy0wkex", badResponse, nil)
	}
	assertion, err := sp.ParseResponse(r, []string{request})
	var invalid *saml.InvalidResponseError
	switch {
	case errors.As(err, &invalid):
		return nil, refused("SAML-ajl3irfs", badResponse, invalid.PrivateErr)
	case err != nil:
		return nil, refused("SAML-nuo0vphhh9", badResponse, err)
	}
	person := samlPerson{Attributes: map[string][]string{}}
	for _, statement := range assertion.AttributeStatements {
		for _, a := range statement.Attributes {
			values := make([]string, len(a.Values))
			for i := range a.Values {
				values[i] = a.Values[i].Value
			}
			person.Attributes[a.Name] = values
		}
	}
	if person.ID, err = p.saml.identify(assertion); err != nil {
		return nil, err
	}
	a := &arrived{id: person.ID}
	if assertion.Conditions != nil {
		a.expires = assertion.Conditions.NotOnOrAfter
	}
	if a.assertion, err = xml.Marshal(assertion); err != nil {
		return nil, err
	}
	return a, a.setRaw(person)
}

// identify says who somebody is: the NameID, unless there is none or it is good
// for one sign-in only.
func (c *samlIDP) identify(assertion *saml.Assertion) (string, error) {
	if assertion.Subject != nil && assertion.Subject.NameID != nil {
		if id := assertion.Subject.NameID; id.Format != string(saml.TransientNameIDFormat) {
			return id.Value, nil
		}
	} else if strings.TrimSpace(c.transient) == "" {
		return "", refused("SAML-EFG32", "Errors.Intent.MissingTransientMappingAttributeName", nil)
	}
	for _, statement := range assertion.AttributeStatements {
		for _, a := range statement.Attributes {
			switch {
			case a.Name != c.transient:
			case len(a.Values) != 1:
				return "", refused("SAML-Soij4", "Errors.Intent.MissingSingleMappingAttribute", nil)
			default:
				return a.Values[0].Value, nil
			}
		}
	}
	return "", refused("SAML-swwg2", "Errors.Intent.MissingSingleMappingAttribute", nil)
}
