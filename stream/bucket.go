package stream

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"path"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
)

// bucket puts each batch into an S3-compatible bucket as an object of its own. A
// batch that is sent again replaces its object.
type bucket struct {
	client *minio.Client
	host   string
	name   string
	prefix string
}

func newBucket(client *outbound.Client, roots *x509.CertPool, t identity.StreamTarget, secret string) (bucket, error) {
	u, err := url.Parse(t.Address)
	if err != nil {
		return bucket{}, identity.Invalid("outbound.url").Because(err)
	}
	made, err := minio.New(u.Host, &minio.Options{
		Creds:     credentials.NewStaticV4(t.AccessKey, secret, ""),
		Secure:    u.Scheme == "https",
		Region:    t.Region, // without it the library would ask for it first
		Transport: client.Transport(roots),
		// Ours are the tries; the library's would hold up a whole batch for minutes.
		MaxRetries: 1,
	})
	if err != nil {
		return bucket{}, identity.Invalid("outbound.url").Because(err)
	}
	return bucket{client: made, host: u.Hostname(), name: t.Bucket, prefix: t.Prefix}, nil
}

func (s bucket) send(ctx context.Context, b batch) error {
	body := b.body()
	_, err := s.client.PutObject(ctx, s.name, path.Join(s.prefix, b.path()), bytes.NewReader(body), int64(len(body)),
		minio.PutObjectOptions{ContentType: "application/x-ndjson", DisableMultipart: true, SendContentMd5: true})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("put an object: %w", err)
	var refused minio.ErrorResponse
	if errors.As(err, &refused) && refused.StatusCode != 0 {
		return identity.Unavailable("stream.bucket-refused", "Host", s.host, "Code", refused.Code).Because(err)
	}
	return outbound.Explain(ctx, s.host, err)
}
