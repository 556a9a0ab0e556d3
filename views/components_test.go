package views

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
)

// reader is somebody with a page of their own.
var reader = Page{Actor: identity.Actor{User: "7", Name: "Amelia Okafor"}, Account: "amelia@linden.example", Here: "/home"}

// opened is a classroom of a school, opened for reader with these roles.
func opened(t *testing.T, held identity.Held) identity.Opened {
	t.Helper()
	classroom := identity.Organization{ID: "42", Kind: identity.KindClassroom, Name: "Biology <7B>", School: "4", SchoolName: "Linden School"}
	org, err := identity.Open(classroom, reader.Actor, held)
	if err != nil {
		t.Fatal(err)
	}
	return org
}

// draw renders c and parses it as a browser would.
func draw(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find lists what selector finds.
func find(t *testing.T, root *html.Node, selector string) []*html.Node {
	t.Helper()
	s, err := cascadia.ParseGroup(selector)
	if err != nil {
		t.Fatalf("%s: %v", selector, err)
	}
	return cascadia.QueryAll(root, s)
}

// said is the text of n with its white space folded.
func said(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// has fails unless selector finds exactly one element with that text.
func has(t *testing.T, root *html.Node, selector, want string) {
	t.Helper()
	nodes := find(t, root, selector)
	if len(nodes) != 1 {
		t.Errorf("%s finds %d elements, want one", selector, len(nodes))
		return
	}
	if got := said(nodes[0]); got != want {
		t.Errorf("%s says %q, want %q", selector, got, want)
	}
}

func TestAFieldThatIsWrongSaysSoToEverybody(t *testing.T) {
	problems := identity.Problems{{Field: "name", Message: identity.Say("organization.name.missing")}}
	field := Field{Name: "name", Label: "Name", Hint: "As students know it", Value: `a"><script>x</script>`, Problems: problems.On("name")}
	root := draw(t, Input(field))
	has(t, root, `label[for="f-name"]`, "Name")
	has(t, root, `input#f-name[name="name"][type="text"][aria-invalid="true"][aria-describedby="f-name-hint f-name-error"]`, "")
	has(t, root, "#f-name-hint", "As students know it")
	has(t, root, "#f-name-error", text(context.Background(), "organization.name.missing"))
	if n := find(t, root, "script"); len(n) > 0 {
		t.Error("a value became markup")
	}

	root = draw(t, ErrorSummary(problems))
	has(t, root, `[role="alert"][tabindex="-1"][autofocus] a[href="#f-name"]`, text(context.Background(), "organization.name.missing"))
	if n := find(t, draw(t, ErrorSummary(nil)), "div"); len(n) > 0 {
		t.Error("there is a summary of no problems")
	}
}

func TestAFieldThatIsRightIsQuiet(t *testing.T) {
	root := draw(t, Input(Field{Name: "name", Label: "Name", Optional: true}))
	has(t, root, `label[for="f-name"]`, "Name (optional)")
	has(t, root, "input:not([aria-invalid]):not([aria-describedby])", "")
}

func TestRadiosAreNamedExplainedAndReachable(t *testing.T) {
	root := draw(t, Radios(Field{Name: "role", Label: "They join as", Value: "co_teacher"}, sampleRoles))
	has(t, root, "fieldset > legend", "They join as")
	has(t, root, `input[checked][value="co_teacher"]#f-role-1[aria-describedby="f-role-1-hint"]`, "")
	has(t, root, `label[for="f-role"]`, "Student")
	has(t, root, `input[disabled][value="teacher"]`, "")
}

func TestButtonsSayForWhom(t *testing.T) {
	root := draw(t, PostButton("/o/42/remind", Action{Label: "Resend", For: "to sam@linden.example"}))
	has(t, root, `form[method="post"][action="/o/42/remind"] button`, "Resend to sam@linden.example")
}

func TestLinksCannotRunScript(t *testing.T) {
	root := draw(t, Tabs("x", []Tab{{Label: "x", Href: "/ok"}}))
	has(t, root, `a[href="/ok"]`, "x")
	root = draw(t, ErrorPage(Page{Here: "/x"}, Failure{Status: 503, Message: identity.Say("home.greeting", "Name", "<img src=x onerror=y>")}))
	if n := find(t, root, "img, [onerror]"); len(n) > 0 {
		t.Error("a message's argument became markup")
	}
}

func TestTheFrameSaysWhereAndWho(t *testing.T) {
	teacher := opened(t, identity.Held{Here: []identity.Role{identity.RoleTeacher}})
	root := draw(t, OrganizationLayout(reader, teacher, SectionRoster, "Roster"))
	has(t, root, "title", "Roster · Biology <7B> · Homeroom")
	has(t, root, ".crumbs li:first-child span", "Linden School")
	has(t, root, `.crumbs a[href="/o/42"]`, "Biology <7B>")
	has(t, root, `.sections a[aria-current="page"][href="/o/42/roster"]`, "Class list")
	has(t, root, `html[lang="en"]`, said(root))
	has(t, root, `form[action="/sign-out"][method="post"] button`, "Sign out")
	has(t, root, `form[action="/language"] button[value="es"][lang="es"]`, "Español")
	has(t, root, `form[action="/language"] input[name="next"][value="/home"]`, "")
	has(t, root, `a.skip[href="#main"]`, "Skip to the content")
	if n := find(t, root, "main"); len(n) != 1 {
		t.Errorf("%d main landmarks", len(n))
	}

	// Only who may look after the school has a page of it to go to.
	admin := opened(t, identity.Held{School: []identity.Role{identity.RoleSchoolAdmin}})
	has(t, draw(t, OrganizationLayout(reader, admin, SectionRoster, "Roster")), `.crumbs a[href="/o/4"]`, "Linden School")
}

func TestTabsLeadOnlyWhereOneMayGo(t *testing.T) {
	for _, tt := range []struct {
		role identity.Role
		want []string
	}{
		{identity.RoleStudent, nil},
		{identity.RoleCoTeacher, []string{"/o/42/roster", "/o/42/lesson", "/o/42/code", "/o/42/invitations", "/o/42/activity"}},
		{identity.RoleTeacher, []string{"/o/42/roster", "/o/42/lesson", "/o/42/code", "/o/42/invitations", "/o/42/activity", "/o/42/settings"}},
	} {
		org := opened(t, identity.Held{Here: []identity.Role{tt.role}})
		var got []string
		for _, a := range find(t, draw(t, OrganizationLayout(reader, org, SectionNone, "x")), ".sections a") {
			for _, attribute := range a.Attr {
				if attribute.Key == "href" {
					got = append(got, attribute.Val)
				}
			}
		}
		if strings.Join(got, " ") != strings.Join(tt.want, " ") {
			t.Errorf("%s: %v, want %v", tt.role, got, tt.want)
		}
	}
}

func TestARegionComesAlone(t *testing.T) {
	page := Home(reader, HomeView{Classrooms: []Place{{Organization: identity.Organization{ID: "42", Kind: identity.KindClassroom, Name: "Biology"}, Role: identity.RoleTeacher}}})
	for region, want := range map[string]string{"places": `<section id="places"`, "main": `<main id="main"`, "nothing": ""} {
		var b bytes.Buffer
		if err := templ.RenderFragments(context.Background(), &b, page, region); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); !strings.HasPrefix(got, want) || want == "" && got != "" || strings.Contains(got, "<body") {
			t.Errorf("region %s: %.80s", region, got)
		}
	}
}

func TestAStudentsHomeHasLessOnIt(t *testing.T) {
	biology := identity.Organization{ID: "42", Kind: identity.KindClassroom, Name: "Biology"}
	student := draw(t, Home(reader, HomeView{Classrooms: []Place{{Organization: biology, Role: identity.RoleStudent, Students: 31, Waiting: 2}}, Opens: NewClassroomPath}))
	has(t, student, `.place a[href="/o/42"]`, "Biology")
	has(t, student, `.place a[href="/o/42/leave"]`, "Leave Biology")
	if text := said(student); strings.Contains(text, "31") || strings.Contains(text, "waiting") || len(find(t, student, `a[href="/classrooms/new"]`)) > 0 {
		t.Errorf("a student reads %q", text)
	}
	teacher := draw(t, Home(reader, HomeView{Classrooms: []Place{{Organization: biology, Role: identity.RoleTeacher, Students: 31, Waiting: 2}}, Opens: NewClassroomPath}))
	has(t, teacher, `.place a[href="/o/42/roster"]`, "Biology")
	has(t, teacher, `a[href="/classrooms/new"]`, "Open a class")
	suspended := draw(t, Home(reader, HomeView{Classrooms: []Place{{Organization: biology, Role: identity.RoleTeacher, State: identity.AssignmentSuspended}}}))
	if n := find(t, suspended, ".place a"); len(n) > 0 {
		t.Error("a suspended role leads somewhere")
	}
}

func TestEveryStateHasAShapeOfItsOwn(t *testing.T) {
	seen := make(map[IconName]TagKind)
	for _, kind := range []TagKind{TagGood, TagWaiting, TagSeen, TagWarning, TagBad, TagOff} {
		if other, twice := seen[kind.icon()]; twice {
			t.Errorf("%s and %s look the same without colour", kind, other)
		}
		seen[kind.icon()] = kind
	}
	for _, state := range identity.InvitationStates {
		root := draw(t, InvitationTag(state))
		if label := said(find(t, root, ".tag")[0]); label == "" || strings.Contains(label, ".") {
			t.Errorf("%s is called %q", state, label)
		}
	}
}

func TestEveryIconIsInTheSprite(t *testing.T) {
	sprite, err := os.ReadFile("../static/assets/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, icon := range Icons {
		if !strings.Contains(string(sprite), `<symbol id="`+string(icon)+`"`) {
			t.Errorf("icons.svg lacks %s", icon)
		}
	}
	if symbols := strings.Count(string(sprite), "<symbol "); symbols != len(Icons) {
		t.Errorf("icons.svg has %d icons, icon.go %d", symbols, len(Icons))
	}
}

func TestHtmxKeepsNothingAndEvaluatesNothing(t *testing.T) {
	var config map[string]any
	if err := json.Unmarshal([]byte(htmxConfig), &config); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"historyCacheSize": 0.0, "refreshOnHistoryMiss": true, "historyRestoreAsHxRequest": false,
		"allowEval": false, "includeIndicatorStyles": false, "selfRequestsOnly": true,
	} {
		if config[name] != want {
			t.Errorf("%s is %v, want %v", name, config[name], want)
		}
	}
}

