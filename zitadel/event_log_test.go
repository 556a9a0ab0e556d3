package zitadel

import (
	"fmt"
	"slices"
	"testing"
	"time"

	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

// Zitadel takes no more than 30 types and 10 kinds of aggregate at once.
func TestQuestionsFit(t *testing.T) {
	seen := map[string]bool{}
	for _, q := range questions {
		for _, kind := range slices.Concat(q.types, q.aggregates) {
			if seen[kind] {
				t.Errorf("%s is asked for twice", kind)
			}
			seen[kind] = true
		}
		if len(q.types) > 30 || len(q.aggregates) > 10 {
			t.Errorf("%d event types and %d kinds of aggregate, want at most 30 and 10", len(q.types), len(q.aggregates))
		}
	}
	for kind := range credentialEvents {
		if !seen[kind] {
			t.Errorf("%s is understood and not asked for", kind)
		}
	}
	for kind := range failedEvents {
		if !seen[kind] {
			t.Errorf("%s is understood and not asked for", kind)
		}
	}
}

// Answers to several questions are put into one order: by time, and within a
// moment each aggregate's by sequence, where its first event stood.
func TestAnswersArePutIntoOrder(t *testing.T) {
	when := time.Date(2026, 11, 20, 23, 30, 4, 0, time.UTC)
	event := func(aggregate string, sequence uint64, after time.Duration) *eventpb.Event {
		return &eventpb.Event{
			Aggregate: &eventpb.Aggregate{Id: aggregate}, Sequence: sequence, CreationDate: timestamppb.New(when.Add(after)),
		}
	}
	got := inOrder([]*eventpb.Event{
		event("z", 1, 0), event("a", 1, 0), event("z", 3, 0), event("b", 1, 2), // to the first question
		event("z", 2, 0), event("c", 7, 0), event("a", 9, 1), event("b", 2, 3), event("a", 1, 0), // to the second
	}, when.Add(2))
	var order []string
	for _, ev := range got {
		order = append(order, fmt.Sprint(ev.GetAggregate().GetId(), ev.GetSequence()))
	}
	if want := []string{"z1", "z2", "z3", "a1", "c7", "a9", "b1"}; !slices.Equal(order, want) {
		t.Errorf("order = %v, want %v: up to the moment and no further", order, want)
	}
}

// The older login pages tell the address in an event of its own, which is that of
// the sign-in for a while.
func TestTheAddressOfASignInIsThatOfItsCheck(t *testing.T) {
	when := time.Date(2026, 11, 20, 23, 30, 4, 0, time.UTC)
	e := new(Events)
	event := func(kind, aggregate string, after time.Duration, fields map[string]any) identity.Fact {
		t.Helper()
		payload, err := structpb.NewStruct(fields)
		if err != nil {
			t.Fatal(err)
		}
		fact, err := e.fact(t.Context(), &eventpb.Event{
			Aggregate: &eventpb.Aggregate{Id: aggregate}, CreationDate: timestamppb.New(when.Add(after)), Payload: payload, Type: &eventpb.EventType{Type: kind},
		})
		if err != nil {
			t.Fatal(err)
		}
		return fact
	}
	for _, checked := range []struct {
		kind, user, browser, address string
		after                        time.Duration
	}{
		{passwordChecked, "u1", "b1", "192.0.2.1", 0},
		{providerChecked, "u1", "b2", "192.0.2.2", time.Second},
		{passkeyChecked, "u2", "b1", "192.0.2.3", time.Second},
		{passwordChecked, "u1", "b1", "192.0.2.4", -time.Hour}, // read later, and older
		{passwordChecked, "u3", "", "192.0.2.5", 0},
	} {
		if fact := event(checked.kind, checked.user, checked.after, map[string]any{"userAgentID": checked.browser, "remoteIP": checked.address, "id": "r"}); fact != nil {
			t.Errorf("%s is told: %+v", checked.kind, fact)
		}
	}
	for _, test := range []struct {
		user, browser, told string
		after               time.Duration
		want                string
	}{
		{"u1", "b1", "", time.Minute, "192.0.2.1"},
		{"u1", "b2", "", time.Minute, "192.0.2.2"},
		{"u2", "b1", "", time.Minute, "192.0.2.3"},
		{"u1", "b1", "", -time.Second, ""},
		{"u1", "b1", "", time.Hour, ""},
		{"u1", "b3", "", time.Minute, ""},
		{"u3", "", "", time.Minute, ""},
		{"u1", "b1", "198.51.100.9", time.Minute, "198.51.100.9"},
	} {
		fact := event(signedIn, "V2_1", test.after, map[string]any{"userID": test.user, "userAgent": map[string]any{"fingerprint_id": test.browser, "ip": test.told}})
		if in, ok := fact.(identity.UserSignedIn); !ok || in.Address != test.want {
			t.Errorf("%s with %s after %v from %q: %+v, want from %q", test.user, test.browser, test.after, test.told, fact, test.want)
		}
	}
}
