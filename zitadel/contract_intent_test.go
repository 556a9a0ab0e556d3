package zitadel_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/zitadel"
)

const (
	maria   = "maria.lee@linden.example"
	claimed = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
)

// cameBack reports whether back is the page to, whatever Zitadel added to it.
func cameBack(back *url.URL, to string) bool {
	page, _, _ := strings.Cut(to, "?")
	return strings.HasPrefix(back.String(), page+"?")
}

// arrival reads who came back at a URL of through.
func (w *world) arrival(t *testing.T, o identity.Organization, id identity.ProviderID, back *url.URL) identity.Arrival {
	t.Helper()
	if !cameBack(back, arrived) {
		t.Fatalf("came back to %s, want %s", back, arrived)
	}
	arrival, err := w.in(t, o).Intent(t.Context(), id, back.Query().Get("id"), back.Query().Get("token"))
	if err != nil {
		t.Fatal(err)
	}
	return arrival
}

// Names and addresses arrive over either protocol, and whoever was tied to them
// is known the next time.
func TestContractPeopleArrive(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, test := range []struct {
			vendor   identity.Vendor
			protocol identity.Protocol
			userName string
			want     map[string][]string // of the attributes, those that are looked at
		}{
			{identity.VendorEntra, identity.ProtocolSAML, "", map[string][]string{
				claimed + "givenname": {"Maria"}, claimed + "surname": {"Lee"}, claimed + "emailaddress": {maria},
			}},
			{identity.VendorADFS, identity.ProtocolSAML, "", map[string][]string{claimed + "upn": {maria}}},
			{identity.VendorShibboleth, identity.ProtocolSAML, "", map[string][]string{"urn:oid:2.5.4.42": {"Maria"}}},
			{identity.VendorGoogle, identity.ProtocolSAML, "", map[string][]string{"firstName": {"Maria"}, "email": {maria}}},
			{identity.VendorOkta, identity.ProtocolOIDC, maria, map[string][]string{
				"given_name": {"Maria"}, "family_name": {"Lee"}, "email": {maria}, "email_verified": {"true"},
			}},
			{identity.VendorEntra, identity.ProtocolOIDC, maria, map[string][]string{"given_name": {"Maria"}}},
		} {
			t.Run(string(test.vendor)+" "+string(test.protocol), func(t *testing.T) {
				app, id := w.connect(t, w.linden, test.vendor, test.protocol)
				back := w.through(t, w.linden, id, maria)
				if back.Query().Get("next") != "/roster" || back.Query().Has("user") {
					t.Errorf("came back to %s, want what was asked for and nobody known", back)
				}
				arrival := w.arrival(t, w.linden, id, back)
				got := map[string][]string{}
				for name := range test.want {
					got[name] = arrival.Attributes[name]
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("attributes differ (-want +got):\n%s\nall: %v", diff, arrival.Attributes)
				}
				if arrival.Protocol != test.protocol || arrival.ExternalID == "" || arrival.UserName != test.userName || arrival.User != "" {
					t.Errorf("arrival = %s, want %s, an ID and user name %q of nobody known", dump(t, arrival), test.protocol, test.userName)
				}
				if signed := strings.Contains(string(arrival.Assertion), "Assertion"); signed != (test.protocol == identity.ProtocolSAML) {
					t.Errorf("assertion = %.200s", arrival.Assertion)
				}
				if test.protocol == identity.ProtocolOIDC {
					if diff := cmp.Diff([]string{app.Issuer()}, arrival.Attributes["iss"]); diff != "" {
						t.Errorf("issuer differs (-want +got):\n%s", diff)
					}
				}
				user := w.student(t, w.linden)
				if err := w.in(t, w.linden).LinkUser(t.Context(), user.ID, id, arrival.ExternalID, maria); err != nil {
					t.Fatal(err)
				}
				again := w.through(t, w.linden, id, maria)
				if arrival := w.arrival(t, w.linden, id, again); arrival.User != user.ID || again.Query().Get("user") != string(user.ID) {
					t.Errorf("came back as %q to %s, want %s", arrival.User, again, user.ID)
				}
			})
		}
	})
}

