package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	settingspb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings"
)

// somebody is a person with what they type at Zitadel.
type somebody struct {
	given, family string
	name          string // user name, which is the address of those who have one
	password      string
	passkey       bool // instead, where Zitadel offers it
}

// next reads what a page of Zitadel's asks for: both generations of its login
// name their fields alike, and differ in their buttons. Pages of the newer one
// do nothing before their script has taken hold of them.
const next = `(() => {
	if (document.readyState !== "complete") return "";
	const scripted = e => Object.keys(e).some(k => k.startsWith("__react"));
	if (location.pathname.includes("/v2/") && ![...document.querySelectorAll("button, a")].some(scripted)) return "";
	const shown = s => [...document.querySelectorAll(s)].filter(e => e.getClientRects().length && !e.disabled);
	if (shown("input[name=firstname]").length) return "register";
	if (shown("input[type=password]").length) return "password";
	if (shown("input[name=loginName]").length) return "name";
	if (shown("input[name=code]").length) return "code";
	if (shown("button[name=skip], [data-testid=reset-button]").length) return "skip";
	if (shown("a[href*='/password/set']").length) return "choose";
	if (shown("#submit-button, [data-testid=submit-button], form button[type=submit]").length) return "go on";
	return "";
})()`

// submit is the button that goes on.
const submit = `document.querySelector("#submit-button, #init-button, #register-button, [data-testid=submit-button]") ||
	document.querySelector("form button[type=submit]")`

