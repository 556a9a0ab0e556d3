package export

import (
	"archive/zip"
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"strings"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
)

// Format names the layout of the archive. A change that readers have to know of
// changes it.
const Format = "homeroom-school/1"

// Row is one row of one of the portal's tables, without its secrets.
type Row struct {
	Table  string
	Values map[string]any
}

// Contents are what a school owns. Each sequence is read once for each file that
// is written from it.
type Contents struct {
	Roster
	// Tables are the rows of all tables, one table after the other. A table
	// without rows has one Row without values, so that the archive names it.
	Tables iter.Seq2[Row, error]
	Audit  func() iter.Seq2[identity.AuditRecord, error]
	Logo   []byte // PNG, or empty
}

// Maker is who has the archive made, when, and the key that signs it.
type Maker struct {
	By  identity.Actor
	At  time.Time
	Key ed25519.PrivateKey
}

// File is a file of an archive, as its manifest tells it.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"` // records, lines or rows; 0 where there is nothing to count
}

// Manifest says what an archive holds.
type Manifest struct {
	Format   string    `json:"format"`
	School   string    `json:"school"`
	Name     string    `json:"name"`
	MadeAt   time.Time `json:"made_at"`
	MadeBy   string    `json:"made_by"` // ID of the user
	Files    []File    `json:"files"`
	SignedBy string    `json:"signed_by"` // public key, base64
}

// Names of the two files that vouch for the rest.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.sig"
)

// signed is what is signed: the manifest, told apart from all else that the same
// key signs.
func signed(manifest []byte) []byte { return append([]byte(Format+"\n"), manifest...) }

// Write writes the archive of a school to w and answers its manifest.
func Write(w io.Writer, c Contents, maker Maker) (Manifest, error) {
	a := &archive{
		zip: zip.NewWriter(w), at: maker.At,
		manifest: Manifest{
			Format: Format, School: string(c.School.ID), Name: c.School.Name, MadeAt: maker.At.UTC(),
			MadeBy: string(maker.By.User), SignedBy: audit.PublicOf(maker.Key).String(),
		},
	}
	type part struct {
		name  string
		write func(io.Writer) (int, error)
	}
	parts := []part{
		{"csv/people.csv", c.writePeople},
		{"csv/classrooms.csv", c.writeClassrooms},
		{"csv/rosters.csv", c.writeRosters},
		{"csv/audit.csv", func(w io.Writer) (int, error) { return c.writeAudit(audit.NewCSV(w)) }},
		{"data/audit.jsonl", func(w io.Writer) (int, error) { return c.writeAudit(audit.NewJSONLines(w)) }},
		{"oneroster.zip", func(w io.Writer) (int, error) { return 0, WriteOneRoster(w, c.Roster, maker.At) }},
	}
	if len(c.Logo) > 0 {
		parts = append(parts, part{"logo.png", func(w io.Writer) (int, error) { _, err := w.Write(c.Logo); return 0, err }})
	}
	for _, part := range parts {
		if err := a.add(part.name, part.write); err != nil {
			return Manifest{}, err
		}
	}
	if err := a.addTables(c.Tables); err != nil {
		return Manifest{}, err
	}
	if err := a.close(maker.Key); err != nil {
		return Manifest{}, err
	}
	return a.manifest, nil
}

// archive is a ZIP that keeps a manifest of what goes into it.
type archive struct {
	zip      *zip.Writer
	at       time.Time
	manifest Manifest
}

// member is a file of the archive while it is being written.
type member struct {
	file io.Writer
	hash hash.Hash
	name string
	size int64
	rows int
}

func (m *member) Write(b []byte) (int, error) {
	n, err := m.file.Write(b)
	m.hash.Write(b[:n])
	m.size += int64(n)
	return n, err
}

func (a *archive) begin(name string) (*member, error) {
	file, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at})
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return &member{file: file, hash: sha256.New(), name: name}, nil
}

