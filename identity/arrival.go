package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Arriving is who came back from a school's identity provider, as what it sent
// was understood.
type Arriving struct {
	ExternalID string // NameID or sub
	Address    string
	// AddressDoubted says that the identity provider itself calls the address
	// unconfirmed. One that says nothing about it vouches for it.
	AddressDoubted bool
	GivenName      string
	FamilyName     string
	Language       string
	District       string // at Clever or ClassLink
	Linked         UserID // whom Zitadel has tied to ExternalID already, or empty
}

// Candidate is somebody at home in the school who may be the one who arrives.
type Candidate struct {
	User     User
	Roles    bool // holds an active role in the school or one of its classrooms
	Operator bool // of the platform
}

// Arrived is who signs in, after all that the rules do for them is done.
type Arrived struct {
	User  User
	First bool // they had not come through this connection before
	Asked bool // they wait for a school_admin to let them in
	// Findings are what is worth telling the school's IT of an arrival that went
	// well.
	Findings []Finding
	// Aside is what went wrong without keeping anybody from signing in.
	Aside error
}

// Arrivals is what an arrival uses of the store, for a school opened by
// [OpenArriving] or a classroom opened by [OpenForArrival].
type Arrivals interface {
	// InTurn, Member and Change are those of [Roster].
	InTurn(ctx context.Context, f func(context.Context) error) error
	Member(context.Context, UserID) (Member, error)
	Change(ctx context.Context, change Change, act func(context.Context) ([]Fact, error)) error
	// InArrivalTurn runs f while nobody else arrives here with the address.
	InArrivalTurn(ctx context.Context, address string, f func(context.Context) error) error
	// PeopleByAddress are those at home here who have the address, verified or not.
	PeopleByAddress(ctx context.Context, address string) ([]Candidate, error)
	Domains(context.Context) ([]Domain, error)
	// ClassroomIn is a classroom of this school, or not found.
	ClassroomIn(context.Context, OrganizationID) (Organization, error)
	// AskToJoin puts the request before the school's admins. It may be repeated.
	AskToJoin(context.Context, JoinRequest) error
	// CameThrough reports whether SignedInThrough has been called.
	CameThrough(context.Context, ConnectionID, UserID) (bool, error)
	SignedInThrough(ctx context.Context, connection ConnectionID, user UserID, externalID string) error
}

// ArrivalDesk gives an arrival what it may touch.
type ArrivalDesk interface {
	Rows(Opened) Arrivals
	Remote(Opened) Remote
	// Operates reports whether the user is an operator of the platform.
	Operates(context.Context, UserID) (bool, error)
	// Holds reports whether the user holds a role in the school or one of its
	// classrooms, suspended or not.
	Holds(ctx context.Context, school OrganizationID, user UserID) (bool, error)
}

// Refusal is why somebody who came from a school's identity provider is not let
// in: Because for themselves, Finding for the school's IT.
type Refusal struct {
	Because *Error
	Finding Finding
}

func (r *Refusal) Error() string { return r.Because.Error() }

// Unwrap makes a refusal the [Error] that its page tells.
func (r *Refusal) Unwrap() error { return r.Because }

// arrival is one that is being carried out.
type arrival struct {
	school     Opened
	desk       ArrivalDesk
	rows       Arrivals
	remote     Remote
	connection Connection
	person     Arriving
	domain     Domain // of the address; not verified if the school does not have it
	out        Arrived
}

// Arrive finds out who signs in by the rules of the connection, and does for
// them what the rules say. The school was opened by [OpenArriving] for this
// attempt, the person was vouched for by the connection's identity provider.
//
// Somebody whom the rules do not let in is a [Refusal]. Every step may be
// repeated: whatever cut an arrival off, the next one goes on where it stopped.
func Arrive(ctx context.Context, school Opened, desk ArrivalDesk, c Connection, p Arriving) (Arrived, error) {
	if school.Arriving() == "" || p.ExternalID == "" {
		return Arrived{}, Gone("sign-in.lost")
	}
	school = school.through(c)
	p.GivenName, p.FamilyName = arrivingName(p.GivenName), arrivingName(p.FamilyName)
	p.Address = strings.TrimSpace(p.Address)
	a := &arrival{
		school: school, desk: desk, rows: desk.Rows(school), remote: desk.Remote(school), connection: c, person: p,
	}
	if err := a.served(ctx); err != nil {
		return Arrived{}, err
	}
	if err := a.identify(ctx); err != nil {
		return Arrived{}, err
	}
	if err := a.join(ctx); err != nil {
		return Arrived{}, err
	}
	if err := a.rows.SignedInThrough(ctx, c.ID, a.out.User.ID, p.ExternalID); err != nil {
		return Arrived{}, fmt.Errorf("remember who came through: %w", err)
	}
	return a.out, nil
}

// served refuses people whom the connection is not for.
func (a *arrival) served(ctx context.Context) error {
	c, p := a.connection, a.person
	if c.State != ConnectionActive {
		return a.refuse(Forbidden("arrive.refused.off", "Name", c.Name), "connection-off", "", "")
	}
	if c.Vendor.InstanceWide() && (c.District == "" || p.District != c.District) {
		return a.refuse(Forbidden("arrive.refused.district", "School", a.schoolName(), "Name", c.Name),
			"district", c.District, p.District)
	}
	domain := AddressDomain(p.Address)
	switch {
	case domain == "" && p.Linked != "":
		return nil // known by who they are there; no address decides anything
	case domain == "":
		return a.refuse(Forbidden("arrive.refused.address", "Name", c.Name), "address", "", p.Address)
	case !slices.Contains(c.Domains, domain):
		return a.refuse(Forbidden("arrive.refused.domain", "Name", c.Name, "Domain", domain),
			"domain", strings.Join(c.Domains, ", "), domain)
	}
	domains, err := a.rows.Domains(ctx)
	if err != nil {
		return fmt.Errorf("list domains: %w", err)
	}
	if i := slices.IndexFunc(domains, func(d Domain) bool { return d.Name == domain }); i >= 0 {
		a.domain = domains[i]
	}
	return nil
}

func (a *arrival) schoolName() string { return a.school.Organization().Name }

func (a *arrival) refuse(because *Error, code, expected, received string) error {
	return &Refusal{
		Because: because, Finding: Finding{Code: code, Level: LevelBad, Expected: expected, Received: received},
	}
}

// arrivingName is a name as it will be stored. Nobody is there to shorten it.
func arrivingName(name string) string {
	name = CleanName(name)
	if runes := []rune(name); len(runes) > maxPersonName {
		return strings.TrimSpace(string(runes[:maxPersonName]))
	}
	return name
}

// AddressDomain is the domain of an e-mail address in lower case, or empty if it
// is not one that could be anybody's mailbox.
func AddressDomain(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") ||
		strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '"' || r == '\\' }) {
		return ""
	}
	// Domains are kept as A-labels: what is not ASCII is none of them, however
	// much it looks like one.
	domain = strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, domain)
	if strings.ContainsFunc(domain, func(r rune) bool { return r > 0x7f }) {
		return ""
	}
	return domain
}

// Code is the short form of an attempt's ID that people read out to the school's
// IT, such as K7QD-2MXA.
func (id AttemptID) Code() string {
	text := strings.ToUpper(string(id))
	if len(text) < 8 {
		return text
	}
	return text[:4] + "-" + text[4:8]
}
