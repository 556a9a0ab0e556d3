package zitadel_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
)

// badgeHeader is in which Zitadel is handed tokens.
const badgeHeader = "X-Homeroom-Badge"

// badges makes tokens as the portal does, and answers Zitadel who asks for the
// keys.
type badges struct {
	origin string
	signer jose.Signer
}

func newBadges(t *testing.T) *badges {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{KeyID: "badges", Key: key}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{KeyID: "badges", Algorithm: "ES256", Use: "sig", Key: key.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/badge/keys" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(keys)
	}))
	t.Cleanup(server.Close)
	return &badges{origin: server.URL, signer: signer}
}

func (b *badges) provider() identity.BadgeProvider {
	return identity.BadgeProvider{
		Name: "Badges", Issuer: b.origin, Endpoint: b.origin + "/badge/token", Keys: b.origin + "/badge/keys", Header: badgeHeader,
	}
}

// token says that somebody is subject, as change leaves it.
func (b *badges) token(t *testing.T, subject string, change func(*jwt.Claims)) string {
	t.Helper()
	now := time.Now()
	claims := jwt.Claims{
		Issuer: b.origin, Subject: subject, ID: unique("badge"),
		IssuedAt: jwt.NewNumericDate(now.Add(-5 * time.Second)), Expiry: jwt.NewNumericDate(now.Add(30 * time.Second)),
	}
	if change != nil {
		change(&claims)
	}
	token, err := jwt.Signed(b.signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// version is that of the login pages in use.
func (w *world) version(t *testing.T) int {
	t.Helper()
	pages, err := w.runtime.LoginPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return pages.Version
}

// badgeSchool is a new school whose students come in with badges.
type badgeSchool struct {
	*badges
	w        *world
	school   identity.Organization
	provider identity.ProviderID
	flow     oauth2.Config
}

func (w *world) badgeSchool(t *testing.T) *badgeSchool {
	t.Helper()
	s := &badgeSchool{badges: newBadges(t), w: w, school: w.newSchool(t)}
	remote := w.in(t, s.school)
	var err error
	if s.provider, err = remote.CreateBadgeProvider(t.Context(), s.badges.provider()); err != nil {
		t.Fatal(err)
	}
	if err := remote.AttachProvider(t.Context(), s.provider); err != nil {
		t.Fatal(err)
	}
	s.flow = w.flow("urn:zitadel:iam:org:id:"+string(s.school.ID), "urn:zitadel:iam:org:idp:id:"+string(s.provider))
	return s
}

// student is a new one who has a badge.
func (s *badgeSchool) student(t *testing.T) identity.User {
	t.Helper()
	user := s.w.student(t, s.school)
	if err := s.w.in(t, s.school).LinkUser(t.Context(), user.ID, s.provider, string(user.ID), user.UserName); err != nil {
		t.Fatal(err)
	}
	return user
}

// journey is a browser on its way through a sign-in with a badge.
type journey struct {
	s        *badgeSchool
	browser  *http.Client
	verifier string
	sent     identity.BadgeRequest // where Zitadel has sent the browser for a token
}

// depart begins a sign-in with a badge, up to where a token is needed.
func (s *badgeSchool) depart(t *testing.T) *journey {
	t.Helper()
	j := &journey{s: s, browser: newBrowser(t), verifier: oauth2.GenerateVerifier()}
	j.browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), s.origin) || strings.HasPrefix(r.URL.String(), s.flow.RedirectURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	at := j.get(t, s.flow.AuthCodeURL("state", oauth2.S256ChallengeOption(j.verifier)))
	if at == nil || !strings.HasPrefix(at.String(), s.origin+"/badge/token?") {
		return j
	}
	j.sent = identity.BadgeRequest{AuthRequest: at.Query().Get("authRequestID"), UserAgent: at.Query().Get("userAgentID")}
	return j
}

// get goes to a page, and returns where out of Zitadel it leads.
func (j *journey) get(t *testing.T, page string) *url.URL {
	t.Helper()
	answer, err := j.browser.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	location, err := answer.Location()
	if err != nil {
		return nil
	}
	return location
}

// answer hands Zitadel a token.
func (j *journey) answer(t *testing.T, token string) (string, error) {
	t.Helper()
	return j.s.w.runtime.AnswerBadge(t.Context(), j.sent, badgeHeader, token)
}

// arrive goes on at Zitadel, and returns the tokens the sign-in ends in; nil if
// it ends at a page of Zitadel's.
func (j *journey) arrive(t *testing.T, next string) *oidc.IDTokenClaims {
	t.Helper()
	location := j.get(t, next)
	if location == nil && j.s.w.version(t) == 2 {
		location = j.inChromium(t, next)
	}
	if location == nil || location.Query().Get("code") == "" {
		return nil
	}
	tokens, err := j.s.flow.Exchange(t.Context(), location.Query().Get("code"), oauth2.VerifierOption(j.verifier))
	if err != nil {
		t.Fatalf("exchange the code of %s: %v", location, err)
	}
	claims := new(oidc.IDTokenClaims)
	raw, _ := tokens.Extra("id_token").(string)
	if _, err := oidc.ParseToken(raw, claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// inChromium goes on at the newer login pages, which do nothing without a real
// browser, and returns where they lead back to the portal.
func (j *journey) inChromium(t *testing.T, next string) *url.URL {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("chromium is not installed")
	}
	allocator, endAllocator := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU)...)
	defer endAllocator()
	ctx, end := chromedp.NewContext(allocator)
	defer end()
	back := make(chan string, 1)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	err := chromedp.Listen(ctx, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok && strings.HasPrefix(sent.Request.URL, j.s.flow.RedirectURL) {
			select {
			case back <- sent.Request.URL:
			default:
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(next)); err != nil && ctx.Err() != nil {
		t.Fatalf("in chromium: %v", err)
	}
	waiting, stop := context.WithTimeout(ctx, 8*time.Second)
	defer stop()
	select {
	case page := <-back:
		location, err := url.Parse(page)
		if err != nil {
			t.Fatal(err)
		}
		return location
	case <-waiting.Done():
		return nil
	}
}
