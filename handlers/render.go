package handlers

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/a-h/templ"

	"homeroom.dev/homeroom/identity"
)

// render writes page: the region htmx asked for, or else the whole page.
// Handlers do not know htmx.
func render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var body bytes.Buffer
	if region := r.Header.Get("HX-Target"); region != "" {
		if err := templ.RenderFragments(r.Context(), &body, page, region); err != nil {
			return err
		}
	}
	if body.Len() == 0 { // a browser, or htmx naming a region this page lacks
		if err := page.Render(r.Context(), &body); err != nil {
			return err
		}
		w.Header().Set("HX-Retarget", "body") // browsers ignore these
		w.Header().Set("HX-Reswap", "innerHTML")
		if r.Method == http.MethodGet {
			w.Header().Set("HX-Push-Url", r.URL.RequestURI())
		}
	}
	if noticeRead(r.Context()) {
		http.SetCookie(w, noticeCookie(r.Context(), "", -1))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "HX-Target")
	sent := compress(w, r, &body)
	w.WriteHeader(status)
	_, _ = sent.WriteTo(w) // the reader is gone; nothing left to do
	return nil
}

// redirect answers a change with a page to read, 303, and at most one notice
// that the page shows once.
func redirect(w http.ResponseWriter, r *http.Request, path string, notice ...identity.Message) error {
	if len(notice) > 0 {
		text, err := json.Marshal(notice[0])
		if err != nil {
			return err
		}
		http.SetCookie(w, noticeCookie(r.Context(), sealNotice(r.Context(), text), noticeSeconds))
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// noticeSeconds is how long a notice waits for its page.
const noticeSeconds = 60

type noticeKey struct{}

// noticeState is the notice that came with a request. It is taken off the
// browser once a page that shows it was rendered.
type noticeState struct {
	message identity.Message
	key     []byte // what the portal says is not for others to write
	secure  bool
	read    bool
}

// withNotice reads the notice that a redirect left behind.
func (s *Server) withNotice(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state := &noticeState{key: s.noticeKey, secure: s.secure}
		if cookie, err := r.Cookie(hostCookie("notice", s.secure)); err == nil {
			state.open(cookie.Value)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), noticeKey{}, state)))
	})
}

// sealNotice is the notice as its cookie holds it, behind its MAC. Without https
// other ports and sub-domains of the host can set the cookie as well.
func sealNotice(ctx context.Context, text []byte) string {
	state, ok := ctx.Value(noticeKey{}).(*noticeState)
	if !ok {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(state.mac(text), text...))
}

func (s *noticeState) mac(text []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(text)
	return h.Sum(nil)
}

// open reads a cookie that sealNotice wrote. Any other, such as one from before
// the portal was started again, is no notice.
func (s *noticeState) open(cookie string) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(sealed) < sha256.Size {
		return
	}
	if mac, text := sealed[:sha256.Size], sealed[sha256.Size:]; hmac.Equal(mac, s.mac(text)) {
		_ = json.Unmarshal(text, &s.message) // our own words
	}
}

// notice is the notice to show on the page; a zero message is none.
func notice(ctx context.Context) identity.Message {
	state, ok := ctx.Value(noticeKey{}).(*noticeState)
	if !ok || state.message.ID == "" {
		return identity.Message{}
	}
	state.read = true
	return state.message
}

func noticeRead(ctx context.Context) bool {
	state, ok := ctx.Value(noticeKey{}).(*noticeState)
	return ok && state.read
}

func noticeCookie(ctx context.Context, value string, seconds int) *http.Cookie {
	state, _ := ctx.Value(noticeKey{}).(*noticeState)
	secure := state != nil && state.secure
	return &http.Cookie{
		Name:     hostCookie("notice", secure),
		Value:    value,
		Path:     "/",
		MaxAge:   seconds,
		Secure:   secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

// hostCookie names a cookie. With https it has the prefix that makes browsers
// refuse it from any other host, sub-domains included.
func hostCookie(name string, secure bool) string {
	if secure {
		return "__Host-homeroom-" + name
	}
	return "homeroom-" + name
}
