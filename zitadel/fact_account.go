package zitadel

import (
	"cmp"
	"context"
	"net/netip"
	"strings"
	"unicode/utf8"

	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"

	"homeroom.dev/homeroom/identity"
)

// Values of what is observed, by their names.
const (
	valueChange     = "change"     // added, changed, removed, …
	valueCredential = "credential" // an [identity.Credential], or recoveryCode
	valueKind       = "kind"
	valueName       = "name"
	valuePolicy     = "policy"
	valueRoles      = "roles"
	valueScope      = "scope"
)

// recoveryCode is the one kind of factor that is no [identity.Credential]: it
// stands in for another one that was lost.
const recoveryCode = "recovery-code"

// credentialEvents are what is added and removed by which event. id is the field
// that tells two of a kind apart.
var credentialEvents = map[string]struct {
	kind  identity.Credential
	id    string
	added bool
}{
	passwordChanged:     {identity.CredentialPassword, "", true},
	linkAdded:           {identity.CredentialProvider, "idpConfigId", true},
	linkRemoved:         {identity.CredentialProvider, "idpConfigId", false},
	linkCascadeRemoved:  {identity.CredentialProvider, "idpConfigId", false},
	passkeyVerified:     {identity.CredentialPasskey, "webAuthNTokenId", true},
	passkeyRemoved:      {identity.CredentialPasskey, "webAuthNTokenId", false},
	securityKeyVerified: {identity.CredentialSecurityKey, "webAuthNTokenId", true},
	securityKeyRemoved:  {identity.CredentialSecurityKey, "webAuthNTokenId", false},
	totpVerified:        {identity.CredentialTOTP, "", true},
	totpRemoved:         {identity.CredentialTOTP, "", false},
	mailCodeAdded:       {identity.CredentialMailCode, "", true},
	mailCodeRemoved:     {identity.CredentialMailCode, "", false},
	textCodeAdded:       {identity.CredentialTextCode, "", true},
	textCodeRemoved:     {identity.CredentialTextCode, "", false},
}

// failedEvents are sign-ins that failed, by what was shown in vain.
var failedEvents = map[string]string{
	passwordFailed:    string(identity.CredentialPassword),
	passkeyFailed:     string(identity.CredentialPasskey),
	totpFailed:        string(identity.CredentialTOTP),
	securityKeyFailed: string(identity.CredentialSecurityKey),
	mailCodeFailed:    string(identity.CredentialMailCode),
	textCodeFailed:    string(identity.CredentialTextCode),
	recoveryFailed:    recoveryCode,
}

// accountFact is what an event means for how somebody signs in, or nil.
func accountFact(kind string, ev *eventpb.Event) identity.Fact {
	user, when, p := identity.UserID(ev.GetAggregate().GetId()), at(ev.GetCreationDate()), payload{ev.GetPayload()}
	if c, ok := credentialEvents[kind]; ok {
		id := ""
		if c.id != "" {
			id = p.text(c.id)
		}
		if c.added {
			return identity.CredentialAdded{User: user, Kind: c.kind, ID: id, At: when}
		}
		return identity.CredentialRemoved{User: user, Kind: c.kind, ID: id, At: when}
	}
	seen := identity.Observed{User: user, At: when}
	seen.Address, seen.Device = clientAddress(p.text("remoteIP")), clientDevice(p.text("userAgent"))
	if credential, ok := failedEvents[kind]; ok {
		seen.Action, seen.Values = identity.ActionSignInFailed, map[string]string{valueCredential: credential}
		return seen
	}
	switch kind {
	case signedOut:
		seen.Action = identity.ActionSignedOut
	case recoveryAdded:
		seen.Action, seen.Values = identity.ActionFactorAdded, map[string]string{valueCredential: recoveryCode}
	case recoveryRemoved:
		seen.Action, seen.Values = identity.ActionFactorRemoved, map[string]string{valueCredential: recoveryCode}
	case passwordCode, userImpersonated:
		seen.Action = identity.ActionRemoteOther
	case machineAdded, machineKeyAdded, machineSecretSet, machineTokenAdded:
		// Of a program, which is nobody's account.
		seen.Action, seen.User, seen.Target, seen.Organization = identity.ActionRemoteOther, "", string(user), organizationOf(ev)
	default:
		return nil
	}
	return seen
}

// signInFact is a sign-in, with where it came from. The older login pages tell
// the browser as the description and no address, the newer ones make a short text
// of it and keep the header, cut in pieces at its commas; of the headers nothing
// else is read.
func (e *Events) signInFact(ev *eventpb.Event) identity.Fact {
	p, when := payload{ev.GetPayload()}, at(ev.GetCreationDate())
	user := identity.UserID(p.text("userID"))
	if user == "" {
		return nil
	}
	agent := p.inner("userAgent")
	device := agent.text("description")
	for _, header := range []string{"User-Agent", "user-agent"} {
		device = cmp.Or(strings.Join(agent.inner("header").list(header), ","), device)
	}
	address := clientAddress(agent.text("ip"))
	if address == "" {
		address = e.addressOf(browser{user, agent.text("fingerprint_id")}, when)
	}
	return identity.UserSignedIn{User: user, Address: address, Device: clientDevice(device), At: when}
}

// sessionFact is the end of a session of the newer login pages. The event does
// not tell whose it was: the session's own earlier ones do.
func (e *Events) sessionFact(ctx context.Context, ev *eventpb.Event) (identity.Fact, error) {
	user, err := e.sessionOwner(ctx, ev)
	if user == "" || err != nil {
		return nil, err // ended before anybody signed in
	}
	return identity.Observed{Action: identity.ActionSignedOut, User: user, At: at(ev.GetCreationDate())}, nil
}

// clientAddress is an IP address as it was told, or empty if it is none.
func clientAddress(text string) string {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	return address.Unmap().String()
}

// clientDevice bounds what is kept of a User-Agent, which anybody can make as
// long as they like.
func clientDevice(text string) string {
	text = strings.ToValidUTF8(text, "")
	if len(text) <= identity.MaxDevice {
		return text
	}
	text = text[:identity.MaxDevice]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}

// projectFact is a change of the platform project or of an application in it.
func (e *Events) projectFact(ev *eventpb.Event) identity.Fact {
	p := payload{ev.GetPayload()}
	return identity.Observed{
		Action: identity.ActionRemoteOther, Organization: e.config.Operators,
		Target: cmp.Or(p.text("appId"), p.text("key"), ev.GetAggregate().GetId()), At: at(ev.GetCreationDate()),
	}
}
