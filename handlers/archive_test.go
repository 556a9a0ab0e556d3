package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/bulk"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// archived takes Biology 7B out of use, as its teacher does.
func (p *portal) archived() {
	p.t.Helper()
	sent := p.signIn(lee).staying().post(p.fill("/o/{biology}/archive"))
	if sent.Status != http.StatusSeeOther || !strings.HasPrefix(sent.Header.Get("Location"), p.fill("/o/{biology}/runs/")) {
		p.t.Fatalf("archive = %d to %s\n%s", sent.Status, sent.Header.Get("Location"), sent.text())
	}
	p.work()
	p.settled()
}

func TestAnArchivedClassroomIsReadByItsTeachersAndChangedByNobody(t *testing.T) {
	p := newPortal(t)
	invitation := p.invitation(p.invite(biology, lee, "waiting@linden.example", identity.RoleStudent)).ID
	if asked := p.signIn(lee).get(p.fill("/o/{biology}/archive")); !strings.Contains(asked.text(), "2 students lose access") ||
		!strings.Contains(asked.text(), "1 invitation cannot be accepted meanwhile.") {
		t.Errorf("the question says\n%s", asked.text())
	}
	p.archived()
	refused := "is archived, and nothing in it can be changed"
	p.run(biology, []scenario{
		{name: "its teacher reads the roster", who: lee, method: "GET", path: "/o/{biology}/roster", status: 200, text: []string{"Sam Kim", "This class is archived.", "Restore the class"}, absent: []string{"Invite", "Delete for good"}},
		{name: "and finds it at home apart", who: lee, method: "GET", path: "/home", status: 200, text: []string{"Archived classes", biology}},
		{name: "a co_teacher reads it", who: jon, method: "GET", path: "/o/{biology}/roster", status: 200, text: []string{"This class is archived."}, absent: []string{"Restore the class"}},
		{name: "a student has no access", who: sam, method: "GET", path: "/o/{biology}", status: 404},
		{name: "nor does a student see it at home", who: sam, method: "GET", path: "/home", status: 200, absent: []string{"Archived classes", biology}},
		{name: "the settings change nothing", who: lee, method: "GET", path: "/o/{biology}/settings", status: 200, text: []string{"Its students have no access."}, absent: []string{"Save settings", "Change name"}},
		{name: "no invitation goes out", who: lee, method: "POST", path: "/o/{biology}/invitations", form: form("addresses", "x@linden.example"), status: 409, text: []string{refused}},
		{name: "nobody is removed", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/remove", status: 409, text: []string{refused}},
		{name: "nobody is activated", who: priya, method: "POST", path: "/o/{biology}/people/{sam}/activate", status: 409, text: []string{refused}},
		{name: "no student is created", who: lee, method: "POST", path: "/o/{biology}/students/new", status: 409, text: []string{refused}},
		{name: "it is not renamed", who: lee, method: "POST", path: "/o/{biology}/name", form: form("name", "Other"), status: 409, text: []string{refused}},
		{name: "nor by the school", who: priya, method: "POST", path: "/o/{linden}/classrooms/{biology}/name", form: form("name", "Other"), status: 422, text: []string{refused}},
		{name: "no teacher is assigned", who: priya, method: "POST", path: "/o/{linden}/classrooms/{biology}/teachers", form: form("address", lea), status: 409, text: []string{refused}},
		{name: "the settings are not saved", who: lee, method: "POST", path: "/o/{biology}/settings", form: form("students-see-names", "on"), status: 409, text: []string{refused}},
		{name: "nobody leaves", who: second, method: "POST", path: "/o/{biology}/leave", status: 409, text: []string{refused}},
		{name: "its invitations are not shown", who: lee, method: "GET", path: "/o/{biology}/invitations", status: 409, text: []string{refused}},
		{name: "and not sent again", who: lee, method: "POST", path: "/o/{biology}/invitations/" + string(invitation) + "/resend", status: 409, text: []string{refused}},
		{name: "it is not archived twice", who: lee, method: "POST", path: "/o/{biology}/archive", status: 409, text: []string{refused}},
		{name: "a co_teacher does not restore it", who: jon, method: "POST", path: "/o/{biology}/restore", status: 403},
		{name: "its teacher does not delete it", who: lee, method: "POST", path: "/o/{biology}/delete", form: form("name", biology), status: 403, text: []string{"Only the school deletes its classes."}},
		{name: "the school's list has it apart", who: priya, method: "GET", path: "/o/{linden}/classrooms?show=archived", status: 200, text: []string{biology, "1 class found"}},
	})
}

func TestARestoredClassroomIsAsItWas(t *testing.T) {
	p := newPortal(t)
	member := func(user string) identity.RoleAssignmentState {
		m, err := p.in(biology, priya).Member(p.ctx, p.people[user].ID)
		p.check(err)
		return m.Assignment.State
	}
	p.check(identity.Suspend(p.ctx, p.opened(biology, lee), p.in(biology, lee), p.gateway.In(p.opened(biology, lee)), p.people[noor].ID))
	p.archived()
	if member(sam) != identity.AssignmentSuspended || member(lee) != identity.AssignmentActive {
		t.Errorf("archived: Sam is %s, the teacher %s", member(sam), member(lee))
	}
	sent := p.signIn(priya).staying().post(p.fill("/o/{biology}/restore"))
	if sent.Status != http.StatusSeeOther {
		t.Fatalf("restore = %d\n%s", sent.Status, sent.text())
	}
	p.work()
	p.settled()
	if member(sam) != identity.AssignmentActive || member(noor) != identity.AssignmentSuspended {
		t.Errorf("restored: Sam is %s, Noor, who was suspended before, %s", member(sam), member(noor))
	}
	if seen := p.signIn(sam).get(p.fill("/o/{biology}")); seen.Status != http.StatusOK || strings.Contains(seen.text(), "archived") {
		t.Errorf("the class = %d\n%s", seen.Status, seen.text())
	}
}

// shut is a gateway to a Zitadel that takes no organization out of use.
type shut struct{ identity.Gateway }

func (g shut) In(o identity.Opened) identity.Remote { return shutRemote{g.Gateway.In(o)} }

type shutRemote struct{ identity.Remote }

func (shutRemote) SetState(context.Context, identity.OrganizationState) (identity.Fact, error) {
	return nil, identity.Forbidden("permission.missing")
}

func TestStudentsComeBackWhoWereSuspendedByARunThatCouldNotEnd(t *testing.T) {
	p := newPortal(t)
	state := func() identity.RoleAssignmentState {
		m, err := p.in(biology, priya).Member(p.ctx, p.people[sam].ID)
		p.check(err)
		return m.Assignment.State
	}
	p.signIn(lee).staying().post(p.fill("/o/{biology}/archive"))
	run := p.queue.todo[len(p.queue.todo)-1]
	p.queue.todo = nil
	cutOff := bulk.New(bulk.Options{Store: p.store, Gateway: shut{p.gateway}, Now: p.now.Now, Log: slog.New(slog.DiscardHandler)})
	p.check(cutOff.Handle(p.ctx, run.payload, false))
	p.settled()
	if open, err := p.store.OpenFor(p.ctx, identity.Actor{User: p.people[lee].ID}, p.id(biology)); err != nil || open.Organization().Archived() || state() != identity.AssignmentSuspended {
		t.Fatalf("the class is archived: %v, %v; Sam is %s", open.Organization().Archived(), err, state())
	}
	p.archived()
	p.signIn(priya).staying().post(p.fill("/o/{biology}/restore"))
	p.work()
	p.settled()
	if state() != identity.AssignmentActive {
		t.Errorf("restored: Sam is %s", state())
	}
}

func TestAClassroomIntoWhichPeopleComeByThemselvesIsNotClosed(t *testing.T) {
	p := newPortal(t)
	p.rows = p.signInRows(linden, priya, "linden.example")
	_, err := p.store.Writer().ExecContext(p.ctx, "UPDATE domains SET joining = 'on', role = 'student', classroom_id = ?", string(p.id(biology)))
	p.check(err)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if seen := p.signIn(lee).do(method, p.fill("/o/{biology}/archive"), nil); seen.Status != http.StatusConflict || !strings.Contains(seen.text(), "join this class by themselves through linden.example") {
			t.Errorf("%s = %d\n%s", method, seen.Status, seen.text())
		}
	}
}

