package standin

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"time"
	"unicode/utf8"

	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// intent is one sign-in through an identity provider. Whoever begins it learns
// who came.
type intent struct {
	aggregate
	idp              string
	success, failure *url.URL
	left             departure
	state            intentState
	came             *arrived
	user             string // linked when the person came
	changed          int64
	expires          time.Time
}

type intentState uint8

const (
	intentStarted intentState = iota
	intentSucceeded
	intentFailed
	intentConsumed
)

// intentLife is how long an intent is good if the identity provider says
// nothing of it.
const intentLife = time.Hour

const (
	intentNotStarted   = "Intent is not started or was already terminated"
	intentNotSucceeded = "Intent has not succeeded"
	intentExpired      = "Intent has expired"
	intentToken        = "Intent Token is invalid"
	intentOtherUser    = "Intent meant for another user"
)

// urlFields are a URL as Zitadel's events write it.
func urlFields(u *url.URL) map[string]any {
	return map[string]any{"Scheme": u.Scheme, "Host": u.Host, "Path": u.Path, "RawQuery": u.RawQuery}
}

// startIntent sends a browser to an identity provider of whatever owner.
func (s *Server) startIntent(ctx context.Context, editor, idp, hint string, success, failure *url.URL) (*intent, error) {
	s.Lock()
	p, id := s.idps[idp], s.nextID()
	s.Unlock()
	if p == nil {
		return nil, precondition("COMMAND-as02jin", noIDP)
	}
	left, err := s.depart(ctx, p, s.intentWay(idp), id, hint)
	if err != nil {
		return nil, err
	}
	s.Lock()
	defer s.Unlock()
	i := &intent{
		aggregate: aggregate{id: id, kind: kindIntent, owner: s.instance.id}, idp: idp, success: success, failure: failure, left: left,
	}
	s.intents[id] = i
	t := s.begin(editor)
	started := values{"idpId": idp, "loginHint": hint, "successURL": urlFields(success), "failureURL": urlFields(failure)}
	if left.verifier != "" {
		started["idpArguments"] = map[string]any{"codeVerifier": left.verifier}
	}
	t.emit(&i.aggregate, "idpintent.started", started)
	i.changed = t.at
	if left.request != "" {
		s.begin(editor).emit(&i.aggregate, "idpintent.saml.requested", values{"requestId": left.request})
	}
	return i, nil
}

// checkURL is what the validators refuse of a URL to come back to.
func checkURL(field, value string) (*url.URL, error) {
	if err := checkLength("StartIdentityProviderIntentRequest.Urls: embedded message failed validation | caused by: invalid RedirectURLs."+field, value, 2048); err != nil {
		return nil, err
	}
	u, err := url.Parse(value)
	if err != nil {
		return nil, validation("RedirectURLs.%s: value must be a valid URI", field)
	}
	return u, nil
}

// StartIdentityProviderIntent starts one through any provider there is,
// whoever's it is.
func (x *userService) StartIdentityProviderIntent(ctx context.Context, r *userv2.StartIdentityProviderIntentRequest) (*userv2.StartIdentityProviderIntentResponse, error) {
	urls := r.GetUrls()
	if urls == nil {
		return nil, &failure{unimplemented, "USERv2-S2g21", "type oneOf in method StartIdentityProviderIntent not implemented"}
	}
	success, err := checkURL("SuccessUrl", urls.GetSuccessUrl())
	if err != nil {
		return nil, err
	}
	failed, err := checkURL("FailureUrl", urls.GetFailureUrl())
	if err != nil {
		return nil, err
	}
	i, err := x.s.startIntent(ctx, callerOf(ctx).user.id, r.GetIdpId(), urls.GetLoginHint(), success, failed)
	if err != nil {
		return nil, answerable(err)
	}
	answer := &userv2.StartIdentityProviderIntentResponse{Details: objectDetails(1, i.changed, i.owner)}
	if i.left.fields != nil {
		answer.NextStep = &userv2.StartIdentityProviderIntentResponse_FormData{FormData: &userv2.FormData{Url: i.left.url, Fields: i.left.fields}}
		return answer, nil
	}
	answer.NextStep = &userv2.StartIdentityProviderIntentResponse_AuthUrl{AuthUrl: i.left.url}
	return answer, nil
}

// answerable makes an error that is not Zitadel's own one that the API
// answers: unknown, without an ID, with all of its text.
func answerable(err error) error {
	var own *failure
	var r *refusal
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &r):
		return &r.failure
	default:
		return &failure{unknownCode, "", err.Error()}
	}
}

// tokenOf proves that an intent is asked about by whom it was told to.
func (s *Server) tokenOf(intent string) (string, error) {
	secret, err := s.provider.Crypto().Encrypt(intent)
	return base64.RawURLEncoding.EncodeToString([]byte(secret)), err
}

func (s *Server) checkIntentToken(id, token string) error {
	if token == "" {
		return denied("CRYPTO-Sfefs", intentToken)
	}
	secret, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return denied("CRYPTO-Swg31", intentToken)
	}
	plain, err := s.provider.Crypto().Decrypt(string(secret))
	switch {
	case err != nil || !utf8.ValidString(plain):
		return denied("CRYPTO-Sf4gt", intentToken)
	case plain != id:
		return denied("CRYPTO-CRYPTO", intentToken)
	}
	return nil
}

// succeeded finds an intent that told who came and is still good. The IDs of
// the errors depend on who asks.
func (s *Server) succeeded(id, token, notID, expiredID string) (*intent, error) {
	if err := s.checkIntentToken(id, token); err != nil {
		return nil, err
	}
	i := s.intents[id]
	switch {
	case i == nil || i.state != intentSucceeded:
		return nil, precondition(notID, intentNotSucceeded)
	case time.Now().After(i.expires):
		return nil, precondition(expiredID, intentExpired)
	}
	return i, nil
}

// RetrieveIdentityProviderIntent answers whoever has ID and token, as often as
// wanted until a session takes the intent.
func (x *userService) RetrieveIdentityProviderIntent(_ context.Context, r *userv2.RetrieveIdentityProviderIntentRequest) (*userv2.RetrieveIdentityProviderIntentResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	i, err := s.succeeded(r.GetIdpIntentId(), r.GetIdpIntentToken(), "IDP-nme4gszsvx", "IDP-SAf42")
	if err != nil {
		return nil, err
	}
	if s.idps[i.idp] == nil {
		return nil, precondition("COMMAND-as02jin", noIDP)
	}
	return i.message(&object.Details{Sequence: uint64(i.seq), ChangeDate: stamp(i.changed), ResourceOwner: i.owner})
}

// consume takes an intent for a session of a user, who must be linked to who
// came.
func (s *Server) consume(t *tx, u *user, id, token string) error {
	i, err := s.succeeded(id, token, "COMMAND-Df4bw", "COMMAND-SAf42")
	if err != nil {
		return err
	}
	if linked := s.links[externalID{i.idp, i.came.id}]; i.user != "" && i.user != u.id || i.user == "" && linked != u {
		return precondition("COMMAND-O8xk3w", intentOtherUser)
	}
	i.state = intentConsumed
	t.emit(&i.aggregate, "idpintent.consumed", nil)
	return nil
}
