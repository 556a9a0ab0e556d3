package roster

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// What a ZIP may hold, be it a set or a workbook. Lists of names pack to a tenth
// of their size, the XML of a workbook to a thirtieth.
const (
	maxEntries   = 500
	maxDirectory = 1 << 20   // bytes of the table of contents
	maxEntry     = 96 << 20  // bytes of a file, unpacked
	maxUnpacked  = 160 << 20 // bytes of all of them
	maxRatio     = 200       // unpacked to packed, from smallEntry on
	smallEntry   = 1 << 20
)

var errBudget = errors.New("the table of contents is too long")

// budget lets only so much be read, so that a table of contents that goes on for
// ever is given up.
type budget struct {
	io.ReaderAt
	left int64
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			b.left = 0
			return 0, errBudget
		}
	}
	return b.ReaderAt.ReadAt(p, off)
}

// archive is a ZIP whose table of contents is within the limits.
type archive struct {
	*zip.Reader
	files []*zip.File // without folders and what systems add of their own
}

// openZIP opens a ZIP after looking at its table of contents only: nothing is
// unpacked that says of itself that it is too much. What lies about its size is
// caught by [archive.open].
func openZIP(f File) (*archive, error) {
	limited := &budget{ReaderAt: f, left: maxDirectory}
	z, err := zip.NewReader(limited, f.Size)
	switch {
	case errors.Is(err, errBudget):
		return nil, identity.Invalid("list.zip-entries", "Max", maxEntries)
	case errors.Is(err, zip.ErrInsecurePath): // looked at below
	case err != nil:
		return nil, identity.Invalid("list.zip-broken").Because(err)
	}
	limited.left = -1
	a := &archive{Reader: z}
	if len(z.File) > maxEntries {
		return nil, identity.Invalid("list.zip-entries", "Max", maxEntries)
	}
	var unpacked uint64
	for _, e := range z.File {
		if err := admit(e); err != nil {
			return nil, err
		}
		if unpacked += e.UncompressedSize64; unpacked > maxUnpacked {
			return nil, identity.Invalid("list.zip-size", "Max", maxUnpacked>>20)
		}
		if !litter(e) {
			a.files = append(a.files, e)
		}
	}
	return a, nil
}

// litter reports whether a file is one that systems and programs add.
func litter(e *zip.File) bool {
	name := path.Base(e.Name)
	return e.FileInfo().IsDir() || strings.HasPrefix(e.Name, "__MACOSX/") || strings.HasPrefix(name, ".") ||
		strings.EqualFold(name, "thumbs.db") || strings.EqualFold(name, "desktop.ini")
}

// admit refuses a file that nobody packs who has a list to bring.
func admit(e *zip.File) error {
	switch {
	case strings.ContainsAny(e.Name, "\\\x00") || path.IsAbs(e.Name) || path.Clean("/" + e.Name)[1:] != strings.TrimSuffix(e.Name, "/"):
		return identity.Invalid("list.zip-path", "Name", shown(e.Name))
	case e.Flags&1 != 0:
		return identity.Invalid("list.zip-password")
	case nested(e.Name):
		return identity.Invalid("list.zip-nested", "Name", shown(e.Name))
	case e.UncompressedSize64 > maxEntry:
		return identity.Invalid("list.zip-size", "Max", maxEntry>>20)
	case e.UncompressedSize64 > smallEntry && e.UncompressedSize64/maxRatio > e.CompressedSize64:
		return identity.Invalid("list.zip-ratio", "Name", shown(e.Name))
	}
	return nil
}

func nested(name string) bool {
	for _, ending := range []string{".zip", ".gz", ".7z", ".rar", ".tar", ".bz2", ".xz", ".xlsx"} {
		if strings.HasSuffix(strings.ToLower(name), ending) {
			return true
		}
	}
	return false
}

// shown is a text of the file in a sentence: short, and nothing in it deceives.
func shown(s string) string {
	s = identity.CleanName(strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > 60 {
		s = string(r[:59]) + "…"
	}
	return s
}

// open opens a file of the ZIP. Who reads more than the table of contents said
// gets an error.
func (a *archive) open(e *zip.File) (io.ReadCloser, error) {
	r, err := e.Open()
	if err != nil {
		return nil, identity.Invalid("list.zip-broken").Because(err)
	}
	return &bounded{ReadCloser: r, left: int64(e.UncompressedSize64)}, nil
}

type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, identity.Invalid("list.zip-broken")
	}
	if err != nil && err != io.EOF {
		var ours *identity.Error
		if !errors.As(err, &ours) {
			err = identity.Invalid("list.zip-broken").Because(fmt.Errorf("unpack: %w", err))
		}
	}
	return n, err
}
