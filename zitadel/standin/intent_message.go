package standin

import (
	"fmt"

	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/protobuf/types/known/structpb"
)

// message is what an intent tells: who came, as they came, and what Zitadel
// would make of them. Of SAML it maps nothing.
func (i *intent) message(details *object.Details) (*userv2.RetrieveIdentityProviderIntentResponse, error) {
	raw := &structpb.Struct{}
	if err := raw.UnmarshalJSON(i.came.raw); err != nil {
		return nil, fmt.Errorf("read what is known of a person: %w", err)
	}
	m := &userv2.RetrieveIdentityProviderIntentResponse{
		Details: details, UserId: i.user,
		IdpInformation: &userv2.IDPInformation{IdpId: i.idp, UserId: i.came.id, UserName: i.came.name, RawInformation: raw},
	}
	if i.came.assertion != nil {
		m.IdpInformation.Access = &userv2.IDPInformation_Saml{Saml: &userv2.IDPSAMLAccessInformation{Assertion: i.came.assertion}}
	} else {
		m.IdpInformation.Access = &userv2.IDPInformation_Oauth{Oauth: &userv2.IDPOAuthAccessInformation{
			AccessToken: i.came.accessToken, IdToken: given(i.came.idToken), RefreshToken: given(i.came.refreshToken),
		}}
	}
	if i.user == "" {
		i.came.suggestCreation(m, i.idp)
	} else {
		i.came.suggestChange(m, i.user)
	}
	return m, nil
}

// given is a text that was said, or nothing.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (a *arrived) profile() *userv2.SetHumanProfile {
	p := &userv2.SetHumanProfile{PreferredLanguage: given(a.language())}
	if c := a.claims; c != nil {
		p.GivenName, p.FamilyName, p.NickName, p.DisplayName = c.GivenName, c.FamilyName, given(c.Nickname), given(c.Name)
	}
	return p
}

func (a *arrived) email() *userv2.SetHumanEmail {
	e := &userv2.SetHumanEmail{Verification: &userv2.SetHumanEmail_SendCode{}}
	if c := a.claims; c != nil {
		e.Email = c.Email
		if c.EmailVerified {
			e.Verification = &userv2.SetHumanEmail_IsVerified{IsVerified: true}
		}
	}
	return e
}

func (a *arrived) phone() *userv2.SetHumanPhone {
	if a.claims == nil || a.claims.PhoneNumber == "" {
		return nil
	}
	p := &userv2.SetHumanPhone{Phone: a.claims.PhoneNumber, Verification: &userv2.SetHumanPhone_SendCode{}}
	if a.claims.PhoneNumberVerified {
		p.Verification = &userv2.SetHumanPhone_IsVerified{IsVerified: true}
	}
	return p
}

func (a *arrived) suggestCreation(m *userv2.RetrieveIdentityProviderIntentResponse, idp string) {
	links := []*userv2.IDPLink{{IdpId: idp, UserId: a.id, UserName: a.name}}
	//lint:ignore SA1019 a real server fills the older field as well
	m.AddHumanUser = &userv2.AddHumanUserRequest{
		Username: given(a.name), Profile: a.profile(), Email: a.email(), Phone: a.phone(), IdpLinks: links,
	}
	m.UserAction = &userv2.RetrieveIdentityProviderIntentResponse_CreateUser{CreateUser: &userv2.CreateUserRequest{
		Username: given(a.name),
		UserType: &userv2.CreateUserRequest_Human_{Human: &userv2.CreateUserRequest_Human{
			Profile: a.profile(), Email: a.email(), Phone: a.phone(), IdpLinks: links,
		}},
	}}
}

func (a *arrived) suggestChange(m *userv2.RetrieveIdentityProviderIntentResponse, user string) {
	var email *userv2.SetHumanEmail
	if a.email().GetEmail() != "" {
		email = a.email()
	}
	//lint:ignore SA1019 a real server fills the older field as well
	m.UpdateHumanUser = &userv2.UpdateHumanUserRequest{
		UserId: user, Username: given(a.name), Profile: a.profile(), Email: email, Phone: a.phone(),
	}
	p := a.profile()
	m.UserAction = &userv2.RetrieveIdentityProviderIntentResponse_UpdateUser{UpdateUser: &userv2.UpdateUserRequest{
		UserId: user, Username: given(a.name),
		UserType: &userv2.UpdateUserRequest_Human_{Human: &userv2.UpdateUserRequest_Human{
			Profile: &userv2.UpdateUserRequest_Human_Profile{
				GivenName: given(p.GetGivenName()), FamilyName: given(p.GetFamilyName()),
				NickName: p.NickName, DisplayName: p.DisplayName, PreferredLanguage: p.PreferredLanguage,
			},
			Email: email, Phone: a.phone(),
		}},
	}}
}
