package views

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// InvitationForm is the form to invite: what was typed, what it was read as,
// and what is wrong with it.
type InvitationForm struct {
	Submission string // the form's own key; the same one again doubles nothing
	Addresses  string // as pasted
	Draft      identity.InvitationDraft
	Good       []PastedEntry // can be invited
	Twice      []PastedEntry // harmless repetitions
	Bad        []PastedEntry // cannot be read as an address
	Problems   identity.Problems
}

// PastedEntry is one person of a pasted list.
type PastedEntry struct {
	Line                  int    // counted from 1
	Text                  string // as pasted
	Address               string // empty if it could not be read
	GivenName, FamilyName string // if a name stood beside the address
	Problem               identity.Message
}

// mostListed bounds how many entries of a kind a page lists: a pasted novel is
// not an answer's length.
const mostListed = 100

// mostShown is how much of one pasted entry is shown.
const mostShown = 80

func (e PastedEntry) shown() string {
	if r := []rune(e.Text); len(r) > mostShown {
		return string(r[:mostShown]) + "…"
	}
	return e.Text
}

func (e PastedEntry) name() string {
	return strings.TrimSpace(e.GivenName + " " + e.FamilyName)
}

func listed(entries []PastedEntry) []PastedEntry { return entries[:min(len(entries), mostListed)] }

// canLeaveOut reports whether the form could be sent without its bad entries.
func (f InvitationForm) canLeaveOut() bool {
	if len(f.Bad) == 0 || len(f.Good) == 0 {
		return false
	}
	for _, problem := range f.Problems {
		if problem.Field != "addresses" || problem.Message.ID != "invitation.addresses.malformed" {
			return false
		}
	}
	return true
}

// InvitationReceipt is what became of a list that was sent.
type InvitationReceipt struct {
	Invited        int
	AlreadyInvited []string
	AlreadyHere    []string
	LeftOut        []PastedEntry
}

func (r InvitationReceipt) title(ctx context.Context) string {
	if r.Invited == 0 {
		return text(ctx, "invitation.sent.nobody")
	}
	return text(ctx, "invitation.sent.title", "Count", r.Invited)
}

// InvitationList is the page of invitations.
type InvitationList struct {
	Rows   []identity.Invitation
	Now    time.Time
	State  identity.InvitationState // filter; empty for all
	Search string
	Counts map[identity.InvitationState]int // unfiltered
	After  string                           // the cursor this page was asked with; empty for the first
	Next   string                           // of the next page; empty at the end
	// Remindable is how many wait and have had no mail lately.
	Remindable int
}

func (l InvitationList) path(org identity.OrganizationID, params ...Param) string {
	return WithQuery(InvitationsPath(org), append([]Param{{"state", string(l.State)}, {"q", l.Search}}, params...)...)
}

// here is this very page, for the region that refreshes itself.
func (l InvitationList) here(org identity.OrganizationID) string {
	return l.path(org, Param{"after", l.After})
}

func (l InvitationList) all() int {
	var n int
	for _, count := range l.Counts {
		n += count
	}
	return n
}

func (l InvitationList) tabs(ctx context.Context, org identity.OrganizationID) []Tab {
	tab := func(state identity.InvitationState, label string, count int) Tab {
		filtered := l
		filtered.State = state
		return Tab{
			Label: label, Href: filtered.path(org), Current: l.State == state, Count: Number(ctx, count),
			ID: "tab-" + string(state),
		}
	}
	tabs := []Tab{tab("", text(ctx, "invitation.list.all"), l.all())}
	for _, state := range identity.InvitationStates {
		_, label := invitationTag(ctx, state)
		tabs = append(tabs, tab(state, label, l.Counts[state]))
	}
	return tabs
}

// first leads back to the newest ones from any other page.
func (l InvitationList) first(org identity.OrganizationID) string {
	if l.After == "" {
		return ""
	}
	return l.path(org)
}

func (l InvitationList) next(org identity.OrganizationID) string {
	if l.Next == "" {
		return ""
	}
	return l.path(org, Param{"after", l.Next})
}

