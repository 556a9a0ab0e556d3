package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel/standin"
)

// A school turns badges on, a teacher prints cards, and a pupil's phone opens what
// stands on one: one tap, and they are in their class. The teacher sees that, voids
// the badge, and the card says that it no longer works. All of it without barriers.
func TestACardSignsAPupilIn(t *testing.T) {
	b := newBrowser(t)
	d := startDemo(t)
	d.pupils(t)
	seen := new(sync.Map)
	look := func(w *window, what string) {
		t.Helper()
		(&examiner{window: w, portal: d.urls.portal, seen: seen}).examine(what)
	}

	admin := b.window("school admin")
	admin.signIn(d, demoSchoolAdmin.userName, demoPassword)
	admin.press("Linden School")
	admin.press("Settings")
	admin.press("Badges")
	admin.sees("What a badge is worth")
	look(admin, "badges are off")
	admin.picture("badges-off")
	admin.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("[name=weekdays]").forEach(e => e.checked = false); void 0`))
	admin.paste("From", "")
	admin.paste("Until", "")
	admin.press("Turn badges on")
	admin.sees("Badges are on, with these limits.")
	look(admin, "badges are on")

	teacher := b.window("teacher")
	teacher.signIn(d, demoTeacher.userName, demoPassword)
	teacher.press("Biology 7B")
	teacher.press("Login cards")
	teacher.sees("Who gets a card")
	look(teacher, "who gets a card")
	teacher.picture("cards-choose")
	teacher.press("Make new passwords for those whose password is not known")
	teacher.press("Make the cards")
	teacher.sees("10 login cards")
	look(teacher, "a sheet of cards")
	teacher.picture("cards")
	sheet := teacher.location()
	printed(teacher, sheet)

	teacher.open(sheet)
	scanned := teacher.scans("Noor Haddad")
	phone := b.window("pupil's phone")
	phone.size(390, 844, "light")
	phone.open(scanned)
	phone.sees("Sign in as Noor H.?")
	look(phone, "whom the card signs in")
	phone.picture("badge-door")
	phone.size(390, 844, "light")
	phone.press("Yes, I am Noor H.")
	phone.sees("Biology 7B")
	if !strings.HasPrefix(phone.location(), d.urls.portal+views.HomePath) || phone.steps != 1 {
		t.Errorf("at %s after %d taps", phone.location(), phone.steps)
	}
	phone.picture("badge-home")

	class := strings.SplitN(strings.TrimPrefix(sheet, d.urls.portal+"/o/"), "/", 2)[0]
	badges := d.urls.portal + views.BadgesPath(identity.OrganizationID(class))
	teacher.open(badges)
	teacher.sees("· used 1 time")
	look(teacher, "badges of a class")
	teacher.picture("badges-class")
	teacher.press("Void Noor Haddad")
	teacher.sees("The badge of Noor Haddad is void.")

	phone.size(390, 844, "light")
	phone.open(d.urls.portal + views.HomePath)
	phone.until(`!document.body.innerText.includes("Noor")`, "is still signed in")
	phone.open(scanned)
	phone.sees("This card no longer works")
	look(phone, "a card that is void")
	phone.picture("badge-void")
}

// pupils brings more of them without e-mail into Biology 7B, with names that cards
// have to hold.
func (d *demo) pupils(t *testing.T) {
	t.Helper()
	seed := d.standin.Seed().As(string(d.made.Provisioner.User))
	const school, class = "390000000000000001", "390000000000000002"
	for i, name := range [][2]string{
		{"Zoë", "Åberg"},
		{"Jean-Luc", "de la Tour d’Auvergne"},
		{"Maximilian Alexander", "Freiherr von Hohenstein-Weißenfels"},
		{"ليلى", "الخطيب"},
		{"李", "明"},
		{"Ana", "López"},
		{"Ólafur", "Þórðarson"},
		{"Bo", ""},
		{"Chiamaka", "Nwachukwu-Okonkwo"},
	} {
		id := fmt.Sprintf("3920000000000%05d", i)
		user, err := seed.User(standin.SeedUser{
			ID: id, Organization: school, UserName: fmt.Sprintf("pupil.number-%d-of-biology", i), GivenName: name[0], FamilyName: name[1],
			Address: identity.PlaceholderAddress(identity.UserID(id)),
		})
		if err == nil {
			_, err = seed.Authorize(user, d.made.Project, class, string(identity.RoleStudent))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.projection.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

// scans reads the picture on somebody's card as a phone does.
func (w *window) scans(name string) string {
	w.t.Helper()
	drawn, err := chromedp.Run(w.ctx, chromedp.Evaluate[struct {
		Box, Path string
	}](`(() => {
		const card = [...document.querySelectorAll("article")].find(e => e.querySelector("h2").innerText === `+quote(name)+`);
		return {Box: card.querySelector("svg").getAttribute("viewBox"), Path: card.querySelector("svg path").getAttribute("d")};
	})()`))
	if err != nil {
		w.t.Fatalf("%s: card of %s: %v\n%s", w.who, name, err, w.page())
	}
	var size int
	if _, err := fmt.Sscanf(drawn.Box, "0 0 %d", &size); err != nil {
		w.t.Fatalf("%q: %v", drawn.Box, err)
	}
	const scale = 4
	picture := image.NewGray(image.Rect(0, 0, size*scale, size*scale))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)`).FindAllStringSubmatch(drawn.Path, -1) {
		var x, y, width int
		_, _ = fmt.Sscan(run[1]+" "+run[2]+" "+run[3], &x, &y, &width)
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+width)*scale; px++ {
				picture.SetGray(px, py, color.Gray{})
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		w.t.Fatalf("%s: card of %s cannot be read: %v", w.who, name, err)
	}
	return text.GetText()
}

