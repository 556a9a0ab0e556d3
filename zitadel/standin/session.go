package standin

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	sessionv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
)

// session is a login of Login V2 or of the session API. Logins of Login V1 are
// kept by user agent and never appear here.
type session struct {
	aggregate
	user, home       string
	userAt, passAt   int64
	intentAt         int64
	totpAt, keyAt    int64    // authenticator app, security key
	keyVerified      bool     // it was a passkey
	codeAt           [2]int64 // by text, by mail
	created, changed int64
	expires          int64
	agent            string
	address          string
	description      string
	header           string // User-Agent, if it was told
	terminated       bool
	hidden           bool // its user was deactivated or locked
}

// sessionService is zitadel.session.v2.SessionService for looking at sessions
// and ending them.
type sessionService struct {
	sessionv2.UnimplementedSessionServiceServer
	s *Server
}

// addSession begins a session of a user. What describes the browser is as
// [visitor.device] has it, or empty.
func (s *state) addSession(t *tx, u *user, device values) *session {
	text := func(name string) string { value, _ := device[name].(string); return value }
	x := &session{
		aggregate: aggregate{id: s.nextID(), kind: kindSession, owner: s.instance.id},
		user:      u.id, home: u.owner, userAt: t.at, created: t.at, changed: t.at,
		agent: text("fingerprint_id"), address: text("ip"), description: text("description"),
	}
	if header, ok := device["header"].(values); ok {
		if list, ok := header["user-agent"].([]string); ok {
			x.header = strings.Join(list, ",")
		}
	}
	s.sessions[x.id] = x
	data := values{}
	if len(device) > 0 {
		data["user_agent"] = device
	}
	t.emit(&x.aggregate, "session.added", data)
	t.emit(&x.aggregate, "session.user.checked", values{"userID": u.id, "userResourceOwner": u.owner, "checkedAt": checkedAt(t)})
	return x
}

// settled ends the making of a session: it gets its token and, if it has an
// end, that.
func (x *session) settled(t *tx, life time.Duration) {
	t.emit(&x.aggregate, "session.token.set", values{"tokenID": t.s.nextID()})
	if life > 0 {
		x.expires = t.at + life.Microseconds()
		t.emit(&x.aggregate, "session.lifetime.set", values{"lifetime": life.Nanoseconds()})
	}
}

// ended tells whether nobody is signed in by a session any more.
func (x *session) ended(now time.Time) bool {
	return x.terminated || x.hidden || x.expires != 0 && x.expires < now.UnixMicro()
}

func checkedAt(t *tx) string { return micros(t.at).Format(time.RFC3339Nano) }

// checked notes how the user of a session showed who they are.
func (x *session) checked(t *tx, how proof) {
	switch how {
	case byPassword:
		x.passAt = t.at
		t.emit(&x.aggregate, "session.password.checked", values{"checkedAt": checkedAt(t)})
	case byIDP:
		x.intentAt = t.at
		t.emit(&x.aggregate, "session.intent.checked", values{"checkedAt": checkedAt(t)})
	case byPasskey:
		x.keyAt, x.keyVerified = t.at, true
		t.emit(&x.aggregate, "session.webAuthN.checked", values{"checkedAt": checkedAt(t), "userVerified": true})
	}
}

func (s *Server) endSession(t *tx, x *session) {
	x.terminated, x.changed = true, t.at
	t.emit(&x.aggregate, "session.terminated", values{"triggerOrigin": s.issuer})
	if b := s.v1[x.agent]; b != nil && b.users[x.user] != nil && b.users[x.user].sid == x.id {
		delete(b.users, x.user)
	}
	s.sessionEnded(x.id)
}

func (x *sessionService) ListSessions(ctx context.Context, r *sessionv2.ListSessionsRequest) (*sessionv2.ListSessionsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*session
	for _, id := range slices.Sorted(maps.Keys(s.sessions)) {
		one := s.sessions[id]
		if !one.ended(s.now()) && one.created <= shown && matchesSession(c, one, r.GetQueries()) {
			found = append(found, one)
		}
	}
	if r.GetSortingColumn() == sessionv2.SessionFieldName_SESSION_FIELD_NAME_CREATION_DATE {
		arrange(found, r.GetQuery().GetAsc(), func(a, b *session) int { return int(a.created - b.created) })
	}
	answer := &sessionv2.ListSessionsResponse{Details: s.totals(len(found))}
	for _, one := range cut(found, r.GetQuery().GetOffset(), uint64(r.GetQuery().GetLimit())) {
		if one.user == c.user.id || s.may(c, "session.read", one.home) {
			answer.Sessions = append(answer.Sessions, s.sessionMessage(one))
		}
	}
	return answer, nil
}

