package standin

import (
	"context"
	"slices"

	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// externalID is who somebody is at an identity provider. One user alone can be
// that.
type externalID struct{ idp, user string }

// idpLink ties a user to who they are at an identity provider.
type idpLink struct{ idp, user, name string }

// checkLink refuses a link to a provider that neither the organization nor the
// instance has, and one that is taken.
func (s *state) checkLink(org string, l idpLink) error {
	if p := s.idps[l.idp]; p == nil || p.owner != org && p.owner != s.instance.id {
		return precondition("COMMAND-39nf2", noIDP)
	}
	if s.links[externalID{l.idp, l.user}] != nil {
		return exists("V3-DKcYh", "External IDP already taken")
	}
	return nil
}

func (s *state) linkUser(t *tx, u *user, l idpLink) {
	m := u.extra()
	m.links = append(slices.Clone(m.links), l)
	s.links[externalID{l.idp, l.user}] = u
	t.emit(&u.aggregate, "user.human.externalidp.added", values{"idpConfigId": l.idp, "userId": l.user, "displayName": l.name})
}

// linkedTo is whom a person at an identity provider is here; org, if there is
// one, is where that user must be at home.
func (s *state) linkedTo(idp, external, org string) *user {
	u := s.links[externalID{idp, external}]
	if u == nil || org != "" && u.owner != org {
		return nil
	}
	return u
}

func checkLinkMessage(in string, l *userv2.IDPLink) error {
	if err := checkLength(in+"IdpId", l.GetIdpId(), 200); err != nil {
		return err
	}
	if err := checkLength(in+"UserId", l.GetUserId(), 200); err != nil {
		return err
	}
	return checkLength(in+"UserName", l.GetUserName(), 200)
}

// AddIDPLink does not ask whether the provider allows linking.
func (x *userService) AddIDPLink(ctx context.Context, r *userv2.AddIDPLinkRequest) (*userv2.AddIDPLinkResponse, error) {
	if r.GetIdpLink() != nil {
		const in = "AddIDPLinkRequest.IdpLink: embedded message failed validation | caused by: invalid IDPLink."
		if err := checkLinkMessage(in, r.GetIdpLink()); err != nil {
			return nil, err
		}
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil {
		return nil, precondition("COMMAND-vzktar7b7f", noUser)
	}
	if err := s.checkUser(c, "user.write", u); err != nil {
		return nil, err
	}
	l := idpLink{r.GetIdpLink().GetIdpId(), r.GetIdpLink().GetUserId(), r.GetIdpLink().GetUserName()}
	if err := s.checkLink(u.owner, l); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	s.linkUser(t, u, l)
	return &userv2.AddIDPLinkResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}

func (x *userService) RemoveIDPLink(ctx context.Context, r *userv2.RemoveIDPLinkRequest) (*userv2.RemoveIDPLinkResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	key := externalID{r.GetIdpId(), r.GetLinkedUserId()}
	u := s.links[key]
	if u == nil || u.id != r.GetUserId() {
		return nil, notFound("COMMAND-1M9xR", "External IDP not found")
	}
	if err := s.checkUser(c, "user.write", u); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	m := u.extra()
	m.links = slices.DeleteFunc(slices.Clone(m.links), func(l idpLink) bool { return l.idp == key.idp && l.user == key.user })
	delete(s.links, key)
	t.emit(&u.aggregate, "user.human.externalidp.removed", values{"idpConfigId": key.idp, "userId": key.user})
	return &userv2.RemoveIDPLinkResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}

// ListIDPLinks answers for a user without any before it looks at the rights.
func (x *userService) ListIDPLinks(ctx context.Context, r *userv2.ListIDPLinksRequest) (*userv2.ListIDPLinksResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	u := s.users[r.GetUserId()]
	if u == nil || len(u.details().links) == 0 {
		return &userv2.ListIDPLinksResponse{Details: &object.ListDetails{Timestamp: never()}}, nil
	}
	if err := s.checkUser(c, "user.read", u); err != nil {
		return nil, err
	}
	answer := &userv2.ListIDPLinksResponse{Details: s.totals(len(u.details().links))}
	for _, l := range cut(u.details().links, r.GetQuery().GetOffset(), uint64(r.GetQuery().GetLimit())) {
		answer.Result = append(answer.Result, &userv2.IDPLink{IdpId: l.idp, UserId: l.user, UserName: l.name})
	}
	return answer, nil
}
