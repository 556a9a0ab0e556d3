package identity

import "time"

// Fact is one thing that is so since a moment: an answer of Zitadel to the
// portal's own write, or an event of its log. The projection folds facts into
// rows; applying one twice changes nothing. The list is closed.
type Fact interface{ fact() }

// Facts about organizations.
type (
	// OrganizationCreated: it exists, with its name at Zitadel.
	OrganizationCreated struct {
		Organization OrganizationID
		RemoteName   string
		At           time.Time
	}
	// OrganizationRenamed: its name at Zitadel changed.
	OrganizationRenamed struct {
		Organization OrganizationID
		RemoteName   string
		At           time.Time
	}
	// OrganizationMetadataSet: one of the keys homeroom.* was set; an empty
	// value means that it was removed.
	OrganizationMetadataSet struct {
		Organization OrganizationID
		Key, Value   string
		At           time.Time
	}
	// OrganizationStateChanged: it was deactivated or activated.
	OrganizationStateChanged struct {
		Organization OrganizationID
		State        OrganizationState
		At           time.Time
	}
	// OrganizationRemoved: it is gone, with its users and the role assignments
	// in it, of which Zitadel tells nothing further.
	OrganizationRemoved struct {
		Organization OrganizationID
		At           time.Time
	}
)

// Facts about users. Fields that an event does not carry are nil.
type (
	// UserCreated: a human user exists, with a password from the beginning or
	// without; what else they sign in with follows as [CredentialAdded].
	UserCreated struct {
		User     User
		Password bool
		At       time.Time
	}
	// UserChanged: those fields of the user that are not nil changed.
	UserChanged struct {
		User                            UserID
		UserName, GivenName, FamilyName *string
		Address                         *string
		AddressVerified                 *bool
		Language                        *string
		State                           *UserState
		At                              time.Time
	}
	// UserSignedIn: a credential of the user was checked with success, from an
	// address and a device, as far as Zitadel knows them.
	UserSignedIn struct {
		User            UserID
		Address, Device string
		At              time.Time
	}
	// CredentialAdded: the user can sign in, or prove a second time who they are,
	// with one more thing. ID tells two of a kind apart; it is empty where there
	// is one of a kind. Adding what is there changes nothing.
	CredentialAdded struct {
		User UserID
		Kind Credential
		ID   string
		At   time.Time
	}
	// CredentialRemoved: that one is gone.
	CredentialRemoved struct {
		User UserID
		Kind Credential
		ID   string
		At   time.Time
	}
	// UserRemoved: the user is gone, with all role assignments.
	UserRemoved struct {
		User UserID
		At   time.Time
	}
)

// Facts about role assignments on the platform project; those on other
// projects never become facts.
type (
	// RoleAssignmentCreated: the user has these roles in the organization.
	RoleAssignmentCreated struct {
		Assignment RoleAssignment
		At         time.Time
	}
	// RoleAssignmentChanged: Roles replace the present ones.
	RoleAssignmentChanged struct {
		ID    RoleAssignmentID
		Roles []Role
		At    time.Time
	}
	// RoleAssignmentStateChanged: suspended or active again.
	RoleAssignmentStateChanged struct {
		ID    RoleAssignmentID
		State RoleAssignmentState
		At    time.Time
	}
	// RoleAssignmentRemoved: it is gone.
	RoleAssignmentRemoved struct {
		ID RoleAssignmentID
		At time.Time
	}
	// GrantSet: the organization may use these roles of the platform project.
	// Assigned roles that are missing here are gone, of which Zitadel tells
	// nothing further. Organization is empty in the event of a change, which
	// names the grant alone.
	GrantSet struct {
		Grant        string
		Organization OrganizationID
		Roles        []Role
		At           time.Time
	}
	// GrantRemoved: the organization's role assignments are gone.
	GrantRemoved struct {
		Grant string
		At    time.Time
	}
)

// Observed is an event that changes nothing in the projection and belongs on the
// audit log: of the home of User, or of Organization where it is about one.
// Values are texts that may be shown; nothing secret and no address of mail is
// among them.
type Observed struct {
	Action          Action
	User            UserID
	Organization    OrganizationID
	Target          string // what else it is about, such as an identity provider
	Values          map[string]string
	Address, Device string // the client's
	At              time.Time
}

// Unknown is an event without meaning for the projection. It is passed on only
// where sequences are to be seen without gaps.
type Unknown struct{}

func (OrganizationCreated) fact()        {}
func (OrganizationRenamed) fact()        {}
func (OrganizationMetadataSet) fact()    {}
func (OrganizationStateChanged) fact()   {}
func (OrganizationRemoved) fact()        {}
func (UserCreated) fact()                {}
func (UserChanged) fact()                {}
func (UserSignedIn) fact()               {}
func (CredentialAdded) fact()            {}
func (CredentialRemoved) fact()          {}
func (UserRemoved) fact()                {}
func (RoleAssignmentCreated) fact()      {}
func (RoleAssignmentChanged) fact()      {}
func (RoleAssignmentStateChanged) fact() {}
func (RoleAssignmentRemoved) fact()      {}
func (GrantSet) fact()                   {}
func (GrantRemoved) fact()               {}
func (Observed) fact()                   {}
func (Unknown) fact()                    {}
