package handlers

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/views"
)

// askProvider serves GET …/connections/{connection}/provider. Query: way, of
// giving metadata.
func askProvider(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	frame := setup.frame(c)
	switch {
	case c.Vendor.InstanceWide():
		return render(w, r, http.StatusOK, views.District(frame, c.District, nil))
	case c.Protocol == identity.ProtocolOIDC:
		return render(w, r, http.StatusOK, views.Issuer(frame, issuerSuggested(c), issuerExample(c.Vendor), nil))
	}
	form := views.MetadataForm{Way: r.URL.Query().Get("way"), URL: c.MetadataURL}
	switch form.Way {
	case views.MetadataByURL, views.MetadataByFile:
	case views.MetadataByHand:
		form.EntityID = c.EntityID
		if m, problems := sso.ParseMetadata([]byte(c.Metadata), setup.Portal.Now()); problems == nil && len(m.SSO) > 0 {
			form.SSOURL = m.SSO[0].URL
		}
	default:
		form.Way = views.MetadataByURL
		if !sso.MetadataURLHint(c.Vendor) {
			form.Way = views.MetadataByFile
		}
	}
	return render(w, r, http.StatusOK, views.Metadata(frame, form, nil))
}

// giveProvider serves POST …/connections/{connection}/provider. Form: way, which
// says what else there is: url; metadata, a file; entity-id, sso-url and
// certificate; document and url, as they were shown; issuer; issuer, client-id
// and client-secret; district.
func giveProvider(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	way := r.PostFormValue("way")
	switch {
	case c.Vendor.InstanceWide():
		return giveDistrict(w, r, setup, c)
	case c.Protocol == identity.ProtocolOIDC && way == "client":
		return giveClient(w, r, setup, c)
	case c.Protocol == identity.ProtocolOIDC:
		return giveIssuer(w, r, setup, c)
	case way == "checked":
		return saveMetadata(w, r, setup, c)
	}
	return readMetadata(w, r, setup, c)
}

// readMetadata explains the metadata that was given; nothing is saved yet.
func readMetadata(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	form := views.MetadataForm{
		Way: r.PostFormValue("way"), URL: strings.TrimSpace(r.PostFormValue("url")),
		EntityID: r.PostFormValue("entity-id"), SSOURL: r.PostFormValue("sso-url"), Certificate: r.PostFormValue("certificate"),
	}
	document, field, status, problems, err := givenMetadata(r, setup, &form)
	if err != nil {
		return err
	}
	if problems == nil {
		var m sso.Metadata
		if m, problems = sso.ParseMetadata(document, setup.Portal.Now()); problems == nil {
			return render(w, r, http.StatusOK, views.MetadataCheck(setup.frame(c), explained(setup, c, form.URL, document, m), nil))
		}
		status, problems = http.StatusUnprocessableEntity, beside(field, problems)
	}
	return render(w, r, status, views.Metadata(setup.frame(c), form, problems))
}

// givenMetadata is the document that a form gives in one of the ways, and the
// field that what is wrong with it is shown beside.
func givenMetadata(r *http.Request, setup SignInSetup, form *views.MetadataForm) (
	document []byte, field string, status int, problems identity.Problems, err error,
) {
	status = http.StatusUnprocessableEntity
	switch form.Way {
	case views.MetadataByFile:
		field, form.URL = "metadata", ""
		document, err = uploaded(r, field)
		if err == nil && len(document) == 0 {
			problems.Add(field, "connection.metadata.file.missing")
		}
	case views.MetadataByHand:
		field, form.URL = "entity-id", ""
		var text string
		text, problems = sso.ByHand(form.EntityID, form.SSOURL, form.Certificate, setup.Portal.Now())
		document = []byte(text)
	default:
		field, form.Way = "url", views.MetadataByURL
		if form.URL == "" {
			problems.Add(field, "connection.metadata.url.missing")
			break
		}
		fetched, problem := setup.Fetch.Get(r.Context(), form.URL, sso.MaxMetadata)
		document = fetched.Body
		if problem != nil {
			status, problems, err = notFetched(problem, field)
		}
	}
	return document, field, status, problems, err
}

