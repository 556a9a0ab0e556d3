package standin

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/crewjam/saml"
)

// routeIDPs has what identity providers and their administrators see of
// Zitadel, without anybody signed in.
func (s *Server) routeIDPs(mux *http.ServeMux) {
	mux.HandleFunc("/idps/{id}/saml/metadata", s.showMetadata)
	mux.HandleFunc("/idps/{id}/saml/certificate", s.showCertificate)
	mux.HandleFunc("/idps/{id}/saml/acs", s.arriveByACS)
	mux.HandleFunc("/idps/{id}/saml/slo", func(w http.ResponseWriter, _ *http.Request) {
		// Federated logout is never started here, so there is none to end.
		refuseText(w, refused("SAML-3uor2", "Errors.Intent.NotFound", nil))
	})
	mux.HandleFunc("/idps/callback", s.arriveByCallback)
	mux.HandleFunc("/idps/jwt", s.takeTokenForIntent)
}

// refuseText says an error as these addresses do: in plain text.
func refuseText(w http.ResponseWriter, err error) {
	id, description := shown(err)
	if description == "" {
		http.Error(w, id, http.StatusBadRequest)
		return
	}
	http.Error(w, "ID="+id+" Message="+description, http.StatusBadRequest)
}

// samlIDPOf finds the provider a path names.
func (s *Server) samlIDPOf(r *http.Request, wrongID string) (*idProvider, error) {
	s.RLock()
	defer s.RUnlock()
	p := s.idps[r.PathValue("id")]
	if p == nil {
		return nil, precondition("COMMAND-as02jin", "Errors.IDPConfig.NotExisting")
	}
	if p.saml == nil {
		return nil, refused(wrongID, "Errors.Intent.IDPInvalid", nil)
	}
	return p, nil
}

func (s *Server) showCertificate(w http.ResponseWriter, r *http.Request) {
	p, err := s.samlIDPOf(r, "SAML-lrud8s9coi")
	if err != nil {
		refuseText(w, err)
		return
	}
	w.Header().Set("Content-Disposition", "attachment; filename=idp.crt")
	_, _ = w.Write(p.saml.pem)
}

