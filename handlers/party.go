package handlers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// OIDC is the portal's registration at Zitadel, as bootstrap made it: a public
// client with PKCE.
type OIDC struct {
	Issuer   string
	ClientID string
	// Individuals is the organization in which people register themselves;
	// without it nobody does.
	Individuals identity.OrganizationID
	// Client makes the calls to Zitadel; nil is one with a time-out of ten
	// seconds.
	Client *http.Client
}

// scopes are what sign-in asks for. Roles are not among them: pages take them
// from the projection, and the claim grows with every classroom.
var scopes = []string{"openid", "profile", "email", "offline_access", scopeHome}

// scopeHome adds the claim [claimHome]. scopeIn, before an organization's ID,
// makes it the one that somebody registers in; people of another home are
// refused by it, so it is for registering, and for those known to be at home
// there.
const (
	scopeHome = "urn:zitadel:iam:user:resourceowner"
	claimHome = "urn:zitadel:iam:user:resourceowner:id"
	scopeIn   = "urn:zitadel:iam:org:id:"
	// scopeThrough, before an identity provider's ID and beside scopeIn, leads
	// straight there, without a page of Zitadel's.
	scopeThrough = "urn:zitadel:iam:org:idp:id:"
)

// discovery is the relying party, found when first needed: the portal starts
// without Zitadel and recovers by itself.
type discovery struct {
	oidc     OIDC
	redirect string

	mu     sync.Mutex
	found  rp.RelyingParty
	failed time.Time // the last time it was not found
	err    error
}

// discoveryPause keeps a crowd at the sign-in page from waiting for Zitadel's
// time-out one after the other.
const discoveryPause = time.Second

func newDiscovery(oidc OIDC, publicURL string) *discovery {
	oidc.Issuer = strings.TrimSuffix(oidc.Issuer, "/")
	if oidc.Client == nil {
		oidc.Client = &http.Client{Timeout: 10 * time.Second}
	}
	return &discovery{oidc: oidc, redirect: publicURL + views.CallbackPath}
}

type nonceKey struct{}

// party is the relying party, or unavailable.
func (d *discovery) party(ctx context.Context) (rp.RelyingParty, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.found != nil {
		return d.found, nil
	}
	if time.Since(d.failed) < discoveryPause {
		return nil, identity.Unavailable("sign-in.unavailable").Because(d.err)
	}
	// The answer serves everybody, so the first to ask may not cut it off.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	found, err := rp.NewRelyingPartyOIDC(ctx, d.oidc.Issuer, d.oidc.ClientID, "", d.redirect, scopes,
		rp.WithHTTPClient(d.oidc.Client),
		rp.WithSigningAlgsFromDiscovery(),
		// A public client names itself in the form. Finding that out by trying
		// would spend the code on the first try.
		rp.WithAuthStyle(oauth2.AuthStyleInParams),
		rp.WithVerifierOpts(
			rp.WithIssuedAtOffset(10*time.Second),
			rp.WithNonce(func(ctx context.Context) string {
				nonce, _ := ctx.Value(nonceKey{}).(string)
				return nonce
			})))
	if err != nil {
		d.failed, d.err = time.Now(), err
		return nil, identity.Unavailable("sign-in.unavailable").Because(err)
	}
	d.found = found
	return found, nil
}

// withoutNonce verifies tokens that no request of a browser asked for: those
// of a refresh and of a back-channel logout.
func withoutNonce(party rp.RelyingParty) *rp.IDTokenVerifier {
	verifier := *party.IDTokenVerifier()
	verifier.Nonce = nil
	return &verifier
}
