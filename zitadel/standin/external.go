package standin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"
)

// departure is where a browser is sent to sign in at an identity provider: a
// URL, or with fields a form that posts itself.
type departure struct {
	url      string
	fields   map[string]string
	request  string // ID of the SAML request
	verifier string // of PKCE
}

// arrived is who came back from an identity provider.
type arrived struct {
	id, name                           string
	raw                                []byte // what is known of the person, as JSON
	assertion                          []byte
	accessToken, idToken, refreshToken string
	claims                             *oidc.UserInfo // nil for SAML, of which nothing is mapped
	expires                            time.Time
}

// refusal is an error with its cause, as Zitadel writes it down: the answer
// shows ID and text, the event and the log all of it.
type refusal struct {
	failure
	cause error
}

func (r *refusal) Error() string {
	if r.cause == nil {
		return fmt.Sprintf("ID=%s Message=%s", r.id, r.text)
	}
	return fmt.Sprintf("ID=%s Message=%s Parent=(%v)", r.id, r.text, r.cause)
}

func refused(id, text string, cause error) error {
	return &refusal{failure: failure{code: invalidCode, id: id, text: text}, cause: cause}
}

// shown is what of an error goes to whoever sent the browser: ID and text of
// Zitadel's own errors, all of any other.
func shown(err error) (message, description string) {
	var r *refusal
	if errors.As(err, &r) {
		return r.id, r.text
	}
	var f *failure
	if errors.As(err, &f) {
		return f.id, f.text
	}
	return err.Error(), ""
}

// way is one of the two ways through an identity provider: that of intents and
// Login V2, and that of Login V1.
type way struct {
	login    bool   // that of Login V1
	root     string // of the SAML endpoints
	entityID string // empty: the metadata below root
	callback string // of OIDC
}

func (s *Server) intentWay(idp string) way {
	issuer := s.Issuer()
	return way{root: issuer + "/idps/" + idp + "/", callback: issuer + "/idps/callback"}
}

func (s *Server) loginWay(idp string) way {
	issuer := s.Issuer()
	return way{
		login: true, root: issuer + "/ui/login/login/externalidp/", entityID: issuer + "/idps/" + idp + "/saml/metadata",
		callback: issuer + "/ui/login/login/externalidp/callback",
	}
}

// depart begins a sign-in. state comes back with the browser.
func (s *Server) depart(ctx context.Context, p *idProvider, w way, state, hint string) (departure, error) {
	switch {
	case p.saml != nil:
		return s.departSAML(p, w, state)
	case p.jwt != nil && w.login:
		return s.departJWT(p, state, agentOf(ctx))
	case p.jwt != nil:
		return s.departJWT(p, state, state)
	}
	return s.departOIDC(ctx, p, w, state, hint)
}

// arrive finds out who came back. The request carries what the identity
// provider says, d what was remembered when the browser left.
func (s *Server) arrive(r *http.Request, p *idProvider, w way, d departure) (*arrived, error) {
	switch {
	case p.saml != nil:
		return s.arriveSAML(r, p, w, d.request)
	case p.jwt != nil:
		return s.arriveJWT(r.Context(), p, handedToken(r, p))
	}
	return s.arriveOIDC(r.Context(), p, w, r.FormValue("code"), d.verifier)
}

func (a *arrived) setRaw(person any) error {
	raw, err := json.Marshal(person)
	if err != nil {
		return fmt.Errorf("write what is known of a person: %w", err)
	}
	a.raw = raw
	return nil
}

// language is that of the person; "und" if nobody said.
func (a *arrived) language() string {
	if a.claims == nil || a.claims.Locale == nil {
		return language.Und.String()
	}
	return a.claims.Locale.Tag().String()
}
