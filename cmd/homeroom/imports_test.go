package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "homeroom.dev/homeroom/"

// mayImport says which of our packages each of our packages may import. A
// package that is missing here may not exist.
var mayImport = map[string][]string{
	"identity":          {},
	"zitadel":           {"identity"},
	"zitadel/standin":   {"identity"},
	"audit":             {"identity"},
	"brand":             {},
	"store":             {"identity", "store/query", "audit", "roster"},
	"store/query":       {"identity"},
	"store/crowd":       {},
	"jobs":              {"identity", "store"},
	"bulk":              {"identity", "store"},
	"stream":            {"identity", "store", "audit", "outbound"},
	"export":            {"identity", "store", "audit", "roster"},
	"imports":           {"identity", "store", "roster"},
	"rollover":          {"identity", "store"},
	"cards":             {"identity"},
	"badge":             {"identity"},
	"doctor":            {"identity", "store"},
	"projection":        {"identity", "store"},
	"roster":            {"identity"},
	"roster/rostertest": {"roster"},
	"store/storetest":   {"store"},
	"mail":              {"identity"},
	"static":            {},
	"views":             {"identity", "static", "roster"},
	"sso":               {"identity"},
	"sso/testidp":       {"identity"},
	"sso/testdns":       {},
	"outbound":          {"identity"},
	"watch":             {"identity", "store", "sso", "outbound", "views"},
	"handlers":          {"identity", "views", "store", "static", "roster", "sso", "outbound", "audit", "brand", "stream", "bulk", "export", "doctor", "imports", "rollover", "cards", "badge"},
	"cmd/homeroom": {
		"identity", "zitadel", "zitadel/standin", "store", "jobs", "projection", "roster", "sso", "sso/testidp",
		"sso/testdns", "outbound", "watch", "mail", "static", "views", "handlers",
		"audit", "brand", "bulk", "stream", "export", "doctor", "imports", "rollover", "cards", "badge",
	},
}

// mayUse says which package alone may import a vendor's packages, so that a
// vendor can be replaced in one place.
var mayUse = map[string][]string{
	"github.com/zitadel/zitadel-go":     {"zitadel", "zitadel/standin"},
	"google.golang.org/grpc":            {"zitadel", "zitadel/standin"},
	"github.com/zitadel/oidc/v3/pkg/op": {"zitadel/standin"},
	"github.com/crewjam/saml":           {"sso/testidp", "zitadel/standin"},
	"github.com/minio/minio-go":         {"stream"},
	"github.com/xuri/excelize":          {"roster", "export"},
	"codeberg.org/go-pdf/fpdf":          {"cards"},
	"rsc.io/qr":                         {"cards"},
	"github.com/anyascii/go":            {"identity"},
	"github.com/mileusna/useragent":     {"views"},
	"modernc.org/sqlite":                {"store"},
	"github.com/pressly/goose":          {"store"},
	"github.com/riverqueue/river":       {"jobs"},
	"github.com/go-chi/chi":             {"handlers"},
	"github.com/alexedwards/scs":        {"handlers", "store"},
	"github.com/nicksnyder/go-i18n":     {"views"},
	"github.com/a-h/templ":              {"views", "handlers"},
	"github.com/wneessen/go-mail":       {"mail"},
	"github.com/alecthomas/kong":        {"cmd/homeroom"},
	"database/sql":                      {"store", "store/query", "store/crowd", "jobs"},
}

type goPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		packages = append(packages, p)
	}
}

// The table of who may import whom is law: a package appears in it before it
// exists, and a vendor has one home.
func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("package %s is not in the table", name)
			continue
		}
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which the table does not allow", name, ours)
			}
			for vendor, homes := range mayUse {
				if (imported == vendor || strings.HasPrefix(imported, vendor+"/")) && !slices.Contains(homes, name) {
					t.Errorf("%s imports %s, whose home is %v", name, imported, homes)
				}
			}
		}
	}
}

// Every package has exactly one package comment, which says what it is for.
func TestEveryPackageHasOnePackageComment(t *testing.T) {
	for _, p := range listPackages(t) {
		var commented []string
		for _, file := range p.GoFiles {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatalf("parse %s: %v", file, err)
			}
			// templ marks what it wrote with a comment in the same place.
			if parsed.Doc != nil && !strings.HasSuffix(file, "_templ.go") {
				commented = append(commented, file)
			}
		}
		// What a generator wrote has no comment of ours.
		if len(commented) != 1 && !strings.HasSuffix(p.ImportPath, "store/query") {
			t.Errorf("%s has package comments in %v, want exactly one", p.ImportPath, commented)
		}
	}
}

// Every exported name says what it is for.
func TestEveryExportedNameHasADocstring(t *testing.T) {
	for _, p := range listPackages(t) {
		if strings.HasSuffix(p.ImportPath, "store/query") {
			continue
		}
		for _, file := range p.GoFiles {
			if strings.HasSuffix(file, "_templ.go") {
				continue // templ copies no comments; the .templ file has them
			}
			fileSet := token.NewFileSet()
			parsed, err := parser.ParseFile(fileSet, filepath.Join(p.Dir, file), nil, parser.ParseComments)
			if err != nil {
				t.Fatalf("parse %s: %v", file, err)
			}
			for _, declaration := range parsed.Decls {
				if name := undocumented(declaration); name != "" {
					t.Errorf("%s: %s has no docstring", fileSet.Position(declaration.Pos()), name)
				}
			}
		}
	}
}

// undocumented is the exported name that declaration leaves without a comment.
func undocumented(declaration ast.Decl) string {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !implementsStandard(d) {
			return d.Name.Name
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil && s.Comment == nil {
					return s.Name.Name
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() && s.Doc == nil && d.Doc == nil && s.Comment == nil {
						return name.Name
					}
				}
			}
		}
	}
	return ""
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	kind := d.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	name, ok := kind.(*ast.Ident)
	return ok && name.IsExported()
}

// implementsStandard are methods whose contract is the standard library's.
func implementsStandard(d *ast.FuncDecl) bool {
	return d.Recv != nil && slices.Contains([]string{"Error", "Unwrap", "String", "ServeHTTP", "Len", "Less", "Swap"}, d.Name.Name)
}
