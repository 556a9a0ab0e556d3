package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// identify finds, links or makes the account.
func (a *arrival) identify(ctx context.Context) error {
	if a.person.Linked != "" {
		return a.linked(ctx)
	}
	if a.person.AddressDoubted {
		return a.refuse(Forbidden("arrive.refused.doubted", "Name", a.connection.Name),
			"address", "email_verified=true", "email_verified=false")
	}
	return a.rows.InArrivalTurn(ctx, a.person.Address, a.meet)
}

// linked lets in whom Zitadel knows by this identity, if they are at home here:
// Zitadel itself starts and ends a sign-in through any organization's provider.
func (a *arrival) linked(ctx context.Context) error {
	user, err := a.present(ctx, a.person.Linked)
	if err != nil {
		return err
	}
	a.out.User = user
	a.rename(ctx)
	return nil
}

// present is somebody of this school as Zitadel has them now.
func (a *arrival) present(ctx context.Context, id UserID) (User, error) {
	operates, err := a.desk.Operates(ctx, id)
	if err != nil {
		return User{}, err
	}
	if operates {
		// Else a school's IT could sign in as the platform's operators.
		return User{}, a.refuse(Forbidden("arrive.refused.operator"), "account-operator", "", "")
	}
	user, err := a.remote.User(ctx, id)
	switch {
	case IsKind(err, KindNotFound), err == nil && user.Home != a.school.ID():
		return User{}, a.refuse(Forbidden("arrive.refused.elsewhere", "Name", a.connection.Name, "School", a.schoolName()),
			"account-elsewhere", "", "")
	case err != nil:
		return User{}, fmt.Errorf("load who arrives: %w", err)
	case user.State != UserActive:
		return User{}, a.refuse(Forbidden("arrive.refused.inactive", "School", a.schoolName()),
			"account-off", "", string(user.State))
	}
	return user, nil
}

// meet decides about somebody whom Zitadel does not know by this identity.
func (a *arrival) meet(ctx context.Context) error {
	people, err := a.rows.PeopleByAddress(ctx, a.person.Address)
	if err != nil {
		return fmt.Errorf("look up people by address: %w", err)
	}
	var known []Candidate
	unproven := false
	for _, c := range people {
		switch {
		case c.User.ID == a.accountID():
			// Made for this very identity, a moment ago or before a crash.
			user, err := a.present(ctx, c.User.ID)
			if err != nil {
				return err
			}
			return a.tie(ctx, user)
		case !SameAddress(c.User.Address, a.person.Address):
		case c.User.AddressVerified:
			known = append(known, c)
		default:
			unproven = true
		}
	}
	switch {
	case len(known) > 1:
		return a.refuse(Conflict("arrive.refused.several", "School", a.schoolName()), "account-several", "", "")
	case len(known) == 1:
		return a.recognise(ctx, known[0])
	case unproven:
		// Whoever typed that address need not be who reads mail there.
		return a.refuse(Conflict("arrive.refused.unverified", "School", a.schoolName()), "account-unverified", "", "")
	case a.connection.Rules.Joining != JoinCreate:
		return a.refuse(Forbidden("arrive.refused.no-account", "School", a.schoolName()),
			"joining", string(a.connection.Rules.Joining), "")
	}
	return a.create(ctx)
}

// recognise links an account by its verified address. What decides is how it is
// at Zitadel now: what is known here may be seconds old.
func (a *arrival) recognise(ctx context.Context, c Candidate) error {
	rule := a.connection.Rules.Joining
	if rule != JoinCreate && rule != JoinLink && !c.Roles {
		return a.refuse(Forbidden("arrive.refused.no-role", "School", a.schoolName()), "joining", string(JoinRoster), "")
	}
	user, err := a.present(ctx, c.User.ID)
	if err != nil {
		return err
	}
	if !a.domain.Verified || !user.AddressVerified || !SameAddress(user.Address, a.person.Address) {
		return a.refuse(Conflict("arrive.refused.unverified", "School", a.schoolName()), "account-unverified", "", "")
	}
	return a.tie(ctx, user)
}

// tie links the account to who they are at the identity provider.
func (a *arrival) tie(ctx context.Context, user User) error {
	change := Change{
		Action: ActionArrivalLinked, Target: string(user.ID), TargetName: user.DisplayName(),
		After: map[string]string{AuditName: a.connection.Name},
	}
	err := a.rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
		return nil, a.remote.LinkUser(ctx, user.ID, a.connection.Provider, a.person.ExternalID, a.person.Address)
	})
	if err != nil {
		return fmt.Errorf("link user: %w", err)
	}
	a.out.User = user
	a.rename(ctx)
	return nil
}

// create makes an account. Its address is verified only where the school has
// proven the domain: then its identity provider may speak for it.
func (a *arrival) create(ctx context.Context) error {
	p := a.person
	n := NewUser{
		ID: a.accountID(), UserName: p.Address, GivenName: p.GivenName, FamilyName: p.FamilyName,
		Address: p.Address, AddressVerified: a.domain.Verified, Language: p.Language,
	}
	if n.GivenName == "" {
		n.GivenName, n.FamilyName = p.FamilyName, ""
	}
	if n.GivenName == "" {
		n.GivenName, _, _ = strings.Cut(p.Address, "@")
	}
	a.out.User = User{
		ID: n.ID, Home: a.school.ID(), UserName: n.UserName, GivenName: n.GivenName, FamilyName: n.FamilyName,
		Address: n.Address, AddressVerified: n.AddressVerified, Language: n.Language, State: UserActive,
	}
	change := Change{
		Action: ActionArrivalCreated, Target: string(n.ID), TargetName: a.out.User.DisplayName(),
		After: map[string]string{AuditName: a.connection.Name},
	}
	err := a.rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
		fact, err := a.remote.CreateLinkedUser(ctx, n, a.connection.Provider, p.ExternalID)
		if err != nil {
			return nil, err
		}
		if created, ok := fact.(UserCreated); ok {
			a.out.User = created.User
		}
		return []Fact{fact}, nil
	})
	var known *Error
	if errors.As(err, &known) && known.Message.ID == "user.name-taken" {
		return a.refuse(Conflict("arrive.refused.taken", "School", a.schoolName()).Because(err), "taken", "", "")
	}
	if err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	return nil
}

// rename takes names over from the identity provider. What it does not send
// stays as it is, and a name that cannot be changed keeps nobody out.
func (a *arrival) rename(ctx context.Context) {
	was, is := a.out.User, a.out.User
	if a.person.GivenName != "" {
		is.GivenName = a.person.GivenName
	}
	if a.person.FamilyName != "" {
		is.FamilyName = a.person.FamilyName
	}
	if is == was {
		return
	}
	change := Change{
		Action: ActionUserChanged, Target: string(is.ID), TargetName: was.DisplayName(),
		Before: map[string]string{AuditName: was.DisplayName()}, After: map[string]string{AuditName: is.DisplayName()},
	}
	err := a.rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
		return one(a.remote.SetPersonNames(ctx, is.ID, is.GivenName, is.FamilyName))
	})
	if err != nil {
		a.out.Aside = fmt.Errorf("change names: %w", err)
		return
	}
	a.out.User = is
}

// accountID is the ID of the account that this identity gets: two that arrive
// at once, or one after a crash, make the same.
func (a *arrival) accountID() UserID {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		"homeroom arrival", string(a.school.ID()), string(a.connection.Provider), a.person.ExternalID,
	}, "\x00")))
	return UserID(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20])))
}
