package testidp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// GET / lists the apps and offers a new one.
func (s *Server) listApps(w http.ResponseWriter, _ *http.Request) {
	s.showApps(w, http.StatusOK, "", "")
}

type appRow struct{ ID, Name, Vendor, Protocol, Misbehaviour string }

func (s *Server) showApps(w http.ResponseWriter, status int, name, problem string) {
	var rows []appRow
	for _, a := range s.Apps() {
		o := a.Options()
		rows = append(rows, appRow{a.ID(), o.Name, vendorNames[o.Vendor], strings.ToUpper(string(o.Protocol)), string(o.Misbehaviour)})
	}
	s.show(w, status, "apps.html", struct {
		Title, Name, Problem string
		Apps                 []appRow
		Kinds                []kind
		DNS                  bool
	}{"Apps", name, problem, rows, kinds(), s.dns != nil})
}

// kind is a vendor and a protocol, as one choice.
type kind struct{ Value, Label string }

var vendorNames = map[identity.Vendor]string{
	identity.VendorOkta: "Okta", identity.VendorEntra: "Microsoft Entra ID", identity.VendorGoogle: "Google Workspace",
	identity.VendorADFS: "AD FS", identity.VendorOneLogin: "OneLogin", identity.VendorJumpCloud: "JumpCloud",
	identity.VendorShibboleth: "Shibboleth", identity.VendorSAML: "Any other (SAML)", identity.VendorOIDC: "Any other (OIDC)",
	identity.VendorClever: "Clever", identity.VendorClassLink: "ClassLink",
}

func kinds() []kind {
	var all []kind
	for _, v := range identity.Vendors {
		for _, p := range v.Protocols() {
			label := vendorNames[v]
			if len(v.Protocols()) > 1 {
				label += ", " + strings.ToUpper(string(p))
			}
			all = append(all, kind{string(v) + " " + string(p), label})
		}
	}
	return all
}

// POST /apps
func (s *Server) createApp(w http.ResponseWriter, r *http.Request) {
	vendor, protocol, _ := strings.Cut(r.PostFormValue("kind"), " ")
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" {
		s.showApps(w, http.StatusUnprocessableEntity, name, "The app needs a name.")
		return
	}
	app, err := s.CreateApp(AppOptions{Name: name, Vendor: identity.Vendor(vendor), Protocol: identity.Protocol(protocol)})
	if err != nil {
		s.showApps(w, http.StatusUnprocessableEntity, name, "The app cannot be made: "+err.Error()+".")
		return
	}
	http.Redirect(w, r, "/apps/"+app.ID(), http.StatusSeeOther)
}

// appPage is what the page of an app shows. Form fields stand as they were typed.
type appPage struct {
	Title, ID, Vendor, Problem string
	Saved, SAML, OneACS        bool
	Options                    AppOptions
	ACS, RedirectURIs          string // one a line
	SPMetadata                 string

	EntityID, MetadataURL, SSOURL, Issuer, Unsolicited string
	Certificates                                       []certificateRow
	Misbehaviours                                      []Misbehaviour
	NameIDFormats                                      []string
	PublishesMetadata                                  bool
	AnotherMade                                        bool
}

type certificateRow struct {
	Fingerprint, Until string
	Signs              bool
}

var nameIDFormats = []string{
	"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
	"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
}

// GET /apps/{app}
func (s *Server) showApp(w http.ResponseWriter, r *http.Request, a *App) {
	page := a.page(a.Options())
	page.Saved = r.URL.Query().Has("saved")
	s.show(w, http.StatusOK, "app.html", page)
}

