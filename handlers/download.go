package handlers

import (
	"bufio"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// download is an answer that is a file and not a page: a log, a school's archive,
// a roster as a table, cards to print. It is an [io.Writer] for whatever makes the
// file, such as [csv.Writer], [json.Encoder] or [io.Copy], and is used in three
// steps:
//
//	d := newDownload(w, r, "text/csv; charset=utf-8", "Biology 7B.csv")
//	err := writeRoster(d, rows) // everything that can go wrong, flushing included
//	return d.finish(err)
//
// What it takes of memory does not depend on the length of the file, if that is
// read page by page. It has no limit of time as pages have: it may go on as long
// as the browser takes the next piece within [downloadPause].
//
// Whether the person may have the file, and the audit record that they took it,
// come before the first byte. An error within the first [downloadPiece] bytes is
// answered with its page; so a short file is whole or is none. A longer one that
// breaks off cuts the connection, so that no browser and no program takes it for
// a whole one.
type download struct {
	w      http.ResponseWriter
	r      *http.Request
	kind   string // as in Content-Type
	name   string // of the file, with its ending
	length int64  // in bytes, if it is known before; tells the browser how far it is
	piece  *bufio.Writer
	begun  bool
}

// downloadPiece is how many bytes are sent together, and downloadPause how long
// the browser may take for them.
const (
	downloadPiece = 32 << 10
	downloadPause = time.Minute
)

// newDownload prepares a file of a content type that is called name, which may
// hold whatever a classroom is called. Nothing is sent yet.
func newDownload(w http.ResponseWriter, r *http.Request, kind, name string) *download {
	d := &download{w: w, r: r, kind: kind, name: name}
	d.piece = bufio.NewWriterSize(pieces{d}, downloadPiece)
	return d
}

// Write adds to the file.
func (d *download) Write(part []byte) (int, error) { return d.piece.Write(part) }

// finish ends the file, or does not where err says that it broke off. It panics
// with [http.ErrAbortHandler] where a part of a broken file was sent: net/http
// then cuts the connection.
func (d *download) finish(err error) error {
	if err == nil {
		err = d.piece.Flush()
	}
	if err == nil && !d.begun {
		err = d.begin() // an empty file is a file, too
	}
	if err == nil {
		return nil
	}
	if !d.begun {
		return err // there is a page for that
	}
	logged(d.r.Context()).err = err
	panic(http.ErrAbortHandler)
}

// begin says what follows.
func (d *download) begin() error {
	d.begun = true
	header := d.w.Header()
	header.Set("Content-Type", d.kind)
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name}))
	if d.length > 0 {
		header.Set("Content-Length", strconv.FormatInt(d.length, 10))
	}
	return d.allow()
}

// allow gives the browser time for the next piece: the server's own limit is for
// pages.
func (d *download) allow() error {
	err := http.NewResponseController(d.w).SetWriteDeadline(time.Now().Add(downloadPause))
	if errors.Is(err, http.ErrNotSupported) {
		return nil // not on a network
	}
	return err
}

// pieces sends what download collected.
type pieces struct{ *download }

// Write sends a part piece by piece, however large it is.
func (p pieces) Write(part []byte) (sent int, err error) {
	for piece := range slices.Chunk(part, downloadPiece) {
		ready := p.allow
		if !p.begun {
			ready = p.begin
		}
		if err := ready(); err != nil {
			return sent, err
		}
		n, err := p.w.Write(piece)
		if sent += n; err != nil {
			return sent, err
		}
	}
	return sent, nil
}
