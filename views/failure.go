package views

import (
	"context"
	"net/http"

	"homeroom.dev/homeroom/identity"
)

// Failure is why a page was not given.
type Failure struct {
	Status  int
	Message identity.Message // what exactly, if there is more to say than the status does
	Request string           // the request's ID in the log
}

// signsIn reports whether signing in, which did not work, is what there is to
// do.
func (f Failure) signsIn() bool {
	switch f.Message.ID {
	case "sign-in.lost", "sign-in.denied", "sign-in.locked", "sign-in.deactivated":
		return true
	}
	return false
}

// closed reports whether a school is suspended, of which the message says all.
func (f Failure) closed() bool { return f.Message.ID == "school.suspended" }

func (f Failure) icon() IconName {
	switch f.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return IconSearch
	case http.StatusForbidden:
		return IconLock
	case http.StatusGone, http.StatusTooManyRequests:
		return IconClock
	}
	return IconTriangleAlert
}

func (f Failure) title(ctx context.Context) string {
	switch {
	case f.signsIn():
		return text(ctx, "failure.sign-in")
	case f.closed():
		return text(ctx, "failure.closed")
	}
	switch f.Status {
	case http.StatusNotFound:
		return text(ctx, "failure.not-found")
	case http.StatusForbidden:
		return text(ctx, "failure.forbidden")
	case http.StatusMethodNotAllowed:
		return text(ctx, "failure.method")
	case http.StatusConflict:
		return text(ctx, "failure.conflict")
	case http.StatusGone:
		return text(ctx, "failure.gone")
	case http.StatusRequestEntityTooLarge:
		return text(ctx, "failure.too-large")
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return text(ctx, "failure.invalid")
	case http.StatusTooManyRequests:
		return text(ctx, "failure.limited")
	case http.StatusServiceUnavailable:
		return text(ctx, "failure.unavailable")
	}
	return text(ctx, "failure.ours")
}

// next is what can be done about it; empty where the message says so already.
func (f Failure) next(ctx context.Context) string {
	if f.Message.ID != "" && (f.signsIn() || f.closed() || f.Status == http.StatusNotFound || f.Status == http.StatusGone) {
		return ""
	}
	switch f.Status {
	case http.StatusNotFound:
		return text(ctx, "failure.not-found.next")
	case http.StatusForbidden:
		return text(ctx, "failure.forbidden.next")
	case http.StatusGone:
		return text(ctx, "failure.gone.next")
	case http.StatusTooManyRequests:
		return text(ctx, "failure.limited.next")
	case http.StatusServiceUnavailable:
		return text(ctx, "failure.unavailable.next")
	case http.StatusMethodNotAllowed, http.StatusConflict, http.StatusRequestEntityTooLarge,
		http.StatusBadRequest, http.StatusUnprocessableEntity:
		return text(ctx, "failure.back.next")
	}
	return text(ctx, "failure.ours.next")
}

// ours reports whether the reference in the log is worth telling.
func (f Failure) ours() bool {
	return f.Request != "" && f.Status >= http.StatusInternalServerError
}
