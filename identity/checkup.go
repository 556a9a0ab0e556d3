package identity

import (
	"encoding/json"
	"fmt"
	"time"
)

// Ailment is something the doctor looked at. What is so is the catalogue's
// "doctor.<code>.<level>", and what mends it "doctor.<code>.mend". Both are
// filled with Args: the names of settings, versions and figures, never a secret
// and nothing about a person.
type Ailment struct {
	Code  string         `json:"code"`
	Level Level          `json:"level"`
	Args  map[string]any `json:"args,omitempty"`
}

// UnmarshalJSON reads an ailment with its figures as [Message] reads them.
func (a *Ailment) UnmarshalJSON(text []byte) error {
	var read struct {
		Code  string          `json:"code"`
		Level Level           `json:"level"`
		Args  json.RawMessage `json:"args"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return fmt.Errorf("read ailment: %w", err)
	}
	var m Message
	if len(read.Args) > 0 {
		if err := json.Unmarshal([]byte(`{"Args":`+string(read.Args)+`}`), &m); err != nil {
			return fmt.Errorf("read ailment: %w", err)
		}
	}
	*a = Ailment{Code: read.Code, Level: read.Level, Args: m.Args}
	return nil
}

// Is is the sentence of what is so.
func (a Ailment) Is() Message {
	return Message{ID: "doctor." + a.Code + "." + string(a.Level), Args: a.Args}
}

// Mend is the sentence of what to do. What is good needs none.
func (a Ailment) Mend() Message { return Message{ID: "doctor." + a.Code + ".mend", Args: a.Args} }

// Checkup is what the doctor found at one time.
type Checkup struct {
	At       time.Time     `json:"at"`
	Took     time.Duration `json:"took"`
	Ailments []Ailment     `json:"findings"`
}

// Level is the worst there is.
func (c Checkup) Level() Level {
	worst := LevelGood
	for _, a := range c.Ailments {
		switch {
		case a.Level == LevelBad:
			return LevelBad
		case a.Level == LevelWarning:
			worst = LevelWarning
		}
	}
	return worst
}

// Count is how many ailments are of level.
func (c Checkup) Count(level Level) int {
	n := 0
	for _, a := range c.Ailments {
		if a.Level == level {
			n++
		}
	}
	return n
}
