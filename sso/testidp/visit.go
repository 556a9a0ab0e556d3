package testidp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxPages is how many pages of an identity provider one sign-in may have.
const maxPages = 8

// Visit opens address as a browser without script does, signs in as person (a
// user name or an address) on this package's sign-in page and submits the page
// that carries a SAML response. It returns the first answer that is neither,
// for the caller to close. The client needs a cookie jar; it follows redirects
// as its CheckRedirect says.
func Visit(ctx context.Context, client *http.Client, address, person string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("visit %s: %w", address, err)
	}
	for range maxPages {
		response, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("visit %s: %w", request.URL, err)
		}
		if response.Header.Get(pageHeader) == "" {
			return response, nil
		}
		page, err := readForm(response)
		if err != nil {
			return nil, err
		}
		if page.values.Has("person") {
			page.values.Del("person")
			page.values.Set("address", person)
		}
		request, err = http.NewRequestWithContext(ctx, http.MethodPost, page.action, strings.NewReader(page.values.Encode()))
		if err != nil {
			return nil, fmt.Errorf("submit a form: %w", err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return nil, errors.New("visit: the identity provider goes round in circles")
}

// pageHeader marks the pages that Visit knows how to submit.
const pageHeader = "X-Test-Page"

// form is the one form on a page.
type form struct {
	action string
	values url.Values
}

// readForm reads and closes a page.
func readForm(response *http.Response) (form, error) {
	document, err := html.Parse(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return form{}, fmt.Errorf("read %s: %w", response.Request.URL, err)
	}
	found := form{values: url.Values{}}
	for node := range document.Descendants() {
		switch node.Data {
		case "form":
			action, err := response.Request.URL.Parse(attributeOf(node, "action"))
			if err != nil {
				return form{}, fmt.Errorf("read the form of %s: %w", response.Request.URL, err)
			}
			found.action = action.String()
		case "input":
			found.values.Set(attributeOf(node, "name"), attributeOf(node, "value"))
		}
	}
	if found.action == "" {
		return form{}, fmt.Errorf("%s has no form", response.Request.URL)
	}
	return found, nil
}

func attributeOf(node *html.Node, name string) string {
	i := slices.IndexFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return node.Attr[i].Val
}