func (a *archive) end(m *member) {
	a.manifest.Files = append(a.manifest.Files, File{
		Name: m.name, Bytes: m.size, SHA256: hex.EncodeToString(m.hash.Sum(nil)), Rows: m.rows,
	})
}

func (a *archive) add(name string, write func(io.Writer) (int, error)) error {
	m, err := a.begin(name)
	if err != nil {
		return err
	}
	if m.rows, err = write(m); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	a.end(m)
	return nil
}

// addTables writes a file for each table, as its rows come.
func (a *archive) addTables(rows iter.Seq2[Row, error]) error {
	var m *member
	var lines *bufio.Writer
	finish := func() error {
		if m == nil {
			return nil
		}
		if err := lines.Flush(); err != nil {
			return fmt.Errorf("write %s: %w", m.name, err)
		}
		a.end(m)
		return nil
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if name := "data/" + row.Table + ".jsonl"; m == nil || m.name != name {
			if err := finish(); err != nil {
				return err
			}
			if m, err = a.begin(name); err != nil {
				return err
			}
			lines = bufio.NewWriter(m)
		}
		if row.Values == nil {
			continue
		}
		line, err := json.Marshal(row.Values)
		if err != nil {
			return fmt.Errorf("write %s: %w", m.name, err)
		}
		m.rows++
		if _, err := lines.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write %s: %w", m.name, err)
		}
	}
	return finish()
}

// close adds the manifest and its signature, which the manifest does not list.
func (a *archive) close(key ed25519.PrivateKey) error {
	manifest, err := json.MarshalIndent(a.manifest, "", "\t")
	if err != nil {
		return err
	}
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(key, signed(manifest))) + "\n"
	for _, f := range []struct {
		name string
		text []byte
	}{{manifestName, manifest}, {signatureName, []byte(signature)}} {
		m, err := a.begin(f.name)
		if err != nil {
			return err
		}
		if _, err := m.Write(f.text); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return a.zip.Close()
}

func (c Contents) writeAudit(w audit.Writer) (int, error) {
	rows := 0
	for record, err := range c.Audit() {
		if err != nil {
			return 0, err
		}
		if err := w.Write(record); err != nil {
			return 0, err
		}
		rows++
	}
	return rows, w.Flush()
}

// sheet writes a table for people who read tables.
func sheet(w io.Writer, columns string, rows func(row func(...string) error) error) (int, error) {
	lines, n := csv.NewWriter(w), 0
	if err := lines.Write(strings.Split(columns, ",")); err != nil {
		return 0, err
	}
	err := rows(func(cells ...string) error {
		for i, cell := range cells {
			cells[i] = identity.HarmlessCell(cell)
		}
		n++
		return lines.Write(cells)
	})
	lines.Flush()
	return n, errors.Join(err, lines.Error())
}

func (c Contents) writePeople(w io.Writer) (int, error) {
	return sheet(w, "id,user_name,given_name,family_name,address,language,state,at_home,last_seen,created", func(row func(...string) error) error {
		for u, err := range c.People() {
			if err != nil {
				return err
			}
			home := "no"
			if u.Home == c.School.ID {
				home = "yes"
			}
			err := row(string(u.ID), u.UserName, u.GivenName, u.FamilyName, u.Address, u.Language, string(u.State), home,
				stamp(u.LastSeenAt), stamp(u.CreatedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (c Contents) writeClassrooms(w io.Writer) (int, error) {
	return sheet(w, "id,name,state,created", func(row func(...string) error) error {
		for o, err := range c.Classrooms() {
			if err != nil {
				return err
			}
			if err := row(string(o.ID), o.Name, string(o.State), stamp(o.CreatedAt)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c Contents) writeRosters(w io.Writer) (int, error) {
	return sheet(w, "organization,user,roles,state,since", func(row func(...string) error) error {
		for a, err := range c.Assignments() {
			if err != nil {
				return err
			}
			roles := make([]string, len(a.Roles))
			for i, r := range a.Roles {
				roles[i] = string(r)
			}
			err := row(string(a.Organization), string(a.User), strings.Join(roles, " "), string(a.State), stamp(a.CreatedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
