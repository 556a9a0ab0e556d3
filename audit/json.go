package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"homeroom.dev/homeroom/identity"
)

// record is the form of a record outside: all of it, in words that a reader of
// JSON expects. Times are RFC 3339 with microseconds.
type record struct {
	ID           string            `json:"id"`
	Organization string            `json:"organization"`
	Home         string            `json:"home"`
	Time         time.Time         `json:"time"`
	Closed       *time.Time        `json:"closed,omitempty"`
	Actor        person            `json:"actor"`
	Action       string            `json:"action"`
	Outcome      string            `json:"outcome"`
	Source       string            `json:"source"`
	Target       *person           `json:"target,omitempty"`
	Before       map[string]string `json:"before,omitempty"`
	After        map[string]string `json:"after,omitempty"`
	Request      string            `json:"request,omitempty"`
	Address      string            `json:"address,omitempty"`
	Device       string            `json:"device,omitempty"`
	Event        *event            `json:"event,omitempty"`
	Position     int64             `json:"position,omitempty"`
	Number       int64             `json:"number,omitempty"`
	Hash         string            `json:"hash,omitempty"`
}

type person struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Role string `json:"role,omitempty"`
}

type event struct {
	Type      string `json:"type"`
	Aggregate string `json:"aggregate"`
	Sequence  uint64 `json:"sequence"`
}

func outside(r identity.AuditRecord) record {
	out := record{
		ID: r.ID, Organization: string(r.Organization), Home: string(r.Home), Time: r.At.UTC(),
		Actor:  person{ID: string(r.Actor.User), Name: r.Actor.Name, Role: string(r.ActorRole)},
		Action: string(r.Action), Outcome: string(r.Outcome), Source: string(r.Source),
		Before: r.Before, After: r.After, Request: r.RequestID, Address: r.Address, Device: r.Device,
		Position: r.Position, Number: r.Number, Hash: r.Hash,
	}
	if !r.ClosedAt.IsZero() {
		closed := r.ClosedAt.UTC()
		out.Closed = &closed
	}
	if r.Target != "" || r.TargetName != "" {
		out.Target = &person{ID: r.Target, Name: r.TargetName}
	}
	if r.Event != (identity.AuditEvent{}) {
		out.Event = &event{Type: r.Event.Type, Aggregate: r.Event.Aggregate, Sequence: r.Event.Sequence}
	}
	return out
}

// JSON is a record as one JSON object without a line break. [ParseJSON] reads it.
func JSON(r identity.AuditRecord) []byte { return encode(outside(r)) }

// encode leaves <, > and & as they are: the line is a file's, not a page's.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // texts, numbers and times always have a form in JSON
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// ParseJSON reads what [JSON] wrote, and nothing else: an unknown field is an
// error, because it would be no part of what is verified.
func ParseJSON(line []byte) (identity.AuditRecord, error) {
	var in record
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return identity.AuditRecord{}, fmt.Errorf("read audit record: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return identity.AuditRecord{}, fmt.Errorf("read audit record: more than one on a line")
	}
	r := identity.AuditRecord{
		ID: in.ID, Organization: identity.OrganizationID(in.Organization), Home: identity.OrganizationID(in.Home),
		At: in.Time.UTC(), Actor: identity.Actor{User: identity.UserID(in.Actor.ID), Name: in.Actor.Name},
		ActorRole: identity.Role(in.Actor.Role), Action: identity.Action(in.Action),
		Outcome: identity.Outcome(in.Outcome), Source: identity.Source(in.Source),
		Before: in.Before, After: in.After, RequestID: in.Request, Address: in.Address, Device: in.Device,
		Position: in.Position, Number: in.Number, Hash: in.Hash,
	}
	if in.Closed != nil {
		r.ClosedAt = in.Closed.UTC()
	}
	if in.Target != nil {
		r.Target, r.TargetName = in.Target.ID, in.Target.Name
	}
	if in.Event != nil {
		r.Event = identity.AuditEvent{Type: in.Event.Type, Aggregate: in.Event.Aggregate, Sequence: in.Event.Sequence}
	}
	return r, nil
}

// Writer writes records to a file that leaves the house. Flush has to be called
// at the end.
type Writer interface {
	Write(identity.AuditRecord) error
	Flush() error
}

// NewJSONLines writes one record a line, as [JSON].
func NewJSONLines(w io.Writer) Writer { return jsonLines{bufio.NewWriter(w)} }

type jsonLines struct{ w *bufio.Writer }

func (j jsonLines) Write(r identity.AuditRecord) error {
	_, err := j.w.Write(append(JSON(r), '\n'))
	return wrap(err)
}

func (j jsonLines) Flush() error { return wrap(j.w.Flush()) }

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("write audit records: %w", err)
	}
	return nil
}
