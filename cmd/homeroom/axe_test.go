package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// axe finds what keeps people from using a page.
//
//go:embed testdata/axe/axe.min.js
var axe string

// Every page, for everybody who may see it, is free of what axe knows as a
// barrier, and fits a narrow phone. The pages are the router's own list, so a
// new one is looked at as soon as it has a route.
func TestEveryPageIsAccessible(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	p := d.places(b)
	p.signIn = d.signIns(t, "Linden School", demoSchoolAdmin.userName)
	seen := &sync.Map{}
	people := map[string]demoAccount{
		"teacher": demoTeacher, "school admin": demoSchoolAdmin, "student": demoStudent, "operator": demoOperator, "nobody": {}, "by a link": {},
	}
	windows := make(map[string]*window)
	for name, account := range people {
		w := b.window(name)
		windows[name] = w
		switch name {
		case "nobody":
		case "by a link":
			p.signIn.confirm(d, w)
		default:
			w.signIn(d, account.userName, demoPassword)
			w.sees(account.given)
		}
	}
	p.signIn.activate(t) // from now on the sign-in page asks for the address first
	t.Run("as", func(t *testing.T) {
		for name, account := range people {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := windows[name]
				w.t = t
				e := &examiner{window: w, portal: d.urls.portal, seen: seen}
				for _, route := range d.pages(t) {
					for _, path := range p.fill(route) {
						e.visit(path)
					}
				}
				switch account {
				case demoTeacher:
					p.forms(e)
				case demoSchoolAdmin:
					p.signIn.forms(e)
				}
				t.Logf("%d pages, %d of them unlike any before", e.pages, e.examined)
			})
		}
	})
	w := windows["school admin"]
	w.t = t
	p.signIn.enforce(t, &examiner{window: w, portal: d.urls.portal, seen: seen})
}

