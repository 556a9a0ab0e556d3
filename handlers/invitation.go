package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// newInvitation serves GET /o/{organization}/invitations/new. Query: role, the
// one to start with.
func newInvitation(w http.ResponseWriter, r *http.Request, org Organization) error {
	role := identity.Role(r.URL.Query().Get("role"))
	if org.MayInvite(role) != nil {
		role = org.Assignable()[0]
	}
	days, _, err := org.Store.InvitationPolicies(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.NewInvitation(org.Page, org.Opened, views.InvitationForm{
		Submission: identity.NewSubmission(),
		Draft: identity.InvitationDraft{
			Role:     role,
			Language: views.LanguageOf(r.Context()),
			Days:     days,
		},
	}))
}

// invite serves POST /o/{organization}/invitations. Form: addresses, role,
// message, days, language; submission, the form's own key, with which the same
// list sent twice invites once; leave-out, the number of entries that are no
// addresses and that the sender agreed to leave out.
func invite(w http.ResponseWriter, r *http.Request, org Organization) error {
	form := readInvitationForm(r)
	_, domains, err := org.Store.InvitationPolicies(r.Context())
	if err != nil {
		return err
	}
	keepToDomains(&form, domains)
	form.Problems = form.Draft.Check(org.Opened)
	checkPasted(&form, r.PostFormValue("leave-out"))
	if form.Problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.NewInvitation(org.Page, org.Opened, form))
	}
	drafts := make([]identity.Invitation, len(form.Good))
	for i, entry := range form.Good {
		drafts[i] = form.Draft.For(org.Opened, org.Portal.Now(), entry.Address, entry.GivenName, entry.FamilyName)
	}
	result, err := org.Store.Invite(r.Context(), drafts, submission(form), invitationMail(r, org))
	if err != nil {
		// Nothing was written; everything typed stays for another try.
		status, problems := retryable(err, "addresses")
		if problems == nil {
			return err
		}
		form.Problems = problems
		return render(w, r, status, views.NewInvitation(org.Page, org.Opened, form))
	}
	if len(result.AlreadyInvited)+len(result.AlreadyHere)+len(form.Bad) == 0 {
		return redirect(w, r, views.InvitationsPath(org.ID()), identity.Say("invitation.sent", "Count", len(result.Invited)))
	}
	// Who was not invited and why is more than a notice holds. Loading this
	// answer again sends the same submission, which changes nothing.
	return render(w, r, http.StatusOK, views.InvitationsSent(org.Page, org.Opened, views.InvitationReceipt{
		Invited:        len(result.Invited),
		AlreadyInvited: result.AlreadyInvited,
		AlreadyHere:    result.AlreadyHere,
		LeftOut:        form.Bad,
	}))
}

func readInvitationForm(r *http.Request) views.InvitationForm {
	// A number that cannot be read is out of range like 0, and Check says so.
	days, _ := strconv.Atoi(r.PostFormValue("days"))
	form := views.InvitationForm{
		Submission: r.PostFormValue("submission"),
		Addresses:  r.PostFormValue("addresses"),
		Draft: identity.InvitationDraft{
			Role:     identity.Role(r.PostFormValue("role")),
			Message:  identity.CleanMessage(r.PostFormValue("message")),
			Language: views.Match("", r.PostFormValue("language")),
			Days:     days,
		},
	}
	if form.Submission == "" {
		form.Submission = identity.NewSubmission()
	}
	for _, e := range roster.ParseAddresses(form.Addresses) {
		entry := views.PastedEntry{
			Line: e.Line, Text: e.Text, Address: e.Address,
			GivenName: e.GivenName, FamilyName: e.FamilyName, Problem: e.Problem,
		}
		switch {
		case e.Good():
			form.Good = append(form.Good, entry)
		case e.Repeats():
			form.Twice = append(form.Twice, entry)
		default:
			form.Bad = append(form.Bad, entry)
		}
	}
	return form
}

// keepToDomains moves those to the entries that cannot be invited whom the school
// does not let anybody invite.
func keepToDomains(form *views.InvitationForm, domains []string) {
	var good []views.PastedEntry
	for _, entry := range form.Good {
		if entry.Problem = identity.CheckInvited(domains, entry.Address); entry.Problem.ID != "" {
			form.Bad = append(form.Bad, entry)
		} else {
			good = append(good, entry)
		}
	}
	form.Good = good
}

// checkPasted finds what is wrong with the list as a whole. Entries that are no
// addresses may be left out if the sender saw them: leaveOut is how many, as
// the button said that was pressed.
func checkPasted(form *views.InvitationForm, leaveOut string) {
	agreed, err := strconv.Atoi(leaveOut)
	if err != nil {
		agreed = 0
	}
	switch {
	case len(form.Good)+len(form.Bad) == 0:
		form.Problems.Add("addresses", "invitation.addresses.missing")
	case len(form.Good) > identity.MaxInvitationsAtOnce:
		form.Problems.Add("addresses", "invitation.addresses.too-many",
			"Count", len(form.Good), "Max", identity.MaxInvitationsAtOnce)
	case len(form.Bad) > 0 && (len(form.Good) == 0 || len(form.Bad) > agreed):
		form.Problems.Add("addresses", "invitation.addresses.malformed", "Count", len(form.Bad))
	}
}

// submission identifies what a form asks for: its own key and what it says. The
// key alone would swallow a list that was corrected after going back.
func submission(form views.InvitationForm) string {
	h := sha256.New()
	h.Write([]byte(form.Submission + "\x00" + string(form.Draft.Role)))
	for _, entry := range form.Good {
		h.Write([]byte("\x00" + entry.Address))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// invitationMail writes the mails of invitations of org, in the languages they
// ask for.
func invitationMail(r *http.Request, org Organization) store.Compose {
	ctx := r.Context()
	look := sync.OnceValues(func() (identity.Branding, error) { return org.Store.HomeBranding(ctx) })
	return func(i identity.Invitation, token string) (identity.Mail, error) {
		look, err := look()
		if err != nil {
			return identity.Mail{}, err
		}
		return views.InvitationMail(ctx, org.Organization(), look, i, org.Portal.URL(views.AcceptPath(token)))
	}
}

// InvitationMails writes the mails of invitations into an organization for the
// portal at publicURL, where nobody asks for a page.
func InvitationMails(s *store.Store, publicURL string) func(context.Context, identity.Organization) store.Compose {
	portal := Portal{PublicURL: strings.TrimSuffix(publicURL, "/")}
	return func(ctx context.Context, organization identity.Organization) store.Compose {
		return func(i identity.Invitation, token string) (identity.Mail, error) {
			look, err := s.BrandOf(ctx, organization)
			if err != nil {
				return identity.Mail{}, err
			}
			return views.InvitationMail(ctx, organization, look, i, portal.URL(views.AcceptPath(token)))
		}
	}
}
