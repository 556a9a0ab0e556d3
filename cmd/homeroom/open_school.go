package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeroom.dev/homeroom/handlers"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/views"
)

type openSchoolCommand struct {
	running
	Name     string `help:"Name of the school, as people see it." required:"" placeholder:"NAME"`
	Admin    string `help:"Address of its first school admin, who is invited." required:"" placeholder:"ADDRESS"`
	Language string `help:"Language of the invitation." default:"en" enum:"en,es"`
}

// Run opens the school and invites its first school admin. The same command
// again goes on where a first one was cut off; with another address it invites
// one more. The mail is sent by serve; the link is printed too.
func (o *openSchoolCommand) Run(ctx context.Context, c console) (err error) {
	school, admin, err := o.input()
	if err != nil {
		return err
	}
	p, err := o.portal(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	// Nobody is signed in here: the service account that opens schools is on
	// record as who did it.
	account, err := serviceAccount(o.Installation.ProvisionerKey)
	if err != nil {
		return err
	}
	founder := identity.Actor{User: account.User, Name: "homeroom open-school"}
	if err := p.store.BeginOpening(ctx, founder, school, ""); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := identity.CompleteOpening(ctx, p.store, p.provisioner, p.runtime, founder, school, ""); err != nil {
		return err
	}
	link, err := p.inviteAdmin(ctx, school, founder, admin, o.Language, strings.TrimSuffix(o.Listen.PublicURL, "/"))
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "%s is open, and %s is invited as its school admin.\nThe mail goes out while homeroom serve runs. Its link: %s\n",
		school.Name, admin, link)
	return nil
}

// input checks what was typed. The organization's ID is made of the name, so
// that the same command means the same school.
func (o *openSchoolCommand) input() (school identity.NewOrganization, admin string, err error) {
	entries := roster.ParseAddresses(o.Admin)
	if len(entries) != 1 || !entries[0].Good() {
		return school, "", fmt.Errorf("--admin: %q is no address mail can be sent to", o.Admin)
	}
	school = identity.NewOrganization{Kind: identity.KindSchool, Name: identity.CleanName(o.Name)}
	if problems := school.Check(); problems != nil {
		return school, "", fmt.Errorf("--name: %s", views.Text(views.WithLanguage(context.Background(), "en"), problems[0].Message))
	}
	digest := sha256.Sum256([]byte("school/" + strings.ToLower(school.Name)))
	school.ID = identity.OrganizationID(strings.ToLower(base32.StdEncoding.EncodeToString(digest[:15])))
	return school, entries[0].Address, nil
}

// inviteAdmin invites the school's first admin, once, and returns the link that
// is mailed. The same again mails it again.
func (p *portal) inviteAdmin(
	ctx context.Context, school identity.NewOrganization, founder identity.Actor, admin, language, publicURL string,
) (link string, err error) {
	organization := identity.Organization{ID: school.ID, Kind: school.Kind, Name: school.Name, State: identity.OrganizationActive}
	opened, err := identity.OpenFounded(organization, founder, identity.RoleSchoolAdmin)
	if err != nil {
		return "", err
	}
	invitation := identity.Invitation{
		Address: admin, Role: identity.RoleSchoolAdmin, Language: language, Inviter: identity.Actor{User: founder.User},
		ExpiresAt: time.Now().Add(identity.InvitationLifetime),
	}
	invited, err := handlers.InviteAdmin(ctx, p.store, opened, invitation, "open-school/"+admin, publicURL)
	switch {
	case identity.IsKind(err, identity.KindConflict):
		return "", fmt.Errorf("%s is invited or a member already; the invitations page of the school shows it", admin)
	case err != nil || invited.Link != "":
		return invited.Link, err
	}
	// Invited by the same command before.
	err = p.store.In(opened).ResendInvitation(ctx, invited.ID, func(i identity.Invitation, token string) (identity.Mail, error) {
		link = publicURL + views.AcceptPath(token)
		return views.InvitationMail(ctx, organization, identity.Branding{}, i, link)
	})
	if err != nil {
		return "", fmt.Errorf("invite %s again: %w", admin, err)
	}
	return link, nil
}
