package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// export writes every roster to path, or to out if it is "-".
func (p *portal) export(ctx context.Context, path string, out io.Writer) (err error) {
	if path != "-" {
		file, openErr := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if openErr != nil {
			return fmt.Errorf("export: %w", openErr)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	buffered := bufio.NewWriter(out)
	if err := p.store.ExportRosters(ctx, buffered); err != nil {
		return err
	}
	return buffered.Flush()
}
