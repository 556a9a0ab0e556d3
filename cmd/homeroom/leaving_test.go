package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// works are what makes archives and erases.
func works(p *portal) export.Works {
	return export.Works{Store: p.store, Provisioner: p.provisioner, Now: time.Now}
}

func (l *leaver) payload(v any) json.RawMessage {
	l.t.Helper()
	text, err := json.Marshal(v)
	l.check(err)
	return text
}

// exported has the archive of Linden School made, and answers it.
func (l *leaver) exported(p *portal) (identity.SchoolExport, []byte) {
	l.t.Helper()
	ctx := l.t.Context()
	school := l.asAdmin(p)
	id, err := school.BeginExport(ctx)
	l.check(err)
	l.check(works(p).Handle(ctx, l.payload(store.ExportPayload{School: identity.OrganizationID(l.school.id), Export: id}), false))
	e, err := school.Export(ctx, id)
	l.check(err)
	file, err := works(p).Open(identity.OrganizationID(l.school.id), id)
	l.check(err)
	defer func() { _ = file.Close() }()
	archive, err := io.ReadAll(file)
	l.check(err)
	return e, archive
}

func (l *leaver) asAdmin(p *portal) *store.Organization {
	l.t.Helper()
	opened, err := p.store.OpenFor(l.t.Context(), identity.Actor{User: identity.UserID(l.admin), Name: "Ada Lindenwood"}, identity.OrganizationID(l.school.id))
	l.check(err)
	return p.store.In(opened)
}

// suspended closes Linden School and answers it for its operator.
func (l *leaver) suspended(p *portal) (*store.Platform, identity.Opened) {
	l.t.Helper()
	ctx := l.t.Context()
	actor := identity.Actor{User: identity.UserID(l.operator), Name: "Olu Adeyemi"}
	opened, err := p.store.OpenPlatform(ctx, actor)
	l.check(err)
	platform := p.store.Platform(opened)
	school, err := platform.Open(ctx, identity.OrganizationID(l.school.id))
	l.check(err)
	l.check(platform.Suspend(ctx, p.store.In(school), "leaves", func(ctx context.Context) ([]identity.Fact, error) {
		fact, err := p.runtime.In(school).SetState(ctx, identity.OrganizationInactive)
		return []identity.Fact{fact}, err
	}))
	school, err = platform.Open(ctx, identity.OrganizationID(l.school.id))
	l.check(err)
	return platform, school
}

// A school that leaves takes everything along: the archive holds what the
// database and Zitadel hold. Then nothing of it is left here or there, and the
// log of the installation is still whole.
func TestASchoolLeavesWithEverythingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	l := newLeaver(t, 30)
	ctx := t.Context()
	p := l.portal()
	l.use(p)
	db := l.open()
	l.session(db)
	tables := l.fill(db)
	l.command("audit", "checkpoint")

	e, archive := l.exported(p)
	if e.State != identity.ExportReady || e.Bytes != int64(len(archive)) || e.Rows == 0 {
		t.Errorf("the export is %+v", e)
	}
	keys, err := p.store.CheckpointKeys()
	l.check(err)
	if _, err := export.Verify(bytes.NewReader(archive), int64(len(archive)), keys); err != nil {
		t.Errorf("the archive is not whole: %v", err)
	}
	l.compare(p, l.unpack(archive), tables)
	for name, content := range l.unpack(archive).files {
		if bytes.Contains(content, []byte(secretMark)) {
			t.Errorf("%s holds a secret", name)
		}
	}

	platform, school := l.suspended(p)
	birch := l.birchRows()
	l.check(platform.BeginErasure(ctx, school, e))
	l.check(platform.BeginErasure(ctx, school, e)) // twice is once
	erase := l.payload(store.ErasePayload{School: school.ID()})

	// Zitadel is away: it waits, and says so.
	l.zitadel.Faults().Unavailable("/zitadel.org.v2.OrganizationService/DeleteOrganization", 0, 100)
	if err := works(p).Erase(ctx, erase, false); err == nil {
		t.Error("a school is erased without Zitadel")
	}
	waiting, err := platform.Erasures(ctx)
	l.check(err)
	if len(waiting) != 1 || waiting[0].Trouble.ID == "" || waiting[0].People != len(l.people) || waiting[0].Classrooms != 2 {
		t.Errorf("what waits is %+v", waiting)
	}
	l.zitadel.Faults().Heal()
	l.check(works(p).Erase(ctx, erase, false))
	l.check(works(p).Erase(ctx, erase, false)) // done is done
	l.nothingLeft("erased")
	if files, err := filepathGlob(p.store.ExportFolder()); err != nil || len(files) > 0 {
		t.Errorf("archives are left: %v, %v", files, err)
	}
	l.nothingThere(p, school)
	if after := l.birchRows(); !slices.Equal(birch, after) {
		t.Errorf("Birch Academy had\n%s\nand has\n%s", strings.Join(birch, "\n"), strings.Join(after, "\n"))
	}
	if receipts := l.count("SELECT COUNT(*) FROM audit_records WHERE home_id = ? AND action = ? AND target = ? AND outcome = 'done'",
		string(l.made.Operators), string(identity.ActionSchoolErased), l.school.id); receipts != 1 {
		t.Errorf("%d receipts", receipts)
	}

	// What Zitadel's log tells late, and a projection that is built anew, bring
	// nothing back.
	l.check(p.projection.Sync(ctx, nil))
	l.nothingLeft("read on")
	l.check(p.close())
	l.command("sync", "--rebuild")
	l.nothingLeft("rebuilt")
	l.command("audit", "verify") // fails if anything is wrong
	l.command("audit", "checkpoint")
	l.command("audit", "verify")
}

