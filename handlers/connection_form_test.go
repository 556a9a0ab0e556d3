package handlers

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// Every form of the wizard says what is wrong beside the field, keeps what was
// typed and changes nothing.
func TestTheWizardKeepsAFormThatIsWrong(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	saml := f.make(d, identity.VendorSAML, identity.ProtocolSAML)
	app := f.app(saml)
	metadata, err := app.Metadata()
	f.check(err)
	provider, people := d.at.Connection(saml.ID, "provider"), d.at.Connection(saml.ID, "people")
	before := f.audited(linden)
	for _, tt := range []struct {
		name  string
		path  string
		form  []string
		file  []byte
		field string // whose error it is
		says  string
		kept  string // what is still on the page
	}{
		{"no vendor", d.at.NewConnection(), []string{"name", "Mine", "protocol", "saml"}, nil, "vendor", "Choose an identity provider.", ""},
		{"a vendor that is not offered", d.at.NewConnection(), []string{"vendor", "clever", "name", "Mine", "protocol", "oidc"}, nil, "vendor", "Choose an identity provider.", ""},
		{"no name", d.at.NewConnection(), []string{"vendor", "okta", "name", " ", "protocol", "saml"}, nil, "name", "Enter a name.", ""},
		{"a long name", d.at.NewConnection(), []string{"vendor", "okta", "name", strings.Repeat("x", 101), "protocol", "saml"}, nil, "name", "Use 100 characters or fewer", strings.Repeat("x", 101)},
		{"a protocol that the vendor lacks", d.at.NewConnection(), []string{"vendor", "okta", "name", "Mine", "protocol", "jwt"}, nil, "protocol", "Choose a protocol.", "Mine"},
		{"rename to nothing", d.at.Connection(saml.ID, "name"), []string{"name", "\t"}, nil, "name", "Enter a name.", ""},

		{"no URL", provider, []string{"way", "url"}, nil, "url", "Enter the URL of the metadata", ""},
		{"a private address", provider, []string{"way", "url", "url", "http://10.0.0.1/metadata"}, nil, "url", "10.0.0.1", "http://10.0.0.1/metadata"},
		{"no URL at all", provider, []string{"way", "url", "url", "file:///etc/passwd"}, nil, "url", "http", "file:///etc/passwd"},
		{"a page instead of metadata", provider, []string{"way", "url", "url", f.idp.URL() + "/"}, nil, "url", "", f.idp.URL() + "/"},
		{"a page that is not there", provider, []string{"way", "url", "url", f.idp.URL() + "/none"}, nil, "url", "404", f.idp.URL() + "/none"},
		{"no file", provider, []string{"way", "file"}, nil, "metadata", "Choose the metadata file.", ""},
		{"a file that is no metadata", provider, []string{"way", "file"}, []byte("<html><body>Sign in</body></html>"), "metadata", "", ""},
		{"an entity of its own", provider, []string{"way", "file"}, []byte(`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><EntityDescriptor>&a;</EntityDescriptor>`), "metadata", "", ""},
		{"nothing by hand", provider, []string{"way", "hand"}, nil, "entity-id", "", ""},
		{"no certificate by hand", provider, []string{"way", "hand", "entity-id", "urn:linden", "sso-url", "https://id.linden.example/sso"}, nil, "certificate", "", "urn:linden"},
		{"an address by hand that is none", provider, []string{"way", "hand", "entity-id", "urn:linden", "sso-url", "sso", "certificate", app.CertificatePEM()}, nil, "sso-url", "", "urn:linden"},
		{"something else than was shown", provider, []string{"way", "checked", "document", base64.StdEncoding.EncodeToString([]byte("<x/>"))}, nil, "metadata", "", ""},

		{"a domain of nobody", people, []string{"domain", "birch.example", "joining", "create", "role", "student"}, nil, "domain", "Choose from the proven domains", ""},
		{"no domain", people, []string{"joining", "create", "role", "student"}, nil, "domain", "Choose at least one domain.", ""},
		{"no rule", people, []string{"domain", ownDomain, "role", "student"}, nil, "joining", "Choose who gets in", ""},
		{"a role that is not offered", people, []string{"domain", ownDomain, "joining", "create", "role", "school_admin"}, nil, "role", "Choose a role.", ""},
		{"another school's classroom", people, []string{"domain", ownDomain, "joining", "create", "role", "student", "classroom", string(f.id(maths))}, nil, "classroom", "Choose a classroom of the school.", ""},
		{"nothing pasted", d.at.Connection(saml.ID, "pasted"), []string{"response", " "}, nil, "response", "Paste the SAMLResponse.", ""},
		{"something else pasted", d.at.Connection(saml.ID, "pasted"), []string{"response", "hello"}, nil, "response", "", "hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen page
			if tt.path == provider {
				seen = d.upload(tt.path, tt.file, tt.form...)
			} else {
				seen = d.post(tt.path, tt.form...)
			}
			if seen.Status != http.StatusUnprocessableEntity {
				t.Errorf("status %d, want 422\n%s", seen.Status, seen.text())
			}
			wrong := find(seen.doc, "div", "id", "f-"+tt.field+"-error")
			if wrong == nil {
				wrong = find(seen.doc, "p", "id", "f-"+tt.field+"-error")
			}
			if wrong == nil || find(seen.doc, "a", "href", "#f-"+tt.field) == nil {
				t.Errorf("nothing is said beside %s and above the form:\n%s", tt.field, seen.text())
			}
			if !hasID(seen, "f-"+tt.field) {
				t.Errorf("the summary leads to %s, which is not there", tt.field)
			}
			seen.says(t, tt.says)
			if !strings.Contains(seen.Body, tt.kept) {
				t.Errorf("what was typed is gone: %s\n%s", tt.kept, seen.Body)
			}
		})
	}
	if after := f.audited(linden); len(after) != len(before) {
		t.Errorf("forms that are wrong recorded %v", after[len(before):])
	}
	if c := f.connection(); c.Metadata != "" || c.State != identity.ConnectionDraft {
		t.Errorf("forms that are wrong changed %+v", c)
	}

	// The control: the same as a file and by hand is right.
	shown := d.upload(provider, metadata, "way", "file")
	shown.says(t, "Is this your identity provider?", app.EntityID(), "Signing certificates", "SHA-256")
	byHand := d.upload(provider, nil, "way", "hand", "entity-id", app.EntityID(), "sso-url", app.SSOURL(), "certificate", app.CertificatePEM())
	byHand.says(t, "Is this your identity provider?", app.EntityID())
	if f.connection().Metadata != "" {
		t.Error("metadata was saved before it was confirmed")
	}
	saved := d.upload(provider, nil, "way", "checked", "url", "", "document", byHand.field("document"))
	if saved.Status != http.StatusOK || f.connection().EntityID != app.EntityID() {
		t.Errorf("saved %d\n%s", saved.Status, saved.text())
	}
	certificates, err := f.in(linden, priya).Certificates(f.ctx)
	f.check(err)
	if len(certificates) != 1 || certificates[0].Side != "idp" || certificates[0].Connection != saml.ID {
		t.Errorf("certificates kept: %+v", certificates)
	}
}

