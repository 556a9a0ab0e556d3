package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestAConnectionIsSavedWholeWithWhatTheActFoundOut(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.verify(o, "linden.example")
	w.verify(o, "pupils.linden.example")
	want := okta("linden-okta", "linden.example", "pupils.linden.example")
	want.Issuer, want.ClientID, want.District = "https://issuer.example", "client", "d-1"
	want.Rules = identity.JoiningRules{Joining: identity.JoinRoster, Role: identity.RoleCoTeacher, Classroom: "linden-7b"}
	given := want
	given.Provider = ""
	given.LastSuccessAt, given.TestedAt, given.CreatedAt = noon, noon, noon.Add(time.Hour) // not the caller's to say
	err := o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionMade}, given,
		func(_ context.Context, c *identity.Connection) error {
			c.Provider = want.Provider
			return nil
		})
	w.must(err)
	want.CreatedAt = noon
	got, err := o.Connection(t.Context(), "linden-okta")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("connection: %v\n%s", err, diff)
	}
	all, err := o.Connections(t.Context())
	if diff := cmp.Diff([]identity.Connection{want}, all); diff != "" || err != nil {
		t.Errorf("connections: %v\n%s", err, diff)
	}
	page, err := o.Audit(t.Context(), AuditQuery{Target: "linden-okta"})
	if err != nil || len(page.Records) != 1 || page.Records[0].TargetName != want.Name ||
		page.Records[0].Outcome != identity.OutcomeDone || page.Records[0].Actor.User != "linden-ada" {
		t.Errorf("audit = %+v, %v", page.Records, err)
	}
}

func TestWhatFailsAtZitadelIsNotSaved(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	fails := func(context.Context, *identity.Connection) error { return errBoom }
	if err := o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionMade}, okta("new"), fails); err == nil {
		t.Error("no error")
	}
	if _, err := o.Connection(t.Context(), "new"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("connection = %v, want not found", err)
	}
	wantOutcomes(t, o, identity.ActionConnectionMade, identity.OutcomeFailed)
}

// A process that dies between its call at Zitadel and the row leaves a begun
// record and nothing else; the same change again goes through.
func TestAConnectionIsMadeAgainAfterACrash(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	crash := func(context.Context, *identity.Connection) error { panic("killed") }
	func() {
		defer func() { _ = recover() }()
		_ = o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionMade}, okta("new"), crash)
	}()
	wantOutcomes(t, o, identity.ActionConnectionMade, identity.OutcomeBegun)
	w.save(o, okta("new"))
	if _, err := o.Connection(t.Context(), "new"); err != nil {
		t.Error(err)
	}
}

// A test of what the identity provider was stands for nothing from the moment
// Zitadel may know something else.
func TestAChangeThatIsCutOffLeavesNoTestStanding(t *testing.T) {
	invalid := identity.Invalid("connection.metadata-refused")
	for name, tt := range map[string]struct {
		act    func() error
		change func(*identity.Connection)
		stands bool
	}{
		"killed":                  {func() error { panic("killed") }, func(c *identity.Connection) { c.Metadata = "<new/>" }, false},
		"no answer":               {func() error { return errBoom }, func(c *identity.Connection) { c.Metadata = "<new/>" }, false},
		"refused":                 {func() error { return invalid }, func(c *identity.Connection) { c.Metadata = "<new/>" }, true},
		"a secret, killed":        {func() error { panic("killed") }, func(c *identity.Connection) { c.State = identity.ConnectionDraft }, false},
		"a secret, refused":       {func() error { return invalid }, func(c *identity.Connection) { c.State = identity.ConnectionDraft }, true},
		"another name, no answer": {func() error { return errBoom }, func(c *identity.Connection) { c.Name = "x" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.school("linden")
			before := w.stand(o, identity.ConnectionTested)
			c := before
			tt.change(&c)
			w.after(time.Minute)
			func() {
				defer func() { _ = recover() }()
				_ = o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionChanged}, c,
					func(context.Context, *identity.Connection) error { return tt.act() })
			}()
			if !tt.stands {
				before.State, before.TestedAt = identity.ConnectionDraft, time.Time{}
			}
			got, err := o.Connection(t.Context(), c.ID)
			if diff := cmp.Diff(before, got); diff != "" || err != nil {
				t.Errorf("connection: %v\n%s", err, diff)
			}
		})
	}
}