// throughZitadel does what Zitadel's own pages ask for until they lead back to
// the portal, and says what it met on the way.
func (w *window) throughZitadel(r *realSite, who somebody) {
	w.t.Helper()
	var met []string
	w.until(`location.protocol.startsWith("http") && !location.href.startsWith(`+quote(r.url)+`)`, "is not led to Zitadel")
	began := time.Now()
	for range 12 {
		at, asks := w.arrives(r.url)
		if strings.HasPrefix(at, r.url) {
			r.t.Logf("%s: Zitadel's pages in %s: %s", w.who, time.Since(began).Round(10*time.Millisecond), strings.Join(met, ", "))
			return
		}
		place, err := url.Parse(at)
		r.check(err)
		met = append(met, strings.TrimPrefix(place.Path, "/ui/")+" ("+asks+")")
		switch asks {
		case "register":
			w.types("input[name=firstname]", who.given)
			w.types("input[name=lastname]", who.family)
			w.types("input[name=email]", who.name)
			w.typesAll("input[type=password]", who.password)
			w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("[role=radio]")].find(e => e.innerText.trim() === "Password")?.click(), void 0`))
		case "password":
			w.typesAll("input[type=password]", who.password)
		case "name":
			w.types("input[name=loginName]", who.name)
		case "code":
			if w.holds("input[name=code]") == "" {
				w.types("input[name=code]", r.addressCode(who.name))
			}
		case "skip":
			w.clicks("button[name=skip], [data-testid=reset-button]")
			w.leaves(at, asks)
			continue
		case "choose":
			w.clicks(map[bool]string{false: "a[href*='/password/set']", true: "a[href*='/passkey/set']"}[who.passkey])
			w.leaves(at, asks)
			continue
		}
		// Some pages go on by themselves.
		w.until(`location.href !== `+quote(at)+` || !(`+submit+`).disabled`, "cannot go on")
		w.do(chromedp.Evaluate[chromedp.Void](`location.href === ` + quote(at) + ` && (` + submit + `)?.click(), void 0`))
		w.leaves(at, asks)
	}
	w.t.Fatalf("%s: Zitadel asks on and on: %s\n%s", w.who, strings.Join(met, ", "), w.page())
}

// arrives waits for a page that asks for something, or one of the portal.
func (w *window) arrives(portal string) (at, asks string) {
	w.t.Helper()
	w.until(`(location.href.startsWith(`+quote(portal)+`) && document.readyState === "complete") || `+next, "Zitadel's page asks for nothing known")
	return w.text("location.href"), w.text(next)
}

// leaves waits until the page asks for something else.
func (w *window) leaves(at, asks string) {
	w.t.Helper()
	w.until(`location.href !== `+quote(at)+` || ![`+quote(asks)+`, ""].includes(`+next+`)`, "stays at "+at)
}

// text is the value of a JavaScript expression.
func (w *window) text(expression string) string {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		value, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](expression))
		if err == nil {
			return value
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %s: %v", w.who, expression, err)
		}
	}
}

func (w *window) holds(selector string) string {
	w.t.Helper()
	return w.text("document.querySelector(" + quote(selector) + ").value")
}

// types types into the first field that selector finds.
func (w *window) types(selector, text string) {
	w.t.Helper()
	w.typesInto("document.querySelector("+quote(selector)+")", text)
}

// typesAll types the same into all of them.
func (w *window) typesAll(selector, text string) {
	w.t.Helper()
	for i := 0; i < int(w.number("document.querySelectorAll("+quote(selector)+").length")); i++ {
		w.typesInto(fmt.Sprintf("document.querySelectorAll(%s)[%d]", quote(selector), i), text)
	}
}

func (w *window) typesInto(find, text string) {
	w.t.Helper()
	w.until(find, "has no such field: "+find)
	w.do(chromedp.Evaluate[chromedp.Void](find + ".focus(); " + find + ".select(); void 0"))
	w.do(chromedp.KeyEvent(text))
}

func (w *window) number(expression string) float64 {
	w.t.Helper()
	value, err := chromedp.Run(w.ctx, chromedp.Evaluate[float64](expression))
	if err != nil {
		w.t.Fatalf("%s: %s: %v", w.who, expression, err)
	}
	return value
}

// hasPasskeys gives the window a device that keeps passkeys, and a finger.
func (w *window) hasPasskeys() {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	}))
}

// clicks clicks what a selector finds first.
func (w *window) clicks(selector string) {
	w.t.Helper()
	find := "document.querySelector(" + quote(selector) + ")"
	w.click(find, "has nothing to click: "+selector)
}

// sends sends the form that path takes.
func (w *window) sends(path string) {
	w.t.Helper()
	find := `[...document.forms].find(f => new URL(f.action).pathname === ` + quote(path) + `)`
	w.until(find, "has no form for "+path)
	w.do(chromedp.Evaluate[chromedp.Void](find + ".requestSubmit(), void 0"))
}

// isAt waits for a path of the portal.
func (w *window) isAt(path string) {
	w.t.Helper()
	w.until(`document.readyState === "complete" && location.pathname === `+quote(path), "is not at "+path)
}

// visitor is the same person without a browser: the cookies of the window.
func (w *window) visitor(s *site) *visitor {
	w.t.Helper()
	v := s.visitor()
	at, err := url.Parse(s.url)
	s.check(err)
	var held []*http.Cookie
	w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		answer, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{s.url}})
		if err != nil {
			return err
		}
		for _, c := range answer.Cookies {
			held = append(held, &http.Cookie{Name: c.Name, Value: c.Value})
		}
		return nil
	}))
	v.client.Jar.SetCookies(at, held)
	return v
}

// addressCode is the code that Zitadel mails to an address.
func (r *realSite) addressCode(address string) string {
	r.t.Helper()
	text := strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(r.mailTo(address).text)
	found := regexp.MustCompile(`code=([A-Z0-9]+)`).FindStringSubmatch(text)
	if found == nil {
		r.t.Fatalf("the mail to %s has no code:\n%s", address, text)
	}
	return found[1]
}

// zitadelMails lets Zitadel send its mails to the test, until the test ends.
func (r *realSite) zitadelMails() {
	r.t.Helper()
	providers := r.owner.AdminService()
	there, err := providers.ListEmailProviders(r.t.Context(), &adminpb.ListEmailProvidersRequest{})
	r.check(err)
	for _, p := range there.GetResult() {
		if p.GetState() == settingspb.EmailProviderState_EMAIL_PROVIDER_ACTIVE {
			r.t.Skip("Zitadel sends its mails elsewhere, so their codes cannot be read")
		}
	}
	added, err := providers.AddEmailProviderSMTP(r.t.Context(), &adminpb.AddEmailProviderSMTPRequest{
		SenderAddress: "zitadel@localhost", SenderName: "Zitadel", Host: "127.0.0.1:" + r.mail.port,
	})
	r.check(err)
	r.t.Cleanup(func() {
		_, err := providers.RemoveEmailProvider(context.Background(), &adminpb.RemoveEmailProviderRequest{Id: added.GetId()})
		r.check(err)
	})
	_, err = providers.ActivateEmailProvider(r.t.Context(), &adminpb.ActivateEmailProviderRequest{Id: added.GetId()})
	r.check(err)
}

// within says how long something took, and complains if that was too long. A
// loaded machine is given a little more.
func within(t *testing.T, what string, began time.Time, limit time.Duration) {
	t.Helper()
	took := time.Since(began)
	t.Logf("%s after %s", what, took.Round(time.Millisecond))
	if took > limit {
		t.Errorf("%s after %s, want within %s", what, took, limit)
	}
}
