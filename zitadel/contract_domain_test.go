package zitadel_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"

	"homeroom.dev/homeroom/identity"
)

func TestContractDomainsAreAddedAndChallenged(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		school := w.newSchool(t)
		remote, name := w.in(t, school), unique("linden")+".example"
		if all, err := remote.Domains(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("domains of a new school = %v, %v, want none", all, err)
		}
		for range 2 {
			if err := remote.AddDomain(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		wantKind(t, remote.VerifyDomain(t.Context(), name), identity.KindConflict, "domain.not-proven") // nothing to prove yet
		var tokens []string
		for _, test := range []struct {
			proof identity.DomainProof
			place string // %T is the token
		}{
			{identity.ProofDNS, "_zitadel-challenge." + name},
			{identity.ProofDNS, "_zitadel-challenge." + name},
			{identity.ProofHTTP, "https://" + name + "/.well-known/zitadel-challenge/"},
		} {
			challenge, err := remote.ChallengeDomain(t.Context(), name, test.proof)
			if err != nil {
				t.Fatal(err)
			}
			want := identity.DomainChallenge{Proof: test.proof, Token: challenge.Token, Place: test.place}
			if test.proof == identity.ProofHTTP {
				want.Place += challenge.Token + ".txt"
			}
			if challenge != want || len(challenge.Token) < 20 {
				t.Errorf("challenge = %+v, want %+v", challenge, want)
			}
			tokens = append(tokens, challenge.Token)
		}
		if tokens[0] == tokens[1] {
			t.Error("a new challenge is the old one")
		}
		wantKind(t, remote.VerifyDomain(t.Context(), name), identity.KindConflict, "domain.not-proven") // no host of that name
		eventually(t, "the domain is listed", func() bool {
			all, err := remote.Domains(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return cmp.Equal([]identity.Domain{{Name: name, Challenge: identity.DomainChallenge{Proof: identity.ProofHTTP}}}, all)
		})
		for range 2 {
			if err := remote.DeleteDomain(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the domain is gone", func() bool {
			all, err := remote.Domains(t.Context())
			return err == nil && len(all) == 0
		})
		_, err := remote.ChallengeDomain(t.Context(), name, identity.ProofDNS)
		wantKind(t, err, identity.KindNotFound, "domain.not-found")
		wantKind(t, remote.VerifyDomain(t.Context(), name), identity.KindNotFound, "domain.not-found")
	})
}

func TestContractDomainsThatCannotBeAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote := w.in(t, w.linden)
		for _, name := range []string{
			"", "example", "not a domain", "Linden.example", "münchen.example", "linden.example.", "-linden.example", "linden..example",
			"linden.localhost", // where Zitadel gives out the names
		} {
			wantKind(t, remote.AddDomain(t.Context(), name), identity.KindInvalid, "remote.refused")
		}
		_, err := remote.ChallengeDomain(t.Context(), "linden.example", "mail")
		wantKind(t, err, identity.KindInvalid, "remote.refused")
		wantKind(t, w.in(t, w.biology).AddDomain(t.Context(), "linden.example"), identity.KindNotFound, "organization.not-found")
		// The name Zitadel gave is nobody's to give up.
		answer, err := w.owner.OrganizationServiceV2().ListOrganizationDomains(t.Context(), &orgpb.ListOrganizationDomainsRequest{OrganizationId: string(w.linden.ID)})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range answer.GetDomains() {
			if d.GetIsPrimary() {
				wantKind(t, remote.DeleteDomain(t.Context(), d.GetDomain()), identity.KindNotFound, "domain.not-found")
			}
		}
	})
}