// What Zitadel's own pages do not tell is in its log.
func TestContractWhatWentWrongIsOnRecord(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		saml, samlID := w.connect(t, w.linden, identity.VendorOkta, identity.ProtocolSAML)
		oidc, oidcID := w.connect(t, w.linden, identity.VendorOkta, identity.ProtocolOIDC)
		for _, test := range []struct {
			app   *testidp.App
			id    identity.ProviderID
			wrong testidp.Misbehaviour
			error string // at the failure URL
			said  string
		}{
			{saml, samlID, testidp.Unsigned, "SAML-ajl3irfs", "signature element not present"},
			{saml, samlID, testidp.WrongAudience, "SAML-ajl3irfs", "AudienceRestriction does not contain"},
			{saml, samlID, testidp.Expired, "SAML-ajl3irfs", "expired"},
			{saml, samlID, testidp.WrongCertificate, "SAML-ajl3irfs", ""},
			{saml, samlID, testidp.StatusResponder, "SAML-ajl3irfs", "Responder"},
			{saml, samlID, testidp.MissingNameID, "SAML-EFG32", "MissingTransientMappingAttributeName"},
			{oidc, oidcID, testidp.AccessDenied, "access_denied", "access_denied"},
			{oidc, oidcID, testidp.BadClient, "", "invalid_client"},
		} {
			t.Run(string(test.wrong), func(t *testing.T) {
				if err := test.app.SetMisbehaviour(test.wrong); err != nil {
					t.Fatal(err)
				}
				back := w.through(t, w.linden, test.id, maria)
				query := back.Query()
				if !cameBack(back, refused) || query.Get("id") == "" || !strings.Contains(query.Get("error"), test.error) || query.Has("token") {
					t.Fatalf("came back to %s, want %s with id and error %s", back, refused, test.error)
				}
				eventually(t, "the cause is told", func() bool {
					said, err := w.events.IntentFailure(t.Context(), query.Get("id"))
					if err != nil {
						t.Fatal(err)
					}
					return said != "" && strings.Contains(said, test.said)
				})
				_, err := w.in(t, w.linden).Intent(t.Context(), test.id, query.Get("id"), "token")
				wantKind(t, err, identity.KindGone, "sign-in.lost")
			})
		}
		for _, intent := range []string{"400000000000000000", string(w.linden.ID)} {
			if said, err := w.events.IntentFailure(t.Context(), intent); err != nil || said != "" {
				t.Errorf("of %s it is told %q, %v, want nothing", intent, said, err)
			}
		}
		if _, err := w.events.IntentFailure(t.Context(), ""); err == nil {
			t.Error("of no intent there is an answer")
		}
	})
}

