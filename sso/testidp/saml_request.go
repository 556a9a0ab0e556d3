package testidp

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/crewjam/saml"

	"homeroom.dev/homeroom/identity"
)

// samlRequest is what a service provider asked for.
type samlRequest struct {
	id         string // empty: nobody asked
	acs        string
	format     string // of the NameID
	relayState string
	forceAuthn bool
}

const maxRequest = 64 << 10

// readSAMLRequest reads an authentication request that came by redirect or POST
// and checks it as the vendor does.
func (a *App) readSAMLRequest(r *http.Request) (samlRequest, error) {
	raw, err := base64.StdEncoding.DecodeString(r.FormValue("SAMLRequest"))
	if err != nil || len(raw) == 0 {
		return samlRequest{}, errors.New("there is no SAMLRequest; open this app from the service's own sign-in page")
	}
	if r.Method == http.MethodGet {
		inflater := flate.NewReader(bytes.NewReader(raw))
		if raw, err = io.ReadAll(io.LimitReader(inflater, maxRequest)); err != nil {
			return samlRequest{}, fmt.Errorf("inflate the SAMLRequest: %w", err)
		}
	}
	var asked saml.AuthnRequest
	if err := xml.Unmarshal(raw, &asked); err != nil {
		return samlRequest{}, fmt.Errorf("read the SAMLRequest: %w", err)
	}
	request := samlRequest{
		id: asked.ID, acs: asked.AssertionConsumerServiceURL, relayState: r.FormValue("RelayState"),
		forceAuthn: asked.ForceAuthn != nil && *asked.ForceAuthn,
	}
	if asked.NameIDPolicy != nil && asked.NameIDPolicy.Format != nil {
		request.format = *asked.NameIDPolicy.Format
	}
	return a.allow(request)
}

// allow answers to an ACS that was typed in: the one asked for if it was, else
// the vendor's own way of not minding or refusing.
func (a *App) allow(request samlRequest) (samlRequest, error) {
	options := a.Options()
	if options.EntityID == "" || len(options.ACS) == 0 {
		return samlRequest{}, errors.New("this app has no Identifier (Entity ID) or no Reply URL (ACS) yet")
	}
	if slices.Contains(options.ACS, request.acs) {
		return request, nil
	}
	if request.acs != "" && habitsOf(options.Vendor).fixedACS {
		return samlRequest{}, refusedACS(options.Vendor, request.acs)
	}
	request.acs = options.ACS[0]
	return request, nil
}

// refusedACS is the vendor's own sentence about an ACS that nobody typed in.
func refusedACS(v identity.Vendor, acs string) error {
	switch v {
	case identity.VendorEntra:
		return fmt.Errorf("AADSTS50011: The reply URL '%s' specified in the request does not match the reply URLs configured for the application", acs)
	case identity.VendorGoogle:
		return fmt.Errorf("app_not_configured: Invalid request, ACS Url in request %s doesn't match configured ACS Url", acs)
	case identity.VendorADFS:
		return fmt.Errorf("MSIS3200: No AssertionConsumerService is configured on the relying party trust that matches the AssertionConsumerService URL '%s'", acs)
	}
	return fmt.Errorf("the AssertionConsumerService %s is not in this service provider's metadata", acs)
}
