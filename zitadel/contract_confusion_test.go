package zitadel_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"io"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// Zitadel takes the answer to a sign-in through one identity provider from any
// other: it believes the path that the answer was sent to, and looks people up
// at the provider that was asked. Whoever runs one school's would be anybody of
// another school.
func TestContractAnswersOfAnotherProviderAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		_, asked := w.connect(t, w.linden, identity.VendorOkta, identity.ProtocolSAML)
		known := w.arrival(t, w.linden, asked, w.through(t, w.linden, asked, maria))
		user := w.student(t, w.linden)
		if err := w.in(t, w.linden).LinkUser(t.Context(), user.ID, asked, known.ExternalID, maria); err != nil {
			t.Fatal(err)
		}
		evil, answers := w.connect(t, w.birch, identity.VendorOkta, identity.ProtocolSAML)
		start, err := w.in(t, w.linden).StartIntent(t.Context(), asked, arrived, refused)
		if err != nil {
			t.Fatal(err)
		}
		request, err := url.Parse(start)
		if err != nil {
			t.Fatal(err)
		}
		query := request.Query()
		query.Set("SAMLRequest", readdressed(t, query.Get("SAMLRequest"), string(asked), string(answers)))
		back := visit(t, newBrowser(t), evil.SSOURL()+"?"+query.Encode(), maria)
		arrival, err := w.in(t, w.linden).Intent(t.Context(), asked, back.Query().Get("id"), back.Query().Get("token"))
		wantKind(t, err, identity.KindGone, "sign-in.lost")
		if arrival.User != "" || arrival.ExternalID != "" {
			t.Errorf("came back as %s", dump(t, arrival))
		}
		if !cameBack(back, arrived) {
			t.Logf("the server itself refused: %s", back)
		}
	})
}

// readdressed is a SAML request as if another identity provider had been asked.
func readdressed(t *testing.T, request, asked, other string) string {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(request)
	if err != nil {
		t.Fatal(err)
	}
	document, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	writer, err := flate.NewWriter(&again, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(writer, strings.ReplaceAll(string(document), asked, other)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(again.Bytes())
}
