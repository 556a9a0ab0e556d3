package standin

import (
	"fmt"
	"time"

	application "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	projectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
)

// Version is the server version the stand-in answers as.
const Version = "v4.17.0-standin"

// loginEditor is who Zitadel's login pages act as in the event log.
const loginEditor = "LOGIN"

// setUp makes the instance as Zitadel's own setup does: the first organization,
// Zitadel's own project, and a service account that owns the instance.
func (s *Server) setUp() error {
	s.fresh.prepare(6)
	s.Lock()
	defer s.Unlock()
	t := s.begin("")
	in := &s.instance
	in.name = "Zitadel"
	in.aggregate = aggregate{id: s.nextID(), kind: kindInstance}
	in.owner = in.id
	in.created = t.at
	in.members = map[string]*member{}
	t.emit(&in.aggregate, "instance.added", values{"name": in.name})
	in.features.of = aggregate{id: in.id, kind: "feature", owner: in.id}
	in.oidc = oidcSettings{access: 12 * time.Hour, id: 12 * time.Hour, refreshIdle: 720 * time.Hour, refresh: 2160 * time.Hour}
	t.emit(&in.aggregate, "instance.oidc.settings.added", values{
		"accessTokenLifetime": in.oidc.access.Nanoseconds(), "idTokenLifetime": in.oidc.id.Nanoseconds(),
		"refreshTokenIdleExpiration": in.oidc.refreshIdle.Nanoseconds(), "refreshTokenExpiration": in.oidc.refresh.Nanoseconds(),
	})
	in.oidc.note(t, &in.aggregate)
	in.passwords = shippedPasswords
	t.emit(&in.aggregate, "instance.policy.password.complexity.added", in.passwords.fields())
	in.passwords.note(t, &in.aggregate)
	t.emit(&in.aggregate, "instance.policy.domain.added", values{"smtpSenderAddressMatchesInstanceDomain": false})
	in.domainPolicy.note(t, &in.aggregate)
	in.loginPolicy = loginPolicy{
		userNamePassword: true, register: true, externalIDP: true, passwordless: 1, domainDiscovery: true,
		lifetimes: [5]time.Duration{240 * time.Hour, 240 * time.Hour, 720 * time.Hour, 18 * time.Hour, 12 * time.Hour},
	}
	t.emit(&in.aggregate, "instance.policy.login.added", values(in.loginPolicy.fields()))
	in.factors = shippedFactors
	in.loginPolicy.note(t, &in.aggregate)
	t.emit(&in.aggregate, "instance.policy.lockout.added", values{"showLockOutFailures": true})
	in.lockout.note(t, &in.aggregate)
	in.label = labelPolicy{draft: shippedLook, active: shippedLook, isOn: true}
	t.emit(&in.aggregate, "instance.policy.label.added", shippedLook.added())
	t.emit(&in.aggregate, "instance.policy.label.activated", nil)
	in.label.note(t, &in.aggregate)

	o, err := s.addOrg(t, "", "Platform")
	if err != nil {
		return fmt.Errorf("add the first organization: %w", err)
	}
	in.defaultOrg = o.id
	t.emit(&in.aggregate, "instance.default.org.set", values{"orgId": o.id})
	p, err := s.addProject(t, &projectv2.CreateProjectRequest{OrganizationId: o.id, Name: "ZITADEL"})
	if err != nil {
		return fmt.Errorf("add Zitadel's own project: %w", err)
	}
	in.projectID = p.id
	t.emit(&in.aggregate, "instance.iam.project.set", values{"iamProjectId": p.id})
	console, err := s.addApp(t, p, &application.CreateApplicationRequest{
		Name: "Console", ApplicationType: &application.CreateApplicationRequest_OidcConfiguration{
			OidcConfiguration: &application.CreateOIDCApplicationRequest{
				ApplicationType: application.OIDCApplicationType_OIDC_APP_TYPE_USER_AGENT, DevelopmentMode: true,
				AuthMethodType: application.OIDCAuthMethodType_OIDC_AUTH_METHOD_TYPE_NONE,
			},
		},
	})
	if err != nil {
		return fmt.Errorf("add Zitadel's own application: %w", err)
	}
	console.console, in.console = true, console.clientID
	t.emit(&in.aggregate, "instance.iam.console.set", values{"appId": console.id, "clientId": console.clientID})

	owner, _, err := s.addUser(t, newUser{
		org: o.id, machine: true, profile: profile{userName: "instance-owner", displayName: "Instance owner"},
	})
	if err != nil {
		return fmt.Errorf("add the owner: %w", err)
	}
	s.ownerID = owner.id
	s.addInstanceMember(t, owner.id, []string{"IAM_OWNER"})
	if _, s.ownerKey, err = s.addKey(t, owner, noExpiration); err != nil {
		return fmt.Errorf("add the owner's key: %w", err)
	}
	private, err := s.fresh.next()
	if err != nil {
		return fmt.Errorf("make the signing key: %w", err)
	}
	s.signing = signingKey{id: s.nextID(), key: private}
	return nil
}
