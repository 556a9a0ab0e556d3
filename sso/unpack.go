package sso

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"html"
	"io"
	"net/url"
	"regexp"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// MaxPasted is how much may be pasted, in bytes.
const MaxPasted = 1_000_000

// formField finds a SAML response in the source of the page that posts it.
var formField = regexp.MustCompile(`(?is)name="SAMLResponse"[^>]*?value="([^"]+)"|value="([^"]+)"[^>]*?name="SAMLResponse"`)

// unpack finds the XML in what somebody copied: XML itself, its base64 as the
// form field holds it, the whole form or request body, or a page's source.
func unpack(pasted string) ([]byte, error) {
	text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(pasted), "\ufeff"))
	switch {
	case text == "":
		return nil, identity.Invalid("pasted.empty")
	case len(text) > MaxPasted:
		return nil, identity.Invalid("pasted.too-large", "Limit", MaxPasted/1000)
	}
	if strings.HasPrefix(text, "<") {
		found := formField.FindStringSubmatch(text)
		if found == nil {
			return []byte(text), nil
		}
		text = html.UnescapeString(found[1] + found[2])
	}
	if strings.HasPrefix(text, "SAMLRequest=") {
		return nil, identity.Invalid("pasted.request")
	}
	if _, after, ok := strings.Cut(text, "SAMLResponse="); ok {
		text, _, _ = strings.Cut(after, "&")
	}
	text = strings.Trim(text, `"'`)
	if strings.Contains(text, "%") {
		unescaped, err := url.QueryUnescape(text)
		if err != nil {
			return nil, identity.Invalid("pasted.unreadable").Because(err)
		}
		// A plus sign was one before, unless the whole was escaped.
		text = strings.ReplaceAll(unescaped, " ", "+")
	}
	if strings.HasPrefix(text, "<") {
		return []byte(text), nil
	}
	return unbase64(withoutSpace(text))
}

func unbase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	document, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, identity.Invalid("pasted.unreadable").Because(err)
	}
	if looksLikeXML(document) {
		return document, nil
	}
	// The redirect binding deflates.
	inflated, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(document)), MaxPasted))
	if err != nil || !looksLikeXML(inflated) {
		return nil, identity.Invalid("pasted.unreadable").Because(err)
	}
	return inflated, nil
}

func looksLikeXML(document []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(document, []byte("\ufeff"))), []byte("<"))
}
