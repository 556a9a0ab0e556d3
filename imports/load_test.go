package imports_test

import (
	"context"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	zitadelgo "github.com/zitadel/zitadel-go/v3/pkg/zitadel"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/imports"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// How much is imported, and where: HOMEROOM_IMPORT_LOAD is the number of students,
// HOMEROOM_IMPORT_ANSWER how long the stand-in takes for each call, and
// HOMEROOM_IMPORT_WRITERS how many writes there are at once. HOMEROOM_CONTRACT_ISSUER
// and HOMEROOM_CONTRACT_KEY name a real Zitadel instead of the stand-in.
const (
	loadStudents = "HOMEROOM_IMPORT_LOAD"
	loadAnswer   = "HOMEROOM_IMPORT_ANSWER"
	loadWriters  = "HOMEROOM_IMPORT_WRITERS"
	standinChild = "HOMEROOM_IMPORT_STANDIN"
)

// peak is the largest heap while f runs.
func peak(f func()) uint64 {
	runtime.GC()
	var most uint64
	ended, measured := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(ended)
	<-measured
	return most
}

// raw makes the writes of a planned import at Zitadel's own client, and answers
// how many they were.
func (h *house) raw(one store.Import, writers int) int {
	h.t.Helper()
	c := h.client()
	o := h.rows()
	work := make(chan store.ImportRow, writers)
	var under sync.WaitGroup
	var mu sync.Mutex
	writes := 0
	for range writers {
		under.Go(func() {
			for row := range work {
				n, err := rawRow(h.t.Context(), c, h.school.ID, h.made.Project, row)
				if err != nil {
					h.t.Error(err)
				}
				mu.Lock()
				writes += n
				mu.Unlock()
			}
		})
	}
	for after := ""; ; {
		page, err := o.ImportRows(h.t.Context(), one.ID, store.ImportRowQuery{After: after, Limit: 500})
		h.check(err)
		for _, row := range page.Rows {
			work <- row
		}
		if after = page.Next; after == "" {
			break
		}
	}
	close(work)
	under.Wait()
	return writes
}

// client is Zitadel's own, as homeroom-runtime. It is told to keep its token: left
// to itself it asks for another one before each call.
func (h *house) client() *client.Client {
	h.t.Helper()
	file, err := client.ConfigFromKeyFileData([]byte(h.made.Runtime.Key))
	h.check(err)
	profile := client.AuthenticationJWTProfile(file, "openid", client.ScopeZitadelAPI())
	at, err := url.Parse(h.made.Issuer)
	h.check(err)
	c, err := client.New(h.t.Context(), zitadelgo.New(at.Hostname(), zitadelgo.WithInsecure(at.Port())),
		client.WithAuth(func(ctx context.Context, issuer string) (oauth2.TokenSource, error) {
			source, err := profile(ctx, issuer)
			return oauth2.ReuseTokenSource(nil, source), err
		}))
	h.check(err)
	return c
}

func rawRow(ctx context.Context, c *client.Client, school identity.OrganizationID, project string, row store.ImportRow) (int, error) {
	writes, p := 0, row.Person
	id := "raw-" + string(school) + "-" + strconv.FormatInt(row.Position, 10)
	for _, s := range row.Steps {
		switch s.Kind {
		case roster.StepCreate:
			request := &userpb.CreateUserRequest{OrganizationId: string(school), UserId: &id, Username: &p.UserName}
			human := &userpb.CreateUserRequest_Human{
				Profile: &userpb.SetHumanProfile{GivenName: p.GivenName, FamilyName: p.FamilyName},
				Email: &userpb.SetHumanEmail{
					Email: id + "@no-mail.homeroom.invalid", Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true},
				},
			}
			if p.Address == "" {
				human.PasswordType = &userpb.CreateUserRequest_Human_Password{Password: &userpb.Password{Password: "Otter-maple-lamp-4829"}}
			}
			request.UserType = &userpb.CreateUserRequest_Human_{Human: human}
			if _, err := c.UserServiceV2().CreateUser(ctx, request); err != nil {
				return writes, err
			}
			writes++
		case roster.StepAssign:
			if _, err := c.AuthorizationServiceV2().CreateAuthorization(ctx, &authorizationpb.CreateAuthorizationRequest{
				UserId: id, ProjectId: project, OrganizationId: string(s.Place), RoleKeys: []string{string(s.Role)},
			}); err != nil {
				return writes, err
			}
			writes++
		}
	}
	return writes, nil
}

// A whole school from a OneRoster set, against the same writes at Zitadel's own
// client: first the classes, then the people, who alone are compared.
func TestLoad(t *testing.T) {
	students, err := strconv.Atoi(os.Getenv(loadStudents))
	if err != nil {
		t.Skip(loadStudents + " says how many students there are")
	}
	writers := imports.DefaultWriters
	if n, err := strconv.Atoi(os.Getenv(loadWriters)); err == nil {
		writers = n
	}
	s := realSite(t)
	if s == nil {
		s = standinApart(t)
	}
	var raw time.Duration
	for _, way := range []string{"raw", "ours, nothing read back", "ours", "raw again"} {
		h := s.newHouse(writers)
		if strings.HasPrefix(way, "ours, ") {
			h.engine.Blind()
		}
		begun := time.Now()
		classes := h.planned(h.set(students, false))
		classes = h.applied(classes)
		t.Logf("%s: %d classes opened in %.1f s", way, classes.Receipt.Classrooms, time.Since(begun).Seconds())
		begun = time.Now()
		var one store.Import
		planning := peak(func() { one = h.planned(h.set(students, true)) })
		t.Logf("%s: %d rows planned in %.1f s, peak heap %.1f MB", way, one.Rows(), time.Since(begun).Seconds(), float64(planning)/1e6)
		begun = time.Now()
		if strings.HasPrefix(way, "raw") {
			writes := h.raw(one, writers)
			took := time.Since(begun)
			t.Logf("%s: %d writes by %d in %.1f s, %.0f a second", way, writes, writers, took.Seconds(), float64(writes)/took.Seconds())
			if raw == 0 || took < raw {
				raw = took
			}
			continue
		}
		heap := peak(func() { one = h.applied(one) })
		took := time.Since(begun)
		t.Logf("%s: %.1f s, %.3f × the first raw one, peak heap %.1f MB; %+v", way, took.Seconds(), took.Seconds()/raw.Seconds(), float64(heap)/1e6, one.Receipt)
		if way == "ours" {
			begun = time.Now()
			heap = peak(func() { one = h.undone(one) })
			t.Logf("%s: undone in %.1f s, peak heap %.1f MB; %+v", way, time.Since(begun).Seconds(), float64(heap)/1e6, one.UndoReceipt)
		}
	}
}