func TestStatesOfAConnection(t *testing.T) {
	draft, tested, active, off := identity.ConnectionDraft, identity.ConnectionTested, identity.ConnectionActive, identity.ConnectionOff
	rename := func(c *identity.Connection) { c.Name = "Another" }
	metadata := func(c *identity.Connection) { c.Metadata = "<new/>" }
	to := func(s identity.ConnectionState) func(*identity.Connection) {
		return func(c *identity.Connection) { c.State = s }
	}
	for _, tt := range []struct {
		name    string
		from    identity.ConnectionState
		change  func(*identity.Connection)
		want    identity.ConnectionState
		tested  bool
		refusal string
	}{
		{"a draft is not activated", draft, to(active), draft, false, "connection.not-tested"},
		{"a tested one is", tested, to(active), active, true, ""},
		{"but not with other metadata", tested, func(c *identity.Connection) { metadata(c); c.State = active }, tested, true, "connection.not-tested"},
		{"one that is off is", off, to(active), active, true, ""},
		{"another name changes nothing", tested, rename, tested, true, ""},
		{"a tested one with other metadata is a draft", tested, metadata, draft, false, ""},
		{"and one that is off", off, metadata, draft, false, ""},
		{"another issuer", tested, func(c *identity.Connection) { c.Issuer = "https://x.example" }, draft, false, ""},
		{"another client", tested, func(c *identity.Connection) { c.ClientID = "x" }, draft, false, ""},
		{"another district", tested, func(c *identity.Connection) { c.District = "x" }, draft, false, ""},
		{"another entity", tested, func(c *identity.Connection) { c.EntityID = "x" }, draft, false, ""},
		{"another provider", tested, func(c *identity.Connection) { c.Provider = "x" }, draft, false, ""},
		{"an active one stays so, untested", active, metadata, active, false, ""},
		{"an active one is switched off", active, to(off), off, true, ""},
		{"a new client secret", tested, to(draft), draft, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			o := w.school("linden")
			c := w.stand(o, tt.from)
			tt.change(&c)
			err := o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionChanged}, c, asItIs)
			if tt.refusal != "" {
				refused(t, err, identity.KindConflict, tt.refusal)
			} else {
				w.must(err)
			}
			got, err := o.Connection(t.Context(), c.ID)
			if err != nil || got.State != tt.want || got.TestedAt.IsZero() == tt.tested {
				t.Errorf("state = %s, tested = %v, %v; want %s, %v", got.State, got.TestedAt, err, tt.want, tt.tested)
			}
		})
	}
}

// stand makes a connection that is in a state.
func (w *world) stand(o *Organization, state identity.ConnectionState) identity.Connection {
	w.t.Helper()
	var c identity.Connection
	if state == identity.ConnectionActive || state == identity.ConnectionOff {
		c = w.connect(o, "c")
	} else {
		w.save(o, okta("c"))
	}
	if state == identity.ConnectionTested {
		w.pass(o, "c")
	}
	if state == identity.ConnectionOff {
		c.State = state
		w.save(o, c)
	}
	c, err := o.Connection(w.t.Context(), "c")
	w.must(err)
	if c.State != state {
		w.t.Fatalf("it is %s", c.State)
	}
	return c
}

func TestAConnectionThatNeverWasIsADraft(t *testing.T) {
	w := newWorld(t)
	for _, state := range []identity.ConnectionState{identity.ConnectionActive, identity.ConnectionTested, identity.ConnectionOff} {
		c := okta("new")
		c.State = state
		err := w.school("linden").ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionMade}, c, asItIs)
		refused(t, err, identity.KindConflict, "connection.not-tested")
	}
}

func TestAConnectionServesVerifiedDomainsOfItsSchoolAlone(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.verify(w.school("birch"), "birch.example")
	w.must(o.ChangeDomain(t.Context(), identity.Change{Action: identity.ActionDomainAdded}, identity.Domain{Name: "new.example"}, domainAsItIs))
	for _, domain := range []string{"birch.example", "new.example", "nobodys.example"} {
		err := o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionMade}, okta("c", domain), asItIs)
		refused(t, err, identity.KindConflict, "connection.domain-not-verified")
	}
	w.connect(o, "c", "linden.example", "other.example")
	w.must(o.DeleteDomain(t.Context(), identity.Change{Action: identity.ActionDomainDeleted}, "other.example", nothing))
	c, err := o.Connection(t.Context(), "c")
	if diff := cmp.Diff([]string{"linden.example"}, c.Domains); diff != "" || err != nil {
		t.Errorf("domains: %v %s", err, diff)
	}
}