func hasID(seen page, id string) bool {
	for _, element := range []string{"input", "select", "textarea", "p"} {
		if find(seen.doc, element, "id", id) != nil {
			return true
		}
	}
	return false
}

func TestAClientIsGivenAndItsSecretNeverShown(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c := f.make(d, identity.VendorOIDC, identity.ProtocolOIDC)
	app := f.app(c)
	path, issuer, options := d.at.Connection(c.ID, "provider"), app.Issuer(), app.Options()
	for _, tt := range []struct {
		name  string
		form  []string
		field string
		says  string
	}{
		{"no issuer", []string{"way", "issuer"}, "issuer", "Enter the issuer"},
		{"a private address", []string{"way", "issuer", "issuer", "http://192.168.0.1"}, "issuer", "192.168.0.1"},
		{"nothing there", []string{"way", "issuer", "issuer", f.idp.URL() + "/none"}, "issuer", "404"},
		{"a slash too many", []string{"way", "issuer", "issuer", issuer + "/"}, "issuer", "the slash at the end"},
		{"no client", []string{"way", "client", "issuer", issuer}, "client-id", "Enter the client ID."},
		{"no secret", []string{"way", "client", "issuer", issuer, "client-id", "x"}, "client-secret", "Enter the client secret."},
		{"a secret for another issuer", []string{"way", "client", "issuer", "http://10.1.1.1", "client-id", "x", "client-secret", "y"}, "issuer", "10.1.1.1"},
		{"a client far too long", []string{"way", "client", "issuer", issuer, "client-id", strings.Repeat("x", 201), "client-secret", "y"}, "client-id", "200 characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := d.post(path, tt.form...)
			if seen.Status != http.StatusUnprocessableEntity || !hasID(seen, "f-"+tt.field+"-error") && find(seen.doc, "div", "id", "f-"+tt.field+"-error") == nil {
				t.Errorf("%d, and nothing beside %s\n%s", seen.Status, tt.field, seen.text())
			}
			seen.says(t, tt.says)
		})
	}

	// The URL of the document will do as well.
	shown := d.post(path, "way", "issuer", "issuer", issuer+"/.well-known/openid-configuration")
	shown.says(t, "token_endpoint", "Client secret")
	if shown.field("issuer") != issuer {
		t.Errorf("the issuer is %q, want %q", shown.field("issuer"), issuer)
	}
	d.post(path, "way", "client", "issuer", issuer, "client-id", options.ClientID, "client-secret", "wr0ng-s3cret-v4lue")
	if got := f.connection(); got.ClientID != options.ClientID || got.Issuer != issuer {
		t.Fatalf("saved was %+v", got)
	}
	for _, part := range []string{"", "provider", "people", "test", "activate", "guide"} {
		if strings.Contains(d.get(strings.TrimSuffix(d.at.Connection(c.ID, part), "/")).Body, "wr0ng-s3cret") {
			t.Errorf("the page %q shows the secret", part)
		}
	}
	if strings.Contains(f.log.String(), "wr0ng-s3cret") {
		t.Error("the log holds the secret")
	}

	// The saved secret belongs to this client alone.
	again := d.post(path, "way", "client", "issuer", issuer, "client-id", "another")
	again.says(t, "enter the secret that belongs to it")
	if strings.Contains(again.Body, "wr0ng-s3cret") {
		t.Error("the form shows the secret")
	}
	d.post(path, "way", "client", "issuer", issuer, "client-id", options.ClientID, "client-secret", options.ClientSecret)
	f.test(d, c, sam).says(t, "The test passed")
	kept := d.post(path, "way", "client", "issuer", issuer, "client-id", options.ClientID)
	if kept.Status != http.StatusOK || f.connection().State != identity.ConnectionTested {
		t.Errorf("keeping the secret = %d, %s", kept.Status, f.connection().State)
	}
	d.post(path, "way", "client", "issuer", issuer, "client-id", options.ClientID, "client-secret", options.ClientSecret)
	if got := f.connection(); got.State != identity.ConnectionDraft {
		t.Errorf("another secret left the connection %s", got.State)
	}
}

