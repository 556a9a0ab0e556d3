package standin

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	eventv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/message"
	"google.golang.org/protobuf/types/known/structpb"
)

// aggregateNames are shown to people beside an aggregate's type.
var aggregateNames = map[string]string{
	kindInstance: "Instance", kindOrg: "Organization", kindUser: "User", kindProject: "Project",
	kindGrant: "User grant", kindSession: "Session", kindOIDC: "OIDC Session", kindIntent: "IDP Intent",
}

// eventSelection is what ListEvents was asked for.
type eventSelection struct {
	r            *admin.ListEventsRequest
	kinds        map[string]bool
	aggregates   map[string]bool
	since, until int64 // exclusive, µs
	limit        int
}

func (x *adminService) ListEvents(_ context.Context, r *admin.ListEventsRequest) (*admin.ListEventsResponse, error) {
	if len(r.GetEventTypes()) > 30 {
		return nil, validation("ListEventsRequest.EventTypes: value must contain no more than 30 item(s)")
	}
	if len(r.GetAggregateTypes()) > 10 {
		return nil, validation("ListEventsRequest.AggregateTypes: value must contain no more than 10 item(s)")
	}
	q := selectEvents(r)
	s := x.s
	s.RLock()
	defer s.RUnlock()
	answer := &admin.ListEventsResponse{}
	now := s.now().UnixMicro()
	take := func(i int) bool {
		e := s.log.at(i)
		if until, late := s.log.hidden[i]; late && until > now {
			return true
		}
		if q.wants(e) {
			answer.Events = append(answer.Events, s.eventMessage(e))
		}
		return len(answer.Events) < q.limit
	}
	s.walk(q, take)
	return answer, nil
}

func selectEvents(r *admin.ListEventsRequest) eventSelection {
	q := eventSelection{r: r, until: 1<<63 - 1, since: -1, limit: int(r.GetLimit())}
	if q.limit == 0 || q.limit > maxPage {
		q.limit = maxPage
	}
	from := r.GetFrom()
	if from == nil {
		//lint:ignore SA1019 callers of the older field are served as well
		from = r.GetCreationDate()
	}
	switch {
	case r.GetRange() != nil:
		if t := r.GetRange().GetSince(); t != nil {
			q.since = t.AsTime().UnixMicro()
		}
		if t := r.GetRange().GetUntil(); t != nil {
			q.until = t.AsTime().UnixMicro()
		}
	case from != nil && r.GetAsc():
		q.since = from.AsTime().UnixMicro()
	case from != nil:
		q.until = from.AsTime().UnixMicro()
	}
	if len(r.GetEventTypes()) > 0 {
		q.kinds = map[string]bool{}
		for _, k := range r.GetEventTypes() {
			q.kinds[k] = true
		}
	}
	if len(r.GetAggregateTypes()) > 0 {
		q.aggregates = map[string]bool{}
		for _, k := range r.GetAggregateTypes() {
			q.aggregates[k] = true
		}
	}
	return q
}

// walk visits events in the wanted order until visit says that it is enough.
func (s *state) walk(q eventSelection, visit func(i int) bool) {
	if id := q.r.GetAggregateId(); id != "" {
		s.walkAggregate(id, q.r.GetAsc(), visit)
		return
	}
	first := 0
	if q.since >= 0 {
		first = s.log.after(q.since)
	}
	if q.r.GetAsc() {
		for i := first; i < s.log.n && s.log.at(i).at < q.until; i++ {
			if !visit(i) {
				return
			}
		}
		return
	}
	last := s.log.n
	if q.until < 1<<63-1 {
		last = s.log.after(q.until - 1)
	}
	for i := last - 1; i >= first; i-- {
		if !visit(i) {
			return
		}
	}
}

func (s *state) walkAggregate(id string, asc bool, visit func(i int) bool) {
	of := s.aggregate(id)
	if of == nil {
		return
	}
	var all []int
	for at := of.last; at > 0; at = s.log.at(int(at) - 1).prev {
		all = append(all, int(at)-1)
	}
	for i := range all {
		at := all[i]
		if asc {
			at = all[len(all)-1-i]
		}
		if !visit(at) {
			return
		}
	}
}

