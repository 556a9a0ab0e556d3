package handlers

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// browser keeps cookies and follows links and redirects, as a browser without
// script does.
type browser struct {
	p      *portal
	client *http.Client
	header http.Header // sent with every request
}

// page is what a browser sees.
type page struct {
	Status int
	URL    *url.URL
	Header http.Header
	Body   string
	doc    *html.Node
}

func (p *portal) browser() *browser {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	p.check(err)
	return &browser{p: p, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}, header: http.Header{}}
}

// staying is the same browser, which does not follow redirects.
func (b *browser) staying() *browser {
	client := *b.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{p: b.p, client: &client, header: b.header}
}

// with is the same browser, which sends a header as well.
func (b *browser) with(name, value string) *browser {
	header := b.header.Clone()
	header.Set(name, value)
	return &browser{p: b.p, client: b.client, header: header}
}

func (b *browser) get(path string) page {
	b.p.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

// post sends a form; fields are pairs of name and value.
func (b *browser) post(path string, fields ...string) page {
	b.p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, form)
}

// do makes a request to the portal, or to a full URL.
func (b *browser) do(method, path string, form url.Values) page {
	b.p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.p.url + path
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(b.p.ctx, method, path, body)
	b.p.check(err)
	request.Header = b.header.Clone()
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.client.Do(request)
	b.p.check(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	doc, err := html.Parse(bytes.NewReader(text))
	b.p.check(err)
	seen := page{Status: response.StatusCode, URL: response.Request.URL, Header: response.Header, Body: string(text), doc: doc}
	if target, ok := strings.CutPrefix(response.Header.Get("Refresh"), "0; url="); ok && b.client.CheckRedirect == nil {
		return b.get(target)
	}
	return seen
}

// signIn signs somebody in through Zitadel's login page.
func (p *portal) signIn(userName string) *browser {
	p.t.Helper()
	b := p.browser()
	// Past the schools' own sign-in, if there is any.
	if seen := b.signInAt("/sign-in?local=1", userName, secret); seen.URL.Path != "/home" || seen.Status != http.StatusOK {
		p.t.Fatalf("sign in as %s: %d at %s\n%s", userName, seen.Status, seen.URL, seen.Body)
	}
	return b
}

// signInAt asks for a page of the portal and types the credentials wherever
// that leads.
func (b *browser) signInAt(path, userName, password string) page {
	b.p.t.Helper()
	return b.through(b.get(path), userName, password)
}

// through fills in the forms of Zitadel's login pages until they lead back to
// the portal, or say that something is wrong.
func (b *browser) through(seen page, userName, password string) page {
	b.p.t.Helper()
	for range 8 {
		if "http://"+seen.URL.Host != b.p.zitadel.Issuer() {
			return seen
		}
		form := find(seen.doc, "form", "", "")
		if form == nil {
			return seen
		}
		fields := url.Values{}
		for _, input := range findAll(form, "input") {
			name, value := attribute(input, "name"), attribute(input, "value")
			switch kind := attribute(input, "type"); {
			case name == "":
				continue
			case kind == "password":
				value = password
			case kind != "hidden" && kind != "submit" && (name == "loginName" || value == ""):
				value = userName
			case kind == "submit":
				continue
			}
			fields.Set(name, value)
		}
		action, err := seen.URL.Parse(attribute(form, "action"))
		b.p.check(err)
		seen = b.do(strings.ToUpper(attribute(form, "method")), action.String(), fields)
	}
	return seen
}

// find is the first element with the attribute, or nil. An empty name is any.
func find(n *html.Node, element, name, value string) *html.Node {
	for _, e := range findAll(n, element) {
		if name == "" || attribute(e, name) == value {
			return e
		}
	}
	return nil
}

func findAll(n *html.Node, element string) []*html.Node {
	var found []*html.Node
	for e := range n.Descendants() {
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

// text is what a page says, without markup and with white space folded.
func (s page) text() string {
	var b strings.Builder
	for n := range s.doc.Descendants() {
		if n.Type == html.TextNode && (n.Parent == nil || n.Parent.Data != "script" && n.Parent.Data != "style") {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// field is the value of an input of the page.
func (s page) field(name string) string {
	if input := find(s.doc, "input", "name", name); input != nil {
		return attribute(input, "value")
	}
	return ""
}

// location is the portal's URL.
func (p *portal) location() *url.URL {
	u, err := url.Parse(p.url)
	p.check(err)
	return u
}

func (b *browser) cookie(name string) string {
	for _, c := range b.client.Jar.Cookies(b.p.location()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(name, value string) {
	b.client.Jar.SetCookies(b.p.location(), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}
