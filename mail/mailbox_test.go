package mail

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestTheMailboxShowsWhatWasSent(t *testing.T) {
	box := new(Mailbox)
	for _, m := range []identity.Mail{
		{Key: "a", To: "sam@linden.example", FromName: "Linden", Subject: "First <b>", Text: "Go to http://localhost/i/x now\n", HTML: "<p>hi</p><script>1</script>"},
		{Key: "b", To: "kim@linden.example", FromName: "Linden", Subject: "Second", Text: "text"},
		{Key: "a", To: "sam@linden.example", FromName: "Linden", Subject: "First <b>", Text: "Go to http://localhost/i/x now\n", HTML: "<p>hi</p><script>1</script>"},
	} {
		if err := box.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(box.All()); n != 2 {
		t.Errorf("%d mails, want 2: the same key is the same mail", n)
	}
	if k, found := box.To("SAM@linden.example"); !found || k.Subject != "First <b>" {
		t.Errorf("To = %v, %v", k, found)
	}
	for _, test := range []struct {
		path, has, hasNot string
		status            int
	}{
		{"/", "kim@linden.example", "First <b>", http.StatusOK},
		{"/?q=kim", "Second", "sam@linden.example", http.StatusOK},
		{"/?q=nobody", "No mail matches", "Second", http.StatusOK},
		{"/mail?key=a", `<a href="http://localhost/i/x">`, "<script>", http.StatusOK},
		{"/html?key=a", "<p>hi</p>", "\x00", http.StatusOK},
		{"/mail?key=z", "404", "Second", http.StatusNotFound},
		{"/other", "404", "Second", http.StatusNotFound},
	} {
		answer := httptest.NewRecorder()
		box.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, test.path, nil))
		if answer.Code != test.status {
			t.Errorf("%s = %d, want %d", test.path, answer.Code, test.status)
		}
		if body := answer.Body.String(); !strings.Contains(body, test.has) || strings.Contains(body, test.hasNot) {
			t.Errorf("%s shows %s; want %q and not %q", test.path, body, test.has, test.hasNot)
		}
		if policy := answer.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
			strings.HasPrefix(test.path, "/html") && !strings.HasPrefix(policy, "sandbox") {
			t.Errorf("%s: policy %q", test.path, policy)
		}
	}
}
