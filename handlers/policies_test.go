package handlers

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// knowPolicy reads a school's login policy, as the portal does in the background.
func (p *portal) knowPolicy(school string) identity.LoginPolicy {
	p.t.Helper()
	var policy identity.LoginPolicy
	schools, err := p.store.StaleLoginPolicies(p.ctx, 10)
	p.check(err)
	for _, opened := range schools {
		asked := p.now.Now()
		read, err := p.gateway.In(opened).LoginPolicy(p.ctx)
		p.check(err)
		p.check(p.store.In(opened).KeepLoginPolicy(p.ctx, read, asked))
		if opened.ID() == p.id(school) {
			policy = read
		}
	}
	return policy
}

// pairs are the fields of a form as [browser.post] takes them.
func pairs(params []views.Param) []string {
	var list []string
	for _, param := range params {
		list = append(list, param.Name, param.Value)
	}
	return list
}

func TestASchoolChangesItsPolicies(t *testing.T) {
	p := newPortal(t)
	login := p.knowPolicy(linden)
	admin, teacher := p.signIn(priya), p.signIn(lee)
	path := views.PoliciesPath(p.id(linden))
	if page := admin.get(path); page.Status != http.StatusOK || !strings.Contains(page.text(), "Nobody has to have one") {
		t.Fatalf("form = %d\n%s", page.Status, page.text())
	}
	form := views.PolicyFormOf(identity.DefaultPolicies, login)
	form.SecondFactor, form.LocalOnly, form.Names, form.Days, form.Domains = "all", true, "never", "9", "linden.example"
	check := admin.get(views.WithQuery(views.PoliciesCheckPath(p.id(linden)), form.Params()...))
	for _, want := range []string{
		"Everybody must have one, except through the school's own sign-in",
		"people have no second factor and are asked to set one up at their next sign-in", "Never", "9", "linden.example",
	} {
		if !strings.Contains(check.text(), want) {
			t.Errorf("the preview lacks %q\n%s", want, check.text())
		}
	}
	saved := admin.post(path, pairs(form.Params())...)
	if saved.Status != http.StatusOK || !strings.Contains(saved.text(), "The policies are saved.") {
		t.Fatalf("saved = %d\n%s", saved.Status, saved.text())
	}
	now, err := p.gateway.In(p.opened(linden, priya)).LoginPolicy(p.ctx)
	p.check(err)
	if !now.RequireFactor || !now.LocalOnly || now.PasswordLifetime != login.PasswordLifetime || !now.Own {
		t.Errorf("at Zitadel: %+v, before %+v", now, login)
	}
	if got := p.audited(linden); got[len(got)-1] != identity.ActionPoliciesChanged {
		t.Errorf("recorded %v", got)
	}

	// What the rules say holds where they are about something.
	if draft := teacher.get(views.NewInvitationPath(p.id(biology))); !strings.Contains(draft.Body, `<option value="9" selected>9 days</option>`) {
		t.Errorf("a new invitation does not expire as the school says:\n%s", draft.text())
	}
	refused := teacher.post(views.InvitationsPath(p.id(biology)), "submission", identity.NewSubmission(),
		"addresses", "kim@elsewhere.example", "role", "student", "language", "en", "days", "9")
	if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.text(), "sends invitations to linden.example only") {
		t.Errorf("inviting elsewhere = %d\n%s", refused.Status, refused.text())
	}
	_, err = p.in(biology, lee).Invite(p.ctx, []identity.Invitation{{Address: "kim@elsewhere.example", Role: identity.RoleStudent}}, "past-the-page",
		func(identity.Invitation, string) (identity.Mail, error) { return identity.Mail{}, nil })
	if !identity.IsKind(err, identity.KindInvalid) {
		t.Errorf("inviting elsewhere past the page: %v", err)
	}
}

func TestWrongPoliciesSaySoAndKeepWhatWasTyped(t *testing.T) {
	p := newPortal(t)
	login := p.knowPolicy(linden)
	admin := p.signIn(priya)
	for _, tt := range []struct {
		name   string
		change func(*views.PolicyForm)
		says   string
		keeps  string
	}{
		{"nobody chosen", func(f *views.PolicyForm) { f.SecondFactor = "x" }, "Choose who must have a second factor.", ""},
		{"no factor left", func(f *views.PolicyForm) { f.SecondFactor, f.Factors, f.Passkeys = "all", nil, false }, "Choose at least one second factor", ""},
		{"a lifetime of nothing", func(f *views.PolicyForm) { f.PasswordHours = "soon" }, "Enter a number of hours", "soon"},
		{"a lifetime of years", func(f *views.PolicyForm) { f.ProviderHours = "99999" }, "Enter a number of hours", "99999"},
		{"days beyond", func(f *views.PolicyForm) { f.Days = "91" }, "90", "91"},
		{"no rule for names", func(f *views.PolicyForm) { f.Names = "" }, "Choose who decides about names.", ""},
		{"no domain", func(f *views.PolicyForm) { f.Domains = "linden school" }, "“linden” is no domain", "linden school"},
	} {
		form := views.PolicyFormOf(identity.DefaultPolicies, login)
		tt.change(&form)
		for way, seen := range map[string]page{
			"check": admin.get(views.WithQuery(views.PoliciesCheckPath(p.id(linden)), form.Params()...)),
			"save":  admin.post(views.PoliciesPath(p.id(linden)), pairs(form.Params())...),
		} {
			if seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), tt.says) || !strings.Contains(seen.Body, tt.keeps) {
				t.Errorf("%s, %s = %d, want %q\n%s", tt.name, way, seen.Status, tt.says, seen.text())
			}
		}
	}
	if got, err := p.in(linden, priya).Policies(p.ctx); err != nil || got.Names != identity.NamesByClassroom || got.InvitationDays != identity.DefaultPolicies.InvitationDays {
		t.Errorf("saved all the same: %+v, %v", got, err)
	}
}

