package standin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	sessionv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/zitadel/standin"
)

// A past can be told in the order of its days; afterwards the clock is right,
// and whoever signs in finds nothing odd.
func TestAPastIsSeeded(t *testing.T) {
	for _, version := range []int{1, 2} {
		now := time.Now()
		s := newSchoolAt(t, standin.Options{LoginVersion: version, Since: now.AddDate(0, 0, -60)})
		owner, seed := dial(t, s.Server, s.OwnerKey()), s.Seed()
		seed.Lockout(2)
		days := []time.Time{now.AddDate(0, 0, -20), now.AddDate(0, 0, -9), now.AddDate(0, 0, -2)}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := seed.At(days[0]).AddFactor(s.lee, standin.SeedFactor{Kind: standin.FactorPasskey})
		must(err)
		must(seed.At(days[1]).SignIn(standin.SeedSignIn{User: s.lee, Client: s.clientID, Address: "203.0.113.7", Device: "probe/1", Factor: standin.FactorPasskey}))
		must(seed.SignIn(standin.SeedSignIn{User: s.lee, Client: s.clientID, Ended: true}))
		for range 2 {
			must(seed.At(days[2]).SignIn(standin.SeedSignIn{User: s.guest, Failed: true}))
		}
		if err := seed.SignIn(standin.SeedSignIn{User: s.guest, Client: s.clientID}); err == nil {
			t.Errorf("login %d: somebody who is locked signed in", version)
		}
		s.SetClock(days[0]) // the clock never goes back
		s.Present()

		var got []string
		var at []time.Time
		for _, id := range []string{s.lee, s.guest} {
			for _, e := range events(t, owner, id) {
				if e.GetSequence() > 2 {
					got = append(got, e.GetType().GetType())
					at = append(at, e.GetCreationDate().AsTime())
				}
			}
		}
		want := []string{
			"user.human.passwordless.token.added", "user.human.passwordless.token.verified", "user.human.passwordless.token.check.succeeded",
			"user.human.password.check.succeeded", "user.human.signed.out", "user.human.password.check.failed", "user.human.password.check.failed", "user.locked",
		}
		when := []time.Time{days[0], days[0], days[1], days[1], days[1], days[2], days[2], days[2]}
		if version == 2 { // signing out ends a session there
			want, when = append(want[:4:4], want[5:]...), append(when[:4:4], when[5:]...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("login %d: events (-want +got)\n%s", version, diff)
		}
		for i := range when {
			if off := at[i].Sub(when[i]); off < -time.Second || off > time.Minute {
				t.Errorf("login %d: %s at %s, want %s", version, got[i], at[i], when[i])
			}
		}
		signedIn := events(t, owner, "", "oidc_session.added")
		address := map[int]string{2: "203.0.113.7"}[version] // Login V1 tells it with the check alone
		if len(signedIn) != 2 || signedIn[0].GetPayload().GetFields()["userAgent"].GetStructValue().GetFields()["ip"].GetStringValue() != address {
			t.Errorf("login %d: signed in: %v", version, signedIn)
		}
		listed, err := owner.SessionServiceV2().ListSessions(t.Context(), &sessionv2.ListSessionsRequest{})
		must(err)
		if want := version - 1; len(listed.GetSessions()) != want {
			t.Errorf("login %d: %d sessions, want %d", version, len(listed.GetSessions()), want)
		}
		_, err = owner.UserServiceV2().UnlockUser(t.Context(), &userv2.UnlockUserRequest{UserId: s.guest})
		must(err)
		s.signIn(s.visitor(), "gus", nil)
		all, err := owner.AdminService().ListEvents(t.Context(), &admin.ListEventsRequest{Limit: 1})
		must(err)
		if ago := time.Since(all.GetEvents()[0].GetCreationDate().AsTime()); ago > time.Minute {
			t.Errorf("login %d: the last event is %s old", version, ago)
		}
	}
}

func TestFactorsAreSeeded(t *testing.T) {
	s := newSchool(t, 1)
	owner, seed := dial(t, s.Server, s.OwnerKey()), s.Seed()
	id, err := seed.User(standin.SeedUser{
		Organization: s.linden, UserName: "kim", GivenName: "Kim", FamilyName: "Roe", Address: "kim@linden.example",
		Factors: []standin.SeedFactor{{Kind: standin.FactorTOTP}, {Kind: standin.FactorSecurityKey}, {Kind: standin.FactorMailCode}, {Kind: standin.FactorTextCode}, {Kind: standin.FactorPasskey}},
	})
	if err != nil {
		t.Fatal(err)
	}
	types := func() []string {
		t.Helper()
		answer, err := owner.UserServiceV2().ListAuthenticationMethodTypes(t.Context(), &userv2.ListAuthenticationMethodTypesRequest{UserId: id})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, m := range answer.GetAuthMethodTypes() {
			all = append(all, m.String()[len("AUTHENTICATION_METHOD_TYPE_"):])
		}
		return all
	}
	if diff := cmp.Diff([]string{"TOTP", "U2F", "PASSKEY", "OTP_SMS", "OTP_EMAIL"}, types()); diff != "" {
		t.Errorf("methods (-want +got)\n%s", diff)
	}
	if _, err := seed.AddFactor(id, standin.SeedFactor{Kind: standin.FactorTOTP}); err == nil {
		t.Error("a second authenticator app was added")
	}
	for _, kind := range []standin.FactorKind{standin.FactorTOTP, standin.FactorSecurityKey, standin.FactorMailCode, standin.FactorTextCode, standin.FactorPasskey, standin.FactorTOTP} {
		if err := seed.RemoveFactor(id, kind); err != nil {
			t.Error(err)
		}
	}
	if got := types(); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
}

// By the API a user gets an authenticator app with a secret that is known, or
// registers one.
func TestAuthenticatorAppsByAPI(t *testing.T) {
	p := newPlatform(t)
	h := human("eve")
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	h.Human.TotpSecret = text(secret)
	made, err := p.runtime.UserServiceV2().CreateUser(t.Context(), &userv2.CreateUserRequest{OrganizationId: p.own, UserType: h})
	if err != nil || p.TOTPSecret(made.GetId()) != secret {
		t.Fatalf("%v, %q", err, p.TOTPSecret(made.GetId()))
	}
	if diff := cmp.Diff([]string{"user.human.added", "user.human.email.verified", "user.human.mfa.otp.added", "user.human.mfa.otp.verified"}, p.kinds(made.GetId())); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	begun, err := p.owner.UserServiceV2().RegisterTOTP(t.Context(), &userv2.RegisterTOTPRequest{UserId: p.ownUser})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(code string) error {
		_, err := p.owner.UserServiceV2().VerifyTOTPRegistration(t.Context(), &userv2.VerifyTOTPRegistrationRequest{UserId: p.ownUser, Code: code})
		return err
	}
	fact{"wrong code", verify("000"), 3, "EVENT-8isk2", "Invalid code"}.check(t)
	fact{"right code", verify(standin.Code(begun.GetSecret(), time.Now())), 0, "", ""}.check(t)
	fact{"again", verify("000"), 9, "COMMAND-qx4ls", ""}.check(t)
	_, err = p.owner.UserServiceV2().RegisterTOTP(t.Context(), &userv2.RegisterTOTPRequest{UserId: p.ownUser})
	fact{"register again", err, 6, "COMMAND-do9se", "Multifactor OTP (OneTimePassword) is already set up"}.check(t)
	_, err = p.runtime.UserServiceV2().RegisterTOTP(t.Context(), &userv2.RegisterTOTPRequest{UserId: p.foreignUser})
	fact{"by runtime, foreign", err, 5, "AUTHZ-cdgFk", ""}.check(t)
	_, err = p.runtime.UserServiceV2().RegisterTOTP(t.Context(), &userv2.RegisterTOTPRequest{UserId: p.ownUser})
	fact{"by runtime, own", err, 7, "AUTH-AWfge", ""}.check(t)
}