// showMetadata lists both places where responses may arrive: that of intents
// and Login V2, and that of Login V1, which internalUI puts first.
func (s *Server) showMetadata(w http.ResponseWriter, r *http.Request) {
	p, err := s.samlIDPOf(r, "SAML-lrud8s9coi")
	if err != nil {
		refuseText(w, err)
		return
	}
	sp, err := s.serviceProvider(p, s.intentWay(p.id))
	if err != nil {
		refuseText(w, err)
		return
	}
	metadata := sp.Metadata()
	v1 := s.loginWay(p.id).root + "saml/acs"
	internal, _ := strconv.ParseBool(r.URL.Query().Get("internalUI"))
	for i := range metadata.SPSSODescriptors {
		d := &metadata.SPSSODescriptors[i]
		d.AssertionConsumerServices = consumerServices(d.AssertionConsumerServices, v1, internal)
	}
	text, err := xml.MarshalIndent(metadata, "", "  ")
	if err != nil {
		refuseText(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, _ = w.Write(text)
}

func consumerServices(own []saml.IndexedEndpoint, v1 string, internal bool) []saml.IndexedEndpoint {
	login := []saml.IndexedEndpoint{
		{Binding: saml.HTTPPostBinding, Location: v1}, {Binding: saml.HTTPArtifactBinding, Location: v1},
	}
	all, first := append(own, login...), 1
	if internal {
		yes := true
		login[0].IsDefault = &yes
		all, first = append(login, own...), 0
	}
	for i := range all {
		all[i].Index = first + i
	}
	return all
}

// active finds an intent that waits for somebody to come back. One that does
// not is returned beside the error, for its failure URL.
func (s *Server) active(id string) (*intent, error) {
	s.RLock()
	defer s.RUnlock()
	i := s.intents[id]
	if i == nil {
		return nil, refused("IDP-gy3ctgkqe7", "Errors.Intent.NotStarted", nil)
	}
	if i.state != intentStarted {
		return i, refused("IDP-Sfrgs", "Errors.Intent.NotStarted", nil)
	}
	return i, nil
}

// arriveByACS takes the provider from the path and the intent from the
// RelayState, and does not ask whether they belong together, as the real server
// does not: who relies on an intent must look into its assertion.
func (s *Server) arriveByACS(w http.ResponseWriter, r *http.Request) {
	p, err := s.samlIDPOf(r, "SAML-ui9wyux0hp")
	if err != nil {
		refuseText(w, err)
		return
	}
	i, err := s.active(r.FormValue("RelayState"))
	if err != nil {
		s.turnAway(w, r, i, err)
		return
	}
	s.complete(w, r, i, p)
}

func (s *Server) arriveByCallback(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("state") == "" {
		refuseText(w, refused("IDP-Hk38e", "Errors.Intent.StateMissing", nil))
		return
	}
	i, err := s.active(r.FormValue("state"))
	if err != nil {
		s.turnAway(w, r, i, err)
		return
	}
	if code, description := r.FormValue("error"), r.FormValue("error_description"); code != "" {
		reason := code
		if description != "" {
			reason += ": " + description
		}
		s.failIntent(i, reason)
		sendBack(w, r, i.failure, url.Values{"id": {i.id}, "error": {code}, "error_description": {description}})
		return
	}
	s.RLock()
	p := s.idps[i.idp]
	s.RUnlock()
	if p == nil {
		err := refused("COMMAND-as02jin", "Errors.IDPConfig.NotExisting", nil)
		s.failIntent(i, err.Error())
		s.turnAway(w, r, i, err)
		return
	}
	s.complete(w, r, i, p)
}

// turnAway tells whoever began an intent why it failed, or the browser if
// nobody did.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request, i *intent, err error) {
	if i == nil {
		refuseText(w, err)
		return
	}
	message, description := shown(err)
	sendBack(w, r, i.failure, url.Values{"id": {i.id}, "error": {message}, "error_description": {description}})
}

func sendBack(w http.ResponseWriter, r *http.Request, to *url.URL, more url.Values) {
	target, query := *to, to.Query()
	for key, values := range more {
		query[key] = values
	}
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (s *Server) failIntent(i *intent, reason string) {
	s.logger.Info("external authentication failed", "intent", i.id, "providerID", i.idp, "error", reason)
	s.Lock()
	defer s.Unlock()
	t := s.begin("")
	i.state, i.changed = intentFailed, t.at
	t.emit(&i.aggregate, "idpintent.failed", values{"reason": strings.ToValidUTF8(reason, "�")})
}

// complete finds out who came and lets the intent tell it.
func (s *Server) complete(w http.ResponseWriter, r *http.Request, i *intent, p *idProvider) {
	came, err := s.arrive(r, p, s.intentWay(p.id), i.left)
	if err != nil {
		s.failIntent(i, err.Error())
		s.turnAway(w, r, i, err)
		return
	}
	token, err := s.tokenOf(i.id)
	if err != nil {
		s.turnAway(w, r, i, refused("IDP-JdD3g", "Errors.Intent.TokenCreationFailed", err))
		return
	}
	query := url.Values{"id": {i.id}, "token": {token}}
	if user := s.succeedIntent(i, came); user != "" {
		query.Set("user", user)
	}
	sendBack(w, r, i.success, query)
}

func (s *Server) succeedIntent(i *intent, came *arrived) string {
	s.Lock()
	defer s.Unlock()
	t := s.begin("")
	i.state, i.came, i.expires, i.changed = intentSucceeded, came, came.expires, t.at
	if i.expires.IsZero() {
		i.expires = time.Now().Add(intentLife)
	}
	if u := s.links[externalID{i.idp, came.id}]; u != nil {
		i.user = u.id
	}
	data := values{"idpUser": came.raw, "idpUserId": came.id, "idpUserName": came.name, "userId": i.user}
	if !came.expires.IsZero() {
		data["expiresAt"] = came.expires.UTC().Format(time.RFC3339Nano)
	}
	kind := "idpintent.succeeded"
	if came.assertion != nil {
		kind, data["assertion"] = "idpintent.saml.succeeded", crypted()
	} else {
		data["idpAccessToken"], data["idpIdToken"] = crypted(), came.idToken
		if came.refreshToken != "" {
			data["idpRefreshToken"] = crypted()
		}
	}
	t.emit(&i.aggregate, kind, trimmed(data))
	return i.user
}
