package standin

import "fmt"

// Ungrant removes a grant with the authorizations that rest on it.
func (d *Seed) Ungrant(project, organization string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	p := s.projects[project]
	if p == nil || p.grants[organization] == nil {
		return notFound("PROJECT-D8JxR", "Project Grant not found")
	}
	s.ungrant(s.begin(d.editor), p, p.grants[organization])
	return nil
}

// Authorize gives a user roles on a project in an organization, or changes the
// roles that are there, and returns the ID of the authorization.
func (d *Seed) Authorize(user, project, organization string, roles ...string) (string, error) {
	s := d.s
	s.Lock()
	defer s.Unlock()
	grant, err := s.checkRoles(user, project, organization, roles)
	if err != nil {
		return "", fmt.Errorf("authorize %s: %w", user, err)
	}
	for _, a := range s.users[user].grants {
		if a.project.id == project && a.owner == organization {
			s.setRoles(s.begin(d.editor), a, roles)
			return a.id, nil
		}
	}
	a, err := s.addAuthorization(s.begin(d.editor), user, project, organization, grant, roles)
	if err != nil {
		return "", fmt.Errorf("authorize %s: %w", user, err)
	}
	return a.id, nil
}

// Unauthorize removes an authorization by its ID.
func (d *Seed) Unauthorize(id string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	a := s.grants[id]
	if a == nil {
		return notFound("COMMAND-1My0t", "User grant not found")
	}
	s.removeAuthorization(s.begin(d.editor), a)
	return nil
}

// Deactivate deactivates a user; Reactivate undoes it.
func (d *Seed) Deactivate(user string) error { return d.state(user, userInactive, "user.deactivated") }

// Reactivate makes a user active again.
func (d *Seed) Reactivate(user string) error { return d.state(user, userActive, "user.reactivated") }

func (d *Seed) state(user string, to userState, kind string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	u := s.users[user]
	if u == nil {
		return notFound("QUERY-Dfbg2", noUser)
	}
	s.setUserState(s.begin(d.editor), u, to, kind)
	return nil
}

// Rename changes the names of a user; the display name follows.
func (d *Seed) Rename(user, given, family string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	u := s.users[user]
	if u == nil {
		return notFound("QUERY-Dfbg2", noUser)
	}
	p := *u.profile
	p.givenName, p.familyName, p.displayName = given, family, given+" "+family
	s.change(u, p)
	t := s.begin(d.editor)
	t.emit(&u.aggregate, "user.human.profile.changed", values{"firstName": given, "lastName": family, "displayName": p.displayName})
	u.touch(t)
	return nil
}

// RemoveUser removes a user with everything that is the user's.
func (d *Seed) RemoveUser(user string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	u := s.users[user]
	if u == nil {
		return notFound("COMMAND-bd4ir1mblj", noUser)
	}
	s.removeUser(s.begin(d.editor), u)
	return nil
}

// RemoveOrganization removes an organization; of what was in it no event tells.
func (d *Seed) RemoveOrganization(id string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	o := s.orgs[id]
	if o == nil {
		return notFound("COMMA-aps2n", "Organisation not found")
	}
	s.removeOrg(s.begin(d.editor), o)
	return nil
}

// Factors gives a user second factors and a passkey, as the person would at the
// login pages, so that there is something to reset.
func (d *Seed) Factors(user string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	u := s.users[user]
	if u == nil {
		return notFound("QUERY-Dfbg2", noUser)
	}
	t, m := s.begin(user), u.extra()
	key := factor{id: s.nextID(), name: "laptop"}
	m.totp, m.secret, m.otpEmail, m.passkeys = true, newSecret(), true, append(m.passkeys, key)
	t.emit(&u.aggregate, "user.human.mfa.otp.added", values{"otpSecret": crypted()})
	t.emit(&u.aggregate, "user.human.mfa.otp.verified", nil)
	t.emit(&u.aggregate, "user.human.mfa.otp.email.added", nil)
	t.emit(&u.aggregate, "user.human.passwordless.token.added", values{"webAuthNTokenId": key.id, "rpID": "localhost"})
	t.emit(&u.aggregate, "user.human.passwordless.token.verified", values{"webAuthNTokenId": key.id, "webAuthNTokenName": key.name})
	return nil
}
