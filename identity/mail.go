package identity

import "context"

// Mail is one message to one address, in HTML and in plain text.
type Mail struct {
	// Key tells repeated sendings of the same mail apart from new mails; it
	// becomes the Message-ID.
	Key      string
	To       string
	FromName string // the display name: the school or classroom
	Subject  string
	Text     string
	HTML     string
	// Attachments go with it, small ones: mail waits sealed in the database.
	Attachments []Attachment
}

// Attachment is a file of a mail.
type Attachment struct {
	Name    string
	Type    string // MIME
	Content []byte
	// Inline is shown within the HTML, which names it cid:<Name> (RFC 2392),
	// instead of beside it. Nothing is fetched, so that opening the mail tells
	// nobody.
	Inline bool
}

// Mailer sends mail. An error of kind invalid is final, such as an address the
// server refuses for good; any other is worth another try.
type Mailer interface {
	Send(context.Context, Mail) error
	// Ready reports whether the mail server answers.
	Ready(context.Context) error
}
