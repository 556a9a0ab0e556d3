package identity

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMessagesComeBackFromJSONAsTheyWere(t *testing.T) {
	for _, test := range []struct {
		name    string
		message Message
		want    Message
	}{
		{"nothing", Message{}, Message{}},
		{"no arguments", Say("a"), Say("a")},
		{"texts", Say("a", "Name", "Sam 7"), Say("a", "Name", "Sam 7")},
		{"whole numbers", Say("a", "Count", 2, "Zero", 0), Say("a", "Count", 2, "Zero", 0)},
		{"other numbers", Say("a", "Share", 0.5), Say("a", "Share", "0.5")},
		{"a number beyond int", Say("a", "N", 1e30), Say("a", "N", "1e+30")},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, err := json.Marshal(test.message)
			if err != nil {
				t.Fatal(err)
			}
			var got Message
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	var got Message
	if err := json.Unmarshal([]byte(`{"ID":7}`), &got); err == nil || got.ID != "" {
		t.Errorf("what is no message reads as %+v", got)
	}
}
