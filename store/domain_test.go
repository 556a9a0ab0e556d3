package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"homeroom.dev/homeroom/identity"
)

func TestADomainIsSavedWholeWithWhatTheActFoundOut(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	want := identity.Domain{
		Name: "linden.example", Join: identity.AutoJoinAsk, Role: identity.RoleStudent, Classroom: "linden-7b",
		Challenge: identity.DomainChallenge{Proof: identity.ProofDNS, Token: "token", Place: "_zitadel-challenge.linden.example"},
		AddedAt:   noon,
	}
	given := want
	given.Challenge = identity.DomainChallenge{}
	w.must(o.ChangeDomain(t.Context(), identity.Change{Action: identity.ActionDomainAdded}, given,
		func(_ context.Context, d *identity.Domain) error { d.Challenge = want.Challenge; return nil }))
	same := func(why string) {
		t.Helper()
		got, err := o.Domain(t.Context(), "linden.example")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", why, err, diff)
		}
	}
	same("added")
	w.after(time.Hour)
	w.must(o.DomainChecked(t.Context(), "linden.example", false))
	want.CheckedAt = w.clock
	same("checked")
	w.after(time.Hour)
	given = want
	given.Verified, given.Join = true, identity.AutoJoinOn
	w.must(o.ChangeDomain(t.Context(), identity.Change{Action: identity.ActionDomainVerified}, given, domainAsItIs))
	want.Verified, want.VerifiedAt, want.Join = true, w.clock, identity.AutoJoinOn
	same("verified")
	w.after(time.Hour)
	w.must(o.ChangeDomain(t.Context(), identity.Change{Action: identity.ActionDomainChanged}, want, domainAsItIs))
	same("changed")
	fails := func(context.Context, *identity.Domain) error { return errBoom }
	if o.ChangeDomain(t.Context(), identity.Change{Action: identity.ActionDomainChanged}, identity.Domain{Name: "linden.example"}, fails) == nil {
		t.Error("no error")
	}
	same("failed")
	wantOutcomes(t, o, identity.ActionDomainChanged, identity.OutcomeFailed, identity.OutcomeDone)
	w.verify(o, "a.example")
	all, err := o.Domains(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "a.example" {
		t.Errorf("domains = %+v, %v", all, err)
	}
	w.must(o.DeleteDomain(t.Context(), identity.Change{Action: identity.ActionDomainDeleted}, "linden.example", nothing))
	_, err = o.Domain(t.Context(), "linden.example")
	refused(t, err, identity.KindNotFound, "domain.not-found")
	err = o.DeleteDomain(t.Context(), identity.Change{Action: identity.ActionDomainDeleted}, "linden.example", nothing)
	refused(t, err, identity.KindNotFound, "domain.not-found")
	refused(t, o.DomainChecked(t.Context(), "linden.example", true), identity.KindNotFound, "domain.not-found")
}

func TestADomainThatIsNoLongerVerifiedServesNobody(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c", "linden.example")
	w.must(o.ChangeDomain(t.Context(), identity.Change{Action: identity.ActionDomainChanged}, identity.Domain{Name: "linden.example"}, domainAsItIs))
	c, err := o.Connection(t.Context(), "c")
	if err != nil || len(c.Domains) > 0 {
		t.Errorf("domains = %v, %v", c.Domains, err)
	}
	if found, err := w.ConnectionsForAddress(t.Context(), "zoe@linden.example"); len(found) > 0 || err != nil {
		t.Errorf("connections = %+v, %v", found, err)
	}
}

// named makes somebody with a user name.
func (w *world) named(home, id, userName string) {
	w.t.Helper()
	w.apply(identity.UserCreated{At: noon, User: identity.User{
		ID: identity.UserID(id), Home: identity.OrganizationID(home), UserName: userName, State: identity.UserActive,
	}})
}

