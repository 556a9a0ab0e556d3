package views

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// families are the beginnings of IDs that code puts together from a word of the
// model, such as "role." and the role. Everything else is written out.
var families = []string{"activity.what.", "audit.", "badge.why.", "credential.", "doctor.", "finding.", "mend.", "role.", "kind.", "state.", "time.weekday.", "time.month."}

// entry is a text with its plural forms; one without has the form other alone.
type entry map[string]string

// entries reads the message files: by language, by ID.
func entries(t *testing.T) map[string]map[string]entry {
	t.Helper()
	all := make(map[string]map[string]entry)
	names, err := fs.Glob(messageFiles, "messages/*.json")
	if err != nil {
		t.Fatal(err)
	}
	from := make(map[string]string)
	for _, name := range names {
		language := strings.Split(filepath.Base(name), ".")[1]
		content, err := fs.ReadFile(messageFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		var file map[string]any
		if err := json.Unmarshal(content, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if all[language] == nil {
			all[language] = make(map[string]entry)
		}
		for id, value := range file {
			if other, twice := from[language+" "+id]; twice {
				t.Errorf("%s is in %s and in %s", id, other, name)
			}
			from[language+" "+id] = name
			e := make(entry)
			switch v := value.(type) {
			case string:
				e["other"] = v
			case map[string]any:
				for form, said := range v {
					e[form], _ = said.(string)
				}
			}
			if e["other"] == "" {
				t.Errorf("%s: %s has no text", name, id)
			}
			all[language][id] = e
		}
	}
	return all
}

// pluralForms are those a text with plurals has. Spanish may have a further
// one, many, for millions; without it go-i18n takes other.
var pluralForms = []string{"one", "other"}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// placeholders are those of all forms of a text.
func (e entry) placeholders() []string {
	var names []string
	for _, said := range e {
		for _, m := range placeholder.FindAllStringSubmatch(said, -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestEveryTextIsInEveryLanguage(t *testing.T) {
	all := entries(t)
	for _, l := range Languages {
		if len(all[l.Tag]) == 0 {
			t.Errorf("nothing is said in %s", l.Name)
		}
		for other, texts := range all {
			for id := range texts {
				if _, ok := all[l.Tag][id]; !ok {
					t.Errorf("%s is said in %s and not in %s", id, other, l.Tag)
				}
			}
		}
	}
	if len(all) != len(Languages) {
		t.Errorf("message files in %v, languages %v", slices.Collect(maps.Keys(all)), Languages)
	}
	first := all[Languages[0].Tag]
	for tag, texts := range all {
		for id, e := range texts {
			if want := first[id].placeholders(); first[id] != nil && !slices.Equal(e.placeholders(), want) {
				t.Errorf("%s in %s has the placeholders %v, want %v", id, tag, e.placeholders(), want)
			}
			if len(first[id]) < 2 && len(e) < 2 {
				continue
			}
			forms := slices.DeleteFunc(slices.Sorted(maps.Keys(e)), func(form string) bool { return form == "many" })
			if !slices.Equal(forms, pluralForms) {
				t.Errorf("%s in %s has the forms %v, want %v", id, tag, forms, pluralForms)
			}
		}
	}
}

// forIT are the beginnings of IDs of texts that only a school's IT reads, in the
// words of protocols and of their own menus and files.
var forIT = []string{"guide.", "mend."}

// No text begs, apologises or speaks the protocols' words to teachers.
func TestTextsDoNotPlead(t *testing.T) {
	banned := regexp.MustCompile(`(?i)\b(please|oops|sorry|por favor|lo sentimos|usted)\b`)
	jargon := regexp.MustCompile(`(?i)\b(tenant|provisioning|idp)\b`)
	for tag, texts := range entries(t) {
		for id, e := range texts {
			read := slices.ContainsFunc(forIT, func(beginning string) bool { return strings.HasPrefix(id, beginning) })
			for _, said := range e {
				word := banned.FindString(said)
				if word == "" && !read {
					word = jargon.FindString(said)
				}
				if word != "" {
					t.Errorf("%s in %s says %q", id, tag, word)
				}
			}
		}
	}
}

// speaking are the functions that take a literal ID, and which argument it is.
var speaking = map[string]int{
	"Say": 0, "NotFound": 0, "Forbidden": 0, "Conflict": 0, "Invalid": 0, "Unavailable": 0, "Gone": 0, "text": 1,
}

var looksLikeID = regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$`)

// spoken is what the program's own code says: IDs by the place that says them,
// and every literal there is, so that an ID in a table counts as used.
type spoken struct {
	ids      map[string]token.Position
	literals map[string]bool
	prefixes map[string]token.Position
}

func readCode(t *testing.T) spoken {
	t.Helper()
	s := spoken{make(map[string]token.Position), make(map[string]bool), make(map[string]token.Position)}
	files := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "standin" || d.Name() == "testdata" || d.Name() == "tools" || path != ".." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir // the stand-in speaks as Zitadel does
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if id, ok := literal(n); ok {
					s.literals[id] = true
				}
			case *ast.CallExpr:
				s.call(files, n)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(lit.Value)
	return value, err == nil
}

func (s spoken) call(files *token.FileSet, call *ast.CallExpr) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	at, ok := speaking[name]
	if name == "Add" { // identity.Problems, and not the many others
		at, ok = 1, true
	}
	if !ok || at >= len(call.Args) {
		return
	}
	if sum, composed := call.Args[at].(*ast.BinaryExpr); composed {
		if prefix, ok := literal(sum.X); ok && name != "Add" {
			s.prefixes[prefix] = files.Position(call.Pos())
		}
		return
	}
	id, ok := literal(call.Args[at])
	if ok && (name != "Add" || looksLikeID.MatchString(id)) {
		s.ids[id] = files.Position(call.Pos())
	}
}

func TestCodeAndCatalogueSayTheSame(t *testing.T) {
	said := readCode(t)
	texts := entries(t)[Languages[0].Tag]
	for id, position := range said.ids {
		if _, ok := texts[id]; !ok {
			t.Errorf("%s: %s is in no message file", position, id)
		}
	}
	for prefix, position := range said.prefixes {
		if !slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(prefix, f) }) {
			t.Errorf("%s: an ID is put together from %q; write it out", position, prefix)
		}
	}
	for id := range texts {
		if !said.literals[id] && !slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(id, f) }) {
			t.Errorf("%s is said nowhere", id)
		}
	}
}

func TestEveryWordOfTheModelHasAText(t *testing.T) {
	texts := entries(t)[Languages[0].Tag]
	var ids []string
	for _, r := range identity.Roles {
		ids = append(ids, "role."+string(r))
	}
	for _, k := range []identity.Kind{identity.KindSchool, identity.KindClassroom} {
		ids = append(ids, "kind."+string(k))
	}
	for _, why := range identity.BadgeRefusals {
		ids = append(ids, "badge.why."+string(why))
	}
	for _, state := range identity.LessonStates {
		ids = append(ids, "state.lesson."+string(state))
	}
	for _, id := range ids {
		if texts[id] == nil {
			t.Errorf("%s is in no message file", id)
		}
	}
}

func TestMatchChoosesALanguageThereIs(t *testing.T) {
	for _, tt := range []struct{ name, accept, chosen, want string }{
		{"nothing", "", "", "en"},
		{"header", "es-MX,es;q=0.9,en;q=0.8", "", "es"},
		{"cookie before header", "es", "en", "en"},
		{"a language there is not", "de-CH", "", "en"},
		{"the second choice", "de;q=0.9, es;q=0.5", "", "es"},
		{"nonsense", ";;;,,==", "\x00\xff", "en"},
		{"a very long header", strings.Repeat("es,", 5000), "", "en"},
		{"a user's profile", "en", "es-419", "es"},
	} {
		if got := Match(tt.accept, tt.chosen); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTextPutsArgumentsIntoWords(t *testing.T) {
	es := WithLanguage(context.Background(), "es")
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		message identity.Message
		want    string
	}{
		{"nothing", es, identity.Message{}, ""},
		{"one", context.Background(), identity.Say("home.students", "Count", 1), "1 student"},
		{"several", context.Background(), identity.Say("home.students", "Count", 1208), "1,208 students"},
		{"none", context.Background(), identity.Say("home.students", "Count", 0), "0 students"},
		{"in another language", es, identity.Say("home.students", "Count", 12080), "12\u202f080 estudiantes"},
		{"four digits in Spanish", es, identity.Say("home.students", "Count", 1208), "1208 estudiantes"},
		{"a role", es, identity.Say("home.offer", "Inviter", "Zoë", "Role", identity.RoleTeacher), "Invitación de Zoë como Docente"},
		{"a message in a message", es, identity.Say("home.greeting", "Name", identity.Say("layout.home")), "Hola, Inicio"},
		{"markup is no business of the catalogue", es, identity.Say("home.greeting", "Name", "<b>"), "Hola, <b>"},
		{"an unknown ID", es, identity.Say("nothing.of.the.kind"), "nothing.of.the.kind"},
	} {
		if got := Text(tt.ctx, tt.message); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
