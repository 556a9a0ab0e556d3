package standin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"sync"
	"time"

	filter "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// keyring hands out RSA keys, a different one each time. Keys are made once per
// process, because making one costs more than all else at the start of a
// server, and two servers of a process need no secrets from each other.
type keyring struct{ used int }

var made struct {
	sync.Mutex
	keys []func() (*rsa.PrivateKey, error)
}

func (k *keyring) next() (*rsa.PrivateKey, error) {
	made.Lock()
	for len(made.keys) <= k.used {
		made.keys = append(made.keys, newKey())
	}
	get := made.keys[k.used]
	made.Unlock()
	k.used++
	return get()
}

// prepare makes the first n keys in the background, the first ones first: they
// are waited for.
func (k *keyring) prepare(n int) {
	made.Lock()
	defer made.Unlock()
	for len(made.keys) < n {
		made.keys = append(made.keys, newKey())
	}
	keys := slices.Clone(made.keys[:n])
	for worker := range 2 {
		go func() {
			for i := worker; i < n; i += 2 {
				_, _ = keys[i]()
			}
		}()
	}
}

func newKey() func() (*rsa.PrivateKey, error) {
	return sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
}

// machineKey is a key of a service account; Zitadel keeps the public half.
type machineKey struct {
	id, user string
	public   *rsa.PublicKey
	created  int64
	expires  time.Time
}

// keyFile is what AddKey returns and what zitadel-go reads.
type keyFile struct {
	Type           string    `json:"type"`
	KeyID          string    `json:"keyId"`
	Key            string    `json:"key"`
	ExpirationDate time.Time `json:"expirationDate"`
	UserID         string    `json:"userId"`
}

// addKey makes a key for a service account and returns the key file.
func (s *Server) addKey(t *tx, u *user, expires time.Time) (id string, file []byte, err error) {
	private, err := s.fresh.next()
	if err != nil {
		return "", nil, fmt.Errorf("make a key: %w", err)
	}
	return s.keepKey(t, u, expires, private)
}

func (s *state) keepKey(t *tx, u *user, expires time.Time, private *rsa.PrivateKey) (id string, file []byte, err error) {
	k := &machineKey{id: s.nextID(), user: u.id, public: &private.PublicKey, created: t.at, expires: expires}
	public, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		return "", nil, fmt.Errorf("encode the public key: %w", err)
	}
	file, err = json.Marshal(keyFile{
		Type: "serviceaccount", KeyID: k.id, ExpirationDate: expires.UTC(), UserID: u.id,
		Key: string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})),
	})
	if err != nil {
		return "", nil, fmt.Errorf("write the key file: %w", err)
	}
	s.keys[k.id] = k
	m := u.extra()
	m.keys = append(m.keys, k.id)
	t.emit(&u.aggregate, "user.machine.key.added", values{
		"keyId": k.id, "type": 1, "expirationDate": expires.UTC().Format(time.RFC3339),
		"publicKey": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: public}),
	})
	return k.id, file, nil
}

// noExpiration is what Zitadel writes for keys and tokens without an end.
var noExpiration = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (x *userService) AddKey(ctx context.Context, r *userv2.AddKeyRequest) (*userv2.AddKeyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u, err := s.machineForWrite(c, r.GetUserId())
	if err != nil {
		return nil, err
	}
	if len(r.GetPublicKey()) > 0 {
		return nil, &failure{unimplemented, "", "the stand-in makes keys itself"}
	}
	expires := noExpiration
	if r.GetExpirationDate() != nil {
		expires = r.GetExpirationDate().AsTime()
	}
	if expires.Before(time.Now()) {
		return nil, invalid("COMMAND-dv3t5", "Errors.AuthNKey.ExpireBeforeNow")
	}
	t := s.begin(c.user.id)
	id, file, err := s.addKey(t, u, expires)
	if err != nil {
		return nil, err
	}
	return &userv2.AddKeyResponse{KeyId: id, KeyContent: file, CreationDate: stamp(t.at)}, nil
}

func (s *state) machineForWrite(c caller, userID string) (*user, error) {
	u := s.users[userID]
	if u == nil {
		return nil, precondition("COMMAND-bnipwm1", noUser)
	}
	if err := s.check(c, "user.write", u.owner); err != nil {
		return nil, err
	}
	if !u.machine {
		return nil, precondition("COMMAND-Df2f1", "Not allowed for this user type")
	}
	return u, nil
}