// Zitadel away keeps the form, and says that nothing was lost.
func TestTheWizardSurvivesZitadelAway(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	c := f.make(d, identity.VendorOkta, identity.ProtocolSAML)
	app := f.app(c)
	shown := d.upload(d.at.Connection(c.ID, "provider"), nil, "way", "url", "url", app.MetadataURL())
	asked := d.get(d.at.NewConnection() + "?vendor=adfs")
	f.check(f.zitadel.Close())
	for name, seen := range map[string]page{
		"make": d.post(d.at.NewConnection(), "submission", asked.field("submission"), "vendor", "adfs", "protocol", "saml", "name", "Kept as typed"),
		"name": d.post(d.at.Connection(c.ID, "name"), "name", "Kept as typed"),
		"save": d.upload(d.at.Connection(c.ID, "provider"), nil, "way", "checked", "url", shown.field("url"), "document", shown.field("document")),
	} {
		if seen.Status != http.StatusServiceUnavailable || find(seen.doc, "div", "role", "alert") == nil {
			t.Errorf("%s = %d\n%s", name, seen.Status, seen.text())
		}
		if name != "save" && !strings.Contains(seen.Body, "Kept as typed") || name == "save" && seen.field("document") != shown.field("document") {
			t.Errorf("%s lost what was typed\n%s", name, seen.text())
		}
	}
	for _, part := range []string{"guide", "provider", "people", "test", "attempts", "activate"} {
		if seen := d.get(d.at.Connection(c.ID, part)); seen.Status != http.StatusOK {
			t.Errorf("GET %s = %d while Zitadel is away", part, seen.Status)
		}
	}
}

