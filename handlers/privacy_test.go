package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// exported is an archive of Linden School that can be fetched, for the route that
// names one.
func (p *portal) exported(s step) string {
	p.t.Helper()
	if !strings.Contains(s.route, "{export}") {
		return ""
	}
	school := p.in(linden, priya)
	all, err := school.Exports(p.ctx)
	p.check(err)
	for _, e := range all {
		switch e.State {
		case identity.ExportReady:
			return string(e.ID)
		case identity.ExportWaiting:
			p.make(e.ID)
			return string(e.ID)
		}
	}
	id, err := school.BeginExport(p.ctx)
	p.check(err)
	p.make(id)
	return string(id)
}

// make writes an archive of Linden School, as the job does.
func (p *portal) make(id identity.ExportID) {
	p.t.Helper()
	payload, err := json.Marshal(store.ExportPayload{School: p.id(linden), Export: id})
	p.check(err)
	p.check(p.options.Exports.Handle(p.ctx, payload, false))
}

func TestHowLongThingsAreKept(t *testing.T) {
	p := newPortal(t)
	b, path := p.signIn(priya), views.PrivacyPath(p.id(linden))
	for _, row := range []struct {
		name, inactive, invitations, audit string
		status                             int
		says                               string
		want                               identity.Retention
	}{
		{"too short", "2", "6", "24", http.StatusUnprocessableEntity, "3", identity.Retention{}},
		{"no number", "soon", "6", "24", http.StatusUnprocessableEntity, "", identity.Retention{}},
		{"right", "12", "6", "24", http.StatusOK, "", identity.Retention{Inactive: 12, Invitations: 6, Audit: 24}},
		{"for good", "", "0", "", http.StatusOK, "", identity.Retention{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := b.do(http.MethodPost, path, url.Values{
				"inactive": {row.inactive}, "invitations": {row.invitations}, "audit": {row.audit},
			})
			if seen.Status != row.status || !strings.Contains(seen.text(), row.says) {
				t.Errorf("saved = %d\n%s", seen.Status, seen.text())
			}
			if row.status != http.StatusOK && !filledIn(seen.doc, "inactive", row.inactive) {
				t.Errorf("what was typed is lost:\n%s", seen.text())
			}
			kept, err := p.in(linden, priya).Retention(p.ctx)
			p.check(err)
			if kept != row.want {
				t.Errorf("kept are %+v, want %+v", kept, row.want)
			}
		})
	}
}

func TestTheBasisOfAnAccountIsRecorded(t *testing.T) {
	p := newPortal(t)
	b, path := p.signIn(priya), views.BasisPath(p.id(linden), p.people[sam].ID)
	if seen := b.do(http.MethodPost, path, url.Values{"basis": {"guessed"}, "age-band": {"10-12"}}); seen.Status != http.StatusUnprocessableEntity ||
		!filledIn(seen.doc, "age-band", "10-12") {
		t.Errorf("a basis that is none = %d\n%s", seen.Status, seen.text())
	}
	b.do(http.MethodPost, path, url.Values{"basis": {"parent"}, "age-band": {"10-12"}})
	got, err := p.in(linden, priya).Basis(p.ctx, p.people[sam].ID)
	p.check(err)
	if got.Basis != identity.BasisParent || got.AgeBand != identity.Age10To12 || got.Recorder.User != p.people[priya].ID {
		t.Errorf("the basis is %+v", got)
	}
	if actions := p.audited(linden); !slices.Contains(actions, identity.ActionBasisRecorded) {
		t.Errorf("recorded are %v", actions)
	}
}

