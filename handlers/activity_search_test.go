package handlers

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

const firefoxOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"

// "Who removed Sam from 7B, and from where?" is one search, by a form without
// script, and what it shows is what is exported.
func TestWhoRemovedSamIsOneSearch(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	teacher.header.Set("User-Agent", firefoxOnWindows)
	teacher.post(p.fill("/o/{biology}/people/{noor.7b}/suspend"))
	teacher.post(p.fill("/o/{biology}/people/{sam}/remove"))
	teacher.post(p.fill("/o/{biology}/settings"), "students-see-names", "on")

	admin := p.signIn(priya)
	today := p.now.Now().Format("2006-01-02")
	search := p.fill("/o/{linden}/activity?q=Sam+7B&what=left&since=") + today + "&until=" + today
	seen := admin.get(search)
	for _, want := range []string{"Maria Lee removed Sam Kim", "Biology 7B", "Firefox on Windows", "127.0.0.1"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the search does not say %q:\n%s", want, seen.text())
		}
	}
	if strings.Contains(seen.text(), "Noor Haddad") {
		t.Errorf("the search shows what was not asked for:\n%s", seen.text())
	}

	// The form has everything that was asked for, and so has the form to export.
	form := admin.get(p.fill("/o/{linden}/activity/export?q=Sam+7B&what=left&since=") + today + "&until=" + today)
	for _, want := range []string{`name="q" value="Sam 7B"`, `name="what" value="left"`, `name="since" value="` + today + `"`} {
		if !strings.Contains(form.Body, want) {
			t.Errorf("the form to export lacks %s", want)
		}
	}
	asked := []string{"q", "Sam 7B", "what", "left", "since", today, "until", today}
	lines := admin.post(p.fill("/o/{linden}/activity/export"), append(asked, "format", views.ExportJSON)...)
	if lines.Status != http.StatusOK || lines.Header.Get("Content-Type") != "application/x-ndjson" ||
		!strings.Contains(lines.Header.Get("Content-Disposition"), ".jsonl") {
		t.Fatalf("the export answers %d, %v", lines.Status, lines.Header)
	}
	var exported []identity.AuditRecord
	for scanner := bufio.NewScanner(strings.NewReader(lines.Body)); scanner.Scan(); {
		record, err := audit.ParseJSON(scanner.Bytes())
		p.check(err)
		exported = append(exported, record)
	}
	if len(exported) != 1 || exported[0].TargetName != "Sam Kim" || exported[0].Device != firefoxOnWindows || exported[0].Hash == "" {
		t.Errorf("exported is %+v", exported)
	}
	table := admin.post(p.fill("/o/{linden}/activity/export"), append(asked, "format", views.ExportCSV)...)
	rows, err := csv.NewReader(strings.NewReader(table.Body)).ReadAll()
	p.check(err)
	if len(rows) != 2 || !slices.Contains(rows[1], exported[0].Hash) {
		t.Errorf("the CSV is %q", rows)
	}

	// Both exports are on record, with what was asked for and how many there were.
	page, err := p.in(linden, priya).Audit(p.ctx, store.AuditQuery{Action: identity.ActionAuditExported})
	p.check(err)
	var said []string
	for _, r := range page.Records {
		said = append(said, fmt.Sprint(r.Before["format"], " ", r.Before["text"], " ", r.Before["what"], " ", r.After["records"], " ", r.Outcome))
	}
	if want := []string{"csv Sam 7B left 1 done", "json Sam 7B left 1 done"}; !slices.Equal(said, want) {
		t.Errorf("on record is %q, want %q", said, want)
	}
	if again := admin.get(p.fill("/o/{linden}/activity")).text(); !strings.Contains(again, "Priya Nair exported 1 of this log’s records.") {
		t.Errorf("the log does not tell of the export:\n%s", again)
	}
}

func TestARecordShowsAllThatIsKnown(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	teacher.header.Set("User-Agent", firefoxOnWindows)
	teacher.post(p.fill("/o/{biology}/people/{sam}/role"), "role", "co_teacher")
	page, err := p.in(biology, lee).Audit(p.ctx, store.AuditQuery{Action: identity.ActionRoleChanged})
	p.check(err)
	r := page.Records[0]
	for _, tt := range []struct {
		who, path string
		says      []string
		lacks     []string
	}{
		{lee, p.fill("/o/{biology}/activity/") + r.ID, []string{"Maria Lee made Sam Kim a co-teacher.", "Firefox on Windows", r.RequestID, r.Hash}, []string{string(p.people[sam].ID) + " "}},
		{priya, p.fill("/o/{linden}/activity/") + r.ID, []string{"Maria Lee made Sam Kim a co-teacher.", "Biology 7B", firefoxOnWindows, r.RequestID, r.Hash, string(p.people[sam].ID)}, nil},
	} {
		seen := p.signIn(tt.who).get(tt.path)
		if seen.Status != http.StatusOK {
			t.Fatalf("%s: %d", tt.who, seen.Status)
		}
		for _, want := range tt.says {
			if !strings.Contains(seen.text(), want) {
				t.Errorf("%s does not read %q:\n%s", tt.who, want, seen.text())
			}
		}
		if !strings.Contains(seen.Body, "&#34;action&#34;: &#34;role.changed&#34;") {
			t.Errorf("%s does not see the raw record", tt.who)
		}
	}
	for _, elsewhere := range []string{"/o/{history}/activity/", "/o/{biology}/activity/"} {
		id := r.ID
		if elsewhere == "/o/{biology}/activity/" {
			id = "nothing"
		}
		if got := p.signIn(priya).get(p.fill(elsewhere) + id).Status; got != http.StatusNotFound {
			t.Errorf("%s%s = %d, want 404", elsewhere, id, got)
		}
	}
}

func TestTheLogSaysWhatItCannotLookFor(t *testing.T) {
	p := newPortal(t)
	p.run(linden, []scenario{
		{name: "a day that is none", who: priya, method: "GET", path: "/o/{linden}/activity?since=March", status: 422, text: []string{"Write a day as year-month-day"}},
		{name: "days the wrong way round", who: priya, method: "GET", path: "/o/{linden}/activity?since=2026-03-02&until=2026-03-01", status: 422, text: []string{"The first day is after the last one."}},
		{name: "one day is a span", who: priya, method: "GET", path: "/o/{linden}/activity?since=2026-03-01&until=2026-03-01", status: 200, text: []string{"Nothing here"}},
		{name: "an action by itself", who: priya, method: "GET", path: "/o/{linden}/activity?what=role.removed", status: 200, text: []string{"role.removed"}},
		{name: "an export in no format", who: priya, method: "POST", path: "/o/{linden}/activity/export", form: url.Values{"format": {"pdf"}}, status: 422, text: []string{"Choose a format."}},
		{name: "an export by a student", who: sam, method: "GET", path: "/o/{biology}/activity/export", status: 403},
	})
}
