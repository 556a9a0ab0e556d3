package export

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func contents() Contents {
	rows := []Row{
		{Table: "invitations", Values: map[string]any{"id": "i1", "address": "=cmd@x.example"}},
		{Table: "invitations", Values: map[string]any{"id": "i2"}},
		{Table: "streams"},
	}
	return Contents{
		Roster: linden(),
		Tables: func(yield func(Row, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		},
		Audit: each(identity.AuditRecord{ID: "r1", Organization: "s", Home: "s", At: noon, Action: identity.ActionInvited, TargetName: "=Sam"}),
		Logo:  []byte("png"),
	}
}

func write(t *testing.T, c Contents) ([]byte, Manifest) {
	t.Helper()
	var out bytes.Buffer
	manifest, err := Write(&out, c, Maker{By: identity.Actor{User: "olu"}, At: noon, Key: key(1)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), manifest
}

func TestAnArchiveIsCompleteAndSigned(t *testing.T) {
	archive, written := write(t, contents())
	got, err := Verify(bytes.NewReader(archive), int64(len(archive)), []audit.PublicKey{audit.PublicOf(key(2)), audit.PublicOf(key(1))})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written, got); diff != "" {
		t.Error(diff)
	}
	want := map[string]int{
		"csv/people.csv": 3, "csv/classrooms.csv": 2, "csv/rosters.csv": 5, "csv/audit.csv": 1, "data/audit.jsonl": 1,
		"oneroster.zip": 0, "logo.png": 0, "data/invitations.jsonl": 2, "data/streams.jsonl": 0,
	}
	rows := map[string]int{}
	for _, f := range got.Files {
		rows[f.Name] = f.Rows
	}
	if diff := cmp.Diff(want, rows, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if got.School != "s" || got.MadeBy != "olu" || !got.MadeAt.Equal(noon) || got.SignedBy != audit.PublicOf(key(1)).String() {
		t.Errorf("manifest = %+v", got)
	}
	if sheet := member0(t, archive, "csv/audit.csv"); !strings.Contains(sheet, "'=Sam") {
		t.Errorf("a formula is not neutralised:\n%s", sheet)
	}
	if lines := member0(t, archive, "data/invitations.jsonl"); !strings.Contains(lines, `"=cmd@x.example"`) {
		t.Errorf("the data are not as they were:\n%s", lines)
	}
}

func member0(t *testing.T, archive []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// repack writes an archive anew with its files changed.
func repack(t *testing.T, archive []byte, change func(name string, text []byte) (string, []byte)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		name, text := change(f.Name, []byte(member0(t, archive, f.Name)))
		if name == "" {
			continue
		}
		file, err := w.Create(name)
		if err == nil {
			_, err = file.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWhatWasDoneToAnArchiveIsFound(t *testing.T) {
	archive, _ := write(t, contents())
	on := func(target string, f func([]byte) (string, []byte)) func(string, []byte) (string, []byte) {
		return func(name string, text []byte) (string, []byte) {
			if name == target {
				return f(text)
			}
			return name, text
		}
	}
	for _, tt := range []struct {
		name   string
		change func(string, []byte) (string, []byte)
		says   string
	}{
		{"nothing", func(name string, text []byte) (string, []byte) { return name, text }, ""},
		{"a byte", on("csv/people.csv", func(b []byte) (string, []byte) { b[40] ^= 1; return "csv/people.csv", b }), "csv/people.csv was changed"},
		{"a file away", on("csv/audit.csv", func([]byte) (string, []byte) { return "", nil }), "csv/audit.csv is missing"},
		{"a file more", on("logo.png", func(b []byte) (string, []byte) { return "other.png", b }), "other.png is not in the manifest"},
		{"the manifest", on(manifestName, func(b []byte) (string, []byte) {
			return manifestName, bytes.Replace(b, []byte(`"olu"`), []byte(`"eve"`), 1)
		}), "not signed by a key"},
		{"no manifest", on(manifestName, func([]byte) (string, []byte) { return "", nil }), "has no manifest.json"},
		{"no signature", on(signatureName, func([]byte) (string, []byte) { return "", nil }), "has no manifest.sig"},
		{"a signature of nonsense", on(signatureName, func([]byte) (string, []byte) { return signatureName, []byte("?") }), "read the signature"},
	} {
		changed := repack(t, archive, tt.change)
		_, err := Verify(bytes.NewReader(changed), int64(len(changed)), []audit.PublicKey{audit.PublicOf(key(1))})
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
	if _, err := Verify(bytes.NewReader(archive), int64(len(archive)), []audit.PublicKey{audit.PublicOf(key(2))}); err == nil {
		t.Error("another installation's key vouches for it")
	}
}

func TestABrokenTableBreaksTheArchive(t *testing.T) {
	c := contents()
	c.Tables = iter.Seq2[Row, error](func(yield func(Row, error) bool) { yield(Row{}, io.ErrUnexpectedEOF) })
	if _, err := Write(&bytes.Buffer{}, c, Maker{At: noon, Key: key(1)}); err == nil {
		t.Error("no error")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("PK"))
	var out bytes.Buffer
	if _, err := Write(&out, contents(), Maker{At: noon, Key: key(1)}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, archive []byte) {
		_, _ = Verify(bytes.NewReader(archive), int64(len(archive)), []audit.PublicKey{audit.PublicOf(key(1))})
	})
}
