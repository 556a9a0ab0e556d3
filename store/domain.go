package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// provenFor is how long a proof that the portal saw itself lets a school see
// whom its domain concerns elsewhere.
const provenFor = 24 * time.Hour

// maxRenamed is how many of those are named.
const maxRenamed = 200

// domainOf is the domain of an address as domains are stored, or empty.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return addressKey(address[at+1:])
}

// Domains lists the school's domains by name.
func (o *Organization) Domains(ctx context.Context) ([]identity.Domain, error) {
	rows, err := o.store.read().Domains(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", translate(err))
	}
	domains := make([]identity.Domain, len(rows))
	for i, row := range rows {
		domains[i] = asDomain(row)
	}
	return domains, nil
}

// Domain is one of the school's; not found ("domain.not-found") otherwise.
func (o *Organization) Domain(ctx context.Context, name string) (identity.Domain, error) {
	row, err := o.store.read().Domain(ctx, query.DomainParams{OrganizationID: o.id, Name: name})
	if err != nil {
		return identity.Domain{}, fmt.Errorf("load domain: %w", orNotFound(err, identity.NotFound("domain.not-found")))
	}
	return asDomain(row), nil
}

func asDomain(row query.Domain) identity.Domain {
	return identity.Domain{
		Name: row.Name, Verified: row.VerifiedUs != 0, Join: identity.AutoJoin(row.Joining), Role: identity.Role(row.Role),
		Challenge: identity.DomainChallenge{Proof: identity.DomainProof(row.Proof), Token: row.Token, Place: row.Place},
		Classroom: identity.OrganizationID(row.ClassroomID), AddedAt: moment(row.AddedUs),
		CheckedAt: moment(row.CheckedUs), VerifiedAt: moment(row.VerifiedUs),
	}
}

// ChangeDomain adds or changes a domain: it puts the change on record, lets act
// do at Zitadel what has to be done there, and then saves d as act has left it
// and closes the record, in one transaction. Nothing is saved if act fails. A
// domain that is verified without a time is verified now.
func (o *Organization) ChangeDomain(
	ctx context.Context, change identity.Change, d identity.Domain, act func(context.Context, *identity.Domain) error,
) error {
	about(&change, d.Name, d.Name)
	err := o.make(ctx, making{
		change: change,
		act:    func(ctx context.Context) ([]identity.Fact, error) { return nil, act(ctx, &d) },
		done:   func(ctx context.Context, tx *transaction) error { return o.putDomain(ctx, tx, d) },
	})
	if err != nil {
		return fmt.Errorf("change a domain: %w", err)
	}
	return nil
}

func (o *Organization) putDomain(ctx context.Context, tx *transaction, d identity.Domain) error {
	verified := micros(d.VerifiedAt)
	switch {
	case !d.Verified:
		verified = 0
	case verified == 0:
		verified = tx.now
	}
	if d.Join == "" {
		d.Join = identity.AutoJoinOff
	}
	if err := tx.PutDomain(ctx, query.PutDomainParams{
		OrganizationID: o.id, Name: d.Name, Proof: string(d.Challenge.Proof), Token: d.Challenge.Token,
		Place: d.Challenge.Place, Joining: string(d.Join), Role: string(d.Role), ClassroomID: string(d.Classroom),
		AddedUs: tx.now, CheckedUs: micros(d.CheckedAt), VerifiedUs: verified,
	}); err != nil {
		return err
	}
	if d.Verified {
		return nil
	}
	return o.unserve(ctx, tx, d.Name) // connections serve verified ones alone
}

// DomainChecked notes a live check and whether it found the proof of the present
// challenge.
func (o *Organization) DomainChecked(ctx context.Context, name string, proven bool) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		var provenUs int64
		if proven {
			provenUs = tx.now
		}
		checked, err := tx.DomainChecked(ctx, query.DomainCheckedParams{
			OrganizationID: o.id, Name: name, ProvenUs: provenUs, NowUs: tx.now,
		})
		if err == nil && checked == 0 {
			return identity.NotFound("domain.not-found")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note the check of a domain: %w", err)
	}
	return nil
}

// DeleteDomain lets act delete a domain at Zitadel and then forgets it. No
// connection serves it any more.
func (o *Organization) DeleteDomain(
	ctx context.Context, change identity.Change, name string, act func(context.Context) error,
) error {
	about(&change, name, name)
	err := o.make(ctx, making{
		change: change,
		begin: func(ctx context.Context, tx *transaction) error {
			_, err := tx.Domain(ctx, query.DomainParams{OrganizationID: o.id, Name: name})
			return orNotFound(err, identity.NotFound("domain.not-found"))
		},
		act: func(ctx context.Context) ([]identity.Fact, error) { return nil, act(ctx) },
		done: func(ctx context.Context, tx *transaction) error {
			_, err := tx.DeleteDomain(ctx, query.DeleteDomainParams{OrganizationID: o.id, Name: name})
			return errors.Join(err, o.unserve(ctx, tx, name))
		},
	})
	if err != nil {
		return fmt.Errorf("delete a domain: %w", err)
	}
	return nil
}

func (o *Organization) unserve(ctx context.Context, tx *transaction, domain string) error {
	return tx.DeleteDomainOfConnections(ctx, query.DeleteDomainOfConnectionsParams{OrganizationID: o.id, Domain: domain})
}

// RenamedBy lists who is at home elsewhere and has a user name that ends with
// one of the school's domains: the first of them by user name, and how many they
// are. Zitadel would rename them. They are told to nobody who has not shown that
// the domain is theirs, by a check of the last day or to Zitadel
// ("domain.not-proven").
func (o *Organization) RenamedBy(ctx context.Context, domain string) ([]identity.Renamed, int, error) {
	read := o.store.read()
	row, err := read.Domain(ctx, query.DomainParams{OrganizationID: o.id, Name: domain})
	missing := identity.NotFound("domain.not-proven")
	if err != nil {
		return nil, 0, fmt.Errorf("load domain: %w", orNotFound(err, missing))
	}
	since := micros(o.store.clock().Add(-provenFor))
	if row.VerifiedUs == 0 && row.ProvenUs <= since {
		return nil, 0, missing
	}
	total, err := read.CountUsersNamedAt(ctx, query.CountUsersNamedAtParams{Domain: row.Name, Home: o.id})
	if err != nil {
		return nil, 0, fmt.Errorf("count whom a domain renames: %w", translate(err))
	}
	rows, err := read.UsersNamedAt(ctx, query.UsersNamedAtParams{Domain: row.Name, Home: o.id, Most: maxRenamed})
	if err != nil {
		return nil, 0, fmt.Errorf("list whom a domain renames: %w", translate(err))
	}
	renamed := make([]identity.Renamed, len(rows))
	for i, row := range rows {
		renamed[i] = identity.Renamed{User: identity.UserID(row.ID), UserName: row.UserName, Home: row.HomeName}
	}
	return renamed, int(total), nil
}