func matchesSession(c caller, x *session, queries []*sessionv2.SearchQuery) bool {
	for _, q := range queries {
		ok := true
		switch q := q.GetQuery().(type) {
		case *sessionv2.SearchQuery_IdsQuery:
			ok = slices.Contains(q.IdsQuery.GetIds(), x.id)
		case *sessionv2.SearchQuery_UserIdQuery:
			ok = x.user == q.UserIdQuery.GetId()
		case *sessionv2.SearchQuery_CreationDateQuery:
			ok = compareTime(int32(q.CreationDateQuery.GetMethod()), x.created, q.CreationDateQuery.GetCreationDate())
		case *sessionv2.SearchQuery_UserAgentQuery:
			ok = x.agent == q.UserAgentQuery.GetFingerprintId()
		case *sessionv2.SearchQuery_CreatorQuery:
			ok = strings.EqualFold(q.CreatorQuery.GetId(), loginEditor)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (s *state) sessionMessage(x *session) *sessionv2.Session {
	m := &sessionv2.Session{
		Id: x.id, CreationDate: stamp(x.created), ChangeDate: stamp(x.changed), Sequence: uint64(x.seq),
		Factors: &sessionv2.Factors{
			User: &sessionv2.UserFactor{VerifiedAt: stamp(x.userAt), Id: x.user, OrganizationId: x.home},
		},
	}
	if x.agent+x.address+x.description != "" {
		m.UserAgent = &sessionv2.UserAgent{FingerprintId: &x.agent, Ip: &x.address, Description: &x.description}
		if x.header != "" {
			m.UserAgent.Header = map[string]*sessionv2.UserAgent_HeaderValues{"user-agent": {Values: strings.Split(x.header, ",")}}
		}
	}
	if x.expires != 0 {
		m.ExpirationDate = stamp(x.expires)
	}
	if x.totpAt != 0 {
		m.Factors.Totp = &sessionv2.TOTPFactor{VerifiedAt: stamp(x.totpAt)}
	}
	if x.keyAt != 0 {
		m.Factors.WebAuthN = &sessionv2.WebAuthNFactor{VerifiedAt: stamp(x.keyAt), UserVerified: x.keyVerified}
	}
	if x.codeAt[0] != 0 {
		m.Factors.OtpSms = &sessionv2.OTPFactor{VerifiedAt: stamp(x.codeAt[0])}
	}
	if x.codeAt[1] != 0 {
		m.Factors.OtpEmail = &sessionv2.OTPFactor{VerifiedAt: stamp(x.codeAt[1])}
	}
	if x.passAt != 0 {
		m.Factors.Password = &sessionv2.PasswordFactor{VerifiedAt: stamp(x.passAt)}
	}
	if x.intentAt != 0 {
		m.Factors.Intent = &sessionv2.IntentFactor{VerifiedAt: stamp(x.intentAt)}
	}
	if u := s.users[x.user]; u != nil {
		m.Factors.User.LoginName, m.Factors.User.DisplayName = u.userName, u.displayName
	}
	return m
}

func (x *sessionService) GetSession(ctx context.Context, r *sessionv2.GetSessionRequest) (*sessionv2.GetSessionResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	one := s.sessions[r.GetSessionId()]
	if one == nil || one.ended(s.now()) {
		return nil, notFound("QUERY-SFeaa", "Session does not exist")
	}
	if one.user != c.user.id {
		if err := s.check(c, "session.read", one.home); err != nil {
			return nil, err
		}
	}
	return &sessionv2.GetSessionResponse{Session: s.sessionMessage(one)}, nil
}

func (x *sessionService) DeleteSession(ctx context.Context, r *sessionv2.DeleteSessionRequest) (*sessionv2.DeleteSessionResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	one := s.sessions[r.GetSessionId()]
	home := ""
	if one != nil {
		home = one.home
	}
	if one == nil || one.user != c.user.id {
		if err := s.check(c, "session.delete", home); err != nil {
			return nil, err
		}
	}
	if one == nil {
		return nil, notFound("COMMAND-Flk38", "Session does not exist")
	}
	if !one.terminated {
		s.endSession(s.begin(c.user.id), one)
	}
	return &sessionv2.DeleteSessionResponse{Details: objectDetails(uint64(one.seq), one.changed, s.instance.id)}, nil
}

// CreateSession signs somebody in through the session API: by user and, if
// given, password or intent.
func (x *sessionService) CreateSession(ctx context.Context, r *sessionv2.CreateSessionRequest) (*sessionv2.CreateSessionResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	if err := s.check(c, "session.write", s.instance.id); err != nil {
		return nil, err
	}
	var u *user
	switch q := r.GetChecks().GetUser().GetSearch().(type) {
	case *sessionv2.CheckUser_UserId:
		u = s.users[q.UserId]
	case *sessionv2.CheckUser_LoginName:
		u = s.byLoginName(q.LoginName)
	}
	if u == nil {
		return nil, precondition("COMMAND-Df4b3", noUser)
	}
	if u.state != userActive {
		return nil, precondition("SESSION-Gj4ko", "User is not active")
	}
	t := s.begin(c.user.id)
	if p := r.GetChecks().GetPassword(); p != nil {
		if err := s.checkPassword(t, u, p.GetPassword(), values{}); err != nil {
			return nil, err
		}
	}
	intent := r.GetChecks().GetIdpIntent()
	if intent != nil {
		if err := s.consume(t, u, intent.GetIdpIntentId(), intent.GetIdpIntentToken()); err != nil {
			return nil, err
		}
	}
	one := s.addSession(t, u, deviceOf(r.GetUserAgent()))
	if r.GetChecks().GetPassword() != nil {
		one.checked(t, byPassword)
	}
	if intent != nil {
		one.checked(t, byIDP)
	}
	one.settled(t, r.GetLifetime().AsDuration())
	return &sessionv2.CreateSessionResponse{
		Details: objectDetails(t.sequence(), t.at, s.instance.id), SessionId: one.id, SessionToken: randomToken(48),
	}, nil
}

// deviceOf reads what the caller says of a browser.
func deviceOf(a *sessionv2.UserAgent) values {
	if a == nil {
		return nil
	}
	d := trimmed(values{"fingerprint_id": a.GetFingerprintId(), "ip": a.GetIp(), "description": a.GetDescription()})
	header := values{}
	for name, list := range a.GetHeader() {
		header[name] = list.GetValues()
	}
	if len(header) > 0 {
		d["header"] = header
	}
	return d
}

// byLoginName finds who can sign in by a user name; whose login name was lost
// cannot.
func (s *state) byLoginName(name string) *user {
	u := s.userNames[lower(strings.TrimSpace(name))]
	if u == nil || u.lost != 0 {
		return nil
	}
	return u
}
