package handlers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"github.com/a-h/templ"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// shown is a region as it is to stand on a page, and which version of it that is.
type shown struct {
	html    []byte
	version string
}

func drawn(ctx context.Context, region templ.Component) (shown, error) {
	var html bytes.Buffer
	if err := region.Render(ctx, &html); err != nil {
		return shown{}, err
	}
	sum := sha256.Sum256(html.Bytes())
	return shown{html.Bytes(), base64.RawURLEncoding.EncodeToString(sum[:12])}, nil
}

// shared lets all who follow a region of the same classroom look at it once a
// second together. What stands in it is the same for everybody who may follow it,
// but for the language.
type shared struct {
	mu    sync.Mutex
	looks map[sharedKey]*sharedLook
}

type sharedKey struct {
	organization identity.OrganizationID
	language     string
}

type sharedLook struct {
	mu   sync.Mutex
	at   time.Time
	seen shown
}

// get answers what read did at most a second ago.
func (s *shared) get(ctx context.Context, id identity.OrganizationID, read func() (templ.Component, error)) (shown, error) {
	look := s.look(sharedKey{id, views.LanguageOf(ctx)})
	look.mu.Lock()
	defer look.mu.Unlock()
	// A little less, so that one who looks every second sees something new.
	if time.Since(look.at) < streamLooks*9/10 {
		return look.seen, nil
	}
	region, err := read()
	if err != nil {
		return shown{}, err
	}
	seen, err := drawn(ctx, region)
	if err != nil {
		return shown{}, err
	}
	look.at, look.seen = time.Now(), seen
	return seen, nil
}

// look is the one of a classroom and language. With a new one, those that nobody
// has used for a minute are forgotten.
func (s *shared) look(key sharedKey) *sharedLook {
	s.mu.Lock()
	defer s.mu.Unlock()
	if look := s.looks[key]; look != nil {
		return look
	}
	for old, l := range s.looks {
		if l.mu.TryLock() {
			if time.Since(l.at) > time.Minute {
				delete(s.looks, old)
			}
			l.mu.Unlock()
		}
	}
	if s.looks == nil {
		s.looks = make(map[sharedKey]*sharedLook)
	}
	look := &sharedLook{at: time.Now().Add(-streamLooks)}
	s.looks[key] = look
	return look
}
