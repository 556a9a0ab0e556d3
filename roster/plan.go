package roster

import "homeroom.dev/homeroom/identity"

// Kind is what becomes of a row of a list.
type Kind string

// The kinds of rows, in the order in which people look at them. A duplicate
// waits for somebody's decision, and a skipped row is left out by one.
const (
	KindDuplicate Kind = "duplicate"
	KindError     Kind = "error"
	KindConflict  Kind = "conflict"
	KindCreate    Kind = "create"
	KindMove      Kind = "move"
	KindUpdate    Kind = "update"
	KindRemove    Kind = "remove"
	KindUnchanged Kind = "unchanged"
	KindSkipped   Kind = "skipped"
)

// Kinds lists all kinds.
var Kinds = []Kind{
	KindDuplicate, KindError, KindConflict, KindCreate, KindMove, KindUpdate, KindRemove, KindUnchanged, KindSkipped,
}

// Changes reports whether a row of the kind does something when it is applied.
func (k Kind) Changes() bool {
	return k == KindCreate || k == KindMove || k == KindUpdate || k == KindRemove
}

// Decision is what somebody says about a duplicate.
type Decision string

// The decisions: it is them; it is somebody else; leave the row out.
const (
	Undecided     Decision = ""
	DecisionMerge Decision = "merge"
	DecisionKeep  Decision = "keep"
	DecisionSkip  Decision = "skip"
)

// By is what a row and a person have in common.
type By string

// What they can have in common, the strongest first. A print is what an earlier
// import of the same row left.
const (
	ByExternalID  By = "external-id"
	ByAddress     By = "address"
	ByUserName    By = "user-name"
	ByNameInClass By = "name-in-class"
	ByPrint       By = "print"
	ByName        By = "name"
	ByRow         By = "row" // another row of the same list
)

// strong reports whether it says by itself that two are one.
func (b By) strong() bool { return b == ByExternalID || b == ByAddress || b == ByUserName }

// StepKind is what one step of a row does.
type StepKind string

// The steps.
const (
	StepCreate   StepKind = "create"   // an account
	StepUpdate   StepKind = "update"   // what the account says
	StepAssign   StepKind = "assign"   // a role in an organization
	StepUnassign StepKind = "unassign" // its end
	StepInvite   StepKind = "invite"   // to a role in an organization
	StepIdentify StepKind = "identify" // the list's own number of the person is kept
	// StepGuardians changes the contacts of a student. They are no part of an
	// account.
	StepGuardians StepKind = "guardians"
)

// Fields are what an account says; nil stays as it is.
type Fields struct {
	GivenName  *string `json:"given_name,omitempty"`
	FamilyName *string `json:"family_name,omitempty"`
	UserName   *string `json:"user_name,omitempty"`
	Address    *string `json:"address,omitempty"`
}

// Empty reports whether nothing changes.
func (f Fields) Empty() bool { return f == Fields{} }

// Step is one thing that is done for a row.
type Step struct {
	Kind StepKind `json:"kind"`
	// Place is the organization of a role. One that is to be opened has no ID
	// yet, and is Class of the list.
	Place  identity.OrganizationID `json:"place,omitempty"`
	Class  int64                   `json:"class,omitempty"`
	Name   string                  `json:"name,omitempty"` // of the place
	Role   identity.Role           `json:"role,omitempty"`
	Before *Fields                 `json:"before,omitempty"`
	After  *Fields                 `json:"after,omitempty"`
	// Held is the role assignment that the step ends, as it was.
	Held *identity.Position `json:"held,omitempty"`
	// Number is the list's number of the person so far, of StepIdentify.
	Number string `json:"number,omitempty"`
	// Guardians are the contacts as they were before StepGuardians.
	Guardians []identity.Guardian `json:"guardians,omitempty"`
	// Invitation is the one that was sent, once it was.
	Invitation identity.InvitationID `json:"invitation,omitempty"`
}

// Standing is a role that somebody known has in the school or a classroom.
type Standing struct {
	Place identity.OrganizationID
	Name  string
	Kind  identity.Kind
	Roles []identity.Role
	State identity.RoleAssignmentState
	// Concerned reports whether a list that is everybody speaks for the place.
	Concerned bool
}

// Known is somebody who is known already and may be who a row is about.
type Known struct {
	User       identity.UserID
	GivenName  string
	FamilyName string
	UserName   string
	Address    string
	ExternalID string // in the same source
	Guest      bool   // at home elsewhere
	Self       bool   // who imports
	Higher     bool   // holds a higher role than who imports, here
	Protected  bool   // how they sign in is not the importer's to change
	SeenAt     bool   // has signed in
	By         []By
	Standings  []Standing
}

// Wanted is a role that a row says its person has.
type Wanted struct {
	Place identity.OrganizationID // empty: Class is to be opened first
	Class int64
	Name  string
	Role  identity.Role // empty: the list says it in no way that can be read
	Gone  bool          // the list says that this has ended
}

// Twin is another row of the same list that may be about the same person.
type Twin struct {
	Row  int64
	Line int
	Name string
	By   By
	Same bool // it says the same name
}

// Candidate is who a duplicate may be, for who decides.
type Candidate struct {
	User       identity.UserID `json:"user,omitempty"`
	Row        int64           `json:"row,omitempty"`
	Line       int             `json:"line,omitempty"`
	Name       string          `json:"name"`
	UserName   string          `json:"user_name,omitempty"`
	Address    string          `json:"address,omitempty"`
	ExternalID string          `json:"external_id,omitempty"`
	Places     []string        `json:"places,omitempty"`
	By         []By            `json:"by"`
}

// Rules say how a list is to be understood.
type Rules struct {
	// Classroom is the one classroom of a teacher's import. Empty: a whole school.
	Classroom     identity.OrganizationID
	ClassroomName string
	School        identity.OrganizationID // of a whole school's import
	SchoolName    string
	Invite        bool // people with an address are invited
	Whole         bool // the list is everybody
	Delta         bool
	MayTeach      bool // the importer may make teachers
}

// Decidable is a row with all that is known about who it may be.
type Decidable struct {
	Rules    Rules
	Person   Person
	Wanted   []Wanted
	Known    []Known
	Twins    []Twin
	Invited  []identity.OrganizationID // where an invitation to the address waits
	Decision Decision
	With     identity.UserID
	WithRow  int64
	// Missing reports whether the list does not name the person at all.
	Missing bool
}

// Decided is what becomes of a row.
type Decided struct {
	Kind       Kind
	User       identity.UserID // who it is; empty for somebody new
	Steps      []Step
	Reasons    []identity.Message
	Candidates []Candidate
	// Leaves reports whether the person loses a class and enters none.
	Leaves bool
	// Joins is the earlier row that this one is part of.
	Joins int64
}
