package views

import (
	"context"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Values of the role and sign-in filters that are no role and no credential.
const (
	PeopleStaff    = "staff"
	PeopleNoRole   = "none"
	PeopleNever    = "never"
	PeopleNoFactor = "no-factor"
)

// PeopleFilter is which people of a school are asked for: the part of the URL
// that people choose.
type PeopleFilter struct {
	Search    string
	Role      string // a role, PeopleStaff or PeopleNoRole
	Classroom identity.OrganizationID
	State     identity.PersonState
	SignIn    string // PeopleNever, PeopleNoFactor or a credential
}

// Params are the filter as parameters of a URL or hidden fields of a form.
func (f PeopleFilter) Params() []Param {
	return []Param{
		{"q", f.Search}, {"role", f.Role}, {"classroom", string(f.Classroom)}, {"state", string(f.State)}, {"sign-in", f.SignIn},
	}
}

// Filters reports whether the filter leaves anybody out.
func (f PeopleFilter) Filters() bool { return f != PeopleFilter{} }

// PeopleView is what the page of a school's people shows.
type PeopleView struct {
	Filter         PeopleFilter
	Reversed       bool
	Rows           []identity.SchoolPerson
	Total          int  // that match
	More           bool // there are more than Total
	Next, Previous string
	Paged          bool
	Classrooms     []NamedValue // to filter by
	After, Before  string       // the page that is shown
	Ticks          *Ticks
	Action         string // chosen for those ticked
}

// Here are the filter and the order.
func (v PeopleView) Here() []Param {
	params := v.Filter.Params()
	if v.Reversed {
		params = append(params, Param{"sort", SortNameReversed})
	}
	return params
}

// hereAndPage are the filter, the order and the page.
func (v PeopleView) hereAndPage() []Param {
	return append(v.Here(), Param{"after", v.After}, Param{"before", v.Before})
}

// shown are those on the page.
func (v PeopleView) shown() []identity.UserID {
	users := make([]identity.UserID, len(v.Rows))
	for i, row := range v.Rows {
		users[i] = row.User.ID
	}
	return users
}

// Path is the list's URL with the filter, the order and the page.
func (v PeopleView) Path(school identity.OrganizationID) string {
	return WithQuery(PeoplePath(school), v.hereAndPage()...)
}

func (v PeopleView) path(org identity.OrganizationID, more ...Param) string {
	return WithQuery(PeoplePath(org), append(v.Here(), more...)...)
}

func (v PeopleView) next(org identity.OrganizationID) string {
	if v.Next == "" {
		return ""
	}
	return v.path(org, Param{"after", v.Next})
}

func (v PeopleView) previous(org identity.OrganizationID) string {
	if v.Previous == "" {
		return ""
	}
	return v.path(org, Param{"before", v.Previous})
}

func (v PeopleView) sortHead(ctx context.Context, org identity.OrganizationID) Sort {
	turned := v
	turned.Reversed = !v.Reversed
	return Sort{Label: text(ctx, "people.name"), Active: true, Descending: v.Reversed, Href: turned.path(org)}
}

func (v PeopleView) summary(ctx context.Context) string {
	switch {
	case v.More:
		return text(ctx, "people.more-than", "Count", v.Total)
	case v.Filter.Filters():
		return text(ctx, "people.matching", "Count", v.Total)
	}
	return text(ctx, "people.count", "Count", v.Total)
}

// all is the choice of everybody who matches, not only of this page.
func (v PeopleView) all(ctx context.Context) string {
	switch {
	case v.More:
		return text(ctx, "people.all-more", "Count", v.Total)
	case v.Filter.Filters():
		return text(ctx, "people.all-matching", "Count", v.Total)
	}
	return text(ctx, "people.all", "Count", v.Total)
}

func peopleRoles(ctx context.Context) []Option {
	return []Option{
		{Value: "", Label: text(ctx, "people.role.all")},
		{Value: string(identity.RoleStudent), Label: RoleName(ctx, identity.RoleStudent)},
		{Value: PeopleStaff, Label: text(ctx, "people.role.staff")},
		{Value: string(identity.RoleCoTeacher), Label: RoleName(ctx, identity.RoleCoTeacher)},
		{Value: string(identity.RoleTeacher), Label: RoleName(ctx, identity.RoleTeacher)},
		{Value: string(identity.RoleSchoolAdmin), Label: RoleName(ctx, identity.RoleSchoolAdmin)},
		{Value: PeopleNoRole, Label: text(ctx, "people.role.none")},
	}
}

func peopleStates(ctx context.Context) []Option {
	options := []Option{{Value: "", Label: text(ctx, "people.state.all")}}
	for _, state := range identity.PersonStates {
		_, label := personState(ctx, state)
		options = append(options, Option{Value: string(state), Label: label})
	}
	return options
}

func peopleSignIns(ctx context.Context) []Option {
	options := []Option{
		{Value: "", Label: text(ctx, "people.sign-in.all")},
		{Value: PeopleNever, Label: text(ctx, "people.sign-in.never")},
		{Value: PeopleNoFactor, Label: text(ctx, "people.sign-in.no-factor")},
	}
	for _, kind := range identity.Credentials {
		options = append(options, Option{Value: string(kind), Label: text(ctx, "credential."+string(kind))})
	}
	return options
}

func peopleClassrooms(ctx context.Context, classrooms []NamedValue) []Option {
	options := []Option{{Value: "", Label: text(ctx, "people.classroom.all")}}
	for _, c := range classrooms {
		options = append(options, Option{Value: c.Value, Label: c.Name})
	}
	return options
}

func personState(ctx context.Context, state identity.PersonState) (TagKind, string) {
	switch state {
	case identity.PersonSuspended:
		return TagOff, text(ctx, "state.suspended")
	case identity.PersonInactive:
		return TagOff, text(ctx, "roster.inactive")
	case identity.PersonLocked:
		return TagWarning, text(ctx, "roster.locked")
	}
	return TagGood, text(ctx, "state.active")
}

// personRoles are the roles of a person as a list reads them, highest first.
func personRoles(ctx context.Context, p identity.SchoolPerson) string {
	if len(p.Roles) == 0 {
		return text(ctx, "people.role.none")
	}
	names := make([]string, len(p.Roles))
	for i, role := range p.Roles {
		names[len(names)-1-i] = RoleName(ctx, role)
	}
	return strings.Join(names, ", ")
}

// signsInBy says in short what somebody signs in with: how, and whether there is
// a second factor.
func signsInBy(ctx context.Context, p identity.SchoolPerson) string {
	var names []string
	for _, kind := range []identity.Credential{identity.CredentialProvider, identity.CredentialPassword, identity.CredentialPasskey} {
		if slices.Contains(p.Credentials, kind) {
			names = append(names, text(ctx, "credential."+string(kind)))
		}
	}
	if p.SecondFactor() && !slices.Contains(p.Credentials, identity.CredentialPasskey) {
		names = append(names, text(ctx, "people.factor"))
	}
	if len(names) == 0 {
		return text(ctx, "people.no-credential")
	}
	return strings.Join(names, ", ")
}

func bulkOptions(ctx context.Context) []Option {
	options := make([]Option, len(identity.BulkActions))
	for i, action := range identity.BulkActions {
		options[i] = Option{Value: string(action), Label: bulkChoice(ctx, action)}
	}
	return options
}
