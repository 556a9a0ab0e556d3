package standin

import (
	"cmp"
	"slices"
	"strings"
)

// fields are those of the event that adds a human user; the event shares the
// profile with the user.
func (p *profile) fields() map[string]any {
	v := values{"userName": p.userName, "preferredLanguage": p.languageTag()}
	for key, value := range map[string]string{
		"firstName": p.givenName, "lastName": p.familyName, "nickName": p.nickName,
		"displayName": p.displayName, "email": p.address,
	} {
		if value != "" {
			v[key] = value
		}
	}
	if p.gender != 0 {
		v["gender"] = p.gender
	}
	return v
}

// languageTag is the language as Zitadel writes it: "und" if nobody said.
func (p *profile) languageTag() string {
	if p.language == "" {
		return "und"
	}
	return p.language
}

// newUser is all that can be said when a user is created.
type newUser struct {
	id, org        string
	profile        profile
	verified       bool
	template       string // of the mail with the code
	returned       bool   // the code is returned, not sent
	password       string
	hash           string
	changeRequired bool
	rules          string // organization whose rules the password follows, if another
	phone          string
	phoneVerified  bool
	machine        bool
	description    string
	tokenType      int32
	metadata       []entry
	registered     bool // by the person, at the login pages
	links          []idpLink
	secret         string // of an authenticator app
}

type entry struct {
	key   string
	value []byte
}

// addUser creates a user. emailCode is the code that verifies the address, if
// the address is not verified.
func (s *state) addUser(t *tx, n newUser) (u *user, emailCode string, err error) {
	p := n.profile
	if p.userName == "" {
		p.userName = p.address
	}
	p.userName = strings.TrimSpace(p.userName)
	if p.displayName == "" && !n.machine {
		p.displayName = strings.TrimSpace(p.givenName + " " + p.familyName)
	}
	if n.id == "" {
		n.id = s.nextID()
	} else if s.users[n.id] != nil {
		return nil, "", precondition("COMMAND-7yiox1isql", "Errors.User.AlreadyExisting")
	}
	o := s.orgs[n.org]
	if o == nil {
		return nil, "", precondition("COMMAND-QXPGs", "Organisation not found")
	}
	if n.password != "" {
		if err := s.passwordPolicyOf(cmp.Or(n.rules, o.id)).check(n.password); err != nil {
			return nil, "", err
		}
		n.hash = hashPassword(n.password)
	}
	if s.userNames[lower(p.userName)] != nil {
		return nil, "", exists("V3-DKcYh", "User already exists")
	}
	for _, l := range n.links {
		if err := s.checkLink(o.id, l); err != nil {
			return nil, "", err
		}
	}
	u = &user{
		aggregate: s.revive(n.id, kindUser, o.id), profile: &p, machine: n.machine,
		created: t.at, changed: t.at, verified: n.verified, lost: s.faults.losesUser(n.id),
	}
	s.keepUser(o, u)
	s.tellAdded(t, u, n)
	if !n.machine {
		emailCode = s.tellAddress(t, u, n)
	}
	if n.phone != "" {
		m := u.extra()
		m.phone, m.phoneVerified = n.phone, n.phoneVerified
		if n.phoneVerified {
			t.emit(&u.aggregate, "user.human.phone.verified", nil)
		}
	}
	u.shown = u.seq
	if emailCode != "" {
		u.shown = 1 // a code that is added does not count as a change
	}
	for _, e := range n.metadata {
		s.setUserMetadata(t, u, e.key, e.value)
	}
	for _, l := range n.links {
		s.linkUser(t, u, l)
	}
	if n.secret != "" {
		u.extra().secret = n.secret
		s.giveFactor(t, u, factorTOTP, "")
	}
	return u, emailCode, nil
}

func (s *state) keepUser(o *org, u *user) {
	u.at = int32(len(o.users))
	o.users = append(o.users, u)
	s.users[u.id] = u
	s.userNames[lower(u.userName)] = u
	if u.address != "" {
		key := lower(u.address)
		s.addresses[key] = append(s.addresses[key], u)
	}
}

func (s *state) tellAdded(t *tx, u *user, n newUser) {
	kind := "user.human.added"
	switch {
	case n.machine:
		v := values{"userName": u.userName, "name": u.displayName}
		if n.description != "" {
			v["description"] = n.description
		}
		if n.tokenType != 0 {
			v["accessTokenType"] = n.tokenType
		}
		m := u.extra()
		m.description, m.tokenType = n.description, n.tokenType
		t.emit(&u.aggregate, "user.machine.added", v)
		return
	case n.registered:
		kind = "user.human.selfregistered"
	}
	if n.hash == "" && n.phone == "" {
		t.emit(&u.aggregate, kind, u.profile)
		return
	}
	v := values(u.profile.fields())
	if n.phone != "" {
		v["phone"] = n.phone
	}
	if n.hash != "" {
		v["encodedHash"] = n.hash
		if n.changeRequired {
			v["changeRequired"] = true
		}
		m := u.extra()
		m.password, m.passwordChanged, m.changeRequired = n.hash, t.at, n.changeRequired
	}
	t.emit(&u.aggregate, kind, v)
}

