package store

import (
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
)

// subject is the kind of thing a fact is about.
type subject string

const (
	aboutOrganization subject = "organization"
	aboutUser         subject = "user"
	aboutAssignment   subject = "role-assignment"
	aboutGrant        subject = "grant"
)

// subjectOf says what a fact is about, by kind and ID, and since when it is so.
// A fact without meaning here has an empty subject.
func subjectOf(fact identity.Fact) (about subject, id string, at time.Time) {
	switch f := fact.(type) {
	case identity.OrganizationCreated:
		return aboutOrganization, string(f.Organization), f.At
	case identity.OrganizationRenamed:
		return aboutOrganization, string(f.Organization), f.At
	case identity.OrganizationMetadataSet:
		return aboutOrganization, string(f.Organization), f.At
	case identity.OrganizationStateChanged:
		return aboutOrganization, string(f.Organization), f.At
	case identity.OrganizationRemoved:
		return aboutOrganization, string(f.Organization), f.At
	case identity.UserCreated:
		return aboutUser, string(f.User.ID), f.At
	case identity.UserChanged:
		return aboutUser, string(f.User), f.At
	case identity.UserSignedIn:
		return aboutUser, string(f.User), f.At
	case identity.CredentialAdded:
		return aboutUser, string(f.User), f.At
	case identity.CredentialRemoved:
		return aboutUser, string(f.User), f.At
	case identity.UserRemoved:
		return aboutUser, string(f.User), f.At
	case identity.RoleAssignmentCreated:
		return aboutAssignment, string(f.Assignment.ID), f.At
	case identity.RoleAssignmentChanged:
		return aboutAssignment, string(f.ID), f.At
	case identity.RoleAssignmentStateChanged:
		return aboutAssignment, string(f.ID), f.At
	case identity.RoleAssignmentRemoved:
		return aboutAssignment, string(f.ID), f.At
	case identity.GrantSet:
		return aboutGrant, f.Grant, f.At
	case identity.GrantRemoved:
		return aboutGrant, f.Grant, f.At
	}
	return "", "", time.Time{}
}

// folded is one organization, user or role assignment as far as its facts are
// known. One that is removed keeps its version, so that a late event does not
// bring it back.
type folded struct {
	about  subject
	id     string
	exists bool

	organization identity.Organization
	user         identity.User
	credentials  []credential // of the user, sorted; never changed in place
	stored       []credential // as their rows are
	assignment   identity.RoleAssignment
	assignedAt   time.Time // when the assignment's roles were last set as a whole

	changed  time.Time // of the latest fact folded in
	sequence uint64    // of the latest event folded in; own writes have none

	stone bool // there is a stone of its removal
	dirty bool // not written yet
}

// createdAt is when the thing came to be.
func (f *folded) createdAt() time.Time {
	switch f.about {
	case aboutOrganization:
		return f.organization.CreatedAt
	case aboutUser:
		return f.user.CreatedAt
	}
	return f.assignment.CreatedAt
}

// fold takes in a fact about the same thing. It reports false, and changes
// nothing, when the fact changes something that is not known to exist: then an
// earlier event is missing.
func (f *folded) fold(fact identity.Fact) bool {
	switch f.about {
	case aboutOrganization:
		return f.foldOrganization(fact)
	case aboutUser:
		return f.foldUser(fact)
	case aboutAssignment:
		return f.foldAssignment(fact)
	}
	return false
}

func (f *folded) foldOrganization(fact identity.Fact) bool {
	switch fact := fact.(type) {
	case identity.OrganizationCreated:
		if !f.exists {
			f.organization = identity.Organization{ID: fact.Organization}
		}
		f.exists = true
		f.organization.RemoteName = fact.RemoteName
		f.organization.State = identity.OrganizationActive
		f.organization.CreatedAt = fact.At
		return true
	case identity.OrganizationRemoved:
		f.exists, f.organization = false, identity.Organization{ID: fact.Organization}
		return true
	}
	if !f.exists {
		return false
	}
	switch fact := fact.(type) {
	case identity.OrganizationRenamed:
		f.organization.RemoteName = fact.RemoteName
	case identity.OrganizationStateChanged:
		f.organization.State = fact.State
	case identity.OrganizationMetadataSet:
		switch fact.Key {
		case identity.MetadataKind:
			f.organization.Kind = kindOf(fact.Value)
		case identity.MetadataSchool:
			f.organization.School = identity.OrganizationID(fact.Value)
		case identity.MetadataName:
			f.organization.Name = fact.Value
		}
	}
	return true
}

