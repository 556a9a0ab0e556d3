package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
)

// cutting is a context that ends by itself after it was looked at a number of
// times, which every step does.
type cutting struct {
	context.Context
	cancel context.CancelCauseFunc
	left   atomic.Int64
}

func cutOff(ctx context.Context, steps int) *cutting {
	c := &cutting{}
	c.Context, c.cancel = context.WithCancelCause(ctx)
	c.left.Store(int64(steps))
	return c
}

func (c *cutting) Done() <-chan struct{} {
	if c.left.Add(-1) < 0 {
		c.cancel(errors.New("cut off"))
	}
	return c.Context.Done()
}

func (l *leaver) unpackOneRoster(content []byte) map[string][][]string {
	l.t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	l.check(err)
	files := map[string][][]string{}
	for _, f := range r.File {
		file, err := f.Open()
		l.check(err)
		text, err := io.ReadAll(file)
		l.check(err)
		lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		l.check(err)
		files[f.Name] = lines[1:]
	}
	return files
}

// archiveCommand verifies an archive as its school does, without the installation.
func (l *leaver) archiveCommand(path, key string) string {
	l.t.Helper()
	var out bytes.Buffer
	l.check(run(l.t.Context(), []string{"audit", "verify-archive", "--key", key, path}, &out, io.Discard))
	if err := run(l.t.Context(), []string{"audit", "verify-archive", "--key", key, l.config}, io.Discard, io.Discard); err == nil {
		l.t.Error("a file that is no archive is taken for one")
	}
	return out.String()
}

func filepathGlob(folder string) ([]string, error) { return filepath.Glob(filepath.Join(folder, "*")) }

// A portal that is killed while it writes an archive writes it anew, and one that
// is killed while it erases a school goes on, until nothing is left.
func TestKillingThePortalWhileASchoolLeaves(t *testing.T) {
	t.Parallel()
	l := newLeaver(t, 1500)
	p := l.portal()
	l.use(p)
	folder := p.store.ExportFolder()
	id, err := l.asAdmin(p).BeginExport(t.Context())
	l.check(err)
	l.check(p.close())

	serving := l.start("serve")
	begun := func() bool {
		found, err := filepath.Glob(filepath.Join(folder, "*.part"))
		l.check(err)
		return len(found) > 0
	}
	for deadline := time.Now().Add(time.Minute); !begun(); {
		if time.Now().After(deadline) {
			t.Fatal("no archive is begun")
		}
	}
	serving.kill()
	if n := l.count("SELECT COUNT(*) FROM exports WHERE id = ? AND state = 'waiting'", string(id)); n != 1 {
		t.Fatal("the archive was written before the portal was killed")
	}
	serving = l.start("serve")
	l.eventually("the archive is not written", func() bool {
		return l.count("SELECT COUNT(*) FROM exports WHERE id = ? AND state = 'ready'", string(id)) == 1
	})
	serving.stop()
	if begun() {
		t.Error("a part is left")
	}
	p = l.portal()
	e, err := l.asAdmin(p).Export(t.Context(), id)
	l.check(err)
	file, err := works(p).Open(identity.OrganizationID(l.school.id), id)
	l.check(err)
	keys, err := p.store.CheckpointKeys()
	l.check(err)
	manifest, err := export.Verify(file, e.Bytes, keys)
	l.check(err)
	l.check(file.Close())
	said := l.archiveCommand(file.Name(), keys[0].String())
	if !strings.Contains(said, "is whole: ") {
		t.Errorf("homeroom audit verify-archive says %q", said)
	}
	if people := manifest.Files[0]; people.Name != "csv/people.csv" || people.Rows != len(l.people)+1 {
		t.Errorf("the archive has %+v", people)
	}

	platform, school := l.suspended(p)
	l.check(platform.BeginErasure(t.Context(), school, e))
	l.check(p.close())
	l.zitadel.Faults().Slow("/zitadel.org.v2.OrganizationService/DeleteOrganization", 700*time.Millisecond)
	left := func() int {
		return l.count("SELECT COUNT(*) FROM organizations WHERE id = ? OR school_id = ?", l.school.id, l.school.id)
	}
	for _, organizations := range []int{3, 2, 1} {
		serving = l.start("serve")
		l.answers()
		l.eventually("nothing is erased", func() bool { return left() <= organizations })
		serving.kill()
		if n := l.count("SELECT COUNT(*) FROM erasures"); n != 1 {
			t.Fatalf("with %d organizations left %d schools are being erased", left(), n)
		}
	}
	l.zitadel.Faults().Heal()
	serving = l.start("serve")
	l.eventually("the school is not erased", func() bool { return l.count("SELECT COUNT(*) FROM erasures") == 0 })
	serving.stop()
	l.nothingLeft("erased")
	p = l.portal()
	l.nothingThere(p, school)
	l.check(p.close())
	if n := l.count("SELECT COUNT(*) FROM audit_records WHERE action = ?", string(identity.ActionSchoolErased)); n != 1 {
		t.Errorf("%d receipts", n)
	}
	if _, err := os.Stat(folder); err == nil {
		if files, _ := filepathGlob(folder); len(files) > 0 {
			t.Errorf("archives are left: %v", files)
		}
	}
	l.command("audit", "verify")
}
