package main

import (
	"errors"
	"fmt"
	"net/netip"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/sso/testdns"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/zitadel"
)

// schoolSide is what a school brings in the demo: its identity provider and its
// DNS. Nothing of it is connected; that is what the demo is for.
type schoolSide struct {
	names *testdns.Server
	idp   *testidp.Server
	// vendors are the apps at Clever and ClassLink, which an installation has
	// once for all its schools.
	clever, classLink *testidp.App
}

// newSchoolSide answers for names on a free port; the identity provider is
// served by who listens at url.
func newSchoolSide(url string) (*schoolSide, error) {
	names, err := testdns.Start("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	names.SetAddresses("localhost", netip.MustParseAddr("127.0.0.1"))
	side := &schoolSide{names: names}
	side.idp, err = testidp.New(testidp.Options{URL: url, DNS: names})
	if err == nil {
		side.clever, err = side.idp.CreateApp(testidp.AppOptions{Name: "Homeroom at Clever", Vendor: identity.VendorClever})
	}
	if err == nil {
		side.classLink, err = side.idp.CreateApp(testidp.AppOptions{Name: "Homeroom at ClassLink", Vendor: identity.VendorClassLink})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the school's identity provider: %w", err), names.Close())
	}
	return side, nil
}

// register tells Clever and ClassLink where Zitadel takes their answers, and is
// what bootstrap then knows of them.
func (s *schoolSide) register(issuer string, options *zitadel.BootstrapOptions) error {
	for _, vendor := range []struct {
		app  *testidp.App
		made *zitadel.Registration
	}{{s.clever, &options.Clever}, {s.classLink, &options.ClassLink}} {
		if err := vendor.app.Connect(identity.ServiceProviderAt(issuer, "")); err != nil {
			return fmt.Errorf("register the demo at a vendor: %w", err)
		}
		known := vendor.app.Options()
		*vendor.made = zitadel.Registration{Issuer: vendor.app.Issuer(), ClientID: known.ClientID, ClientSecret: known.ClientSecret}
	}
	return nil
}

// fetch asks the demo's DNS, and this machine as well as public addresses.
func (s *schoolSide) fetch() *outbound.Client {
	return outbound.New(outbound.Options{
		DNS: s.names.Addr(), Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	})
}
