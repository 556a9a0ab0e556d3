package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// What stands in at Zitadel for the address of who has none is shown on no page,
// stands in no file, record or mail, and is not even known to the database: there
// is nothing that could show it or write to it.
func TestAPlaceholderForAnAddressIsSeenNowhere(t *testing.T) {
	p := newPortal(t)
	_, domain, _ := strings.Cut(identity.PlaceholderAddress("x"), "@")
	invitation := p.waiting()
	teacher, it := p.signIn(lee), p.signIn(priya)
	people := map[string]*browser{lee: teacher, priya: it, noor: p.signIn(noor), olu: p.signIn(olu)}
	shown := 0
	look := func(what string, seen page) {
		if strings.Contains(strings.ToLower(seen.Body), domain) {
			t.Errorf("%s shows it:\n%s", what, seen.text())
		}
	}
	user := string(p.people[noor].ID)
	for what, seen := range map[string]page{
		"a new password": teacher.post(p.fill("/o/{biology}/people/") + user + "/reset"),
		"cards":          teacher.post(p.fill("/o/{biology}/cards"), "all", "on", "secrets", "new"),
		"a new student":  teacher.post(p.fill("/o/{biology}/students/new"), "submission", identity.NewSubmission(), "given-name", "Ada"),
		"suspended":      it.post(p.fill("/o/{linden}/people/") + user + "/suspend"),
		"back":           it.post(p.fill("/o/{linden}/people/") + user + "/activate"),
	} {
		look(what, seen)
	}
	p.work()
	p.settled()
	for _, s := range p.walk() {
		if s.method != http.MethodGet || strings.HasPrefix(s.route, "/static/") {
			continue
		}
		path := p.real(s, invitation)
		paths := []string{path}
		if other := strings.Replace(path, string(p.id(biology)), string(p.id(linden)), 1); other != path {
			paths = append(paths, other)
		}
		for who, b := range people {
			for _, path := range paths {
				seen := b.staying().get(path)
				if seen.Status == http.StatusOK {
					shown++
				}
				look(fmt.Sprintf("%s for %s", path, who), seen)
			}
		}
	}
	if shown < 150 {
		t.Errorf("only %d pages were shown", shown)
	}
	for _, found := range p.holding(domain) {
		t.Errorf("the database has it: %s", found)
	}
	// The control: Zitadel does have it, and the search finds what is there.
	if held := p.holding("sam@linden.example"); len(held) == 0 {
		t.Error("the search finds nothing in the database")
	}
	remote, err := p.gateway.In(p.opened(linden, priya)).ShownUsers(p.ctx, []identity.UserID{p.people[noor].ID})
	if err != nil || len(remote) != 1 {
		t.Errorf("at Zitadel: %v, %v", remote, err)
	}
}

// holding names the columns of the portal's database in which a text stands.
func (p *portal) holding(text string) []string {
	p.t.Helper()
	query := func(statement string, arguments ...any) (all []string) {
		rows, err := p.store.Writer().QueryContext(p.ctx, statement, arguments...)
		p.check(err)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var one string
			p.check(rows.Scan(&one))
			all = append(all, one)
		}
		p.check(rows.Err())
		return all
	}
	var found []string
	for _, table := range query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
		for _, column := range query("SELECT name FROM pragma_table_info(?)", table) {
			if n := query(fmt.Sprintf("SELECT COUNT(*) FROM %q WHERE INSTR(LOWER(CAST(%q AS TEXT)), ?) > 0", table, column), text); n[0] != "0" {
				found = append(found, table+"."+column)
			}
		}
	}
	return found
}
