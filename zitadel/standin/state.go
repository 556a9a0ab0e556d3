package standin

import (
	"strings"
	"sync"
	"time"
)

// state is what the events add up to, and the log of them. One lock guards
// all of it: a write is short, and the stand-in has one process to serve.
type state struct {
	sync.RWMutex
	real   func() time.Time
	shift  time.Duration // of the clock, while a past is told
	issuer string
	log    eventLog
	clock  int64 // µs of the last transaction
	lastID uint64
	faults *Faults

	instance instance
	orgs     map[string]*org
	orgNames map[string]*org // by lower-case name
	orgOrder []*org
	domains  map[string]*org // verified ones

	users         map[string]*user
	userNames     map[string]*user   // by lower-case user name
	addresses     map[string][]*user // by lower-case address
	projects      map[string]*project
	apps          map[string]*app // by client ID
	appsByID      map[string]*app
	grants        map[string]*authorization
	sessions      map[string]*session
	gone          map[string]*aggregate         // of what was removed: its events remain
	formerMembers map[string]map[string]*member // of removed organizations
	removedGrants map[string]*authorization
	roleLists     map[string][]string
	tokens        map[string]*accessToken
	refreshes     map[string]*refreshToken
	pats          map[string]*accessToken
	keys          map[string]*machineKey
	requests      map[string]*authRequest
	codes         map[string]*authRequest
	idps          map[string]*idProvider
	links         map[externalID]*user
	intents       map[string]*intent
	assets        map[string]asset             // by organization and key
	v1            map[string]*browser          // sessions of Login V1, by user agent
	logins        map[string]map[string]string // sid → client → user, for back-channel logout
	nextSweep     int
}

func newState(now func() time.Time, faults *Faults) *state {
	s := &state{
		real: now, faults: faults,
		orgs: map[string]*org{}, orgNames: map[string]*org{}, domains: map[string]*org{},
		users: map[string]*user{}, userNames: map[string]*user{}, addresses: map[string][]*user{},
		projects: map[string]*project{}, apps: map[string]*app{}, appsByID: map[string]*app{},
		grants: map[string]*authorization{}, sessions: map[string]*session{}, gone: map[string]*aggregate{}, formerMembers: map[string]map[string]*member{}, removedGrants: map[string]*authorization{}, roleLists: map[string][]string{},
		tokens: map[string]*accessToken{}, refreshes: map[string]*refreshToken{}, pats: map[string]*accessToken{},
		keys: map[string]*machineKey{}, requests: map[string]*authRequest{}, codes: map[string]*authRequest{},
		idps: map[string]*idProvider{}, links: map[externalID]*user{}, intents: map[string]*intent{},
		assets: map[string]asset{}, v1: map[string]*browser{}, logins: map[string]map[string]string{},
	}
	return s
}

// nextID makes an ID that looks like Zitadel's: 18 digits that grow with time.
func (s *state) nextID() string {
	id := uint64(s.now().UnixMilli())*223_098 + 1
	if id <= s.lastID {
		id = s.lastID + 65_537
	}
	s.lastID = id
	return formatID(id)
}

func formatID(id uint64) string {
	var digits [20]byte
	i := len(digits)
	for id > 0 {
		i--
		digits[i] = byte('0' + id%10)
		id /= 10
	}
	return string(digits[i:])
}

// aggregate finds one by its ID, removed ones too.
func (s *state) aggregate(id string) *aggregate {
	if u := s.users[id]; u != nil {
		return &u.aggregate
	}
	if a := s.grants[id]; a != nil {
		return &a.aggregate
	}
	if o := s.orgs[id]; o != nil {
		return &o.aggregate
	}
	if p := s.projects[id]; p != nil {
		return &p.aggregate
	}
	if x := s.sessions[id]; x != nil {
		return &x.aggregate
	}
	if id == s.instance.id {
		return &s.instance.aggregate
	}
	if i := s.intents[id]; i != nil {
		return &i.aggregate
	}
	return s.gone[id]
}

// revive makes the aggregate for an ID. One that was used and removed goes on
// counting where it stopped.
func (s *state) revive(id, kind, owner string) aggregate {
	a := aggregate{id: id, kind: kind, owner: owner}
	if old := s.gone[id]; old != nil && old.kind == kind {
		a.seq, a.last = old.seq, old.last
		delete(s.gone, id)
	}
	return a
}

// bury keeps the aggregate of something removed.
func (s *state) bury(a *aggregate) {
	kept := *a
	s.gone[a.id] = &kept
}

