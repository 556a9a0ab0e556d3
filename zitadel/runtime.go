package zitadel

import (
	"context"
	"sync"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"homeroom.dev/homeroom/identity"
)

// Runtime is the service account homeroom-runtime: a member of each school and
// classroom, never of the operators' organization. It is [identity.Gateway].
type Runtime struct {
	client   *client.Client
	tokens   oauth2.TokenSource // for what Zitadel takes over plain HTTP
	config   Config
	locks    locks
	login    loginPages
	flight   singleflight.Group
	assigned assigned
}

var _ identity.Gateway = (*Runtime)(nil)

// NewRuntime makes the gateway. It does not wait for Zitadel.
func NewRuntime(ctx context.Context, config Config) (*Runtime, error) {
	c, err := dial(ctx, config.Issuer, config.Key)
	if err != nil {
		return nil, err
	}
	source, err := tokensOf(ctx, config.Issuer, config.Key)
	if err != nil {
		return nil, err
	}
	return &Runtime{client: c, tokens: source, config: config}, nil
}

// Close ends the connection.
func (r *Runtime) Close() error { return r.client.Close() }

// In gives access to the opened organization. The zero Opened finds nothing.
func (r *Runtime) In(opened identity.Opened) identity.Remote {
	return &remote{Runtime: r, opened: opened}
}

// remote is one opened organization at Zitadel.
type remote struct {
	*Runtime
	opened identity.Opened
}

var _ identity.Remote = (*remote)(nil)

// present refuses the zero Opened, and the organizations nobody opens: the one
// where administrators and service accounts live, and the one of people who
// have no school.
func (r *remote) present() error {
	switch r.opened.ID() {
	case "", r.config.Operators, r.config.Individuals:
		return identity.NotFound("organization.not-found")
	}
	switch r.opened.Organization().Home() {
	case r.config.Operators, r.config.Individuals:
		return identity.NotFound("organization.not-found")
	}
	return nil
}

// locks keeps changes of one role assignment apart: Zitadel replaces roles
// whole and has nothing to tell a lost update by.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

type lock struct {
	sync.Mutex
	waiting int
}

// of takes the lock of key and returns what gives it back.
func (l *locks) of(key string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = make(map[string]*lock)
	}
	k := l.held[key]
	if k == nil {
		k = new(lock)
		l.held[key] = k
	}
	k.waiting++
	l.mu.Unlock()
	k.Lock()
	return func() {
		k.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.waiting--; k.waiting == 0 {
			delete(l.held, key)
		}
	}
}
