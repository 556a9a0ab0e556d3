package standin

import (
	"regexp"
	"slices"
	"strings"
)

var notInDomain = regexp.MustCompile(`[^\p{L}\p{M}0-9-]`)

// domainName is the domain an organization gets by its name.
func (s *state) domainName(name string) string {
	label := notInDomain.ReplaceAllString(strings.ReplaceAll(name, " ", "-"), "")
	if len(label) > 63 {
		label = strings.ToValidUTF8(label[:63], "")
	}
	return lower(strings.TrimSuffix(strings.TrimPrefix(label, "-"), "-")) + ".localhost"
}

// addOrg creates an organization with its verified primary domain.
func (s *state) addOrg(t *tx, id, name string) (*org, error) {
	name = strings.TrimSpace(name)
	if id == "" {
		id = s.nextID()
	} else if s.orgs[id] != nil {
		return nil, exists("ORG-laho2n", "Errors.Org.AlreadyExisting")
	}
	domain := s.domainName(name)
	if s.orgNames[lower(name)] != nil || s.domains[domain] != nil {
		return nil, exists("V3-DKcYh", "Organisation's name or id already taken")
	}
	o := &org{
		aggregate: s.revive(id, kindOrg, id), name: name, primary: domain,
		domains: []*orgDomain{{name: domain, verified: true}},
		created: t.at, changed: t.at,
		members: map[string]*member{}, metadata: map[string]*metadataEntry{}, granted: map[string]*projectGrant{},
	}
	s.orgs[id], s.orgNames[lower(name)], s.domains[domain] = o, o, o
	s.orgOrder = append(s.orgOrder, o)
	t.emit(&o.aggregate, "org.added", values{"name": name})
	t.emit(&o.aggregate, "org.domain.added", values{"domain": domain})
	t.emit(&o.aggregate, "org.domain.verified", values{"domain": domain})
	t.emit(&o.aggregate, "org.domain.primary.set", values{"domain": domain})
	o.shown = o.seq
	return o, nil
}

// touch notes an event that reads of the organization show.
func (o *org) touch(t *tx) { o.changed, o.shown = t.at, o.seq }

func (s *state) renameOrg(t *tx, o *org, name string) error {
	name = strings.TrimSpace(name)
	if o.name == name {
		return precondition("ORG-4VSdf", "Organisation not changed")
	}
	if other := s.orgNames[lower(name)]; other != nil && other != o {
		return exists("V3-DKcYh", "Organisation's name or id already taken")
	}
	domain := s.domainName(name)
	if other := s.domains[domain]; other != nil && other != o {
		return exists("V3-DKcYh", "Domain already exists")
	}
	old := s.domainName(o.name)
	delete(s.orgNames, lower(o.name))
	s.orgNames[lower(name)] = o
	o.name = name
	t.emit(&o.aggregate, "org.changed", values{"name": name})
	// The domain by the name follows it; it stays the primary one if it was.
	if domain != old && o.domain(old) != nil {
		t.emit(&o.aggregate, "org.domain.added", values{"domain": domain})
		t.emit(&o.aggregate, "org.domain.verified", values{"domain": domain})
		if o.primary == old {
			t.emit(&o.aggregate, "org.domain.primary.set", values{"domain": domain})
			o.primary = domain
		}
		t.emit(&o.aggregate, "org.domain.removed", values{"domain": old})
		delete(s.domains, lower(old))
		o.domains = slices.DeleteFunc(o.domains, func(d *orgDomain) bool { return d.name == old || d.name == domain })
		o.domains = append(o.domains, &orgDomain{name: domain, verified: true})
		s.domains[lower(domain)] = o
	}
	o.touch(t)
	return nil
}

// removeOrg removes an organization with its users, authorizations, projects
// and grants, of which no event tells.
func (s *state) removeOrg(t *tx, o *org) {
	t.emit(&o.aggregate, "org.removed", nil)
	for _, u := range slices.Clone(o.users) {
		for _, a := range slices.Clone(u.grants) {
			s.dropAuthorization(a)
		}
		s.dropUser(u)
	}
	for _, a := range slices.Clone(o.grants) {
		s.dropAuthorization(a)
	}
	for id := range o.granted {
		if p := s.projects[id]; p != nil {
			p.dropGrant(o.id)
		}
	}
	for id, p := range s.projects {
		if p.owner == o.id {
			s.bury(&p.aggregate)
			delete(s.projects, id)
		}
	}
	for _, d := range o.domains {
		if s.domains[lower(d.name)] == o {
			delete(s.domains, lower(d.name))
		}
	}
	for _, p := range s.idps {
		if p.owner == o.id {
			s.dropIDP(p)
		}
	}
	s.forgetAssets(o.id)
	delete(s.orgNames, lower(o.name))
	delete(s.orgs, o.id)
	s.orgOrder = slices.DeleteFunc(s.orgOrder, func(x *org) bool { return x == o })
	s.bury(&o.aggregate)
	// Zitadel keeps the members of a removed organization as taken, so that one
	// with the same ID cannot have them again.
	s.formerMembers[o.id] = o.members
}

// addMember gives a user administrator roles in an organization.
func (s *state) addMember(t *tx, o *org, userID string, roles []string) error {
	if len(roles) == 0 {
		return invalid("Org-4N8es", "Errors.Org.MemberInvalid")
	}
	for _, r := range roles {
		if !strings.HasPrefix(r, "ORG_") || rolePermissions[r] == nil {
			return invalid("Org-4N8es", "Errors.Org.MemberInvalid")
		}
	}
	u := s.users[userID]
	if u == nil {
		return precondition("ORG-GoXOn", noUser)
	}
	if o.members[userID] != nil || s.formerMembers[o.id][userID] != nil {
		return exists("ORG-poWwe", "Errors.Org.Member.AlreadyExists")
	}
	o.members[userID] = &member{user: userID, roles: slices.Clone(roles), created: t.at, changed: t.at}
	u.remember(o.id)
	t.emit(&o.aggregate, "org.member.added", values{"roles": roles, "userId": userID})
	return nil
}

func (u *user) remember(org string) {
	m := u.extra()
	if m.memberOf == nil {
		m.memberOf = map[string]bool{}
	}
	m.memberOf[org] = true
}

// setOrgMetadata sets what is new and tells the time of the last change.
func (s *state) setOrgMetadata(t *tx, o *org, key string, value []byte) {
	if len(value) == 0 {
		return
	}
	old := o.metadata[key]
	if old != nil && string(old.value) == string(value) {
		return
	}
	entry := &metadataEntry{value: slices.Clone(value), created: t.at, changed: t.at}
	if old != nil {
		entry.created = old.created
	}
	o.metadata[key] = entry
	o.metadataChanged = t.at
	t.emit(&o.aggregate, "org.metadata.set", values{"key": key, "value": entry.value})
}
