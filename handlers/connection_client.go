package handlers

import (
	"net/http"
	"regexp"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/views"
)

// issuerSuggested is the issuer to begin with: the one that is saved, or the
// only one a vendor has.
func issuerSuggested(c identity.Connection) string {
	if c.Issuer == "" && c.Vendor == identity.VendorGoogle {
		return "https://accounts.google.com"
	}
	return c.Issuer
}

// issuerExample is what issuers of a vendor look like.
func issuerExample(vendor identity.Vendor) string {
	switch vendor {
	case identity.VendorEntra:
		return "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"
	case identity.VendorGoogle:
		return "https://accounts.google.com"
	case identity.VendorOkta:
		return "https://linden.okta.com"
	case identity.VendorOneLogin:
		return "https://linden.onelogin.com/oidc/2"
	}
	return "https://id.school.example"
}

// giveIssuer explains what the provider says about itself and asks for the
// client; nothing is saved yet.
func giveIssuer(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	issuer := sso.CleanIssuer(r.PostFormValue("issuer"))
	d, problems, err := discovered(r, setup, issuer)
	if err != nil {
		return err
	}
	if problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.Issuer(setup.frame(c), issuer, issuerExample(c.Vendor), problems))
	}
	form := views.ClientForm{ClientID: c.ClientID, Saved: keepsSecret(c, issuer, c.ClientID)}
	return render(w, r, http.StatusOK, views.Client(setup.frame(c), discoveryExplained(d), form, nil))
}

// discovered reads the discovery document of issuer.
func discovered(r *http.Request, setup SignInSetup, issuer string) (sso.Discovery, identity.Problems, error) {
	var problems identity.Problems
	if issuer == "" {
		problems.Add("issuer", "connection.issuer.missing")
		return sso.Discovery{}, problems, nil
	}
	fetched, err := setup.Fetch.Get(r.Context(), sso.DiscoveryURL(issuer), sso.MaxDiscovery)
	if err != nil {
		_, problems, err = notFetched(err, "issuer")
		return sso.Discovery{}, problems, err
	}
	d, problems := sso.ParseDiscovery(fetched.Body, issuer)
	return d, problems, nil
}

func discoveryExplained(d sso.Discovery) views.DiscoveryExplained {
	e := views.DiscoveryExplained{Issuer: d.Issuer, Warnings: messages(d.Warnings)}
	for _, endpoint := range []views.NamedValue{
		{Name: "authorization_endpoint", Value: d.Authorization},
		{Name: "token_endpoint", Value: d.Token},
		{Name: "userinfo_endpoint", Value: d.UserInfo},
		{Name: "jwks_uri", Value: d.Keys},
	} {
		if endpoint.Value != "" {
			e.Endpoints = append(e.Endpoints, endpoint)
		}
	}
	return e
}

// keepsSecret reports whether the secret that is saved still belongs to the
// client. To another issuer it must not be sent.
func keepsSecret(c identity.Connection, issuer, clientID string) bool {
	return c.ClientID != "" && c.Issuer == issuer && c.ClientID == clientID
}

// As long as the widest consoles make them.
const (
	maxClientID     = 200
	maxClientSecret = 400
)

// giveClient saves issuer and client. The discovery document is read once more:
// what comes back from a browser is no more trusted than what came first.
func giveClient(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	issuer := sso.CleanIssuer(r.PostFormValue("issuer"))
	id, secret := strings.TrimSpace(r.PostFormValue("client-id")), strings.TrimSpace(r.PostFormValue("client-secret"))
	d, problems, err := discovered(r, setup, issuer)
	if err != nil {
		return err
	}
	if problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.Issuer(setup.frame(c), issuer, issuerExample(c.Vendor), problems))
	}
	problems, status := clientProblems(c, issuer, id, secret), http.StatusUnprocessableEntity
	if problems == nil {
		to := c
		to.Issuer, to.ClientID = issuer, id
		if secret != "" && c.State != identity.ConnectionActive {
			to.State = identity.ConnectionDraft // the secret is not kept here, so the store cannot see that it is another
		}
		err := setup.Store.ChangeConnection(r.Context(), changed(identity.ActionConnectionChanged, c), to, setup.update(secret))
		if err == nil {
			return redirect(w, r, setup.afterSettings(c), identity.Say("connection.client.saved"))
		}
		if status, problems = refusedBeside(err, "client-id"); problems == nil {
			return err
		}
	}
	form := views.ClientForm{ClientID: id, Saved: keepsSecret(c, issuer, id)}
	return render(w, r, status, views.Client(setup.frame(c), discoveryExplained(d), form, problems))
}

func clientProblems(c identity.Connection, issuer, id, secret string) identity.Problems {
	var problems identity.Problems
	switch {
	case id == "":
		problems.Add("client-id", "connection.client.id.missing")
	case len(id) > maxClientID:
		problems.Add("client-id", "connection.client.id.long", "Max", maxClientID)
	}
	switch {
	case len(secret) > maxClientSecret:
		problems.Add("client-secret", "connection.client.secret.long", "Max", maxClientSecret)
	case secret != "" || keepsSecret(c, issuer, id):
	case c.ClientID != "":
		problems.Add("client-secret", "connection.client.secret.needed")
	default:
		problems.Add("client-secret", "connection.client.secret.missing")
	}
	return problems
}

// districts are IDs of districts at Clever, or of customers of ClassLink.
var districts = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// giveDistrict saves the school's own ID at a vendor that one registration
// serves for all.
func giveDistrict(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	district, status := strings.TrimSpace(r.PostFormValue("district")), http.StatusUnprocessableEntity
	var problems identity.Problems
	switch {
	case district == "":
		problems.Add("district", "connection.district.missing")
	case !districts.MatchString(district):
		problems.Add("district", "connection.district.wrong")
	default:
		to := c
		to.District = district
		err := setup.Store.ChangeConnection(r.Context(), changed(identity.ActionConnectionChanged, c), to, setup.update(""))
		if err == nil {
			return redirect(w, r, setup.afterSettings(c), identity.Say("connection.district.saved"))
		}
		if status, problems = refusedBeside(err, "district"); problems == nil {
			return err
		}
	}
	return render(w, r, status, views.District(setup.frame(c), district, problems))
}
