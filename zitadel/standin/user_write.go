package standin

import (
	"context"
	"net/mail"
	"strings"

	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

func (x *userService) CreateUser(ctx context.Context, r *userv2.CreateUserRequest) (*userv2.CreateUserResponse, error) {
	n, err := newUserOf(r)
	if err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	if err := s.check(c, "user.write", n.org); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	n.rules = c.org
	u, emailCode, err := s.addUser(t, n)
	if err != nil {
		return nil, err
	}
	answer := &userv2.CreateUserResponse{Id: u.id, CreationDate: stamp(t.at)}
	if n.returned {
		answer.EmailCode = &emailCode
	}
	return answer, nil
}

// newUserOf reads a request and refuses what the validators of the real one
// refuse.
func newUserOf(r *userv2.CreateUserRequest) (newUser, error) {
	n := newUser{id: r.GetUserId(), org: r.GetOrganizationId()}
	for _, m := range r.GetMetadata() {
		n.metadata = append(n.metadata, entry{m.GetKey(), m.GetValue()})
	}
	n.profile.userName = r.GetUsername()
	switch kind := r.GetUserType().(type) {
	case *userv2.CreateUserRequest_Machine_:
		m := kind.Machine
		if err := checkLength("CreateUserRequest.Machine: embedded message failed validation | caused by: invalid CreateUserRequest_Machine.Name", m.GetName(), 200); err != nil {
			return n, err
		}
		n.machine, n.profile.displayName = true, m.GetName()
		n.description, n.tokenType = m.GetDescription(), int32(m.GetAccessTokenType())
		if n.profile.userName == "" {
			n.profile.userName = m.GetName()
		}
		return n, nil
	case *userv2.CreateUserRequest_Human_:
		return n, n.readHuman(kind.Human)
	default:
		return n, validation("CreateUserRequest.UserType: value is required")
	}
}

func (n *newUser) readHuman(h *userv2.CreateUserRequest_Human) error {
	const in = "CreateUserRequest.Human: embedded message failed validation | caused by: invalid "
	if h.GetProfile() == nil {
		return validation(in + "CreateUserRequest_Human.Profile: value is required")
	}
	p := h.GetProfile()
	const inProfile = in + "CreateUserRequest_Human.Profile: embedded message failed validation | caused by: invalid SetHumanProfile."
	if err := checkLength(inProfile+"GivenName", p.GetGivenName(), 200); err != nil {
		return err
	}
	if err := checkLength(inProfile+"FamilyName", p.GetFamilyName(), 200); err != nil {
		return err
	}
	if h.GetEmail() == nil {
		return validation(in + "CreateUserRequest_Human.Email: value is required")
	}
	e := h.GetEmail()
	if err := checkAddress(in+"CreateUserRequest_Human.Email: embedded message failed validation | caused by: invalid SetHumanEmail.Email", e.GetEmail()); err != nil {
		return err
	}
	n.profile.givenName, n.profile.familyName = p.GetGivenName(), p.GetFamilyName()
	n.profile.displayName, n.profile.nickName = p.GetDisplayName(), p.GetNickName()
	n.profile.language, n.profile.gender = p.GetPreferredLanguage(), int32(p.GetGender())
	n.profile.address = strings.TrimSpace(e.GetEmail())
	n.verified, n.returned, n.template = e.GetIsVerified(), e.GetReturnCode() != nil, e.GetSendCode().GetUrlTemplate()
	if ph := h.GetPhone(); ph != nil {
		n.phone, n.phoneVerified = ph.GetPhone(), ph.GetIsVerified()
	}
	for _, l := range h.GetIdpLinks() {
		if err := checkLinkMessage(in+"CreateUserRequest_Human.IdpLinks[0]: embedded message failed validation | caused by: invalid IDPLink.", l); err != nil {
			return err
		}
		n.links = append(n.links, idpLink{l.GetIdpId(), l.GetUserId(), l.GetUserName()})
	}
	n.secret = h.GetTotpSecret()
	switch pw := h.GetPasswordType().(type) {
	case *userv2.CreateUserRequest_Human_Password:
		n.password, n.changeRequired = pw.Password.GetPassword(), pw.Password.GetChangeRequired()
	case *userv2.CreateUserRequest_Human_HashedPassword:
		n.hash, n.changeRequired = pw.HashedPassword.GetHash(), pw.HashedPassword.GetChangeRequired()
	}
	return nil
}

func checkAddress(field, address string) error {
	if parsed, err := mail.ParseAddress(address); err != nil {
		return validation("%s: value must be a valid email address | caused by: %v", field, err)
	} else if parsed.Name != "" {
		return validation("%s: value must be a valid email address", field)
	}
	return nil
}

func (x *userService) UpdateUser(ctx context.Context, r *userv2.UpdateUserRequest) (*userv2.UpdateUserResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	switch kind := r.GetUserType().(type) {
	case *userv2.UpdateUserRequest_Human_:
		return s.updateHuman(c, r, kind.Human)
	case *userv2.UpdateUserRequest_Machine_:
		return s.updateMachine(c, r, kind.Machine)
	default:
		return nil, &failure{unimplemented, "", "user type is not implemented"}
	}
}

func (s *state) updateHuman(c caller, r *userv2.UpdateUserRequest, h *userv2.UpdateUserRequest_Human) (*userv2.UpdateUserResponse, error) {
	const in = "UpdateUserRequest.Human: embedded message failed validation | caused by: invalid UpdateUserRequest_Human.Email: embedded message failed validation | caused by: invalid SetHumanEmail.Email"
	if e := h.GetEmail(); e != nil {
		if err := checkAddress(in, e.GetEmail()); err != nil {
			return nil, err
		}
	}
	u := s.users[r.GetUserId()]
	if u == nil || u.machine {
		return nil, notFound("COMMAND-ugjs0upun6", noUser)
	}
	if h.GetEmail().GetIsVerified() || h.GetEmail().GetReturnCode() != nil || len(r.GetMetadata()) > 0 {
		if err := s.check(c, "user.write", u.owner); err != nil {
			return nil, err
		}
	} else if err := s.checkUser(c, "user.write", u); err != nil {
		return nil, err
	}
	answer := &userv2.UpdateUserResponse{}
	t := s.begin(c.user.id)
	if r.Username != nil {
		if err := s.rename(t, u, r.GetUsername()); err != nil {
			return nil, err
		}
	}
	if pw := h.GetPassword(); pw != nil {
		if err := s.replacePassword(t, c, u, pw); err != nil {
			return nil, err
		}
	}
	if h.GetProfile() != nil {
		s.updateProfile(t, u, h.GetProfile())
	}
	if e := h.GetEmail(); e != nil {
		if code := s.updateAddress(t, u, e); e.GetReturnCode() != nil && code != "" {
			answer.EmailCode = &code
		}
	}
	if p := h.GetPhone(); p != nil {
		s.updatePhone(t, u, p)
	}
	for _, m := range r.GetMetadata() {
		s.setUserMetadata(t, u, m.GetKey(), m.GetValue())
	}
	answer.ChangeDate = stamp(u.changed)
	return answer, nil
}

func (s *state) rename(t *tx, u *user, name string) error {
	name = strings.TrimSpace(name)
	if name == "" || name == u.userName {
		return nil
	}
	if other := s.userNames[lower(name)]; other != nil && other != u {
		return exists("V3-DKcYh", "User already exists")
	}
	p := *u.profile
	p.userName = name
	s.change(u, p)
	t.emit(&u.aggregate, "user.username.changed", values{"userName": name})
	u.touch(t)
	return nil
}

func (s *state) updateProfile(t *tx, u *user, in *userv2.UpdateUserRequest_Human_Profile) {
	p, changed := *u.profile, values{}
	set := func(field string, have *string, want *string) {
		if want != nil && *want != *have {
			*have = *want
			changed[field] = *want
		}
	}
	set("firstName", &p.givenName, in.GivenName)
	set("lastName", &p.familyName, in.FamilyName)
	set("nickName", &p.nickName, in.NickName)
	set("displayName", &p.displayName, in.DisplayName)
	set("preferredLanguage", &p.language, in.PreferredLanguage)
	if in.Gender != nil && int32(in.GetGender()) != p.gender {
		p.gender = int32(in.GetGender())
		changed["gender"] = p.gender
	}
	if len(changed) == 0 {
		return
	}
	s.change(u, p)
	t.emit(&u.aggregate, "user.human.profile.changed", changed)
	u.touch(t)
}

func (s *state) updateAddress(t *tx, u *user, e *userv2.SetHumanEmail) string {
	if e.GetEmail() == u.address {
		if e.GetIsVerified() && !u.verified {
			u.verified = true
			t.emit(&u.aggregate, "user.human.email.verified", nil)
			u.touch(t)
		}
		return ""
	}
	p := *u.profile
	p.address = strings.TrimSpace(e.GetEmail())
	s.change(u, p)
	u.verified = e.GetIsVerified()
	t.emit(&u.aggregate, "user.human.email.changed", values{"email": p.address})
	u.touch(t)
	plain := s.tellAddress(t, u, newUser{verified: u.verified, returned: e.GetReturnCode() != nil, template: e.GetSendCode().GetUrlTemplate()})
	if u.verified {
		u.touch(t)
	}
	return plain
}

func (s *state) updatePhone(t *tx, u *user, in *userv2.SetHumanPhone) {
	m := u.extra()
	if in.GetPhone() == m.phone && in.GetIsVerified() == m.phoneVerified {
		return
	}
	if in.GetPhone() != m.phone {
		m.phone = in.GetPhone()
		t.emit(&u.aggregate, "user.human.phone.changed", values{"phone": m.phone})
	}
	m.phoneVerified = in.GetIsVerified()
	if m.phoneVerified {
		t.emit(&u.aggregate, "user.human.phone.verified", nil)
	}
	u.touch(t)
}

func (s *state) updateMachine(c caller, r *userv2.UpdateUserRequest, in *userv2.UpdateUserRequest_Machine) (*userv2.UpdateUserResponse, error) {
	u := s.users[r.GetUserId()]
	if u == nil || !u.machine {
		return nil, notFound("COMMAND-ugjs0upun6", noUser)
	}
	if err := s.checkUser(c, "user.write", u); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	if r.Username != nil {
		if err := s.rename(t, u, r.GetUsername()); err != nil {
			return nil, err
		}
	}
	p, changed, m := *u.profile, values{}, u.extra()
	if in.Name != nil && in.GetName() != p.displayName {
		p.displayName = in.GetName()
		changed["name"] = p.displayName
	}
	if in.Description != nil && in.GetDescription() != m.description {
		m.description = in.GetDescription()
		changed["description"] = m.description
	}
	if in.AccessTokenType != nil && int32(in.GetAccessTokenType()) != m.tokenType {
		m.tokenType = int32(in.GetAccessTokenType())
		changed["accessTokenType"] = m.tokenType
	}
	if len(changed) > 0 {
		s.change(u, p)
		t.emit(&u.aggregate, "user.machine.changed", changed)
		u.touch(t)
	}
	return &userv2.UpdateUserResponse{ChangeDate: stamp(u.changed)}, nil
}

func (x *userService) DeleteUser(ctx context.Context, r *userv2.DeleteUserRequest) (*userv2.DeleteUserResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil {
		return nil, notFound("COMMAND-bd4ir1mblj", noUser)
	}
	if err := s.check(c, "user.delete", u.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	s.removeUser(t, u)
	return &userv2.DeleteUserResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}

func (x *userService) SetUserMetadata(ctx context.Context, r *userv2.SetUserMetadataRequest) (*userv2.SetUserMetadataResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil {
		return nil, notFound("COMMAND-4g3xq", "Errors.NotFound")
	}
	if err := s.check(c, "user.write", u.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	for _, m := range r.GetMetadata() {
		s.setUserMetadata(t, u, m.GetKey(), m.GetValue())
	}
	return &userv2.SetUserMetadataResponse{SetDate: stamp(u.extra().metadataChanged)}, nil
}
