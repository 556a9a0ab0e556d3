package zitadel

import (
	"context"
	"time"

	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"

	"homeroom.dev/homeroom/identity"
)

// onPlatform reports whether an authorization is on the platform project. Most
// of its events do not say; then its first one is asked for, once.
func (e *Events) onPlatform(ctx context.Context, authorization string) (bool, error) {
	e.mu.Lock()
	ours, known := e.known[authorization]
	e.mu.Unlock()
	if known {
		return ours, nil
	}
	answer, err := e.client.AdminService().ListEvents(ctx, &adminpb.ListEventsRequest{
		Limit: 1, Asc: true, AggregateId: authorization, EventTypes: []string{assignmentAdded},
	})
	if err != nil {
		return false, fail("list events", err, "remote.refused")
	}
	for _, ev := range answer.GetEvents() {
		ours = payload{ev.GetPayload()}.text("projectId") == e.config.Project
		e.remember(authorization, ours)
	}
	return ours, nil
}

// elsewhere reports whether an authorization is known to be on another project.
func (e *Events) elsewhere(authorization string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	ours, known := e.known[authorization]
	return known && !ours
}

// maxRemembered bounds what is kept in memory of one kind. Everything is forgotten
// then, rather than grow without end.
const maxRemembered = 20_000

// remember keeps whose an authorization is.
func (e *Events) remember(authorization string, ours bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known == nil || len(e.known) >= maxRemembered {
		e.known = make(map[string]bool)
	}
	e.known[authorization] = ours
}

// sessionLookup is how old the end of a session may be to be asked whose it was.
// Most are known from what was read before; the rest of a long history is not
// worth a question each.
const sessionLookup = 24 * time.Hour

// sessionOwner is whose session of the newer login pages an event ends, or empty.
func (e *Events) sessionOwner(ctx context.Context, ended *eventpb.Event) (identity.UserID, error) {
	session := ended.GetAggregate().GetId()
	e.mu.Lock()
	user, known := e.sessions[session]
	e.mu.Unlock()
	if known || time.Since(at(ended.GetCreationDate())) > sessionLookup {
		return user, nil
	}
	answer, err := e.client.AdminService().ListEvents(ctx, &adminpb.ListEventsRequest{
		Limit: 1, Asc: true, AggregateId: session, EventTypes: []string{sessionUser},
	})
	if err != nil {
		return "", fail("list events of a session", err, "remote.refused")
	}
	for _, first := range answer.GetEvents() {
		user = identity.UserID(payload{first.GetPayload()}.text("userID"))
	}
	e.rememberSession(session, user) // every event is read several times
	return user, nil
}

func (e *Events) rememberSession(session string, user identity.UserID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sessions == nil || len(e.sessions) >= maxRemembered {
		e.sessions = make(map[string]identity.UserID)
	}
	e.sessions[session] = user
}

// browser is the browser of somebody, by the ID that the older login pages give
// it.
type browser struct {
	user identity.UserID
	id   string
}

// check is when and from where somebody proved who they are.
type check struct {
	at      time.Time
	address string
}

// checkFor is how long the address of a check is that of the sign-in too, which
// may need a second factor. Later the browser may be somewhere else.
const checkFor = 15 * time.Minute

// rememberCheck keeps where a sign-in at the older login pages began.
func (e *Events) rememberCheck(ev *eventpb.Event) {
	p := payload{ev.GetPayload()}
	of := browser{identity.UserID(ev.GetAggregate().GetId()), p.text("userAgentID")}
	seen := check{at(ev.GetCreationDate()), clientAddress(p.text("remoteIP"))}
	if of.id == "" || seen.address == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.checks == nil || len(e.checks) >= maxRemembered {
		e.checks = make(map[browser]check)
	}
	if e.checks[of].at.Before(seen.at) { // an aggregate may be read from its beginning
		e.checks[of] = seen
	}
}

// addressOf is where a sign-in of a browser that ended at a time had begun, or
// empty.
func (e *Events) addressOf(of browser, ended time.Time) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := e.checks[of]
	if ended.Before(seen.at) || ended.Sub(seen.at) > checkFor {
		return ""
	}
	return seen.address
}