// A school touches its own domains alone, proven or not.
func TestContractForeignDomainsAreNotFound(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		name := unique("birch") + ".example"
		if err := w.in(t, w.birch).AddDomain(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, err := w.in(t, w.birch).ChallengeDomain(t.Context(), name, identity.ProofDNS); err != nil {
			t.Fatal(err)
		}
		began, remote := w.latest(t), w.in(t, w.linden)
		_, err := remote.ChallengeDomain(t.Context(), name, identity.ProofDNS)
		wantKind(t, err, identity.KindNotFound, "domain.not-found")
		wantKind(t, remote.VerifyDomain(t.Context(), name), identity.KindNotFound, "domain.not-found")
		if err := remote.DeleteDomain(t.Context(), name); err != nil {
			t.Errorf("delete: %v, want nothing to happen", err)
		}
		if since := w.editedSince(t, w.installation.Runtime.User, began); len(since) > 0 {
			t.Errorf("the event log has grown: %v", since)
		}
		if all, err := w.in(t, w.birch).Domains(t.Context()); err != nil || !containsDomain(all, name) {
			t.Errorf("domains of the other school = %v, %v, want %s among them", all, err, name)
		}
	})
}

func containsDomain(all []identity.Domain, name string) bool {
	for _, d := range all {
		if d.Name == name {
			return true
		}
	}
	return false
}

// Whoever proves a domain has it, and the people of others whose user names
// end with it get other ones.
func TestContractDomainsAreProven(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		if w.dns == nil {
			t.Skip("the server asks the world's name servers: see HOMEROOM_CONTRACT_DNS")
		}
		name := unique("linden") + ".example"
		n := someone()
		n.UserName = "ada@" + name
		if _, err := w.in(t, w.birch).CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		for _, o := range []identity.Organization{w.linden, w.birch} { // both may say so
			if err := w.in(t, o).AddDomain(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		linden, birch := w.in(t, w.linden), w.in(t, w.birch)
		older, err := linden.ChallengeDomain(t.Context(), name, identity.ProofDNS)
		if err != nil {
			t.Fatal(err)
		}
		challenge, err := linden.ChallengeDomain(t.Context(), name, identity.ProofDNS)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name string
			txt  []string
		}{
			{"nothing", nil},
			{"something else", []string{"v=spf1 -all"}},
			{"an older challenge", []string{older.Token}},
			{"quoted", []string{`"` + challenge.Token + `"`}},
		} {
			w.dns.SetTXT(challenge.Place, test.txt...)
			if err := linden.VerifyDomain(t.Context(), name); !identity.IsKind(err, identity.KindConflict) {
				t.Errorf("%s: %v, want not proven", test.name, err)
			}
		}
		w.dns.SetTXT(challenge.Place, "v=spf1 -all", challenge.Token)
		for range 2 {
			if err := linden.VerifyDomain(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the domain is shown as verified", func() bool {
			all, err := linden.Domains(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				if d.Name == name {
					return d.Verified
				}
			}
			return false
		})
		_, err = linden.ChallengeDomain(t.Context(), name, identity.ProofDNS)
		wantKind(t, err, identity.KindConflict, "domain.proven")
		if err := linden.AddDomain(t.Context(), name); err != nil {
			t.Errorf("add again: %v", err)
		}
		// The other school may neither prove nor add it any more.
		second, err := birch.ChallengeDomain(t.Context(), name, identity.ProofDNS)
		if err != nil {
			t.Fatal(err)
		}
		w.dns.SetTXT(challenge.Place, second.Token)
		wantKind(t, birch.VerifyDomain(t.Context(), name), identity.KindConflict, "domain.taken")
		if err := birch.DeleteDomain(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		eventually(t, "adding it is refused", func() bool {
			err := birch.AddDomain(t.Context(), name)
			if err == nil {
				err = birch.DeleteDomain(t.Context(), name)
			}
			return identity.IsKind(err, identity.KindConflict)
		})
		wantKind(t, birch.AddDomain(t.Context(), name), identity.KindConflict, "domain.taken")
		eventually(t, "who had a name of the domain has another", func() bool {
			user, err := birch.User(t.Context(), n.ID)
			return err == nil && user.UserName != n.UserName
		})
		// Given up, it is free again.
		if err := linden.DeleteDomain(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it can be added elsewhere", func() bool { return birch.AddDomain(t.Context(), name) == nil })
	})
}
