package handlers

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/crowd"
	"homeroom.dev/homeroom/views"
)

// The benchmarks ask the whole chain, with a session, on a database of package
// crowd. Nothing in them knows a Zitadel.
//
//	go test ./handlers -bench . -run '^$'

func BenchmarkRosterPage(b *testing.B) {
	forEachCrowd(b, func(b *testing.B, c *crowded, people int) {
		for _, room := range crowd.Rooms(people) {
			b.Run(room, func(b *testing.B) {
				c.measure(b, []string{views.RosterPath(identity.OrganizationID(room))})
			})
		}
	})
}

func BenchmarkRosterSearch(b *testing.B) {
	typed := []string{"samantha", "zoe nunez", "okafor", "li wei", "muller", "s", "jo", "an"}
	forEachCrowd(b, func(b *testing.B, c *crowded, people int) {
		for _, room := range crowd.Rooms(people) {
			b.Run(room, func(b *testing.B) {
				paths := make([]string, len(typed))
				for i, q := range typed {
					paths[i] = views.RosterPath(identity.OrganizationID(room)) + "?q=" + url.QueryEscape(q)
				}
				c.measure(b, paths)
			})
		}
	})
}

func BenchmarkHome(b *testing.B) {
	forEachCrowd(b, func(b *testing.B, c *crowded, _ int) { c.measure(b, []string{views.HomePath}) })
}

// What BenchmarkSteadyRate asks for.
const (
	steadyRate = 500 // requests a second
	steadyFor  = 10 * time.Second
	steadyWait = 30 * time.Second // for an answer
)

// BenchmarkSteadyRate asks for the roster of a class of 30 in a school of 50,000
// at a steady rate, over the loopback interface. Requests begin when they are due
// and not when there is room for them, and each is timed from when it was due,
// so that a pause counts for all that it held up. Who asks shares the processors
// with who answers.
func BenchmarkSteadyRate(b *testing.B) {
	c := newCrowded(b, 1_000_000)
	server := httptest.NewServer(c.handler)
	defer server.Close()
	client := &http.Client{
		Timeout:   steadyWait,
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	ask := func() error {
		request := c.request(views.RosterPath("room-30"))
		request.RequestURI = ""
		request.URL.Scheme, request.URL.Host = "http", strings.TrimPrefix(server.URL, "http://")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	}
	for range steadyRate { // as a server that has been up for a while
		if err := ask(); err != nil {
			b.Fatal(err)
		}
	}
	requests := int(steadyFor.Seconds() * steadyRate)
	for b.Loop() {
		took, failed := make([]time.Duration, requests), make([]bool, requests)
		began := time.Now()
		var wait sync.WaitGroup
		for i := range requests {
			due := began.Add(time.Duration(i) * time.Second / steadyRate)
			time.Sleep(time.Until(due))
			wait.Go(func() {
				failed[i] = ask() != nil
				took[i] = time.Since(due)
			})
		}
		wait.Wait()
		errors := 0
		for _, f := range failed {
			if f {
				errors++
			}
		}
		report(b, took)
		b.ReportMetric(float64(requests)/time.Since(began).Seconds(), "requests/s")
		b.ReportMetric(float64(errors), "errors")
	}
}

// crowded is the portal on a database of package crowd, and a teacher signed in.
type crowded struct {
	server  *Server
	handler http.Handler
	cookie  *http.Cookie
}

func forEachCrowd(b *testing.B, f func(b *testing.B, c *crowded, people int)) {
	for _, people := range []int{5_000, 1_000_000} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) { f(b, newCrowded(b, people), people) })
	}
}

func newCrowded(b *testing.B, people int) *crowded {
	b.Helper()
	check := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	keys, err := store.ParseKeyRing(store.NewKey())
	check(err)
	open := func(path string) (*store.Store, error) {
		return store.Open(b.Context(), store.Options{Path: path, Keys: keys, Operators: "operators"})
	}
	path, err := crowd.File(people, func(path string) (*sql.DB, func() error, error) {
		s, err := open(path)
		if err != nil {
			return nil, nil, err
		}
		return s.Writer(), s.Close, nil
	})
	check(err)
	rows, err := open(path)
	check(err)
	b.Cleanup(func() { _ = rows.Close() })

	server, err := newServer(Options{
		Store: rows, Gateway: nobody{}, Provisioner: nobody{},
		OIDC: OIDC{Issuer: "http://zitadel.invalid", ClientID: "bench"}, PublicURL: "http://homeroom.invalid",
		Projection: func() ProjectionStatus { return ProjectionStatus{KnownAt: time.Now()} },
		MailReady:  rows.Ready,
		Log:        slog.New(slog.NewJSONHandler(io.Discard, nil)),
	})
	check(err)
	ctx, err := server.sessions.Load(context.Background(), "")
	check(err)
	server.sessions.Put(ctx, sessionUser, crowd.Teacher)
	// About as much as the tokens of a real session.
	server.sessions.Put(ctx, sessionIDToken, strings.Repeat("x", 1200))
	server.sessions.Put(ctx, sessionRefresh, strings.Repeat("x", 100))
	server.setMoment(ctx, sessionSince, time.Now())
	server.setMoment(ctx, sessionSeen, time.Now())
	token, _, err := server.sessions.Commit(ctx)
	check(err)
	b.Cleanup(func() { _ = rows.Sessions().End(context.Background(), crowd.Teacher) })
	return &crowded{server, server.routes(), &http.Cookie{Name: server.sessions.Cookie.Name, Value: token}}
}

// nobody is no Zitadel: a page that asked it would panic.
type nobody struct {
	identity.Gateway
	identity.Provisioner
}

// In implements [identity.Gateway].
func (nobody) In(identity.Opened) identity.Remote { return nil }

func (c *crowded) request(path string) *http.Request {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.AddCookie(c.cookie)
	request.Header.Set("Accept-Encoding", "gzip")
	return request
}

// measure asks for the paths in turn, one after the other and then from several
// sides at once.
func (c *crowded) measure(b *testing.B, paths []string) {
	ask := func(b *testing.B, i int) time.Duration {
		request, answer := c.request(paths[i%len(paths)]), httptest.NewRecorder()
		began := time.Now()
		c.handler.ServeHTTP(answer, request)
		took := time.Since(began)
		if answer.Code != http.StatusOK {
			b.Errorf("%s: %d", request.URL, answer.Code)
		}
		return took
	}
	b.Run("alone", func(b *testing.B) {
		var took []time.Duration
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			took = append(took, ask(b, i))
		}
		report(b, took)
	})
	b.Run("together", func(b *testing.B) {
		var mu sync.Mutex
		var took []time.Duration
		b.ReportAllocs()
		b.SetParallelism(4)
		b.RunParallel(func(next *testing.PB) {
			var own []time.Duration
			for i := 0; next.Next(); i++ {
				own = append(own, ask(b, i))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
		})
		report(b, took)
	})
}

// report says how long most took, and the slowest.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	for name, i := range map[string]int{"p50-ms": len(took) / 2, "p99-ms": len(took) * 99 / 100, "max-ms": len(took) - 1} {
		b.ReportMetric(float64(took[i].Microseconds())/1000, name)
	}
}
