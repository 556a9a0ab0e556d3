package store

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// errCursor answers a page's address that no page of ours has.
func errCursor() *identity.Error { return identity.Invalid("page.cursor") }

// timeCursor is a place in a list that is ordered by time and ID.
type timeCursor struct {
	us int64
	id string
}

// newest precedes every row of a list, newest first.
var newest = timeCursor{us: math.MaxInt64}

func (c timeCursor) String() string { return strconv.FormatInt(c.us, 36) + "-" + c.id }

// parseTimeCursor reads what String wrote; an empty text is the newest.
func parseTimeCursor(text string) (timeCursor, error) {
	if text == "" {
		return newest, nil
	}
	time, id, ok := strings.Cut(text, "-")
	us, err := strconv.ParseInt(time, 36, 64)
	if !ok || err != nil || id == "" {
		return timeCursor{}, errCursor()
	}
	return timeCursor{us: us, id: id}, nil
}

// nameCursor is a place in a list of organizations by name. Their names are no
// secret of a person.
type nameCursor struct{ name, id string }

func (c nameCursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.name + "\x00" + c.id))
}

func parseNameCursor(text string) (nameCursor, error) {
	if text == "" {
		return nameCursor{}, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nameCursor{}, errCursor()
	}
	name, id, ok := strings.Cut(string(plain), "\x00")
	if !ok || id == "" {
		return nameCursor{}, errCursor()
	}
	return nameCursor{name: name, id: id}, nil
}

// like is a LIKE pattern for texts that contain the folded words of what was
// typed. % and _ cannot be in a word.
func like(typed string) string {
	if typed := strings.Join(words(typed), " "); typed != "" {
		return "%" + typed + "%"
	}
	return "%"
}