// kindOf reads the metadata homeroom.kind; anything else makes an organization
// that is nobody's page.
func kindOf(value string) identity.Kind {
	switch kind := identity.Kind(value); kind {
	case identity.KindSchool, identity.KindClassroom:
		return kind
	}
	return ""
}

func (f *folded) foldUser(fact identity.Fact) bool {
	switch fact := fact.(type) {
	case identity.UserCreated:
		seen := f.user.LastSeenAt
		if f.exists, f.user = true, fact.User; fact.Password {
			f.addCredential(credential{kind: identity.CredentialPassword, at: fact.At})
		}
		f.user.CreatedAt = fact.At
		if f.user.State == "" {
			f.user.State = identity.UserActive
		}
		if seen.After(f.user.LastSeenAt) {
			f.user.LastSeenAt = seen
		}
		return true
	case identity.UserRemoved:
		// The name stays for the audit records of the same transaction.
		f.exists, f.user.LastSeenAt, f.credentials = false, time.Time{}, nil
		return true
	}
	if !f.exists {
		return false
	}
	switch fact := fact.(type) {
	case identity.UserSignedIn:
		if fact.At.After(f.user.LastSeenAt) {
			f.user.LastSeenAt = fact.At
		}
	case identity.UserChanged:
		set(&f.user.UserName, fact.UserName)
		set(&f.user.GivenName, fact.GivenName)
		set(&f.user.FamilyName, fact.FamilyName)
		set(&f.user.Address, fact.Address)
		set(&f.user.AddressVerified, fact.AddressVerified)
		set(&f.user.Language, fact.Language)
		set(&f.user.State, fact.State)
	case identity.CredentialAdded:
		f.addCredential(credential{kind: fact.Kind, id: fact.ID, at: fact.At})
	case identity.CredentialRemoved:
		f.removeCredential(fact.Kind, fact.ID)
	}
	return true
}

// set takes over a field that a fact carries.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func (f *folded) foldAssignment(fact identity.Fact) bool {
	switch fact := fact.(type) {
	case identity.RoleAssignmentCreated:
		f.exists, f.assignment = true, fact.Assignment
		f.assignment.Roles = identity.SortRoles(fact.Assignment.Roles)
		if f.assignment.CreatedAt.IsZero() {
			f.assignment.CreatedAt = fact.At
		}
		if f.assignment.State == "" {
			f.assignment.State = identity.AssignmentActive
		}
		f.assignedAt = fact.At
		return true
	case identity.RoleAssignmentRemoved:
		f.exists = false
		return true
	}
	if !f.exists {
		return false
	}
	switch fact := fact.(type) {
	case identity.RoleAssignmentChanged:
		f.assignment.Roles = identity.SortRoles(fact.Roles)
		f.assignedAt = fact.At
	case identity.RoleAssignmentStateChanged:
		f.assignment.State = fact.State
	}
	return true
}

// take folds an event in and moves the version on.
func (f *folded) take(e identity.Event) bool {
	if !f.fold(e.Fact) {
		return false
	}
	f.changed = later(f.changed, e.At)
	if e.Sequence > f.sequence {
		f.sequence = e.Sequence
	}
	return true
}

// foldAll folds all events of one aggregate, in whatever order they come, into
// what they say together. complete is false when the beginning is missing.
func foldAll(events []identity.Event) (f folded, complete bool) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, bySequence)
	complete = true
	for i, e := range events {
		about, id, _ := subjectOf(e.Fact)
		if about == "" || about == aboutGrant || i > 0 && e.Sequence == events[i-1].Sequence {
			continue
		}
		if f.about == "" {
			f.about, f.id = about, id
		}
		if about != f.about || id != f.id {
			continue // a session's sign-in, say, is counted where it came
		}
		// What precedes the creation is unknown; what follows it counts.
		complete = f.take(e)
	}
	return f, complete && f.about != ""
}

func bySequence(a, b identity.Event) int {
	switch {
	case a.Sequence < b.Sequence:
		return -1
	case a.Sequence > b.Sequence:
		return 1
	}
	return a.At.Compare(b.At)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
