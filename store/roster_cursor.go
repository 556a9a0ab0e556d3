package store

import (
	"encoding/json"

	"homeroom.dev/homeroom/identity"
)

// rosterKey is a place in a roster: what it is ordered by, then the name, then
// the user.
type rosterKey struct {
	Order int64  `json:"o,omitempty"` // place of the role, or when last seen
	Name  string `json:"n"`
	User  string `json:"u"`
}

// A roster's cursor holds a name and stands in URLs, which are logged and shared:
// it is sealed, for this organization and this order.

func (o *Organization) cursorPlace(sort RosterSort) place {
	return place{table: "cursor", column: string(sort), row: o.id}
}

func (o *Organization) sealCursor(sort RosterSort, key rosterKey) (string, error) {
	plain, err := json.Marshal(key)
	if err != nil {
		return "", err
	}
	return o.store.keys.sealURL(o.cursorPlace(sort), plain)
}

// openCursor reads a cursor. One that is not ours, of another order or of a key
// that was retired is invalid ("page.cursor").
func (o *Organization) openCursor(sort RosterSort, text string) (*rosterKey, error) {
	if text == "" {
		return nil, nil
	}
	plain, err := o.store.keys.openURL(o.cursorPlace(sort), text)
	if err != nil {
		return nil, errCursor().Because(err)
	}
	var key rosterKey
	if err := json.Unmarshal(plain, &key); err != nil {
		return nil, errCursor().Because(err)
	}
	return &key, nil
}

// roleOrder is the column role_order of a role.
func roleOrder(role identity.Role) int64 {
	if rank := role.Rank(); rank > 0 {
		return int64(len(identity.Roles) - rank)
	}
	return int64(len(identity.Roles))
}
