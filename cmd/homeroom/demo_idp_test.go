package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
)

// A newcomer to the demo proves a domain with the school's DNS and connects the
// school's identity provider, with what the two consoles show: Zitadel and the
// portal both reach them.
func TestTheDemosSchoolCanBeConnected(t *testing.T) {
	d := startDemo(t)
	school := identity.Organization{ID: "390000000000000001", Kind: identity.KindSchool, Name: demoSchools[0].name, State: identity.OrganizationActive}
	opened, err := identity.Open(school, identity.Actor{User: "1"}, identity.Held{Here: []identity.Role{identity.RoleSchoolAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	remote := d.runtime.In(opened)

	if err := remote.AddDomain(t.Context(), "linden-school.example"); err != nil {
		t.Fatal(err)
	}
	challenge, err := remote.ChallengeDomain(t.Context(), "linden-school.example", identity.ProofDNS)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.PostForm(d.urls.idp+"/dns", url.Values{"name": {challenge.Place}, "value": {challenge.Token}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	found, err := d.school.fetch().LookupTXT(t.Context(), challenge.Place)
	if diff := cmp.Diff([]string{challenge.Token}, found); diff != "" || err != nil {
		t.Errorf("the portal finds %v: %s", err, diff)
	}
	if err := remote.VerifyDomain(t.Context(), "linden-school.example"); err != nil {
		t.Errorf("Zitadel does not find the record: %v", err)
	}

	app, err := d.school.idp.CreateApp(testidp.AppOptions{Name: "Homeroom", Vendor: identity.VendorEntra})
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := d.school.fetch().Get(t.Context(), app.MetadataURL(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	provider := identity.Provider{Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Name: school.Name, Metadata: string(metadata.Body)}
	id, err := remote.CreateProvider(t.Context(), provider)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Connect(identity.ServiceProviderAt(d.made.Issuer, id)); err != nil {
		t.Fatal(err)
	}
	start, err := remote.StartIntent(t.Context(), id, d.urls.portal+"/healthz?arrived", d.urls.portal+"/healthz?refused")
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := testidp.Visit(t.Context(), &http.Client{Jar: jar}, start, demoStudent.userName)
	if err != nil {
		t.Fatal(err)
	}
	back.Body.Close()
	if query := back.Request.URL.Query(); !query.Has("arrived") || query.Get("token") == "" {
		t.Errorf("came back to %s", back.Request.URL)
	}

	offered := offered(d.made)
	if diff := cmp.Diff([]identity.Vendor{identity.VendorClever, identity.VendorClassLink}, offered); diff != "" {
		t.Errorf("offered to every school: %s", diff)
	}
}

// Its pages, too, are free of what axe knows as a barrier, and sign in without
// script as well as with it.
func TestTheDemosIdentityProviderIsAccessible(t *testing.T) {
	d := startDemo(t)
	app, err := d.school.idp.CreateApp(testidp.AppOptions{
		Name: "Homeroom", Vendor: identity.VendorOkta, StartURL: d.urls.portal + "/s/1",
		EntityID: d.urls.portal + "/metadata", ACS: []string{d.urls.portal + "/healthz"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Rotate(); err != nil {
		t.Fatal(err)
	}
	w := newBrowser(t).window("somebody")
	e := &examiner{window: w, portal: d.urls.idp, seen: new(sync.Map)}
	unsolicited := "/apps/" + app.ID() + "/saml/unsolicited"
	for _, path := range []string{
		"/", "/apps/" + app.ID(), "/apps/" + app.ID() + "?saved", "/apps/" + d.school.clever.ID(), "/apps/none", "/dns", "/dns?name=a.example", unsolicited,
	} {
		e.visit(path)
	}
	if e.examined < 6 {
		t.Errorf("only %d pages were unlike the others", e.examined)
	}
	w.open(d.urls.idp + unsolicited)
	w.press("Sign in")
	w.sees("Choose a person or type an address.")
	w.fill("Or somebody else, by address", "nadia.costa@linden.example")
	w.press("Sign in")
	// The portal has no such form; what counts is that the script went there.
	w.until(`location.pathname === "/healthz"`, "is not sent on")
}

// The school's directory has those of the school's people whom the demo names
// and who have an address, and some whom the rosters do not know.
func TestTheDemosDirectoryMeetsItsRosters(t *testing.T) {
	known, strangers, elsewhere := 0, 0, 0
	for _, p := range testidp.LindenPeople() {
		i := slices.IndexFunc(demoAccounts, func(a demoAccount) bool { return a.userName == p.UserName })
		switch {
		case i >= 0:
			known++
			if a := demoAccounts[i]; a.given != p.GivenName || a.family != p.FamilyName || p.Address != a.userName {
				t.Errorf("%s %s <%s> is %s %s on the rosters", p.GivenName, p.FamilyName, p.Address, a.given, a.family)
			}
		case strings.HasSuffix(p.UserName, "@"+demoSchools[0].domain):
			strangers++
		default:
			elsewhere++
		}
	}
	if known != 4 || strangers != 3 || elsewhere != 1 {
		t.Errorf("%d known, %d new, %d of another domain", known, strangers, elsewhere)
	}
}

// Where to fetch from is said in addresses and networks, and a wrong one is
// named.
func TestWhatIsFetchedFromIsConfigured(t *testing.T) {
	for _, tt := range []struct {
		fetching fetching
		says     string
	}{
		{fetching{}, ""},
		{fetching{DNSServer: "10.0.0.53:53", FetchAllow: []string{"10.20.0.0/16", "fd00::/8"}}, ""},
		{fetching{DNSServer: "10.0.0.53"}, "--dns-server"},
		{fetching{DNSServer: "dns.example:53"}, "--dns-server"},
		{fetching{FetchAllow: []string{"10.20.0.0/16", "10.0.0.1"}}, "--fetch-allow"},
	} {
		client, err := tt.fetching.client()
		switch {
		case tt.says == "" && (err != nil || client == nil):
			t.Errorf("%+v: %v", tt.fetching, err)
		case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%+v: %v, want %s", tt.fetching, err, tt.says)
		}
	}
}
