package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// site is an installation in small, for what goes wrong with it: a stand-in
// with a school, a mail server, and the configuration file of a
// portal. The commands are run as people run them.
type site struct {
	t        *testing.T
	zitadel  *standin.Server
	made     zitadel.Installation
	mail     *mailServer
	config   string // path of the configuration file
	database string
	url      string // of the portal
	class    identity.OrganizationID
	ahead    atomic.Int64 // of Zitadel's clock, in nanoseconds
}

// Who is at the school of every site, beside its students.
var (
	siteTeacher = demoAccount{"Maria", "Lee", "maria.lee@linden.example", "teacher of the class"}
	siteGuest   = demoAccount{"Lea", "Novak", "lea.novak@linden.example", "at the school, in no class"}
)

// newSite prepares an installation with nobody in it.
func newSite(t *testing.T) *site {
	t.Helper()
	folder := t.TempDir()
	s := &site{
		t: t, mail: newMailServer(t),
		config: filepath.Join(folder, "homeroom.yaml"), database: filepath.Join(folder, "data", "homeroom.sqlite"),
	}
	var err error
	s.zitadel, err = standin.New(standin.Options{
		Now: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) },
	})
	s.check(err)
	s.check(s.zitadel.Start(context.Background(), ""))
	t.Cleanup(func() { _ = s.zitadel.Close() })
	// Another host name than the stand-in's: cookies do not tell ports apart.
	s.url = "http://127.0.0.1:" + fixedPort(t)
	s.made, err = zitadel.Bootstrap(t.Context(), zitadel.BootstrapOptions{
		Issuer: s.zitadel.Issuer(), OwnerKey: s.zitadel.OwnerKey(), PortalURL: s.url,
	}, func(string, bool) {})
	s.check(err)
	file, err := openConfigurationFile(s.config)
	s.check(err)
	for name, value := range map[string]string{
		"database": s.database, "addr": strings.TrimPrefix(s.url, "http://"),
		"smtp-host": "127.0.0.1", "smtp-port": s.mail.port, "smtp-tls": "none", "smtp-from": "homeroom@example.org",
	} {
		file.set(name, value)
	}
	_, err = file.write(s.made)
	s.check(err)
	return s
}

// newSchool is a site with a school of one class.
func newSchool(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	d := &demoSeed{Seed: s.zitadel.Seed().As(string(s.made.Provisioner.User)), made: s.made}
	school, err := d.school(demoSchool{"Linden School", "linden.example", []string{"Biology 7B"}, 12})
	s.check(err)
	s.class = identity.OrganizationID(school.classrooms[0])
	for _, account := range []demoAccount{siteTeacher, siteGuest} {
		user := d.user(school.id, account.given, account.family, account.userName, true)
		user.Password = demoPassword
		_, err := d.User(user)
		s.check(err)
		if account == siteTeacher {
			_, err := d.Authorize(user.ID, s.made.Project, string(s.class), string(identity.RoleTeacher))
			s.check(err)
		}
	}
	return s
}

func (s *site) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// fixedPort is a free port that the portal can have again after each start:
// none of those that connections are given.
func fixedPort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := fmt.Sprint(20000 + rand.IntN(10000))
		if listener, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// command runs a command to its end and returns what it says.
func (s *site) command(args ...string) string {
	s.t.Helper()
	var out, log bytes.Buffer
	if err := run(s.t.Context(), append(args, "--config", s.config), &out, &log); err != nil {
		s.t.Fatalf("homeroom %v: %v\n%s%s", args, err, out.String(), log.String())
	}
	return out.String()
}

// serve runs the portal until the test ends.
func (s *site) serve() {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var log bytes.Buffer
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--config", s.config, "--log-format", "text"}, io.Discard, &log)
	}()
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Errorf("homeroom serve: %v", err)
		}
		if address := anAddress.FindString(log.String()); address != "" {
			s.t.Errorf("the log holds an address, %s", address)
		}
		if s.t.Failed() {
			for line := range strings.Lines(log.String()) {
				if !strings.Contains(line, "method=GET") {
					s.t.Log(line)
				}
			}
		}
	})
	s.answers()
}

// anAddress finds somebody's address: logs hold none.
var anAddress = regexp.MustCompile(`\S+(@|%40)\w+\.example`)

