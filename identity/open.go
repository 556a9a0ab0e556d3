package identity

import (
	"cmp"
	"errors"
	"slices"
)

// Actor is who acts: a signed-in person.
type Actor struct {
	User UserID
	Name string
}

// Opened is one organization, opened for one actor. Only this file makes one,
// and the store and the gateway give out nothing of an organization without
// it. The zero value has no ID and finds nothing.
type Opened struct {
	organization Organization
	actor        Actor
	roles        []Role // effective: held here, in its school, on the platform
	held         []Role // held here
	invitation   InvitationID
	founded      bool
	setup        *SetupLink
	arriving     AttemptID
	code         string // of a join code
}

// Held are an actor's active role assignments that can count in an
// organization.
type Held struct {
	Here     []Role // in the organization itself
	School   []Role // in its school
	Platform []Role // in the operators' organization
}

// Open lets actor into organization, or says it was not found: an organization
// one has no role in does not exist. A suspended school is open to the
// platform's operators alone, and others who hold a role there are told
// ("school.suspended"). An archived classroom opens to what [Opened.Permits]
// leaves of it.
func Open(organization Organization, actor Actor, held Held) (Opened, error) {
	roles := effective(organization, held)
	if organization.ID == "" || actor.User == "" || len(roles) == 0 {
		return Opened{}, NotFound("organization.not-found")
	}
	if organization.Suspended() && !slices.Contains(roles, RoleOperator) {
		return Opened{}, organization.closed()
	}
	return Opened{organization: organization, actor: actor, roles: roles, held: SortRoles(held.Here)}, nil
}

// closed is what a door of a suspended school says.
func (o Organization) closed() error { return SchoolClosed(cmp.Or(o.SchoolName, o.Name)) }

// SchoolClosed is what every door of a suspended school says. [Closed] tells it
// from other errors.
func SchoolClosed(school string) error { return Forbidden(closedMessage, "School", school) }

// Closed reports whether err says that a school is suspended.
func Closed(err error) bool {
	var known *Error
	return errors.As(err, &known) && known.Message.ID == closedMessage
}

const closedMessage = "school.suspended"

// OpenClassroomOf opens a classroom of an opened school for who manages the
// school: what they do to people there, they do in each classroom by its own
// rules.
func OpenClassroomOf(school Opened, classroom Organization) (Opened, error) {
	if !school.Permits(ManageSchool) || classroom.ID == "" || classroom.Kind != KindClassroom ||
		classroom.School != school.ID() {
		return Opened{}, NotFound("organization.not-found")
	}
	held := Held{School: school.roles, Platform: school.roles}
	return Open(classroom, school.actor, held)
}

// OpenedPlatform is the platform, opened for one of its operators. Only
// [OpenPlatform] makes one, and what spans schools is given out for it alone.
type OpenedPlatform struct{ actor Actor }

// OpenPlatform lets an operator in. For everybody else there is nothing.
func OpenPlatform(actor Actor, platform []Role) (OpenedPlatform, error) {
	if actor.User == "" || !slices.Contains(platform, RoleOperator) {
		return OpenedPlatform{}, NotFound("organization.not-found")
	}
	return OpenedPlatform{actor: actor}, nil
}

// Actor is the operator.
func (p OpenedPlatform) Actor() Actor { return p.actor }

// OpenInvited opens the organization of an invitation for the person who
// accepts it. It carries no permission: all it allows is to take up what the
// invitation offers, which the invitation's own state decides.
func OpenInvited(organization Organization, actor Actor, invitation Invitation) (Opened, error) {
	if organization.ID == "" || invitation.ID == "" || invitation.Organization != organization.ID {
		return Opened{}, NotFound("invitation.not-found")
	}
	switch {
	case organization.Suspended():
		return Opened{}, organization.closed()
	case organization.Archived():
		return Opened{}, Gone("invitation.archived", "Organization", organization.Name)
	}
	return Opened{organization: organization, actor: actor, invitation: invitation.ID}, nil
}

// OpenFounded opens an organization for the person who has just had it made,
// before the first role assignment in it exists.
func OpenFounded(organization Organization, founder Actor, role Role) (Opened, error) {
	if organization.ID == "" || founder.User == "" || !slices.Contains(RolesIn(organization.Kind), role) {
		return Opened{}, NotFound("organization.not-found")
	}
	return Opened{
		organization: organization, actor: founder, roles: []Role{role}, held: []Role{role}, founded: true,
	}, nil
}

// OpenSetup opens a school for who confirmed the code of a set-up link. It
// carries what the link is for and nothing else. The actor is the link: they
// have no account.
func OpenSetup(school Organization, link SetupLink) (Opened, error) {
	if school.ID != "" && school.Suspended() {
		return Opened{}, school.closed()
	}
	if school.ID == "" || link.ID == "" || school.Kind != KindSchool || school.State != OrganizationActive {
		return Opened{}, NotFound("setup.not-found")
	}
	actor := Actor{User: UserID(setupActor + string(link.ID)), Name: link.Name}
	return Opened{organization: school, actor: actor, setup: &link}, nil
}

// setupActor stands before a link's ID where the ID of a user stands otherwise.
const setupActor = "setup:"

