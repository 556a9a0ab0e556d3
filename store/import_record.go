package store

import (
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// importActions are what the kinds of rows are called on record.
var importActions = map[roster.Kind]identity.Action{
	roster.KindCreate: identity.ActionImportCreated, roster.KindUpdate: identity.ActionImportUpdated,
	roster.KindMove: identity.ActionImportMoved, roster.KindRemove: identity.ActionImportRemoved,
}

// importChange is a row as its record tells it: what changes, never a secret and
// never an address.
func (o *Organization) importChange(id ImportID, r ImportRow) batchChange {
	c := identity.Change{
		Action: importActions[r.Kind], Target: string(r.User), TargetName: r.Name(),
		Before: map[string]string{}, After: map[string]string{},
	}
	var joins, leaves []string
	for _, s := range r.Steps {
		switch s.Kind {
		case roster.StepAssign, roster.StepInvite:
			c.After[identity.AuditRole] = string(s.Role)
			joins = append(joins, s.Name)
		case roster.StepUnassign:
			c.Before[identity.AuditRole] = string(s.Role)
			leaves = append(leaves, s.Name)
		case roster.StepUpdate:
			auditedFields(c.Before, s.Before)
			auditedFields(c.After, s.After)
		}
	}
	if len(joins) > 0 {
		c.After["classroom"] = strings.Join(joins, ", ")
	}
	if len(leaves) > 0 {
		c.Before["classroom"] = strings.Join(leaves, ", ")
	}
	return batchChange{change: c, once: importOnce(id, r.Position)}
}

// auditedFields are those of an account that are no address.
func auditedFields(values map[string]string, f *roster.Fields) {
	if f == nil {
		return
	}
	var names []string
	for _, name := range []*string{f.GivenName, f.FamilyName} {
		if name != nil {
			names = append(names, *name)
		}
	}
	if len(names) > 0 {
		values[identity.AuditName] = strings.Join(names, " ")
	}
	if f.UserName != nil && !strings.Contains(*f.UserName, "@") {
		values[identity.AuditUserName] = *f.UserName
	}
}

// importOnce tells the records of a row from those of the same row done again.
func importOnce(id ImportID, position int64) string { return fmt.Sprintf("import/%s/%d", id, position) }