func TestTheLastWayInStaysWhileItIsTheOnlyOne(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	first := w.connect(o, "first")
	w.enforce(o)
	off := first
	off.State = identity.ConnectionOff
	what := identity.Change{Action: identity.ActionConnectionOff}
	refused(t, o.ChangeConnection(t.Context(), what, off, asItIs), identity.KindConflict, "connection.enforced")
	refused(t, o.DeleteConnection(t.Context(), what, "first", nothing), identity.KindConflict, "connection.enforced")
	w.connect(o, "second")
	w.must(o.DeleteConnection(t.Context(), what, "first", nothing))
	refused(t, o.DeleteConnection(t.Context(), what, "second", nothing), identity.KindConflict, "connection.enforced")
}

func TestADeletedConnectionLeavesNothing(t *testing.T) {
	w := mixed(t)
	o := w.school("linden")
	w.connect(o, "second")
	w.must(o.DeleteConnection(t.Context(), identity.Change{Action: identity.ActionConnectionDeleted}, "linden-okta", nothing))
	for _, table := range w.tables("connection_id") {
		if left := w.dump("SELECT * FROM " + table + " WHERE connection_id = 'linden-okta'"); left != "" {
			t.Errorf("%s: %s", table, left)
		}
		if theirs := w.dump("SELECT * FROM " + table + " WHERE connection_id = 'birch-okta'"); theirs == "" {
			t.Errorf("%s: Birch's are gone, or never were", table)
		}
	}
	err := o.DeleteConnection(t.Context(), identity.Change{Action: identity.ActionConnectionDeleted}, "linden-okta", nothing)
	refused(t, err, identity.KindNotFound, "connection.not-found")
}

// Two people activate and change at the same moment: one after the other.
func TestChangesOfOneConnectionWaitForEachOther(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.save(o, okta("c"))
	var within int
	failed := together(8, func() error {
		return o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionChanged}, okta("c"),
			func(context.Context, *identity.Connection) error {
				within++
				defer func() { within-- }()
				if within != 1 {
					t.Error("two changes at once")
				}
				return nil
			})
	})
	if len(failed) > 0 {
		t.Error(failed)
	}
}

