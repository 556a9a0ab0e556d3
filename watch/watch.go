package watch

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// Options are what a watch needs; all but Now and Log must be set.
type Options struct {
	Store *store.Store
	// Fetch asks for the schools' metadata: addresses that strangers named.
	Fetch *outbound.Client
	// Zitadel is the issuer, whose own certificates end as well.
	Zitadel string
	// PublicURL is where browsers reach the portal, for the link in a warning.
	PublicURL string
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: slog.Default()
}

// Watch looks after every school's connections.
type Watch struct {
	Options
	zitadel *http.Client
}

// New makes a watch. Nothing is fetched before [Watch.Run].
func New(o Options) *Watch {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Watch{Options: o, zitadel: &http.Client{Timeout: 10 * time.Second}}
}

// Run looks at every connection once. What goes wrong with one is noted with it
// and keeps nobody else's from being looked at.
func (w *Watch) Run(ctx context.Context) error {
	return w.Store.EverySchoolConnection(ctx, func(school identity.Opened, c identity.Connection) error {
		if err := w.look(ctx, school, c); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			w.Log.WarnContext(ctx, "watch a connection", "organization", school.ID(), "connection", c.ID, "error", err)
		}
		return nil
	})
}

// look is one round over one connection.
func (w *Watch) look(ctx context.Context, school identity.Opened, c identity.Connection) error {
	if c.Protocol != identity.ProtocolSAML || c.Provider == "" || c.Metadata == "" {
		return nil
	}
	rows := w.Store.In(school)
	refetched := w.refetch(ctx, rows, c)
	if current, problems := sso.ParseMetadata([]byte(c.Metadata), w.Now()); len(current.Certificates) > 0 {
		if err := rows.SetCertificates(ctx, c.ID, "idp", current.Certificates); err != nil {
			return err
		}
	} else if len(problems) > 0 {
		return fmt.Errorf("read the metadata in use: %s", problems[0].Message.ID)
	}
	own, err := w.ownCertificate(ctx, c.Provider)
	if err != nil {
		refetched = errors.Join(refetched, err) // the warnings below go by what is known
	} else if err := rows.SetCertificates(ctx, c.ID, "sp", []identity.Certificate{own}); err != nil {
		return err
	}
	return errors.Join(refetched, w.warn(ctx, school, rows, c))
}

// refetch asks for the metadata again and proposes it if anything changed that
// a sign-in would notice. The connection goes on with what it has until somebody
// accepts the proposal.
func (w *Watch) refetch(ctx context.Context, rows *store.Organization, c identity.Connection) error {
	if c.MetadataURL == "" {
		return nil
	}
	fetched, err := w.Fetch.Get(ctx, c.MetadataURL, sso.MaxMetadata)
	var trouble *identity.Error
	switch {
	case errors.As(err, &trouble):
		return rows.MetadataFetched(ctx, c.ID, trouble.Message)
	case err != nil:
		return fmt.Errorf("fetch metadata: %w", err)
	}
	after, problems := sso.ParseMetadata(fetched.Body, w.Now())
	if len(problems) > 0 {
		return rows.MetadataFetched(ctx, c.ID, problems[0].Message)
	}
	if err := rows.MetadataFetched(ctx, c.ID, identity.Message{}); err != nil {
		return err
	}
	before, _ := sso.ParseMetadata([]byte(c.Metadata), w.Now())
	if len(sso.Diff(before, after)) == 0 {
		return rows.ProposeMetadata(ctx, c.ID, "", nil)
	}
	return rows.ProposeMetadata(ctx, c.ID, string(fetched.Body), after.Certificates)
}

// maxCertificate bounds Zitadel's answer; a certificate has a few kilobytes.
const maxCertificate = 64 << 10

// ownCertificate is the one with which Zitadel signs its requests to the
// provider. It lives a year and Zitadel tells nobody when it ends.
func (w *Watch) ownCertificate(ctx context.Context, provider identity.ProviderID) (identity.Certificate, error) {
	address := identity.ServiceProviderAt(w.Zitadel, provider).Certificate
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return identity.Certificate{}, fmt.Errorf("ask for Zitadel's certificate: %w", err)
	}
	response, err := w.zitadel.Do(request)
	if err != nil {
		return identity.Certificate{}, fmt.Errorf("ask for Zitadel's certificate: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxCertificate))
	if err != nil {
		return identity.Certificate{}, fmt.Errorf("read Zitadel's certificate: %w", err)
	}
	block, _ := pem.Decode(body)
	if response.StatusCode != http.StatusOK || block == nil {
		return identity.Certificate{}, fmt.Errorf("zitadel's certificate: status %d and no PEM", response.StatusCode)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return identity.Certificate{}, fmt.Errorf("read Zitadel's certificate: %w", err)
	}
	sum := sha256.Sum256(certificate.Raw)
	return identity.Certificate{
		Side: "sp", Fingerprint: hex.EncodeToString(sum[:]), Subject: certificate.Subject.String(),
		NotBefore: certificate.NotBefore, NotAfter: certificate.NotAfter,
	}, nil
}

// warnings are how many days before its end a certificate is worth a mail.
var warnings = []int{1, 7, 30, 60}

// due is the warning that is due when so much time is left: the smallest that
// covers it, or 0.
func due(left time.Duration) int {
	for _, days := range warnings {
		if left <= time.Duration(days)*24*time.Hour {
			return days
		}
	}
	return 0
}

// warn writes to the school's admins about the certificates of an active
// connection, once for each of the days.
func (w *Watch) warn(ctx context.Context, school identity.Opened, rows *store.Organization, c identity.Connection) error {
	if c.State != identity.ConnectionActive {
		return nil
	}
	certificates, err := rows.Certificates(ctx)
	if err != nil {
		return err
	}
	for _, one := range certificates {
		days := due(one.NotAfter.Sub(w.Now()))
		if one.Connection != c.ID || one.Proposed || days == 0 || replaced(one, certificates, w.Now()) {
			continue
		}
		err := rows.WarnOfCertificate(ctx, one, days, func(to identity.User) (identity.Mail, error) {
			mail, err := views.CertificateMail(ctx, views.CertificateWarning{
				School: school.Organization().Name, Connection: c, Certificate: one, To: to, Now: w.Now(),
				URL: w.PublicURL + views.InPortal(school.ID()).Connection(c.ID),
			})
			if err != nil {
				return identity.Mail{}, err
			}
			mail.Attachments = []identity.Attachment{{
				Name: "certificate.ics", Type: "text/calendar; charset=utf-8; method=PUBLISH",
				Content: calendar(one, mail.Subject, w.PublicURL+views.InPortal(school.ID()).Connection(c.ID), w.Now()),
			}}
			return mail, nil
		})
		if err != nil {
			return fmt.Errorf("warn of a certificate: %w", err)
		}
	}
	return nil
}

// replaced reports whether the connection has another certificate of the same
// side in use that ends later than any warning is due: then nothing fails when
// this one ends.
func replaced(c identity.Certificate, all []identity.Certificate, now time.Time) bool {
	for _, other := range all {
		if other.Connection == c.Connection && other.Side == c.Side && !other.Proposed &&
			other.Fingerprint != c.Fingerprint && due(other.NotAfter.Sub(now)) == 0 {
			return true
		}
	}
	return false
}
