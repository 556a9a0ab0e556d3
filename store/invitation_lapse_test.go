package store

import (
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// An invitation holds as long as its inviter may make it.
func TestAnInvitationLapsesWithTheInvitersRight(t *testing.T) {
	state := func(state identity.RoleAssignmentState) identity.Fact {
		return identity.RoleAssignmentStateChanged{ID: "linden-7b/linden-tom", State: state, At: noon.Add(time.Minute)}
	}
	inactive, active := identity.UserInactive, identity.UserActive
	for _, c := range []struct {
		name   string
		lost   identity.Fact
		role   identity.Role // offered
		lapsed bool
		back   identity.Fact // gives the right back; nil: nothing does
	}{
		{"suspended", state(identity.AssignmentSuspended), identity.RoleTeacher, true, state(identity.AssignmentActive)},
		{"removed", identity.RoleAssignmentRemoved{ID: "linden-7b/linden-tom", At: noon.Add(time.Minute)}, identity.RoleStudent, true, nil},
		{
			"the account is inactive",
			identity.UserChanged{User: "linden-tom", State: &inactive, At: noon.Add(time.Minute)},
			identity.RoleStudent, true,
			identity.UserChanged{User: "linden-tom", State: &active, At: noon.Add(time.Minute)},
		},
		{"the account is gone", identity.UserRemoved{User: "linden-tom", At: noon.Add(time.Minute)}, identity.RoleStudent, true, nil},
		{
			"made a co-teacher, who may not make teachers",
			identity.RoleAssignmentChanged{ID: "linden-7b/linden-tom", Roles: []identity.Role{identity.RoleCoTeacher}, At: noon.Add(time.Minute)},
			identity.RoleTeacher, true, nil,
		},
		{
			"made a co-teacher, who may invite students",
			identity.RoleAssignmentChanged{ID: "linden-7b/linden-tom", Roles: []identity.Role{identity.RoleCoTeacher}, At: noon.Add(time.Minute)},
			identity.RoleStudent, false, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			var token string
			// To an address that an account has, which sees it at home.
			result, err := w.as("linden-tom", "linden-7b").Invite(t.Context(),
				[]identity.Invitation{{Address: "zoe@birch.example", Role: c.role}}, "form",
				func(i identity.Invitation, secret string) (identity.Mail, error) {
					token = secret
					return composed(i, secret)
				})
			if err != nil {
				t.Fatal(err)
			}
			id, ada := result.Invited[0].ID, w.as("linden-ada", "linden-7b")
			check := func(lapsed bool) {
				t.Helper()
				_, seen, err := w.OpenInvited(t.Context(), identity.Actor{}, token)
				if err != nil || seen.Lapsed != lapsed || seen.StateAt(w.clock) == identity.InvitationLapsed != lapsed {
					t.Errorf("opened: %+v, %v; want lapsed = %v", seen, err, lapsed)
				}
				page, err := ada.Invitations(t.Context(), InvitationQuery{})
				if err != nil || len(page.Rows) != 1 || page.Rows[0].Lapsed != lapsed {
					t.Errorf("listed: %+v, %v; want lapsed = %v", page.Rows, err, lapsed)
				}
				home, err := w.InvitationsFor(t.Context(), "birch-zoe")
				if err != nil || len(home) == 0 != lapsed {
					t.Errorf("at home: %+v, %v; want it there = %v", home, err, !lapsed)
				}
			}
			check(false)
			w.apply(c.lost)
			check(c.lapsed)
			accepting := w.invited(token)
			if err := accepting.BeginAcceptance(t.Context(), identity.User{ID: "new"}); identity.IsKind(err, identity.KindGone) != c.lapsed {
				t.Errorf("accepting = %v, lapsed = %v", err, c.lapsed)
			}
			if !c.lapsed {
				return
			}
			w.clock = noon.Add(time.Hour)
			if err := w.MailSent(t.Context(), w.queue.mails[0]); err != nil {
				t.Fatal(err)
			}
			w.clock = noon.Add(48 * time.Hour)
			if err := accepting.MailInvited(t.Context(), composed); !identity.IsKind(err, identity.KindGone) {
				t.Errorf("asking for the mail = %v, want gone", err)
			}
			if n, err := ada.RemindAll(t.Context(), composed); n != 0 || err != nil {
				t.Errorf("reminded %d, %v; want nobody", n, err)
			}
			if c.back != nil {
				w.apply(c.back)
				check(false)
				w.apply(c.lost)
			}
			// Somebody who may makes it theirs.
			if err := ada.ResendInvitation(t.Context(), id, composed); err != nil {
				t.Fatal(err)
			}
			check(false)
			if got, err := ada.Invitation(t.Context(), id); err != nil || got.Inviter.User != "linden-ada" {
				t.Errorf("the inviter is %+v, %v; want who sent it again", got.Inviter, err)
			}
			if err := accepting.BeginAcceptance(t.Context(), identity.User{ID: "new"}); err != nil {
				t.Errorf("accepting it then: %v", err)
			}
		})
	}
}

// The command that opens a school has no role anywhere. Its invitations hold;
// those of a person who bears its ID, or whom a page let in, do not.
func TestInvitationsOfACommandHold(t *testing.T) {
	w := newWorld(t)
	founder := identity.Actor{User: "provisioner", Name: "homeroom open-school"}
	opened, err := identity.OpenFounded(identity.Organization{ID: "linden", Kind: identity.KindSchool, Name: "Linden"},
		founder, identity.RoleSchoolAdmin)
	if err != nil {
		t.Fatal(err)
	}
	var token string
	if _, err := w.In(opened).Invite(t.Context(), []identity.Invitation{{Address: "a@x.example", Role: identity.RoleSchoolAdmin}},
		"form", func(i identity.Invitation, secret string) (identity.Mail, error) {
			token = secret
			return composed(i, secret)
		}); err != nil {
		t.Fatal(err)
	}
	if _, got, err := w.OpenInvited(t.Context(), identity.Actor{}, token); err != nil || got.Lapsed {
		t.Errorf("%+v, %v; want one that holds", got, err)
	}
	if err := w.invited(token).BeginAcceptance(t.Context(), identity.User{ID: "new"}); err != nil {
		t.Errorf("accepting: %v", err)
	}
	w.apply(assigned("linden", "provisioner", identity.RoleSchoolAdmin))
	_, theirs := w.invite(w.as("provisioner", "linden-7b"), "b@x.example")
	w.apply(identity.RoleAssignmentRemoved{ID: "linden/provisioner", At: noon.Add(time.Minute)})
	if _, got, err := w.OpenInvited(t.Context(), identity.Actor{}, theirs); err != nil || !got.Lapsed {
		t.Errorf("%+v, %v; want one that lapsed", got, err)
	}
}
