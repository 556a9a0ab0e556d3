package export

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Works makes the archives that schools asked for, lets go of old ones, and erases
// schools that leave.
type Works struct {
	Store       *store.Store
	Provisioner identity.Provisioner
	Now         func() time.Time
}

// path is where an archive waits. The ID is ours, so that it names no other file.
func (w Works) path(school identity.OrganizationID, id identity.ExportID) string {
	return filepath.Join(w.Store.ExportFolder(), string(school)+"-"+string(id)+".zip")
}

// Open opens the archive of an export that is ready; not found
// ("export.not-found") where it is gone.
func (w Works) Open(school identity.OrganizationID, id identity.ExportID) (*os.File, error) {
	file, err := os.Open(w.path(school, id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, identity.NotFound("export.not-found")
	}
	return file, err
}

// Handle makes one archive. It is the handler of [store.ExportJob]: run again, it
// begins anew, and what a killed process left is written over.
func (w Works) Handle(ctx context.Context, payload json.RawMessage, last bool) error {
	var job store.ExportPayload
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	school, err := w.Store.OpenUnattended(ctx, job.School)
	if identity.IsKind(err, identity.KindNotFound) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	rows := w.Store.In(school)
	e, err := rows.Export(ctx, job.Export)
	if err != nil || e.State != identity.ExportWaiting {
		return err
	}
	made, err := w.make(ctx, rows, school, e)
	if err != nil {
		if !last {
			return err
		}
		made = identity.SchoolExport{ID: e.ID, State: identity.ExportFailed}
		return errors.Join(err, rows.CloseExport(ctx, made))
	}
	return rows.CloseExport(ctx, made)
}

// make writes the archive to a file of another name and gives it its own once it
// is complete.
func (w Works) make(
	ctx context.Context, rows *store.Organization, school identity.Opened, e identity.SchoolExport,
) (identity.SchoolExport, error) {
	key, err := w.Store.SigningKey()
	if err != nil {
		return e, err
	}
	if err := os.MkdirAll(w.Store.ExportFolder(), 0o700); err != nil {
		return e, fmt.Errorf("make the folder of exports: %w", err)
	}
	path := w.path(school.ID(), e.ID)
	file, err := os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return e, fmt.Errorf("make the file of an export: %w", err)
	}
	hash, count := sha256.New(), &counter{}
	buffered := bufio.NewWriterSize(io.MultiWriter(file, hash, count), 64<<10)
	contents, err := Of(ctx, rows, school)
	var manifest Manifest
	if err == nil {
		manifest, err = Write(buffered, contents, Maker{By: e.Asker, At: w.Now(), Key: key})
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return e, errors.Join(fmt.Errorf("write an export: %w", err), os.Remove(path+".part"))
	}
	if err := os.Rename(path+".part", path); err != nil {
		return e, fmt.Errorf("finish an export: %w", err)
	}
	e.State, e.Bytes, e.SHA256 = identity.ExportReady, count.n, hex.EncodeToString(hash.Sum(nil))
	for _, f := range manifest.Files {
		e.Rows += f.Rows
	}
	return e, nil
}

type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

// Remove deletes the file of an export. One that is gone is no error.
func (w Works) Remove(school identity.OrganizationID, id identity.ExportID) error {
	if err := os.Remove(w.path(school, id)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Clear deletes archives that were ready longer than they are kept.
func (w Works) Clear(ctx context.Context) error { return w.Store.EndOldExports(ctx, w.Remove) }

// RemoveAll deletes every archive of a school.
func (w Works) RemoveAll(school identity.OrganizationID) error {
	files, err := filepath.Glob(filepath.Join(w.Store.ExportFolder(), string(school)+"-*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Of is what the school owns, read from its rows.
func Of(ctx context.Context, rows *store.Organization, school identity.Opened) (Contents, error) {
	look, err := rows.Branding(ctx)
	if err != nil {
		return Contents{}, err
	}
	return Contents{
		Roster: Roster{
			School:      school.Organization(),
			Classrooms:  func() iter.Seq2[identity.Organization, error] { return rows.EveryClassroom(ctx) },
			People:      func() iter.Seq2[identity.User, error] { return rows.EveryPerson(ctx) },
			Assignments: func() iter.Seq2[identity.RoleAssignment, error] { return rows.EveryAssignment(ctx) },
		},
		Tables: func(yield func(Row, error) bool) {
			for row, err := range rows.OwnRows(ctx) {
				if !yield(Row(row), err) {
					return
				}
			}
		},
		Audit: func() iter.Seq2[identity.AuditRecord, error] { return rows.AuditLog().All(ctx, store.AuditQuery{}) },
		Logo:  look.Logo,
	}, nil
}
