package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/sso/testdns"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/views"
)

// School sign-in on a real Zitadel v4. Zitadel has to ask the name server at
// HOMEROOM_CONTRACT_DNS (an address with port), where these tests answer, so
// that domains can be proven; and Zitadel and its Login V2 have to share one
// origin, as SAML wants it.

// realSchools is a portal on a real Zitadel with one or more schools, whose
// identity provider and DNS are the test's.
type realSchools struct {
	*realSite
	browser *browser
	portal  *process
	dns     *testdns.Server
	idp     *testidp.Server
	apps    map[identity.ConnectionID]*testidp.App
}

// realSchool is one of them: with a class, an admin who is signed in, and a
// proven domain.
type realSchool struct {
	*realSchools
	school, class identity.Organization
	admin         somebody
	office        *window  // the admin's
	desk          *visitor // the same without a browser
	door          views.SignInDoor
	domain        string
}

func newRealSchools(t *testing.T) *realSchools {
	t.Helper()
	address := os.Getenv("HOMEROOM_CONTRACT_DNS")
	if address == "" {
		t.Skip("HOMEROOM_CONTRACT_DNS names no address of a name server that Zitadel asks")
	}
	s := &realSchools{realSite: newRealSite(t), apps: map[identity.ConnectionID]*testidp.App{}}
	s.browser = newBrowser(t)
	var err error
	s.dns, err = testdns.Start(address)
	s.check(err)
	t.Cleanup(func() { _ = s.dns.Close() })
	s.idp, err = testidp.New(testidp.Options{People: []testidp.Person{}, DNS: s.dns})
	s.check(err)
	s.check(s.idp.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = s.idp.Close() })
	s.portal = s.start("serve", "--dns-server", address, "--fetch-allow", "127.0.0.0/8", "--log-format", "text")
	s.answers()
	return s
}

// school opens one, with a class, and proves its domain in the portal.
func (s *realSchools) school(name string) *realSchool {
	s.t.Helper()
	domain := strings.ToLower(name) + s.run + ".example"
	r := &realSchool{realSchools: s, domain: domain, admin: somebody{
		given: "Priya", family: name, name: "priya@" + domain, password: "Quiet-Lamp-17!",
	}}
	s.opensSchool(r, name)
	r.office = s.browser.window("admin of " + name)
	r.office.open(s.url + views.SignInPath + "?local=1")
	r.office.throughZitadel(s.realSite, r.admin)
	r.desk = r.office.visitor(s.site)

	r.desk.post(r.door.Domains(), "domain", domain).says(s.t, "a domain is added", http.StatusOK)
	page := r.desk.get(r.door.Domain(domain))
	place, token := page.copied("challenge-place"), page.copied("challenge-value")
	if places := sso.ChallengePlaces(domain); place != places[0] || token == "" {
		s.t.Fatalf("the page says to publish %q at %q", token, place)
	}
	r.desk.post(r.door.Domain(domain, "check")).says(s.t, "before the record is there", http.StatusUnprocessableEntity)
	s.dns.SetTXT(place, token)
	r.desk.post(r.door.Domain(domain, "check")).says(s.t, "a domain is proven", http.StatusOK)
	return r
}

// opensSchool makes what is there before anybody sets up a sign-in.
func (s *realSchools) opensSchool(r *realSchool, name string) {
	s.t.Helper()
	r.school = s.opens(identity.NewOrganization{Kind: identity.KindSchool, Name: s.called(name)})
	r.class = s.opens(identity.NewOrganization{Kind: identity.KindClassroom, Name: s.called("Biology"), School: r.school.ID})
	r.door = views.InPortal(r.school.ID)
	s.assign(r.school.ID, s.person(r.school.ID, r.admin), identity.RoleSchoolAdmin)
	s.eventually("the portal does not see the school's admin", func() bool {
		return s.count("SELECT COUNT(*) FROM role_assignments WHERE organization_id = ?", string(r.school.ID)) == 1 &&
			s.count("SELECT COUNT(*) FROM organizations WHERE id = ?", string(r.class.ID)) == 1
	})
}

// realConnection is a school's connection with the app at its identity provider.
type realConnection struct {
	*realSchool
	id       identity.ConnectionID
	provider identity.ProviderID
	app      *testidp.App
}

