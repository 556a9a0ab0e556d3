package identity

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// actions reads which actions there are from where they are declared.
func actions(t *testing.T) []Action {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "audit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []Action
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Action") {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, Action(text))
		return true
	})
	if len(found) < 90 {
		t.Fatalf("only %d actions were found", len(found))
	}
	return found
}

// Whatever happens can be looked for.
func TestEveryActionIsInAGroup(t *testing.T) {
	all := actions(t)
	for _, action := range all {
		if !slices.ContainsFunc(ActionGroups, func(g ActionGroup) bool { return slices.Contains(g.Actions(), action) }) {
			t.Errorf("%s is in no group", action)
		}
	}
	for _, group := range ActionGroups {
		seen := map[Action]bool{}
		for _, action := range group.Actions() {
			if !slices.Contains(all, action) || seen[action] {
				t.Errorf("%s has %s, which is none or twice there", group, action)
			}
			seen[action] = true
		}
		if len(seen) == 0 {
			t.Errorf("%s has nothing", group)
		}
	}
	if got := ActionGroup("nothing").Actions(); len(got) != 0 {
		t.Errorf("no group has %v", got)
	}
}
