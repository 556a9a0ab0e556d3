package stream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"homeroom.dev/homeroom/identity"
)

// directory writes each batch into a file of its own, below the one directory
// that the configuration opens to it. A file is there whole or not at all, and a
// batch that is sent again replaces its file.
type directory struct {
	base string
	name string
}

func (d directory) send(_ context.Context, b batch) error {
	if d.base == "" {
		return identity.Unavailable("stream.no-directory")
	}
	if err := d.write(b); err != nil {
		return identity.Unavailable("stream.unwritable", "Name", d.name).Because(err)
	}
	return nil
}

func (d directory) write(b batch) (err error) {
	base, err := os.OpenRoot(d.base) // nothing below leads out of it, links included
	if err != nil {
		return fmt.Errorf("open the directory: %w", err)
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	file := path.Join(d.name, b.path())
	if err := base.MkdirAll(path.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make the directory: %w", err)
	}
	unfinished := file + ".part"
	if err := writeFile(base, unfinished, b.body()); err != nil {
		return err
	}
	if err := base.Rename(unfinished, file); err != nil {
		return fmt.Errorf("name the file: %w", err)
	}
	// Every name on the way may be new: a crash must not lose it after the cursor
	// has moved.
	for at := path.Dir(file); ; at = path.Dir(at) {
		if err := syncDirectory(base, at); err != nil {
			return fmt.Errorf("keep the name: %w", err)
		}
		if at == "." {
			return nil
		}
	}
}

func writeFile(base *os.Root, name string, body []byte) error {
	file, err := base.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fs.FileMode(0o600))
	if err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	if _, err = file.Write(body); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	return nil
}

func syncDirectory(base *os.Root, name string) error {
	d, err := base.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
