package testidp

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// sign puts a signature over element where the schema wants it: after Issuer.
func (s *samlAnswer) sign(element *etree.Element) error {
	key := s.app.signingKey()
	if s.does == WrongCertificate {
		key = s.foreign
	}
	signer, err := dsig.NewSigningContext(key.private, [][]byte{key.certificate.Raw})
	if err != nil {
		return fmt.Errorf("sign the response: %w", err)
	}
	signer.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	method := dsig.RSASHA256SignatureMethod
	if s.does == SHA1 {
		method = dsig.RSASHA1SignatureMethod
	}
	if err := signer.SetSignatureMethod(method); err != nil {
		return fmt.Errorf("sign the response: %w", err)
	}
	signature, err := signer.ConstructSignature(element, true)
	if err != nil {
		return fmt.Errorf("sign the response: %w", err)
	}
	element.InsertChildAt(1, signature)
	return nil
}

// finish signs the envelope, does what a misbehaviour does to a finished
// response, and writes it.
func (s *samlAnswer) finish(response *etree.Element) ([]byte, error) {
	if s.signs&signsResponse != 0 {
		if err := s.sign(response); err != nil {
			return nil, err
		}
	}
	if s.does == Tampered {
		promote(response)
	}
	response = s.wrap(response)
	doc := etree.NewDocument()
	doc.SetRoot(response)
	text, err := doc.WriteToString()
	if err != nil {
		return nil, fmt.Errorf("write the response: %w", err)
	}
	return []byte(s.rewrite(text)), nil
}

// rewrite is what needs the response as text: entities and comments.
func (s *samlAnswer) rewrite(text string) string {
	name := ">" + s.habits.nameID(s.person)
	switch s.does {
	case ExternalEntity:
		return `<!DOCTYPE r [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>` + strings.ReplaceAll(text, name, ">&xxe;")
	case EntityBomb:
		var entities strings.Builder
		entities.WriteString(`<!ENTITY b0 "ha">`)
		for i := 1; i < 10; i++ {
			fmt.Fprintf(&entities, `<!ENTITY b%d "%s">`, i, strings.Repeat(fmt.Sprintf("&b%d;", i-1), 10))
		}
		return "<!DOCTYPE r [" + entities.String() + "]>" + strings.ReplaceAll(text, name, ">&b9;")
	case CommentInNameID:
		return strings.Replace(text, name+commentTail, name+"<!---->"+commentTail, 1)
	}
	return text
}

// encoded is a response as it stands in a form.
func encoded(response []byte) string { return base64.StdEncoding.EncodeToString(response) }
