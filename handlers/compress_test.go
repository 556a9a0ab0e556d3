package handlers

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/static"
	"homeroom.dev/homeroom/views"
)

// firstPage is the promise: what the first page on a phone costs, in bytes, with
// everything it loads.
const firstPage = 40_000

func TestTheFirstPageIsSmall(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	nobody, teacher := p.browser(), p.signIn(lee)
	for _, first := range []struct {
		path string
		of   *browser
	}{
		{"/", nobody},
		{"/i/" + token, nobody},
		{"/home", teacher},
		{views.RosterPath(p.id(biology)), teacher},
		{views.NewInvitationPath(p.id(biology)), teacher},
	} {
		page := p.wire(first.of, first.path)
		sizes := map[string]int{first.path: page.size}
		total := page.size
		for path := range loaded(page.doc) {
			if strings.Contains(path, "//") {
				t.Errorf("%s loads %s from another host", first.path, path)
				continue
			}
			sizes[path] = p.wire(first.of, path).size
			total += sizes[path]
		}
		if len(sizes) < 5 {
			t.Errorf("%s loads only %v", first.path, sizes)
		}
		if total > firstPage {
			t.Errorf("%s takes %d bytes, want at most %d: %v", first.path, total, firstPage, sizes)
		}
		t.Logf("%s: %d bytes, %d of them the page", strings.Replace(first.path, token, "{token}", 1), total, page.size)
	}
}

// onTheWire is an answer as it travels, head included.
type onTheWire struct {
	size int
	doc  *html.Node
}

// wire asks as a browser does, which takes gzip.
func (p *portal) wire(b *browser, path string) onTheWire {
	p.t.Helper()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	for _, cookie := range b.client.Jar.Cookies(p.location()) {
		request.AddCookie(cookie)
	}
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, request)
	answer := recorder.Result()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Encoding") != "gzip" && recorder.Body.Len() > 2*compressFrom {
		p.t.Fatalf("%s: %d, %d bytes, encoded as %q", path, answer.StatusCode, recorder.Body.Len(), answer.Header.Get("Content-Encoding"))
	}
	size, err := httputil.DumpResponse(answer, true)
	p.check(err)
	body := io.Reader(bytes.NewReader(recorder.Body.Bytes()))
	if answer.Header.Get("Content-Encoding") == "gzip" {
		body, err = gzip.NewReader(body)
		p.check(err)
	}
	doc, err := html.Parse(body)
	p.check(err)
	return onTheWire{len(size), doc}
}

// loaded are the files that a browser fetches for a page, each once.
func loaded(doc *html.Node) map[string]bool {
	files := map[string]bool{}
	for element, name := range map[string]string{"script": "src", "img": "src", "link": "href", "use": "href"} {
		for _, e := range findAll(doc, element) {
			if path, _, _ := strings.Cut(attribute(e, name), "#"); path != "" {
				files[path] = true
			}
		}
	}
	return files
}

func TestOnlyPagesThatAreReadAreCompressed(t *testing.T) {
	long := strings.Repeat("a page ", 500)
	for _, tt := range []struct {
		name, method, accepts, body string
		compressed, varies          bool
	}{
		{"page", "GET", "gzip", long, true, true},
		{"head", "HEAD", "gzip", long, true, true},
		{"browser without gzip", "GET", "br", long, false, true},
		{"short page", "GET", "gzip", "short", false, true},
		{"answer to a form, which may hold a secret", "POST", "gzip", long, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, w := httptest.NewRequest(tt.method, "/", nil), httptest.NewRecorder()
			r.Header.Set("Accept-Encoding", tt.accepts)
			got := compress(w, r, bytes.NewBufferString(tt.body))
			if compressed := w.Header().Get("Content-Encoding") == "gzip"; compressed != tt.compressed {
				t.Errorf("compressed = %v, want %v", compressed, tt.compressed)
			}
			if varies := w.Header().Get("Vary") == "Accept-Encoding"; varies != tt.varies {
				t.Errorf("Vary: Accept-Encoding = %v, want %v", varies, tt.varies)
			}
			if !tt.compressed && got.String() != tt.body {
				t.Errorf("%d bytes were sent of %d", got.Len(), len(tt.body))
			}
			if !tt.compressed {
				return
			}
			plain, err := gzip.NewReader(got)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(plain); err != nil || string(text) != tt.body {
				t.Errorf("%d bytes are left of %d: %v", len(text), len(tt.body), err)
			}
		})
	}
	if static.AcceptsGzip("gzip;q=0") {
		t.Error("gzip is taken where it is refused")
	}
}
