package mail

import (
	"context"
	"embed"
	"encoding/base64"
	"html/template"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Mailbox keeps outgoing mail and shows it, for the demo and the tests: nobody
// is written to. It is an [identity.Mailer].
type Mailbox struct {
	mu     sync.Mutex
	kept   []Kept
	refuse func(identity.Mail) error
}

var _ identity.Mailer = (*Mailbox)(nil)

// Kept is a mail in the mailbox.
type Kept struct {
	identity.Mail
	At time.Time
}

// mostKept bounds the mailbox. The oldest mails go first.
const mostKept = 5000

// Send keeps m. A mail of the same key replaces the one before, as mail
// programs show a repeated Message-ID once.
func (b *Mailbox) Send(_ context.Context, m identity.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		if err := b.refuse(m); err != nil {
			return err
		}
	}
	b.kept = slices.DeleteFunc(b.kept, func(k Kept) bool { return k.Key == m.Key })
	b.kept = append(b.kept, Kept{Mail: m, At: time.Now()})
	if len(b.kept) > mostKept {
		b.kept = slices.Delete(b.kept, 0, len(b.kept)-mostKept)
	}
	return nil
}

// Refuse makes Send ask refuse first, for tests of a mail server that fails.
// Nil ends it.
func (b *Mailbox) Refuse(refuse func(identity.Mail) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = refuse
}

// Ready is always so.
func (*Mailbox) Ready(context.Context) error { return nil }

// All is every mail, the newest first.
func (b *Mailbox) All() []Kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.kept)
	slices.Reverse(all)
	return all
}

// To is the newest mail to address, and whether there is one.
func (b *Mailbox) To(address string) (Kept, bool) {
	for _, k := range b.All() {
		if strings.EqualFold(k.To, address) {
			return k, true
		}
	}
	return Kept{}, false
}

//go:embed mailbox.html mailbox.css
var files embed.FS

var pages = template.Must(template.ParseFS(files, "mailbox.html"))

// ServeHTTP shows the list at /, one mail at /mail?key=…, its HTML alone at
// /html?key=…, where it can do nothing but link, and an attachment at
// /file?key=…&name=….
func (b *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "only reading", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/":
		b.list(w, r)
	case "/mail":
		b.show(w, r)
	case "/html":
		b.body(w, r)
	case "/file":
		b.file(w, r)
	case "/mailbox.css":
		http.ServeFileFS(w, r, files, "mailbox.css")
	default:
		http.NotFound(w, r)
	}
}

// perPage is how many mails the list shows at once.
const perPage = 100

func (b *Mailbox) list(w http.ResponseWriter, r *http.Request) {
	search := strings.TrimSpace(r.FormValue("q"))
	// A number that is none is the first page.
	from, _ := strconv.Atoi(r.FormValue("from"))
	var found []Kept
	for _, k := range b.All() {
		if strings.Contains(strings.ToLower(k.To+" "+k.Subject), strings.ToLower(search)) {
			found = append(found, k)
		}
	}
	total := len(found)
	from = min(max(from, 0), total)
	found = found[from:min(from+perPage, total)]
	next := 0
	if from+len(found) < total {
		next = from + len(found)
	}
	render(w, "list", map[string]any{"Mails": found, "Search": search, "Total": total, "Next": next})
}

func (b *Mailbox) find(key string) (Kept, bool) {
	for _, k := range b.All() {
		if k.Key == key {
			return k, true
		}
	}
	return Kept{}, false
}

func (b *Mailbox) show(w http.ResponseWriter, r *http.Request) {
	k, found := b.find(r.FormValue("key"))
	if !found {
		http.NotFound(w, r)
		return
	}
	render(w, "mail", map[string]any{"Mail": k, "Lines": linked(k.Text)})
}

func (b *Mailbox) body(w http.ResponseWriter, r *http.Request) {
	k, found := b.find(r.FormValue("key"))
	if !found {
		http.NotFound(w, r)
		return
	}
	// Mail brings its own style attributes, and nothing of it may run.
	w.Header().Set("Content-Security-Policy",
		"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(withPictures(k.Mail))) // the reader is gone; nothing left to do
}

// withPictures is the HTML of a mail with the pictures within it.
func withPictures(m identity.Mail) string {
	html := m.HTML
	for _, a := range m.Attachments {
		if a.Inline {
			picture := "data:" + a.Type + ";base64," + base64.StdEncoding.EncodeToString(a.Content)
			html = strings.ReplaceAll(html, `"cid:`+a.Name+`"`, `"`+picture+`"`)
		}
	}
	return html
}

func (b *Mailbox) file(w http.ResponseWriter, r *http.Request) {
	k, _ := b.find(r.FormValue("key"))
	for _, a := range k.Attachments {
		if a.Name == r.FormValue("name") {
			w.Header().Set("Content-Type", a.Type)
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
			_, _ = w.Write(a.Content) // the reader is gone; nothing left to do
			return
		}
	}
	http.NotFound(w, r)
}

// word is a piece of a plain text, a link or not.
type word struct {
	Text string
	Link bool
}

// linked finds the links of a plain text, so that they can be followed.
func linked(text string) [][]word {
	var lines [][]word
	for line := range strings.Lines(text) {
		var words []word
		for i, piece := range strings.Split(strings.TrimRight(line, "\r\n"), " ") {
			if i > 0 {
				words = append(words, word{Text: " "})
			}
			words = append(words, word{
				Text: piece,
				Link: strings.HasPrefix(piece, "http://") || strings.HasPrefix(piece, "https://"),
			})
		}
		lines = append(lines, words)
	}
	return lines
}

func render(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
	}
}