// draft makes a connection in the portal with the app at the identity provider
// that belongs to it, up to the test.
func (r *realSchool) draft(vendor identity.Vendor, protocol identity.Protocol, joining identity.Joining) *realConnection {
	t := r.t
	t.Helper()
	submission := identity.NewSubmission()
	c := &realConnection{realSchool: r, id: identity.SubmittedConnectionID(r.school.ID, submission)}
	var err error
	c.app, err = r.idp.CreateApp(testidp.AppOptions{
		Name: "Homeroom", Vendor: vendor, Protocol: protocol, StartURL: r.url + views.SchoolStartPath(r.school.ID),
	})
	r.check(err)
	what := what(vendor, protocol)
	r.desk.post(r.door.NewConnection(), "submission", submission, "vendor", string(vendor), "protocol", string(protocol),
		"name", r.school.Name+" "+what).says(t, what+" is made", http.StatusOK)
	c.provider = identity.ProviderID(r.provider(c.id))
	r.check(c.app.Connect(identity.ServiceProviderAt(r.made.Issuer, c.provider)))
	at := r.door.Connection(c.id, "provider")
	if protocol == identity.ProtocolSAML {
		seen := r.desk.post(at, "way", "url", "url", c.app.MetadataURL())
		seen.says(t, what+": metadata is read", http.StatusOK)
		r.desk.post(at, "way", "checked", "document", seen.value("document"), "url", c.app.MetadataURL()).
			says(t, what+": metadata is saved", http.StatusOK)
	} else {
		r.desk.post(at, "issuer", c.app.Issuer()).says(t, what+": the issuer is read", http.StatusOK)
		r.desk.post(at, "way", "client", "issuer", c.app.Issuer(), "client-id", c.app.Options().ClientID,
			"client-secret", c.app.Options().ClientSecret).says(t, what+": the client is saved", http.StatusOK)
	}
	c.lets(joining)
	return c
}

func what(vendor identity.Vendor, protocol identity.Protocol) string {
	return fmt.Sprintf("%s by %s", vendor, protocol)
}

// connect makes a connection, tests it and switches it on.
func (r *realSchool) connect(vendor identity.Vendor, protocol identity.Protocol, joining identity.Joining) *realConnection {
	r.t.Helper()
	c := r.draft(vendor, protocol, joining)
	tester := r.knows("tester", "Tessa", "Ester")
	if seen := c.test(tester); !strings.Contains(seen.text(), "The test passed") {
		r.t.Fatalf("the test by %s: %d at %s\n%.3000s", what(vendor, protocol), seen.status, seen.url, seen.text())
	}
	r.desk.post(r.door.Connection(c.id, "activate")).says(r.t, "it is switched on", http.StatusOK)
	r.desk.get(r.idp.URL() + "/sign-out")
	return c
}

// lets sets whom the connection lets in: students of the class.
func (c *realConnection) lets(joining identity.Joining) {
	c.t.Helper()
	c.desk.post(c.door.Connection(c.id, "people"), "domain", c.domain, "joining", string(joining), "role", string(identity.RoleStudent),
		"classroom", string(c.class.ID)).says(c.t, "the rules are saved", http.StatusOK)
}

// test tests the connection as IT does, and is at the page of what was found.
func (c *realConnection) test(person string) sight {
	c.t.Helper()
	return c.desk.visits(c.desk.leads(c.door.Connection(c.id, "test")), person)
}

// provider is Zitadel's ID of a connection.
func (s *realSchools) provider(id identity.ConnectionID) string {
	s.t.Helper()
	return s.column("SELECT provider_id FROM connections WHERE id = ?", string(id))
}

// knows adds somebody of the school to its identity provider, and returns the
// address.
func (r *realSchool) knows(local, given, family string) string {
	address := local + "@" + r.domain
	r.idp.AddPerson(testidp.Person{UserName: address, Address: address, GivenName: given, FamilyName: family, Affiliation: "student"})
	return address
}

// leads posts a form and returns where its answer goes on to.
func (v *visitor) leads(path string, fields ...string) string {
	v.s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	answer, err := v.client.PostForm(v.s.url+path, form)
	v.s.check(err)
	defer func() { _ = answer.Body.Close() }()
	target, ok := strings.CutPrefix(answer.Header.Get("Refresh"), "0; url=")
	if !ok {
		text, _ := io.ReadAll(answer.Body)
		v.s.t.Fatalf("POST %s leads nowhere: %s at %s\n%.3000s", path, answer.Status, answer.Request.URL, text)
	}
	return target
}

// visits opens an address and signs in as somebody wherever the identity
// provider asks.
func (v *visitor) visits(address, person string) sight {
	v.s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.s.url + address
	}
	answer, err := testidp.Visit(v.s.t.Context(), v.client, address, person)
	v.s.check(err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	v.s.check(err)
	doc, err := html.Parse(bytes.NewReader(body))
	v.s.check(err)
	return sight{answer.StatusCode, answer.Request.URL, doc, string(body)}
}

