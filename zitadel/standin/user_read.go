package standin

import (
	"context"
	"slices"
	"strings"

	filter "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// userService is zitadel.user.v2.UserService.
type userService struct {
	userv2.UnimplementedUserServiceServer
	s *Server
}

func (x *userService) GetUserByID(ctx context.Context, r *userv2.GetUserByIDRequest) (*userv2.GetUserByIDResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	u := s.users[r.GetUserId()]
	if u == nil || u.lost&lostUser != 0 {
		return nil, notFound("QUERY-Dfbg2", noUser)
	}
	if err := s.checkUser(c, "user.read", u); err != nil {
		return nil, err
	}
	m := userMessage(u)
	return &userv2.GetUserByIDResponse{Details: m.GetDetails(), User: m}, nil
}

func userMessage(u *user) *userv2.User {
	details := &object.Details{
		Sequence: uint64(u.shown), ChangeDate: stamp(u.changed), CreationDate: stamp(u.created), ResourceOwner: u.owner,
	}
	m := &userv2.User{UserId: u.id, Details: details, Username: u.userName, State: userv2.UserState_USER_STATE_ACTIVE}
	switch u.state {
	case userInactive:
		m.State = userv2.UserState_USER_STATE_INACTIVE
	case userLocked:
		m.State = userv2.UserState_USER_STATE_LOCKED
	}
	if u.lost&lostLoginName == 0 {
		m.LoginNames, m.PreferredLoginName = []string{u.userName}, u.userName
	}
	d := u.details()
	if u.machine {
		m.Type = &userv2.User_Machine{Machine: &userv2.MachineUser{
			Name: u.displayName, Description: d.description, AccessTokenType: userv2.AccessTokenType(d.tokenType),
		}}
		return m
	}
	language, gender := u.languageTag(), userv2.Gender(u.gender)
	human := &userv2.HumanUser{
		Profile: &userv2.HumanProfile{
			GivenName: u.givenName, FamilyName: u.familyName, NickName: &u.nickName, DisplayName: &u.displayName,
			PreferredLanguage: &language, Gender: &gender,
		},
		Email:                  &userv2.HumanEmail{Email: u.address, IsVerified: u.verified},
		Phone:                  &userv2.HumanPhone{Phone: d.phone, IsVerified: d.phoneVerified},
		PasswordChangeRequired: d.changeRequired,
		PasswordChanged:        stamp(d.passwordChanged),
	}
	m.Type = &userv2.User_Human{Human: human}
	return m
}

func (x *userService) ListUsers(ctx context.Context, r *userv2.ListUsersRequest) (*userv2.ListUsersResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*user
	take := func(u *user) {
		if u.lost&lostUser != 0 || u.created > shown {
			return
		}
		if u.id != c.user.id && !s.may(c, "user.read", u.owner) {
			return
		}
		if matchesUser(u, r.GetQueries()) {
			found = append(found, u)
		}
	}
	s.candidates(r.GetQueries(), take)
	asc := r.GetQuery().GetAsc()
	arrange(found, asc, userOrder(r.GetSortingColumn()))
	answer := &userv2.ListUsersResponse{Details: s.totals(len(found)), SortingColumn: r.GetSortingColumn()}
	for _, u := range cut(found, r.GetQuery().GetOffset(), uint64(r.GetQuery().GetLimit())) {
		answer.Result = append(answer.Result, userMessage(u))
	}
	return answer, nil
}

// candidates visits the users that can match at all, by the index that says
// most.
func (s *state) candidates(queries []*userv2.SearchQuery, visit func(*user)) {
	for _, q := range queries {
		switch q := q.GetQuery().(type) {
		case *userv2.SearchQuery_InUserIdsQuery:
			for _, id := range slices.Compact(slices.Sorted(slices.Values(q.InUserIdsQuery.GetUserIds()))) {
				if u := s.users[id]; u != nil {
					visit(u)
				}
			}
			return
		case *userv2.SearchQuery_EmailQuery:
			if q.EmailQuery.GetMethod() <= object.TextQueryMethod_TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE {
				for _, u := range s.addresses[lower(q.EmailQuery.GetEmailAddress())] {
					visit(u)
				}
				return
			}
		case *userv2.SearchQuery_UserNameQuery:
			if q.UserNameQuery.GetMethod() <= object.TextQueryMethod_TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE {
				if u := s.userNames[lower(q.UserNameQuery.GetUserName())]; u != nil {
					visit(u)
				}
				return
			}
		case *userv2.SearchQuery_LoginNameQuery:
			if q.LoginNameQuery.GetMethod() <= object.TextQueryMethod_TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE {
				if u := s.userNames[lower(q.LoginNameQuery.GetLoginName())]; u != nil {
					visit(u)
				}
				return
			}
		}
	}
	for _, q := range queries {
		if o := q.GetOrganizationIdQuery(); o != nil {
			if found := s.orgs[o.GetOrganizationId()]; found != nil {
				for _, u := range found.users {
					visit(u)
				}
			}
			return
		}
	}
	for _, u := range s.users {
		visit(u)
	}
}

func userOrder(column userv2.UserFieldName) func(a, b *user) int {
	text := func(of func(*user) string) func(a, b *user) int {
		return func(a, b *user) int {
			if c := strings.Compare(lower(of(a)), lower(of(b))); c != 0 {
				return c
			}
			return strings.Compare(a.id, b.id)
		}
	}
	switch column {
	case userv2.UserFieldName_USER_FIELD_NAME_USER_NAME:
		return text(func(u *user) string { return u.userName })
	case userv2.UserFieldName_USER_FIELD_NAME_FIRST_NAME:
		return text(func(u *user) string { return u.givenName })
	case userv2.UserFieldName_USER_FIELD_NAME_LAST_NAME:
		return text(func(u *user) string { return u.familyName })
	case userv2.UserFieldName_USER_FIELD_NAME_NICK_NAME:
		return text(func(u *user) string { return u.nickName })
	case userv2.UserFieldName_USER_FIELD_NAME_DISPLAY_NAME:
		return text(func(u *user) string { return u.displayName })
	case userv2.UserFieldName_USER_FIELD_NAME_EMAIL:
		return text(func(u *user) string { return u.address })
	case userv2.UserFieldName_USER_FIELD_NAME_STATE:
		return func(a, b *user) int { return int(a.state) - int(b.state) }
	case userv2.UserFieldName_USER_FIELD_NAME_CREATION_DATE:
		return func(a, b *user) int { return int(a.created - b.created) }
	default:
		return func(a, b *user) int { return strings.Compare(a.id, b.id) }
	}
}

func matchesUser(u *user, queries []*userv2.SearchQuery) bool {
	for _, q := range queries {
		if !matchesQuery(u, q) {
			return false
		}
	}
	return true
}

func matchesQuery(u *user, q *userv2.SearchQuery) bool {
	switch q := q.GetQuery().(type) {
	case *userv2.SearchQuery_UserNameQuery:
		return matches(int32(q.UserNameQuery.GetMethod()), u.userName, q.UserNameQuery.GetUserName())
	case *userv2.SearchQuery_FirstNameQuery:
		return matches(int32(q.FirstNameQuery.GetMethod()), u.givenName, q.FirstNameQuery.GetFirstName())
	case *userv2.SearchQuery_LastNameQuery:
		return matches(int32(q.LastNameQuery.GetMethod()), u.familyName, q.LastNameQuery.GetLastName())
	case *userv2.SearchQuery_NickNameQuery:
		return matches(int32(q.NickNameQuery.GetMethod()), u.nickName, q.NickNameQuery.GetNickName())
	case *userv2.SearchQuery_DisplayNameQuery:
		return matches(int32(q.DisplayNameQuery.GetMethod()), u.displayName, q.DisplayNameQuery.GetDisplayName())
	case *userv2.SearchQuery_EmailQuery:
		return matches(int32(q.EmailQuery.GetMethod()), u.address, q.EmailQuery.GetEmailAddress())
	case *userv2.SearchQuery_PhoneQuery:
		return matches(int32(q.PhoneQuery.GetMethod()), u.details().phone, q.PhoneQuery.GetNumber())
	case *userv2.SearchQuery_LoginNameQuery:
		return u.lost&lostLoginName == 0 && matches(int32(q.LoginNameQuery.GetMethod()), u.userName, q.LoginNameQuery.GetLoginName())
	case *userv2.SearchQuery_StateQuery:
		return userMessage(u).GetState() == q.StateQuery.GetState()
	case *userv2.SearchQuery_TypeQuery:
		return u.machine == (q.TypeQuery.GetType() == userv2.Type_TYPE_MACHINE)
	case *userv2.SearchQuery_InUserIdsQuery:
		return slices.Contains(q.InUserIdsQuery.GetUserIds(), u.id)
	case *userv2.SearchQuery_InUserEmailsQuery:
		return slices.Contains(q.InUserEmailsQuery.GetUserEmails(), u.address)
	case *userv2.SearchQuery_OrganizationIdQuery:
		return u.owner == q.OrganizationIdQuery.GetOrganizationId()
	case *userv2.SearchQuery_MetadataKeyFilter:
		for key := range u.details().metadata {
			if matches(int32(q.MetadataKeyFilter.GetMethod()), key, q.MetadataKeyFilter.GetKey()) {
				return true
			}
		}
		return false
	case *userv2.SearchQuery_MetadataValueFilter:
		for _, e := range u.details().metadata {
			if string(e.value) == string(q.MetadataValueFilter.GetValue()) {
				return true
			}
		}
		return false
	case *userv2.SearchQuery_OrQuery:
		return slices.ContainsFunc(q.OrQuery.GetQueries(), func(q *userv2.SearchQuery) bool { return matchesQuery(u, q) })
	case *userv2.SearchQuery_AndQuery:
		return matchesUser(u, q.AndQuery.GetQueries())
	case *userv2.SearchQuery_NotQuery:
		return !matchesQuery(u, q.NotQuery.GetQuery())
	default:
		return true
	}
}

func (x *userService) ListUserMetadata(ctx context.Context, r *userv2.ListUserMetadataRequest) (*userv2.ListUserMetadataResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	u := s.users[r.GetUserId()]
	if u == nil || u.id != c.user.id && !s.may(c, "user.read", u.owner) {
		return &userv2.ListUserMetadataResponse{Pagination: &filter.PaginationResponse{AppliedLimit: defaultPage}}, nil
	}
	entries := metadataEntries(u.details().metadata, r.GetFilters(), s.faults.shownUntil(s.now()))
	rows, pagination, err := page(entries, r.GetPagination())
	if err != nil {
		return nil, err
	}
	return &userv2.ListUserMetadataResponse{Pagination: pagination, Metadata: rows}, nil
}
