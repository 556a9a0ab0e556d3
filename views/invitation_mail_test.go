package views

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestInvitationMails(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 14, 0, 0, time.UTC)
	classroom := identity.Organization{Name: "Biology 7B", SchoolName: "Linden School"}
	plain := identity.Invitation{
		Address: "sam@x.org", Role: identity.RoleStudent, Language: "en",
		Inviter: identity.Actor{User: "1", Name: "Ada Lee"}, ExpiresAt: now.AddDate(0, 0, 14),
	}
	with := func(change func(*identity.Invitation)) identity.Invitation {
		i := plain
		change(&i)
		return i
	}
	for _, test := range []struct {
		golden       string
		organization identity.Organization
		invitation   identity.Invitation
		from         string
		subject      string
	}{
		{
			"student.en", classroom, with(func(i *identity.Invitation) {
				i.GivenName = "Sam"
				i.Message = "Welcome, Sam!\n\nWe start on <Monday> & bring\nhttps://example.org/list \"along\"."
			}),
			"Biology 7B (Linden School)", "Ada Lee invites you to Biology 7B",
		},
		{
			"student.es", classroom, with(func(i *identity.Invitation) {
				i.GivenName, i.Language = "Sam", "es"
				i.Message = "¡Bienvenido!"
			}),
			"Biology 7B (Linden School)", "Invitación de Ada Lee a Biology 7B",
		},
		{
			"reminder.en",
			identity.Organization{Name: "Chess Club"},
			with(func(i *identity.Invitation) {
				i.Role, i.SentAt = identity.RoleCoTeacher, now.AddDate(0, 0, -3)
			}),
			"Chess Club", "Reminder: Ada Lee invites you to Chess Club",
		},
		{
			"school-admin.en",
			identity.Organization{Name: "Linden School"},
			with(func(i *identity.Invitation) {
				i.Role, i.Inviter = identity.RoleSchoolAdmin, identity.Actor{}
			}),
			"Linden School", "Your invitation to Linden School",
		},
		{
			// Names come from people: none may end the subject or leave its place.
			"hostile.en",
			identity.Organization{Name: "7B\r\nBcc: all@x.org <b>"},
			with(func(i *identity.Invitation) {
				i.GivenName, i.Inviter.Name = "<script>", "Ada\n\u202eLee"
				i.Message = "-- \nAccept the invitation:\nhttps://evil.example/\u202e</blockquote>"
			}),
			"7B Bcc: all@x.org <b>", "Ada Lee invites you to 7B Bcc: all@x.org <b>",
		},
	} {
		t.Run(test.golden, func(t *testing.T) {
			ctx := WithNow(context.Background(), now)
			got, err := InvitationMail(ctx, test.organization, identity.Branding{}, test.invitation, "https://homeroom.example/i/TOKEN")
			if err != nil {
				t.Fatal(err)
			}
			if got.To != "sam@x.org" || got.FromName != test.from || got.Subject != test.subject {
				t.Errorf("to %q from %q subject %q, want %q and %q", got.To, got.FromName, got.Subject, test.from, test.subject)
			}
			golden(t, test.golden+".txt", got.Text)
			golden(t, test.golden+".html", got.HTML)
			if strings.Contains(got.HTML, "<img") || strings.Contains(got.HTML, "<link") || strings.Contains(got.HTML, "url(") {
				t.Error("the mail fetches something when it is opened")
			}
			if n := strings.Count(got.HTML, `href="https://homeroom.example/i/TOKEN"`); n != 2 || strings.Count(got.HTML, "href=") != 2 {
				t.Errorf("%d links lead to the invitation; all %d must", n, strings.Count(got.HTML, "href="))
			}
		})
	}
}

// A school's mail has its colour and, within it, its logo.
func TestAMailHasTheLookOfItsSchool(t *testing.T) {
	invitation := identity.Invitation{Address: "sam@x.org", Role: identity.RoleStudent, Language: "en", Inviter: identity.Actor{Name: "Ada Lee"}}
	small, large := []byte("png"), make([]byte, maxMailedLogo+1)
	for _, tt := range []struct {
		name string
		look identity.Branding
		logo []byte
	}{
		{"a colour alone", identity.Branding{Colour: "#ffd400", OnLight: "#756100"}, nil},
		{"a logo", identity.Branding{Colour: "#ffd400", OnLight: "#756100", Logo: small}, small},
		{"a logo too large for mail", identity.Branding{Colour: "#ffd400", OnLight: "#756100", Logo: large}, nil},
	} {
		got, err := InvitationMail(t.Context(), identity.Organization{Name: "Linden School"}, tt.look, invitation, "https://homeroom.example/i/TOKEN")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.HTML, "#756100") || strings.Contains(got.HTML, ownAccent) {
			t.Errorf("%s: the mail is not in the school's colour", tt.name)
		}
		if strings.Contains(got.HTML, `src="cid:logo.png"`) != (tt.logo != nil) {
			t.Errorf("%s: the HTML shows a logo = %v", tt.name, tt.logo == nil)
		}
		var want []identity.Attachment
		if tt.logo != nil {
			want = []identity.Attachment{{Name: "logo.png", Type: "image/png", Content: tt.logo, Inline: true}}
		}
		if diff := cmp.Diff(want, got.Attachments); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// golden compares got with a file that mail programs' readers have looked at.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "mail", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got:\n%s", path, diff)
	}
}