// instance is the installation itself.
type instance struct {
	aggregate
	name       string
	defaultOrg string
	projectID  string // of Zitadel's own project, the audience of its API
	console    string // client ID of Zitadel's own application
	members    map[string]*member
	created    int64

	domainPolicy domainPolicy
	loginPolicy  loginPolicy
	loginIDPs    []loginIDP
	factors      factors
	restrictions restrictions
	lockout      lockoutPolicy
	passwords    passwordPolicy
	label        labelPolicy
	oidc         oidcSettings
	features     features
}

// member is one user's administrator roles in the instance or an organization.
type member struct {
	user             string
	roles            []string
	created, changed int64
}

type orgState uint8

const (
	orgActive orgState = iota
	orgInactive
)

type org struct {
	aggregate
	name             string
	state            orgState
	primary          string
	domains          []*orgDomain
	created, changed int64
	shown            uint32 // sequence that lists show: members and metadata do not move it
	members          map[string]*member
	metadata         map[string]*metadataEntry
	metadataChanged  int64
	users            []*user
	grants           []*authorization
	granted          map[string]*projectGrant // by project ID
	loginPolicy      *loginPolicy             // its own, or nil for the instance's
	loginIDPs        []loginIDP               // of its own policy
	loginFactors     factors                  // too
	lockout          *lockoutPolicy           // its own, or nil for the instance's
	passwords        *passwordPolicy          // too
	label            *labelPolicy             // too
}

type orgDomain struct {
	name     string
	verified bool
	proof    int32  // how it is to be proven: 1 HTTP, 2 DNS
	token    string // to be published
}

type metadataEntry struct {
	value            []byte
	created, changed int64
}

type userState uint8

const (
	userActive userState = iota
	userInactive
	userLocked
)

// profile is what a user is called. It is never changed in place: the event
// that told it shares it.
type profile struct {
	userName, givenName, familyName, displayName, nickName string
	address, language                                      string
	gender                                                 int32
}

type user struct {
	aggregate
	*profile
	at       int32 // index in its organization's users
	state    userState
	machine  bool
	verified bool
	lost     lost
	shown    uint32 // sequence that reads show
	created  int64
	changed  int64
	more     *userMore
	grants   []*authorization
}

// userMore is what most users do not have.
type userMore struct {
	password        string // encoded hash
	changeRequired  bool
	passwordChanged int64
	wrongPasswords  int
	phone           string
	phoneVerified   bool
	description     string
	metadata        map[string]*metadataEntry
	metadataChanged int64
	invite          *code
	reset           *code
	email           *code
	sent            *code // to prove a second factor
	totp            bool
	secret          string // of the authenticator app, set up or about to be
	wrongCodes      int
	otpEmail        bool
	otpSMS          bool
	passkeys        []factor
	u2f             []factor
	links           []idpLink // to identity providers
	pats            []string
	keys            []string
	tokenType       int32
	mfaSkipped      bool
	memberOf        map[string]bool // organizations; the instance too
}

// factor is a passkey or a security key.
type factor struct{ id, name string }

// code is a secret sent or returned once.
type code struct {
	plain    string
	expires  int64
	wrong    int
	returned bool
	template string
	appName  string
}

func (u *user) extra() *userMore {
	if u.more == nil {
		u.more = &userMore{}
	}
	return u.more
}

// details are the user's optional parts for reading only.
func (u *user) details() userMore {
	if u.more == nil {
		return userMore{}
	}
	return *u.more
}

type project struct {
	aggregate
	name             string
	inactive         bool
	roleAssertion    bool
	roleCheck        bool // authorization required
	hasProjectCheck  bool // project access required
	labeling         int32
	created, changed int64
	roles            []*projectRole
	grants           map[string]*projectGrant // by granted organization
	order            []*projectGrant
	apps             []*app
}

type projectRole struct {
	key, name, group string
	created, changed int64
}

type projectGrant struct {
	id, org          string
	roles            []string
	inactive         bool
	created, changed int64
}

func (p *project) role(key string) *projectRole {
	for _, r := range p.roles {
		if r.key == key {
			return r
		}
	}
	return nil
}

// authorization is a user's roles on a project in an organization.
type authorization struct {
	aggregate
	at       int32 // index in its organization's grants
	user     *user
	project  *project
	grantID  string
	roles    []string // as reads and tokens show them
	written  []string // as its own events say; a role taken from the grant stays here
	inactive bool
	lost     bool
	created  int64
	changed  int64
}

// lost says what of a user Zitadel's read side does not show.
type lost uint8

const (
	lostUser lost = 1 << iota
	lostLoginName
)

func lower(s string) string { return strings.ToLower(s) }