func TestADeletedClassroomIsGoneWithWhatItHad(t *testing.T) {
	p := newPortal(t)
	p.invite(biology, lee, "waiting@linden.example", identity.RoleStudent)
	it := p.signIn(priya)
	if early := it.post(p.fill("/o/{biology}/delete"), "name", biology); early.Status != http.StatusConflict || !strings.Contains(early.text(), "Archive it before you delete it.") {
		t.Errorf("in use = %d\n%s", early.Status, early.text())
	}
	p.archived()
	asked := it.get(p.fill("/o/{biology}/delete"))
	for _, want := range []string{"What goes", "5 people lose their role", "What stays", "The accounts of its people", "audit log of Linden School"} {
		if !strings.Contains(asked.text(), want) {
			t.Errorf("the question does not say %q:\n%s", want, asked.text())
		}
	}
	if wrong := it.post(p.fill("/o/{biology}/delete"), "name", "biology"); wrong.Status != http.StatusUnprocessableEntity || wrong.field("name") != "biology" {
		t.Errorf("mistyped = %d\n%s", wrong.Status, wrong.text())
	}
	path := p.fill("/o/{biology}/delete")
	gone := it.post(path, "name", biology)
	if gone.Status != http.StatusOK || !strings.Contains(gone.text(), "“Biology 7B” is deleted.") {
		t.Fatalf("deleted = %d at %s\n%s", gone.Status, gone.URL, gone.text())
	}
	p.settled()
	if seen := it.get(p.fill("/o/{biology}")); seen.Status != http.StatusNotFound {
		t.Errorf("the class is still there: %d", seen.Status)
	}
	if seen := p.signIn(lee).get("/home"); strings.Contains(seen.text(), biology) {
		t.Errorf("the teacher's home still has it:\n%s", seen.text())
	}
	if _, err := p.store.User(p.ctx, p.people[sam].ID); err != nil {
		t.Errorf("a student's account is gone: %v", err)
	}
	log, err := p.in(linden, priya).Audit(p.ctx, store.AuditQuery{Action: identity.ActionClassroomDeleted})
	p.check(err)
	if len(log.Records) != 1 || log.Records[0].Outcome != identity.OutcomeDone || log.Records[0].TargetName != biology {
		t.Errorf("the school's log has %+v", log.Records)
	}
}
