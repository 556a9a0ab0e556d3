package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/export"
)

type auditArchiveCommand struct {
	Key  []string `help:"Public key of the installation that made the archive, as homeroom audit verify prints it. It may be repeated." required:"" placeholder:"KEY"`
	File string   `arg:"" help:"The archive of a school."`
}

// Run says whether the archive of a school is as it was made. It needs neither the
// database nor Zitadel: whoever keeps the archive can do it.
func (a *auditArchiveCommand) Run(_ context.Context, c console) (err error) {
	var keys []audit.PublicKey
	for _, text := range a.Key {
		key, err := audit.ParsePublicKey(text)
		if err != nil {
			return fmt.Errorf("--key: %w", err)
		}
		keys = append(keys, key)
	}
	file, err := os.Open(a.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	m, err := export.Verify(file, info.Size(), keys)
	if err != nil {
		return fmt.Errorf("the archive is not as it was made: %w", err)
	}
	for _, f := range m.Files {
		fmt.Fprintf(c.Out, "%s  %8d  %s\n", f.SHA256, f.Rows, f.Name)
	}
	fmt.Fprintf(c.Out, "The archive of %s (%s), made %s, is whole: %d files.\n", m.Name, m.School, m.MadeAt.Format("2006-01-02 15:04 MST"), len(m.Files))
	return nil
}
