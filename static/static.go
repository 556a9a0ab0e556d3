// Package static embeds what browsers load beside the pages: the style sheet,
// htmx, the portal's own script and the icons.
//
// Every file is served under a name that contains a hash of its content, so a
// browser keeps it for good and a new version is a new URL. The compressed form
// is made once. Start reading at [Path] and [Handler]. It imports nothing of
// ours.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// Prefix is where [Handler] is mounted.
const Prefix = "/static/"

//go:embed assets
var assets embed.FS

// served are the files of assets/ that a browser may ask for.
var served = []string{"app.css", "app.js", "htmx.js", "htmx-sse.js", "icons.svg", "favicon.svg"}

// file is one asset, ready to be sent.
type file struct {
	path        string // URL path with the content's hash
	contentType string
	etag        string
	plain       []byte
	gzip        []byte
}

// files holds every served file by its name.
var files = sync.OnceValue(func() map[string]*file {
	byName := make(map[string]*file, len(served))
	for _, name := range served {
		content, err := assets.ReadFile("assets/" + name)
		if err != nil {
			panic("static: " + err.Error()) // a name above that is not in assets/
		}
		byName[name] = prepare(name, content)
	}
	return byName
})

func prepare(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:6])
	extension := path.Ext(name)
	var compressed bytes.Buffer
	w, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("static: compress " + name + ": " + err.Error()) // memory cannot refuse a write
	}
	return &file{
		path:        Prefix + strings.TrimSuffix(name, extension) + "." + hash + extension,
		contentType: contentType(extension),
		etag:        `"` + hash + `"`,
		plain:       content,
		gzip:        compressed.Bytes(),
	}
}

// contentType does not ask the machine's MIME table, which differs from one
// machine to the next.
func contentType(extension string) string {
	switch extension {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

// Path is the URL path of the asset with that name, such as "app.css". It
// panics for a name that is not served: that is a mistake in a template.
func Path(name string) string {
	f, ok := files()[name]
	if !ok {
		panic("static: no asset " + name)
	}
	return f.path
}

// Handler serves the assets under [Prefix], to be kept by browsers for good.
// Names without the right hash are not found.
func Handler() http.Handler {
	byPath := make(map[string]*file, len(served))
	for _, f := range files() {
		byPath[f.path] = f
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := byPath[r.URL.Path]
		if f == nil {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Type", f.contentType)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Vary", "Accept-Encoding")
		h.Set("ETag", f.etag)
		if r.Header.Get("If-None-Match") == f.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := f.plain
		if AcceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = f.gzip
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodHead {
			return
		}
		_, _ = w.Write(body) // the reader is gone; nothing left to do
	})
}

// AcceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3): gzip or * with
// a weight that is not zero.
func AcceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, weighed := strings.Cut(strings.TrimSpace(coding), ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
			continue
		}
		if !weighed {
			return true
		}
		value, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		q, err := strconv.ParseFloat(value, 64)
		return ok && err == nil && q > 0
	}
	return false
}