// pages are the routes that a browser may show.
func (d *demo) pages(t *testing.T) []string {
	t.Helper()
	var routes []string
	err := chi.Walk(d.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		switch {
		case method != http.MethodGet, strings.HasPrefix(route, "/static/"), route == views.HealthPath, route == views.ReadyPath:
		case strings.HasSuffix(route, "/{file}"), strings.HasSuffix(route, "/text"), strings.HasSuffix(route, ".json"), strings.HasSuffix(route, ".csv"), strings.HasSuffix(route, ".pdf"), route == views.BadgeKeysPath: // to be kept, not to be looked at
		default:
			routes = append(routes, route)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(routes) < 20 {
		t.Fatalf("only %d pages were found", len(routes))
	}
	return append(routes, "/no/such/page")
}

// places are what the routes' parameters may stand for.
type places struct {
	classes, schools    []string
	student, invitation string
	archived            string   // a class
	openings            []string // lists of classes: under way, and done with a failure
	imports             []string // lists of people of the class: in every state
	sheet               string   // of login cards of the class
	tokens              []string
	records             []string // of the logs
	signIn              *signInPlaces
}

// places fills the demo with invitations in every state.
func (d *demo) places(b *browser) *places {
	t := b.t
	t.Helper()
	one := func(query string) (value string) {
		t.Helper()
		if err := d.store.Writer().QueryRowContext(t.Context(), query).Scan(&value); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return value
	}
	biology := one("SELECT id FROM organizations WHERE name = 'Biology 7B'")
	history := one("SELECT id FROM organizations WHERE name = 'History 8A' AND school_id <> ''")
	p := &places{
		classes: []string{biology},
		schools: []string{one("SELECT id FROM organizations WHERE name = 'Linden School'")},
		student: one("SELECT user_id FROM role_assignments WHERE role = 'student' AND organization_id = '" + biology + "'"),
		tokens:  []string{"unknown"},
	}
	w := b.window("host")
	w.signIn(d, demoTeacher.userName, demoPassword)
	w.sees("Biology 7B")
	states := []string{"waiting", "expired", "revoked", "accepted", "failed"}
	invited := []string{demoStudent.userName}
	for _, state := range states {
		invited = append(invited, state+"@linden.example")
	}
	w.open(d.urls.portal + views.NewInvitationPath(identity.OrganizationID(history)))
	w.fill("E-mail addresses", strings.Join(invited, ", "))
	w.press("Send invitations")
	w.sees("6 people are invited")
	w.open(d.urls.portal + views.NewInvitationPath(identity.OrganizationID(biology)))
	w.fill("E-mail addresses", strings.Join(invited[1:], ", "))
	w.press("Send invitations")
	w.sees("5 people are invited")
	for _, address := range invited {
		p.tokens = append(p.tokens, d.token(t, address))
	}
	for _, change := range []string{
		"state = 'revoked', revoked_us = created_us WHERE address LIKE 'revoked@%'",
		"state = 'accepted', accepted_us = created_us, accepted_by = '1' WHERE address LIKE 'accepted@%'",
		"expires_us = created_us WHERE address LIKE 'expired@%'",
		`mail = 'failed', mail_error = '{"ID":"mail.gave-up"}' WHERE address LIKE 'failed@%'`,
	} {
		if _, err := d.store.Writer().ExecContext(t.Context(), "UPDATE invitations SET "+change); err != nil {
			t.Fatal(err)
		}
	}
	p.records = d.logged(t, p.schools[0], biology, string(d.made.Operators))
	p.archived = one("SELECT id FROM organizations WHERE name = 'Maths 6C'")
	p.openings = []string{"underwayunderwayunderwayun", "donedonedonedonedonedonedo"}
	for _, statement := range []string{
		"UPDATE organizations SET state = 'inactive' WHERE id = '" + p.archived + "'",
		`INSERT INTO opening_runs (organization_id, id, actor_id, actor_name, created_us, finished_us, trouble) VALUES
			('` + p.schools[0] + `', '` + p.openings[0] + `', 'x', 'Priya Nair', 1, 0, '{"ID":"remote.unavailable"}'),
			('` + p.schools[0] + `', '` + p.openings[1] + `', 'x', 'Priya Nair', 1, 2, '')`,
		`INSERT INTO opening_items (organization_id, run_id, line, name, address, classroom_id, state, problem) VALUES
			('` + p.schools[0] + `', '` + p.openings[0] + `', 1, 'Physics 9C', '', '', 'waiting', ''),
			('` + p.schools[0] + `', '` + p.openings[1] + `', 1, 'Physics 9C', 'new@linden.example', '` + biology + `', 'done', ''),
			('` + p.schools[0] + `', '` + p.openings[1] + `', 2, 'Art 5A', '', '', 'failed', '{"ID":"opening.failed"}')`,
		`INSERT INTO bulk_runs (organization_id, id, action, parameters, actor_id, actor_name, total, changed, refused, begun_us, finished_us) VALUES
			('` + biology + `', '` + axeRun + `', 'role', '{"role":"co_teacher"}', 'x', 'Priya Nair', 2, 1, 1, 1, 2)`,
		`INSERT INTO bulk_items (organization_id, run_id, position, target, name, state, reason) VALUES
			('` + biology + `', '` + axeRun + `', 1, 'x', 'Sam Kim', 'changed', ''),
			('` + biology + `', '` + axeRun + `', 2, 'y', 'Noor Haddad', 'refused', '{"ID":"bulk.teaches-there"}')`,
		`INSERT INTO guardians (organization_id, user_id, id, source, position, name, relation, address, phone, language, changed_us) VALUES
			('` + p.schools[0] + `', '` + p.student + `', '` + axeGuardian + `', '', 1, 'Rana Haddad', 'Mother', 'rana@example.com', '030 1', 'es', 1)`,
		`INSERT INTO terms (organization_id, id, name, first_us, end_us, made_us) VALUES
			('` + p.schools[0] + `', '` + axeTerm + `', 'Last year', 1, 2, 1)`,
	} {
		if _, err := d.store.Writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	p.invitation = one("SELECT id FROM invitations WHERE address LIKE 'waiting@%' AND organization_id = '" + biology + "'")
	p.imports, p.sheet = d.lists(w, identity.OrganizationID(biology))
	return p
}

// What is there to be looked at, by its ID.
const (
	axeRun      = "donedonedonedonedonedonedo"
	axeGuardian = "ranaranaranaranaranaranara"
	axeTerm     = "lastyearlastyearlastyearla"
)

// token waits for the mail to address and takes the token out of its link.
func (d *demo) token(t *testing.T, address string) string {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if mail, sent := d.mailbox.To(address); sent {
			_, link, _ := strings.Cut(mail.Text, d.urls.portal+views.AcceptPath(""))
			return strings.Fields(link)[0]
		}
	}
	t.Fatalf("no mail to %s", address)
	return ""
}

// fill puts what there is in place of a route's parameters.
func (p *places) fill(route string) []string {
	paths := []string{strings.TrimSuffix(route, "/*")}
	stand := map[string][]string{
		"{organization}": append(p.schools, p.classes...),
		"{user}":         {p.student},
		"{invitation}":   {p.invitation},
		"{token}":        p.tokens,
		"{classroom}":    {p.classes[0], p.archived},
		"{opening}":      p.openings,
		"{import}":       p.imports[:1],
		"{sheet}":        {p.sheet},
		"{run}":          {axeRun},
		"{guardian}":     {axeGuardian},
		"{term}":         {axeTerm},
		"{record}":       p.records,
		"{stream}":       {"failing", "current"},
	}
	maps.Copy(stand, p.signIn.fill())
	switch {
	case strings.HasPrefix(route, "/setup/{link}"):
		stand["{link}"] = []string{p.signIn.link}
	case strings.HasPrefix(route, "/o/{organization}/sign-in"):
		stand["{organization}"] = p.schools // a class has no such pages
	case strings.HasSuffix(route, "/delete"), strings.HasSuffix(route, "/{organization}/settings"), strings.HasSuffix(route, "/roster"):
		stand["{organization}"] = append(stand["{organization}"], p.archived)
	case strings.HasPrefix(route, "/set-up/"):
		stand["{token}"] = append(p.signIn.tokens, "unknown")
	}
	if strings.Contains(route, "{attempt}") {
		stand["{connection}"] = []string{string(p.signIn.tested)}
	}
	for name, values := range stand {
		var filled []string
		for _, path := range paths {
			if !strings.Contains(path, name) {
				filled = append(filled, path)
				continue
			}
			for _, value := range values {
				filled = append(filled, strings.ReplaceAll(path, name, value))
			}
		}
		paths = filled
	}
	return paths
}

// forms are the pages that answer a form.
func (p *places) forms(e *examiner) {
	class := identity.OrganizationID(p.classes[0])
	student := identity.UserID(p.student)
	for _, id := range p.imports {
		e.visit(views.ImportPath(class, id))
	}
	e.visit(views.ImportStepPath(class, p.imports[1], "columns"))
	e.visit(views.ImportStepPath(class, p.imports[3], "undo"))
	e.send(views.ImportStepPath(class, p.imports[2], "apply"), url.Values{"number": {"0"}})
	e.send(views.ImportsPath(class), url.Values{})
	e.send(views.InvitationsPath(class), url.Values{"addresses": {"noor.linden.example, maria.lee@linden.example"}, "days": {"14"}})
	e.send(views.InvitationsPath(class), url.Values{
		"addresses": {"noor.linden.example, maria.lee@linden.example, waiting@linden.example, anna@linden.example"},
		"days":      {"14"}, "role": {"student"}, "leave-out": {"1"}, "submission": {"receipt"},
	})
	e.send(views.NewStudentPath(class), url.Values{})
	e.send(views.NewStudentPath(class), url.Values{"given-name": {"Nadia"}, "submission": {"slip"}})
	e.send(views.NewClassroomPath, url.Values{})
	e.send(views.RenamePath(class), url.Values{})
	e.send(views.MemberRolePath(class, student), url.Values{})
	e.send(views.InvitationLinkPath(class, identity.InvitationID(p.invitation)), url.Values{})
	e.send(views.ResetPath(class, student), url.Values{})
}

// examiner looks at pages as one person.
type examiner struct {
	*window
	portal          string
	seen            *sync.Map // pages, and of what they are made, by anybody's examiner
	pages, examined int
}

// visit examines the page at path, unless it is word for word one that was
// examined: of what a person may not see, all pages are.
func (e *examiner) visit(path string) {
	e.t.Helper()
	words := e.words(path)
	if words == "" {
		return
	}
	if _, known := e.seen.LoadOrStore(words, true); known {
		e.pages++
		return
	}
	response, err := chromedp.Run(e.ctx, chromedp.NavigateResponse(e.portal+path))
	if err != nil {
		e.t.Fatalf("%s: %v", path, err)
	}
	e.examine(fmt.Sprintf("GET %s (%d)", path, response.Status))
}

// random is what differs each time a page is made: IDs of requests and of forms.
var random = regexp.MustCompile(`[A-Za-z0-9_-]{20,}`)

// words is the page at path as the portal sends it to the person in the window,
// empty if it leads to Zitadel.
func (e *examiner) words(path string) string {
	e.t.Helper()
	request, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.portal+path, http.NoBody)
	if err != nil {
		e.t.Fatal(err)
	}
	request.Header.Set("Accept-Language", "en-GB")
	for _, c := range e.cookies(e.portal) {
		request.AddCookie(c)
	}
	response, err := reader.Do(request)
	if err != nil {
		e.t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		e.t.Fatalf("%s: %v", path, err)
	}
	if response.StatusCode/100 == 3 {
		return ""
	}
	return random.ReplaceAllString(string(page), "")
}

// reader reads pages as they are sent.
var reader = &http.Client{CheckRedirect: staying, Timeout: patience}

// staying follows redirects as long as they lead to another page of the portal.
func staying(next *http.Request, before []*http.Request) error {
	if next.URL.Host != before[0].URL.Host {
		return http.ErrUseLastResponse
	}
	if len(before) > 10 {
		return fmt.Errorf("%s leads on and on", before[0].URL)
	}
	return nil
}

// send examines what answers a form.
func (e *examiner) send(path string, fields url.Values) {
	e.t.Helper()
	e.open(e.portal + views.HomePath)
	e.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const form = document.createElement("form");
		form.method = "post", form.action = %s;
		for (const [name, value] of new URLSearchParams(%s)) {
			const input = document.createElement("input");
			input.name = name, input.value = value, form.append(input);
		}
		document.body.append(form);
		window.leaving = true;
		form.submit();
	})()`, quote(path), quote(fields.Encode()))))
	e.until(`!window.leaving && document.readyState === "complete"`, "gets no answer to "+path)
	e.examine("POST " + path)
}

// barriers runs axe and names what it finds, with the elements.
const barriers = `axe.run(document, {resultTypes: ["violations"], runOnly: %s}).then(found =>
	found.passes.length === 0 ? ["axe has found nothing to check"] : found.violations.map(v => v.id + ": " + v.help + v.nodes.map(n => "\n      " + n.html.slice(0, 160) + "\n      " + n.any.map(a => a.message).join(" ")).join("")))`

// everything is what axe checks.
const everything = `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}`

// parts is what a page is made of, whatever its words: two pages of the same
// parts have the same barriers, so axe looks at one of them.
const parts = `[location.origin, ...[...document.querySelectorAll("h1, h2, h3, h4")].map(h => h.tagName), ...new Set(
	[...document.querySelectorAll("body *")].map(e => [e.parentElement, e].map(e =>
		e.tagName + "." + e.className.toString().replace(/hue-./, "") + e.getAttributeNames()).join(" > ")))].join("\n")`

// examine checks the page in the window, narrow and light, then wide and dark:
// colours are the same at every width.
func (e *examiner) examine(what string) {
	e.t.Helper()
	made, err := chromedp.Run(e.ctx, chromedp.Evaluate[string](parts))
	if err != nil {
		e.t.Fatalf("%s: %v", what, err)
	}
	if !strings.HasPrefix(made, e.portal+"\n") {
		return // Zitadel's
	}
	e.pages++
	_, known := e.seen.LoadOrStore(made, true)
	e.size(320, 900, "light")
	e.report(what, "320 px", tooWide)
	if known {
		return
	}
	e.examined++
	e.do(chromedp.Evaluate[chromedp.Void](axe))
	for _, look := range []struct {
		width  int64
		scheme string
	}{{320, "light"}, {1280, "dark"}} {
		e.size(look.width, 900, look.scheme)
		e.report(what, fmt.Sprint(look.width, " px, ", look.scheme), fmt.Sprintf(barriers, everything))
	}
}

// report evaluates an expression that lists what is wrong.
func (e *examiner) report(what, look, expression string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.ctx, 2*patience)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		e.t.Fatalf("%s: %v", what, err)
	}
	for _, barrier := range found {
		e.t.Errorf("%s as %s, %s: %s", what, e.who, look, barrier)
	}
}

// tooWide names what makes a page scroll sideways.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3)
		.map(e => "wider than the window: " + e.outerHTML.slice(0, 160))`
