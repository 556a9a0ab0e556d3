package identity

import (
	"testing"
	"time"
)

func TestSetupProgress(t *testing.T) {
	made := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	both, alone := []SetupIntent{IntentDomains, IntentSSO}, []SetupIntent{IntentSSO}
	proven := []Domain{{Name: "a.example"}, {Name: "b.example", Verified: true}}
	draft := Connection{State: ConnectionDraft}
	known := Connection{State: ConnectionDraft, Provider: "1", Protocol: ProtocolSAML, Metadata: "x"}
	tested := Connection{State: ConnectionTested, Provider: "1"}
	active := Connection{State: ConnectionActive, Provider: "1", ActivatedAt: made.Add(time.Hour)}
	old := Connection{State: ConnectionActive, Provider: "1", ActivatedAt: made.Add(-time.Hour)}
	for _, tt := range []struct {
		name        string
		intents     []SetupIntent
		domains     []Domain
		connections []Connection
		want, of    int
	}{
		{"nothing", both, nil, nil, 1, 5},
		{"a domain that is not proven", both, proven[:1], nil, 1, 5},
		{"a domain", both, proven, nil, 2, 5},
		{"a connection without a domain", both, nil, []Connection{tested}, 1, 5},
		{"a connection", both, proven, []Connection{draft}, 3, 5},
		{"its settings", both, proven, []Connection{known}, 4, 5},
		{"a test that passed", both, proven, []Connection{tested}, 5, 5},
		{"the furthest of several", both, proven, []Connection{draft, tested, known}, 5, 5},
		{"active", both, proven, []Connection{active}, 6, 5},
		{"one from before the link does not count", both, proven, []Connection{old}, 2, 5},
		{"sign-in alone", alone, nil, []Connection{draft}, 2, 4},
		{"domains alone", []SetupIntent{IntentDomains}, nil, []Connection{active}, 1, 1},
		{"domains alone, done", []SetupIntent{IntentDomains}, proven, nil, 2, 1},
		{"for nothing", nil, proven, nil, 1, 0},
	} {
		link := SetupLink{Intents: tt.intents, CreatedAt: made}
		steps := SetupSteps(tt.intents...)
		if got := CurrentStep(steps, SetupDone(tt.domains, link.Begun(tt.connections))); got != tt.want || len(steps) != tt.of {
			t.Errorf("%s: step %d of %d, want %d of %d", tt.name, got, len(steps), tt.want, tt.of)
		}
	}
}
