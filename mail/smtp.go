package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"homeroom.dev/homeroom/identity"
)

// Ways to speak TLS with the mail server.
const (
	StartTLS = "starttls" // required: a server without it is refused
	Implicit = "implicit" // from the first byte
	NoTLS    = "none"     // for a relay on the same machine
)

// timeout bounds each step of a conversation with the server.
const timeout = 20 * time.Second

// SMTPOptions say how mail leaves.
type SMTPOptions struct {
	Host     string // empty: no server is set, every mail waits
	Port     int
	TLS      string // StartTLS if empty
	UserName string // empty: no authentication
	Password string
	From     string // the address mail comes from
}

// SMTP sends each mail over a connection of its own. It is an
// [identity.Mailer].
type SMTP struct {
	options SMTPOptions
	from    string
	domain  string // of Message-IDs
}

var _ identity.Mailer = (*SMTP)(nil)

// NewSMTP checks the settings. The server may be away.
func NewSMTP(options SMTPOptions) (*SMTP, error) {
	s := &SMTP{options: options}
	if options.Host == "" {
		return s, nil
	}
	from, err := netmail.ParseAddress(options.From)
	if err != nil {
		return nil, fmt.Errorf("the address mail comes from (%q) is no address: %w", options.From, err)
	}
	s.from = from.Address
	_, s.domain, _ = strings.Cut(s.from, "@")
	if _, err := s.client(); err != nil {
		return nil, err
	}
	return s, nil
}

// errNoServer is why mail waits where no server is set.
var errNoServer = errors.New("no mail server is set")

func (s *SMTP) client() (*gomail.Client, error) {
	if s.options.Host == "" {
		return nil, errNoServer
	}
	options := []gomail.Option{gomail.WithPort(s.options.Port), gomail.WithTimeout(timeout)}
	switch s.options.TLS {
	case StartTLS, "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("mail server: %q is no way to speak TLS", s.options.TLS)
	}
	if s.options.UserName != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.options.UserName), gomail.WithPassword(s.options.Password))
	}
	client, err := gomail.NewClient(s.options.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return client, nil
}

// Send hands a mail to the server. What the server refuses for good about this
// mail is an [identity.Error] of kind invalid; anything else, such as a server
// that is away or does not take our password, is worth another try.
func (s *SMTP) Send(ctx context.Context, m identity.Mail) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	message, err := s.message(m)
	if err != nil {
		return identity.Invalid("mail.malformed").Because(discreet{err, m.To})
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return translate(discreet{err, m.To})
	}
	return nil
}

// discreet is an error that does not say whom it is about. Servers repeat the
// address in what they answer, and errors end in logs.
type discreet struct {
	error
	address string
}

func (d discreet) Error() string {
	name, _, _ := strings.Cut(d.address, "@")
	whom := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(d.address) + `|\b` + regexp.QuoteMeta(name) + `\b`)
	return whom.ReplaceAllLiteralString(d.error.Error(), "…")
}

func (d discreet) Unwrap() error { return d.error }

// message is m as go-mail wants it. Its Message-ID is made of its key, so that
// a mail that had to be sent twice is shown once.
func (s *SMTP) message(m identity.Mail) (*gomail.Msg, error) {
	message := gomail.NewMsg()
	if err := message.FromFormat(m.FromName, s.from); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := message.To(m.To); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	message.Subject(m.Subject)
	message.SetDate()
	message.SetMessageIDWithValue(m.Key + "@" + s.domain)
	// Out-of-office programs stay silent (RFC 3834, section 5).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attachments {
		add := message.AttachReadSeeker
		if a.Inline {
			add = message.EmbedReadSeeker // its Content-ID is its name
		}
		add(a.Name, bytes.NewReader(a.Content), gomail.WithFileContentType(gomail.ContentType(a.Type)))
	}
	return message, nil
}

// translate tells a final refusal of this mail from trouble that may pass: the
// server answers the sender, the recipient or the text with a 5xx (RFC 5321,
// section 4.2.1).
func translate(err error) error {
	var refused *gomail.SendError
	if !errors.As(err, &refused) || refused.IsTemp() || refused.ErrorCode() < 500 {
		return fmt.Errorf("send mail: %w", err)
	}
	switch refused.Reason {
	case gomail.ErrSMTPRcptTo:
		return identity.Invalid("mail.refused-address", "Code", refused.ErrorCode()).Because(err)
	case gomail.ErrSMTPMailFrom, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return identity.Invalid("mail.refused", "Code", refused.ErrorCode()).Because(err)
	}
	return fmt.Errorf("send mail: %w", err)
}

// Ready greets the server and takes leave.
func (s *SMTP) Ready(ctx context.Context) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := client.Close(); err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	return nil
}