// What the Content-Security-Policy would block, and classes nothing styles.
func TestTemplatesKeepToThePolicyAndTheStyleSheet(t *testing.T) {
	sheets, err := filepath.Glob("../static/assets/*.css")
	if err != nil || len(sheets) == 0 {
		t.Fatalf("style sheets: %v, %v", sheets, err)
	}
	styled := make(map[string]bool)
	for _, name := range sheets {
		sheet, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.([a-z][a-z0-9-]*)`).FindAllStringSubmatch(string(sheet), -1) {
			styled[m[1]] = true
		}
	}
	names, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	forbidden := regexp.MustCompile(`\sstyle=|\son[a-z]+=|hx-on|javascript:|<style|<script>|templ\.Raw|hx-vals="js|templ\.JS`)
	classes := regexp.MustCompile(`class="([^"]*)"`)
	for _, name := range names {
		// Mail has no style sheet and no policy of ours.
		if strings.Contains(name, "mail") {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.FindString(string(content)); found != "" {
			t.Errorf("%s contains %q", name, found)
		}
		for _, m := range classes.FindAllStringSubmatch(string(content), -1) {
			for class := range strings.FieldsSeq(m[1]) {
				if !styled[class] {
					t.Errorf("%s: nothing styles the class %s", name, class)
				}
			}
		}
	}
}
