package stream

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
)

// line is a record as it is sent.
type line struct {
	id   string
	at   time.Time
	kind identity.Action
	bad  bool   // it tells of something that did not work
	json []byte // without an end of line
}

// batch is what goes to a target at once.
type batch struct {
	// name is the same whenever the same records are sent to the same target.
	name  string
	lines []line
}

// body are the lines as JSON Lines.
func (b batch) body() []byte {
	var body bytes.Buffer
	for _, l := range b.lines {
		body.Write(l.json)
		body.WriteByte('\n')
	}
	return body.Bytes()
}

// sender gives batches to one target. An error is an [identity.Error] where the
// target is at fault; without one it took the whole batch.
type sender interface {
	send(ctx context.Context, b batch) error
}

// senders make the sender for a target.
type senders struct {
	public    *outbound.Client // for schools: public addresses alone
	private   *outbound.Client // for the platform: any address
	directory string           // what directories are in; empty: there are none
	host      string           // of this machine, for syslog
	now       func() time.Time
}

// to makes the sender for a target. platform says that it is the platform's.
func (s senders) to(t identity.StreamTarget, secret string, platform bool) (sender, error) {
	client := s.public
	if platform {
		client = s.private
	}
	var roots *x509.CertPool
	if t.Authorities != "" {
		roots = x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(t.Authorities)) // was read when the target was added
	}
	switch t.Kind {
	case identity.StreamWebhook:
		return webhook{client: client, roots: roots, url: t.Address, secret: secret, now: s.now}, nil
	case identity.StreamSyslog:
		return syslog{client: client, roots: roots, address: t.Address, host: s.host, closing: closing}, nil
	case identity.StreamBucket:
		return newBucket(client, roots, t, secret)
	case identity.StreamDirectory:
		if !platform {
			return nil, errors.New("a directory is no target of a school")
		}
		return directory{base: s.directory, name: t.Address}, nil
	}
	return nil, fmt.Errorf("no such kind of target: %q", t.Kind)
}

// path is where a batch lies in a bucket or a directory: by day, then by name.
func (b batch) path() string {
	return b.lines[0].at.UTC().Format("2006/01/02/") + b.name + ".jsonl"
}
