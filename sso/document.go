package sso

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/ianaindex"

	"homeroom.dev/homeroom/identity"
)

// maxDepth is how deep a document may nest. Real ones stay under 15.
const maxDepth = 60

var errDoctype = errors.New("document type declaration")

// newDecoder reads XML as Zitadel does: strictly, and in the encodings of IANA.
// It knows no entities but XML's five and fetches nothing.
func newDecoder(document []byte) *xml.Decoder {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	decoder.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		encoding, err := ianaindex.IANA.Encoding(charset)
		if err != nil {
			return nil, fmt.Errorf("read encoding %q: %w", charset, err)
		}
		if encoding == nil { // IANA knows it, the library does not
			return nil, fmt.Errorf("encoding %q is not supported", charset)
		}
		return encoding.NewDecoder().Reader(input), nil
	}
	return decoder
}

// scan walks over a whole document before anything is made of it: no document
// type, bounded depth, well formed to the end. It returns the names of the
// elements at the top, of which XML allows one.
func scan(document []byte) ([]xml.Name, error) {
	var roots []xml.Name
	depth := 0
	for decoder := newDecoder(document); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return roots, fmt.Errorf("read XML: %w", err)
		}
		switch token := token.(type) {
		case xml.Directive:
			return roots, errDoctype
		case xml.StartElement:
			if depth == 0 {
				roots = append(roots, token.Name)
			}
			if depth++; depth > maxDepth {
				return roots, fmt.Errorf("elements nest deeper than %d", maxDepth)
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if text := bytes.TrimPrefix(token, []byte("\ufeff")); depth == 0 && len(bytes.TrimSpace(text)) > 0 {
				return roots, errors.New("text outside of the document element")
			}
		}
	}
}

// readEntity finds the one EntityDescriptor of a document, or says why there
// is none.
func readEntity(document []byte, problems *identity.Problems) (entityXML, bool) {
	refuse := func(message string, args ...any) (entityXML, bool) {
		*problems = append(*problems, identity.Problem{Field: "metadata", Message: identity.Say(message, args...)})
		return entityXML{}, false
	}
	if len(document) > MaxMetadata {
		return refuse("metadata.too-large", "Size", len(document)/1000, "Limit", MaxMetadata/1000)
	}
	switch sniff(document) {
	case looksEmpty:
		return refuse("metadata.empty")
	case looksHTML:
		return refuse("metadata.html")
	case looksJSON:
		return refuse("metadata.json")
	case looksPEM:
		return refuse("metadata.certificate-only")
	case looksLikeURL:
		return refuse("metadata.url")
	case looksXML:
	}
	roots, err := scan(document)
	switch {
	case errors.Is(err, errDoctype):
		return refuse("metadata.doctype")
	case len(roots) > 1:
		return refuse("metadata.several", "Count", len(roots))
	case err != nil:
		return refuse("metadata.malformed", "Detail", detail(err))
	case len(roots) == 0:
		return refuse("metadata.empty")
	}
	switch root := roots[0]; {
	case root == xml.Name{Space: nsMetadata, Local: "EntityDescriptor"}:
		var entity entityXML
		if err := newDecoder(document).Decode(&entity); err != nil {
			return refuse("metadata.malformed", "Detail", detail(err))
		}
		return entity, true
	case root == xml.Name{Space: nsMetadata, Local: "EntitiesDescriptor"}:
		var group entitiesXML
		if err := newDecoder(document).Decode(&group); err != nil {
			return refuse("metadata.malformed", "Detail", detail(err))
		}
		// Zitadel takes the first of several, and looks into no group of groups.
		if all := group.all(); len(all) != 1 || len(group.Entities) != 1 {
			return refuse("metadata.several", "Count", len(all))
		}
		return group.Entities[0], true
	case root.Local == "Response" || root.Local == "Assertion":
		return refuse("metadata.response")
	default:
		return refuse("metadata.other-document", "Root", clip(root.Local, 60))
	}
}

// looks is what a document is at first sight.
type looks int

const (
	looksXML looks = iota
	looksEmpty
	looksHTML
	looksJSON
	looksPEM
	looksLikeURL
)

func sniff(document []byte) looks {
	text := bytes.TrimSpace(bytes.TrimPrefix(document, []byte("\ufeff")))
	start := strings.ToLower(string(text[:min(len(text), 1000)]))
	switch {
	case start == "":
		return looksEmpty
	case strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html") ||
		strings.Contains(start, "<head>") && strings.Contains(start, "<html"):
		return looksHTML
	case strings.HasPrefix(start, "{") || strings.HasPrefix(start, "["):
		return looksJSON
	case strings.HasPrefix(start, "-----begin "):
		return looksPEM
	case strings.HasPrefix(start, "https://") || strings.HasPrefix(start, "http://"):
		return looksLikeURL
	}
	return looksXML
}

// readTime reads an xs:dateTime. Some write one without a zone, which means UTC
// (core, section 1.3.3).
func readTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// day writes a date the same way in every language.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// detail is a parser's complaint, short enough for a sentence.
func detail(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return clip(strings.TrimPrefix(err.Error(), "XML syntax error on "), 200)
}

// clip cuts a text that strangers wrote to a number of bytes, at a rune.
func clip(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && text[limit]&0xC0 == 0x80 { // within a rune
		limit--
	}
	return text[:limit] + "…"
}
