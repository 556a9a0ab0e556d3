package identity

import (
	"crypto/x509"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// StreamKind is how a target of the audit log is spoken to.
type StreamKind string

// The kinds of target. All are sent JSON Lines, one OCSF event each.
const (
	StreamWebhook   StreamKind = "webhook"   // POST, signed by the Standard Webhooks scheme
	StreamSyslog    StreamKind = "syslog"    // RFC 5424 over TLS with octet counting (RFC 5425)
	StreamBucket    StreamKind = "bucket"    // S3 and what speaks like it: an object for each batch
	StreamDirectory StreamKind = "directory" // of the server itself: a file for each batch; the platform's alone
)

// StreamKinds are the kinds a school may choose from. The platform has
// [StreamDirectory] as well.
var StreamKinds = []StreamKind{StreamWebhook, StreamSyslog, StreamBucket}

// StreamTarget is where an audit log is sent on to, and how that goes. Its
// secret is apart: what signs a webhook, or opens a bucket.
type StreamTarget struct {
	ID   string
	Kind StreamKind
	Name string
	// Address is the URL of a webhook or of a bucket's server, host and port of
	// a syslog server, or the name of a directory.
	Address     string
	Bucket      string
	Region      string
	Prefix      string // of the objects in the bucket
	AccessKey   string // the bucket's; the secret key is the secret
	Authorities string // PEM of who may issue the server's certificate; empty: the system's
	Paused      bool

	Position     int64     // of the last record it took
	Waiting      int       // records it has not taken; [MaxWaiting] stands for that many or more
	WaitingSince time.Time // since when the oldest of them waits; zero if none does
	Delivered    int64     // records
	Failures     int       // in a row
	Trouble      Message   // why the last try failed; zero after a success
	FailedAt     time.Time // the last failure, SucceededAt the last success; zero if never
	SucceededAt  time.Time
	NextAt       time.Time // not tried again before; zero if nothing holds it
	CreatedAt    time.Time
}

// MaxWaiting bounds the counting of records that wait.
const MaxWaiting = 10_000

// MaxStreams is how many targets one log has.
const MaxStreams = 10

var (
	bucketName    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	regionName    = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	directoryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	prefixText    = regexp.MustCompile(`^[A-Za-z0-9!_.*'()/-]{0,200}$`)
)

// Clean brings what was typed into the form it is kept in.
func (t StreamTarget) Clean() StreamTarget {
	t.Name = CleanName(t.Name)
	for _, text := range []*string{&t.Address, &t.Bucket, &t.Region, &t.Prefix, &t.AccessKey, &t.Authorities} {
		*text = strings.TrimSpace(*text)
	}
	if t.Kind == StreamBucket && t.Region == "" {
		t.Region = "us-east-1"
	}
	if t.Kind == StreamSyslog && t.Address != "" && !strings.Contains(t.Address, ":") {
		t.Address += ":6514" // RFC 5425 section 4.1
	}
	return t
}

// Check finds what is wrong with a target that is to be added. platform says
// that it is the platform's, whose operators know their own network.
func (t StreamTarget) Check(secret string, platform bool) Problems {
	var problems Problems
	if t.Name == "" || len(t.Name) > 100 {
		problems.Add("name", "stream.name.missing")
	}
	switch t.Kind {
	case StreamWebhook:
		t.checkURL(&problems, platform)
	case StreamSyslog:
		host, port, err := net.SplitHostPort(t.Address)
		if err != nil || host == "" || port == "" || strings.Contains(t.Address, "/") {
			problems.Add("address", "stream.address.syslog")
		}
	case StreamBucket:
		t.checkURL(&problems, platform)
		t.checkBucket(&problems, secret)
	case StreamDirectory:
		if !platform {
			problems.Add("kind", "stream.kind.missing")
		} else if !directoryName.MatchString(t.Address) {
			problems.Add("address", "stream.address.directory")
		}
	default:
		problems.Add("kind", "stream.kind.missing")
	}
	if t.Authorities != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(t.Authorities)) {
		problems.Add("authorities", "stream.authorities.unreadable")
	}
	return problems
}

func (t StreamTarget) checkURL(problems *Problems, platform bool) {
	u, err := url.Parse(t.Address)
	switch {
	case err != nil, u.Hostname() == "", u.User != nil, u.Fragment != "", len(t.Address) > 500,
		u.Scheme != "https" && (u.Scheme != "http" || !platform),
		t.Kind == StreamBucket && (strings.Trim(u.Path, "/") != "" || u.RawQuery != ""):
		problems.Add("address", "stream.address.url")
	}
}

func (t StreamTarget) checkBucket(problems *Problems, secret string) {
	if !bucketName.MatchString(t.Bucket) {
		problems.Add("bucket", "stream.bucket.unreadable")
	}
	if !regionName.MatchString(t.Region) {
		problems.Add("region", "stream.region.unreadable")
	}
	if !prefixText.MatchString(t.Prefix) {
		problems.Add("prefix", "stream.prefix.unreadable")
	}
	if t.AccessKey == "" || len(t.AccessKey) > 200 {
		problems.Add("access-key", "stream.access-key.missing")
	}
	if secret == "" || len(secret) > 200 {
		problems.Add("secret-key", "stream.secret-key.missing")
	}
}
