package handlers

import (
	"encoding/pem"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/stream"
	"homeroom.dev/homeroom/views"
)

// hook is a webhook that keeps what came last.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	header http.Header
	body   []byte
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.header = r.Header
		h.body, _ = io.ReadAll(r.Body)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) authorities() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw}))
}

// A school's IT adds a webhook, is shown what it is signed with, tries it out,
// pauses it, goes on and deletes it; each is on the school's log.
func TestASchoolStreamsItsLog(t *testing.T) {
	p := newPortal(t)
	to, admin := newHook(t), p.signIn(priya)
	none := admin.get(p.fill("/o/{linden}/activity/streams"))
	if !strings.Contains(none.text(), "The log goes nowhere else") {
		t.Errorf("without a target:\n%s", none.text())
	}
	added := admin.post(p.fill("/o/{linden}/activity/streams"),
		"id", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "kind", "webhook", "name", "SIEM", "address", to.URL, "authorities", to.authorities())
	if added.Status != http.StatusOK || !strings.Contains(added.text(), "SIEM was added.") {
		t.Fatalf("added: %d\n%s", added.Status, added.text())
	}
	path := p.fill("/o/{linden}/activity/streams/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	refused := admin.post(path + "/test") // this machine is not the public internet
	if !strings.Contains(refused.text(), "private or reserved network address") {
		t.Errorf("a test to a private address:\n%s", refused.text())
	}
	shown := admin.post(path + "/secret")
	_, secret, _ := strings.Cut(shown.Body, `value="whsec_`)
	secret, _, there := strings.Cut(secret, `"`)
	if !there {
		t.Fatalf("no secret is shown:\n%s", shown.text())
	}

	target := p.in(linden, priya).Streams()
	reaching := stream.New(stream.Options{Store: p.store, Outbound: outbound.New(outbound.Options{
		Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})})
	p.check(reaching.Test(p.ctx, target, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	verifier, err := webhooks.NewWebhook(html.UnescapeString(secret))
	p.check(err)
	if err := verifier.Verify(to.body, to.header); err != nil {
		t.Errorf("what is shown does not verify what is sent: %v", err)
	}
	if seen := admin.get(path).text(); !strings.Contains(seen, "Up to date") && !strings.Contains(seen, "Catching up") {
		t.Errorf("after a good test:\n%s", seen)
	}
	for _, step := range []struct{ path, says string }{
		{path + "/pause", "Sending to SIEM is paused."},
		{path + "/resume", "Sending to SIEM goes on."},
		{path + "/delete", "SIEM was deleted."},
	} {
		if seen := admin.post(step.path); !strings.Contains(seen.text(), step.says) {
			t.Errorf("%s = %d does not say %q:\n%s", step.path, seen.Status, step.says, seen.text())
		}
	}
	log := admin.get(p.fill("/o/{linden}/activity?what=data")).text()
	for _, want := range []string{
		"ended sending this log to “SIEM”", "went on sending this log to “SIEM”", "paused sending this log to “SIEM”",
		"looked at the signing secret of “SIEM”", "began to send this log to “SIEM”",
	} {
		if !strings.Contains(log, "Priya Nair "+want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
}

func TestFormsOfStreamsSayWhatIsWrong(t *testing.T) {
	p := newPortal(t)
	school, platform := p.fill("/o/{linden}/activity/streams"), views.PlatformStreamsPath
	for _, tt := range []struct {
		name, who, path string
		form            []string
		says            string
	}{
		{"nothing", priya, school, []string{"kind", "webhook"}, "Enter a name"},
		{"no kind", priya, school, []string{"name", "x", "kind", "fax"}, "Choose what kind of target it is."},
		{"a directory of a school", priya, school, []string{"name", "x", "kind", "directory", "address", "audit"}, "Choose what kind of target it is."},
		{"a directory where none is set", olu, platform, []string{"name", "x", "kind", "directory", "address", "audit"}, "Choose what kind of target it is."},
		{"without encryption", priya, school, []string{"name", "x", "kind", "webhook", "address", "http://siem.example/"}, "begins with https://"},
		{"with a password in it", priya, school, []string{"name", "x", "kind", "webhook", "address", "https://a:b@siem.example/"}, "begins with https://"},
		{"a bucket's path", priya, school, []string{"name", "x", "kind", "bucket", "address", "https://s3.example/bucket"}, "for a bucket without a path"},
		{"a bucket without keys", priya, school, []string{"name", "x", "kind", "bucket", "address", "https://s3.example", "bucket", "B"}, "Enter the secret access key."},
		{"syslog's path", priya, school, []string{"name", "x", "kind", "syslog", "address", "tls://logs.example/x"}, "Enter host and port"},
		{"certificates that are none", priya, school, []string{"name", "x", "kind", "syslog", "address", "logs.example", "authorities", "nonsense"}, "no certificate in PEM form"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := p.signIn(tt.who).post(tt.path, tt.form...)
			if seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), tt.says) {
				t.Errorf("%d does not say %q:\n%s", seen.Status, tt.says, seen.text())
			}
		})
	}
	for _, targets := range []*store.Streams{p.in(linden, priya).Streams(), p.onPlatform().Streams()} {
		if list, err := targets.List(p.ctx); err != nil || len(list) != 0 {
			t.Errorf("there are %+v, %v", list, err)
		}
	}
	// What one school has, nobody else reaches by its ID.
	p.check(p.in(linden, priya).Streams().Add(p.ctx, identity.StreamTarget{ID: streamed, Kind: identity.StreamSyslog, Name: "Logs", Address: "logs.example:6514"}, "", false))
	for _, action := range []string{"", "/delete"} {
		if got := p.signIn(olu).get(platform + "/" + streamed + action).Status; got != http.StatusNotFound {
			t.Errorf("the platform's page of a school's target%s = %d, want 404", action, got)
		}
	}
}