func TestWhoseAddressLeadsWhere(t *testing.T) {
	w := newWorld(t)
	linden, birch := w.school("linden"), w.school("birch")
	w.connect(linden, "staff", "linden.example")
	w.after(time.Second)
	w.connect(linden, "pupils", "linden.example", "pupils.linden.example")
	w.verify(linden, "unserved.example")
	w.connect(birch, "birch-okta", "birch.example")
	off := w.connect(birch, "birch-off", "off.example")
	off.State = identity.ConnectionOff
	w.save(birch, off)
	w.save(birch, okta("birch-draft", "birch.example"))
	for address, want := range map[string][]string{
		"zoe@linden.example":          {"linden staff", "linden pupils"},
		" Zoe@LINDEN.example ":        {"linden staff", "linden pupils"},
		"a@b@pupils.linden.example":   {"linden pupils"},
		"zoe@birch.example":           {"birch birch-okta"},
		"zoe@off.example":             nil,
		"zoe@unserved.example":        nil,
		"zoe@more.linden.example":     nil,
		"linden.example":              nil,
		"zoe@":                        nil,
		"":                            nil,
		"zoe@linden.example.attacker": nil,
	} {
		found, err := w.ConnectionsForAddress(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			got = append(got, string(f.School.ID)+" "+string(f.Connection.ID))
			if f.Connection.Metadata != "" || f.Connection.Provider == "" || f.School.Name == "" {
				t.Errorf("%s: %+v", address, f)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
	w.apply(identity.OrganizationStateChanged{Organization: "birch", State: identity.OrganizationInactive, At: noon.Add(time.Minute)})
	found, err := w.ConnectionsForAddress(t.Context(), "zoe@birch.example")
	if refused(t, err, identity.KindForbidden, "school.suspended"); len(found) > 0 {
		t.Errorf("a suspended school = %+v", found)
	}
}

func TestWhereASchoolIsSignedInAt(t *testing.T) {
	w := newWorld(t)
	linden := w.school("linden")
	if any, err := w.AnyConnection(t.Context()); any || err != nil {
		t.Errorf("any connection = %v, %v", any, err)
	}
	w.save(linden, okta("draft"))
	_, _, err := w.SchoolSignIn(t.Context(), "linden")
	refused(t, err, identity.KindNotFound, "organization.not-found")
	w.connect(linden, "active", "linden.example")
	if any, err := w.AnyConnection(t.Context()); !any || err != nil {
		t.Errorf("any connection = %v, %v", any, err)
	}
	school, connections, err := w.SchoolSignIn(t.Context(), "linden")
	if err != nil || school.ID != "linden" || len(connections) != 1 || connections[0].ID != "active" {
		t.Errorf("%+v, %+v, %v", school, connections, err)
	}
	for _, id := range []identity.OrganizationID{"birch", "linden-7b", "operators", "nowhere"} {
		_, _, err := w.SchoolSignIn(t.Context(), id)
		refused(t, err, identity.KindNotFound, "organization.not-found")
	}
	w.apply(identity.OrganizationStateChanged{Organization: "linden", State: identity.OrganizationInactive, At: noon.Add(time.Minute)})
	_, _, err = w.SchoolSignIn(t.Context(), "linden")
	refused(t, err, identity.KindForbidden, "school.suspended")
}

func TestEveryConnectionIsLookedAfter(t *testing.T) {
	w := newWorld(t)
	w.connect(w.school("linden"), "linden-a")
	w.save(w.school("linden"), okta("linden-b"))
	w.connect(w.school("birch"), "birch-c")
	visit := func() map[string]string {
		seen := map[string]string{}
		err := w.EverySchoolConnection(t.Context(), func(opened identity.Opened, c identity.Connection) error {
			seen[string(c.ID)] = string(opened.ID()) + " " + string(opened.Actor().User) + " " + c.Metadata
			for _, p := range identity.Permissions {
				if opened.Permits(p) {
					t.Errorf("it permits %s", p)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return seen
	}
	want := map[string]string{
		"linden-a": "linden watch <EntityDescriptor/>", "linden-b": "linden watch <EntityDescriptor/>",
		"birch-c": "birch watch <EntityDescriptor/>",
	}
	if diff := cmp.Diff(want, visit()); diff != "" {
		t.Error(diff)
	}
	w.apply(identity.OrganizationRemoved{Organization: "birch", At: noon.Add(time.Minute)})
	delete(want, "birch-c")
	if diff := cmp.Diff(want, visit()); diff != "" {
		t.Errorf("after a school was removed: %s", diff)
	}
	if err := w.EverySchoolConnection(t.Context(), func(identity.Opened, identity.Connection) error { return errBoom }); err == nil {
		t.Error("f's error is lost")
	}
}

func TestCertificatesInUseAndProposed(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	c := w.connect(o, "c")
	certificate := func(fingerprint string, days int) identity.Certificate {
		return identity.Certificate{
			Connection: "c", Side: "idp", Fingerprint: fingerprint, Subject: "CN=" + fingerprint,
			NotBefore: noon, NotAfter: noon.AddDate(0, 0, days),
		}
	}
	old, fresh, sp := certificate("old", 30), certificate("new", 90), certificate("sp", 60)
	sp.Side = "sp"
	w.must(o.SetCertificates(t.Context(), "c", "idp", []identity.Certificate{certificate("older", 1)}))
	w.must(o.SetCertificates(t.Context(), "c", "idp", []identity.Certificate{old}))
	w.must(o.SetCertificates(t.Context(), "c", "sp", []identity.Certificate{sp}))
	_, _, err := o.Proposal(t.Context(), "c")
	refused(t, err, identity.KindNotFound, "connection.no-proposal")
	w.must(o.ProposeMetadata(t.Context(), "c", "<new/>", []identity.Certificate{old, fresh}))
	w.after(24 * time.Hour)
	w.must(o.ProposeMetadata(t.Context(), "c", "<new/>", []identity.Certificate{old, fresh}))
	if metadata, at, err := o.Proposal(t.Context(), "c"); metadata != "<new/>" || !at.Equal(noon) || err != nil {
		t.Errorf("proposal = %q, %v, %v; want it of noon", metadata, at, err)
	}
	asProposed := func(c identity.Certificate) identity.Certificate { c.Proposed = true; return c }
	want := func(why string, want ...identity.Certificate) {
		t.Helper()
		got, err := o.Certificates(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", why, err, diff)
		}
	}
	got, err := o.Certificates(t.Context())
	if err != nil || len(got) != 4 || got[3] != asProposed(fresh) {
		t.Errorf("certificates = %+v, %v", got, err)
	}
	c.Metadata = "<new/>"
	w.save(o, c)
	want("accepted", old, sp, fresh)
	if _, _, err := o.Proposal(t.Context(), "c"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("the accepted proposal is there: %v", err)
	}
	w.must(o.ProposeMetadata(t.Context(), "c", "<newer/>", []identity.Certificate{certificate("newer", 99)}))
	c.Metadata = "<by hand/>"
	w.save(o, c)
	want("replaced by something else", old, sp, fresh)
	w.must(o.ProposeMetadata(t.Context(), "c", "<newer/>", []identity.Certificate{certificate("newer", 99)}))
	w.must(o.ProposeMetadata(t.Context(), "c", "", nil))
	want("withdrawn", old, sp, fresh)
}

func TestACertificateIsWarnedOfOnceForEachTerm(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	c := identity.Certificate{Connection: "c", Side: "idp", Fingerprint: "f", NotAfter: noon.AddDate(0, 0, 60)}
	w.must(o.SetCertificates(t.Context(), "c", "idp", []identity.Certificate{c}))
	compose := func(to identity.User) (identity.Mail, error) { return identity.Mail{To: to.Address}, nil }
	var mails int
	for _, tt := range []struct {
		days int
		sent int
	}{{60, 1}, {60, 0}, {30, 1}, {60, 0}, {1, 1}, {7, 0}} {
		w.must(o.SetCertificates(t.Context(), "c", "idp", []identity.Certificate{c})) // a refetch
		w.must(o.WarnOfCertificate(t.Context(), c, tt.days, compose))
		if sent := len(w.queue.mails) - mails; sent != tt.sent {
			t.Errorf("%d days: %d mails, want %d", tt.days, sent, tt.sent)
		}
		mails = len(w.queue.mails)
	}
	mail, err := w.OutboxMail(t.Context(), w.queue.mails[mails-1])
	if err != nil || mail.To != "ada@linden.example" {
		t.Errorf("mail = %+v, %v", mail, err)
	}
	w.must(w.MailSent(t.Context(), mail.Key))
	other := c
	other.Fingerprint = "nobody's"
	w.must(o.WarnOfCertificate(t.Context(), other, 7, compose))
	w.must(o.SetCertificates(t.Context(), "c", "idp", []identity.Certificate{other}))
	w.queue.refused = errBoom
	if o.WarnOfCertificate(t.Context(), other, 60, compose) == nil {
		t.Error("no error")
	}
	w.queue.refused = nil
	w.must(o.WarnOfCertificate(t.Context(), other, 60, compose)) // it was not on its way
	if sent := len(w.queue.mails) - mails; sent != 1 {
		t.Errorf("%d mails after mail was away, want 1", sent)
	}
}

func TestWhatARefetchCameTo(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.save(o, okta("c"))
	want := func(wantAt time.Time, wantTrouble identity.Message) {
		t.Helper()
		at, trouble, err := o.MetadataFetch(t.Context(), "c")
		if diff := cmp.Diff(wantTrouble, trouble); diff != "" || !at.Equal(wantAt) || err != nil {
			t.Errorf("fetch = %v, %v\n%s", at, err, diff)
		}
	}
	want(time.Time{}, identity.Message{})
	trouble := identity.Say("metadata.away", "Host", "idp.example")
	w.must(o.MetadataFetched(t.Context(), "c", trouble))
	want(noon, trouble)
	w.save(o, okta("c"))
	want(noon, trouble)
	w.after(time.Hour)
	w.must(o.MetadataFetched(t.Context(), "c", identity.Message{}))
	want(w.clock, identity.Message{})
	refused(t, o.MetadataFetched(t.Context(), "nothing", trouble), identity.KindNotFound, "connection.not-found")
}
