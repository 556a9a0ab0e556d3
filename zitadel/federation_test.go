package zitadel

import (
	"encoding/base64"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/message"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"homeroom.dev/homeroom/identity"
)

func TestArrivalsAreReadWhateverTheirShape(t *testing.T) {
	raw := func(fields map[string]any) *structpb.Struct {
		s, err := structpb.NewStruct(fields)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	token := func(payload string) *string {
		text := "header." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".signature"
		return &text
	}
	broken := "no token"
	for _, test := range []struct {
		name        string
		information *userpb.IDPInformation
		want        identity.Arrival
	}{
		{"nothing", nil, identity.Arrival{Protocol: identity.ProtocolOIDC, Attributes: map[string][]string{}}},
		{"SAML", &userpb.IDPInformation{
			UserId: "maria",
			Access: &userpb.IDPInformation_Saml{Saml: &userpb.IDPSAMLAccessInformation{Assertion: []byte("<Assertion/>")}},
			RawInformation: raw(map[string]any{
				"id": "maria", "attributes": map[string]any{"mail": []any{"m@linden.example", "lee@linden.example"}, "empty": []any{}, "none": nil},
			}),
		}, identity.Arrival{
			Protocol: identity.ProtocolSAML, ExternalID: "maria", Assertion: []byte("<Assertion/>"),
			Attributes: map[string][]string{"mail": {"m@linden.example", "lee@linden.example"}},
		}},
		{"SAML without attributes", &userpb.IDPInformation{
			UserId: "maria", Access: &userpb.IDPInformation_Saml{Saml: &userpb.IDPSAMLAccessInformation{}},
			RawInformation: raw(map[string]any{"id": "maria", "attributes": "none"}),
		}, identity.Arrival{Protocol: identity.ProtocolSAML, ExternalID: "maria", Attributes: map[string][]string{}}},
		{"OpenID Connect", &userpb.IDPInformation{
			UserId: "sub-1", UserName: "maria",
			Access: &userpb.IDPInformation_Oauth{Oauth: &userpb.IDPOAuthAccessInformation{
				IdToken: token(`{"iss":"https://idp.example","aud":["a","b"],"exp":1795242010,"name":"of the token"}`),
			}},
			RawInformation: raw(map[string]any{
				"name": "Maria", "email_verified": true, "year": 7, "address": map[string]any{"country": "CH"}, "nothing": nil,
			}),
		}, identity.Arrival{
			Protocol: identity.ProtocolOIDC, ExternalID: "sub-1", UserName: "maria",
			Attributes: map[string][]string{
				"iss": {"https://idp.example"}, "aud": {"a", "b"}, "exp": {"1795242010"}, "name": {"Maria"},
				"email_verified": {"true"}, "year": {"7"}, "address": {`{"country":"CH"}`},
			},
		}},
		{"a token that is none", &userpb.IDPInformation{
			UserId:         "sub-1",
			Access:         &userpb.IDPInformation_Oauth{Oauth: &userpb.IDPOAuthAccessInformation{IdToken: &broken}},
			RawInformation: raw(map[string]any{"sub": "sub-1"}),
		}, identity.Arrival{Protocol: identity.ProtocolOIDC, ExternalID: "sub-1", Attributes: map[string][]string{"sub": {"sub-1"}}}},
		{"a token of something else", &userpb.IDPInformation{
			Access: &userpb.IDPInformation_Oauth{Oauth: &userpb.IDPOAuthAccessInformation{IdToken: token(`["no","claims"]`)}},
		}, identity.Arrival{Protocol: identity.ProtocolOIDC, Attributes: map[string][]string{}}},
	} {
		got := toArrival(&userpb.RetrieveIdentityProviderIntentResponse{IdpInformation: test.information})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: arrival differs (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestAssertionsAreForWhoWasAsked(t *testing.T) {
	const right, wrong = `Recipient="https://id.example.org/idps/400/saml/acs"`, `Recipient="https://id.example.org/idps/401/saml/acs"`
	for _, test := range []struct {
		name, subject string
		want          bool
	}{
		{"right", `<SubjectConfirmation><SubjectConfirmationData ` + right + `/></SubjectConfirmation>`, true},
		{"with a prefix", `<s:SubjectConfirmationData xmlns:s="urn:x" ` + right + `/>`, true},
		{"another's", `<SubjectConfirmationData ` + wrong + `/>`, false},
		{"both", `<SubjectConfirmationData ` + right + `/><SubjectConfirmationData ` + wrong + `/>`, false},
		{"another path", `<SubjectConfirmationData Recipient="https://id.example.org/?/idps/400/saml/acs"/>`, false},
		{"no recipient", `<SubjectConfirmationData NotOnOrAfter="2026-11-21T06:00:00Z"/>`, false},
		{"one without", `<SubjectConfirmationData ` + right + `/><SubjectConfirmationData/>`, false},
		{"no confirmation", ``, false},
		{"as text", `&lt;SubjectConfirmationData ` + right + `/>`, false},
		{"broken", `<SubjectConfirmationData ` + right + `>`, false},
	} {
		if got := addressedTo("400", []byte("<Assertion><Subject>"+test.subject+"</Subject></Assertion>")); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if addressedTo("400", nil) {
		t.Error("nothing is for somebody")
	}
}

func TestRequestsAreSignedWhereTheMetadataAsks(t *testing.T) {
	for _, test := range []struct {
		name, document string
		want           bool
	}{
		{"asked", `<E><IDPSSODescriptor WantAuthnRequestsSigned="true"/></E>`, true},
		{"asked as a number, with a prefix", `<md:E xmlns:md="urn:x"><md:IDPSSODescriptor a="b" WantAuthnRequestsSigned="1"/></md:E>`, true},
		{"declined", `<E><IDPSSODescriptor WantAuthnRequestsSigned="false"/></E>`, false},
		{"not said", `<E><IDPSSODescriptor/></E>`, false},
		{"said of something else", `<E><SPSSODescriptor WantAuthnRequestsSigned="true"/></E>`, false},
		{"broken", `<E><IDPSSODescriptor WantAuthnRequestsSigned="true"`, false},
		{"nothing", "", false},
	} {
		if got := wantsSigned(test.document); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestPlaceholdersLeadNowhere(t *testing.T) {
	first, err := placeholderMetadata()
	if err != nil {
		t.Fatal(err)
	}
	second, err := placeholderMetadata()
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Error("two placeholders share a key")
	}
	var document struct {
		EntityID string `xml:"entityID,attr"`
		SSO      []struct {
			Location string `xml:"Location,attr"`
		} `xml:"IDPSSODescriptor>SingleSignOnService"`
	}
	if err := xml.Unmarshal([]byte(first), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.SSO) != 2 || !strings.HasSuffix(document.EntityID, ".invalid") {
		t.Errorf("placeholder = %+v", document)
	}
	for _, sso := range document.SSO {
		if !strings.Contains(sso.Location, ".invalid/") {
			t.Errorf("leads to %s", sso.Location)
		}
	}
}

// One ID is the answer of every unique constraint, and its text comes in the
// instance's language.
func TestTakenLinksAreToldFromTakenNames(t *testing.T) {
	for _, test := range []struct {
		id, text string
		want     bool
	}{
		{idTaken, "External IDP already taken (V3-DKcYh)", true},
		{idTaken, "External IDP ist bereits vergeben", true},
		{idTaken, "Extern IdP redan tagen", true},
		{idTaken, "Внешний поставщик идентификационных данных уже занят", true},
		{idTaken, "外部IDPはすでに使用されています", true},
		{idTaken, "Errors.User.ExternalIDP.AlreadyExists", true},
		{idTaken, "User already exists (V3-DKcYh)", false},
		{idTaken, "Benutzer existiert bereits", false},
		{idTaken, "Пользователь уже существует", false},
		{"COMMAND-other", "External IDP already taken", false},
	} {
		s, err := status.New(codes.AlreadyExists, test.text).WithDetails(&message.ErrorDetail{Id: test.id, Message: test.text})
		if err != nil {
			t.Fatal(err)
		}
		if got := isLinkTaken(s.Err()); got != test.want {
			t.Errorf("%s %q: %v, want %v", test.id, test.text, got, test.want)
		}
	}
	if isLinkTaken(nil) {
		t.Error("no error is one")
	}
}
