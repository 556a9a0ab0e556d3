package views

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"homeroom.dev/homeroom/identity"
)

// InvitationMail is the mail that brings an invitation to its address: in the
// name and with the look of organization's school, in the invitation's language. link is the whole URL of
// the page where it is accepted. An invitation that was mailed before is called
// a reminder.
func InvitationMail(
	ctx context.Context, organization identity.Organization, look identity.Branding, invitation identity.Invitation, link string,
) (identity.Mail, error) {
	m := invitationMail{
		invitation: invitation,
		inviter:    identity.CleanName(invitation.Inviter.Name),
		name:       identity.CleanName(organization.Name),
		school:     identity.CleanName(organization.SchoolName),
		link:       link,
		accent:     cmp.Or(look.OnLight, ownAccent),
		logo:       len(look.Logo) > 0 && len(look.Logo) <= maxMailedLogo,
	}
	m.where = m.name
	if m.school != "" {
		m.where = fmt.Sprintf("%s (%s)", m.name, m.school)
	}
	ctx = WithLanguage(ctx, invitation.Language)
	var html bytes.Buffer
	if err := invitationMailHTML(m).Render(ctx, &html); err != nil {
		return identity.Mail{}, fmt.Errorf("render invitation mail: %w", err)
	}
	mail := identity.Mail{
		To:       invitation.Address,
		FromName: m.where,
		Subject:  m.subject(ctx),
		Text:     m.text(ctx),
		HTML:     html.String(),
	}
	if m.logo {
		mail.Attachments = []identity.Attachment{{Name: logoFile, Type: "image/png", Content: look.Logo, Inline: true}}
	}
	return mail, nil
}

// ownAccent is the colour of the mail of a school without one of its own.
const ownAccent = "#0f5c47"

// maxMailedLogo keeps mail small: it waits in the database, once for each
// address. A larger logo is left out.
const maxMailedLogo = 48 << 10

// logoFile is the name of the logo within a mail.
const logoFile = "logo.png"

// paint is a style with the mail's colour in the place of $.
func (m invitationMail) paint(style string) templ.Attributes {
	return templ.Attributes{"style": strings.ReplaceAll(style, "$", m.accent)}
}

// invitationMail is what both forms of the mail say.
type invitationMail struct {
	invitation identity.Invitation
	inviter    string // empty if nobody in particular invites
	name       string // of the organization
	school     string // of a classroom; empty if it stands alone
	where      string // the organization, with its school
	link       string
	accent     string // "#rrggbb"
	logo       bool
}

func (m invitationMail) subject(ctx context.Context) string {
	switch again := !m.invitation.SentAt.IsZero(); {
	case m.inviter == "":
		return text(ctx, "invitation.mail.subject-unnamed", "Where", m.name)
	case again:
		return text(ctx, "invitation.mail.subject-again", "Inviter", m.inviter, "Where", m.name)
	}
	return text(ctx, "invitation.mail.subject", "Inviter", m.inviter, "Where", m.name)
}

func (m invitationMail) greeting(ctx context.Context) string {
	if name := identity.CleanName(m.invitation.GivenName); name != "" {
		return text(ctx, "invitation.mail.greeting", "Name", name)
	}
	return text(ctx, "invitation.mail.greeting-unnamed")
}

// offer is who invites to what as what.
func (m invitationMail) offer(ctx context.Context) string {
	as := invitedAs(ctx, m.invitation.Role)
	if m.inviter == "" {
		return text(ctx, "invitation.mail.offer-unnamed", "Where", m.where, "As", as)
	}
	return text(ctx, "invitation.mail.offer", "Inviter", m.inviter, "Where", m.where, "As", as)
}

func (m invitationMail) until(ctx context.Context) string {
	return text(ctx, "invitation.mail.until", "Until", m.invitation.ExpiresAt)
}

// messageLines are the lines of the sender's message; nil if there is none.
func (m invitationMail) messageLines() []string {
	if message := identity.CleanMessage(m.invitation.Message); message != "" {
		return strings.Split(message, "\n")
	}
	return nil
}

func (m invitationMail) saying(ctx context.Context) string {
	if m.inviter == "" {
		return text(ctx, "invitation.mail.saying-unnamed")
	}
	return text(ctx, "invitation.mail.saying", "Inviter", m.inviter)
}

// text is the plain form. The sender's message is marked line by line, so that
// nothing in it can pass for words of the portal.
func (m invitationMail) text(ctx context.Context) string {
	var b strings.Builder
	paragraph := func(lines ...string) {
		b.WriteString(strings.Join(lines, "\n") + "\n\n")
	}
	paragraph(m.greeting(ctx))
	paragraph(m.offer(ctx))
	if lines := m.messageLines(); lines != nil {
		for i, line := range lines {
			lines[i] = strings.TrimRight("> "+line, " ")
		}
		paragraph(append([]string{m.saying(ctx), ""}, lines...)...)
	}
	paragraph(text(ctx, "invitation.mail.accept")+":", m.link)
	paragraph(m.until(ctx))
	paragraph(text(ctx, "invitation.mail.how"))
	paragraph(text(ctx, "invitation.mail.unexpected"))
	b.WriteString("-- \n" + text(ctx, "invitation.mail.footer", "Where", m.where, "Address", m.invitation.Address) + "\n")
	return b.String()
}

// invitedAs is a role as the end of a sentence: "as a student".
func invitedAs(ctx context.Context, role identity.Role) string {
	switch role {
	case identity.RoleStudent:
		return text(ctx, "invitation.as.student")
	case identity.RoleCoTeacher:
		return text(ctx, "invitation.as.co-teacher")
	case identity.RoleTeacher:
		return text(ctx, "invitation.as.teacher")
	}
	return text(ctx, "invitation.as.school-admin")
}