func (s *state) tellAddress(t *tx, u *user, n newUser) string {
	if n.verified {
		t.emit(&u.aggregate, "user.human.email.verified", nil)
		return ""
	}
	c := s.newCode(emailCodeLife)
	c.template, c.returned = n.template, n.returned
	u.extra().email = c
	v := values{"code": crypted(), "expiry": emailCodeLife.Nanoseconds(), "triggerOrigin": s.issuer}
	if n.returned {
		v["code_returned"] = true
	}
	if n.template != "" {
		v["url_template"] = n.template
	}
	t.emit(&u.aggregate, "user.human.email.code.added", v)
	return c.plain
}

// touch notes an event that reads of the user show.
func (u *user) touch(t *tx) { u.changed, u.shown = t.at, u.seq }

// change replaces the user's profile and keeps the indexes true.
func (s *state) change(u *user, p profile) {
	if lower(p.userName) != lower(u.userName) {
		delete(s.userNames, lower(u.userName))
		s.userNames[lower(p.userName)] = u
	}
	if before, after := lower(u.address), lower(p.address); before != after {
		s.forgetAddress(u)
		if after != "" {
			s.addresses[after] = append(s.addresses[after], u)
		}
	}
	u.profile = &p
}

func (s *state) forgetAddress(u *user) {
	key := lower(u.address)
	left := slices.DeleteFunc(s.addresses[key], func(x *user) bool { return x == u })
	if len(left) == 0 {
		delete(s.addresses, key)
		return
	}
	s.addresses[key] = left
}

// removeUser removes a user with authorizations and administrator roles.
func (s *state) removeUser(t *tx, u *user) {
	t.emit(&u.aggregate, "user.removed", nil)
	for _, a := range slices.Clone(u.grants) {
		// The rest of a user who is not shown is not shown either, and so Zitadel
		// does not find it to remove it.
		if u.lost == 0 && !a.lost {
			t.emit(&a.aggregate, "user.grant.cascade.removed", nil)
		}
		s.dropAuthorization(a)
	}
	for orgID := range u.details().memberOf {
		if orgID == s.instance.id {
			if s.instance.members[u.id] != nil {
				delete(s.instance.members, u.id)
				t.emit(&s.instance.aggregate, "instance.member.cascade.removed", values{"userId": u.id})
			}
			continue
		}
		if o := s.orgs[orgID]; o != nil && o.members[u.id] != nil {
			delete(o.members, u.id)
			t.emit(&o.aggregate, "org.member.cascade.removed", values{"userId": u.id})
		}
	}
	s.dropUser(u)
}

// dropUser takes a user out of all indexes.
func (s *state) dropUser(u *user) {
	if o := s.orgs[u.owner]; o != nil {
		last := len(o.users) - 1
		moved := o.users[last]
		o.users[u.at], moved.at = moved, u.at
		o.users[last] = nil
		o.users = o.users[:last]
	}
	if s.userNames[lower(u.userName)] == u {
		delete(s.userNames, lower(u.userName))
	}
	if u.address != "" {
		s.forgetAddress(u)
	}
	m := u.details()
	for _, id := range m.keys {
		delete(s.keys, id)
	}
	for _, token := range m.pats {
		delete(s.pats, token)
	}
	for _, l := range m.links {
		delete(s.links, externalID{l.idp, l.user})
	}
	for _, x := range s.sessions {
		if x.user == u.id {
			x.hidden = true
		}
	}
	for _, b := range s.v1 {
		delete(b.users, u.id)
	}
	delete(s.users, u.id)
	s.bury(&u.aggregate)
}

func (s *state) setUserMetadata(t *tx, u *user, key string, value []byte) {
	m := u.extra()
	old := m.metadata[key]
	if len(value) == 0 || old != nil && string(old.value) == string(value) {
		return
	}
	if m.metadata == nil {
		m.metadata = map[string]*metadataEntry{}
	}
	e := &metadataEntry{value: slices.Clone(value), created: t.at, changed: t.at}
	if old != nil {
		e.created = old.created
	}
	m.metadata[key], m.metadataChanged = e, t.at
	t.emit(&u.aggregate, "user.metadata.set", values{"key": key, "value": e.value})
}
