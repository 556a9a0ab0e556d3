package stream

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
)

// s3 is a bucket that takes objects from who signs as AWS has it (Signature
// Version 4, https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html),
// checked here by an own reckoning and not by the library that signs.
type s3 struct {
	*httptest.Server
	access, secret string

	mu      sync.Mutex
	objects map[string]string
	asked   int
	down    bool
}

func newS3(t *testing.T) *s3 {
	t.Helper()
	s := &s3{access: "AKIAHOMEROOM", secret: "wJalrXUtnFEMI/K7MDENG", objects: make(map[string]string)}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *s3) target() identity.StreamTarget {
	return identity.StreamTarget{
		ID: "t1", Kind: identity.StreamBucket, Name: "Archive", Address: s.URL, Bucket: "linden-audit",
		Region: "eu-central-1", Prefix: "homeroom/audit", AccessKey: s.access, Authorities: pemOf(s.Certificate()),
	}
}

func (s *s3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>no</Message></Error>`, code)
	}
	sum := md5.Sum(body)
	switch {
	case s.down:
		refuse(http.StatusServiceUnavailable, "SlowDown")
	case r.Method != http.MethodPut:
		refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	case !strings.Contains(r.Header.Get("Authorization"), "Credential="+s.access+"/"):
		refuse(http.StatusForbidden, "InvalidAccessKeyId")
	case !strings.HasSuffix(r.Header.Get("Authorization"), ",Signature="+s.signature(r)) &&
		!strings.HasSuffix(r.Header.Get("Authorization"), ", Signature="+s.signature(r)):
		refuse(http.StatusForbidden, "SignatureDoesNotMatch")
	case r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]):
		refuse(http.StatusBadRequest, "BadDigest")
	case !strings.HasPrefix(r.URL.Path, "/linden-audit/"):
		refuse(http.StatusNotFound, "NoSuchBucket")
	default:
		s.objects[r.URL.Path] = string(body)
		w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	}
}

// signature is what a request must be signed with.
func (s *s3) signature(r *http.Request) string {
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	names := strings.Split(signed, ";")
	if !slices.Contains(names, "host") || !slices.Contains(names, "x-amz-date") {
		return "what was signed does not bind the request"
	}
	var canonical strings.Builder
	fmt.Fprintf(&canonical, "%s\n%s\n%s\n", r.Method, r.URL.EscapedPath(), r.URL.RawQuery)
	for _, name := range names {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&canonical, "%s:%s\n", name, strings.TrimSpace(value))
	}
	fmt.Fprintf(&canonical, "\n%s\n%s", signed, r.Header.Get("X-Amz-Content-Sha256"))
	day := r.Header.Get("X-Amz-Date")[:8]
	scope := day + "/eu-central-1/s3/aws4_request"
	hash := sha256.Sum256([]byte(canonical.String()))
	text := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + scope + "\n" + hex.EncodeToString(hash[:])
	key := []byte("AWS4" + s.secret)
	for _, part := range []string{day, "eu-central-1", "s3", "aws4_request"} {
		key = keyed(key, part)
	}
	return hex.EncodeToString(keyed(key, text))
}

func keyed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func (s *s3) held() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(map[string]string, len(s.objects))
	for name, body := range s.objects {
		held[name] = body
	}
	return held
}

func TestABucketGetsAnObjectForEachBatch(t *testing.T) {
	s := newS3(t)
	to, err := senders{public: loopback()}.to(s.target(), s.secret, false)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the same batch again replaces its object
		if err := to.send(t.Context(), lines()); err != nil {
			t.Fatal(err)
		}
	}
	held := s.held()
	if len(held) != 1 || held["/linden-audit/homeroom/audit/2026/03/10/t1-1-2.jsonl"] != string(lines().body()) {
		t.Errorf("the bucket holds %q", held)
	}
	if s.asked != 2 {
		t.Errorf("asked %d times, want once a batch", s.asked)
	}
}

func TestWhyABucketRefuses(t *testing.T) {
	for _, tt := range []struct {
		name       string
		change     func(*s3, *identity.StreamTarget)
		secret     string
		client     *outbound.Client
		want, code string
	}{
		{"a wrong secret key", nil, "wrong", loopback(), "stream.bucket-refused", "SignatureDoesNotMatch"},
		{"an access key it does not know", func(_ *s3, t *identity.StreamTarget) { t.AccessKey = "AKIAOTHER" }, "", loopback(), "stream.bucket-refused", "InvalidAccessKeyId"},
		{"a bucket that is not there", func(_ *s3, t *identity.StreamTarget) { t.Bucket = "birch-audit" }, "", loopback(), "stream.bucket-refused", "NoSuchBucket"},
		{"out of order", func(s *s3, _ *identity.StreamTarget) { s.down = true }, "", loopback(), "stream.bucket-refused", "SlowDown"},
		{"an address that is not public", nil, "", outbound.New(outbound.Options{}), "outbound.refused", ""},
		{"nobody there", func(s *s3, _ *identity.StreamTarget) { s.Close() }, "", loopback(), "outbound.unreachable", ""},
		{"a certificate of nobody's", func(_ *s3, t *identity.StreamTarget) { t.Authorities = "" }, "", loopback(), "outbound.tls", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newS3(t)
			target := s.target()
			if tt.change != nil {
				tt.change(s, &target)
			}
			if tt.secret == "" {
				tt.secret = s.secret
			}
			to, err := senders{public: tt.client}.to(target, tt.secret, false)
			if err != nil {
				t.Fatal(err)
			}
			err = to.send(t.Context(), lines())
			if got := problemOf(t, err); got != tt.want {
				t.Fatalf("%q (%v), want %q", got, err, tt.want)
			}
			code, _ := err.(*identity.Error).Message.Args["Code"].(string)
			if code != tt.code {
				t.Errorf("code %q, want %q", code, tt.code)
			}
			if len(s.held()) != 0 {
				t.Errorf("it holds %q", s.held())
			}
		})
	}
}
