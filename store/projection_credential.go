package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// credential is one thing that a user signs in with.
type credential struct {
	kind identity.Credential
	id   string // empty where there is one of a kind
	at   time.Time
}

func (c credential) compare(other credential) int {
	return cmp.Or(cmp.Compare(c.kind, other.kind), cmp.Compare(c.id, other.id))
}

// addCredential takes one in. One that is there stays as it was: a password that
// is changed is there since it was first set.
func (f *folded) addCredential(c credential) {
	if _, there := slices.BinarySearchFunc(f.credentials, c, credential.compare); there {
		return
	}
	f.credentials = append(slices.Clone(f.credentials), c)
	slices.SortFunc(f.credentials, credential.compare)
}

// removeCredential takes one out, or all of a kind where none is named.
func (f *folded) removeCredential(kind identity.Credential, id string) {
	f.credentials = slices.DeleteFunc(slices.Clone(f.credentials), func(c credential) bool {
		return c.kind == kind && (id == "" || c.id == id)
	})
}

// credentialBits are the kinds as the column users.credentials has them: bit n
// is kind n of [identity.Credentials].
func credentialBits(credentials []credential) int64 {
	var bits int64
	for _, c := range credentials {
		bits |= credentialBit(c.kind)
	}
	return bits
}

// credentialBit is the bit of a kind; 0 for what is none.
func credentialBit(kind identity.Credential) int64 {
	if i := slices.Index(identity.Credentials, kind); i >= 0 {
		return 1 << i
	}
	return 0
}

// credentialKinds are the kinds in the column users.credentials.
func credentialKinds(bits int64) []identity.Credential {
	var kinds []identity.Credential
	for i, kind := range identity.Credentials {
		if bits&(1<<i) != 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func credentialsOf(rows []query.Credential) []credential {
	var credentials []credential
	for _, row := range rows {
		credentials = append(credentials, credential{
			kind: identity.Credential(row.Kind), id: row.ID, at: moment(row.AddedUs),
		})
	}
	slices.SortFunc(credentials, credential.compare)
	return credentials
}

// putCredentials writes what changed about them since the row was read.
func (f *folding) putCredentials(ctx context.Context, row *folded) error {
	if slices.Equal(row.credentials, row.stored) {
		return nil
	}
	if len(row.stored) > 0 {
		if err := f.RemoveCredentials(ctx, row.id); err != nil {
			return err
		}
	}
	row.stored = row.credentials
	for _, c := range row.credentials {
		if err := f.PutCredential(ctx, query.PutCredentialParams{
			UserID: row.id, Kind: string(c.kind), ID: c.id, AddedUs: micros(c.at),
		}); err != nil {
			return err
		}
	}
	return nil
}

// withCredentials fills in those of many users, who are in the order of their
// IDs.
func withCredentials(ctx context.Context, read *query.Queries, users []folded) error {
	if len(users) == 0 {
		return nil
	}
	rows, err := read.ProjectedCredentialsBetween(ctx, query.ProjectedCredentialsBetweenParams{
		FirstUser: users[0].id, LastUser: users[len(users)-1].id,
	})
	if err != nil {
		return err
	}
	of := make(map[string][]query.Credential)
	for _, row := range rows {
		of[row.UserID] = append(of[row.UserID], row)
	}
	for i := range users {
		users[i].credentials = credentialsOf(of[users[i].id])
	}
	return nil
}
