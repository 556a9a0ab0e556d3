package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/alexedwards/scs/v2"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel"
)

// realClass is a class of a school on a real Zitadel, with its people, and the
// portal running.
type realClass struct {
	*realSite
	portal        *process
	school, class identity.Organization
	maria, alma   somebody // teacher and student
}

func newRealClass(r *realSite) *realClass {
	r.t.Helper()
	c := &realClass{
		realSite: r,
		maria:    somebody{given: "Maria", family: "Lee", name: r.called("maria.lee@linden.example"), password: "Green-Chair-28!"},
		alma:     somebody{given: "Alma", family: "Brandt", name: r.called("alma.brandt@linden.example"), password: "Blue-Table-42!"},
	}
	c.school = r.opens(identity.NewOrganization{Kind: identity.KindSchool, Name: r.called("Linden School")})
	c.class = r.opens(identity.NewOrganization{Kind: identity.KindClassroom, Name: r.called("Biology 7B"), School: c.school.ID})
	c.site.class = c.class.ID
	c.assign(c.class.ID, r.person(c.school.ID, c.maria), identity.RoleTeacher)
	c.assign(c.class.ID, r.person(c.school.ID, c.alma), identity.RoleStudent)
	c.portal = r.start("serve")
	r.answers()
	r.eventually("the portal does not see its class", func() bool {
		return r.count("SELECT COUNT(*) FROM role_assignments WHERE organization_id = ?", string(c.class.ID)) == 2
	})
	return c
}

func (r *realSite) opens(n identity.NewOrganization) identity.Organization {
	r.t.Helper()
	provisioner, err := zitadel.NewProvisioner(r.t.Context(), r.made.ProvisionerConfig())
	r.check(err)
	defer func() { _ = provisioner.Close() }()
	n.ID = identity.NewOrganizationID()
	_, err = provisioner.Open(r.t.Context(), n)
	r.check(err)
	return identity.Organization{ID: n.ID, Kind: n.Kind, Name: n.Name, School: n.School, State: identity.OrganizationActive}
}

// person makes somebody who can sign in.
func (r *realSite) person(home identity.OrganizationID, who somebody) identity.UserID {
	r.t.Helper()
	made, err := r.owner.UserServiceV2().CreateUser(r.t.Context(), &userpb.CreateUserRequest{
		OrganizationId: string(home), Username: &who.name,
		UserType: &userpb.CreateUserRequest_Human_{Human: &userpb.CreateUserRequest_Human{
			Profile:      &userpb.SetHumanProfile{GivenName: who.given, FamilyName: who.family},
			Email:        &userpb.SetHumanEmail{Email: who.name, Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true}},
			PasswordType: &userpb.CreateUserRequest_Human_Password{Password: &userpb.Password{Password: who.password}},
		}},
	})
	r.check(err)
	return identity.UserID(made.GetId())
}

// assign gives a role as somebody at Zitadel's own console does.
func (r *realSite) assign(organization identity.OrganizationID, user identity.UserID, role identity.Role) {
	r.t.Helper()
	_, err := r.owner.AuthorizationServiceV2().CreateAuthorization(r.t.Context(), &authorizationpb.CreateAuthorizationRequest{
		UserId: string(user), ProjectId: r.made.Project, OrganizationId: string(organization), RoleKeys: []string{string(role)},
	})
	r.check(err)
}

// authorization is the ID of what assign made.
func (r *realSite) authorization(organization identity.OrganizationID, user string) string {
	r.t.Helper()
	id := func(id string) *filterpb.IDFilter { return &filterpb.IDFilter{Id: id} }
	answer, err := r.owner.AuthorizationServiceV2().ListAuthorizations(r.t.Context(), &authorizationpb.ListAuthorizationsRequest{
		Filters: []*authorizationpb.AuthorizationsSearchFilter{
			{Filter: &authorizationpb.AuthorizationsSearchFilter_ProjectId{ProjectId: id(r.made.Project)}},
			{Filter: &authorizationpb.AuthorizationsSearchFilter_OrganizationId{OrganizationId: id(string(organization))}},
			{Filter: &authorizationpb.AuthorizationsSearchFilter_InUserIds{InUserIds: &filterpb.InIDsFilter{Ids: []string{user}}}},
		},
	})
	r.check(err)
	if len(answer.GetAuthorizations()) != 1 {
		r.t.Fatalf("%d authorizations of %s in %s, want one", len(answer.GetAuthorizations()), user, organization)
	}
	return answer.GetAuthorizations()[0].GetId()
}

// enters signs somebody in, in a window of their own.
func (b *browser) enters(r *realSite, who somebody) *window {
	b.t.Helper()
	w := b.window(who.given)
	w.open(r.url + views.SignInPath)
	w.throughZitadel(r, who)
	w.isAt(views.HomePath)
	return w
}

// session is what the portal keeps of a visitor's sign-in.
type session struct{ sid, idToken, refresh string }

func (r *realSite) session(v *visitor) session {
	r.t.Helper()
	file, err := openConfigurationFile(r.config)
	r.check(err)
	s, err := openStore(r.t.Context(), storage{Database: r.database, SealKeys: file.get("seal-keys")}, r.made.Operators)
	r.check(err)
	defer func() { r.check(s.Close()) }()
	at, err := url.Parse(r.url)
	r.check(err)
	for _, cookie := range v.client.Jar.Cookies(at) {
		hash := sha256.Sum256([]byte(cookie.Value))
		data, found, err := s.Sessions().FindCtx(r.t.Context(), base64.RawURLEncoding.EncodeToString(hash[:]))
		r.check(err)
		if !found {
			continue
		}
		_, values, err := scs.GobCodec{}.Decode(data)
		r.check(err)
		of := func(key string) string { text, _ := values[key].(string); return text }
		return session{of("sid"), of("id_token"), of("refresh")}
	}
	r.t.Fatal("the visitor has no session")
	return session{}
}

// refreshes spends a refresh token and returns Zitadel's status.
func (r *realSite) refreshes(token string) int {
	r.t.Helper()
	answer, err := http.PostForm(r.made.Issuer+"/oauth/v2/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {r.made.ClientID},
	})
	r.check(err)
	_ = answer.Body.Close()
	return answer.StatusCode
}

// signedIn reports whether the portal still knows the visitor.
func (v *visitor) signedIn() bool {
	v.s.t.Helper()
	staying := *v.client
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return (&visitor{v.s, &staying}).get(views.HomePath).status == http.StatusOK
}
