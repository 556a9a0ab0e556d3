package views

import (
	"bytes"
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// SetupOpening is a set-up link whose code is not confirmed in this browser.
type SetupOpening struct {
	Token    string
	Link     identity.SetupLink
	School   identity.Organization
	Asked    bool // for the code
	Problems identity.Problems
}

func (o SetupOpening) title(ctx context.Context) string {
	if o.Asked {
		return text(ctx, "setup.code.title")
	}
	return text(ctx, "setup.open.title", "School", o.School.Name)
}

// includes are what the link is for.
func (o SetupOpening) includes(ctx context.Context) []string { return intentTexts(ctx, o.Link) }

// intentTexts say what a link is for, as what its holder will do.
func intentTexts(ctx context.Context, link identity.SetupLink) []string {
	var all []string
	if link.For(identity.IntentDomains) {
		all = append(all, text(ctx, "setup.intent.domains"))
	}
	if link.For(identity.IntentSSO) {
		all = append(all, text(ctx, "setup.intent.sso"))
	}
	return all
}

// Masked is an address of which only as much is shown as its owner needs to
// know it.
func Masked(address string) string { return veiled(address) }

// SetupLinkMail brings a set-up link to the IT person it names. link is the
// whole URL of the page that opens it.
func SetupLinkMail(
	ctx context.Context, school identity.Organization, link identity.SetupLink, url string,
) (identity.Mail, error) {
	ctx = WithLanguage(ctx, link.Language)
	maker, name, where := identity.CleanName(link.Maker), identity.CleanName(link.Name), identity.CleanName(school.Name)
	return setupMail(ctx, link, where, letter{
		subject:  text(ctx, "setup.mail.subject", "School", where),
		greeting: text(ctx, "setup.mail.greeting", "Name", name),
		before: append([]string{text(ctx, "setup.mail.asks", "Maker", maker, "School", where)},
			intentTexts(ctx, link)...),
		button: text(ctx, "setup.mail.button"), url: url,
		after: []string{
			text(ctx, "setup.mail.until", "Until", link.ExpiresAt),
			text(ctx, "setup.mail.forward"),
		},
		unexpected: text(ctx, "setup.mail.unexpected", "Maker", maker),
	})
}

// SetupCodeMail brings the code that opens a set-up link on one device.
func SetupCodeMail(
	ctx context.Context, school identity.Organization, link identity.SetupLink, code string,
) (identity.Mail, error) {
	ctx = WithLanguage(ctx, link.Language)
	where := identity.CleanName(school.Name)
	return setupMail(ctx, link, where, letter{
		subject:    text(ctx, "setup.code-mail.subject", "Code", code, "School", where),
		greeting:   text(ctx, "setup.mail.greeting", "Name", identity.CleanName(link.Name)),
		before:     []string{text(ctx, "setup.code-mail.body", "School", where)},
		code:       code,
		after:      []string{text(ctx, "setup.code-mail.until")},
		unexpected: text(ctx, "setup.code-mail.unexpected"),
	})
}

// letter is a short mail of the portal to a school's IT.
type letter struct {
	subject, where, greeting string
	before                   []string
	button, url              string // or else
	code                     string
	after                    []string
	unexpected, footer       string
}

func setupMail(ctx context.Context, link identity.SetupLink, where string, l letter) (identity.Mail, error) {
	l.where, l.footer = where, text(ctx, "setup.mail.footer", "School", where, "Address", link.Address)
	var html bytes.Buffer
	if err := letterHTML(l).Render(ctx, &html); err != nil {
		return identity.Mail{}, fmt.Errorf("render set-up mail: %w", err)
	}
	return identity.Mail{To: link.Address, FromName: where, Subject: l.subject, Text: l.text(), HTML: html.String()}, nil
}

// text is the plain form.
func (l letter) text() string {
	var b bytes.Buffer
	paragraph := func(lines ...string) {
		for _, line := range lines {
			b.WriteString(line + "\n\n")
		}
	}
	paragraph(l.greeting)
	paragraph(l.before...)
	if l.url != "" {
		paragraph(l.button + ":\n" + l.url)
	} else {
		paragraph(l.code)
	}
	paragraph(l.after...)
	paragraph(l.unexpected)
	b.WriteString("-- \n" + l.footer + "\n")
	return b.String()
}