func TestContractIntentsStayWithTheirProvider(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		_, id := w.connect(t, w.linden, identity.VendorOkta, identity.ProtocolSAML)
		own := w.provider(t, w.linden)
		back := w.through(t, w.linden, id, maria).Query()
		other := w.through(t, w.linden, id, maria).Query()
		for _, test := range []struct {
			name          string
			here          identity.Organization
			provider      identity.ProviderID
			intent, token string
			kind          identity.ErrorKind
			message       string
		}{
			{"another school", w.birch, id, back.Get("id"), back.Get("token"), identity.KindNotFound, "connection.not-found"},
			{"another school's provider", w.birch, w.provider(t, w.birch), back.Get("id"), back.Get("token"), identity.KindGone, "sign-in.lost"},
			{"another provider", w.linden, own, back.Get("id"), back.Get("token"), identity.KindGone, "sign-in.lost"},
			{"the installation's provider", w.linden, w.installation.Clever.Provider, back.Get("id"), back.Get("token"), identity.KindGone, "sign-in.lost"},
			{"another intent's token", w.linden, id, back.Get("id"), other.Get("token"), identity.KindGone, "sign-in.lost"},
			{"a wrong token", w.linden, id, back.Get("id"), "AAAA", identity.KindGone, "sign-in.lost"},
			{"no token", w.linden, id, back.Get("id"), "", identity.KindGone, "sign-in.lost"},
			{"no intent", w.linden, id, "", back.Get("token"), identity.KindGone, "sign-in.lost"},
			{"an intent that is not there", w.linden, id, "400000000000000000", back.Get("token"), identity.KindGone, "sign-in.lost"},
		} {
			t.Run(test.name, func(t *testing.T) {
				arrival, err := w.in(t, test.here).Intent(t.Context(), test.provider, test.intent, test.token)
				wantKind(t, err, test.kind, test.message)
				if arrival.ExternalID != "" {
					t.Errorf("told %s all the same", dump(t, arrival))
				}
			})
		}
		if _, err := w.in(t, w.linden).Intent(t.Context(), id, back.Get("id"), back.Get("token")); err != nil {
			t.Errorf("the right one: %v", err)
		}
	})
}

// With the provider named, a linked person goes straight through to a code,
// once it is attached and as long as it is.
func TestContractAttachedProvidersSignPeopleIn(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		pages, err := w.runtime.LoginPages(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if pages.Version != 1 {
			t.Skip("login pages that need a real browser")
		}
		for _, protocol := range []identity.Protocol{identity.ProtocolSAML, identity.ProtocolOIDC} {
			t.Run(string(protocol), func(t *testing.T) {
				school := w.newSchool(t)
				remote := w.in(t, school)
				_, id := w.connect(t, school, identity.VendorOkta, protocol)
				arrival := w.arrival(t, school, id, w.through(t, school, id, maria))
				n := someone()
				n.Secret = ""
				if _, err := remote.CreateLinkedUser(t.Context(), n, id, arrival.ExternalID); err != nil {
					t.Fatal(err)
				}
				flow := w.flow("urn:zitadel:iam:org:id:"+string(school.ID), "urn:zitadel:iam:org:idp:id:"+string(id))
				if code := w.authorize(t, flow, maria); code != "" {
					t.Error("signed in through a provider that is not attached")
				}
				if err := remote.AttachProvider(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				if code := w.authorize(t, flow, maria); code == "" {
					t.Error("not signed in")
				}
				if code := w.authorize(t, flow, "jon.okafor@linden.example"); code != "" {
					t.Error("somebody nobody knows was let in: nothing is automatic")
				}
				if err := remote.DetachProvider(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				if code := w.authorize(t, flow, maria); code != "" {
					t.Error("signed in through a provider that was detached")
				}
			})
		}
	})
}

// flow is a sign-in to the portal.
func (w *world) flow(scopes ...string) oauth2.Config {
	return oauth2.Config{
		ClientID:    w.installation.ClientID,
		Endpoint:    oauth2.Endpoint{AuthURL: w.issuer + "/oauth/v2/authorize", TokenURL: w.issuer + "/oauth/v2/token", AuthStyle: oauth2.AuthStyleInParams},
		RedirectURL: w.installation.PortalURL + zitadel.CallbackPath,
		Scopes:      append([]string{"openid"}, scopes...),
	}
}

// authorize goes through flow in a new browser, and returns the code it ends
// in, which buys tokens; empty if it ends at a page of Zitadel's.
func (w *world) authorize(t *testing.T, flow oauth2.Config, person string) string {
	t.Helper()
	browser, verifier := newBrowser(t), oauth2.GenerateVerifier()
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), flow.RedirectURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	answer, err := testidp.Visit(t.Context(), browser, flow.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), person)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	location, err := answer.Location()
	if err != nil {
		return ""
	}
	code := location.Query().Get("code")
	if _, err := flow.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); err != nil {
		t.Fatalf("exchange the code of %s: %v", location, err)
	}
	return code
}
