package views

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
)

// CertificateWarning is what a mail says about a certificate that ends.
type CertificateWarning struct {
	School      string
	Connection  identity.Connection
	Certificate identity.Certificate
	To          identity.User
	URL         string // of the connection's page
	Now         time.Time
}

// CertificateMail warns one of a school's admins that a certificate ends.
func CertificateMail(ctx context.Context, w CertificateWarning) (identity.Mail, error) {
	ctx = WithLanguage(ctx, tongue(w.To.Language))
	school, connection := identity.CleanName(w.School), identity.CleanName(w.Connection.Name)
	day := ExactDay(ctx, w.Certificate.NotAfter)
	l := letter{
		where:    school,
		subject:  text(ctx, "certificate.mail.subject", "Name", connection, "Day", day),
		greeting: text(ctx, "setup.mail.greeting", "Name", identity.CleanName(w.To.DisplayName())),
		button:   text(ctx, "certificate.mail.button"), url: w.URL,
		unexpected: text(ctx, "certificate.mail.why", "School", school),
		footer:     text(ctx, "setup.mail.footer", "School", school, "Address", w.To.Address),
	}
	switch ended := w.Certificate.NotAfter.Before(w.Now); {
	case w.Certificate.Side == "sp" && ended:
		l.before = []string{text(ctx, "certificate.mail.sp-ended", "Name", connection, "Day", day)}
	case w.Certificate.Side == "sp":
		l.before = []string{text(ctx, "certificate.mail.sp", "Name", connection, "Day", day)}
	case ended:
		l.before = []string{text(ctx, "certificate.mail.idp-ended", "Name", connection, "Day", day)}
	default:
		l.before = []string{text(ctx, "certificate.mail.idp", "Name", connection, "Day", day)}
	}
	switch {
	case w.Certificate.Side == "sp":
		l.before = append(l.before, text(ctx, "certificate.mail.sp-do"))
	case w.Connection.MetadataURL != "":
		l.before = append(l.before, text(ctx, "certificate.mail.idp-do-url"))
	default:
		l.before = append(l.before, text(ctx, "certificate.mail.idp-do-file"))
	}
	l.after = []string{text(ctx, "certificate.mail.calendar")}
	var html bytes.Buffer
	if err := letterHTML(l).Render(ctx, &html); err != nil {
		return identity.Mail{}, fmt.Errorf("render certificate mail: %w", err)
	}
	return identity.Mail{To: w.To.Address, FromName: school, Subject: l.subject, Text: l.text(), HTML: html.String()}, nil
}

// tongue is language if there are texts in it, or else the first one there is.
func tongue(language string) string {
	if Speaks(language) {
		return language
	}
	return Languages[0].Tag
}