func TestASchoolFetchesItsArchive(t *testing.T) {
	p := newPortal(t)
	b, path := p.signIn(priya), views.PrivacyPath(p.id(linden))
	b.do(http.MethodPost, views.PrivacyPath(p.id(linden), "exports"), nil)
	all, err := p.in(linden, priya).Exports(p.ctx)
	p.check(err)
	if len(all) != 1 {
		t.Fatalf("exports are %+v", all)
	}
	if got := b.do(http.MethodPost, views.ExportArchivePath(p.id(linden), all[0].ID), nil); got.Status != http.StatusNotFound {
		t.Errorf("an archive that is not there yet = %d", got.Status)
	}
	p.make(all[0].ID)
	if seen := b.get(path); !strings.Contains(seen.Body, views.ExportArchivePath(p.id(linden), all[0].ID)) {
		t.Errorf("the page does not offer the archive:\n%s", seen.text())
	}
	got := b.do(http.MethodPost, views.ExportArchivePath(p.id(linden), all[0].ID), nil)
	keys, err := p.store.CheckpointKeys()
	p.check(err)
	if _, err := export.Verify(strings.NewReader(got.Body), int64(len(got.Body)), []audit.PublicKey(keys)); got.Status != http.StatusOK || err != nil {
		t.Errorf("the archive = %d: %v", got.Status, err)
	}
	if actions := p.audited(linden); !slices.Contains(actions, identity.ActionSchoolExported) || !slices.Contains(actions, identity.ActionExportTaken) {
		t.Errorf("recorded are %v", actions)
	}
}

// A student has what is kept about them, and nothing about anybody else.
func TestAStudentTakesTheirOwnData(t *testing.T) {
	p := newPortal(t)
	p.check(p.in(linden, priya).RecordBasis(p.ctx, identity.AccountBasis{User: p.people[sam].ID, Basis: identity.BasisParent, AgeBand: identity.Age10To12}))
	b := p.signIn(sam)
	before := p.calls()
	page, file := b.get("/account/data"), b.get("/account/data.json")
	var data struct {
		User    struct{ ID, Address string }
		Roles   []struct{ Name string }
		Records []json.RawMessage
		Basis   struct{ Basis string }
	}
	if err := json.Unmarshal([]byte(file.Body), &data); err != nil {
		t.Fatalf("%v\n%s", err, file.Body)
	}
	if data.User.ID != string(p.people[sam].ID) || data.User.Address != sam || data.Basis.Basis != "parent" ||
		len(data.Roles) != 1 || data.Roles[0].Name != biology || len(data.Records) == 0 {
		t.Errorf("the file has %+v", data)
	}
	for _, other := range []string{priya, "Priya", "Nair", string(p.people[priya].ID), lee, "Noor", "Jon"} {
		if strings.Contains(file.Body, other) || strings.Contains(page.text(), other) {
			t.Errorf("their data tells of %s", other)
		}
	}
	if after := p.calls(); !equalCalls(before, after) {
		t.Errorf("Zitadel was asked: %v, before %v", after, before)
	}
}

func equalCalls(a, b map[string]int) bool {
	for method, n := range b {
		if a[method] != n {
			return false
		}
	}
	return true
}

func TestErasingASchoolAsksForItsNameAndAnArchive(t *testing.T) {
	p := newPortal(t)
	b, path := p.signIn(olu), views.ErasePath(p.id(linden))
	if got := b.get(path); got.Status != http.StatusConflict {
		t.Errorf("a school in use = %d\n%s", got.Status, got.text())
	}
	opened, err := p.onPlatform().Open(p.ctx, p.id(linden))
	p.check(err)
	p.check(p.onPlatform().Suspend(p.ctx, p.store.In(opened), "leaves", oneCall(func() (identity.Fact, error) {
		return p.gateway.In(p.founded(linden)).SetState(p.ctx, identity.OrganizationInactive)
	})))
	for _, row := range []struct {
		name, typed, without string
		status               int
	}{
		{"another name", birch, "on", http.StatusUnprocessableEntity},
		{"no archive", linden, "", http.StatusUnprocessableEntity},
		{"without one", linden, "on", http.StatusOK},
	} {
		seen := b.do(http.MethodPost, path, url.Values{"name": {row.typed}, "without": {row.without}})
		if seen.Status != row.status || row.status != http.StatusOK && !filledIn(seen.doc, "name", row.typed) {
			t.Errorf("%s = %d\n%s", row.name, seen.Status, seen.text())
		}
	}
	waiting, err := p.onPlatform().Erasures(p.ctx)
	p.check(err)
	if len(waiting) != 1 || waiting[0].School != p.id(linden) {
		t.Errorf("erased are %+v", waiting)
	}
}

func oneCall(call func() (identity.Fact, error)) func(context.Context) ([]identity.Fact, error) {
	return func(context.Context) ([]identity.Fact, error) { return oneFact(call()) }
}