func (x *userService) RemoveKey(ctx context.Context, r *userv2.RemoveKeyRequest) (*userv2.RemoveKeyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u, err := s.machineForWrite(c, r.GetUserId())
	if err != nil {
		return nil, err
	}
	k := s.keys[r.GetKeyId()]
	if k == nil || k.user != u.id {
		return nil, notFound("COMMAND-4m77G", "Machine key not found")
	}
	t := s.begin(c.user.id)
	delete(s.keys, k.id)
	u.more.keys = slices.DeleteFunc(u.more.keys, func(id string) bool { return id == k.id })
	t.emit(&u.aggregate, "user.machine.key.removed", values{"keyId": k.id})
	return &userv2.RemoveKeyResponse{DeletionDate: stamp(t.at)}, nil
}

func (x *userService) ListKeys(ctx context.Context, r *userv2.ListKeysRequest) (*userv2.ListKeysResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	var found []*userv2.Key
	for _, k := range s.keys {
		u := s.users[k.user]
		if u == nil || u.id != c.user.id && !s.may(c, "user.read", u.owner) {
			continue
		}
		m := &userv2.Key{Id: k.id, UserId: u.id, OrganizationId: u.owner, CreationDate: stamp(k.created), ChangeDate: stamp(k.created), ExpirationDate: stamp(k.expires.UnixMicro())}
		if matchesKey(m, r.GetFilters()) {
			found = append(found, m)
		}
	}
	arrange(found, r.GetPagination().GetAsc(), func(a, b *userv2.Key) int {
		return a.GetCreationDate().AsTime().Compare(b.GetCreationDate().AsTime())
	})
	rows, pagination, err := page(found, r.GetPagination())
	if err != nil {
		return nil, err
	}
	return &userv2.ListKeysResponse{Result: rows, Pagination: pagination}, nil
}

func matchesKey(m *userv2.Key, filters []*userv2.KeysSearchFilter) bool {
	is := func(f *filter.IDFilter, have string) bool { return f == nil || f.GetId() == have }
	for _, f := range filters {
		if !is(f.GetKeyIdFilter(), m.GetId()) || !is(f.GetUserIdFilter(), m.GetUserId()) || !is(f.GetOrganizationIdFilter(), m.GetOrganizationId()) {
			return false
		}
	}
	return true
}

func (x *userService) AddPersonalAccessToken(ctx context.Context, r *userv2.AddPersonalAccessTokenRequest) (*userv2.AddPersonalAccessTokenResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u, err := s.machineForWrite(c, r.GetUserId())
	if err != nil {
		return nil, err
	}
	expires := noExpiration
	if r.GetExpirationDate() != nil {
		expires = r.GetExpirationDate().AsTime()
	}
	t := s.begin(c.user.id)
	id, token := s.addPAT(t, u, expires)
	return &userv2.AddPersonalAccessTokenResponse{TokenId: id, Token: token, CreationDate: stamp(t.at)}, nil
}

func (s *state) addPAT(t *tx, u *user, expires time.Time) (id, token string) {
	id, token = s.nextID(), randomToken(54)
	s.pats[token] = &accessToken{id: id, user: u.id, audience: []string{s.instance.projectID}, expires: expires, machine: true}
	m := u.extra()
	m.pats = append(m.pats, token)
	t.emit(&u.aggregate, "user.pat.added", values{
		"tokenId": id, "expiration": expires.UTC().Format(time.RFC3339), "scopes": []string{"openid", "urn:zitadel:iam:org:project:id:zitadel:aud"},
	})
	return id, token
}

func (x *userService) RemovePersonalAccessToken(ctx context.Context, r *userv2.RemovePersonalAccessTokenRequest) (*userv2.RemovePersonalAccessTokenResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u, err := s.machineForWrite(c, r.GetUserId())
	if err != nil {
		return nil, err
	}
	for token, p := range s.pats {
		if p.id == r.GetTokenId() && p.user == u.id {
			t := s.begin(c.user.id)
			delete(s.pats, token)
			t.emit(&u.aggregate, "user.pat.removed", values{"tokenId": p.id})
			return &userv2.RemovePersonalAccessTokenResponse{DeletionDate: stamp(t.at)}, nil
		}
	}
	return nil, notFound("COMMAND-4m77G", "Errors.User.PAT.NotFound")
}