// Two people send the same form, or one does twice: there is one connection.
func TestTheSameFormMakesOneConnection(t *testing.T) {
	f := newFederated(t)
	d := f.inPortal()
	asked := d.get(d.at.NewConnection() + "?vendor=okta")
	form := []string{"submission", asked.field("submission"), "vendor", "okta", "protocol", "saml", "name", "Linden"}
	for range 2 {
		if seen := d.post(d.at.NewConnection(), form...); seen.Status != http.StatusOK || !strings.HasSuffix(seen.URL.Path, "/guide") {
			t.Errorf("%d at %s", seen.Status, seen.URL)
		}
	}
	ours := f.connection()
	// The same key at another school makes another connection, of that school.
	other := door{f.signIn(bob), views.InPortal(f.id(birch))}
	if seen := other.post(other.at.NewConnection(), form...); seen.Status != http.StatusOK || strings.Contains(seen.Body, string(ours.Provider)) {
		t.Errorf("another school: %d at %s", seen.Status, seen.URL)
	}
	if theirs, err := f.store.In(f.founded(birch)).Connections(f.ctx); err != nil || len(theirs) != 1 || theirs[0].ID == ours.ID {
		t.Errorf("another school has %v, %v", theirs, err)
	}
	if now := f.connection(); now.Provider != ours.Provider {
		t.Errorf("the connection is another one: %+v", now)
	}
}

func TestTheStepsOfEveryVendorAreShown(t *testing.T) {
	f := newFederated(t, func(o *Options) { o.Offered = nil })
	d := f.inPortal()
	start := f.url + views.SchoolStartPath(f.id(linden))
	for _, vendor := range identity.Vendors {
		if vendor.InstanceWide() {
			continue
		}
		for _, protocol := range vendor.Protocols() {
			asked := d.get(d.at.NewConnection() + "?vendor=" + string(vendor))
			seen := d.post(d.at.NewConnection(), "submission", asked.field("submission"), "vendor", string(vendor), "protocol", string(protocol), "name", "Linden")
			if seen.Status != http.StatusOK || find(seen.doc, "li", "", "") == nil {
				t.Errorf("%s by %s = %d\n%s", vendor, protocol, seen.Status, seen.text())
			}
			if !strings.Contains(seen.Body, start) {
				t.Errorf("%s by %s: the steps say nothing of the start URL\n%s", vendor, protocol, seen.text())
			}
			for _, link := range findAll(seen.doc, "a") {
				if attribute(link, "download") != "" {
					if file := d.get(attribute(link, "href")); file.Status != http.StatusOK || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/plain") ||
						!strings.Contains(file.Header.Get("Content-Disposition"), attribute(link, "download")) {
						t.Errorf("%s: download %s = %d %v", vendor, attribute(link, "href"), file.Status, file.Header)
					}
				}
			}
		}
	}
	all, err := f.in(linden, priya).Connections(f.ctx)
	f.check(err)
	if seen := d.get(d.at.Connection(all[0].ID, "guide", "nothing.xml")); seen.Status != http.StatusNotFound {
		t.Errorf("a file that is not there = %d", seen.Status)
	}
}
