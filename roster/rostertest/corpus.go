// Package rostertest holds lists for tests: the corpus of package roster, and
// lists of any length. It imports package roster alone. Start reading at [Corpus].
package rostertest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"homeroom.dev/homeroom/roster"
)

// List is a list of the corpus.
type List struct {
	Name string // as its expectations are called, without what stands for their kind
	Path string // of the file or the folder
	roster.File
}

// Corpus reads the lists below dir, which is roster/testdata: the files of lists,
// and the folders of sets, packed as ZIP. They are sorted by name.
func Corpus(dir string) ([]List, error) {
	var corpus []List
	for _, kind := range []string{"lists", "sets"} {
		entries, err := os.ReadDir(filepath.Join(dir, kind))
		if err != nil {
			return nil, fmt.Errorf("read corpus: %w", err)
		}
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".json" {
				continue
			}
			list := List{Name: kind + "/" + e.Name(), Path: filepath.Join(dir, kind, e.Name())}
			var content []byte
			name := e.Name()
			if e.IsDir() {
				content, err = Zip(list.Path)
				name += ".zip"
			} else {
				content, err = os.ReadFile(list.Path)
			}
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", list.Name, err)
			}
			list.File = Bytes(name, content)
			if strings.Contains(name, "paste") {
				list.File.Name = ""
			}
			corpus = append(corpus, list)
		}
	}
	return corpus, nil
}

// Bytes is a file in memory.
func Bytes(name string, content []byte) roster.File {
	return roster.File{ReaderAt: bytes.NewReader(content), Size: int64(len(content)), Name: name}
}

// Zip packs the files below dir, sorted by name.
func Zip(dir string) ([]byte, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, path := range names {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := write(archive, filepath.ToSlash(name), func(w io.Writer) error {
			_, err := w.Write(content)
			return err
		}); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func write(archive *zip.Writer, name string, content func(io.Writer) error) error {
	w, err := archive.Create(name)
	if err != nil {
		return err
	}
	return content(w)
}
