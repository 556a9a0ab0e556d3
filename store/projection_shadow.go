package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// shadowPattern names the folders of rebuilds, beside the database: rows of
// people do not leave the place they are kept at.
const shadowPattern = "rebuild-*"

// abandonedAfter is how long a rebuild's folder may lie untouched before it is
// taken for that of a process that died.
const abandonedAfter = 10 * time.Minute

// Shadow is an empty database beside the store's own, in which a projection is
// built anew without anybody seeing it. Close deletes it.
type Shadow struct {
	*Store
	folder string
}

// Shadow makes an empty database beside s, and deletes what rebuilds that died
// left behind.
func (s *Store) Shadow(ctx context.Context) (*Shadow, error) {
	beside := filepath.Dir(s.path)
	if err := sweep(beside, s.clock()); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(beside, shadowPattern)
	if err != nil {
		return nil, fmt.Errorf("make a folder for the rebuild: %w", err)
	}
	shadow, err := Open(ctx, Options{
		Path: filepath.Join(folder, "shadow.sqlite"), Keys: s.keys, Operators: s.operators, Now: s.clock,
	})
	if err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	made := &Shadow{Store: shadow, folder: folder}
	if err := made.dropTriggers(ctx); err != nil {
		return nil, errors.Join(err, made.Close())
	}
	return made, nil
}

// dropTriggers leaves out search, counts and copies: nobody reads them here, and
// they are most of the work of writing a row.
func (s *Shadow) dropTriggers(ctx context.Context) error {
	rows, err := s.reader.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
	if err != nil {
		return fmt.Errorf("list triggers: %w", translate(err))
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("list triggers: %w", translate(err))
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list triggers: %w", translate(err))
	}
	return s.write(ctx, func(tx *transaction) error {
		for _, name := range names { // our own schema's, not input
			if _, err := tx.tx.ExecContext(ctx, `DROP TRIGGER "`+name+`"`); err != nil {
				return fmt.Errorf("drop trigger %s: %w", name, err)
			}
		}
		return nil
	})
}

// Close closes and deletes the database.
func (s *Shadow) Close() error {
	closing := s.Store.Close()
	if err := os.RemoveAll(s.folder); err != nil {
		return fmt.Errorf("delete the rebuild's folder: %w", err)
	}
	return closing
}

// sweep deletes the folders of rebuilds that died.
func sweep(beside string, now time.Time) error {
	folders, err := filepath.Glob(filepath.Join(beside, shadowPattern))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if touched, err := lastTouched(folder); err == nil && now.Sub(touched) > abandonedAfter {
			if err := os.RemoveAll(folder); err != nil {
				return fmt.Errorf("delete an abandoned rebuild: %w", err)
			}
		}
	}
	return nil
}

func lastTouched(folder string) (time.Time, error) {
	var last time.Time
	entries, err := os.ReadDir(folder)
	if err != nil {
		return last, err
	}
	for _, entry := range append(entries, nil) {
		var info os.FileInfo
		if entry == nil {
			info, err = os.Stat(folder)
		} else {
			info, err = entry.Info()
		}
		if err != nil {
			return last, err
		}
		last = later(last, info.ModTime())
	}
	return last, nil
}
