package identity

import "time"

// DomainProof is how a domain is proven to be the school's.
type DomainProof string

// The two ways Zitadel knows.
const (
	ProofDNS  DomainProof = "dns"  // a TXT record at _zitadel-challenge.<domain>
	ProofHTTP DomainProof = "http" // a file at https://<domain>/.well-known/zitadel-challenge/
)

// DomainChallenge is what has to be published. Each new one makes the one before
// it worthless.
type DomainChallenge struct {
	Proof DomainProof
	Token string // the TXT record's value, or the file's content
	Place string // the record's name, or the file's URL
}

// AutoJoin is what happens to people of a verified domain who sign in and hold
// no role in the school.
type AutoJoin string

// The settings of automatic joining.
const (
	AutoJoinOff AutoJoin = "off"
	AutoJoinAsk AutoJoin = "ask" // a school_admin approves
	AutoJoinOn  AutoJoin = "on"
)

// Domain is an e-mail domain of a school.
type Domain struct {
	Name      string // in lower case, A-labels
	Verified  bool
	Challenge DomainChallenge
	Join      AutoJoin
	Role      Role           // what they join as
	Classroom OrganizationID // where; empty: as [JoiningRules] has it
	AddedAt   time.Time
	CheckedAt time.Time // the last live check
	// VerifiedAt is zero until Zitadel has seen the proof.
	VerifiedAt time.Time
}

// Renamed is somebody at home elsewhere whose user name ends with a domain that
// a school is about to verify: Zitadel would give them another user name.
type Renamed struct {
	User     UserID
	UserName string
	Home     string // the name of their organization
}

// JoinRequest is somebody who asked to join: a school, by signing in with an
// address of one of its domains, or a classroom, by its join code.
type JoinRequest struct {
	User      UserID
	Name      string
	Address   string
	Verified  bool // the address; told of who came by a code
	Domain    string
	Role      Role
	Classroom OrganizationID
	Code      string // the ID of the join code
	AskedAt   time.Time
}