// copied is the value of a field that is there to be copied.
func (s sight) copied(id string) string {
	for _, e := range s.all("input") {
		if attribute(e, "id") == id {
			return attribute(e, "value")
		}
	}
	return ""
}

// column is the one text that a query finds.
func (s *site) column(query string, arguments ...any) (text string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.database+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	s.check(err)
	defer func() { _ = db.Close() }()
	s.check(db.QueryRowContext(s.t.Context(), query, arguments...).Scan(&text))
	return text
}

// comesByAddress types an address on the sign-in page and goes through the school's identity
// provider, until the portal shows a page; it says how often the identity
// provider asked who signs in.
func (w *window) comesByAddress(s *realSchools, address string) (asked int) {
	w.t.Helper()
	w.open(s.url + views.SignInPath)
	w.types("input[name=address]", address)
	w.sends(views.SignInPath)
	return w.throughSchool(s, address)
}

// throughSchool does what the school's identity provider asks for until the
// portal shows a page.
func (w *window) throughSchool(s *realSchools, person string) (asked int) {
	w.t.Helper()
	portal := `location.href.startsWith(` + quote(s.url) + `) && ![` + quote(views.SignInPath) + `].includes(location.pathname)`
	form := `document.querySelector("form[action^='/sign-in/'] #address")`
	for asked = 0; asked < 4; asked++ {
		w.until(`document.readyState === "complete" && (`+portal+` || location.href.startsWith(`+quote(s.idp.URL())+`) && `+form+`)`,
			"is led neither to the identity provider nor back to the portal")
		if strings.HasPrefix(w.location(), s.url) {
			return asked
		}
		at := w.location()
		w.typesInto(form, person)
		w.do(chromedp.Evaluate[chromedp.Void](form + `.form.requestSubmit(), void 0`))
		w.until(`location.href !== `+quote(at), "stays at the identity provider")
	}
	w.t.Fatalf("%s: the identity provider asks on and on", w.who)
	return asked
}

// atZitadel is somebody as Zitadel has them; nil if it does not.
func (s *realSchools) atZitadel(name string) *userpb.User {
	s.t.Helper()
	answer, err := s.owner.UserServiceV2().ListUsers(s.t.Context(), &userpb.ListUsersRequest{
		Queries: []*userpb.SearchQuery{{Query: &userpb.SearchQuery_UserNameQuery{UserNameQuery: &userpb.UserNameQuery{UserName: name}}}},
	})
	s.check(err)
	if len(answer.GetResult()) == 0 {
		return nil
	}
	return answer.GetResult()[0]
}

// links are the identity providers that somebody is linked to, with who they
// are there.
func (s *realSchools) links(user string) map[identity.ProviderID]string {
	s.t.Helper()
	answer, err := s.owner.UserServiceV2().ListIDPLinks(s.t.Context(), &userpb.ListIDPLinksRequest{UserId: user})
	s.check(err)
	links := map[identity.ProviderID]string{}
	for _, l := range answer.GetResult() {
		links[identity.ProviderID(l.GetIdpId())] = l.GetUserId()
	}
	return links
}

// rosterPerson is somebody of the school's roster with an address that is verified,
// or not, and a password.
func (r *realSchool) rosterPerson(local, given, family string, verified bool) somebody {
	r.t.Helper()
	who := somebody{given: given, family: family, name: local + "@" + r.domain, password: "Blue-Table-42!"}
	email := &userpb.SetHumanEmail{Email: who.name, Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true}}
	if !verified {
		email.Verification = &userpb.SetHumanEmail_ReturnCode{ReturnCode: &userpb.ReturnEmailVerificationCode{}}
	}
	made, err := r.owner.UserServiceV2().CreateUser(r.t.Context(), &userpb.CreateUserRequest{
		OrganizationId: string(r.school.ID), Username: &who.name,
		UserType: &userpb.CreateUserRequest_Human_{Human: &userpb.CreateUserRequest_Human{
			Profile: &userpb.SetHumanProfile{GivenName: given, FamilyName: family}, Email: email,
			PasswordType: &userpb.CreateUserRequest_Human_Password{Password: &userpb.Password{Password: who.password}},
		}},
	})
	r.check(err)
	r.eventually("the portal does not see "+who.name, func() bool {
		return r.count("SELECT COUNT(*) FROM users WHERE id = ?", made.GetId()) == 1
	})
	return who
}

// version is that of Zitadel's login pages.
func (s *realSchools) version() int {
	s.t.Helper()
	pages, err := s.gateway.LoginPages(s.t.Context())
	s.check(err)
	return pages.Version
}