func (a *App) page(o AppOptions) appPage {
	page := appPage{
		Title: o.Name, ID: a.ID(), Vendor: vendorNames[o.Vendor], SAML: o.Protocol == identity.ProtocolSAML,
		OneACS: o.Vendor == identity.VendorGoogle, Options: o,
		ACS: strings.Join(o.ACS, "\n"), RedirectURIs: strings.Join(o.RedirectURIs, "\n"), SPMetadata: string(o.SPMetadata),
		EntityID: a.EntityID(), MetadataURL: a.MetadataURL(), SSOURL: a.SSOURL(), Issuer: a.Issuer(),
		Unsolicited: a.url("/saml/unsolicited"), Misbehaviours: Misbehaviours(o.Protocol), NameIDFormats: nameIDFormats,
		PublishesMetadata: o.Vendor != identity.VendorGoogle && o.Vendor != identity.VendorJumpCloud,
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	page.AnotherMade = len(a.keys) > 1
	for i, key := range a.keys {
		page.Certificates = append(page.Certificates, certificateRow{
			key.fingerprint(), key.certificate.NotAfter.UTC().Format(time.DateOnly), i == a.signing,
		})
	}
	return page
}

// POST /apps/{app}
func (s *Server) changeApp(w http.ResponseWriter, r *http.Request, a *App) {
	change := func(o *AppOptions) {
		o.EntityID = strings.TrimSpace(r.PostFormValue("entity-id"))
		o.ACS = strings.Fields(r.PostFormValue("acs"))
		o.RedirectURIs = strings.Fields(r.PostFormValue("redirect-uris"))
		o.StartURL = strings.TrimSpace(r.PostFormValue("start-url"))
		o.NameIDFormat = r.PostFormValue("name-id-format")
		o.WithoutAttributes = r.PostFormValue("attributes") != "on"
		o.Encrypt = r.PostFormValue("encrypt") == "on"
		o.Misbehaviour = Misbehaviour(r.PostFormValue("misbehaviour"))
		if document := strings.TrimSpace(r.PostFormValue("sp-metadata")); document != string(o.SPMetadata) {
			o.SPMetadata, o.EncryptFor = []byte(document), nil
		}
	}
	problem := ""
	if start := strings.TrimSpace(r.PostFormValue("start-url")); start != "" {
		if u, err := url.Parse(start); err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) {
			problem = "The start URL is no URL."
		}
	}
	if problem == "" {
		if err := a.Configure(change); err != nil {
			problem = "This cannot be saved: " + err.Error() + "."
		}
	}
	if problem != "" {
		options := a.Options()
		change(&options)
		page := a.page(options)
		page.Problem = problem
		s.show(w, http.StatusUnprocessableEntity, "app.html", page)
		return
	}
	http.Redirect(w, r, "/apps/"+a.ID()+"?saved", http.StatusSeeOther)
}

// POST /apps/{app}/certificates/{what}
func (s *Server) changeCertificates(w http.ResponseWriter, r *http.Request, a *App) {
	switch r.PathValue("what") {
	case "new":
		if err := a.Rotate(); err != nil {
			s.refuse(w, http.StatusInternalServerError, err.Error())
			return
		}
	case "switch":
		a.Switch()
	case "retire":
		a.Retire()
	default:
		s.refuse(w, http.StatusNotFound, "There is no such button.")
		return
	}
	http.Redirect(w, r, "/apps/"+a.ID()+"?saved#certificates", http.StatusSeeOther)
}

// dnsPage is the page that publishes a record.
type dnsPage struct {
	Title, Name, Value, Problem string
	Published                   []string
}

// GET /dns
func (s *Server) showDNS(w http.ResponseWriter, r *http.Request) {
	page := dnsPage{Title: "Publish a DNS record", Name: r.URL.Query().Get("name")}
	if page.Name != "" {
		page.Published = s.dns.TXT(page.Name)
	}
	s.show(w, http.StatusOK, "dns.html", page)
}

// POST /dns replaces the TXT record of a name. An empty value removes it.
func (s *Server) publish(w http.ResponseWriter, r *http.Request) {
	page := dnsPage{
		Title: "Publish a DNS record",
		Name:  strings.ToLower(strings.TrimSuffix(strings.TrimSpace(r.PostFormValue("name")), ".")), Value: strings.TrimSpace(r.PostFormValue("value")),
	}
	if page.Name == "" || len(page.Name) > 253 || strings.ContainsAny(page.Name, " /:@") {
		page.Problem = "The name is not the name of a record, such as _zitadel-challenge.linden.example."
		s.show(w, http.StatusUnprocessableEntity, "dns.html", page)
		return
	}
	var values []string
	if page.Value != "" {
		values = append(values, page.Value)
	}
	s.dns.SetTXT(page.Name, values...)
	http.Redirect(w, r, "/dns?name="+url.QueryEscape(page.Name), http.StatusSeeOther)
}
