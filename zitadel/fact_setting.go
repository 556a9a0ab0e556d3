package zitadel

import (
	"maps"
	"strconv"
	"strings"
	"time"

	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"google.golang.org/protobuf/types/known/structpb"

	"homeroom.dev/homeroom/identity"
)

// instanceScope tells what holds for the whole instance from what an
// organization set for itself.
const instanceScope = "instance"

// settingFact is a change of what an organization, or the instance, has set. kind
// is the event's type without whose it is. What we have no word for is passed on
// by its name alone: somebody changed something in Zitadel's own console.
func settingFact(kind, scope string, organization identity.OrganizationID, ev *eventpb.Event) identity.Fact {
	p := payload{ev.GetPayload()}
	change := kind[strings.LastIndex(kind, ".")+1:]
	seen := identity.Observed{
		Action: identity.ActionRemoteOther, Organization: organization, At: at(ev.GetCreationDate()),
		Values: map[string]string{valueChange: change},
	}
	if scope != "" {
		seen.Values[valueScope] = scope
	}
	switch part, rest, _ := strings.Cut(kind, "."); part {
	case "metadata":
		return nil // another program's
	case "customtext", "mail":
		seen.Action = identity.ActionRemoteBranding
		seen.Values[valueKind] = "text"
	case "policy":
		return policyFact(rest, seen, p)
	case "idp":
		seen.Action, seen.Target = identity.ActionRemoteProvider, p.text("id")
		put(seen.Values, valueName, p.text("name"))
		if name, _, found := strings.Cut(rest, "."); found {
			seen.Values[valueKind] = name
		}
	case "domain":
		seen.Action, seen.Target = identity.ActionRemoteDomain, p.text("domain")
		switch rest {
		case "primary.set":
			seen.Values[valueChange] = "primary"
		case "verification.added":
			seen.Values[valueChange] = "challenged"
		}
	case "member":
		seen.Action, seen.Target = identity.ActionRemoteManager, p.text("userId")
		put(seen.Values, valueRoles, strings.Join(p.list("roles"), ", "))
	}
	return seen
}

// policyFact is a change of a policy; kind is the event's type after "policy.".
func policyFact(kind string, seen identity.Observed, p payload) identity.Fact {
	name := kind[:max(strings.LastIndex(kind, "."), 0)]
	part, _, _ := strings.Cut(kind, ".")
	seen.Action = identity.ActionRemotePolicy
	seen.Values[valuePolicy] = strings.ReplaceAll(name, ".", "-")
	switch {
	case part == "label":
		// A look counts when it comes into force; its parts before that are a
		// preview.
		if name != "label" || seen.Values[valueChange] != "activated" && seen.Values[valueChange] != "removed" {
			return nil
		}
		seen.Action = identity.ActionRemoteBranding
		delete(seen.Values, valuePolicy)
	case name == "login.secondfactor", name == "login.multifactor":
		seen.Values[valuePolicy] = "login"
		put(seen.Values, valueCredential, factorNames[name][int(p.GetFields()["mfaType"].GetNumberValue())])
	case strings.HasPrefix(name, "login.idpprovider"):
		seen.Action, seen.Target = identity.ActionRemoteProvider, p.text("idpConfigId")
		delete(seen.Values, valuePolicy)
		seen.Values[valueChange] = map[string]string{"added": "attached", "removed": "detached"}[seen.Values[valueChange]]
	case name == "login":
		maps.Copy(seen.Values, loginPolicyValues(p))
	}
	return seen
}

// factorNames are the numbers that events name factors by.
var factorNames = map[string]map[int]string{
	"login.secondfactor": {
		1: string(identity.CredentialTOTP), 2: string(identity.CredentialSecurityKey),
		3: string(identity.CredentialMailCode), 4: string(identity.CredentialTextCode), 5: recoveryCode,
	},
	"login.multifactor": {1: string(identity.CredentialPasskey)},
}

// policyFields are the fields of a login policy that are shown, by the name they
// are shown with. An address where people are led is among them; nothing in a
// login policy is secret.
var policyFields = map[string]string{
	"allowUsernamePassword": "passwords", "allowRegister": "self-registration", "allowExternalIdp": "providers",
	"forceMFA": "require-factor", "forceMFALocalOnly": "require-factor-local", "hidePasswordReset": "no-password-reset",
	"ignoreUnknownUsernames": "ignore-unknown-names", "allowDomainDiscovery": "domain-discovery",
	"disableLoginWithEmail": "no-address-as-name", "disableLoginWithPhone": "no-phone-as-name",
	"passwordlessType": "passkeys", "defaultRedirectURI": "redirect",
	"passwordCheckLifetime": "password-lifetime", "externalLoginCheckLifetime": "provider-lifetime",
	"mfaInitSkipLifetime": "factor-offer-lifetime", "secondFactorCheckLifetime": "factor-lifetime",
	"multiFactorCheckLifetime": "passkey-lifetime",
}

func loginPolicyValues(p payload) map[string]string {
	values := map[string]string{}
	for field, name := range policyFields {
		value, there := p.GetFields()[field]
		if !there {
			continue
		}
		switch value := value.GetKind().(type) {
		case *structpb.Value_BoolValue:
			values[name] = strconv.FormatBool(value.BoolValue)
		case *structpb.Value_StringValue:
			values[name] = value.StringValue
		case *structpb.Value_NumberValue:
			if name == "passkeys" {
				values[name] = strconv.FormatBool(value.NumberValue == 1)
			} else {
				values[name] = time.Duration(value.NumberValue).String()
			}
		}
	}
	return values
}

// put sets a value that is not empty.
func put(values map[string]string, name, value string) {
	if value != "" {
		values[name] = value
	}
}
