package handlers

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/sso/testdns"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel/standin"
)

// newNamed is a portal whose look-ups, and Zitadel's, go to a name server of the
// test.
func newNamed(t *testing.T) (*portal, *testdns.Server) {
	t.Helper()
	dns, err := testdns.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dns.Close() })
	return newPortalOn(t, standin.Options{Resolver: dns.Resolver()}, func(o *Options) {
		o.Fetch = outbound.New(outbound.Options{
			DNS: dns.Addr(), Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		})
	}), dns
}

func (p *portal) domain(school, name string) identity.Domain {
	p.t.Helper()
	d, err := p.store.In(p.founded(school)).Domain(p.ctx, name)
	p.check(err)
	return d
}

func TestADomainIsAddedProvenAndRemovedBehindBothDoors(t *testing.T) {
	for _, tt := range []struct {
		name string
		open func(*portal) (*browser, views.SignInDoor)
	}{
		{"in the portal", func(p *portal) (*browser, views.SignInDoor) {
			return p.signIn(priya), views.InPortal(p.id(linden))
		}},
		{"by link", func(p *portal) (*browser, views.SignInDoor) {
			link, token := p.setupLink(linden, priya, identity.IntentDomains)
			return p.throughLink(token), views.ByLink(link.ID)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, dns := newNamed(t)
			b, door := tt.open(p)
			seen := b.post(door.Domains(), "domain", " Linden-School.Example ")
			if seen.URL.Path != door.Domain("linden-school.example") || seen.Status != 200 {
				t.Fatalf("after adding: %d at %s\n%s", seen.Status, seen.URL, seen.text())
			}
			d := p.domain(linden, "linden-school.example")
			if d.Verified || d.Challenge.Proof != identity.ProofDNS || d.Challenge.Token == "" ||
				d.Challenge.Place != "_zitadel-challenge.linden-school.example" {
				t.Errorf("domain = %+v", d)
			}
			for _, want := range []string{d.Challenge.Token, d.Challenge.Place, "TXT"} {
				if !strings.Contains(seen.Body, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			check := door.Domain("linden-school.example", "check")
			if seen = b.post(check); seen.Status != 422 || !strings.Contains(seen.Body, d.Challenge.Token) {
				t.Errorf("nothing is published: %d\n%s", seen.Status, seen.text())
			}
			dns.SetTXT(d.Challenge.Place, "something-else")
			if seen = b.post(check); seen.Status != 422 || !strings.Contains(seen.text(), "something-else") {
				t.Errorf("what was found is not told: %d\n%s", seen.Status, seen.text())
			}
			dns.SetTXT(d.Challenge.Place, d.Challenge.Token)
			if seen = b.post(check); seen.Status != 200 || !strings.Contains(seen.text(), "linden-school.example is proven.") {
				t.Errorf("it is published: %d\n%s", seen.Status, seen.text())
			}
			if d = p.domain(linden, "linden-school.example"); !d.Verified || d.VerifiedAt.IsZero() {
				t.Errorf("domain = %+v", d)
			}
			seen = b.post(door.Domain("linden-school.example", "delete"))
			if seen.URL.Path != door.Domains() || !strings.Contains(seen.text(), "linden-school.example was removed.") {
				t.Errorf("after removing: %d at %s\n%s", seen.Status, seen.URL, seen.text())
			}
			want := []identity.Action{identity.ActionDomainAdded, identity.ActionDomainVerified, identity.ActionDomainDeleted}
			var got []identity.Action
			for _, action := range p.audited(linden) {
				if slices.Contains(want, action) {
					got = append(got, action)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("audit = %v, want %v", got, want)
			}
		})
	}
}

func TestADomainThatCannotBeTheSchoolsIsRefusedWithASentence(t *testing.T) {
	p, dns := newNamed(t)
	bobs, birchs := p.signIn(bob), views.InPortal(p.id(birch))
	bobs.post(birchs.Domains(), "domain", "birch-school.example")
	challenge := p.domain(birch, "birch-school.example").Challenge
	dns.SetTXT(challenge.Place, challenge.Token)
	bobs.post(birchs.Domain("birch-school.example", "check"))
	if !p.domain(birch, "birch-school.example").Verified {
		t.Fatal("Birch's domain is not proven")
	}
	b, door := p.signIn(priya), views.InPortal(p.id(linden))
	for _, tt := range []struct{ typed, says string }{
		{"", ""},
		{"gmail.com", "gmail.com"},
		{"not a domain", ""},
		{"com", ""},
		{"it@linden-school.example", ""},
		{"birch-school.example", "Another organization has proven that this domain is theirs."},
	} {
		seen := b.post(door.Domains(), "domain", tt.typed)
		if seen.Status != 422 || !strings.Contains(seen.Body, "domain-error") || !strings.Contains(seen.text(), tt.says) {
			t.Errorf("%q: %d\n%s", tt.typed, seen.Status, seen.text())
		}
		if value := "value=\"" + tt.typed + "\""; tt.typed != "" && !strings.Contains(seen.Body, value) {
			t.Errorf("%q: what was typed is lost", tt.typed)
		}
	}
	if domains, err := p.store.In(p.founded(linden)).Domains(p.ctx); err != nil || len(domains) != 0 {
		t.Errorf("domains = %v, %v", domains, err)
	}
}

// Zitadel renames people of other organizations whose user name ends with a
// domain that a school proves. Nobody sees who they are before the proof is
// there, and nobody is renamed before the school has agreed.
func TestPeopleAreRenamedOnlyAfterTheSchoolAgreed(t *testing.T) {
	p, dns := newNamed(t)
	const name = "shared.example"
	other := p.person(birch, "mia@"+name, "Mia", "Brown")
	p.settled()
	b, door := p.signIn(priya), views.InPortal(p.id(linden))
	b.post(door.Domains(), "domain", name)
	if seen := b.get(door.Domain(name, "verify")); strings.Contains(seen.Body, "mia@") || seen.Status != 404 {
		t.Fatalf("before the proof: %d\n%s", seen.Status, seen.text())
	}
	challenge := p.domain(linden, name).Challenge
	dns.SetTXT(challenge.Place, challenge.Token)
	seen := b.post(door.Domain(name, "check"))
	if seen.URL.Path != door.Domain(name, "verify") || !strings.Contains(seen.text(), "mia@"+name) || !strings.Contains(seen.text(), birch) {
		t.Fatalf("after the proof: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	if p.domain(linden, name).Verified {
		t.Fatal("verified before anybody agreed")
	}
	if seen = b.post(door.Domain(name, "verify")); seen.Status != 422 || !strings.Contains(seen.text(), "Tick the box to agree") {
		t.Errorf("without agreeing: %d\n%s", seen.Status, seen.text())
	}
	if user, err := p.gateway.In(p.founded(birch)).User(p.ctx, other.ID); err != nil || user.UserName != "mia@"+name {
		t.Errorf("renamed before anybody agreed: %q, %v", user.UserName, err)
	}
	if seen = b.post(door.Domain(name, "verify"), "agreed", "on"); !strings.Contains(seen.text(), name+" is proven.") {
		t.Errorf("agreed: %d\n%s", seen.Status, seen.text())
	}
	if user, err := p.gateway.In(p.founded(birch)).User(p.ctx, other.ID); err != nil || strings.HasSuffix(user.UserName, name) {
		t.Errorf("not renamed by Zitadel: %q, %v", user.UserName, err)
	}
}

func TestWhoMayJoinFromADomainIsSaved(t *testing.T) {
	p, _ := newNamed(t)
	rows := p.signInRows(linden, priya, "linden.example")
	b, door := p.signIn(priya), views.InPortal(p.id(linden))
	path := door.Domain(rows.domain, "joining")
	for _, tt := range []struct {
		join, role, classroom string
		status                int
		says                  string
	}{
		{"ask", "student", string(p.id(biology)), 200, "Saved who may join from linden.example."},
		{"on", "teacher", "", 200, "Saved who may join"},
		{"off", "student", "", 200, "Saved who may join"},
		{"on", "student", "", 422, "Choose the class they join"},
		{"on", "student", string(p.id(maths)), 422, "This class is not there any more"},
		{"on", "school_admin", "", 422, "Choose what they join as"},
		{"maybe", "teacher", "", 422, "Choose whether people may join"},
	} {
		before := p.domain(linden, rows.domain)
		seen := b.post(path, "join", tt.join, "role", tt.role, "classroom", tt.classroom)
		if seen.Status != tt.status || !strings.Contains(seen.text(), tt.says) {
			t.Errorf("%+v: %d\n%s", tt, seen.Status, seen.text())
		}
		after := p.domain(linden, rows.domain)
		saved := fmt.Sprint(after.Join, after.Role, after.Classroom) == fmt.Sprint(tt.join, tt.role, tt.classroom)
		if tt.status == 200 && !saved || tt.status != 200 && after != before {
			t.Errorf("%+v: domain = %+v", tt, after)
		}
	}
}

func TestWhoAskedToJoinIsLetInOrNot(t *testing.T) {
	p, _ := newNamed(t)
	rows := p.store.In(p.founded(linden))
	user := p.people[lea]
	ask := func(classroom string, role identity.Role) {
		t.Helper()
		request := identity.JoinRequest{
			User: user.ID, Name: "Lea Moreau", Address: lea, Domain: "linden.example", Role: role, AskedAt: p.now.Now(),
		}
		if classroom != "" {
			request.Classroom = p.id(classroom)
		}
		p.check(rows.AskToJoin(p.ctx, request))
	}
	b, door := p.signIn(priya), views.InPortal(p.id(linden))
	ask(biology, identity.RoleStudent)
	if seen := b.get(door.JoinRequests()); !strings.Contains(seen.text(), "Lea Moreau") || !strings.Contains(seen.text(), biology) {
		t.Errorf("the list: %s", seen.text())
	}
	decide := door.JoinRequests(string(user.ID))
	if seen := b.post(decide, "answer", "perhaps"); seen.Status != 400 && seen.Status != 422 {
		t.Errorf("a crafted answer: %d", seen.Status)
	}
	if seen := b.post(decide, "answer", "yes"); !strings.Contains(seen.text(), "They are in.") {
		t.Errorf("yes: %d\n%s", seen.Status, seen.text())
	}
	member, err := p.in(biology, lee).Member(p.ctx, user.ID)
	if err != nil || member.Assignment.Role() != identity.RoleStudent {
		t.Errorf("member = %+v, %v", member, err)
	}
	if !slices.Contains(p.audited(biology), identity.ActionRoleAssigned) {
		t.Errorf("the class has nothing on record: %v", p.audited(biology))
	}
	if seen := b.post(decide, "answer", "yes"); seen.Status != 404 {
		t.Errorf("decided twice: %d", seen.Status)
	}
	ask("", identity.RoleTeacher)
	if seen := b.post(decide, "answer", "no"); !strings.Contains(seen.text(), "They were not let in.") {
		t.Errorf("no: %d\n%s", seen.Status, seen.text())
	}
	if _, err := p.in(linden, priya).Member(p.ctx, user.ID); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("member of the school: %v", err)
	}
	if left, err := rows.JoinRequests(p.ctx); err != nil || left.Waiting != 0 || len(left.Rows) != 0 {
		t.Errorf("requests = %v, %v", left, err)
	}
}