// A policy that changed at Zitadel after the preview was shown is not
// overwritten: the preview comes again.
func TestAPolicyThatChangedAtZitadelIsLookedAtAgain(t *testing.T) {
	p := newPortal(t)
	login := p.knowPolicy(linden)
	admin := p.signIn(priya)
	form := views.PolicyFormOf(identity.DefaultPolicies, login)
	form.Days = "9"
	elsewhere := login
	elsewhere.Passkeys = !login.Passkeys
	p.check(p.gateway.In(p.opened(linden, priya)).SetLoginPolicy(p.ctx, elsewhere))
	seen := admin.post(views.PoliciesPath(p.id(linden)), pairs(form.Params())...)
	if seen.Status != http.StatusConflict || !strings.Contains(seen.text(), "changed at Zitadel meanwhile") {
		t.Fatalf("save = %d\n%s", seen.Status, seen.text())
	}
	if got, err := p.in(linden, priya).Policies(p.ctx); err != nil || got.InvitationDays == 9 {
		t.Errorf("saved all the same: %+v, %v", got, err)
	}
	again := admin.post(views.PoliciesPath(p.id(linden)), pairs(form.Params())...)
	if again.Status != http.StatusOK {
		t.Errorf("sent once more = %d\n%s", again.Status, again.text())
	}
}

func TestNothingIsSavedWhileZitadelIsAway(t *testing.T) {
	p := newPortal(t)
	login := p.knowPolicy(linden)
	admin := p.signIn(priya)
	form := views.PolicyFormOf(identity.DefaultPolicies, login)
	form.Days = "9"
	p.zitadel.Faults().Unavailable("/zitadel.management.v1.ManagementService/GetLoginPolicy", 0, 100)
	seen := admin.post(views.PoliciesPath(p.id(linden)), pairs(form.Params())...)
	p.zitadel.Faults().Heal()
	if seen.Status != http.StatusServiceUnavailable || !strings.Contains(seen.text(), "nothing was saved") || seen.field("invitation-days") != "9" {
		t.Errorf("save = %d\n%s", seen.Status, seen.text())
	}
}

func TestASchoolHasItsOwnLook(t *testing.T) {
	p := newPortal(t)
	admin := p.signIn(priya)
	path := views.BrandingPath(p.id(linden))
	var picture bytes.Buffer
	p.check(png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 40, 20))))

	for _, tt := range []struct {
		name   string
		colour string
		file   []byte
		status int
		says   string
	}{
		{"no colour", "red", nil, http.StatusUnprocessableEntity, "Write the colour as # and six digits"},
		{"no picture", "#ffd400", []byte("<svg/>"), http.StatusUnprocessableEntity, "no PNG, JPEG or GIF"},
		{"a yellow and a logo", "#ffd400", picture.Bytes(), http.StatusOK, "The logo and the colour are saved."},
	} {
		seen := admin.uploadAs("logo", path, tt.file, "colour", tt.colour)
		if seen.Status != tt.status || !strings.Contains(seen.text(), tt.says) {
			t.Fatalf("%s = %d, want %q\n%s", tt.name, seen.Status, tt.says, seen.text())
		}
	}

	// The classroom's page wears it too, and its parts are there for everybody.
	look, err := p.in(linden, priya).Branding(p.ctx)
	p.check(err)
	roster := p.signIn(lee).get(views.RosterPath(p.id(biology)))
	anyone := p.browser()
	for _, part := range []struct{ path, kind, holds string }{
		{views.BrandSheetPath(p.id(linden), look.Version), "text/css; charset=utf-8", "--accent: light-dark(" + look.OnLight},
		{views.BrandLogoPath(p.id(linden), look.Version), "image/png", "PNG"},
	} {
		if !strings.Contains(roster.Body, part.path) {
			t.Errorf("the classroom's page lacks %s", part.path)
		}
		seen := anyone.get(part.path)
		if seen.Status != http.StatusOK || seen.Header.Get("Content-Type") != part.kind || !strings.Contains(seen.Body, part.holds) ||
			!strings.Contains(seen.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s = %d, %v", part.path, seen.Status, seen.Header)
		}
	}
	if other := p.signIn(mallory).get(views.RosterPath(p.id(maths))); strings.Contains(other.Body, "/brand/") {
		t.Error("another school's classroom wears it")
	}
	for _, missing := range []string{
		views.BrandSheetPath(p.id(linden), "c00"), views.BrandLogoPath(p.id(birch), look.Version), views.BrandSheetPath("nothing", look.Version),
	} {
		if seen := anyone.get(missing); seen.Status != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", missing, seen.Status)
		}
	}
	back := admin.post(views.BrandingResetPath(p.id(linden)))
	if back.Status != http.StatusOK || strings.Contains(back.Body, "/brand/") {
		t.Errorf("back to Homeroom's own = %d", back.Status)
	}
}
