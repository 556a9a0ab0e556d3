package export

import (
	"archive/zip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"homeroom.dev/homeroom/audit"
)

// maxManifest bounds what is read of an archive before its signature is known to
// be right.
const maxManifest = 1 << 20

// Verify reads an archive and reports what is wrong with it: a manifest that none
// of the keys signed, a file that is missing, was changed or is not in the
// manifest.
func Verify(r io.ReaderAt, size int64, keys []audit.PublicKey) (Manifest, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return Manifest{}, fmt.Errorf("read the archive: %w", err)
	}
	text, err := read(archive, manifestName)
	if err != nil {
		return Manifest{}, err
	}
	signature, err := read(archive, signatureName)
	if err != nil {
		return Manifest{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(signature)))
	if err != nil {
		return Manifest{}, fmt.Errorf("read the signature: %w", err)
	}
	if !slices.ContainsFunc(keys, func(k audit.PublicKey) bool { return ed25519.Verify(k[:], signed(text), raw) }) {
		return Manifest{}, errors.New("the manifest is not signed by a key of this installation")
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("read the manifest: %w", err)
	}
	if m.Format != Format {
		return Manifest{}, fmt.Errorf("the format is %q, not %q", m.Format, Format)
	}
	return m, m.compare(archive)
}

func (m Manifest) compare(archive *zip.Reader) error {
	var wrong []error
	listed := map[string]bool{manifestName: true, signatureName: true}
	for _, f := range m.Files {
		listed[f.Name] = true
		file, err := archive.Open(f.Name)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s is missing", f.Name))
			continue
		}
		hash := sha256.New()
		n, err := io.Copy(hash, file)
		_ = file.Close() // it was read only, and all of it is judged below
		if err != nil || n != f.Bytes || hex.EncodeToString(hash.Sum(nil)) != f.SHA256 {
			wrong = append(wrong, fmt.Errorf("%s was changed", f.Name))
		}
	}
	for _, f := range archive.File {
		if !listed[f.Name] {
			wrong = append(wrong, fmt.Errorf("%s is not in the manifest", f.Name))
		}
	}
	return errors.Join(wrong...)
}

func read(archive *zip.Reader, name string) ([]byte, error) {
	file, err := archive.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the archive has no %s", name)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}
