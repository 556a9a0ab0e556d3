package handlers

import (
	"context"
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/views"
)

// maxProof bounds the file that proves a domain; Zitadel's token is far shorter.
const maxProof = 4096

// challengeDomain serves POST /domains/{domain}/challenge: another way to prove
// it, or a fresh value. Form: proof, dns or http.
func challengeDomain(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	proof := identity.DomainProof(r.PostFormValue("proof"))
	switch {
	case domain.Verified:
		return redirect(w, r, setup.Door.Domain(domain.Name))
	case proof != identity.ProofDNS && proof != identity.ProofHTTP:
		return identity.Invalid("form.stale")
	}
	change := identity.Change{
		Action: identity.ActionDomainAdded, Target: domain.Name,
		After: map[string]string{identity.AuditName: domain.Name, "proof": string(proof)},
	}
	err = setup.Store.ChangeDomain(r.Context(), change, domain, func(ctx context.Context, d *identity.Domain) error {
		var err error
		d.Challenge, err = setup.Remote.ChallengeDomain(ctx, d.Name, proof)
		return err
	})
	if err != nil {
		return err
	}
	return redirect(w, r, setup.Door.Domain(domain.Name))
}

// checkDomain serves POST /domains/{domain}/check: the portal looks for the
// proof itself and says what it found. Only after that does the school see whom
// Zitadel would rename, and where that is nobody Zitadel verifies at once.
func checkDomain(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	if domain.Verified {
		return redirect(w, r, setup.Door.Domain(domain.Name))
	}
	comparison, err := lookForProof(r.Context(), setup, domain)
	if status, problems := retryable(err, ""); problems != nil {
		comparison = sso.Comparison{Message: problems[0].Message}
		return unproven(w, r, setup, status, domain, comparison)
	}
	if err != nil {
		return err
	}
	if err := setup.Store.DomainChecked(r.Context(), domain.Name, comparison.Proven); err != nil {
		return err
	}
	if !comparison.Proven {
		return unproven(w, r, setup, http.StatusUnprocessableEntity, domain, comparison)
	}
	switch _, n, err := setup.Store.RenamedBy(r.Context(), domain.Name); {
	case err != nil:
		return err
	case n > 0:
		return redirect(w, r, setup.Door.Domain(domain.Name, "verify"))
	}
	return verify(w, r, setup, domain)
}

func unproven(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, status int,
	domain identity.Domain, comparison sso.Comparison,
) error {
	domain.CheckedAt = setup.Portal.Now()
	checked := views.DomainCheck{Message: comparison.Message, Found: comparison.Found}
	return render(w, r, status, views.ProveDomain(setup.Page, setup.Opened, setup.Door, domain, &checked))
}

// lookForProof looks where Zitadel will look, and at the places people publish
// it by mistake.
func lookForProof(ctx context.Context, setup SignInSetup, domain identity.Domain) (sso.Comparison, error) {
	if domain.Challenge.Proof == identity.ProofHTTP {
		fetched, err := setup.Fetch.Get(ctx, domain.Challenge.Place, maxProof)
		return sso.CompareHTTP(domain.Challenge, fetched.Body, err, nil), nil
	}
	found := map[string][]string{}
	for i, place := range sso.ChallengePlaces(domain.Name) {
		records, err := setup.Fetch.LookupTXT(ctx, place)
		if err != nil && i == 0 {
			return sso.Comparison{}, err
		}
		// Whether something stands in a wrong place is worth knowing and no more.
		found[place] = records
	}
	return sso.CompareDNS(domain.Name, domain.Challenge, found, nil), nil
}

// askVerification serves GET /domains/{domain}/verify: the people at home
// elsewhere whom Zitadel would give another user name.
func askVerification(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	return renamedPeople(w, r, setup, http.StatusOK, nil)
}

func renamedPeople(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, status int, problems identity.Problems,
) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	if domain.Verified {
		return redirect(w, r, setup.Door.Domain(domain.Name))
	}
	people, n, err := setup.Store.RenamedBy(r.Context(), domain.Name)
	if err != nil {
		return err
	}
	return render(w, r, status,
		views.VerifyDomain(setup.Page, setup.Opened, setup.Door, domain, people, n, problems))
}

// verifyDomain serves POST /domains/{domain}/verify. Form: agreed ("on"), if
// anybody is renamed.
func verifyDomain(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	domain, err := domainAt(r, setup)
	if err != nil {
		return err
	}
	if domain.Verified {
		return redirect(w, r, setup.Door.Domain(domain.Name))
	}
	_, n, err := setup.Store.RenamedBy(r.Context(), domain.Name)
	if err != nil {
		return err
	}
	if n > 0 && r.PostFormValue("agreed") != "on" {
		var problems identity.Problems
		problems.Add("agreed", "domain.renamed.agree-first", "Count", n)
		return renamedPeople(w, r, setup, http.StatusUnprocessableEntity, problems)
	}
	return verify(w, r, setup, domain)
}

// verify lets Zitadel look for the proof, which makes the domain the school's.
func verify(w http.ResponseWriter, r *http.Request, setup SignInSetup, domain identity.Domain) error {
	change := identity.Change{Action: identity.ActionDomainVerified, Target: domain.Name, After: named(domain.Name)}
	err := setup.Store.ChangeDomain(r.Context(), change, domain, func(ctx context.Context, d *identity.Domain) error {
		if err := setup.Remote.VerifyDomain(ctx, d.Name); err != nil {
			return err
		}
		d.Verified, d.VerifiedAt = true, setup.Portal.Now()
		return nil
	})
	if status, problems := retryable(err, ""); problems != nil {
		return unproven(w, r, setup, status, domain, sso.Comparison{Message: problems[0].Message})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, setup.Door.Domain(domain.Name), identity.Say("domain.now-proven", "Domain", domain.Name))
}
