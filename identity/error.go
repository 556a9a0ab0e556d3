package identity

import (
	"errors"
	"fmt"
)

// ErrorKind is what went wrong, for the edge that answers: a status for a page,
// problem+json for an API.
type ErrorKind string

// The kinds of failure a user may read about. Anything that is no [Error] is
// ours: logged whole, shown as "Something went wrong".
const (
	KindNotFound    ErrorKind = "not-found"
	KindForbidden   ErrorKind = "forbidden"
	KindConflict    ErrorKind = "conflict"
	KindInvalid     ErrorKind = "invalid"
	KindUnavailable ErrorKind = "unavailable" // Zitadel, mail or the disk; try again later
	KindLimited     ErrorKind = "limited"     // too many tries
	KindGone        ErrorKind = "gone"        // existed once: an expired or used link
)

// Message is a text of the catalogue with its arguments. Package identity
// speaks in messages and knows no language.
type Message struct {
	ID   string
	Args map[string]any
}

// Say makes a message. args are pairs of name and value.
func Say(id string, args ...any) Message {
	m := Message{ID: id}
	for i := 0; i+1 < len(args); i += 2 {
		if m.Args == nil {
			m.Args = make(map[string]any, len(args)/2)
		}
		m.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}

// Error is a failure the user may read about: what kind, what to tell, and the
// cause for the log, which may be nil.
type Error struct {
	Kind    ErrorKind
	Message Message
	Err     error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Kind) + " (" + e.Message.ID + "): " + e.Err.Error()
	}
	return string(e.Kind) + " (" + e.Message.ID + ")"
}

func (e *Error) Unwrap() error { return e.Err }

// Because returns a copy of e with cause for the log.
func (e *Error) Because(cause error) *Error {
	return &Error{Kind: e.Kind, Message: e.Message, Err: cause}
}

// NotFound is the answer to an ID that does not exist, or that the actor must
// not know of.
func NotFound(message string, args ...any) *Error {
	return &Error{Kind: KindNotFound, Message: Say(message, args...)}
}

// Forbidden refuses somebody who may know of the thing but not do this to it.
func Forbidden(message string, args ...any) *Error {
	return &Error{Kind: KindForbidden, Message: Say(message, args...)}
}

// Conflict refuses what contradicts the present state.
func Conflict(message string, args ...any) *Error {
	return &Error{Kind: KindConflict, Message: Say(message, args...)}
}

// Invalid refuses input that no form of ours would send.
func Invalid(message string, args ...any) *Error {
	return &Error{Kind: KindInvalid, Message: Say(message, args...)}
}

// Unavailable says that something we depend on does not answer now.
func Unavailable(message string, args ...any) *Error {
	return &Error{Kind: KindUnavailable, Message: Say(message, args...)}
}

// Gone says that a link was right once.
func Gone(message string, args ...any) *Error {
	return &Error{Kind: KindGone, Message: Say(message, args...)}
}

// IsKind reports whether err is an [Error] of kind.
func IsKind(err error, kind ErrorKind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// Problem is something wrong with one field of a form.
type Problem struct {
	Field   string
	Message Message
}

// Problems are what is wrong with a form: data, not an error. Nil is a form
// that is right.
type Problems []Problem

// Add appends a problem with field.
func (p *Problems) Add(field, message string, args ...any) {
	*p = append(*p, Problem{Field: field, Message: Say(message, args...)})
}

// On lists the messages about field.
func (p Problems) On(field string) []Message {
	var messages []Message
	for _, problem := range p {
		if problem.Field == field {
			messages = append(messages, problem.Message)
		}
	}
	return messages
}