// notFetched is what keeps a document away, beside the field with its address:
// mostly it is the address that is wrong.
func notFetched(err error, field string) (int, identity.Problems, error) {
	var known *identity.Error
	if errors.As(err, &known) {
		return http.StatusUnprocessableEntity, identity.Problems{{Field: field, Message: known.Message}}, nil
	}
	return 0, nil, err
}

// uploaded is a file that came with the form; empty if none did.
func uploaded(r *http.Request, field string) ([]byte, error) {
	file, _, err := r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, identity.Invalid("request.broken").Because(err)
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(file) // the whole form is bounded
}

// explained is what metadata says, and what of it is new.
func explained(setup SignInSetup, c identity.Connection, url string, document []byte, m sso.Metadata) views.MetadataExplained {
	e := views.MetadataExplained{
		URL: url, Document: base64.StdEncoding.EncodeToString(document), EntityID: m.EntityID,
		SignOn: endpoints(m.SSO), LogOut: endpoints(m.SLO), Certificates: certificateRows(m.Certificates),
		NameIDFormats: m.NameIDFormats, ValidUntil: m.ValidUntil, WantsSigned: m.WantsSigned,
		Warnings: messages(m.Warnings), First: c.Metadata == "",
	}
	if !e.First {
		before, _ := sso.ParseMetadata([]byte(c.Metadata), setup.Portal.Now()) // it was right when it was saved
		e.Changes = sso.Diff(before, m)
	}
	return e
}

func endpoints(list []sso.Endpoint) []views.NamedValue {
	named := make([]views.NamedValue, len(list))
	for i, e := range list {
		named[i] = views.NamedValue{Name: e.Binding, Value: e.URL}
	}
	return named
}

// maxMetadataURL is as much as the form takes.
const maxMetadataURL = 2000

// saveMetadata saves metadata as it was shown. It is read anew: what comes back
// from a browser is no more trusted than what came first.
func saveMetadata(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	document, err := base64.StdEncoding.DecodeString(r.PostFormValue("document"))
	if err != nil || len(r.PostFormValue("url")) > maxMetadataURL {
		return identity.Invalid("request.broken").Because(err)
	}
	now := setup.Portal.Now()
	m, problems := sso.ParseMetadata(document, now)
	form := views.MetadataForm{Way: views.MetadataByFile, URL: strings.TrimSpace(r.PostFormValue("url"))}
	if form.URL != "" {
		form.Way = views.MetadataByURL
	}
	if problems != nil {
		field := "metadata"
		if form.Way == views.MetadataByURL {
			field = "url"
		}
		return render(w, r, http.StatusUnprocessableEntity, views.Metadata(setup.frame(c), form, beside(field, problems)))
	}
	to := c
	to.MetadataURL, to.Metadata, to.EntityID = form.URL, string(document), m.EntityID
	err = setup.Store.ChangeConnection(r.Context(), changed(identity.ActionConnectionChanged, c), to, setup.update(""))
	if err == nil {
		err = setup.Store.SetCertificates(r.Context(), c.ID, "idp", m.Certificates)
	}
	if err != nil {
		if status, problems := refusedBeside(err, ""); problems != nil {
			return render(w, r, status, views.MetadataCheck(setup.frame(c), explained(setup, c, form.URL, document, m), problems))
		}
		return err
	}
	return redirect(w, r, setup.afterSettings(c), identity.Say("connection.metadata.saved"))
}

// afterSettings is the page that follows on the settings of the identity
// provider: the next question of the wizard, or the test of what is on.
func (s SignInSetup) afterSettings(c identity.Connection) string {
	if c.State == identity.ConnectionDraft && !c.Complete() {
		return s.Door.Connection(c.ID, "people")
	}
	return s.Door.Connection(c.ID, "test")
}
