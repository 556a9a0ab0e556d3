package handlers

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// hurried is the URL of a server for handler whose time for an answer is always
// over.
func (p *portal) hurried(handler http.Handler) string {
	server := httptest.NewUnstartedServer(handler)
	server.Config.WriteTimeout = time.Nanosecond
	server.Start()
	p.t.Cleanup(server.Close)
	return server.URL
}

func TestFilesHaveTheirOwnTime(t *testing.T) {
	p := newPortal(t)
	school := p.in(linden, priya)
	archive, err := school.BeginExport(p.ctx)
	p.check(err)
	p.make(archive)
	b, url := p.signIn(priya), p.hurried(p.handler)
	if answer, err := b.client.Get(url + "/account/data"); err == nil {
		t.Fatalf("a page that took too long = %d; this shows nothing", answer.StatusCode)
	}
	for _, row := range []struct {
		name, method, path string
		form               map[string][]string
		kind, ending       string
	}{
		{"own data", http.MethodGet, "/account/data.json", nil, "application/json; charset=utf-8", "\n\t]\n}\n"},
		{"archive", http.MethodPost, views.ExportArchivePath(p.id(linden), archive), nil, "application/zip", ""},
		{"log", http.MethodPost, p.fill("/o/{linden}/activity/export"), map[string][]string{"format": {views.ExportCSV}}, "text/csv; charset=utf-8", "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := b.do(row.method, url+row.path, row.form)
			if got.Status != http.StatusOK || got.Header.Get("Content-Type") != row.kind || got.Body == "" || !strings.HasSuffix(got.Body, row.ending) {
				t.Errorf("%d %s, ends with %q", got.Status, got.Header.Get("Content-Type"), got.Body[max(0, len(got.Body)-20):])
			}
		})
	}
}

func TestAFileIsWholeOrCutOff(t *testing.T) {
	p := newPortal(t)
	lost := errors.New("the database is gone")
	for _, row := range []struct {
		name   string
		bytes  int
		fails  error
		status int
		whole  bool
		level  string
		logged string
	}{
		{"empty", 0, nil, http.StatusOK, true, "INFO", ""},
		{"short", 10, nil, http.StatusOK, true, "INFO", ""},
		{"long", 3*downloadPiece + 7, nil, http.StatusOK, true, "INFO", ""},
		{"refused", 0, identity.NotFound("export.not-found"), http.StatusNotFound, false, "INFO", "not-found (export.not-found)"},
		{"short, broken", 10, lost, http.StatusInternalServerError, false, "ERROR", lost.Error()},
		{"long, broken", 3*downloadPiece + 7, lost, http.StatusOK, false, "ERROR", lost.Error()},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := strings.Repeat("x", row.bytes)
			handler := p.server().chain(p.server().open(func(w http.ResponseWriter, r *http.Request) error {
				d := newDownload(w, r, "text/plain", `Año "7/B".txt`)
				_, err := io.WriteString(d, text)
				return d.finish(errors.Join(err, row.fails))
			}))
			server := httptest.NewServer(handler)
			answer, err := http.Get(server.URL)
			p.check(err)
			got, err := io.ReadAll(answer.Body)
			p.check(answer.Body.Close())
			server.Close() // the request is over, and so is its log line
			isFile := answer.Header.Get("Content-Disposition") == `attachment; filename*=utf-8''A%C3%B1o%20%227%2FB%22.txt`
			if answer.StatusCode != row.status || isFile != (row.status == http.StatusOK) {
				t.Errorf("answered %d with %v", answer.StatusCode, answer.Header)
			}
			if whole := err == nil && isFile && string(got) == text; whole != row.whole {
				t.Errorf("whole is %v: %d bytes, %v", whole, len(got), err)
			}
			if broken := row.status == http.StatusOK && !row.whole; broken != errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("reading it ends with %v", err)
			}
			lines := p.logLines()
			last := lines[len(lines)-1]
			if said, _ := last["error"].(string); last["level"] != row.level || said != row.logged {
				t.Errorf("the log line is %v", last)
			}
		})
	}
}