func (q eventSelection) wants(e *event) bool {
	r := q.r
	if e.at <= q.since || e.at >= q.until {
		return false
	}
	if q.kinds != nil && !q.kinds[e.kind] || q.aggregates != nil && !q.aggregates[e.of.kind] {
		return false
	}
	if r.GetResourceOwner() != "" && e.of.owner != r.GetResourceOwner() {
		return false
	}
	if r.GetEditorUserId() != "" && e.editor != r.GetEditorUserId() {
		return false
	}
	if n := r.GetSequence(); n > 0 {
		if r.GetAsc() {
			return uint64(e.seq) > n
		}
		return uint64(e.seq) < n
	}
	return true
}

func (s *state) eventMessage(e *event) *eventv1.Event {
	m := &eventv1.Event{
		Editor: &eventv1.Editor{UserId: e.editor, Service: "zitadel"},
		Aggregate: &eventv1.Aggregate{
			Id: e.of.id, ResourceOwner: e.of.owner,
			Type: &eventv1.AggregateType{Type: e.of.kind, Localized: &message.LocalizedMessage{
				Key: "AggregateTypes." + e.of.kind, LocalizedMessage: aggregateNames[e.of.kind],
			}},
		},
		Sequence: uint64(e.seq), CreationDate: stamp(e.at),
		Type: &eventv1.EventType{Type: e.kind, Localized: &message.LocalizedMessage{
			Key: "EventTypes." + e.kind, LocalizedMessage: "EventTypes." + e.kind,
		}},
	}
	if u := s.users[e.editor]; u != nil {
		m.Editor.DisplayName = u.displayName
	}
	if e.data != nil {
		m.Payload = structOf(e.data.fields())
	}
	return m
}

func structOf(fields map[string]any) *structpb.Struct {
	m := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(fields))}
	for key, value := range fields {
		m.Fields[key] = valueOf(value)
	}
	return m
}

// valueOf writes a value as JSON would.
func valueOf(v any) *structpb.Value {
	switch v := v.(type) {
	case string:
		return structpb.NewStringValue(v)
	case bool:
		return structpb.NewBoolValue(v)
	case int:
		return structpb.NewNumberValue(float64(v))
	case int32:
		return structpb.NewNumberValue(float64(v))
	case int64:
		return structpb.NewNumberValue(float64(v))
	case []byte:
		return structpb.NewStringValue(base64.StdEncoding.EncodeToString(v))
	case []string:
		list := &structpb.ListValue{}
		for _, x := range v {
			list.Values = append(list.Values, structpb.NewStringValue(x))
		}
		return structpb.NewListValue(list)
	case []int32:
		list := &structpb.ListValue{}
		for _, x := range v {
			list.Values = append(list.Values, structpb.NewNumberValue(float64(x)))
		}
		return structpb.NewListValue(list)
	case map[string]any:
		return structpb.NewStructValue(structOf(v))
	case values:
		return structpb.NewStructValue(structOf(v))
	default:
		return structpb.NewStringValue(fmt.Sprint(v))
	}
}

func (x *adminService) ListEventTypes(context.Context, *admin.ListEventTypesRequest) (*admin.ListEventTypesResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	seen, answer := map[string]bool{}, &admin.ListEventTypesResponse{}
	for i := range s.log.n {
		if e := s.log.at(i); !seen[e.kind] {
			seen[e.kind] = true
			answer.EventTypes = append(answer.EventTypes, s.eventMessage(e).GetType())
		}
	}
	return answer, nil
}

func (x *adminService) ListAggregateTypes(context.Context, *admin.ListAggregateTypesRequest) (*admin.ListAggregateTypesResponse, error) {
	answer := &admin.ListAggregateTypesResponse{}
	for kind, name := range aggregateNames {
		answer.AggregateTypes = append(answer.AggregateTypes, &eventv1.AggregateType{Type: kind, Localized: &message.LocalizedMessage{
			Key: "AggregateTypes." + kind, LocalizedMessage: name,
		}})
	}
	return answer, nil
}
