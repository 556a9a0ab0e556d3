package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

func TestGuardiansAreContactsAndNothingElse(t *testing.T) {
	p := newPortal(t)
	p.assign(biology, ruth, identity.RoleStudent) // a guest
	p.settled()
	path := "/o/{biology}/people/{noor.7b}/guardians"
	good := url.Values{"name": {" Rana  Haddad "}, "relation": {"mother"}, "phone": {"+49 30 1234"}, "submission": {"onceonceonceonceonce"}}
	with := func(name, value string) url.Values {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set(name, value)
		return form
	}
	added := []identity.Action{identity.ActionGuardianAdded}
	p.run(biology, []scenario{
		{name: "none yet", who: jon, method: "GET", path: path, status: 200, text: []string{"Guardians of Noor Haddad", "No contact is known yet.", "They have no account"}},
		{name: "no name", who: lee, method: "POST", path: path, form: with("name", ""), status: 422, text: []string{"Enter a name."}},
		{name: "no way to reach them", who: lee, method: "POST", path: path, form: with("phone", ""), status: 422, text: []string{"Enter a phone number or an e-mail address."}},
		{name: "no address", who: lee, method: "POST", path: path, form: with("address", "rana"), status: 422, text: []string{"Enter an e-mail address such as"}},
		{name: "no number", who: lee, method: "POST", path: path, form: with("phone", "call me"), status: 422, text: []string{"Enter a phone number with digits."}},
		{name: "added", who: lee, method: "POST", path: path, form: good, status: 303, redirect: path, audit: added},
		{name: "the same form again", who: lee, method: "POST", path: path, form: good, status: 303, redirect: path},
		{name: "shown", who: priya, method: "GET", path: path, status: 200, text: []string{"Rana Haddad", "mother", "+49 30 1234"}},
		{
			name: "shown by the school", who: priya, method: "GET", path: "/o/{linden}/people/{noor.7b}/guardians", status: 200,
			text: []string{"Rana Haddad"},
		},
		{name: "linked", who: lee, method: "GET", path: "/o/{biology}/people/{noor.7b}", status: 200, text: []string{"Guardians"}},
		{name: "not of staff", who: lee, method: "GET", path: "/o/{biology}/people/{jon}/guardians", status: 409, text: []string{"for students alone"}},
		{name: "not of guests", who: lee, method: "GET", path: "/o/{biology}/people/{ruth}/guardians", status: 403, text: []string{"belongs elsewhere"}},
		{name: "not by students", who: sam, method: "GET", path: path, status: 403, absent: []string{"Rana"}},
		{name: "not by others", who: mallory, method: "GET", path: path, status: 404, absent: []string{"Rana"}},
		{name: "not through another school", who: mallory, method: "GET", path: "/o/{maths}/people/{noor.7b}/guardians", status: 404, absent: []string{"Rana"}},
		{name: "the form of one", who: lee, method: "GET", path: path + "/onceonceonceonceonce", status: 200, text: []string{"Change a guardian of Noor Haddad", "Remove Rana Haddad"}},
		{
			name: "changed", who: lee, method: "POST", path: path + "/onceonceonceonceonce", form: with("phone", "030 99"), status: 303,
			redirect: path, audit: []identity.Action{identity.ActionGuardianChanged},
		},
		{name: "the same again", who: lee, method: "POST", path: path + "/onceonceonceonceonce", form: with("phone", "030 99"), status: 303, redirect: path},
		{name: "another one's", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/guardians/onceonceonceonceonce/remove", status: 404},
		{
			name: "removed", who: jon, method: "POST", path: path + "/onceonceonceonceonce/remove", status: 303, redirect: path,
			audit: []identity.Action{identity.ActionGuardianRemoved},
		},
		{name: "gone", who: lee, method: "GET", path: path, status: 200, text: []string{"No contact is known yet."}},
	})
	if log := p.log.String(); strings.Contains(log, "Rana") || strings.Contains(log, "1234") {
		t.Error("a guardian is in the log")
	}
	records, err := p.store.In(p.founded(biology)).Audit(p.ctx, store.AuditQuery{Limit: 500})
	p.check(err)
	for _, r := range records.Records {
		for _, v := range r.After {
			if strings.Contains(v, "Rana") || strings.Contains(v, "1234") {
				t.Errorf("a record says %v", r.After)
			}
		}
	}
	lee := p.signIn(lee)
	for i := range identity.MaxGuardians + 1 {
		form := with("submission", identity.NewSubmission())
		form.Set("name", "Contact "+string(rune('A'+i)))
		seen := lee.do(http.MethodPost, p.fill(path), form)
		if full := i == identity.MaxGuardians; full != (seen.Status == http.StatusConflict) {
			t.Errorf("the %d. contact: %d", i+1, seen.Status)
		}
	}
}