// answers waits until the portal does.
func (s *site) answers() {
	s.t.Helper()
	s.eventually("the portal does not answer", func() bool {
		response, err := http.Get(s.url + views.HealthPath)
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// eventually waits until holds, for what has no event to wait for.
func (s *site) eventually(otherwise string, holds func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatal(otherwise)
		}
	}
}

// visitor is somebody with a browser without script.
type visitor struct {
	s      *site
	client *http.Client
}

// sight is what a browser shows.
type sight struct {
	status int
	url    *url.URL
	doc    *html.Node
	body   string
}

func (s *site) visitor() *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	s.check(err)
	return &visitor{s, &http.Client{Jar: jar, Timeout: time.Minute}}
}

// signIn is somebody signed in.
func (s *site) signIn(who demoAccount) *visitor {
	s.t.Helper()
	v := s.visitor()
	if seen := v.through(v.get(views.HomePath), who.userName, demoPassword); seen.url.Path != views.HomePath || seen.status != http.StatusOK {
		s.t.Fatalf("sign in as %s: %d at %s\n%s", who.userName, seen.status, seen.url, seen.text())
	}
	return v
}

func (v *visitor) get(path string) sight {
	v.s.t.Helper()
	seen, err := v.try(http.MethodGet, path, nil)
	v.s.check(err)
	return seen
}

// post sends a form; fields are pairs of name and value.
func (v *visitor) post(path string, fields ...string) sight {
	v.s.t.Helper()
	seen, err := v.try(http.MethodPost, path, fields)
	v.s.check(err)
	return seen
}

// try is get and post where the portal may be killed meanwhile.
func (v *visitor) try(method, path string, fields []string) (sight, error) {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	if strings.HasPrefix(path, "/") {
		path = v.s.url + path
	}
	request, err := http.NewRequest(method, path, strings.NewReader(form.Encode()))
	if err != nil {
		return sight{}, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := v.client.Do(request)
	if err != nil {
		return sight{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return sight{}, err
	}
	if next, ok := strings.CutPrefix(response.Header.Get("Refresh"), "0; url="); ok {
		return v.try(http.MethodGet, next, nil)
	}
	doc, err := html.Parse(bytes.NewReader(body))
	return sight{response.StatusCode, response.Request.URL, doc, string(body)}, err
}

// through fills in the forms of Zitadel's pages until they lead back.
func (v *visitor) through(seen sight, userName, password string) sight {
	v.s.t.Helper()
	for range 8 {
		forms := seen.all("form")
		if "http://"+seen.url.Host != v.s.zitadel.Issuer() || len(forms) == 0 {
			return seen
		}
		var fields []string
		for _, input := range (sight{doc: forms[0]}).all("input") {
			name, value := attribute(input, "name"), attribute(input, "value")
			switch kind := attribute(input, "type"); {
			case name == "" || kind == "submit":
				continue
			case kind == "password":
				value = password
			case kind != "hidden" && (name == "loginName" || value == ""):
				value = userName
			}
			fields = append(fields, name, value)
		}
		action, err := seen.url.Parse(attribute(forms[0], "action"))
		v.s.check(err)
		seen = v.post(action.String(), fields...)
	}
	return seen
}

func (s sight) all(element string) []*html.Node {
	var found []*html.Node
	for e := range s.doc.Descendants() {
		if e.Type == html.ElementNode && e.Data == element {
			found = append(found, e)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a page says, with white space folded.
func (s sight) text() string {
	var b strings.Builder
	for n := range s.doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// value is what a field of the page holds.
func (s sight) value(name string) string {
	for _, element := range []string{"input", "textarea"} {
		for _, e := range s.all(element) {
			switch {
			case attribute(e, "name") != name:
			case e.FirstChild != nil:
				return e.FirstChild.Data
			default:
				return attribute(e, "value")
			}
		}
	}
	return ""
}

// says complains if the page is not as it should be.
func (s sight) says(t *testing.T, when string, status int, sentences ...string) {
	t.Helper()
	if s.status != status {
		t.Errorf("%s: %d at %s, want %d\n%.600s", when, s.status, s.url, status, s.text())
	}
	for _, sentence := range sentences {
		if count := strings.Count(s.text(), sentence); count != 1 {
			t.Errorf("%s: %q is said %d times, want once\n%.1200s", when, sentence, count, s.text())
		}
	}
	// One page and no more: nothing is put after the answer.
	if count := strings.Count(s.body, "</html>"); count != 1 {
		t.Errorf("%s: the answer holds %d pages", when, count)
	}
}
