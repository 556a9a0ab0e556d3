package zitadel

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"

	"homeroom.dev/homeroom/identity"
)

// StartIntent begins a sign-in through the provider.
func (r *remote) StartIntent(ctx context.Context, id identity.ProviderID, success, failure string) (string, error) {
	const doing = "start identity provider intent"
	if _, err := r.provider(ctx, id); err != nil {
		return "", err
	}
	answer, err := r.client.UserServiceV2().StartIdentityProviderIntent(ctx, &userpb.StartIdentityProviderIntentRequest{
		IdpId:   string(id),
		Content: &userpb.StartIdentityProviderIntentRequest_Urls{Urls: &userpb.RedirectURLs{SuccessUrl: success, FailureUrl: failure}},
	})
	switch {
	case isCode(err, codes.Unknown):
		// Zitadel read the OpenID configuration of an issuer, or tried to.
		return "", identity.Unavailable("connection.unreachable").Because(fmt.Errorf("%s: %w", doing, err))
	case is(err, idNoSuchProvider):
		return "", identity.NotFound("connection.not-found").Because(err)
	case err != nil:
		return "", fail(doing, err, "connection.not-found")
	case answer.GetAuthUrl() == "":
		return "", fmt.Errorf("%s: no URL to send a browser to", doing)
	}
	return answer.GetAuthUrl(), nil
}

// Intent is who came back through the provider. Zitadel tells everybody who
// knows an intent and its token, so that its provider is compared.
func (r *remote) Intent(ctx context.Context, id identity.ProviderID, intent, token string) (identity.Arrival, error) {
	const doing = "retrieve identity provider intent"
	if _, err := r.provider(ctx, id); err != nil {
		return identity.Arrival{}, err
	}
	if intent == "" || token == "" {
		return identity.Arrival{}, identity.Gone("sign-in.lost")
	}
	answer, err := r.client.UserServiceV2().RetrieveIdentityProviderIntent(ctx, &userpb.RetrieveIdentityProviderIntentRequest{
		IdpIntentId: intent, IdpIntentToken: token,
	})
	switch status := errorCode(err); status {
	case codes.OK:
	case codes.NotFound, codes.FailedPrecondition, codes.InvalidArgument, codes.PermissionDenied:
		return identity.Arrival{}, identity.Gone("sign-in.lost").Because(fmt.Errorf("%s: %w", doing, err))
	default:
		return identity.Arrival{}, fail(doing, err, "sign-in.lost")
	}
	information := answer.GetIdpInformation()
	if information.GetIdpId() != string(id) {
		return identity.Arrival{}, identity.Gone("sign-in.lost").Because(
			fmt.Errorf("%s: it went through identity provider %s", doing, information.GetIdpId()))
	}
	if saml := information.GetSaml(); saml != nil && !addressedTo(id, saml.GetAssertion()) {
		return identity.Arrival{}, identity.Gone("sign-in.lost").Because(
			fmt.Errorf("%s: identity provider %s was asked and another answered", doing, id))
	}
	return toArrival(answer), nil
}

// addressedTo reports whether an assertion was made for the service provider
// of the identity provider that was asked. Zitadel takes the answer from any:
// it verifies the signature with the certificate of the identity provider in
// the path that the answer was sent to, and looks the person up at the one that
// was asked. So whoever runs one school's would be anybody of another school,
// and the recipient, which Zitadel compares with the path, is what tells.
func addressedTo(id identity.ProviderID, assertion []byte) bool {
	decoder := xml.NewDecoder(bytes.NewReader(assertion))
	found := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return found && errors.Is(err, io.EOF)
		}
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "SubjectConfirmationData" {
			continue
		}
		i := slices.IndexFunc(element.Attr, func(a xml.Attr) bool { return a.Name.Local == "Recipient" })
		if i < 0 {
			return false
		}
		recipient, err := url.Parse(element.Attr[i].Value)
		if err != nil || recipient.Path != "/idps/"+string(id)+"/saml/acs" {
			return false
		}
		found = true
	}
}

func toArrival(answer *userpb.RetrieveIdentityProviderIntentResponse) identity.Arrival {
	information := answer.GetIdpInformation()
	arrival := identity.Arrival{
		Protocol:   identity.ProtocolOIDC,
		ExternalID: information.GetUserId(),
		UserName:   information.GetUserName(),
		User:       identity.UserID(answer.GetUserId()),
		Attributes: make(map[string][]string),
	}
	told := information.GetRawInformation().AsMap()
	if saml := information.GetSaml(); saml != nil {
		arrival.Protocol, arrival.Assertion = identity.ProtocolSAML, saml.GetAssertion()
		told, _ = told["attributes"].(map[string]any)
	} else {
		// An ID token may say more than the userinfo endpoint: who it is for, and
		// at Entra ID the user name. The userinfo endpoint is asked later and wins.
		claims := idTokenClaims(information.GetOauth().GetIdToken())
		maps.Copy(claims, told)
		told = claims
	}
	for name, value := range told {
		if values := texts(value); len(values) > 0 {
			arrival.Attributes[name] = values
		}
	}
	return arrival
}

// idTokenClaims reads an ID token that Zitadel has verified.
func idTokenClaims(token string) map[string]any {
	claims := make(map[string]any)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return make(map[string]any)
	}
	return claims
}

// texts is an attribute or a claim as text. What has parts of its own stays
// JSON.
func texts(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, element := range v {
			all = append(all, texts(element)...)
		}
		return all
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return []string{string(text)}
}

var _ identity.IntentLog = (*Events)(nil)

// intentFailed is the event that tells why a sign-in through an identity
// provider failed. No list and no page of Zitadel's tells it.
const intentFailed = "idpintent.failed"

// IntentFailure is why a sign-in through an identity provider failed.
func (e *Events) IntentFailure(ctx context.Context, intent string) (string, error) {
	if intent == "" {
		return "", errors.New("no intent to ask about: every failure there is would answer")
	}
	answer, err := e.client.AdminService().ListEvents(ctx, &adminpb.ListEventsRequest{
		Limit: 1, AggregateId: intent, EventTypes: []string{intentFailed},
	})
	if err != nil {
		return "", fail("list events", err, "remote.refused")
	}
	for _, ev := range answer.GetEvents() {
		if ev.GetAggregate().GetId() == intent {
			return payload{ev.GetPayload()}.text("reason"), nil
		}
	}
	return "", nil
}
