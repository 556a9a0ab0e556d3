package identity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// UnmarshalJSON reads a message that waited somewhere for its reader. JSON
// knows one kind of number; whole ones are int again, because they choose
// plural forms.
func (m *Message) UnmarshalJSON(text []byte) error {
	type plain Message // without this method
	var read plain
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	for name, value := range read.Args {
		number, ok := value.(json.Number)
		if !ok {
			continue
		}
		if whole, err := strconv.Atoi(number.String()); err == nil {
			read.Args[name] = whole
		} else {
			read.Args[name] = number.String()
		}
	}
	*m = Message(read)
	return nil
}
