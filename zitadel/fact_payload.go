package zitadel

import (
	"google.golang.org/protobuf/types/known/structpb"

	"homeroom.dev/homeroom/identity"
)

// payload is what an event carries. Nothing is read from it but by name: it holds
// password hashes, codes, keys, cookies and addresses as well, and those go
// nowhere.
type payload struct{ *structpb.Struct }

func (p payload) has(field string) bool {
	_, there := p.GetFields()[field]
	return there
}

// inner is an object within the payload; an empty one if it is not there.
func (p payload) inner(field string) payload {
	return payload{p.GetFields()[field].GetStructValue()}
}

// list are the texts of a list.
func (p payload) list(field string) []string {
	var texts []string
	for _, value := range p.GetFields()[field].GetListValue().GetValues() {
		texts = append(texts, value.GetStringValue())
	}
	return texts
}

func (p payload) text(field string) string {
	return p.GetFields()[field].GetStringValue()
}

// changed is a text that is nil where the event does not carry it.
func (p payload) changed(field string, read func(string) string) *string {
	value, there := p.GetFields()[field]
	if !there {
		return nil
	}
	text := read(value.GetStringValue())
	return &text
}

func (p payload) roles() []identity.Role {
	return toRoles(p.list("roleKeys"))
}
