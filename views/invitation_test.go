package views

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestAnInvitationTellsItsStepsInTheOrderTheyCame(t *testing.T) {
	made := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	hour := func(n int) time.Time { return made.Add(time.Duration(n) * time.Hour) }
	base := identity.Invitation{
		State: identity.InvitationPending, Inviter: identity.Actor{Name: "Ada Lee"},
		CreatedAt: made, ExpiresAt: hour(100),
	}
	with := func(change func(*identity.Invitation)) identity.Invitation {
		i := base
		change(&i)
		return i
	}
	for _, test := range []struct {
		name       string
		invitation identity.Invitation
		now        time.Time
		want       []string
		last       time.Time
	}{
		{"just made", base, hour(0), []string{"Invited by Ada Lee 0", "Expires 100"}, made},
		{"sent", with(func(i *identity.Invitation) { i.SentAt = hour(1) }), hour(2), []string{"Invited by Ada Lee 0", "Mail sent 1", "Expires 100"}, made},
		{
			"opened", with(func(i *identity.Invitation) { i.State, i.OpenedAt = identity.InvitationOpened, hour(3) }), hour(4),
			[]string{"Invited by Ada Lee 0", "Opened 3", "Expires 100"},
			hour(3),
		},
		{
			"accepted", with(func(i *identity.Invitation) {
				i.State, i.OpenedAt, i.AcceptedAt = identity.InvitationAccepted, hour(3), hour(4)
			}), hour(200),
			[]string{"Invited by Ada Lee 0", "Opened 3", "Accepted 4"},
			hour(4),
		},
		{
			"revoked", with(func(i *identity.Invitation) { i.State, i.RevokedAt = identity.InvitationRevoked, hour(5) }), hour(6),
			[]string{"Invited by Ada Lee 0", "Revoked 5"},
			hour(5),
		},
		{"expired", base, hour(100), []string{"Invited by Ada Lee 0", "Expired 100"}, hour(100)},
		{
			"sent again after it was opened", with(func(i *identity.Invitation) {
				i.State, i.OpenedAt, i.SentAt = identity.InvitationOpened, hour(3), hour(9)
			}), hour(10),
			[]string{"Invited by Ada Lee 0", "Opened 3", "Mail sent 9", "Expires 100"},
			hour(3),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, s := range invitationSteps(context.Background(), test.invitation, test.now) {
				got = append(got, s.label+" "+Number(context.Background(), int(s.at.Sub(made)/time.Hour)))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got := lastInvitationStep(test.invitation, test.now); !got.Equal(test.last) {
				t.Errorf("last step at %v, want %v", got, test.last)
			}
		})
	}
}

func TestOnlyAListThatLacksNothingElseCanLeaveEntriesOut(t *testing.T) {
	malformed := identity.Problem{Field: "addresses", Message: identity.Say("invitation.addresses.malformed", "Count", 1)}
	one := []PastedEntry{{Line: 1}}
	for _, test := range []struct {
		name string
		form InvitationForm
		want bool
	}{
		{"good and bad", InvitationForm{Good: one, Bad: one, Problems: identity.Problems{malformed}}, true},
		{"only good", InvitationForm{Good: one}, false},
		{"only bad", InvitationForm{Bad: one, Problems: identity.Problems{malformed}}, false},
		{"a message too long as well", InvitationForm{Good: one, Bad: one, Problems: identity.Problems{
			malformed, {Field: "message", Message: identity.Say("invitation.message.too-long")},
		}}, false},
		{"too many as well", InvitationForm{Good: one, Bad: one, Problems: identity.Problems{
			{Field: "addresses", Message: identity.Say("invitation.addresses.too-many")},
		}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.form.canLeaveOut(); got != test.want {
				t.Errorf("canLeaveOut = %v, want %v", got, test.want)
			}
		})
	}
}

func TestLongEntriesAreShownShort(t *testing.T) {
	long := make([]rune, 200)
	for i := range long {
		long[i] = 'é'
	}
	for _, test := range []struct{ name, text, want string }{
		{"short", "ben.linden.example", "ben.linden.example"},
		{"long", string(long), string(long[:80]) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (PastedEntry{Text: test.text}).shown(); got != test.want {
				t.Errorf("shown %q, want %q", got, test.want)
			}
		})
	}
}