// OpenArriving opens a school for who comes back from one of its connections,
// before it is known who they are. It carries no permission: what may happen,
// the connection's rules decide.
func OpenArriving(school Organization, attempt AttemptID) (Opened, error) {
	if school.ID != "" && school.Suspended() {
		return Opened{}, school.closed()
	}
	if school.ID == "" || attempt == "" || school.State != OrganizationActive {
		return Opened{}, NotFound("organization.not-found")
	}
	actor := Actor{User: UserID(arrivingActor + string(attempt))}
	return Opened{organization: school, actor: actor, arriving: attempt}, nil
}

// OpenForArrival opens a classroom of the school that [OpenArriving] opened, for
// the role that the school's rules give to who arrives. It carries no permission
// either.
func OpenForArrival(school Opened, classroom Organization) (Opened, error) {
	if school.arriving == "" || classroom.ID == "" || classroom.Kind != KindClassroom ||
		classroom.School != school.ID() || classroom.State != OrganizationActive {
		return Opened{}, NotFound("organization.not-found")
	}
	return Opened{organization: classroom, actor: school.actor, arriving: school.arriving}, nil
}

// through names the actor of an arrival after the connection, which is what acts
// by its rules.
func (o Opened) through(c Connection) Opened {
	o.actor.Name = c.Name
	return o
}

// arrivingActor stands before an attempt's ID where the ID of a user stands otherwise.
const arrivingActor = "arriving:"

// OpenRecovering opens a school for who follows its recovery link. It carries no
// permission: all it allows is to end enforcement.
func OpenRecovering(school Organization) (Opened, error) {
	return openUnattended(school, "recovery")
}

// OpenWatched opens a school for the portal itself, which looks after its
// connections at night. It carries no permission.
func OpenWatched(school Organization) (Opened, error) {
	return openUnattended(school, "watch")
}

// OpenLeaving opens a school, in use or suspended, or one of its classrooms, for
// the portal itself, which writes the archive a school leaves with, or erases it.
// It carries no permission.
func OpenLeaving(organization Organization) (Opened, error) {
	if organization.ID == "" || organization.Kind == "" {
		return Opened{}, NotFound("organization.not-found")
	}
	return Opened{organization: organization, actor: Actor{User: "leaving"}}, nil
}

// OpenSubstitution opens a classroom for the portal itself, which ends what has
// come to its end there. It carries no permission.
func OpenSubstitution(classroom Organization) (Opened, error) {
	if classroom.ID == "" || classroom.Kind != KindClassroom {
		return Opened{}, NotFound("organization.not-found")
	}
	return Opened{organization: classroom, actor: Actor{User: "substitution"}}, nil
}

// openUnattended opens a school where nobody is signed in. The actor is what
// does it.
func openUnattended(school Organization, actor UserID) (Opened, error) {
	if school.ID != "" && school.Suspended() {
		return Opened{}, school.closed()
	}
	if school.ID == "" || school.Kind != KindSchool || school.State != OrganizationActive {
		return Opened{}, NotFound("organization.not-found")
	}
	return Opened{organization: school, actor: Actor{User: actor}}, nil
}

// effective are the roles that count in organization: those held there, those
// of a school_admin of its school, and those of an operator of the platform.
// Nothing else of a school counts in its classrooms.
func effective(organization Organization, held Held) []Role {
	var roles []Role
	for _, r := range held.Here {
		// A role key assigned past the portal, where it has no meaning, gives nothing.
		if slices.Contains(RolesIn(organization.Kind), r) {
			roles = append(roles, r)
		}
	}
	if organization.School != "" && slices.Contains(held.School, RoleSchoolAdmin) {
		roles = append(roles, RoleSchoolAdmin)
	}
	if slices.Contains(held.Platform, RoleOperator) {
		roles = append(roles, RoleOperator)
	}
	return SortRoles(roles)
}

// Effective are the roles that count for somebody in the opened organization,
// by the same rule that decided about the actor.
func (o Opened) Effective(held Held) []Role { return effective(o.organization, held) }

// ID is the organization's ID.
func (o Opened) ID() OrganizationID { return o.organization.ID }

// Organization is the opened organization.
func (o Opened) Organization() Organization { return o.organization }

// Actor is who it was opened for.
func (o Opened) Actor() Actor { return o.actor }

// Role is the actor's highest effective role here.
func (o Opened) Role() Role { return Highest(o.roles) }

// Holds reports whether the actor holds a role in the organization itself, and
// not only through its school or the platform: only then is there something to
// leave.
func (o Opened) Holds() bool { return len(o.held) > 0 }

// Visiting reports whether an operator without a role of the school's own is
// here, which goes on the organization's audit log.
func (o Opened) Visiting() bool {
	return slices.Contains(o.roles, RoleOperator) && len(o.roles) == 1
}

// Founded reports whether it was opened by [OpenFounded]: no role assignment
// stands behind what the actor may do.
func (o Opened) Founded() bool { return o.founded }

// Setup is the set-up link the organization was opened by, or nil.
func (o Opened) Setup() *SetupLink { return o.setup }

// Arriving is the attempt that [OpenArriving] opened the school for, or empty.
func (o Opened) Arriving() AttemptID { return o.arriving }

// Invitation is the invitation the organization was opened by, or empty.
func (o Opened) Invitation() InvitationID { return o.invitation }