// compare holds an archive against the database and Zitadel.
func (l *leaver) compare(p *portal, a taken, tables []string) {
	l.t.Helper()
	ctx, db := l.t.Context(), l.open()
	in := "('" + strings.Join(l.organizations(), "','") + "')"
	for _, table := range tables {
		want := l.number(db, "SELECT COUNT(*) FROM "+table+" WHERE organization_id IN "+in)
		if got := a.rows(l, "data/"+table+".jsonl"); got != want || want == 0 {
			l.t.Errorf("%s: %d rows in the archive, %d in the database", table, got, want)
		}
	}
	records := l.number(db, "SELECT COUNT(*) FROM audit_records WHERE home_id = ?", l.school.id)
	people, assignments := a.rows(l, "csv/people.csv"), a.rows(l, "csv/rosters.csv")
	for what, counts := range map[string][2]int{
		"records":            {a.rows(l, "data/audit.jsonl"), records},
		"records in a table": {a.rows(l, "csv/audit.csv"), records},
		"people":             {people, len(l.people) + 1},
		"classrooms":         {a.rows(l, "csv/classrooms.csv"), 2},
		"assignments":        {assignments, len(l.people) + 1},
	} {
		if counts[0] != counts[1] || counts[1] == 0 {
			l.t.Errorf("%s: %d in the archive, %d there", what, counts[0], counts[1])
		}
	}
	for _, user := range append(slices.Clone(l.people), l.guest) {
		there, err := p.events.User(ctx, identity.UserID(user))
		l.check(err)
		line := strings.Join([]string{user, there.UserName, there.GivenName, there.FamilyName, there.Address}, ",")
		if strings.Count(string(a.files["csv/people.csv"]), line) != 1 {
			l.t.Errorf("csv/people.csv has not %q", line)
		}
	}
	for _, organization := range l.organizations() {
		there, err := p.events.RoleAssignments(ctx, identity.OrganizationID(organization))
		l.check(err)
		if len(there) == 0 {
			l.t.Errorf("nobody is in %s", organization)
		}
		for _, r := range there {
			if line := organization + "," + string(r.User) + "," + string(r.Roles[0]) + ",active,"; strings.Count(string(a.files["csv/rosters.csv"]), line) != 1 {
				l.t.Errorf("csv/rosters.csv has not %q", line)
			}
		}
	}
	one := l.unpackOneRoster(a.files["oneroster.zip"])
	if len(one["users.csv"]) != people || len(one["enrollments.csv"]) != assignments-1 || len(one["classes.csv"]) != 2 {
		l.t.Errorf("OneRoster has %d users, %d enrollments, %d classes", len(one["users.csv"]), len(one["enrollments.csv"]), len(one["classes.csv"]))
	}
}

// nothingThere complains of what Zitadel still has, and if a guest lost the
// account.
func (l *leaver) nothingThere(p *portal, school identity.Opened) {
	l.t.Helper()
	ctx := l.t.Context()
	for _, organization := range l.organizations() {
		if o, err := p.events.Organization(ctx, identity.OrganizationID(organization)); !identity.IsKind(err, identity.KindNotFound) {
			l.t.Errorf("Zitadel has %+v, %v", o, err)
		}
	}
	for _, user := range l.people {
		if u, err := p.events.User(ctx, identity.UserID(user)); !identity.IsKind(err, identity.KindNotFound) {
			l.t.Errorf("Zitadel has %+v, %v", u, err)
		}
	}
	if _, err := p.events.User(ctx, identity.UserID(l.guest)); err != nil {
		l.t.Errorf("the guest's account: %v", err)
	}
	if n := l.count("SELECT COUNT(*) FROM users WHERE id = ?", l.guest); n != 1 {
		l.t.Errorf("the guest is known %d times", n)
	}
}

// birchRows are the other school's own people and assignments.
func (l *leaver) birchRows() []string {
	db := l.open()
	defer func() { l.check(db.Close()) }()
	all := l.strings(db, "SELECT id || user_name || address FROM users WHERE organization_id = ? ORDER BY id", l.birch.id)
	return append(all, l.strings(db, "SELECT user_id || roles || state FROM role_assignments WHERE organization_id IN (?, ?) AND user_id <> ? ORDER BY id",
		l.birch.id, l.birch.classrooms[0], l.abroad)...)
}

// A school is erased though the work is cut off again and again, each time one
// step of the database or of Zitadel later than before.
func TestErasingGoesOnWhereverItIsCutOff(t *testing.T) {
	t.Parallel()
	l := newLeaver(t, 12)
	p := l.portal()
	defer func() { l.check(p.close()) }()
	l.use(p)
	l.fill(l.open())
	e, _ := l.exported(p)
	platform, school := l.suspended(p)
	l.check(platform.BeginErasure(t.Context(), school, e))
	erase, tries := l.payload(store.ErasePayload{School: school.ID()}), 0
	for steps := 1; ; steps++ {
		ctx := cutOff(t.Context(), steps)
		err := works(p).Erase(ctx, erase, false)
		if err == nil {
			break
		}
		if tries++; tries > 2000 || ctx.Err() == nil {
			t.Fatalf("after %d tries: %v", tries, err)
		}
	}
	if tries < 20 {
		t.Errorf("it was cut off %d times", tries)
	}
	t.Logf("cut off %d times", tries)
	l.nothingLeft("erased")
	l.nothingThere(p, school)
	if n := l.count("SELECT COUNT(*) FROM audit_records WHERE action = ?", string(identity.ActionSchoolErased)); n != 1 {
		t.Errorf("%d receipts", n)
	}
	l.command("audit", "verify")
}
