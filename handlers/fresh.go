package handlers

import (
	"net/http"
	"net/url"
)

// freshly is around the routes of dangerous changes: what is posted there counts
// only soon after a sign-in. It takes what a door such as [Server.inSchool]
// returns, so that who may not pass is told that first.
func (s *Server) freshly(h http.Handler) http.Handler {
	if door, ok := h.(gate); ok {
		door.fresh = true
		return door
	}
	return freshDoor{h}
}

// freshDoor is a fresh route that is no organization's.
type freshDoor struct{ http.Handler }

// again is what the form of the page was filled in with before its sender was
// asked to sign in again; nil if nobody was.
func again(*http.Request) url.Values {
	return nil
}
