package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// A stream of a page (server-sent events) tells what changed about a region of
// it. It lasts no longer than any other request; the browser then asks again and
// goes through the same door as with every page. In between, the rights and the
// session are looked at before each look at the rows.
const (
	streamLasts    = maxTime - 5*time.Second
	streamLooks    = time.Second // how often
	streamBeats    = 10 * time.Second
	streamPiece    = 10 * time.Second // how long a browser may take for a piece
	streamsAtOnce  = 500              // in this process
	streamsOfOne   = 8                // of one person
	streamRetries  = time.Second      // after the end of a stream
	streamAccepted = "text/event-stream"
)

// asksStream reports whether a request asks for a stream: no other request says so.
func asksStream(r *http.Request) bool { return r.Header.Get("Accept") == streamAccepted }

// followers counts the streams that are open.
type followers struct {
	mu     sync.Mutex
	open   int
	people map[identity.UserID]int
}

// enter takes a place among the streams, if there is one.
func (l *followers) enter(user identity.UserID) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.people == nil {
		l.people = make(map[identity.UserID]int)
	}
	if l.open >= streamsAtOnce || l.people[user] >= streamsOfOne {
		return nil, false
	}
	l.open++
	l.people[user]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.open--
		if l.people[user]--; l.people[user] == 0 {
			delete(l.people, user)
		}
	}, true
}

// follow serves a stream of a region: look answers it as it is to stand there,
// asked anew every second, and what differs from the last answer is sent. page is
// the page of the region, for whoever opens the stream's own URL.
func (s *Server) follow(
	needs identity.Permission, page func(identity.OrganizationID) string,
	look func(context.Context, Organization) (shown, error),
) organizationHandler {
	return func(w http.ResponseWriter, r *http.Request, org Organization) error {
		if !asksStream(r) {
			return redirect(w, r, page(org.ID()))
		}
		leave, ok := s.followers.enter(org.Actor().User)
		if !ok {
			w.Header().Set("Retry-After", "10")
			w.WriteHeader(http.StatusServiceUnavailable)
			return nil
		}
		defer leave()
		f := &following{
			w: w, to: http.NewResponseController(w), sent: r.Header.Get("Last-Event-ID"),
			token: s.sessions.Token(r.Context()), server: s, needs: needs, reload: page(org.ID()), look: look,
		}
		return f.run(r.Context(), org)
	}
}

// following is one stream.
type following struct {
	w      http.ResponseWriter
	to     *http.ResponseController
	sent   string // the version that the browser has
	token  string // of the session
	server *Server
	needs  identity.Permission
	reload string
	look   func(context.Context, Organization) (shown, error)
}

func (f *following) run(ctx context.Context, org Organization) error {
	header := f.w.Header()
	header.Set("Content-Type", streamAccepted+"; charset=utf-8")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no") // nginx would keep it all back
	if err := f.send(fmt.Sprintf("retry: %d\n\n", streamRetries.Milliseconds())); err != nil {
		return nil // the reader is gone
	}
	ctx, cancel := context.WithTimeout(ctx, streamLasts)
	defer cancel()
	tick := time.NewTicker(streamLooks)
	defer tick.Stop()
	beat := time.Now()
	for {
		seen, err := f.again(ctx, org)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errStreamOver):
			return f.end(ctx)
		case err != nil:
			// Nothing else can be answered any more; the browser asks again.
			logged(ctx).aside = err
			return nil
		}
		event := f.event(seen)
		if event == "" && time.Since(beat) > streamBeats {
			event = ": here\n\n"
		}
		if event != "" {
			beat = time.Now()
			if f.send(event) != nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// errStreamOver ends a stream whose reader may not follow it any more.
var errStreamOver = errors.New("the stream's reader may not follow it any more")

// again opens the organization anew and looks. It is the same decision as at the
// door: the session, the role, the state of classroom and school.
func (f *following) again(ctx context.Context, org Organization) (shown, error) {
	alive, err := f.server.store.Sessions().Alive(ctx, f.token)
	if err != nil {
		return shown{}, err
	}
	if !alive {
		return shown{}, errStreamOver
	}
	opened, err := f.server.store.OpenFor(ctx, org.Actor(), org.ID())
	switch {
	case identity.IsKind(err, identity.KindNotFound), identity.IsKind(err, identity.KindForbidden):
		return shown{}, errStreamOver
	case err != nil:
		return shown{}, err
	case !opened.Permits(f.needs):
		return shown{}, errStreamOver
	}
	org.Opened, org.Store = opened, f.server.store.In(opened)
	return f.look(views.WithNow(ctx, f.server.portal.Now()), org)
}

// event is the change to send, or nothing if the browser has it.
func (f *following) event(seen shown) string {
	if seen.version == f.sent {
		return ""
	}
	f.sent = seen.version
	return "id: " + seen.version + "\n" + eventOf("change", seen.html)
}

// end says that nothing follows, and has the browser not ask again.
func (f *following) end(ctx context.Context) error {
	var region bytes.Buffer
	if err := views.StreamOver(f.reload).Render(ctx, &region); err != nil {
		return err
	}
	_ = f.send(eventOf("change", region.Bytes()) + "event: over\ndata:\n\n") // or the reader is gone
	return nil
}

// eventOf is an event in the stream's form: each line of the data by itself.
func eventOf(name string, data []byte) string {
	var b bytes.Buffer
	b.WriteString("event: " + name + "\n")
	for line := range bytes.Lines(data) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.String()
}

// send writes a piece, with its own time to be read in.
func (f *following) send(piece string) error {
	if err := f.to.SetWriteDeadline(time.Now().Add(streamPiece)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := f.w.Write([]byte(piece)); err != nil {
		return err
	}
	return f.to.Flush()
}
