package stream

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
)

// secretPrefix is how the Standard Webhooks scheme marks a secret.
const secretPrefix = "whsec_"

// webhook posts batches to a URL, signed by the Standard Webhooks scheme:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
type webhook struct {
	client *outbound.Client
	roots  *x509.CertPool
	url    string
	secret string
	now    func() time.Time
}

// sign is the signature over a message: its ID, the time of the try and the
// body.
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		return "", fmt.Errorf("read the webhook's secret: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// send posts a batch. Any status from 200 to 299 takes it.
func (w webhook) send(ctx context.Context, b batch) error {
	body, at := b.body(), w.now()
	signature, err := sign(w.secret, b.name, at, body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return identity.Invalid("outbound.url").Because(err)
	}
	request.Header.Set("User-Agent", "Homeroom")
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Webhook-Id", b.name)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	request.Header.Set("Webhook-Signature", signature)
	answer, err := w.client.Send(request, w.roots, 4<<10)
	if err != nil {
		return err
	}
	if answer.Status < 200 || answer.Status > 299 {
		return identity.Unavailable("stream.refused", "Host", request.URL.Hostname(), "Status", strconv.Itoa(answer.Status))
	}
	return nil
}
