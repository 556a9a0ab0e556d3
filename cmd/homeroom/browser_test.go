package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// startDemo runs the demo on free ports until the test ends.
func startDemo(t *testing.T) *demo {
	t.Helper()
	d := &demoCommand{Addr: "127.0.0.1:0", ZitadelAddr: "127.0.0.1:0", MailboxAddr: "127.0.0.1:0", IDPAddr: "127.0.0.1:0", LoginVersion: 1, LogFormat: "text"}
	ctx, cancel := context.WithCancel(context.Background())
	log := io.Writer(io.Discard)
	if testing.Verbose() {
		log = os.Stderr
	}
	started, err := d.start(ctx, console{Out: io.Discard, Err: log}, t.TempDir())
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	if err := started.projection.Sync(ctx, nil); err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- started.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the demo ended with %v", err)
		}
		if err := started.close(); err != nil {
			t.Errorf("close the demo: %v", err)
		}
	})
	return started
}

// browser is a chromium for the time of a test. Each person has a window with
// cookies of its own.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("chromium is not installed: the browser tests are skipped")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-GB"))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(func() { end(); endAllocator() })
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &browser{t: t, ctx: ctx}
}

// window is what one person looks at.
type window struct {
	t     *testing.T
	ctx   context.Context
	who   string
	steps int // presses and fields filled in
}

// patience is how long a page may take to show what it should, on a machine
// that does other things as well.
const patience = 15 * time.Second

func (b *browser) window(who string) *window {
	b.t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(end)
	// The first run makes the tab, which lives as long as the context it is given:
	// not one with a timeout.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		b.t.Fatalf("open a window: %v", err)
	}
	return &window{t: b.t, ctx: ctx, who: who}
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 2*patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.t.Fatalf("%s: %v\n%s", w.who, err, w.page())
	}
}

// page is what a failing test says about the page it looks at.
func (w *window) page() string {
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return "(the page cannot be read: " + err.Error() + ")"
	}
	return text
}

func (w *window) open(url string) {
	w.t.Helper()
	w.do(chromedp.Navigate(url))
}

// size sets the window's width and the colour scheme.
func (w *window) size(width, height int64, scheme string) {
	w.t.Helper()
	w.do(chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: "reduce"}, // no picture in the middle of a transition
			},
		})
		return err
	}))
}

// quote is s as a JavaScript string.
func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// until waits for a JavaScript condition, over any number of pages.
func (w *window) until(condition, what string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(w.ctx, patience)
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		cancel()
		if err == nil && holds {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %s\n%s", w.who, what, w.page())
		}
		w.do(chromedp.Sleep(50 * time.Millisecond)) // the page needs time, and has no event for it
	}
}

func (w *window) sees(text string) {
	w.t.Helper()
	w.until(`document.readyState === "complete" && document.body.innerText.includes(`+quote(text)+`)`, "does not see "+quote(text))
}

func (w *window) doesNotSee(text string) {
	w.t.Helper()
	w.until(`document.readyState === "complete" && !document.body.innerText.includes(`+quote(text)+`)`, "sees "+quote(text))
}

// named finds what can be pressed or followed by its words; the innermost and
// visible one.
const named = `(() => {
	const want = %s;
	const text = e => (e.innerText || e.value || e.getAttribute("aria-label") || "").replace(/\s+/g, " ").trim();
	const within = document.querySelector("dialog[open]") || document;
	return [...within.querySelectorAll("a, button, summary, input[type=submit], label")]
		.filter(e => e.getClientRects().length && (text(e) === want || e.getAttribute("aria-label") === want))
		.sort((a, b) => (a.tagName === "LABEL") - (b.tagName === "LABEL"))[0];
})()`

// press presses a button or follows a link by its words.
func (w *window) press(words string) {
	w.t.Helper()
	w.click(strings.Replace(named, "%s", quote(words), 1), "has nothing called "+quote(words)+" to press")
}