func TestWhomADomainRenames(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	for i, c := range []struct{ home, name string }{
		{"birch", "b@linden.example"},
		{"birch", "A@Linden.Example"},
		{"elsewhere", "c@d@linden.example"},
		{"linden", "at-home@linden.example"},
		{"birch", "linden.example"},
		{"birch", "x@more.linden.example"},
		{"birch", "x@linden.example.attacker"},
		{"birch", "@linden.example@"},
		{"birch", "x@notlinden.example"},
	} {
		w.named(c.home, fmt.Sprint("u", i), c.name)
	}
	want := []identity.Renamed{
		{User: "u1", UserName: "A@Linden.Example", Home: "Birch"},
		{User: "u0", UserName: "b@linden.example", Home: "Birch"},
		{User: "u2", UserName: "c@d@linden.example"},
	}
	check := func(why string, allowed bool) {
		t.Helper()
		got, total, err := o.RenamedBy(t.Context(), "linden.example")
		if !allowed {
			refused(t, err, identity.KindNotFound, "domain.not-proven")
			return
		}
		if diff := cmp.Diff(want, got); diff != "" || total != len(want) || err != nil {
			t.Errorf("%s: %d, %v\n%s", why, total, err, diff)
		}
	}
	d := identity.Domain{Name: "linden.example", Challenge: identity.DomainChallenge{Proof: identity.ProofDNS, Token: "one"}}
	put := func() {
		t.Helper()
		w.must(o.ChangeDomain(t.Context(), identity.Change{Action: identity.ActionDomainChanged}, d, domainAsItIs))
	}
	check("not the school's", false)
	put()
	check("not proven", false)
	w.must(o.DomainChecked(t.Context(), "linden.example", true))
	check("proven", true)
	d.Join = identity.AutoJoinAsk
	put()
	check("whom it lets join", true)
	d.Challenge.Token = "two"
	put()
	check("another challenge", false)
	w.must(o.DomainChecked(t.Context(), "linden.example", true))
	w.must(o.DomainChecked(t.Context(), "linden.example", false))
	check("gone again", false)
	w.must(o.DomainChecked(t.Context(), "linden.example", true))
	w.after(provenFor)
	check("a day ago", false)
	d.Verified = true
	put()
	check("verified", true)

	// The rows follow the names.
	other := "z@elsewhere.example"
	w.apply(identity.UserChanged{User: "u1", UserName: &other, At: noon.Add(time.Minute)})
	w.apply(identity.UserRemoved{User: "u2", At: noon.Add(time.Minute)})
	want = want[1:2]
	check("after a change", true)
	for i := range maxRenamed + 5 {
		w.named("birch", fmt.Sprint("more", i), fmt.Sprintf("more%d@linden.example", i))
	}
	got, total, err := o.RenamedBy(t.Context(), "linden.example")
	if len(got) != maxRenamed || total != maxRenamed+6 || err != nil {
		t.Errorf("%d of %d, %v", len(got), total, err)
	}
}

func TestWhoAsksToJoinIsAnsweredOnce(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	r := identity.JoinRequest{
		User: "linden-sam", Name: "Sam Smith", Address: "sam@linden.example", Domain: "linden.example",
		Role: identity.RoleStudent, Classroom: "linden-7b", AskedAt: noon,
	}
	w.must(o.AskToJoin(t.Context(), r))
	w.after(time.Minute)
	w.must(o.AskToJoin(t.Context(), r)) // signs in again
	waiting := func(want ...identity.JoinRequest) {
		t.Helper()
		requests, err := o.JoinRequests(t.Context())
		var got []identity.JoinRequest
		for _, r := range requests.Rows {
			got = append(got, r.JoinRequest)
			if r.ClassroomName != "Linden-7b" {
				t.Errorf("classroom = %q", r.ClassroomName)
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil || requests.Waiting != len(want) {
			t.Errorf("requests: %v, %d waiting\n%s", err, requests.Waiting, diff)
		}
	}
	waiting(r)
	page, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionJoinAsked})
	if err != nil || len(page.Records) != 1 || page.Records[0].Actor != (identity.Actor{User: "linden-sam", Name: "Sam Smith"}) {
		t.Errorf("audit = %+v, %v", page.Records, err)
	}
	approve := identity.Change{Action: identity.ActionJoinApproved}
	fails := func(context.Context, identity.JoinRequest) ([]identity.Fact, error) { return nil, errBoom }
	if o.DecideJoin(t.Context(), approve, "linden-sam", true, fails) == nil {
		t.Error("no error")
	}
	waiting(r)
	acts := make(chan identity.JoinRequest, 6)
	failed := together(6, func() error {
		return o.DecideJoin(t.Context(), approve, "linden-sam", true, func(_ context.Context, r identity.JoinRequest) ([]identity.Fact, error) {
			acts <- r
			return []identity.Fact{assigned("linden-8a", "linden-sam", identity.RoleStudent)}, nil
		})
	})
	if len(failed) != 5 || len(acts) != 1 {
		t.Errorf("%d of 6 were refused and %d acted, want 5 and 1", len(failed), len(acts))
	}
	for _, err := range failed {
		refused(t, err, identity.KindNotFound, "join.not-found")
	}
	if diff := cmp.Diff(r, <-acts); diff != "" {
		t.Error(diff)
	}
	waiting()
	if _, err := w.read().ProjectedRoleAssignment(t.Context(), "linden-8a/linden-sam"); err != nil {
		t.Errorf("the fact was not applied: %v", err)
	}
	wantOutcomes(t, o, identity.ActionJoinApproved, identity.OutcomeDone, identity.OutcomeFailed)

	// Who was let in, and lost it, may ask again at once; who was declined, later.
	r.AskedAt = w.clock
	w.must(o.AskToJoin(t.Context(), r))
	waiting(r)
	w.must(o.DecideJoin(t.Context(), identity.Change{Action: identity.ActionJoinDeclined}, "linden-sam", false, nil))
	waiting()
	w.must(o.AskToJoin(t.Context(), r))
	waiting()
	w.after(declinedFor + time.Second)
	w.must(w.DeleteExpired(t.Context()))
	r.AskedAt = w.clock
	w.must(o.AskToJoin(t.Context(), r))
	waiting(r)
}