// printed prints a sheet in every way and looks that each page of it is one of
// paper, of the right size: a card that slips onto the next page is cut in two.
func printed(w *window, sheet string) {
	w.t.Helper()
	cards := w.count(".card")
	for _, test := range []struct {
		name, path string
		perPage    int
		box        string
	}{
		{"cards-a4", "?paper=a4&layout=cards", 8, "594.9 841.9"},
		{"cards-letter", "?paper=letter&layout=cards", 8, "612 792"},
		{"labels-a4", "?paper=a4&layout=labels", 24, "594.9 841.9"},
		{"labels-letter", "?paper=letter&layout=labels", 30, "612 792"},
		{"single-a4", "?paper=a4&layout=single", 1, "594.9 841.9"},
		{"letters-a4", "/letters?paper=a4&language=en", 1, "594.9 841.9"},
		{"letters-letter", "/letters?paper=letter&language=es", 1, "612 792"},
	} {
		w.open(sheet + test.path)
		w.until(`document.readyState === "complete"`, "does not load")
		pdf := w.print()
		if folder := os.Getenv("HOMEROOM_PRINTS"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, test.name+".pdf"), pdf, 0o600); err != nil {
				w.t.Fatal(err)
			}
		}
		boxes := regexp.MustCompile(`/MediaBox \[0 0 ([0-9. ]+)\]`).FindAllStringSubmatch(string(pdf), -1)
		if want := (cards + test.perPage - 1) / test.perPage; len(boxes) != want {
			w.t.Errorf("%s: %d pages of paper for %d cards, want %d", test.name, len(boxes), cards, want)
		}
		for _, box := range boxes {
			var width, height, wantWidth, wantHeight float64
			_, _ = fmt.Sscan(box[1], &width, &height)
			_, _ = fmt.Sscan(test.box, &wantWidth, &wantHeight)
			if width < wantWidth-1.5 || width > wantWidth+1.5 || height < wantHeight-1.5 || height > wantHeight+1.5 {
				w.t.Errorf("%s: a page of %s points, want %s", test.name, box[1], test.box)
				break
			}
		}
	}
}

// count is how many elements a selector finds.
func (w *window) count(selector string) int {
	w.t.Helper()
	n, err := chromedp.Run(w.ctx, chromedp.Evaluate[int](`document.querySelectorAll(`+quote(selector)+`).length`))
	if err != nil {
		w.t.Fatalf("%s: count %s: %v", w.who, selector, err)
	}
	return n
}

// print prints the page as the browser's own dialog does: the page says the size
// of the paper.
func (w *window) print() []byte {
	w.t.Helper()
	var pdf []byte
	w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		result, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
		pdf = result.Data
		return err
	}))
	return pdf
}