// invitationStep is one moment in the life of an invitation.
type invitationStep struct {
	label string
	at    time.Time
}

// invitationSteps are the moments of an invitation, in the order in which they came.
func invitationSteps(ctx context.Context, i identity.Invitation, now time.Time) []invitationStep {
	all := []invitationStep{
		{text(ctx, "invitation.step.made", "Inviter", i.Inviter.Name), i.CreatedAt},
		{text(ctx, "invitation.step.sent"), i.SentAt},
		{text(ctx, "invitation.step.opened"), i.OpenedAt},
		{text(ctx, "invitation.step.accepted"), i.AcceptedAt},
		{text(ctx, "invitation.step.revoked"), i.RevokedAt},
	}
	switch i.StateAt(now) {
	case identity.InvitationExpired:
		all = append(all, invitationStep{text(ctx, "invitation.step.expired"), i.ExpiresAt})
	case identity.InvitationPending, identity.InvitationOpened:
		all = append(all, invitationStep{text(ctx, "invitation.step.expires"), i.ExpiresAt})
	}
	var came []invitationStep
	for _, s := range all {
		if !s.at.IsZero() {
			came = append(came, s)
		}
	}
	slices.SortStableFunc(came, func(a, b invitationStep) int { return a.at.Compare(b.at) })
	return came
}

// lastInvitationStep is when the invitation came to its present state.
func lastInvitationStep(i identity.Invitation, now time.Time) time.Time {
	switch i.StateAt(now) {
	case identity.InvitationOpened:
		return i.OpenedAt
	case identity.InvitationAccepted:
		return i.AcceptedAt
	case identity.InvitationExpired:
		return i.ExpiresAt
	case identity.InvitationRevoked:
		return i.RevokedAt
	}
	return i.CreatedAt
}

// mailShown is what became of the mail: one that was still queued when the
// invitation was revoked does not go out any more.
func mailShown(i identity.Invitation) identity.MailState {
	if i.State == identity.InvitationRevoked && i.Mail == identity.MailQueued {
		return identity.MailNone
	}
	return i.Mail
}

// Invited is the person an invitation is for, as its sender named them, or else
// the address.
func Invited(i identity.Invitation) string {
	return identity.User{GivenName: i.GivenName, FamilyName: i.FamilyName, UserName: i.Address}.DisplayName()
}

func offerOptions(ctx context.Context, org identity.Opened) []Option {
	var options []Option
	for _, role := range org.Assignable() {
		options = append(options, Option{
			Value: string(role), Label: RoleName(ctx, role), Hint: offerHint(ctx, org.Organization().Kind, role),
		})
	}
	return options
}

func offerHint(ctx context.Context, kind identity.Kind, role identity.Role) string {
	switch {
	case role == identity.RoleSchoolAdmin:
		return text(ctx, "invitation.hint.school-admin")
	case role == identity.RoleTeacher && kind == identity.KindSchool:
		return text(ctx, "invitation.hint.teacher-school")
	case role == identity.RoleTeacher:
		return text(ctx, "invitation.hint.teacher")
	case role == identity.RoleCoTeacher:
		return text(ctx, "invitation.hint.co-teacher")
	}
	return text(ctx, "invitation.hint.student")
}

// lifetimes are the days a sender can choose from.
var lifetimes = []int{3, 7, 14, 30, 60, 90}

func lifetimeOptions(ctx context.Context, chosen int) []Option {
	offered := slices.Clone(lifetimes)
	if chosen > 0 && chosen <= identity.MaxInvitationDays && !slices.Contains(offered, chosen) {
		offered = append(offered, chosen) // the school's own
		slices.Sort(offered)
	}
	options := make([]Option, len(offered))
	for i, days := range offered {
		options[i] = Option{Value: strconv.Itoa(days), Label: text(ctx, "invitation.days", "Count", days)}
	}
	return options
}

func mailLanguageOptions() []Option {
	options := make([]Option, len(Languages))
	for i, l := range Languages {
		options[i] = Option{Value: l.Tag, Label: l.Name}
	}
	return options
}
