package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// The school's own sign-in is the only way in: the portal refuses passwords,
// whoever is excepted comes in with a password or a passkey, and the recovery
// link opens everything again.
func TestRealZitadelKeepsToTheOneWayIn(t *testing.T) {
	r := newRealSchools(t).school("Linden")
	c := r.connect(identity.VendorEntra, identity.ProtocolSAML, identity.JoinCreate)
	alma := r.rosterPerson("alma", "Alma", "Brandt", true)
	admin := r.userID(r.admin.name)
	r.knows("alma", "Alma", "Brandt")
	comes := func(who string) *window {
		w := r.browser.window(who)
		w.open(r.url + views.SignInPath + "?local=1")
		return w
	}
	inside := func(w *window) bool { return w.visitor(r.site).signedIn() }

	before := comes("Alma, before")
	before.throughZitadel(r.realSite, alma)
	if !inside(before) {
		t.Fatal("a password does not lead in before enforcement")
	}

	recovery := r.enforce(admin)
	refused := comes("Alma, by password")
	refused.throughZitadel(r.realSite, alma)
	refused.isAt(strings.SplitN(views.SchoolOnlyPath(r.school.ID, ""), "?", 2)[0])
	refused.sees("has one way in")
	if inside(refused) {
		t.Error("signed in with a password where the school has one way in")
	}
	glass := comes("Priya, by password")
	glass.throughZitadel(r.realSite, r.admin)
	if !inside(glass) {
		t.Errorf("the admin who is excepted is not let in: %s", glass.page())
	}
	phone := r.browser.window("Alma, by the school")
	phone.comesByAddress(r.realSchools, alma.name)
	if !inside(phone) {
		t.Errorf("the school's own sign-in does not lead in: %s", phone.page())
	}
	if links := c.links(r.userID(alma.name)); len(links) != 1 {
		t.Errorf("links of somebody who came by the school: %v", links)
	}
	r.recovers(recovery)
	omar := r.rosterPerson("omar", "Omar", "Said", true)
	again := comes("Omar, after the recovery")
	again.throughZitadel(r.realSite, omar)
	if !inside(again) {
		t.Error("a password does not lead in after the recovery")
	}

	// The admin who is excepted has a passkey.
	key := r.browser.window("Priya, with a passkey")
	key.hasPasskeys()
	key.registersPasskey(r.realSchools, admin)
	r.eventually("Zitadel does not show the passkey", func() bool {
		answer, err := r.owner.UserServiceV2().ListAuthenticationMethodTypes(t.Context(), &userpb.ListAuthenticationMethodTypesRequest{UserId: admin})
		r.check(err)
		return slices.Contains(answer.GetAuthMethodTypes(), userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_PASSKEY)
	})
	recovery = r.enforce(admin)
	closed := comes("Omar, by password")
	closed.throughZitadel(r.realSite, omar)
	closed.sees("has one way in")
	if inside(closed) {
		t.Error("signed in with a password where the school has one way in, once more")
	}
	key.open(r.url + views.SignInPath + "?local=1")
	key.throughZitadel(r.realSite, r.admin)
	if !inside(key) {
		t.Errorf("the admin's passkey does not lead in: %s", key.page())
	}
	r.recovers(recovery)
	opened := comes("Omar, after the second recovery")
	opened.throughZitadel(r.realSite, omar)
	if !inside(opened) {
		t.Error("a password does not lead in after the second recovery")
	}
}

// enforce goes through the rehearsal and switches enforcement on, with the admin
// excepted; it returns the path of the recovery link.
func (r *realSchool) enforce(admin string) string {
	t := r.t
	t.Helper()
	r.desk.get(r.door.Enforcement()).says(t, "the rehearsal", http.StatusOK)
	r.desk.post(r.door.Enforcement("admins")).says(t, "the admins", http.StatusOK)
	r.desk.post(r.door.Enforcement("check"), "admin", admin).says(t, "the check", http.StatusOK)
	seen := r.desk.post(r.door.Enforcement("on"), "admin", admin)
	link, ok := strings.CutPrefix(seen.copied("recovery"), r.url)
	if !ok || seen.status != http.StatusOK {
		t.Fatalf("enforcement: %d at %s\n%.900s", seen.status, seen.url, seen.text())
	}
	return link
}

// recovers uses the recovery link, without being signed in.
func (r *realSchool) recovers(link string) {
	r.t.Helper()
	v := r.visitor()
	v.get(link).says(r.t, "the recovery link", http.StatusOK)
	if seen := v.post(link); seen.status != http.StatusOK || !strings.Contains(seen.text(), "Other ways to sign in work again") {
		r.t.Fatalf("the recovery: %d at %s\n%.600s", seen.status, seen.url, seen.text())
	}
	if seen := v.post(link); seen.status != http.StatusGone {
		r.t.Errorf("the recovery link once more: %d", seen.status)
	}
}

// registersPasskey makes a passkey with the window's device, at Zitadel's
// origin.
func (w *window) registersPasskey(s *realSchools, user string) {
	w.t.Helper()
	made, err := s.owner.UserServiceV2().RegisterPasskey(w.t.Context(), &userpb.RegisterPasskeyRequest{UserId: user, Domain: "localhost"})
	s.check(err)
	options, err := protojson.Marshal(made.GetPublicKeyCredentialCreationOptions())
	s.check(err)
	w.open(s.made.Issuer + "/.well-known/openid-configuration")
	w.do(chromedp.Evaluate[chromedp.Void](`window.made = "", (async () => {
		const bytes = t => Uint8Array.from(atob(t.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
		const text = b => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
		const o = ` + string(options) + `.publicKey;
		o.challenge = bytes(o.challenge); o.user.id = bytes(o.user.id);
		(o.excludeCredentials || []).forEach(c => c.id = bytes(c.id));
		const c = await navigator.credentials.create({publicKey: o});
		window.made = JSON.stringify({id: c.id, rawId: text(c.rawId), type: c.type,
			response: {attestationObject: text(c.response.attestationObject), clientDataJSON: text(c.response.clientDataJSON)}});
	})().catch(e => window.made = "error " + e), void 0`))
	w.until("window.made", "makes no passkey")
	var credential structpb.Struct
	if err := protojson.Unmarshal([]byte(w.text("window.made")), &credential); err != nil {
		w.t.Fatalf("%s: %v: %s", w.who, err, w.text("window.made"))
	}
	_, err = s.owner.UserServiceV2().VerifyPasskeyRegistration(w.t.Context(), &userpb.VerifyPasskeyRegistrationRequest{
		UserId: user, PasskeyId: made.GetPasskeyId(), PublicKeyCredential: &credential, PasskeyName: "test",
	})
	s.check(err)
}
