package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// A list may be larger than any other form, and takes longer on its way. The
// chain gives it the time and leaves its body alone; what is in it is read by
// [readUpload] once it is known who sends it and that they may.

const (
	// maxUpload is how much a list may be, with what a form adds to it.
	maxUpload = 32<<20 + 64<<10
	// maxUploadTime is how long a list may be on its way and be read.
	maxUploadTime = 5 * time.Minute
	// maxSpool is how much of a part is held in memory; the rest is in a file that
	// has no name.
	maxSpool = 1 << 20
	// maxField is how long what is typed or chosen beside a list may be, and
	// maxParts how many parts a form may have.
	maxField = 4 << 10
	maxParts = 16
	// maxDrained is how much of what is too large is read all the same: a browser
	// reads the answer only after it has sent everything.
	maxDrained = 256 << 20
)

type uploadKey struct{}

// takesFile reports whether a list is sent as a file with this request.
func takesFile(r *http.Request) bool {
	return r.Method == http.MethodPost && views.IsImportsPath(r.URL.Path) &&
		strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// withUpload keeps the body of such a request, whose limit counts until
// [readUpload] sets another.
func withUpload(ctx context.Context, body io.ReadCloser) context.Context {
	return context.WithValue(ctx, uploadKey{}, body)
}

// isUpload reports whether the form of a request is left to its handler.
func isUpload(r *http.Request) bool { return r.Context().Value(uploadKey{}) != nil }

// errUploadTooLarge is what readUpload answers to more than maxUpload.
var errUploadTooLarge = errors.New("more than a list may be")

// upload is a form with files. Its values are short, its files are spooled.
type upload struct {
	values map[string]string
	files  map[string]*spooled
}

// close drops the files.
func (u *upload) close() {
	for _, f := range u.files {
		f.close()
	}
}

// file is the part of that name, or nil if nothing was sent in it.
func (u *upload) file(name string) *spooled {
	if f := u.files[name]; f != nil && f.size > 0 {
		return f
	}
	return nil
}

// readUpload reads a form with files, of which those in large may be as long as
// all of it. An ordinary form is read as one.
func readUpload(w http.ResponseWriter, r *http.Request, large ...string) (*upload, error) {
	u := &upload{values: map[string]string{}, files: map[string]*spooled{}}
	body, ok := r.Context().Value(uploadKey{}).(io.ReadCloser)
	if !ok {
		return u, u.fromForm(r, large)
	}
	if err := moreTime(w); err != nil {
		return nil, err
	}
	r.Body = http.MaxBytesReader(w, body, maxUpload)
	err := u.fromParts(r, large)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return u, nil
	case errors.As(err, &tooLarge):
		_, _ = io.CopyN(io.Discard, body, maxDrained) // its end, or nobody there any more
		err = errUploadTooLarge
	}
	u.close()
	return nil, err
}

// moreTime gives the browser longer than the server's own limit, which is for
// pages.
func moreTime(w http.ResponseWriter) error {
	c, until := http.NewResponseController(w), time.Now().Add(maxUploadTime)
	for _, set := range []func(time.Time) error{c.SetReadDeadline, c.SetWriteDeadline} {
		if err := set(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("time for an upload: %w", err)
		}
	}
	return nil
}

func (u *upload) fromForm(r *http.Request, large []string) error {
	for name := range r.PostForm {
		u.values[name] = r.PostForm.Get(name)
	}
	for _, name := range large {
		if text := u.values[name]; text != "" {
			u.files[name] = &spooled{memory: []byte(text), size: int64(len(text))}
		}
		delete(u.values, name)
	}
	return nil
}

func (u *upload) fromParts(r *http.Request, large []string) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return identity.Invalid("request.broken").Because(err)
	}
	for range maxParts {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return brokenUpload(err)
		}
		if err := u.part(part, large); err != nil {
			return err
		}
	}
	return identity.Invalid("request.broken")
}

func (u *upload) part(part *multipart.Part, large []string) error {
	name := part.FormName()
	for _, l := range large {
		if l != name {
			continue
		}
		f, err := spool(part)
		if err != nil {
			return err
		}
		f.name = part.FileName()
		u.files[name] = f
		return nil
	}
	value, err := io.ReadAll(io.LimitReader(part, maxField+1))
	switch {
	case err != nil:
		return brokenUpload(err)
	case len(value) > maxField:
		return identity.Invalid("request.broken")
	}
	u.values[name] = string(value)
	return nil
}

// brokenUpload tells a body that is too large from one that is broken.
func brokenUpload(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return identity.Invalid("request.broken").Because(err)
}

// spooled is a part of a form: in memory if it is short, else in a file without
// a name, which is gone as soon as it is closed, or the process ends.
type spooled struct {
	name   string // as the browser says
	size   int64
	memory []byte
	disk   *os.File
	named  bool // the file still has one
}

func spool(part io.Reader) (*spooled, error) {
	var head bytes.Buffer
	n, err := io.CopyN(&head, part, maxSpool)
	if errors.Is(err, io.EOF) {
		return &spooled{memory: head.Bytes(), size: n}, nil
	}
	if err != nil {
		return nil, brokenUpload(err)
	}
	disk, err := os.CreateTemp("", "homeroom-upload-*")
	if err != nil {
		return nil, fmt.Errorf("spool an upload: %w", err)
	}
	s := &spooled{disk: disk}
	s.named = os.Remove(disk.Name()) != nil // some systems keep the name while it is open
	if s.size, err = io.Copy(disk, io.MultiReader(&head, part)); err != nil {
		s.close()
		return nil, brokenUpload(err)
	}
	return s, nil
}

// at reads the part from anywhere.
func (s *spooled) at() io.ReaderAt {
	if s.disk == nil {
		return bytes.NewReader(s.memory)
	}
	return s.disk
}

// all is the whole part.
func (s *spooled) all() ([]byte, error) {
	if s.disk == nil {
		return s.memory, nil
	}
	content, err := io.ReadAll(io.NewSectionReader(s.disk, 0, s.size))
	if err != nil {
		return nil, fmt.Errorf("read an upload: %w", err)
	}
	return content, nil
}

// text is the first bytes of the part, at most n of them.
func (s *spooled) text(n int64) string {
	if s == nil {
		return ""
	}
	head, err := io.ReadAll(io.NewSectionReader(s.at(), 0, min(n, s.size)))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(head), "")
}

func (s *spooled) close() {
	if s.disk == nil {
		return
	}
	_ = s.disk.Close() // nothing was to be kept
	if s.named {
		_ = os.Remove(s.disk.Name())
	}
}
