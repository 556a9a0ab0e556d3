package handlers

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"sync"

	"homeroom.dev/homeroom/static"
)

// compressFrom is the size, in bytes, from which a page is compressed: a smaller
// one travels in one packet anyway.
const compressFrom = 1 << 10

// compressors are kept because each takes most of a megabyte. The fastest level
// costs a fraction of a page's time and leaves about a fifth of its bytes.
var compressors = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic("handlers: " + err.Error()) // the level is a constant
	}
	return w
}}

// compress is the body to send, compressed where the browser takes that.
//
// Only pages that are read are compressed. A compressed page tells by its
// length whether what somebody makes it repeat, such as the address asked for,
// also stands elsewhere in it (BREACH). What may not be found out that way is
// in answers to a POST alone: the link of an invitation and the first secret of
// a student are shown there and never again, and another site cannot cause one.
// Pages hold no token against forged requests; a submission key is worth nothing
// to anybody else.
func compress(w http.ResponseWriter, r *http.Request, body *bytes.Buffer) *bytes.Buffer {
	if !reads(r) {
		return body
	}
	w.Header().Add("Vary", "Accept-Encoding")
	if body.Len() < compressFrom || !static.AcceptsGzip(r.Header.Get("Accept-Encoding")) {
		return body
	}
	compressed := new(bytes.Buffer)
	compressed.Grow(body.Len() / 4)
	compressor := compressors.Get().(*gzip.Writer)
	defer compressors.Put(compressor)
	compressor.Reset(compressed)
	_, err := compressor.Write(body.Bytes())
	if err == nil {
		err = compressor.Close()
	}
	if err != nil {
		return body // memory cannot refuse a write
	}
	w.Header().Set("Content-Encoding", "gzip")
	return compressed
}