// click waits for what a JavaScript expression finds, and clicks it. Where that
// leaves the page, it waits for the next one: what the test looks for could
// stand on the page it has just left as well.
func (w *window) click(find, what string) {
	w.t.Helper()
	w.steps++
	w.until(`(e => {
		if (!e || document.readyState !== "complete") return false;
		const form = e.type === "submit" && e.form;
		const link = e.closest("a[href]");
		const scripted = n => n.closest("[hx-get], [hx-post], [hx-boost]");
		window.leaving = Boolean(
			form ? form.method !== "dialog" && form.checkValidity() && !scripted(form) && !scripted(e) :
			link && !link.hasAttribute("download") && link.protocol.startsWith("http") && !scripted(link) &&
				link.href.split("#")[0] !== location.href.split("#")[0]);
		e.click();
		return true;
	})(`+find+`)`, what)
	for deadline := time.Now().Add(patience / 5); time.Now().Before(deadline); {
		leaving, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](`document.readyState !== "complete" || Boolean(window.leaving)`))
		if err == nil && !leaving {
			return
		}
		w.do(chromedp.Sleep(20 * time.Millisecond)) // a page on its way has no event for the one it leaves
	}
}

// field finds an input by the words of its label.
const field = `(() => {
	const want = %s;
	const text = l => l.innerText.replace(/\s+/g, " ").trim();
	const labels = [...document.querySelectorAll("label")];
	const label = labels.find(l => text(l) === want) || labels.find(l => text(l).startsWith(want));
	return label && (label.control || document.getElementById(label.htmlFor));
})()`

// fill types into the field of that label, in place of what it holds.
func (w *window) fill(label, text string) {
	w.t.Helper()
	w.steps++
	find := strings.Replace(field, "%s", quote(label), 1)
	w.until(find, "has no field "+quote(label))
	w.do(chromedp.Evaluate[chromedp.Void](find + `.focus(); document.activeElement.select && document.activeElement.select(); void 0`))
	w.do(chromedp.KeyEvent(text))
}

// value is what the field of that label holds.
func (w *window) value(label string) string {
	w.t.Helper()
	text, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](strings.Replace(field, "%s", quote(label), 1)+".value"))
	if err != nil {
		w.t.Fatalf("%s: field %q: %v", w.who, label, err)
	}
	return text
}

// location is where the window is.
func (w *window) location() string {
	w.t.Helper()
	at, err := chromedp.Run(w.ctx, chromedp.Location())
	if err != nil {
		w.t.Fatalf("%s: %v", w.who, err)
	}
	return at
}

// screenshots is where the pictures of the documentation are kept. They are
// taken anew when HOMEROOM_SCREENSHOTS is set.
const screenshots = "../../docs/screenshots"

// picture takes the screenshots of a page for the documentation: on a screen
// and on a phone, light and dark.
func (w *window) picture(name string) {
	w.t.Helper()
	if os.Getenv("HOMEROOM_SCREENSHOTS") == "" {
		return
	}
	for _, shot := range []struct {
		width, height int64
		scheme, as    string
	}{{1280, 900, "light", "light"}, {1280, 900, "dark", "dark"}, {390, 844, "light", "phone"}, {390, 844, "dark", "phone-dark"}} {
		w.size(shot.width, shot.height, shot.scheme)
		png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			w.t.Fatalf("%s: %v", w.who, err)
		}
		if err := os.MkdirAll(screenshots, 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(screenshots, name+"-"+shot.as+".png"), png, 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	w.size(1280, 900, "light")
}

// signIn signs in at Zitadel's page.
func (w *window) signIn(d *demo, userName, password string) {
	w.t.Helper()
	w.open(d.urls.portal + "/")
	w.press("Sign in")
	w.credentials(userName, password)
}

// credentials fills Zitadel's own page.
func (w *window) credentials(userName, password string) {
	w.t.Helper()
	w.fill("User name or e-mail address", userName)
	w.fill("Password", password)
	w.press("Sign in")
}
