package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestHandlerServesWhatPathNames(t *testing.T) {
	css := Path("app.css")
	if !regexp.MustCompile(`^/static/app\.[0-9a-f]{12}\.css$`).MatchString(css) {
		t.Errorf("Path(app.css) = %s", css)
	}
	for _, tt := range []struct {
		name, method, path, accepts, ifNoneMatch string
		status                                   int
		encoding, cache                          string
		empty                                    bool
	}{
		{"plain", "GET", css, "", "", 200, "", "public, max-age=31536000, immutable", false},
		{"compressed", "GET", css, "br, gzip;q=0.8", "", 200, "gzip", "public, max-age=31536000, immutable", false},
		{"gzip refused", "GET", css, "gzip;q=0", "", 200, "", "public, max-age=31536000, immutable", false},
		{"anything", "GET", css, "*", "", 200, "gzip", "public, max-age=31536000, immutable", false},
		{"head", "HEAD", css, "gzip", "", 200, "gzip", "public, max-age=31536000, immutable", true},
		{"known already", "GET", css, "gzip", files()["app.css"].etag, 304, "", "public, max-age=31536000, immutable", true},
		{"without a hash", "GET", "/static/app.css", "", "", 404, "", "", false},
		{"bare name", "GET", "app.css", "", "", 404, "", "", false},
		{"a licence is not served", "GET", "/static/htmx.LICENSE", "", "", 404, "", "", false},
		{"outside", "GET", "/static/../static.go", "", "", 404, "", "", false},
		{"post", "POST", css, "", "", 405, "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "http://example.test/", nil)
			r.URL.Path = tt.path
			r.Header.Set("Accept-Encoding", tt.accepts)
			r.Header.Set("If-None-Match", tt.ifNoneMatch)
			w := httptest.NewRecorder()
			Handler().ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if got := w.Header().Get("Content-Encoding"); got != tt.encoding {
				t.Errorf("Content-Encoding %q, want %q", got, tt.encoding)
			}
			if got := w.Header().Get("Cache-Control"); got != tt.cache {
				t.Errorf("Cache-Control %q, want %q", got, tt.cache)
			}
			if got := w.Body.Len() == 0; got != tt.empty {
				t.Errorf("%d bytes of body", w.Body.Len())
			}
		})
	}
}

func TestCompressedFilesAreTheSame(t *testing.T) {
	for _, name := range served {
		f := files()[name]
		r, err := gzip.NewReader(bytes.NewReader(f.gzip))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, f.plain) {
			t.Errorf("%s differs when compressed (%v)", name, err)
		}
		if f.contentType == "" {
			t.Errorf("%s has no content type", name)
		}
	}
}

// The promise is 40 KB for the whole first page; what is left of it is for the
// page itself. What only some pages ask for does not count.
func TestTheFirstPageIsSmall(t *testing.T) {
	total := 0
	for _, name := range []string{"app.css", "app.js", "htmx.js", "icons.svg", "favicon.svg"} {
		total += len(files()[name].gzip)
		t.Logf("%s: %d bytes, %d compressed", name, len(files()[name].plain), len(files()[name].gzip))
	}
	if limit := 32 << 10; total > limit {
		t.Errorf("the assets of a page take %d bytes, want at most %d", total, limit)
	}
}

// The Content-Security-Policy forbids all of these; a browser would only say so
// in its console.
func TestNothingNeedsAWeakerPolicy(t *testing.T) {
	for _, name := range []string{"app.js", "icons.svg", "favicon.svg", "app.css"} {
		text := string(files()[name].plain)
		for _, bad := range []string{"eval(", "new Function", "innerHTML", "style=\"", "<script", "<style", "http://", "@import", "url(http"} {
			text := strings.ReplaceAll(text, `xmlns="http://www.w3.org/2000/svg"`, "")
			if strings.Contains(text, bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
	}
}

func TestAMissingAssetIsAMistake(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Path of an unknown name did not panic")
		}
	}()
	Path("nothing.css")
}
